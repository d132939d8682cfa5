"""What a `~` chooses from, in words: how many options, and how likely each is before any search."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from tgl.diagnostics import plural
from tgl.ide.walk import walk
from tgl.syntax import ast, print_expr

MOST_LISTED = 8


@dataclass(frozen=True, slots=True)
class Domain:
    """The options of a choice as they are written, with the prior of each.

    `count` is None where it is not known without running the checks, or there is no end of them. `options`
    lists them only if they are few.
    """

    count: int | None
    options: tuple[tuple[str, float], ...]
    words: str


Values = Mapping[str, ast.Expr]
"""What names stand for: pools, lets and params with a value."""


def domain_of(choice: ast.Choice, values: Values) -> Domain:
    """The domain of a choice; names in it are followed."""
    return described(choice.domain, values, 8)


def described(expr: ast.Expr, values: Values, depth: int) -> Domain:
    match expr:
        case ast.Weights(items=items):
            return weighted(items)
        case ast.ListExpr(items=items):
            return equal([print_expr(item) for item in items])
        case ast.Number(value=p, unit="" | "%") if 0 < p < 1:
            return Domain(2, (("true", float(p)), ("false", 1 - float(p))), f"yes with {percent(p)}")
        case ast.Range(low=low, high=high):
            return ranged(low, high)
        case ast.Name(id=name) if name in values and depth:
            return described(values[name], values, depth - 1)
        case ast.Choice(domain=inner) if depth:
            return described(inner, values, depth - 1)
        case ast.Call(func=ast.Name(id="log"), args=(ast.Arg(value=inner),)):
            found = described(inner, values, depth)
            return Domain(found.count, (), f"{found.words}, log-uniform")
        case ast.Call(func=ast.Name(id="orders"), args=(ast.Arg(value=inner),)):
            items = described(inner, values, depth).count
            return many(None if items is None else math.factorial(items))
        case ast.Call(func=ast.Name(id="subsets"), args=(ast.Arg(value=inner), ast.Arg(value=sizes))):
            items = described(inner, values, depth).count
            bounds = int_bounds(sizes)
            if items is None or bounds is None:
                return many(None)
            return many(sum(math.comb(items, k) for k in range(bounds[0], bounds[1] + 1)))
        case _:
            return many(None)


def weighted(items: tuple[tuple[ast.Expr, ast.Expr], ...]) -> Domain:
    weights = [weight.value for _, weight in items if isinstance(weight, ast.Number)]
    total = sum(weights)
    if len(weights) != len(items) or total <= 0:
        return many(len(items))
    options = tuple(
        (print_expr(value), weight / total) for (value, _), weight in zip(items, weights, strict=True)
    )
    return Domain(len(items), options, " · ".join(f"{text} {percent(p)}" for text, p in options))


def equal(options: list[str]) -> Domain:
    if not options or len(options) > MOST_LISTED:
        return many(len(options))
    p = 1 / len(options)
    shares = f"{percent(p)} each" if len(options) > 1 else percent(p)
    return Domain(
        len(options), tuple((text, p) for text in options), f"{plural(len(options), 'option')}, {shares}"
    )


def ranged(low: ast.Expr, high: ast.Expr) -> Domain:
    bounds = int_bounds(ast.Range(low, high))
    if bounds is None:
        return Domain(None, (), f"any from {print_expr(low)} to {print_expr(high)}")
    first, last = bounds
    count = max(0, last - first + 1)
    if count > MOST_LISTED:
        return many(count)
    return equal([str(k) for k in range(first, last + 1)])


def int_bounds(expr: ast.Expr) -> tuple[int, int] | None:
    """The ends of a range of whole numbers, or a whole number as both."""
    match expr:
        case ast.Range(low=low, high=high):
            ends = (whole(low), whole(high))
        case _:
            ends = (whole(expr), whole(expr))
    return None if ends[0] is None or ends[1] is None else (ends[0], ends[1])


def whole(expr: ast.Expr) -> int | None:
    match expr:
        case ast.Number(value=int() as value, unit=""):
            return value
        case ast.Unary(op="-", operand=ast.Number(value=int() as value, unit="")):
            return -value
        case _:
            return None


def many(count: int | None) -> Domain:
    return Domain(count, (), "options" if count is None else plural(count, "option"))


def percent(p: float) -> str:
    """A probability as people read it: `30 %`, `16.7 %`."""
    return f"{100 * p:.3g} %"


def bound_of(dims: tuple[ast.Dim, ...], values: Values) -> str | None:
    """At most how many replicas or rounds there are, in words; None if that is not seen from the text."""
    most: list[str] = []
    for dim in dims:
        count = dim.count
        for _ in range(8):
            if isinstance(count, ast.Choice):
                count = count.domain
            elif isinstance(count, ast.Name) and count.id in values:
                count = values[count.id]
        ends = int_bounds(count)
        if ends is None and isinstance(count, ast.ListExpr):
            numbers = [whole(item) for item in count.items]
            ends = (0, max(n for n in numbers if n is not None)) if all(numbers) and numbers else None
        most.append(str(ends[1]) if ends is not None else print_expr(dim.count))
    return " × ".join(most) or None


def values_of(decls: tuple[ast.Decl, ...], body: tuple[ast.Stmt, ...] = ()) -> dict[str, ast.Expr]:
    """What the names of a file and of a graph stand for."""
    found: dict[str, ast.Expr] = {}
    for item in (*decls, *body):
        match item:
            case ast.Pool(name=name, value=value):
                found[name] = value
            case ast.Let(name=name, value=value, is_function=False):
                found[name] = value
            case ast.Param(name=name, value=value) if value is not None:
                found[name] = value
            case _:
                pass
    return found


def choices_of(exprs: tuple[ast.Expr, ...]) -> tuple[ast.Choice, ...]:
    """The choices in expressions, in the order of the text."""
    return tuple(found for expr in exprs for found in walk(expr) if isinstance(found, ast.Choice))
