"""Ways through a tree."""

from __future__ import annotations

from collections.abc import Iterator

from tgl.syntax import ast


def children(expr: ast.Expr) -> tuple[ast.Expr, ...]:
    """The expressions directly inside, in the order of the text."""
    match expr:
        case ast.Name() | ast.Number() | ast.String():
            return ()
        case ast.ListExpr(items=items):
            return items
        case ast.Call(func=func, args=args):
            return (func, *arg_exprs(args))
        case ast.Index(base=base, args=args):
            return (base, *arg_exprs(args))
        case ast.Member(base=base):
            return (base,)
        case ast.Unary(operand=operand) | ast.Is(operand=operand):
            return (operand,)
        case ast.Binary(left=left, right=right):
            return (left, right)
        case ast.Range(low=low, high=high):
            return (low, high)
        case ast.Weights(items=pairs):
            return tuple(side for pair in pairs for side in pair)
        case ast.Choice(domain=domain):
            return (domain,)
        case ast.Fit(method=method):
            return (method,)


def arg_exprs(args: tuple[ast.Arg, ...]) -> tuple[ast.Expr, ...]:
    """The expressions of arguments, guards included."""
    return tuple(expr for arg in args for expr in (arg.value, arg.when) if expr is not None)


def walk(expr: ast.Expr) -> Iterator[ast.Expr]:
    """The expression and all inside it, outer before inner, in the order of the text."""
    yield expr
    for child in children(expr):
        yield from walk(child)


def choices_in(expr: ast.Expr) -> tuple[ast.Choice, ...]:
    """The choices in an expression, in the order of the text."""
    return tuple(found for found in walk(expr) if isinstance(found, ast.Choice))


def names_in(expr: ast.Expr) -> Iterator[ast.Name]:
    """The names that an expression uses; the methods of a `fit` have names of their own."""
    if isinstance(expr, ast.Fit):
        return
    if isinstance(expr, ast.Name):
        yield expr
    for child in children(expr):
        yield from names_in(child)


def words_of(fn: ast.Fn, port: str) -> tuple[str, ...]:
    """The words that a port of a function takes, if it is a `choice("a", "b")`."""
    written = next((found.type for found in fn.ports if found.name == port), None)
    match () if written is None else written.variants:
        case (ast.WordType(words=("choice",), args=args),):
            return tuple(arg.value for arg in args if isinstance(arg, ast.String))
        case _:
            return ()
