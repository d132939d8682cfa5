"""What expressions read: their parts, their choices, and nodes, of which a chosen index picks some (C9)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from tgl.ir import ChoiceRef, Expr, Fn, Input, Is, ListOf, ModelOf, NodeRef, Op


def subexpressions(expr: Expr) -> Iterator[Expr]:
    """An expression and all its parts, outside in, left to right."""
    yield expr
    for part in parts_of(expr):
        yield from subexpressions(part)


def parts_of(expr: Expr) -> tuple[Expr, ...]:
    """The expressions that an expression is made of."""
    match expr:
        case ListOf():
            return expr.items
        case Op():
            return expr.args
        case Fn():
            return (*expr.args, *(value for _, value in expr.named))
        case _:
            return ()


def static_leaves(*exprs: Expr | None) -> tuple[Expr, ...]:
    """The choices, `is` and `model_of` in expressions, in order, each once."""
    found: dict[Expr, None] = {}
    for expr in exprs:
        if expr is not None:
            for part in subexpressions(expr):
                if isinstance(part, ChoiceRef | Is | ModelOf):
                    found[part] = None
    return tuple(found)


RAN = "std.signals:ran"


@dataclass(frozen=True, slots=True)
class Reads:
    """The nodes of an instance (indices, in order) that some expressions read, whatever is decided.

    `exprs` are those expressions if a choice decides which nodes (`w[k]`), else empty; `picks` those indices.
    `plain`: each of the nodes that is there is read in the end too, in whatever is made of the expressions.
    """

    refs: tuple[int, ...]
    exprs: tuple[Expr, ...] = ()
    picks: tuple[Expr, ...] = ()
    plain: bool = True


def reads_of(index: Mapping[str, int], exprs: Iterable[Expr | None]) -> Reads:
    """What expressions of an instance read; `index` has the place of each of its nodes."""
    there = tuple(expr for expr in exprs if expr is not None)
    refs: dict[int, None] = {}
    picks: dict[Expr, None] = {}
    for expr in there:
        for part in subexpressions(expr):
            match part:
                case NodeRef(id=name) if name in index:
                    refs[index[name]] = None
                case Op(op="at", args=(ListOf(), place)) if is_chosen(place):
                    picks[place] = None
                case _:
                    pass
    plain = not any(isinstance(part, Op) or is_ran(part) for expr in there for part in subexpressions(expr))
    return Reads(tuple(refs), there if picks else (), tuple(picks), plain)


def is_ran(expr: Expr) -> bool:
    """Whether an expression asks whether something ran, which may be known before."""
    return isinstance(expr, Fn) and expr.fn == RAN


def is_chosen(place: Expr) -> bool:
    """Whether an index is static and hangs on a choice; then it picks before the run."""
    return bool(static_leaves(place)) and not any(
        isinstance(part, NodeRef | Input | Fn) for part in subexpressions(place)
    )
