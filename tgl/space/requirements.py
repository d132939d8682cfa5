"""What a `require` says of a walk that is still under way (language.md C14).

A requirement speaks of the nodes that reach the output and the edges between them. Its value is unknown as
long as a decision to come may change it. Once it is false, no later decision helps: what would make it so is
not offered. Where two decisions exclude each other only together, the walk ends in a dead end.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import TYPE_CHECKING

from tgl.ir import Const, Expr, Is, ListOf, ModelOf, Op
from tgl.space.facts import Facts
from tgl.space.static import UNKNOWN, Static, Unknown, operate

if TYPE_CHECKING:
    from tgl.space.deciding import Instance

_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


class Requirements:
    """The values of requirements under some facts; `instances` by path, as far as they are walked."""

    def __init__(self, facts: Facts, instances: Mapping[str, Instance]) -> None:
        self.facts = facts
        self.instances = instances

    def hopeless(self, expr: Expr) -> bool:
        """Whether a requirement can't hold any more. Of an `or`, one part that may yet hold tells."""
        if isinstance(expr, Op) and expr.op == "or":
            return all(self.hopeless(arg) for arg in expr.args)
        value = self.value(expr)
        return value is not True and value is not UNKNOWN

    def value(self, expr: Expr) -> Static | Unknown:
        """The value of a requirement or a part of one."""
        match expr:
            case Op():
                return self.operation(expr.op, expr.args)
            case Is(node=node):
                there = self.there(node)
                if there is False:
                    return False
                known = self.facts.peek(expr)
                return known if there is True or known is False else UNKNOWN
            case ModelOf(node=node):
                there = self.there(node)
                return None if there is False else UNKNOWN if there is UNKNOWN else self.facts.peek(expr)
            case ListOf(items=items):
                values = [self.value(item) for item in items]
                known_items = tuple(value for value in values if not isinstance(value, Unknown))
                return known_items if len(known_items) == len(values) else UNKNOWN
            case _:
                return self.facts.peek(expr)

    def operation(self, op: str, args: tuple[Expr, ...]) -> Static | Unknown:
        """The value of an operator."""
        self.facts.effort.steps += 1 + len(args)
        if op in ("and", "or"):
            found: list[Static | Unknown] = []
            for arg in args:
                found.append(self.value(arg))
                if found[-1] is (op == "or"):
                    return found[-1]
            return operate(op, found)
        match op, args:
            case "there", (Const(value=str(node)),):
                return self.there(node)
            case "linked", (Const(value=str(source)), Const(value=str(target))):
                return self.linked(source, target)
            case "count", _:
                low, high = self.bounds(args)
                return low if low == high else UNKNOWN
            case _, (Op(op="count", args=counted), other) if op in _FLIPPED:
                return self.compared(op, counted, self.value(other))
            case _, (other, Op(op="count", args=counted)) if op in _FLIPPED:
                return self.compared(_FLIPPED[op], counted, self.value(other))
            case _:
                return operate(op, [self.value(arg) for arg in args])

    def bounds(self, conditions: tuple[Expr, ...]) -> tuple[int, int]:
        """How many conditions hold, at least and at most."""
        values = [self.value(condition) for condition in conditions]
        sure = sum(value is True for value in values)
        return sure, sure + sum(value is UNKNOWN for value in values)

    def compared(self, op: str, conditions: tuple[Expr, ...], other: Static | Unknown) -> Static | Unknown:
        """A count against a number: known as soon as all that it may still be agree."""
        if isinstance(other, Unknown):
            return UNKNOWN
        low, high = self.bounds(conditions)
        found = [operate(op, [number, other]) for number in range(low, high + 1)]
        return found[0] if all(value == found[0] for value in found) else UNKNOWN

    def there(self, node_id: str) -> bool | Unknown:
        """Whether a node reaches the output."""
        home = self.facts.space.homes.get(node_id)
        instance = self.instances.get(home or "")
        if instance is not None and instance.counted:
            place = instance.plan.index[node_id]
            if place in instance.live:
                return True
            return False if instance.wired or not instance.exists[place] else UNKNOWN
        node = self.facts.space.node(node_id)
        if node is None or not node.reaches or self.facts.peek(node.exists) in (False, None):
            return False
        return UNKNOWN

    def linked(self, source_id: str, target_id: str) -> bool | Unknown:
        """Whether a message goes straight from a node to another: along an edge, or as an argument."""
        there = [self.there(source_id), self.there(target_id)]
        if False in there:
            return False
        source, target = self.facts.space.node(source_id), self.facts.space.node(target_id)
        if source is None or target is None:
            return False
        instance = self.instances.get(self.facts.space.homes[target_id])
        alternatives = list(self.facts.possible(target))
        graph = self.facts.space.graphs[self.facts.space.homes[target_id]]
        sure = {source.index in self.facts.must_read(graph, alt.reads) for alt in alternatives}
        maybe = {source.index in self.facts.may_read(graph, alt.reads) for alt in alternatives}
        values: set[bool | None] = {True} if sure == {True} else {False} if maybe == {False} else {None}
        asked: Set[int] = frozenset() if instance is None else instance.asked
        for edge in graph.into[target.index]:
            taken = {alt.template.key in edge.ports for alt in alternatives}
            if edge.source != source.index or taken == {False}:
                continue
            if instance is not None and edge.index in asked:
                state: bool | None = edge.index in instance.on
            else:
                state = self.facts.state(graph, edge)
            values.add(state if state is False or taken == {True} else None)
        if True in values:
            return True if there[1] is True else UNKNOWN
        return UNKNOWN if None in values else False
