"""Ways through expressions and statements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tgl.syntax import ast


def statements(body: Iterable[ast.Stmt]) -> Iterator[ast.Stmt]:
    """Statements, and those inside of loops and maps."""
    for statement in body:
        yield statement
        if isinstance(statement, (ast.Loop, ast.Each)):
            yield from statements(statement.body)


def clause_values(clauses: Iterable[ast.Clause]) -> Iterator[ast.Expr]:
    for clause in clauses:
        yield clause.value
        if clause.until is not None:
            yield clause.until


def children(expr: ast.Expr) -> tuple[ast.Expr, ...]:
    """The expressions directly inside."""
    match expr:
        case ast.ListExpr(items=items):
            return items
        case ast.Call(func=func, args=args):
            return (func, *(v for arg in args for v in (arg.value, arg.when) if v is not None))
        case ast.Index(base=base, args=args):
            return (base, *(v for arg in args for v in (arg.value, arg.when) if v is not None))
        case ast.Member(base=base):
            return (base,)
        case ast.Unary(operand=operand) | ast.Is(operand=operand):
            return (operand,)
        case ast.Binary(left=left, right=right):
            return (left, right)
        case ast.Range(low=low, high=high):
            return (low, high)
        case ast.Weights(items=items):
            return tuple(side for pair in items for side in pair)
        case ast.Choice(domain=inner) | ast.Fit(method=inner):
            return (inner,)
        case ast.Name() | ast.Number() | ast.String():
            return ()


def walk(expr: ast.Expr) -> Iterator[ast.Expr]:
    """The expression and all inside it, outer before inner."""
    yield expr
    for child in children(expr):
        yield from walk(child)


def strings(expr: ast.Expr) -> Iterator[ast.String]:
    """The texts in an expression."""
    return (found for found in walk(expr) if isinstance(found, ast.String))
