"""What of a walked program reaches the output, with nested instances looked into.

The walk decides a nested instance after the edges into it, so an input that the instance's own choices
leave unread is known only now; what feeds only that is dropped here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tgl.ir import Expr, Input, NodeRef
from tgl.space.deciding import Instance
from tgl.space.facts import Facts
from tgl.space.fold import Scope
from tgl.space.plan import GraphPlan
from tgl.space.reads import subexpressions


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


def trim(instance: Instance, facts: Facts) -> Trimmed:
    """The live part of an instance, from its output backwards.

    Read is what expressions still name when they are folded: a condition that is lost with one node does not
    keep another.
    """
    plan = instance.plan
    exist = [node.template.id for node in plan.nodes if instance.exists[node.index]]
    scope = Scope(facts, plan, None, {name: NodeRef(id=name) for name in exist}, {})
    output = scope.fold(plan.template.output)
    live = read_nodes(plan, output)
    ports = read_ports(plan, output)
    read: dict[int, frozenset[str]] = {}
    children: dict[int, Trimmed] = {}
    edges: list[int] = []
    into: dict[int, list[int]] = {}
    for index in instance.on:
        into.setdefault(plan.edges[index].target, []).append(index)
    for place in reversed(instance.order):
        if place not in live:
            continue
        node, alt = plan.nodes[place], instance.picks[place]
        if place in instance.children:
            children[place] = trim(instance.children[place], facts)
            read[place] = children[place].ports
        else:
            read[place] = frozenset(port.name for port in alt.template.ports)
        exprs = [scope.guard(node.template.guard)]
        fed: set[str] = set()
        for index in into.get(place, ()):
            edge = plan.edges[index]
            port = edge.ports.get(alt.template.key)
            if port is not None and port in read[place]:
                edges.append(index)
                fed.add(port)
                exprs += [scope.fold(edge.template.source), scope.guard(edge.template.guard)]
        for port, wire in alt.wires.items():
            if port in read[place] and not (port in fed and port in alt.single):  # an edge overrides it
                exprs.append(scope.fold(wire))
        for expr in exprs:
            live |= read_nodes(plan, expr)
            ports |= read_ports(plan, expr)
    return Trimmed(instance, frozenset(live), tuple(sorted(edges)), read, ports, children)


def read_nodes(plan: GraphPlan, expr: Expr | None) -> set[int]:
    """The nodes of an instance that a folded expression reads."""
    parts = () if expr is None else subexpressions(expr)
    return {plan.index[part.id] for part in parts if isinstance(part, NodeRef)}


def read_ports(plan: GraphPlan, expr: Expr | None) -> frozenset[str]:
    """The inputs of an instance that a folded expression reads."""
    parts = () if expr is None else subexpressions(expr)
    path = plan.template.path
    return frozenset(part.port for part in parts if isinstance(part, Input) and part.instance == path)
