"""What loops and maps hold, as sources of edges: nodes for what is none itself."""

from __future__ import annotations

from dataclasses import dataclass, field

from tgl.ir import VALUE_FN, Const, Expr, ListOf, NodeRef, TextPlace
from tgl.semantics.errors.at import At
from tgl.semantics.fold import ABSENT, op
from tgl.semantics.lowering.collect import Collected, made_by
from tgl.semantics.lowering.rounds import YES, name_by_number
from tgl.semantics.lowering.state import Instance


@dataclass(slots=True)
class Holdings:
    """The messages that names of loops and maps hold, each made once."""

    into: Collected
    held: dict[tuple[str, str], list[tuple[str, Expr, int]]] = field(
        default_factory=dict[tuple[str, str], list[tuple[str, Expr, int]]]
    )

    def members(self, instance: Instance, name: str, value: Expr, at: At) -> list[tuple[str, Expr, int]]:
        """The messages that a name of a loop or map holds, as sources of edges.

        What a round carries is copied to nodes of its own, in each round alike, so that an edge from it is
        the same edge in all rounds.
        """
        key = (instance.path, name)
        if key not in self.held:
            place = TextPlace(source=at.source.name, start=at.span.start, end=at.span.end)
            carried = name in instance.bound
            self.held[key] = (
                self.copies(instance, name, value, place)
                if carried
                else self.outside(instance, name, value, place)
            )
        return self.held[key]

    def outside(
        self, instance: Instance, name: str, value: Expr, place: TextPlace
    ) -> list[tuple[str, Expr, int]]:
        """What a loop or map holds when it has ended."""
        if not isinstance(value, ListOf):
            return [(name, self.ref(instance, name, 0, value, place), 0)]
        items = enumerate(value.items, 1)
        return [(f"{name}[{k}]", self.ref(instance, name, k, item, place), k) for k, item in items]

    def copies(
        self, instance: Instance, name: str, value: Expr, place: TextPlace
    ) -> list[tuple[str, Expr, int]]:
        """What a round holds under a name, one node for each member of a list."""
        first, inside = self.first(instance, name), self.inside(instance)
        name_by_number(instance, name)
        if not isinstance(first, ListOf):
            alternative = made_by(VALUE_FN, "value", value, place)
            return [(name, self.into.add(instance, f"{name}?", alternative, inside, place), 0)]
        found: list[tuple[str, Expr, int]] = []
        for k, item in enumerate(first.items, 1):
            there: Expr = YES
            if isinstance(item, NodeRef) and item.id in self.into.nodes:
                there = self.into.nodes[item.id].exists
            alternative = made_by(VALUE_FN, "value", op("at", value, Const(value=k)), place)
            node = self.into.add(instance, f"{name}?", alternative, op("and", inside, there), place, (k,))
            found.append((f"{name}[{k}]", node, k))
        return found

    def ref(self, instance: Instance, name: str, k: int, item: Expr, place: TextPlace) -> Expr:
        """A node that holds what is no node itself."""
        if isinstance(item, NodeRef):
            return item
        return self.into.add(instance, f"{name}?{k}", made_by(VALUE_FN, "value", item, place), YES, place)

    def first(self, instance: Instance, name: str) -> Expr:
        """The value that a name of a round had in the first one."""
        for rounds in () if instance.outer is None else instance.outer.unrolled.values():
            if rounds.statement.name == instance.body[-1]:
                return rounds.first.get(name, ABSENT)
        return ABSENT

    def inside(self, instance: Instance) -> Expr:
        """Whether a round exists, with those around it."""
        if instance.outer is None:
            return YES
        rounds = instance.outer.unrolled[instance.body[-1]]
        own = op("<=", Const(value=instance.rounds[-1]), rounds.count)
        return op("and", self.inside(instance.outer), own)
