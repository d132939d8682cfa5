"""Bounds over a whole space from the program with its choices, each choice at its dearest by itself.

No program need reach them: this is interval analysis, for spaces that are too large to be listed.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from tgl.ir import Alternative, NodeTemplate, ProgramIR
from tgl.space.bound import Bound
from tgl.space.bounds import WHOLE_TEXTS, Known, declared, nodes_read
from tgl.space.compile import space_of
from tgl.space.facts import Facts
from tgl.space.feasible import Feasibility
from tgl.space.floor import Floor
from tgl.space.open_bounds import OpenBounds
from tgl.space.plan import GraphPlan, NodePlan, Space
from tgl.space.ranges import (
    NOTHING,
    Amount,
    largest_of,
    priced,
    summed,
)
from tgl.space.routes import Guarded, guarded, routes


class Opened:
    """Bounds of all programs of a space from its templates."""

    def __init__(self, ir: ProgramIR, known: Known) -> None:
        self.known = known
        self.open = OpenBounds(ir, known.lengths)
        self.space: Space = space_of(ir)

    def most(self) -> Amount:
        """The most of any program."""
        return self.graph_most(self.space.root)

    def graph_most(self, graph: GraphPlan) -> Amount:
        """The most of an instance; of the whole program by routes."""
        nodes = [node for node in graph.nodes if node.reaches]
        amounts = [self.node_most(node) for node in nodes]
        if graph is not self.space.root:
            return summed(amounts)
        guards = [static_guard(node) for node in nodes]
        return largest_of(
            [
                summed(amount for amount, guard in zip(amounts, guards, strict=True) if guard.may_run(way))
                for way in routes(guards)
            ]
        )

    def node_most(self, node: NodePlan) -> Amount:
        """The most of a node, whatever it is."""
        found: list[Amount] = []
        for alt in node.alternatives.values():
            if alt.inner is not None:
                found.append(self.graph_most(alt.inner))
            elif alt.template.kind == "role":
                found.append(self.open.amount(node.template, alt.template, None))
            else:
                found.append(NOTHING)
        return largest_of(found)

    def groups(self) -> dict[str, Amount]:
        """The most of each declared node, replicas together; routes that exclude each other do not add up."""
        members: dict[str, list[tuple[Amount, Guarded]]] = {}
        for graph in self.space.graphs.values():
            for node in graph.nodes:
                roles = [alt.template for alt in node.alternatives.values() if alt.template.kind == "role"]
                if node.reaches and roles:
                    most = largest_of([self.open.amount(node.template, role, None) for role in roles])
                    group = members.setdefault(declared(self.address(node.template.id)), [])
                    group.append((most, static_guard(self.outermost(graph, node))))
        ways = routes([guard for group in members.values() for _, guard in group])
        return {
            name: largest_of(
                [summed(amount for amount, guard in group if guard.may_run(way)) for way in ways]
            )
            for name, group in members.items()
        }

    def outermost(self, graph: GraphPlan, node: NodePlan) -> NodePlan:
        """The node of the whole program that a node is a part of."""
        while graph is not self.space.root:
            graph, node, _ = self.open.holders[graph.template.path]
        return node

    def address(self, node_id: str) -> str:
        """A node's id as candidates have it: without the names of nested graphs."""
        path = self.space.homes[node_id]
        held = self.open.holders.get(path)
        if held is None:
            return node_id
        return self.address(held[1].template.id) + node_id.removeprefix(path)

    def path(self, graph: GraphPlan) -> float:
        """The longest chain of calls in an instance."""
        ended: dict[int, float] = {}
        for block in graph.blocks:
            own = {place: self.node_path(graph.nodes[place]) for place in block if graph.nodes[place].reaches}
            if not own:
                continue
            before = max(
                (
                    ended.get(source, 0.0)
                    for place in own
                    for source in self.sources(graph, place)
                    if source not in own
                ),
                default=0.0,
            )
            # in a knot any order may be drawn: at most all of its members in a row
            for place in own:
                ended[place] = before + math.fsum(own.values())
        return max(ended.values(), default=0.0)

    def sources(self, graph: GraphPlan, place: int) -> set[int]:
        """The nodes that a node may wait for."""
        node = graph.nodes[place]
        refs = {ref for alt in node.alternatives.values() for ref in alt.reads.refs}
        return (
            refs
            | set(node.guard_reads.refs)
            | {source for edge in graph.into[place] for source in edge.sources}
        )

    def node_path(self, node: NodePlan) -> float:
        """The most calls in a row of a node by itself."""
        return max(
            (
                self.path(alt.inner)
                if alt.inner is not None
                else float(self.open.asks(alt.template))
                if alt.template.kind == "role"
                else 0.0
                for alt in node.alternatives.values()
            ),
            default=0.0,
        )

    def least(self) -> Amount:
        """The least of any program: the floor of its cheapest completion, over the calls that surely run."""
        sure = surely_running(self.space)

        def cost(part: Callable[[Amount], float | None]) -> float | None:
            def of(node: NodeTemplate, alternative: Alternative, model: str | None) -> float:
                del alternative
                names = [model] if model is not None else self.open.models_of(node)
                if node.id not in sure:
                    return 0.0
                parts = [part(priced(self.open.models.get(name), 1.0, 1.0, 0.0)) for name in names]
                return min((one for one in parts if one is not None), default=0.0)

            facts = Facts(self.space)
            return Floor(facts, Bound(math.inf, of), Feasibility(facts)).total()

        calls = cost(lambda amount: amount.calls) or 0.0
        return Amount(calls, calls, 0.0, cost(lambda one: one.dollars), cost(lambda one: one.flops))

    def unbounded(self) -> tuple[tuple[str, str], ...]:
        """Nodes with something that nothing bounds, and why."""
        found: dict[tuple[str, str], None] = {}
        for graph in self.space.graphs.values():
            for node in graph.nodes:
                for alt in node.alternatives.values():
                    if node.reaches and alt.template.kind == "role":
                        reason = self.open.ask(node.template, alt.template).reason
                        if reason:
                            found[declared(self.address(node.template.id)), reason] = None
        return tuple(found)


def static_guard(node: NodePlan) -> Guarded:
    """What a node's guard asks of given fields."""
    return guarded(node.template.guard)


def surely_running(space: Space) -> set[str]:
    """Nodes that run in every program in which they are live: unguarded, with sources that surely speak."""
    sure: set[str] = set()

    def fed(graph: GraphPlan, node: NodePlan) -> bool:
        return _surely_fed(graph, node, sure, outermost=graph is space.root)

    def visit(graph: GraphPlan) -> None:
        for block in graph.blocks:
            for place in block:
                node = graph.nodes[place]
                if len(block) == 1 and node.template.guard is None and fed(graph, node):
                    sure.add(node.template.id)
                    for alt in node.alternatives.values():
                        if alt.inner is not None:
                            visit(alt.inner)

    visit(space.root)
    return sure


def _surely_fed(graph: GraphPlan, node: NodePlan, sure: set[str], *, outermost: bool) -> bool:
    """Whether all that may arrive at a node surely arrives, whatever the node is."""
    roles = {
        other.index
        for other in graph.nodes
        if other.template.id in sure
        and all(alt.template.kind == "role" for alt in other.alternatives.values())
    }
    for edge in graph.into[node.index]:
        if edge.template.guard is not None or (edge.source is not None and edge.source not in roles):
            return False
    for alt in node.alternatives.values():
        types = {port.name: port.type for port in alt.template.ports}
        for port, wire in alt.wires.items():
            reads = nodes_read(wire)
            # a typed port takes no reply that can't be read, and an inner input may be one
            if types.get(port) not in WHOLE_TEXTS and (reads or not outermost):
                return False
            if wire.kind not in ("input", "node", "list", "const"):
                return False
            if any(graph.index.get(name) not in roles for name in reads):
                return False
    return True
