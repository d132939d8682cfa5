"""What of a walked program reaches the output, with nested instances looked into.

The walk decides a nested instance after the edges into it, so an input that the instance's own choices
leave unread is known only now; what feeds only that is dropped here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tgl.ir import Input
from tgl.space.plan import subexpressions
from tgl.space.walk import Instance


@dataclass(frozen=True, slots=True)
class Trimmed:
    """The live part of an instance: nodes and edges by index, edges by target in statement order."""

    instance: Instance
    live: frozenset[int]
    edges: tuple[int, ...]
    read: Mapping[int, frozenset[str]]
    ports: frozenset[str]
    children: Mapping[int, Trimmed]

    def into(self, node: int) -> tuple[int, ...]:
        """The live edges into a node."""
        return tuple(index for index in self.edges if self.instance.plan.edges[index].target == node)


def trim(instance: Instance) -> Trimmed:
    """The live part of an instance, from its output backwards."""
    plan = instance.plan
    live = {ref for ref in plan.output_refs if instance.exists[ref]}
    exprs = [plan.template.output]
    read: dict[int, frozenset[str]] = {}
    children: dict[int, Trimmed] = {}
    edges: list[int] = []
    into: dict[int, list[int]] = {}
    for index in instance.on:
        into.setdefault(plan.edges[index].target, []).append(index)
    for place in reversed(plan.order):
        if place not in live:
            continue
        node, alt = plan.nodes[place], instance.picks[place]
        if place in instance.children:
            children[place] = trim(instance.children[place])
            read[place] = children[place].ports
        else:
            read[place] = frozenset(port.name for port in alt.template.ports)
        sources = set(node.guard_refs)
        if node.template.guard is not None:
            exprs.append(node.template.guard)
        for index in into.get(place, ()):
            edge = plan.edges[index]
            if edge.ports.get(alt.template.key) in read[place]:
                edges.append(index)
                sources.update(edge.guard_refs)
                if edge.source is None:
                    exprs.append(edge.template.source)
                else:
                    sources.add(edge.source)
                if edge.template.guard is not None:
                    exprs.append(edge.template.guard)
        wires = [wire for port, wire in alt.wires.items() if port in read[place]]
        exprs += wires
        if len(wires) == len(alt.wires):
            sources.update(alt.refs)
        else:
            ids = {part.id for wire in wires for part in subexpressions(wire) if part.kind == "node"}
            sources.update(plan.index[node_id] for node_id in ids if node_id in plan.index)
        live.update(ref for ref in sources if instance.exists[ref])
    ports = {
        part.port
        for expr in exprs
        for part in subexpressions(expr)
        if isinstance(part, Input) and part.instance == plan.template.path
    }
    return Trimmed(instance, frozenset(live), tuple(sorted(edges)), read, frozenset(ports), children)
