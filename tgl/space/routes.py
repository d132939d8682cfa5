"""Which calls may run together: guards that ask different values of one given field exclude each other.

A *route* is a combination of values of the fields that guards ask, with one value that no guard names. On
each, a call *may* run, and *surely* runs if all of its guard is such conditions and they hold.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from tgl.ir import Const, Expr, Input, ListOf, Op, Scalar
from tgl.space.draws import Allowed, conjuncts, fields_asked
from tgl.space.reads import subexpressions
from tgl.stdfn import EvaluationError, Value, evaluate

MOST_ROUTES = 4096
"""Most combinations of field values that are told apart; beyond it all calls count as running together."""


class Unnamed:
    """A value that no guard names."""


UNNAMED = Unnamed()
Conditions = Mapping[str, Sequence[Allowed]]
Route = Mapping[str, "Scalar | Unnamed"]


@dataclass(frozen=True, slots=True)
class Guarded:
    """A node's guard: the conditions on given fields in it, and whether it is nothing but these."""

    conditions: Conditions
    only: bool

    def may_run(self, route: Route) -> bool:
        """Whether it may hold on a route."""
        return all(
            admits(item, route[field])
            for field, items in self.conditions.items()
            if field in route
            for item in items
        )

    def surely_runs(self, route: Route) -> bool:
        """Whether it holds on a route for certain."""
        return self.only and all(field in route for field in self.conditions) and self.may_run(route)


def guarded(guard: Expr | None) -> Guarded:
    """What a guard asks of given fields."""
    asked = fields_asked(guard)
    return Guarded(asked, sum(map(len, asked.values())) == len(list(conjuncts(guard))))


def routes(guards: Sequence[Guarded]) -> tuple[Route, ...]:
    """All routes that some guards tell apart; a single one without values if these would be too many."""
    values: dict[str, dict[Scalar | Unnamed, None]] = {}
    mixed: set[str] = set()
    for one in guards:
        for field, allowed in one.conditions.items():
            known = values.setdefault(field, {UNNAMED: None})
            for item in allowed:
                known.update((value, None) for value in item.values)
                if any(isinstance(value, bool | None) for value in item.values):
                    mixed.add(field)  # yes and 1 are one key of a set, and two values of a field
    kept = {field: known for field, known in values.items() if field not in mixed}
    if math.prod(len(known) for known in kept.values()) > MOST_ROUTES:
        return ({},)
    return tuple(dict(zip(kept, combination, strict=True)) for combination in product(*kept.values()))


def admits(allowed: Allowed, value: Scalar | Unnamed) -> bool:
    """Whether a condition lets a field have a value."""
    named = not isinstance(value, Unnamed) and value in allowed.values
    return named is not allowed.inverted


class GivenFields:
    """What an expression sees before a run: the given fields, and no node."""

    def __init__(self, given: Mapping[str, Value]) -> None:
        self._given = given

    def node(self, node: str) -> None:
        """Never asked: expressions over nodes are not evaluated here."""
        del node

    def field(self, port: str) -> Value:
        """A given field."""
        return self._given.get(port)


def may_hold(guard: Expr | None, fields: GivenFields) -> bool:
    """Whether a guard can hold on an example; what is not told by given fields alone is taken to hold."""
    match guard:
        case None:
            return True
        case Op(op="and", args=args):
            return all(may_hold(arg, fields) for arg in args)
        case Op(op="or", args=args):
            return any(may_hold(arg, fields) for arg in args)
        case _ if reads_given_only(guard):
            try:
                return evaluate(guard, fields) is True
            except EvaluationError:
                return True
        case _:
            return True


def reads_given_only(expr: Expr) -> bool:
    """Whether an expression reads nothing but given fields and constants."""
    return all(isinstance(part, Const | Input | ListOf | Op) for part in subexpressions(expr))
