"""Folding: expressions of an instance as they stand in a candidate, static parts evaluated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tgl.ir import ChoiceRef, Const, Expr, Fn, Input, Is, ListOf, ModelName, ModelOf, NodeRef, Op, WhatName
from tgl.space.facts import Facts
from tgl.space.plan import GraphPlan
from tgl.space.reads import RAN
from tgl.space.static import Static, Unknown, as_expr, operate

ABSENT = Const(value=None)
"""The value of what is not there."""

NOTHING = ListOf(items=())
"""What a function is given in the place of what is not there: it reads both alike."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Names in an instance: `values` of its live nodes so far, what arrives at it, new places of nodes."""

    facts: Facts
    plan: GraphPlan
    arriving: Mapping[str, Expr] | None
    values: dict[str, Expr]
    rank: Mapping[int, int]

    def fold(self, expr: Expr | None) -> Expr | None:
        """An expression with static parts evaluated; None if it is a node that is not there."""
        match expr:
            case None:
                return None
            case NodeRef():
                return self.values.get(expr.id)
            case Input():
                if self.arriving is None or expr.instance != self.plan.template.path:
                    return expr
                return self.arriving.get(expr.port)
            case ChoiceRef() | Is() | ModelOf():
                value = self.facts.peek(expr)
                return ABSENT if isinstance(value, Unknown) else as_expr(value)
            case Const() | ModelName() | WhatName():
                return expr
            case ListOf():
                folded = [self.fold(item) for item in self.reordered(expr.items)]
                return ListOf(items=spliced([item for item in folded if item not in (None, ABSENT)]))
            case Op(op="at", args=(ListOf(items=items), index)) if isinstance(
                place := self.facts.peek(index), int
            ):
                # before folding, which leaves out what is not there and puts inner lists in their place
                return self.fold(items[place - 1]) if 1 <= place <= len(items) else ABSENT
            case Op():
                return operated(expr.op, [self.fold(arg) or ABSENT for arg in expr.args])
            case Fn():
                args = tuple(map(self.given, expr.args))
                if expr.fn == RAN and args == (NOTHING,):
                    return Const(value=False)
                named = tuple((name, self.given(value)) for name, value in expr.named)
                return Fn(fn=expr.fn, args=args, named=named)

    def given(self, expr: Expr) -> Expr:
        """An argument of a function."""
        folded = self.fold(expr)
        return NOTHING if folded is None or folded == ABSENT else folded

    def guard(self, expr: Expr | None) -> Expr | None:
        """A guard folded; what asks something of a node that is not there does not hold (G16)."""
        folded = self.fold(expr)
        return None if folded is None else settled(folded, positive=True)

    def reordered(self, items: Sequence[Expr]) -> list[Expr]:
        """A list's items, the replicas of a relabelled group in their new order (G8), at each mention."""
        found = list(items)
        loose = {group.name for group in self.plan.template.groups if group.permutable}
        places: dict[tuple[str, int], list[int]] = {}
        times: Counter[int] = Counter()
        for place, item in enumerate(items):
            node = self.plan.index.get(item.id) if isinstance(item, NodeRef) else None
            if node is not None and node in self.rank:
                group = self.plan.nodes[node].template.group
                if group in loose:
                    times[node] += 1
                    places.setdefault((group, times[node]), []).append(place)
        for taken in places.values():
            for place, item in zip(
                taken, sorted((items[place] for place in taken), key=self._rank), strict=True
            ):
                found[place] = item
        return found

    def _rank(self, item: Expr) -> int:
        return self.rank[self.plan.index[item.id]] if isinstance(item, NodeRef) else -1


def spliced(items: Sequence[Expr]) -> tuple[Expr, ...]:
    """Items with lists put in their place (G14b)."""
    found: list[Expr] = []
    for item in items:
        found += spliced(item.items) if isinstance(item, ListOf) else (item,)
    return tuple(found)


def guarded(source: Expr, guards: Sequence[Expr | None]) -> Expr:
    """A message under the `when`s of its edges: any of them lets it pass (G9)."""
    held = [guard for guard in guards if guard is not None]
    if len(held) < len(guards):
        return source
    guard = held[0] if len(held) == 1 else operated("or", held)
    if guard == Const(value=True):
        return source
    if isinstance(source, ListOf):
        return ListOf(items=tuple(Op(op="when", args=(guard, item)) for item in source.items))
    return Op(op="when", args=(guard, source))


def both(one: Expr | None, other: Expr | None) -> Expr | None:
    """Both guards, None for one that is always true."""
    held = [guard for guard in (one, other) if guard is not None and guard != Const(value=True)]
    if len(held) < 2:
        return held[0] if held else None
    return operated("and", held)


def operated(op: str, args: Sequence[Expr]) -> Expr:
    """An operator on folded arguments, evaluated as far as literals allow; `and`, `or` stay flat."""
    if op in ("and", "or"):
        neutral = Const(value=op == "and")
        decisive = Const(value=op == "or")
        flat: list[Expr] = []
        for arg in args:
            flat += arg.args if isinstance(arg, Op) and arg.op == op else (arg,)
        if decisive in flat:
            return decisive
        kept = tuple(dict.fromkeys(arg for arg in flat if arg != neutral))
        if len(kept) < 2:
            return kept[0] if kept else neutral
        return Op(op=op, args=kept)
    if op == "else":
        return first_present(args)
    if op not in ("when", "at", "in", "holds", "max", "min") and ABSENT in args:
        return ABSENT
    values = [_literal(arg) for arg in args]
    if not any(isinstance(value, Unknown) for value in values):
        value = operate(op, values)
        if not isinstance(value, Unknown):
            return as_expr(value)
    if op == "at" and isinstance(args[0], ListOf) and isinstance(index := values[1], int):
        return args[0].items[index - 1] if 1 <= index <= len(args[0].items) else ABSENT
    if op == "when" and (args[1] == ABSENT or isinstance(args[0], Const)):
        return args[1] if isinstance(args[0], Const) and args[0].value is True else ABSENT
    return Op(op=op, args=tuple(args))


def first_present(args: Sequence[Expr]) -> Expr:
    """`else`: without what is known to be absent, and without what stands behind something present.

    What would be the next value anyway goes too: `x when c` before `x`.
    """
    kept: list[Expr] = []
    for arg in args:
        if arg != ABSENT:
            while kept and (kept[-1] == arg or passed(kept[-1]) == arg):
                kept.pop()
            kept.append(arg)
        if isinstance(arg, (ListOf, ModelName, WhatName)) or (isinstance(arg, Const) and arg != ABSENT):
            break
    if len(kept) < 2:
        return kept[0] if kept else ABSENT
    return Op(op="else", args=tuple(kept))


def passed(expr: Expr) -> Expr | None:
    """What a `when` lets pass."""
    return expr.args[1] if isinstance(expr, Op) and expr.op == "when" else None


def settled(expr: Expr, *, positive: bool) -> Expr:
    """A condition of which only matters whether it is true, with absent parts replaced by truth values.

    `and` and `or` are monotone: an absent part keeps the whole from being true just as `false` does, and
    under a `not` (not `positive`) as `true` does.
    """
    match expr:
        case Const(value=None):
            return Const(value=not positive)
        case Op(op="and" | "or" as op, args=args):
            return operated(op, [settled(arg, positive=positive) for arg in args])
        case Op(op="not", args=(inner,)):
            return operated("not", [settled(inner, positive=not positive)])
        case Op(op="!=", args=(left, right)) if left == right and positive:
            return Const(value=False)  # or absent; how a resolved text says that something never holds
        case _:
            return expr


def _literal(expr: Expr) -> Static | Unknown:
    match expr:
        case Const():
            return expr.value
        case ModelName() | WhatName():
            return expr
        case ListOf():
            items: list[Static] = []
            for item in expr.items:
                value = _literal(item)
                if isinstance(value, Unknown):
                    return value
                items.append(value)
            return tuple(items)
        case _:
            return Unknown.UNKNOWN


def only_nodes(expr: Expr) -> bool:
    """Whether a value is absent by itself when its instance does not run: it comes from nodes in it."""
    match expr:
        case NodeRef():
            return True
        case ListOf():
            return all(only_nodes(item) for item in expr.items)
        case Op(op="when", args=(_, value)):
            return only_nodes(value)
        case Op(op="else" | "get", args=args):
            return all(only_nodes(arg) for arg in args if not isinstance(arg, Const))
        case _:
            return expr == ABSENT
