"""From the parse tree to the tree of `ast`: one case for each rule of the grammar that makes a node.

What the grammar cannot say about a single word (an escape, a number out of range) is reported here. Nesting
is bounded before this runs (`parse.MOST_NESTED`), so plain recursion is safe.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tgl.syntax import ast
from tgl.syntax.errors import BadEscape, BadNumber, SyntaxProblem
from tgl.syntax.literals import number_value, string_value
from tgl.syntax.tokens import NOT_PLACED, Child, ParseTree, Token
from tgl.text import SourceFile, Span


@dataclass(slots=True)
class Builder:
    """Makes the nodes of one source, and collects what is wrong with its literals."""

    source: SourceFile
    problems: list[SyntaxProblem] = field(default_factory=list[SyntaxProblem])

    # --- declarations

    def declarations(self, tree: ParseTree) -> tuple[ast.Decl, ...]:
        """The declarations of a `file`."""
        return tuple(self.declaration(child) for child in subtrees(tree))

    def declaration(self, tree: ParseTree) -> ast.Decl:
        span, parts = tree_span(tree), children(tree)
        match tree.data:
            case "use":
                return self.use(tree)
            case "let":
                return self.let(tree)
            case "graph":
                name, name_span = word(parts[0])
                return ast.Graph(
                    name,
                    self.ports(parts[1]),
                    self.type(parts[2]) if parts[2] is not None else None,
                    self.body(parts[3]),
                    span=span,
                    name_span=name_span,
                )
            case "role" | "fn" as kind:
                name, name_span = word(parts[0])
                return (ast.Role if kind == "role" else ast.Fn)(
                    name,
                    self.ports(parts[1]),
                    self.type(parts[2]),
                    word(parts[3])[0] if parts[3] is not None else None,
                    self.settings(parts[4]),
                    span=span,
                    name_span=name_span,
                )
            case "optimize" | "measured" as kind:
                graph, task = word(parts[0])[0], word(parts[1])[0]
                make = ast.Optimize if kind == "optimize" else ast.Measured
                return make(graph, task, self.settings(parts[2]), span=span)
            case "pool":
                name, name_span = word(parts[0])
                return ast.Pool(name, self.expr(parts[1]), span=span, name_span=name_span)
            case _:
                name, name_span = word(parts[0])
                makers = {"model": ast.Model, "label": ast.LabelDecl, "task": ast.Task}
                return makers[tree.data](name, self.settings(parts[1]), span=span, name_span=name_span)

    def use(self, tree: ParseTree) -> ast.Use:
        path, *names = children(tree)
        quoted = isinstance(path, Token)
        text = self.string(path).value if quoted else ".".join(str(part) for part in children(subtree(path)))
        return ast.Use(
            text,
            quoted,
            tuple(self.use_name(subtree(name)) for name in names),
            path_span=child_span(path),
            span=tree_span(tree),
        )

    def use_name(self, tree: ParseTree) -> ast.UseName:
        name, name_span = word(children(tree)[0])
        alias = children(tree)[1]
        return ast.UseName(
            name, word(alias)[0] if alias is not None else None, span=tree_span(tree), name_span=name_span
        )

    def settings(self, child: Child) -> ast.Settings:
        """The settings of a body; none if the body may be left out and is."""
        return () if child is None else tuple(self.setting(tree) for tree in subtrees(subtree(child)))

    def setting(self, tree: ParseTree) -> ast.Setting | ast.Param:
        if tree.data == "param":
            return self.param(tree)
        key, key_span = word(children(tree)[0])
        return ast.Setting(key, self.args(children(tree)[1]), span=tree_span(tree), name_span=key_span)

    # --- ports and types

    def ports(self, child: Child) -> tuple[ast.Port, ...]:
        return tuple(self.port(tree) for tree in subtrees(subtree(child)))

    def port(self, tree: ParseTree) -> ast.Port:
        """A `port` or a `field` of a record: name, type, `?`."""
        name, name_span = word(children(tree)[0])
        type_, optional = children(tree)[1:]
        return ast.Port(
            name,
            self.type(type_) if type_ is not None else None,
            optional is not None,
            span=tree_span(tree),
            name_span=name_span,
        )

    def type(self, child: Child) -> ast.TypeExpr:
        tree = subtree(child)
        after = [self.string(part) for part in children(tree) if isinstance(part, Token)]
        variants = tuple(self.variant(part) for part in subtrees(tree))
        return ast.TypeExpr(variants, after[0] if after else None, span=tree_span(tree))

    def variant(self, tree: ParseTree) -> ast.WordType | ast.RecordType:
        if tree.data == "record":
            return ast.RecordType(tuple(self.port(part) for part in subtrees(tree)), span=tree_span(tree))
        *words, args = children(tree)
        return ast.WordType(
            tuple(str(part) for part in words),
            tuple(self.type_arg(part) for part in subtrees(subtree(args))) if args is not None else (),
            span=tree_span(tree),
        )

    def type_arg(self, tree: ParseTree) -> ast.TypeExpr | ast.Expr:
        return self.type(tree) if tree.data == "type" else self.expr(tree)

    # --- statements

    def body(self, child: Child) -> tuple[ast.Stmt, ...]:
        return tuple(self.statement(tree) for tree in subtrees(subtree(child)))

    def statement(self, tree: ParseTree) -> ast.Stmt:
        span, parts = tree_span(tree), children(tree)
        match tree.data:
            case "let":
                return self.let(tree)
            case "param":
                return self.param(tree)
            case "edge":
                ends = tuple(self.expr(end) for end in parts if not is_clause(end))
                return ast.Edge(ends, self.clauses([end for end in parts if is_clause(end)]), span=span)
            case "require":
                return ast.Require(self.expr(parts[0]), span=span)
            case "output":
                return ast.Output(self.expr(parts[0]), span=span)
            case "until":
                return ast.Until(self.expr(parts[0]), span=span)
            case "keep":
                return ast.Keep(self.args(parts[0]), span=span)
            case _:
                return self.named_statement(tree)

    def named_statement(self, tree: ParseTree) -> ast.Stmt:
        span, parts = tree_span(tree), children(tree)
        name, name_span = word(parts[0])
        match tree.data:
            case "node":
                return ast.NodeStmt(
                    name,
                    self.dims(parts[1]),
                    self.expr(parts[2]),
                    self.clauses(parts[3:]),
                    span=span,
                    name_span=name_span,
                )
            case "loop":
                return ast.Loop(
                    name, self.dims(parts[1]), self.body(parts[2]), span=span, name_span=name_span
                )
            case "each":
                _, dims, _, items, body = parts
                return ast.Each(
                    name, self.dims(dims), self.expr(items), self.body(body), span=span, name_span=name_span
                )
            case "memory":
                return ast.Memory(
                    name,
                    self.dims(parts[1]),
                    word(parts[2])[0],
                    self.settings(parts[3]),
                    span=span,
                    name_span=name_span,
                )
            case _:
                return ast.Carry(
                    name, self.expr(parts[1]), self.expr(parts[2]), span=span, name_span=name_span
                )

    def let(self, tree: ParseTree) -> ast.Let:
        name, name_span = word(children(tree)[0])
        params, value = children(tree)[1:]
        return ast.Let(
            name,
            tuple(str(param) for param in children(subtree(params))) if params is not None else (),
            self.expr(value),
            params is not None,
            span=tree_span(tree),
            name_span=name_span,
        )

    def param(self, tree: ParseTree) -> ast.Param:
        name, name_span = word(children(tree)[0])
        type_, value = children(tree)[1:]
        return ast.Param(
            name,
            self.type(type_) if type_ is not None else None,
            self.expr(value) if value is not None else None,
            span=tree_span(tree),
            name_span=name_span,
        )

    def clauses(self, parts: list[Child]) -> tuple[ast.Clause, ...]:
        return tuple(self.clause(subtree(part)) for part in parts)

    def clause(self, tree: ParseTree) -> ast.Clause:
        value, *until = (self.expr(part) for part in children(tree))
        kind = tree.data.rstrip("_")
        return ast.Clause(kind, value, until[0] if until else None, span=tree_span(tree))

    def dims(self, child: Child) -> tuple[ast.Dim, ...]:
        return () if child is None else tuple(self.dim(tree) for tree in subtrees(subtree(child)))

    def dim(self, tree: ParseTree) -> ast.Dim:
        index, count = children(tree)
        return ast.Dim(self.expr(count), word(index)[0] if index is not None else None, span=tree_span(tree))

    # --- expressions

    def args(self, child: Child) -> tuple[ast.Arg, ...]:
        return () if child is None else tuple(self.arg(tree) for tree in subtrees(subtree(child)))

    def arg(self, tree: ParseTree) -> ast.Arg:
        if tree.data == "bare":
            name, span = word(children(tree)[0])
            return ast.Arg(ast.Name(name, span=span), span=span)
        name, value, when = children(tree)
        return ast.Arg(
            self.expr(value),
            word(name)[0] if name is not None else None,
            self.expr(when) if when is not None else None,
            span=tree_span(tree),
        )

    def expr(self, child: Child) -> ast.Expr:
        tree = subtree(child)
        span, parts = tree_span(tree), children(tree)
        match tree.data:
            case "name":
                return ast.Name(word(parts[0])[0], span=span)
            case "number":
                return self.number(parts[0])
            case "string":
                return self.string(parts[0])
            case "list":
                args = self.args(parts[0])
                return ast.ListExpr(tuple(arg.value for arg in args), span=span)
            case "call":
                return ast.Call(self.expr(parts[0]), self.args(parts[1]), span=span)
            case "index":
                return ast.Index(self.expr(parts[0]), self.args(parts[1]), span=span)
            case "member":
                return ast.Member(self.expr(parts[0]), word(parts[1])[0], span=span)
            case "not_expr":
                return ast.Unary("not", self.expr(parts[0]), span=span)
            case "neg":
                return ast.Unary("-", self.expr(parts[1]), span=span)
            case "binary":
                left, op, right = parts
                return ast.Binary(str(op), self.expr(left), self.expr(right), span=span)
            case "is_expr":
                return ast.Is(self.expr(parts[0]), word(parts[1])[0], span=span)
            case "range":
                return ast.Range(self.expr(parts[0]), self.expr(parts[1]), span=span)
            case "choice":
                return ast.Choice(self.expr(parts[0]), span=span)
            case "fit":
                return ast.Fit(self.expr(parts[0]), span=span)
            case "weights":
                pairs = tuple(tuple(self.expr(part) for part in children(pair)) for pair in subtrees(tree))
                return ast.Weights(tuple((value, weight) for value, weight in pairs), span=span)
            case rule:
                raise AssertionError(f"no node for the rule {rule}")

    def number(self, child: Child) -> ast.Number:
        text, span = word(child)
        value = number_value(text)
        if value is None:
            self.problems.append(BadNumber(self.source, span, text))
            return ast.Number(0, "", text, span=span)
        return ast.Number(*value, text, span=span)

    def string(self, child: Child) -> ast.String:
        text, span = word(child)
        value = string_value(text)
        for start, length in value.bad_escapes:
            at = Span(span.start + start, span.start + start + length)
            self.problems.append(BadEscape(self.source, at, text[start : start + length]))
        return ast.String(value.value, value.triple, span=span)


# --- reading parse trees


def children(tree: ParseTree) -> list[Child]:
    """What a rule holds; None where it leaves out an optional part."""
    return list(tree.children)


def subtree(child: Child) -> ParseTree:
    """The child, which the grammar says is a tree."""
    assert isinstance(child, ParseTree)
    return child


def subtrees(tree: ParseTree) -> list[ParseTree]:
    """Those children that are trees, without the places of optional parts that are left out."""
    return [child for child in tree.children if isinstance(child, ParseTree)]


def word(child: Child) -> tuple[str, Span]:
    """Text and place of a token."""
    assert isinstance(child, Token)
    return str(child), child_span(child)


def child_span(child: Child) -> Span:
    if isinstance(child, Token):
        return Span(child.start_pos, child.end_pos)
    return tree_span(subtree(child))


def tree_span(tree: ParseTree) -> Span:
    """From the first to the last token of a rule; parentheses around a whole expression are outside of it."""
    return Span(0, 0) if tree.start == NOT_PLACED else Span(tree.start, tree.end)


def is_clause(child: Child) -> bool:
    return isinstance(child, ParseTree) and child.data in ("when", "if_")
