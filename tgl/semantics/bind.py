"""Every name that is used is declared once, visible, and hides no other (language.md G25)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from tgl.diagnostics import InScope
from tgl.semantics.errors import graph as graph_facts
from tgl.semantics.errors import names as facts
from tgl.semantics.lookalikes import check_lookalikes
from tgl.semantics.problems import Problems
from tgl.semantics.scope import (
    FUNCTIONS,
    FUTURE,
    PRELUDE,
    VALUES,
    FileScope,
    Inner,
    body_names,
    hides_built_in,
    inner_names,
)
from tgl.semantics.unseen import check_unseen
from tgl.semantics.walk import arg_exprs, choices_in, names_in, walk, words_of
from tgl.syntax import ast
from tgl.text import Span

EVALUATED = frozenset("prompt system temperature top_p max_tokens stop retry shots".split())  # noqa: SIM905
"""Settings of a role whose values are expressions; those of other declarations are words."""

WITHOUT_MODELS = (ast.Role, ast.Fn, ast.Task, ast.Graph, ast.LabelDecl)
"""Declarations that hold no models, and so are not what was meant behind `on`."""


@dataclass(slots=True)
class Binder:
    """Checks the names of one file."""

    scope: FileScope
    problems: Problems
    is_main: bool
    around: frozenset[str]
    """What is visible in all of the file."""
    kept: dict[tuple[type[ast.Node], ...], frozenset[str]] = field(
        default_factory=dict[tuple[type[ast.Node], ...], frozenset[str]]
    )

    odd: frozenset[str] = frozenset()
    """Names that look like others, which was reported."""

    inside: dict[str, str] = field(default_factory=dict[str, str])
    """What loops and maps of the graph at hand hold: a name to how it is named outside."""

    def run(self) -> None:
        for decl in self.scope.module.decls:
            match decl:
                case ast.Let():
                    self.let(decl, {})
                case ast.Pool():
                    self.expression(decl.value, {}, kind="model", unlike=(*WITHOUT_MODELS, ast.Pool))
                case ast.Role():
                    for setting in decl.settings:
                        for value in setting_values(setting):
                            self.expression(value, {})
                case ast.Graph():
                    self.graph(decl)
                case _:
                    pass

    def graph(self, graph: ast.Graph) -> None:
        self.declarations(graph)
        self.inside = dict(members(graph.body))
        self.statements(graph.body, inner_names(graph), {})

    def statements(
        self, body: tuple[ast.Stmt, ...], inner: Mapping[str, Inner], outer: Mapping[str, Inner]
    ) -> None:
        """The names of a graph's statements, or those of a loop or map, with the names around it."""
        for statement in body:
            match statement:
                case ast.Param():
                    if statement.value is not None:
                        self.expression(statement.value, inner)
                case ast.Let():
                    self.let(statement, inner)
                case ast.NodeStmt():
                    self.node(statement, inner)
                case ast.Edge():
                    for end in statement.ends:
                        self.expression(end, inner, one_letter=True)
                    # An index that is none was reported where it stands in brackets.
                    words = {word for end in statement.ends for word in bracket_names(end)}
                    for clause in statement.clauses:
                        self.expression(clause.value, {**inner, **dict.fromkeys(words)}, one_letter=True)
                case ast.Require():
                    self.expression(statement.value, inner, one_letter=True)
                case ast.Output() | ast.Until():
                    self.expression(statement.value, inner)
                case ast.Carry():
                    self.expression(statement.first, outer)
                    self.expression(statement.then, inner)
                case ast.Keep():
                    for value in arg_exprs(statement.args):
                        self.expression(value, inner)
                case ast.Loop() | ast.Each():
                    self.body(statement, inner)
                case _:
                    pass
            if self.is_main:
                report_planned(self.scope, statement, self.problems)

    def body(self, statement: ast.Loop | ast.Each, inner: Mapping[str, Inner]) -> None:
        """The names of a loop or map: those around it are visible, and may not be hidden."""
        for dim in statement.dims:
            self.expression(dim.count, inner)
        if isinstance(statement, ast.Each):
            self.expression(statement.source, inner)
        own = body_names(statement.body)
        first: dict[str, ast.Named] = {}
        for item in statement.body:
            if isinstance(item, ast.Named):
                self.declared_inside(item, inner, first)
        visible: dict[str, Inner] = {**inner, **own}
        for dim in statement.dims:
            if dim.index is not None:
                visible[dim.index] = statement
        self.statements(statement.body, visible, inner)

    def declared_inside(
        self, item: ast.Named, inner: Mapping[str, Inner], first: dict[str, ast.Named]
    ) -> None:
        name: str = getattr(item, "name")  # noqa: B009 - every `Named` statement has one
        at = self.scope.at(item.name_span)
        if name in first:
            self.problems.add(facts.duplicate_name(at, name, self.scope.at(first[name].name_span)))
            return
        first[name] = item
        if name in VALUES | FUNCTIONS:
            self.problems.add(facts.shadowed_name(at, name, None))
        elif name in inner:
            self.problems.add(facts.shadowed_name(at, name, self.scope.at(inner[name].name_span)))
        elif name in self.scope.names and name not in self.scope.broken:
            self.problems.add(facts.shadowed_name(at, name, self.scope.names[name].at))

    def declarations(self, graph: ast.Graph) -> None:
        """Each name of a graph once, and none that the file has already."""
        first: dict[str, ast.Named] = {}
        for item in (*graph.ports, *graph.body):
            if not isinstance(item, ast.Named) or isinstance(item, ast.Carry):
                continue
            name: str = getattr(item, "name")  # noqa: B009 - every `Named` statement has one
            at = self.scope.at(item.name_span)
            if name in first:
                self.problems.add(facts.duplicate_name(at, name, self.scope.at(first[name].name_span)))
                continue
            first[name] = item
            if name in VALUES | FUNCTIONS or hides_built_in(name, item):
                self.problems.add(facts.shadowed_name(at, name, None))
            elif name in self.scope.names and name not in self.scope.broken:
                self.problems.add(facts.shadowed_name(at, name, self.scope.names[name].at))
        used = {name.id for statement in graph.body for expr in exprs(statement) for name in names_in(expr)}
        for item in graph.body:
            if not isinstance(item, (ast.Param, ast.Let)) or item.name in used or item.value is None:
                continue
            if choices_in(item.value) and not self.scope.is_broken(graph):
                self.problems.add(facts.unused_choice(self.scope.at(item.name_span), item.name))

    def node(self, node: ast.NodeStmt, inner: Mapping[str, Inner]) -> None:
        visible = set(inner)
        for dim in node.dims:
            if dim.index is None:
                continue
            if dim.index in inner:
                outer = self.scope.at(inner[dim.index].name_span)
                self.problems.add(facts.shadowed_name(self.scope.at(dim.span), dim.index, outer))
            elif dim.index in self.scope.names:
                outer = self.scope.names[dim.index].at
                self.problems.add(facts.shadowed_name(self.scope.at(dim.span), dim.index, outer))
            visible.add(dim.index)
        for dim in node.dims:
            self.expression(dim.count, visible)
        self.expression(node.what, visible)
        for clause in node.clauses:
            if clause.kind == "on":
                self.expression(clause.value, visible, kind="model", unlike=WITHOUT_MODELS)
            else:
                self.expression(clause.value, visible)
            if clause.until is not None:
                self.expression(clause.until, visible)

    def let(self, let: ast.Let, inner: Iterable[str]) -> None:
        self.expression(let.value, dict.fromkeys([*inner, *let.params]))

    def expression(
        self,
        expr: ast.Expr,
        inner: Iterable[str],
        *,
        one_letter: bool = False,
        kind: str = "name",
        unlike: tuple[type[ast.Node], ...] = (),
    ) -> None:
        """Every name in it is visible; in brackets of an edge, one letter is an index.

        What is declared as one of `unlike` is not suggested for a name that is not.
        """
        known = InScope(self.around, frozenset(inner))
        letters = one_letter_indices(expr) if one_letter else set[str]()
        bracketed = set(bracket_names(expr)) if one_letter else set[str]()
        words = self.unread(expr)
        called = {found.func.span for found in walk(expr) if isinstance(found, ast.Call)}
        for name in names_in(expr):
            if name.id in known or name.id in self.scope.broken or name.span in words:
                continue
            if (
                one_letter
                and len(name.id) == 1
                and (name.id in letters or name.id.isalpha())
                and name.span not in called
            ):
                continue
            at = self.scope.at(name.span)
            if name.id in self.odd:
                continue
            if name.id in FUTURE:
                self.problems.add(facts.not_yet(at, f"`{name.id}`"))
            elif name.id in bracketed:
                self.problems.add(graph_facts.unknown_index(at, name.id, sorted(known)))
            else:
                near = self.without(known, unlike) if unlike else known
                self.problems.add(
                    facts.unknown_name(at, name.id, near, kind, member=self.inside.get(name.id))
                )
        for found in walk(expr):
            if isinstance(found, ast.Is) and found.name not in known and found.name not in self.scope.broken:
                at = self.scope.at(
                    Span(max(found.span.start, found.span.end - len(found.name)), found.span.end)
                )
                if not found.name.isupper():  # a tag
                    self.problems.add(facts.unknown_name(at, found.name, known))

    def without(self, known: InScope, unlike: tuple[type[ast.Node], ...]) -> InScope:
        """What is visible less built-in names and what the file declares as one of these."""
        if unlike not in self.kept:
            self.kept[unlike] = frozenset(
                name for name, binding in self.scope.names.items() if not isinstance(binding.decl, unlike)
            )
        return InScope(self.kept[unlike], known.own)

    def unread(self, expr: ast.Expr) -> frozenset[Span]:
        """Words in named arguments that are no names here.

        Of functions that could not be imported, what they mean is not known; some ports take words of their
        own, `mean: geometric`.
        """
        calls = [found for found in walk(expr) if isinstance(found, ast.Call)]
        return frozenset(
            arg.value.span
            for call in calls
            if isinstance(call.func, ast.Name)
            and (binding := self.scope.names.get(call.func.id)) is not None
            and (binding.decl is None or isinstance(binding.decl, ast.Fn))
            for arg in call.args
            if arg.name is not None and (binding.decl is None or words_of(binding.decl, arg.name))
        )


def members(body: tuple[ast.Stmt, ...], around: str = "") -> Iterator[tuple[str, str]]:
    """Each name within a loop or map, and how it is named outside."""
    for statement in body:
        if isinstance(statement, (ast.Loop, ast.Each)):
            yield from ((name, f"{around}{statement.name}.{name}") for name in body_names(statement.body))
            yield from members(statement.body, f"{around}{statement.name}.")


def report_planned(scope: FileScope, statement: ast.Stmt, problems: Problems) -> None:
    """Report what a statement holds that this version has not."""
    construct = planned_construct(statement)
    if construct is not None:
        problems.add(facts.not_yet(scope.at(statement.span), construct))
    if isinstance(statement, (ast.Loop, ast.Each)):
        return
    for found in (part for expr in exprs(statement) for part in walk(expr) if isinstance(part, ast.Fit)):
        problems.add(facts.not_yet(scope.at(found.span), "`fit`", "use a number, or a `~` choice"))


def planned_construct(statement: ast.Stmt) -> str | None:
    """The name of a construct that this version has not, if the statement is one."""
    match statement:
        case ast.Memory():
            return "`memory`"
        case _:
            return None


def is_partial(graph: ast.Graph) -> bool:
    """Whether a graph holds what this version cannot lower; that has been reported."""
    return any(
        planned_construct(statement) is not None
        or any(isinstance(found, ast.Fit) for expr in exprs(statement) for found in walk(expr))
        for statement in graph.body
    )


def exprs(statement: ast.Stmt) -> tuple[ast.Expr, ...]:
    """The expressions of a statement, those of inner bodies too."""
    match statement:
        case ast.Param(value=value):
            return () if value is None else (value,)
        case (
            ast.Let(value=value) | ast.Require(value=value) | ast.Output(value=value) | ast.Until(value=value)
        ):
            return (value,)
        case ast.NodeStmt():
            return (*(dim.count for dim in statement.dims), statement.what, *clause_exprs(statement.clauses))
        case ast.Edge():
            return (*statement.ends, *clause_exprs(statement.clauses))
        case ast.Loop(dims=dims, body=body):
            return (*(dim.count for dim in dims), *(e for inner in body for e in exprs(inner)))
        case ast.Each(dims=dims, source=source, body=body):
            return (*(dim.count for dim in dims), source, *(e for inner in body for e in exprs(inner)))
        case ast.Memory(dims=dims):
            return tuple(dim.count for dim in dims)
        case ast.Carry(first=first, then=then):
            return (first, then)
        case ast.Keep(args=args):
            return arg_exprs(args)


def clause_exprs(clauses: tuple[ast.Clause, ...]) -> tuple[ast.Expr, ...]:
    return tuple(e for clause in clauses for e in (clause.value, clause.until) if e is not None)


def setting_values(setting: ast.Setting | ast.Param) -> tuple[ast.Expr, ...]:
    """The expressions of a role's setting that are evaluated."""
    if isinstance(setting, ast.Param):
        return () if setting.value is None else (setting.value,)
    if setting.key not in EVALUATED:
        return ()
    return tuple(arg.value for arg in setting.args if arg.name is None)


def bracket_names(expr: ast.Expr) -> Iterator[str]:
    """Names inside brackets."""
    for found in walk(expr):
        if isinstance(found, ast.Index):
            for inner in arg_exprs(found.args):
                yield from (name.id for name in names_in(inner))


def one_letter_indices(expr: ast.Expr) -> set[str]:
    """Free one-letter names in brackets: the indices that a statement binds (language.md G6)."""
    return {name for name in bracket_names(expr) if len(name) == 1}


def check_names(scope: FileScope, problems: Problems, *, is_main: bool) -> None:
    """Report every name of a file that means nothing, is declared twice, or hides another.

    What this version has not is reported in the program's own file; in others where it is used.
    """
    around = frozenset((*scope.names, *VALUES, *FUNCTIONS, *PRELUDE))
    check_unseen(scope.source, problems, declares=bool(scope.module.decls))
    Binder(scope, problems, is_main, around, odd=check_lookalikes(scope, problems)).run()
