"""The cheapest completion of a partial decision, from below.

The floor adds up the nodes that are surely live, each at its cheapest remaining alternative and model, asked
with the least that its settings and messages may come to, and the dearest of the further nodes that one of
them still requires as a source. Two needs may be met by one source, so only the dearest counts: the floor
never exceeds the true minimum, and nothing affordable is lost. `exact` is the cost once all is decided.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from tgl.ir import ChoiceRef, Expr, ModelName, ModelOf, Options
from tgl.ir import Value as Decided
from tgl.space.bound import Bound
from tgl.space.facts import Facts
from tgl.space.feasible import Feasibility
from tgl.space.least_texts import LeastTexts, Size
from tgl.space.plan import AltPlan, GraphPlan, NodePlan, Status
from tgl.space.routes import Route
from tgl.space.static import UNKNOWN
from tgl.space.sure_reads import SureReads, inputs_of, overridden
from tgl.space.tokens import AskTokens
from tgl.space.vectors import VECTOR_ASK
from tgl.space.ways import Names, asking, names_of, shut_on, ways_of

if TYPE_CHECKING:
    from tgl.space.trim import Trimmed

_Key: TypeAlias = tuple[
    str,
    int,
    frozenset[str],
    tuple[tuple[str, str | None], ...],
    tuple[tuple[str, Size], ...],
    tuple[Decided | None, ...],
]


@dataclass(frozen=True, slots=True)
class InstanceFloor:
    """Of one instance: its floor, the nodes that surely run, the ports that are surely read."""

    cost: float
    live: frozenset[int] = frozenset()
    ports: frozenset[str] = frozenset()


NEVER = InstanceFloor(math.inf)
"""Of an instance that nothing completes."""


@dataclass(frozen=True, slots=True)
class Option:
    """What a node may be, and at which cost. `inner`: the floor of the instance that it then is."""

    alt: AltPlan
    cost: float
    inner: InstanceFloor | None


@dataclass(frozen=True, slots=True)
class Place:
    """An instance as it is looked at: on which route (by number), with what arriving."""

    graph: GraphPlan
    fed: Set[str]
    status: Status
    way: int
    route: Route
    names: Names
    texts: LeastTexts | None


@dataclass(frozen=True, slots=True)
class Floor:
    """The lower bound on the cost of completing some facts, for one limit.

    `known`: floors of nested instances under what is decided in them; within one walk.
    """

    facts: Facts
    bound: Bound
    feasibility: Feasibility
    known: dict[_Key, InstanceFloor] = field(default_factory=lambda: dict[_Key, InstanceFloor]())

    def total(self) -> float:
        """The floor of the whole program; infinite if nothing completes it."""
        return max(found.cost for found in self.floors())

    def floors(self) -> list[InstanceFloor]:
        """The same on each route."""
        return [self._graph(place) for place in self.places()]

    def places(self) -> list[Place]:
        """The program itself, on each route."""
        root = self.facts.space.root
        ports = [port.name for port in root.template.ports]
        fed = frozenset(ports)
        names = {name: name for name in ports}
        status = self.feasibility.status(root, fed)
        worst = self.bound.worst
        texts = None if worst is None else LeastTexts(self.facts, self.feasibility, worst.open, root, fed)
        return [
            Place(root, fed, status, number, way, names, texts) for number, way in enumerate(ways_of(root))
        ]

    def exact(self, trimmed: Trimmed) -> float:
        """The cost of a program of which all is decided: of what reaches its output, and nothing else."""
        return max(self._exact(place, trimmed) for place in self.places())

    def _exact(self, at: Place, trimmed: Trimmed) -> float:
        shut = shut_on(at.graph, at.route, at.names)
        costs: list[float] = []
        for place in sorted(trimmed.live - shut):
            node, alt = at.graph.nodes[place], trimmed.instance.picks[place]
            if alt.inner is None:
                costs.append(self.price(node, alt, at.texts))
            else:
                costs.append(self._exact(self._inside(at, node, alt, alt.inner), trimmed.children[place]))
        return math.fsum(costs)

    def price(self, node: NodePlan, alt: AltPlan, texts: LeastTexts | None) -> float:
        """The least cost of a node itself as a role or function."""
        if alt.template.kind != "role":
            return 0.0
        names = self._models(node.on)
        worst = self.bound.worst
        if worst is None or texts is None:
            return min(self.bound.node_cost(node.template, alt.template, name) for name in names)
        if worst.texts:
            asks, ask = texts.ask(node, alt)
        else:
            asks, ask = texts.forms(node, alt).asks, AskTokens(0.0, 0.0)
        least = min(worst.cost(node.template, name, asks, ask) for name in names)
        embedder = worst.open.embedder(alt.template)
        return least if embedder is None else least + worst.cost(node.template, embedder, 1, VECTOR_ASK)

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

    def _inside(self, at: Place, node: NodePlan, alt: AltPlan, inner: GraphPlan) -> Place:
        """The instance that a node is as one of its alternatives."""
        fed = self.feasibility.supply(at.graph, node, alt, at.fed, at.status) or set[str]()
        names: Names = {}
        if asking(inner).inside:
            names = names_of(self.facts, at.graph, node, alt, at.names)
        texts = None if at.texts is None else at.texts.inside(node, alt)
        status = self.feasibility.status(inner, fed)
        return Place(inner, fed, status, at.way, at.route, names, texts)

    def _nested(self, at: Place) -> InstanceFloor:
        """The floor of a nested instance, looked up if the same was decided of it."""
        if at.graph.costing is None:
            return self._graph(at)
        arriving = None if at.texts is None else at.texts.arriving
        key = (
            at.graph.template.path,
            at.way,
            frozenset(at.fed),
            tuple(at.names.items()),
            tuple((arriving or {}).items()),
            tuple(self.facts.assignment.get(address) for address in at.graph.costing),
        )
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = self._graph(at)
        return found

    def _graph(self, at: Place) -> InstanceFloor:
        graph, fed, status = at.graph, at.fed, at.status
        self.facts.effort.steps += 4 * len(graph.nodes)
        if not self.feasibility.output_possible(graph, fed, status):
            return NEVER
        shut = shut_on(graph, at.route, at.names)
        reads = SureReads(self.facts, graph, status)
        options = {
            place: self._options(at, graph.nodes[place], free=place in shut)
            for place in graph.order
            if status.usable[place]
        }
        live = self._surely_live(at, reads, options)
        own = {place: min((one.cost for one in found), default=math.inf) for place, found in options.items()}
        whole = dict.fromkeys(options, math.inf)
        rest = _Rest(graph, live, own, whole)
        for block in graph.blocks:
            there = [place for place in block if place in options]
            changed = True
            while changed:  # once, but for knots
                found = {
                    place: min(
                        (
                            one.cost + self._missing(at, graph.nodes[place], one, reads, rest)
                            for one in options[place]
                        ),
                        default=math.inf,
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
                more = max(more, whole[place] - own[place] if own[place] < math.inf else math.inf)
        ends = [*self.facts.may_read(graph, graph.output_reads)]
        if (
            ends
            and not any(ref in live for ref in ends)
            and not self._without_nodes(graph, graph.template.output, fed)
        ):
            more = max(more, min((whole[ref] for ref in ends if ref in whole), default=math.inf))
        ports = frozenset(self._ports(graph, options, live))
        return InstanceFloor(math.fsum(base) + more, frozenset(live), ports)

    def _without_nodes(self, graph: GraphPlan, expr: Expr, fed: Set[str]) -> bool:
        """Whether an expression may have a value though no node of the instance is there."""
        nothing = [False] * len(graph.nodes)
        return self.feasibility.fed_by(expr, graph, fed, Status(nothing, nothing))

    def _options(self, at: Place, node: NodePlan, *, free: bool) -> list[Option]:
        """What a node may be, at which cost; what does not run costs nothing."""
        found: list[Option] = []
        possible = self.facts.possible(node)
        # what may run and can be but one thing can be that
        sure = not at.graph.knotted and len(list(possible)) == 1
        for alt in possible:
            if not sure and not self.feasibility.can_be(at.graph, node, alt, at.fed, at.status):
                continue
            if alt.inner is None:
                found.append(Option(alt, self.price(node, alt, at.texts), None))
            else:
                inner = self._nested(self._inside(at, node, alt, alt.inner))
                found.append(Option(alt, inner.cost, inner))
        if free:
            return [Option(one.alt, 0.0 if one.cost < math.inf else one.cost, one.inner) for one in found]
        return found

    def _surely_live(self, at: Place, reads: SureReads, options: Mapping[int, Sequence[Option]]) -> set[int]:
        graph, status = at.graph, at.status
        live = {ref for ref in reads.of(graph.output_reads, graph.template.output) if status.surely[ref]}
        for block in reversed(graph.blocks):
            before = -1
            while before < len(live):  # once more for knots, whose members stand in no order
                before = len(live)
                self._feeders(at, block, reads, options, live)
                if len(block) == 1:
                    break
        return live

    def _feeders(
        self,
        at: Place,
        block: Sequence[int],
        reads: SureReads,
        options: Mapping[int, Sequence[Option]],
        live: set[int],
    ) -> None:
        """Add what surely feeds the surely live nodes of a block."""
        graph, status = at.graph, at.status
        for place in reversed(block):
            if place not in live or not options.get(place):
                continue
            node = graph.nodes[place]
            there = options[place]
            certain = {
                *reads.of(node.guard_reads, node.template.guard),
                *set[int].intersection(*({*reads.arguments(node, one.alt, read_by(one))} for one in there)),
            }
            for edge in graph.into[place]:
                if edge.source is None or not status.usable[edge.source]:
                    continue
                taken = all(is_read(one, edge.ports.get(one.alt.template.key)) for one in there)
                if taken and self.facts.state(graph, edge) is True:
                    certain |= {edge.source, *reads.of(edge.guard_reads, edge.template.guard)}
            live |= {ref for ref in certain if status.surely[ref]}

    def _ports(
        self, graph: GraphPlan, options: Mapping[int, Sequence[Option]], live: Set[int]
    ) -> Iterable[str]:
        """The ports of an instance that are surely read."""
        path = graph.template.path
        yield from inputs_of(graph.template.output, path)
        for place in live:
            node, there = graph.nodes[place], options.get(place, ())
            if not there:
                continue
            yield from inputs_of(node.template.guard, path)
            found = [
                {
                    name
                    for port, wire in one.alt.wires.items()
                    if is_read(one, port) and not overridden(graph, node, one.alt, port)
                    for name in inputs_of(wire, path)
                }
                for one in there
            ]
            yield from set[str].intersection(*found)
            for edge in graph.into[place]:
                taken = all(is_read(one, edge.ports.get(one.alt.template.key)) for one in there)
                if taken and edge.source is None and self.facts.state(graph, edge) is True:
                    yield from inputs_of(edge.template.source, path)

    def _missing(self, at: Place, node: NodePlan, one: Option, reads: SureReads, rest: _Rest) -> float:
        """The dearest of the sources that this alternative requires and that are not surely live."""
        graph, status, alt = at.graph, at.status, one.alt
        dearest = 0.0
        for ref in reads.arguments(node, alt, read_by(one)):
            if status.surely[ref]:
                dearest = max(dearest, rest.of(ref))
        for port in alt.needs:
            if not is_read(one, port):
                continue
            wire = alt.wires.get(port)
            cheapest = math.inf
            if wire is not None and self.feasibility.fed_by(wire, graph, at.fed, status):
                own = [ref for ref in self.facts.may_read(graph, alt.reads) if ref in rest.whole]
                cheapest = min((rest.of(ref) for ref in own), default=0.0)
                if cheapest and self._without_nodes(graph, wire, at.fed):
                    cheapest = 0.0
            for edge in graph.into[node.index]:
                if cheapest == 0.0:
                    break
                if edge.ports.get(alt.template.key) != port or self.facts.state(graph, edge) is False:
                    continue
                if self.feasibility.source_fed(edge, graph, at.fed, status):
                    cheapest = min(cheapest, 0.0 if edge.source is None else rest.of(edge.source))
            dearest = max(dearest, cheapest)
        return dearest


def read_by(option: Option) -> frozenset[str] | None:
    """The ports that a node surely reads as one of its alternatives; None: all."""
    return None if option.inner is None else option.inner.ports


def is_read(option: Option, port: str | None) -> bool:
    """Whether what arrives at a port is surely read."""
    return port is not None and (option.inner is None or port in option.inner.ports)


@dataclass(frozen=True, slots=True)
class _Rest:
    """What is still to be paid for a node: `own` costs of nodes, and `whole` with what they require."""

    graph: GraphPlan
    live: Set[int]
    own: Mapping[int, float]
    whole: Mapping[int, float]

    def of(self, place: int) -> float:
        whole = self.whole.get(place, math.inf)
        if place not in self.live or whole == math.inf:
            return whole
        # In a knot two live nodes that need each other need a third; elsewhere the first of them counts it.
        return whole - self.own[place] if place in self.graph.knotted and place in self.own else 0.0
