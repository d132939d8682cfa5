"""Draw numbers (semantics.md 1): which of several independent responses a call takes.

A call's draw is its ordinal, in declaration order, among the calls with the same model and decoding
options. A call in the body of a loop or map counts once, with the rounds it is made in: round k of it has the
ordinal of the first plus (k - 1) times a stride, so that another bound of the loop renumbers nothing. Calls
that provably never run together (their guards ask different values of one given field)
don't push each other's ordinal, so routes share their luck with unrouted candidates. Calls that may run
together always have different draws.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tgl.ir import CallNode, Const, Expr, Input, ListOf, Op, Scalar


@dataclass(frozen=True, slots=True)
class Allowed:
    """Values that a guard lets a field have: exactly `values`, or all but these."""

    values: frozenset[Scalar]
    inverted: bool

    def excludes(self, other: Allowed) -> bool:
        """Whether no value is in both."""
        match self.inverted, other.inverted:
            case False, False:
                return not self.values & other.values
            case False, True:
                return self.values <= other.values
            case True, False:
                return other.values <= self.values
            case _:
                return False


ROUND_STRIDE = 1 << 10
"""Draws of a further round start so far above those of the round before: above any usual ordinal."""
NESTED_ROUNDS = 32
"""Rounds of a loop inside of another that keep draws of their own by this arithmetic; see `draws`."""

Twins = Mapping[str, tuple[str, Sequence[int]]]
"""Of each call in the body of a loop or map: a name that all its rounds share, and its rounds."""


def draws(calls: Sequence[CallNode], twins: Twins | None = None) -> dict[str, int]:
    """The draw of each call by id; `calls` in declaration order. Sampled calls only count.

    Where the arithmetic of rounds would give a draw twice, the later call takes the next free one.
    """
    rounds = twins or {}
    taken: dict[str, int] = {}
    ordinals: dict[str, int] = {}
    earlier: dict[tuple[object, ...], list[tuple[int, Mapping[str, Sequence[Allowed]]]]] = {}
    used: dict[tuple[object, ...], set[int]] = {}
    for call in calls:
        if call.temperature == 0:
            taken[call.id] = 0
            continue
        shared, numbers = rounds.get(call.id, (call.id, ()))
        options = decoding(call)
        if shared not in ordinals:
            conditions = fields_asked(call.guard)
            same = earlier.setdefault(options, [])
            ordinal = 1 + max(
                (other for other, asked in same if not exclusive(conditions, asked)), default=-1
            )
            same.append((ordinal, conditions))
            ordinals[shared] = ordinal
        draw = ordinals[shared] + ROUND_STRIDE * iteration(numbers)
        known = used.setdefault(options, set())
        while numbers and draw in known:
            draw += 1
        known.add(draw)
        taken[call.id] = draw
    return taken


def iteration(rounds: Sequence[int]) -> int:
    """The number of a round, from 0; of nested loops, one number for each combination.

    >>> iteration(()), iteration((3,)), iteration((2, 3))
    (0, 2, 34)
    """
    number = 0
    for one in rounds:
        number = number * NESTED_ROUNDS + one - 1
    return number


def decoding(call: CallNode) -> tuple[object, ...]:
    """Model and decoding options: what draws are counted within."""
    return (call.model, call.temperature, call.top_p, call.max_tokens, call.stop)


def fields_asked(guard: Expr | None) -> dict[str, list[Allowed]]:
    """What the conjuncts of a guard ask of given fields, by field."""
    found: dict[str, list[Allowed]] = {}
    for conjunct in conjuncts(guard):
        asked = _asked(conjunct)
        if asked is not None:
            found.setdefault(asked[0], []).append(asked[1])
    return found


def exclusive(one: Mapping[str, Iterable[Allowed]], other: Mapping[str, Iterable[Allowed]]) -> bool:
    """Whether two sets of conditions can't both hold."""
    return any(
        left.excludes(right)
        for field in one
        if field in other
        for left in one[field]
        for right in other[field]
    )


def conjuncts(guard: Expr | None) -> Iterator[Expr]:
    match guard:
        case None:
            return
        case Op(op="and", args=args):
            for arg in args:
                yield from conjuncts(arg)
        case _:
            yield guard


def _asked(expr: Expr) -> tuple[str, Allowed] | None:
    match expr:
        case Op(op="==" | "!=" as op, args=(Input(port=port), Const(value=value))):
            return port, Allowed(frozenset({value}), op == "!=")
        case Op(op="==" | "!=" as op, args=(Const(value=value), Input(port=port))):
            return port, Allowed(frozenset({value}), op == "!=")
        case Op(op="in", args=(Input(port=port), ListOf(items=items))):
            values = [item.value for item in items if isinstance(item, Const)]
            return (port, Allowed(frozenset(values), inverted=False)) if len(values) == len(items) else None
        case Op(op="not", args=(inner,)):
            asked = _asked(inner)
            return None if asked is None else (asked[0], Allowed(asked[1].values, not asked[1].inverted))
        case _:
            return None
