"""What expressions of an instance surely read once all is decided, told before.

A condition that is lost with a node that is not there keeps no other node, and neither does what stands
behind something that is surely present: such parts count only once it is known that they stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tgl.ir import Expr, Fn, Input, ListOf, NodeRef, Op
from tgl.space.facts import Facts
from tgl.space.fold import Scope
from tgl.space.plan import AltPlan, GraphPlan, NodePlan, Status
from tgl.space.reads import Reads, is_ran, static_leaves, subexpressions
from tgl.space.static import UNKNOWN


@dataclass(frozen=True, slots=True)
class SureReads:
    """The nodes of an instance that are surely read, if they are there; by index."""

    facts: Facts
    graph: GraphPlan
    status: Status

    def of(self, reads: Reads, expr: Expr | None) -> Iterable[int]:
        """Of an expression and what it is known to read."""
        return reads.refs if reads.plain else {} if expr is None else self.read(expr)

    def arguments(self, node: NodePlan, alt: AltPlan, ports: frozenset[str] | None) -> Iterable[int]:
        """Of what a node is handed as one of its alternatives, at these ports (None: all)."""
        if not alt.wires:
            return ()
        kept = [
            wire
            for port, wire in alt.wires.items()
            if (ports is None or port in ports) and not overridden(self.graph, node, alt, port)
        ]
        if len(kept) == len(alt.wires) and alt.reads.plain:
            return alt.reads.refs
        return dict.fromkeys(ref for wire in kept for ref in self.read(wire))

    def read(self, expr: Expr) -> dict[int, None]:
        """Of an expression."""
        match expr:
            case NodeRef(id=name):
                place = self.graph.index.get(name)
                return {} if place is None else {place: None}
            case ListOf(items=items):
                return dict.fromkeys(ref for item in items for ref in self.read(item))
            case Fn(args=args, named=named) if not is_ran(expr):
                parts = (*args, *(value for _, value in named))
                return dict.fromkeys(ref for part in parts for ref in self.read(part))
            case Op(op="at", args=(ListOf(items=items), index)) if items:
                value = self.facts.peek(index)
                if value is UNKNOWN:
                    found = [self.read(item) for item in items]
                    return dict.fromkeys(ref for ref in found[0] if all(ref in one for one in found))
                inside = isinstance(value, int) and 1 <= value <= len(items)
                return self.read(items[value - 1]) if inside and isinstance(value, int) else {}
            case Op() | Fn():
                return self.folded(expr)
            case _:
                return {}

    def folded(self, expr: Expr) -> dict[int, None]:
        """Of an expression of which a part may be lost: nothing, until all that tells is decided."""
        if any(self.facts.peek(leaf) is UNKNOWN for leaf in static_leaves(expr)):
            return {}
        there: dict[str, Expr] = {}
        for part in subexpressions(expr):
            if isinstance(part, Input) and self.graph is not self.facts.space.root:
                return {}
            if isinstance(part, NodeRef) and part.id in self.graph.index:
                place = self.graph.index[part.id]
                if self.status.usable[place] and not self.status.surely[place]:
                    return {}
                if self.status.usable[place]:
                    there[part.id] = part
        found = Scope(self.facts, self.graph, None, there, {}).guard(expr)
        parts = () if found is None else subexpressions(found)
        return {self.graph.index[part.id]: None for part in parts if isinstance(part, NodeRef)}


def overridden(graph: GraphPlan, node: NodePlan, alt: AltPlan, port: str) -> bool:
    """Whether an edge may bring what takes the place of an argument."""
    return port in alt.single and any(
        edge.ports.get(alt.template.key) == port for edge in graph.into[node.index]
    )


def inputs_of(expr: Expr | None, path: str) -> Iterator[str]:
    """The ports of an instance that an expression surely reads."""
    match expr:
        case Input(instance=instance, port=port) if instance == path:
            yield port
        case ListOf(items=items):
            for item in items:
                yield from inputs_of(item, path)
        case Fn(args=args, named=named) if not is_ran(expr):
            for part in (*args, *(value for _, value in named)):
                yield from inputs_of(part, path)
        case _:
            return
