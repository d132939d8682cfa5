"""Whether a partial decision can still be completed: the optimistic completion.

Everything undecided is taken at its most permissive: an open edge may be on, an open node may exist, an
open what may be any alternative. More edges never harm a port that takes a list, so for independent
choices this test is exact; choices that pull in two directions at once may still meet a dead end later.

A node is *usable* if it may exist and can get all it requires. A node that surely exists, is surely wired
to a consumer and is not usable makes the consumer unusable too.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass

from tgl.ir import Expr, Fn, Input, ListOf, NodeRef, Op
from tgl.space.facts import Facts
from tgl.space.plan import AltPlan, EdgePlan, GraphPlan, NodePlan, Status

_FEW = 2
_MOST = 4096
"""Up to how many decisions a status is remembered, and how many of them a program."""


@dataclass(frozen=True, slots=True)
class Feasibility:
    """The optimistic completion under some facts."""

    facts: Facts

    def holds(self, graph: GraphPlan, fed: Set[str]) -> bool:
        """Whether an instance can still produce its output."""
        return self.output_possible(graph, fed, self.status(graph, fed))

    def output_possible(self, graph: GraphPlan, fed: Set[str], status: Status) -> bool:
        """Whether the output gets a message under a status."""
        if any(status.broken(ref) for ref in self.facts.must_read(graph, graph.output_reads)):
            return False
        return self.fed_by(graph.template.output, graph, fed, status)

    def status(self, graph: GraphPlan, fed: Set[str]) -> Status:
        """The status of each node, sources first.

        Remembered while little is decided: the first decisions of each walk ask the same. Else it is known
        until the next decision.
        """
        now = (graph.template.path, frozenset(fed))
        found = self.facts.statuses.get(now)
        if found is None:
            found = self.facts.statuses[now] = self._found(graph, fed)
        return found

    def _found(self, graph: GraphPlan, fed: Set[str]) -> Status:
        if graph.knotted:
            return self._status(graph, fed)
        taken = self.facts.taken
        known = [(address, taken[address]) for address in graph.deciding if address in taken]
        if len(known) > _FEW:
            return self._status(graph, fed)
        key = (graph.template.path, frozenset(fed), tuple(known))
        remembered = self.facts.space.remembered
        found = remembered.get(key)
        effort = self.facts.effort
        before = effort.steps
        if found is None:
            found = self._status(graph, fed)
            if len(remembered) < _MOST:
                remembered[key] = found
        effort.steps = before + 1  # whether it was remembered must not show in what is counted
        return found

    def _status(self, graph: GraphPlan, fed: Set[str]) -> Status:
        count = len(graph.nodes)
        surely, usable = [False] * count, [False] * count
        status = Status(surely, usable)
        for block in graph.blocks:
            there: list[int] = []
            for place in block:
                node = graph.nodes[place]
                exists = self.facts.peek(node.exists) if node.reaches else False
                if exists is not False and exists is not None:
                    surely[place] = exists is True
                    there.append(place)
            # in a knot, what can run by what is known to run: so nothing holds up itself
            while there:
                more = [
                    place
                    for place in there
                    if any(
                        self.can_be(graph, graph.nodes[place], alt, fed, status)
                        for alt in self.facts.possible(graph.nodes[place])
                    )
                ]
                for place in more:
                    usable[place] = True
                there = [place for place in there if not usable[place]] if more else []
        return status

    def can_be(self, graph: GraphPlan, node: NodePlan, alt: AltPlan, fed: Set[str], status: Status) -> bool:
        """Whether a node can be an alternative: nothing broken feeds it, and all it requires may come."""
        supplied = self.supply(graph, node, alt, fed, status)
        if supplied is None or not all(port in supplied for port in alt.needs):
            return False
        return alt.inner is None or self.holds(alt.inner, supplied)

    def supply(
        self, graph: GraphPlan, node: NodePlan, alt: AltPlan, fed: Set[str], status: Status
    ) -> set[str] | None:
        """The ports that may get a message; None if a broken or surplus source is surely there."""
        must_read = self.facts.must_read
        self.facts.effort.steps += 3 + len(graph.into[node.index])
        if any(status.broken(ref) for ref in must_read(graph, alt.reads)):
            return None
        if any(status.broken(ref) for ref in must_read(graph, node.guard_reads)):
            return None
        supplied: set[str] = set()
        taken: dict[str, int | None] = {}
        for edge in graph.into[node.index]:
            port = edge.ports.get(alt.template.key)
            if port is None:
                continue
            if edge.flip is not None and port in supplied and edge.flip not in self.facts.meanings:
                continue
            state = self.facts.state(graph, edge)
            if state is False:
                continue
            if state is True:
                if edge.source is not None and status.broken(edge.source):
                    return None
                if any(status.broken(ref) for ref in must_read(graph, edge.guard_reads)):
                    return None
            if not self.source_fed(edge, graph, fed, status):
                continue
            supplied.add(port)
            if state is True and port in alt.single:
                if port in taken and taken[port] != edge.source:
                    return None
                taken[port] = edge.source
        for port, wire in alt.wires.items():
            if port not in supplied and self.fed_by(wire, graph, fed, status):
                supplied.add(port)
        return supplied

    def fed_by(self, expr: Expr, graph: GraphPlan, fed: Set[str], status: Status) -> bool:
        """Whether an expression may deliver a message."""
        match expr:
            case NodeRef():
                place = graph.index.get(expr.id)
                return place is not None and status.usable[place]
            case Input():
                return expr.instance != graph.template.path or expr.port in fed or self._outermost(graph)
            case ListOf():
                return self._any(expr.items, graph, fed, status)
            case Op(op="when", args=(_, value)):
                return self.fed_by(value, graph, fed, status)
            case Op(op="at", args=(ListOf(items=items), place)) if isinstance(
                chosen := self.facts.peek(place), int
            ):
                inside = 1 <= chosen <= len(items)
                return inside and self.fed_by(items[chosen - 1], graph, fed, status)
            case Op(op="at" | "get"):
                return self.fed_by(expr.args[0], graph, fed, status)
            case Op(op="else"):
                return self._any(expr.args, graph, fed, status)
            case Op():
                return all(self.fed_by(arg, graph, fed, status) for arg in expr.args)
            case Fn():
                parts = (*expr.args, *(value for _, value in expr.named))
                return not parts or self._any(parts, graph, fed, status)
            case _:
                return True

    def _any(self, parts: Iterable[Expr], graph: GraphPlan, fed: Set[str], status: Status) -> bool:
        return any(self.fed_by(part, graph, fed, status) for part in parts)

    def _outermost(self, graph: GraphPlan) -> bool:
        return graph is self.facts.space.root

    def source_fed(self, edge: EdgePlan, graph: GraphPlan, fed: Set[str], status: Status) -> bool:
        if edge.source is not None:
            return status.usable[edge.source]
        return self.fed_by(edge.template.source, graph, fed, status)
