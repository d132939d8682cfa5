"""What stands inside expressions, statements and declarations of the tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tgl.syntax import ast


def parts(expr: ast.Expr) -> tuple[ast.Expr, ...]:
    """The expressions directly inside; of weights, the values."""
    match expr:
        case ast.Name() | ast.Number() | ast.String():
            return ()
        case ast.ListExpr(items=items):
            return items
        case ast.Call(func=base, args=args) | ast.Index(base=base, args=args):
            return (base, *(e for arg in args for e in (arg.value, arg.when) if e is not None))
        case ast.Member(base=child) | ast.Unary(operand=child) | ast.Is(operand=child):
            return (child,)
        case ast.Choice(domain=child) | ast.Fit(method=child):
            return (child,)
        case ast.Binary(left=left, right=right) | ast.Range(low=left, high=right):
            return (left, right)
        case ast.Weights(items=pairs):
            return tuple(value for value, _ in pairs)


def every(expr: ast.Expr) -> Iterator[ast.Expr]:
    """The expression and all inside it."""
    yield expr
    for part in parts(expr):
        yield from every(part)


def choices_in(expr: ast.Expr) -> tuple[ast.Choice, ...]:
    """The choices in an expression."""
    return tuple(found for found in every(expr) if isinstance(found, ast.Choice))


def has_choice(expr: ast.Expr) -> bool:
    """Whether something in it is still to be decided."""
    return bool(choices_in(expr))


def names_in(expr: ast.Expr) -> frozenset[str]:
    """The names that an expression uses."""
    return frozenset(found.id for found in every(expr) if isinstance(found, ast.Name))


def argument_names(expr: ast.Expr) -> frozenset[str]:
    """The names of all arguments in it."""
    calls = [found for found in every(expr) if isinstance(found, ast.Call)]
    return frozenset(arg.name for call in calls for arg in call.args if arg.name is not None)


def graph_exprs(graph: ast.Graph) -> Iterator[ast.Expr]:
    """The expressions of a graph's statements."""
    yield from body_exprs(graph.body)


def body_exprs(body: Iterable[ast.Stmt]) -> Iterator[ast.Expr]:
    """The expressions of statements, those inside of loops and maps too."""
    for statement in body:
        match statement:
            case (
                ast.Param(value=value)
                | ast.Let(value=value)
                | ast.Output(value=value)
                | ast.Require(value=value)
            ):
                if value is not None:
                    yield value
            case ast.Until(value=value):
                yield value
            case ast.NodeStmt(dims=dims, what=what, clauses=clauses):
                yield from (dim.count for dim in dims)
                yield what
                yield from (clause.value for clause in clauses)
                yield from (clause.until for clause in clauses if clause.until is not None)
            case ast.Edge(ends=ends, clauses=clauses):
                yield from ends
                yield from (clause.value for clause in clauses)
            case ast.Loop(dims=dims, body=inner):
                yield from (dim.count for dim in dims)
                yield from body_exprs(inner)
            case ast.Each(dims=dims, source=source, body=inner):
                yield from (dim.count for dim in dims)
                yield source
                yield from body_exprs(inner)
            case ast.Carry(first=first, then=then):
                yield first
                yield then
            case ast.Keep(args=args):
                yield from (arg.value for arg in args)
            case _:
                pass


def node_statements(body: Iterable[ast.Stmt]) -> Iterator[ast.NodeStmt]:
    """The nodes that statements declare, those inside of loops and maps too."""
    for statement in body:
        match statement:
            case ast.NodeStmt():
                yield statement
            case ast.Loop(body=inner) | ast.Each(body=inner):
                yield from node_statements(inner)
            case _:
                pass


def graph_names(graph: ast.Graph) -> frozenset[str]:
    """The names that a graph's statements use."""
    return frozenset[str]().union(*map(names_in, graph_exprs(graph)))


def inner_names(graph: ast.Graph) -> frozenset[str]:
    """The names that a graph declares."""
    named = (ast.Port, ast.Param, ast.Let, ast.NodeStmt, ast.Loop, ast.Each)
    return frozenset(item.name for item in (*graph.ports, *graph.body) if isinstance(item, named))


def setting_values(setting: ast.Setting | ast.Param) -> tuple[ast.Expr, ...]:
    """The values of a setting."""
    if isinstance(setting, ast.Param):
        return () if setting.value is None else (setting.value,)
    return tuple(arg.value for arg in setting.args)
