"""A limit kept by construction: the cheapest completion of a partial decision, from below.

The floor adds up the nodes that are surely live, each at its cheapest remaining alternative and model,
and the dearest of the further nodes that one of them still requires as a source. Two needs may be met by
one source, so only the dearest counts: the floor never exceeds the true minimum, nothing affordable is
lost, and once all is decided it is the cost.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from tgl.ir import Alternative, ChoiceRef, Expr, ModelName, ModelOf, NodeTemplate, Options
from tgl.space.facts import Facts
from tgl.space.feasible import Feasibility
from tgl.space.plan import AltPlan, GraphPlan, NodePlan, Status
from tgl.space.routes import guarded, routes
from tgl.space.static import UNKNOWN

NOWHERE: frozenset[int] = frozenset()
NodeCost: TypeAlias = Callable[[NodeTemplate, Alternative, str | None], float]
FedCost: TypeAlias = Callable[[NodeTemplate, Alternative, str | None, frozenset[int]], float]


@dataclass(frozen=True, slots=True)
class Bound:
    """No candidate costs more than `limit`.

    `node_cost` is the worst cost of a live role node as an alternative on a model, >= 0, in the limit's
    unit (for calls: 1 plus its re-asks). A candidate's cost is the sum over its role nodes. `fed_cost`, where
    a cost hangs on the texts that arrive: the same with only these edges of its graph, by index; the more
    edges, the more it is.
    """

    limit: float
    node_cost: NodeCost
    fed_cost: FedCost | None = None

    def allows(self, cost: float) -> bool:
        """Whether a cost is within the limit (up to rounding)."""
        return cost <= self.limit * (1 + 1e-9) + 1e-12

    def too_dear(self, least: float) -> str:
        """Why no program is in the limit, given the floor of the whole space."""
        if self.fed_cost is None:
            return f"the cheapest program costs {least:g}, more than the limit {self.limit:g}"
        return (
            "with each prompt and reply as long as it may be, the cheapest program comes to at least "
            f"{least:g}, more than the limit {self.limit:g}"
        )


@lru_cache(maxsize=64)
def closed_routes(graph: GraphPlan) -> tuple[frozenset[int], ...]:
    """The nodes that do not run, on each combination of values that guards ask of given fields.

    Only the dearest combination has to fit: nodes that exclude each other don't add up.
    """
    guards = [guarded(node.template.guard) for node in graph.nodes]
    asked = [place for place, guard in enumerate(guards) if guard.conditions]
    found = {frozenset(at for at in asked if not guards[at].may_run(way)) for way in routes(guards)}
    # a combination on which more is closed costs no more
    return tuple(one for one in sorted(found, key=sorted) if not any(other < one for other in found))


@dataclass(frozen=True, slots=True)
class Floor:
    """The lower bound on the cost of completing some facts."""

    facts: Facts
    bound: Bound
    feasibility: Feasibility

    def total(self) -> float:
        """The floor of the whole program; infinite if nothing completes it."""
        root = self.facts.space.root
        fed = frozenset(port.name for port in root.template.ports)
        return max(self._graph(root, fed, shut) for shut in closed_routes(root))

    def price(self, node: NodePlan, alt: AltPlan) -> float:
        """The least cost of a node itself as a role or function."""
        if alt.template.kind != "role":
            return 0.0
        names = self._models(node.on)
        fed_cost = self.bound.fed_cost
        if fed_cost is None:
            return min(self.bound.node_cost(node.template, alt.template, name) for name in names)
        graph = self.facts.space.graphs[self.facts.space.homes[node.template.id]]
        # an edge that is still open may stay off; at the end of a walk these are those that are on
        fed = frozenset(
            edge.index
            for edge in graph.into[node.index]
            if alt.template.key in edge.ports and self.facts.state(graph, edge) is True
        )
        return min(fed_cost(node.template, alt.template, name, fed) for name in names)

    def _models(self, on: Expr | None) -> Iterable[str | None]:
        if on is None:
            return (None,)
        value = self.facts.peek(on)
        if isinstance(value, ModelName):
            return (value.name,)
        match on:
            case ChoiceRef() if value is UNKNOWN and on.address not in self.facts.meanings:
                domain = self.facts.space.choices[on.address].point.domain
                if isinstance(domain, Options):
                    names = [option.name for option in domain.options if isinstance(option, ModelName)]
                    if len(names) == len(domain.options):
                        return names
            case ModelOf():
                node = self.facts.space.node(on.node)
                if node is not None:
                    return self._models(node.on)
            case _:
                pass
        return self.facts.space.models or (None,)

    def _graph(self, graph: GraphPlan, fed: Set[str], shut: Set[int] = NOWHERE) -> float:
        self.facts.effort.steps += 4 * len(graph.nodes)
        status = self.feasibility.status(graph, fed)
        if not self.feasibility.output_possible(graph, fed, status):
            return math.inf
        options = {
            place: self._options(graph, graph.nodes[place], fed, status, free=place in shut)
            for place in graph.order
            if status.usable[place]
        }
        live = self._surely_live(graph, status, options)
        own = {place: min(cost for _, cost in found) for place, found in options.items()}
        whole = dict.fromkeys(options, math.inf)
        rest = _Rest(graph, live, own, whole)
        for block in graph.blocks:
            there = [place for place in block if place in options]
            changed = True
            while changed:  # once, but for knots
                found = {
                    place: min(
                        cost + self._missing(graph.nodes[place], alt, fed, status, rest)
                        for alt, cost in options[place]
                    )
                    for place in there
                }
                changed = len(block) > 1 and any(whole[place] != found[place] for place in there)
                whole |= found
        more = 0.0
        base: list[float] = []
        for place in options:
            if place in live:
                base.append(own[place])
                more = max(more, whole[place] - own[place])
        ends = [*self.facts.may_read(graph, graph.output_reads)]
        if ends and not any(ref in live for ref in ends):
            more = max(more, min(whole[ref] for ref in ends if ref in whole))
        return math.fsum(base) + more

    def _options(
        self, graph: GraphPlan, node: NodePlan, fed: Set[str], status: Status, *, free: bool
    ) -> list[tuple[AltPlan, float]]:
        """What a node may be, at which cost; what does not run costs nothing."""
        found: list[tuple[AltPlan, float]] = []
        possible = self.facts.possible(node)
        # what may run and can be but one thing can be that
        sure = not graph.knotted and len(list(possible)) == 1
        for alt in possible:
            if not sure and not self.feasibility.can_be(graph, node, alt, fed, status):
                continue
            if alt.inner is None:
                found.append((alt, self.price(node, alt)))
            else:
                supplied = self.feasibility.supply(graph, node, alt, fed, status) or set()
                found.append((alt, self._graph(alt.inner, supplied)))
        return [(alt, 0.0 if cost < math.inf else cost) for alt, cost in found] if free else found

    def _surely_live(
        self, graph: GraphPlan, status: Status, options: dict[int, list[tuple[AltPlan, float]]]
    ) -> set[int]:
        must_read = self.facts.must_read
        live = {ref for ref in must_read(graph, graph.output_reads) if status.surely[ref]}
        for block in reversed(graph.blocks):
            before = -1
            while before < len(live):  # once more for knots, whose members stand in no order
                before = len(live)
                self._feeders(graph, block, status, options, live)
                if len(block) == 1:
                    break
        return live

    def _feeders(
        self,
        graph: GraphPlan,
        block: Sequence[int],
        status: Status,
        options: dict[int, list[tuple[AltPlan, float]]],
        live: set[int],
    ) -> None:
        """Add what surely feeds the surely live nodes of a block."""
        for place in reversed(block):
            if place not in live or place not in options:
                continue
            node = graph.nodes[place]
            alts = [alt for alt, _ in options[place]]
            must_read = self.facts.must_read
            certain = {
                *must_read(graph, node.guard_reads),
                *set[int].intersection(*({*must_read(graph, alt.reads)} for alt in alts)),
            }
            for edge in graph.into[place]:
                if edge.source is None or not status.usable[edge.source]:
                    continue
                taken = all(alt.template.key in edge.ports for alt in alts)
                if taken and self.facts.state(graph, edge) is True:
                    certain |= {edge.source, *must_read(graph, edge.guard_reads)}
            live |= {ref for ref in certain if status.surely[ref]}

    def _missing(self, node: NodePlan, alt: AltPlan, fed: Set[str], status: Status, rest: _Rest) -> float:
        """The dearest of the sources that this alternative requires and that are not surely live."""
        graph = rest.graph
        dearest = 0.0
        for ref in self.facts.must_read(graph, alt.reads):
            if status.surely[ref]:
                dearest = max(dearest, rest.of(ref))
        for port in alt.needs:
            wire = alt.wires.get(port)
            cheapest = math.inf
            if wire is not None and self.feasibility.fed_by(wire, graph, fed, status):
                own = [ref for ref in self.facts.may_read(graph, alt.reads) if ref in rest.whole]
                cheapest = min((rest.of(ref) for ref in own), default=0.0)
            for edge in graph.into[node.index]:
                if cheapest == 0.0:
                    break
                if edge.ports.get(alt.template.key) != port or self.facts.state(graph, edge) is False:
                    continue
                if self.feasibility.source_fed(edge, graph, fed, status):
                    cheapest = min(cheapest, 0.0 if edge.source is None else rest.of(edge.source))
            dearest = max(dearest, cheapest)
        return dearest


@dataclass(frozen=True, slots=True)
class _Rest:
    """What is still to be paid for a node: `own` costs of nodes, and `whole` with what they require."""

    graph: GraphPlan
    live: Set[int]
    own: Mapping[int, float]
    whole: Mapping[int, float]

    def of(self, place: int) -> float:
        whole = self.whole.get(place, math.inf)
        if place not in self.live:
            return whole
        # In a knot two live nodes that need each other need a third; elsewhere the first of them counts it.
        return whole - self.own[place] if place in self.graph.knotted and place in self.own else 0.0
