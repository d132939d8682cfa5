"""Every place of a file that names something, and what it names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tgl.ide.project import Project
from tgl.ide.walk import children, clause_values, statements, strings, walk
from tgl.semantics import Named
from tgl.syntax import ast
from tgl.text import SourceFile, Span

WORD = re.compile(r"(?<![\w.])[^\W\d]\w*")
TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")


@dataclass(frozen=True, slots=True)
class Symbol:
    """Something with a name: where it is declared tells it apart from others of the name."""

    name: str
    kind: str
    home: str
    span: Span


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A place that names a symbol. `declares` tells that it is the declaration."""

    span: Span
    symbol: Symbol
    declares: bool = False


def kind_name(node: ast.Node) -> str:
    """The word for what a declaration declares."""
    match node:
        case ast.NodeStmt():
            return "node"
        case ast.LabelDecl():
            return "label"
        case _:
            return type(node).__name__.lower()


def symbol_of(node: ast.Named, home: str) -> Symbol:
    """The symbol that a node of the tree declares."""
    name: str = getattr(node, "name")  # noqa: B009 - every `Named` node that declares has one
    return Symbol(name, kind_name(node), home, node.name_span)


@dataclass(slots=True)
class Indexer:
    """Walks the tree of one file. Inner names win over outer ones, as in the language."""

    project: Project
    source: SourceFile
    found: list[Occurrence] = field(default_factory=list[Occurrence])
    top: dict[str, Symbol] = field(default_factory=dict[str, Symbol])
    decls: dict[str, tuple[Named, str]] = field(default_factory=dict[str, "tuple[Named, str]"])

    # --- notes

    def note(self, span: Span, symbol: Symbol | None, *, declares: bool = False) -> None:
        if symbol is not None and self.source.text[span.start : span.end] == symbol.name:
            self.found.append(Occurrence(span, symbol, declares))

    def declare(self, node: ast.Named) -> Symbol:
        symbol = symbol_of(node, self.source.name)
        self.note(node.name_span, symbol, declares=True)
        return symbol

    def word_in(self, area: Span, name: str, after: int = 0) -> Span:
        """Where a word stands in an area: for the few names that the tree keeps without a place."""
        match = re.compile(rf"\b{re.escape(name)}\b").search(
            self.source.text, max(area.start, after), area.end
        )
        return Span(match.start(), match.end()) if match else Span(area.start, area.start)

    # --- files

    def run(self) -> tuple[Occurrence, ...]:
        module = self.project.module(self.source.name)
        for name, target in self.project.names(self.source.name).items():
            self.decls[name] = (target.decl, target.home.name)
            self.top[name] = symbol_of(target.decl, target.home.name)
        for decl in module.decls:
            if isinstance(decl, ast.Use):
                self.use(decl)
        for decl in module.decls:
            self.decl(decl)
        unique = {(entry.span, entry.symbol): entry for entry in self.found}
        return tuple(sorted(unique.values(), key=lambda entry: entry.span))

    def use(self, use: ast.Use) -> None:
        other = self.project.used(self.source.name, use)
        exported = {} if other is None else self.project.own(other)
        for item in use.names:
            target = exported.get(item.name)
            if target is not None:
                self.note(item.name_span, symbol_of(target.decl, target.home.name))
            if item.alias is not None:
                span = self.word_in(item.span, item.alias, item.name_span.end)
                symbol = Symbol(item.alias, "alias", self.source.name, span)
                self.top[item.alias] = symbol
                self.note(span, symbol, declares=True)

    def decl(self, decl: ast.Decl) -> None:
        match decl:
            case ast.Use():
                pass
            case ast.Let():
                self.let(decl, self.top)
            case ast.Pool():
                self.declare(decl)
                self.expr(decl.value, self.top)
            case ast.Model() | ast.LabelDecl():
                self.declare(decl)
                self.settings(decl.settings, self.top)
            case ast.Task():
                self.declare(decl)
                self.settings([s for s in decl.settings if s.name_span and is_unit(s)], self.top)
            case ast.Role() | ast.Fn():
                self.role(decl)
            case ast.Graph():
                self.graph(decl)
            case ast.Optimize() | ast.Measured():
                graph = self.word_in(decl.span, decl.graph)
                self.note(graph, self.top.get(decl.graph))
                self.note(self.word_in(decl.span, decl.task, graph.end), self.top.get(decl.task))

    def settings(self, settings: Iterable[ast.Setting | ast.Param], scope: Mapping[str, Symbol]) -> None:
        for setting in settings:
            for arg in setting.args if isinstance(setting, ast.Setting) else ():
                self.expr(arg.value, scope)

    def role(self, role: ast.Role | ast.Fn) -> None:
        self.declare(role)
        scope = dict(self.top)
        for port in role.ports:
            scope[port.name] = self.declare(port)
            self.type(port.type)
        self.type(role.type)
        params = [item for item in role.settings if isinstance(item, ast.Param)]
        for param in params:
            scope[param.name] = self.declare(param)
            if param.value is not None:
                self.expr(param.value, self.top)
        for setting in role.settings:
            for arg in setting.args if isinstance(setting, ast.Setting) else ():
                for text in strings(arg.value):
                    self.template(text, scope)
                if setting.name_span and isinstance(setting, ast.Setting) and setting.key != "python":
                    self.expr(arg.value, scope)

    def template(self, text: ast.String, scope: Mapping[str, Symbol]) -> None:
        """The ports and params that a prompt prints."""
        raw = self.source.text[text.span.start : text.span.end]
        for piece in TEMPLATE.finditer(raw):
            inside = QUOTED.sub(lambda quoted: " " * len(quoted.group()), piece.group())
            for word in WORD.finditer(inside):
                symbol = scope.get(word.group())
                if symbol is not None and symbol.kind in ("port", "param"):
                    start = text.span.start + piece.start() + word.start()
                    self.note(Span(start, start + len(word.group())), symbol)

    def type(self, type_: ast.TypeExpr | None) -> None:
        for variant in type_.variants if type_ is not None else ():
            at = variant.span.start
            for word in variant.words if isinstance(variant, ast.WordType) else ():
                symbol = self.top.get(word)
                if symbol is not None and symbol.kind == "label":
                    span = self.word_in(variant.span, word, at)
                    self.note(span, symbol)
                    at = span.end

    # --- graphs

    def graph(self, graph: ast.Graph) -> None:
        self.declare(graph)
        scope = dict(self.top)
        for port in graph.ports:
            scope[port.name] = self.declare(port)
            self.type(port.type)
        self.type(graph.type)
        self.body(graph.body, scope)

    def body(self, body: Iterable[ast.Stmt], outer: Mapping[str, Symbol]) -> None:
        scope = dict(outer)
        body = tuple(body)
        for statement in body:
            if isinstance(statement, ast.Named):
                scope[symbol_of(statement, self.source.name).name] = self.declare(statement)
        for statement in body:
            self.statement(statement, scope, outer)

    def statement(
        self, statement: ast.Stmt, scope: Mapping[str, Symbol], outer: Mapping[str, Symbol]
    ) -> None:
        match statement:
            case ast.Param(value=value):
                if value is not None:
                    self.expr(value, scope)
            case ast.Let():
                self.let(statement, scope, declared=True)
            case ast.NodeStmt():
                inner = self.dims(statement.dims, scope)
                self.expr(statement.what, inner)
                self.clauses(statement.clauses, inner)
            case ast.Edge():
                inner = self.indices(statement, (*statement.ends, *clause_values(statement.clauses)), scope)
                for end in statement.ends:
                    self.expr(end, inner)
                self.clauses(statement.clauses, inner)
            case ast.Require(value=value):
                self.expr(value, self.indices(statement, (value,), scope))
            case ast.Output(value=value) | ast.Until(value=value):
                self.expr(value, scope)
            case ast.Carry(first=first, then=then):
                self.expr(first, outer)
                self.expr(then, scope)
            case ast.Keep(args=args):
                self.args(args, scope, None)
            case ast.Loop():
                self.body(statement.body, self.dims(statement.dims, scope))
            case ast.Each():
                self.expr(statement.source, scope)
                self.body(statement.body, self.dims(statement.dims, scope))
            case ast.Memory():
                self.dims(statement.dims, scope)

    def let(self, let: ast.Let, scope: Mapping[str, Symbol], *, declared: bool = False) -> None:
        if not declared:
            self.declare(let)
        inner = dict(scope)
        at = let.name_span.end
        for name in let.params:
            span = self.word_in(let.span, name, at)
            inner[name] = Symbol(name, "argument", self.source.name, span)
            self.note(span, inner[name], declares=True)
            at = span.end
        self.expr(let.value, inner)

    def dims(self, dims: Iterable[ast.Dim], scope: Mapping[str, Symbol]) -> dict[str, Symbol]:
        inner = dict(scope)
        for dim in dims:
            if dim.index is not None:
                span = Span(dim.span.start, dim.span.start + len(dim.index))
                inner[dim.index] = Symbol(dim.index, "index", self.source.name, span)
                self.note(span, inner[dim.index], declares=True)
            self.expr(dim.count, inner)
        return inner

    def indices(
        self, statement: ast.Node, values: Iterable[ast.Expr], scope: Mapping[str, Symbol]
    ) -> dict[str, Symbol]:
        """One-letter names in brackets that nothing declares: each is bound by its statement."""
        inner = dict(scope)
        for value in values:
            for index in (found for found in walk(value) if isinstance(found, ast.Index)):
                for name in (n for arg in index.args for n in walk(arg.value) if isinstance(n, ast.Name)):
                    if len(name.id) == 1 and name.id not in inner:
                        inner[name.id] = Symbol(name.id, "index", self.source.name, name.span)
                        self.note(name.span, inner[name.id], declares=True)
        return inner

    def clauses(self, clauses: Iterable[ast.Clause], scope: Mapping[str, Symbol]) -> None:
        for value in clause_values(clauses):
            self.expr(value, scope)

    # --- expressions

    def expr(self, expr: ast.Expr, scope: Mapping[str, Symbol]) -> None:
        match expr:
            case ast.Name(id=name):
                self.note(expr.span, scope.get(name))
            case ast.Call(func=func, args=args):
                self.expr(func, scope)
                self.args(args, scope, func)
            case ast.Index(base=base, args=args):
                self.expr(base, scope)
                self.args(args, scope, None)
            case ast.Member(base=base, name=name):
                self.expr(base, scope)
                self.note(Span(expr.span.end - len(name), expr.span.end), self.member(base, name, scope))
            case ast.Is(operand=operand, name=name):
                self.expr(operand, scope)
                self.note(Span(expr.span.end - len(name), expr.span.end), scope.get(name))
            case _:
                for child in children(expr):
                    self.expr(child, scope)

    def args(self, args: Iterable[ast.Arg], scope: Mapping[str, Symbol], func: ast.Expr | None) -> None:
        owner = scope.get(func.id) if isinstance(func, ast.Name) else None
        for arg in args:
            if arg.name is not None and owner is not None:
                span = Span(arg.span.start, arg.span.start + len(arg.name))
                self.note(span, self.input_of(owner, arg.name))
            self.expr(arg.value, scope)
            if arg.when is not None:
                self.expr(arg.when, scope)

    def input_of(self, owner: Symbol, name: str) -> Symbol | None:
        """The port or param of a role, function or graph."""
        entry = next(
            ((decl, home) for decl, home in self.decls.values() if symbol_of(decl, home) == owner), None
        )
        if owner.kind == "alias":
            entry = self.decls.get(owner.name)
        if entry is None:
            return None
        decl, home = entry
        match decl:
            case ast.Role() | ast.Fn():
                inputs = (*decl.ports, *(item for item in decl.settings if isinstance(item, ast.Param)))
            case ast.Graph():
                inputs = (*decl.ports, *(item for item in decl.body if isinstance(item, ast.Param)))
            case _:
                inputs = ()
        return next((symbol_of(item, home) for item in inputs if item.name == name), None)

    def member(self, base: ast.Expr, name: str, scope: Mapping[str, Symbol]) -> Symbol | None:
        """A port behind a node, or what a loop or map holds."""
        while isinstance(base, ast.Index):
            base = base.base
        owner = scope.get(base.id) if isinstance(base, ast.Name) else None
        if owner is None or owner.home != self.source.name:
            return None
        for graph in self.project.module(self.source.name).decls:
            for statement in statements(graph.body) if isinstance(graph, ast.Graph) else ():
                if not isinstance(statement, ast.Named) or statement.name_span != owner.span:
                    continue
                match statement:
                    case ast.Loop(body=body) | ast.Each(body=body):
                        inner = [item for item in body if isinstance(item, ast.Named)]
                        symbols = [symbol_of(item, self.source.name) for item in inner]
                        return next((symbol for symbol in symbols if symbol.name == name), None)
                    case ast.NodeStmt(what=what):
                        roles = [scope[n.id] for n in walk(what) if isinstance(n, ast.Name) and n.id in scope]
                        ports = [self.input_of(role, name) for role in roles]
                        return next((port for port in ports if port is not None), None)
                    case _:
                        return None
        return None


def is_unit(setting: ast.Setting | ast.Param) -> bool:
    """Whether a task's setting names a model; all others hold the names of fields, and words."""
    return isinstance(setting, ast.Setting) and setting.key == "unit"


def occurrences(project: Project, home: str | None = None) -> tuple[Occurrence, ...]:
    """Every place of a file that names something that was found, in the order of the text."""
    name = home or project.main.name
    return Indexer(project, project.module(name).source).run()


def occurrence_at(found: Iterable[Occurrence], offset: int) -> Occurrence | None:
    """The place that names something at an offset, or right before it."""
    touching = [entry for entry in found if entry.span.start <= offset <= entry.span.end]
    return min(touching, key=lambda entry: (entry.span.end == offset, entry.span.start), default=None)
