"""Compiling a program's space: indices, orders, and how far each choice can reach."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

from tgl.ir import (
    Alternative,
    ChoicePoint,
    ChoiceRef,
    Const,
    Domain,
    EdgeTemplate,
    Expr,
    Flip,
    FloatRange,
    GraphTemplate,
    Input,
    NodeRef,
    NodeTemplate,
    Op,
    ProgramIR,
)
from tgl.space.costing import Costs
from tgl.space.domains import Atom, Place, atoms, places, prior_weights
from tgl.space.order import blocks
from tgl.space.plan import (
    AltPlan,
    ChoicePlan,
    EdgePlan,
    GraphPlan,
    NodePlan,
    Space,
)
from tgl.space.reach import Reach, reach_of
from tgl.space.reads import Reads, reads_of, static_leaves, subexpressions
from tgl.space.static import supposing


class _Same:
    """A program as a key by identity: hashing its content would cost more than it saves."""

    __slots__ = ("ir",)

    def __init__(self, ir: ProgramIR) -> None:
        self.ir = ir

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.ir is other.ir

    def __hash__(self) -> int:
        return id(self.ir)


def space_of(ir: ProgramIR) -> Space:
    """The compiled space of a program (kept for the last few programs).

    Raises:
        StaticCycle: if decisions wait for each other or the edges may form a cycle.
    """
    return _compiled(_Same(ir))


@lru_cache(maxsize=32)
def _compiled(key: _Same) -> Space:
    return _Compiler(key.ir, reach_of(key.ir)).space()


_Table: TypeAlias = tuple[tuple[Atom, ...], Mapping[str, Place]]


@dataclass(slots=True)
class _Compiler:
    ir: ProgramIR
    reach: Reach
    shared: dict[FloatRange | Flip, _Table] = field(default_factory=lambda: dict[FloatRange | Flip, _Table]())
    graphs: dict[str, GraphPlan] = field(default_factory=dict[str, GraphPlan])
    costs: Costs = field(init=False)

    def __post_init__(self) -> None:
        self.costs = Costs(self.reach)

    def space(self) -> Space:
        root = self._graph(self.ir.graph)
        choices = {address: self._choice(point) for address, point in self.reach.points.items()}
        reads = self.reach.model_reads()
        alone = frozenset(address for address, count in reads.items() if count == 1)
        models = tuple(model.name for model in self.ir.models)
        return Space(
            self.ir,
            root,
            self.graphs,
            choices,
            self.reach.homes,
            alone,
            frozenset(reads),
            self.costs.kinds(),
            models,
            self._required(),
            {},
        )

    def _required(self) -> Mapping[str, tuple[tuple[str, int], ...]]:
        """The requirements that read each choice.

        Whether a node is there is read from the edges that start at it; that it may be reached through others
        is seen at the end of a walk.
        """
        found: dict[str, list[tuple[str, int]]] = {}
        for path, graph in self.graphs.items():
            joining = _joining(graph if graph.template.requirements else None)
            for place, requirement in enumerate(graph.template.requirements):
                exprs = [requirement.condition]
                for part in subexpressions(requirement.condition):
                    match part:
                        case Op(op="not", args=(Op(op="there", args=(Const(value=str(node)),)),)):
                            exprs += joining.get((graph.index.get(node), None), ())
                        case Op(op="linked", args=(Const(value=str(node)), Const(value=str(target)))):
                            exprs += joining.get((graph.index.get(node), graph.index.get(target, -1)), ())
                        case _:
                            pass
                addresses = {address for expr in exprs for address in self.reach.addresses(expr)}
                for address in sorted(addresses):
                    found.setdefault(address, []).append((path, place))
        return {address: tuple(readers) for address, readers in found.items()}

    def _table(self, domain: Domain) -> _Table:
        """Atoms and where values are; replicas of one range share them, and edges of one chance."""
        known = self.shared.get(domain) if isinstance(domain, FloatRange | Flip) else None
        if known is not None:
            return known
        table = atoms(domain)
        made = (table, places(domain, table))
        if isinstance(domain, FloatRange | Flip):
            self.shared[domain] = made
        return made

    def _choice(self, point: ChoicePoint) -> ChoicePlan:
        table, where = self._table(point.domain)
        uses = self.reach.uses.get(point.address, [])
        scopes = {path for _, path, _ in uses}
        structural = bool(uses) and not isinstance(point.domain, FloatRange)
        return ChoicePlan(
            point,
            table,
            prior_weights(point.domain),
            where,
            structural,
            next(iter(scopes)) if len(scopes) == 1 else None,
        )

    def _graph(self, graph: GraphTemplate) -> GraphPlan:
        index = {node.id: place for place, node in enumerate(graph.nodes)}

        edges = tuple(self._edge(graph, place, edge, index) for place, edge in enumerate(graph.edges))
        into = tuple(
            tuple(
                edge for edge in edges if edge.target == place and edge.template.exists != Const(value=False)
            )
            for place in range(len(graph.nodes))
        )
        unfed = [self._unfed(graph, node, into[place]) for place, node in enumerate(graph.nodes)]
        drafts = [
            {alt.key: self._alternative(alt, index, unfed[place]) for alt in node.alternatives}
            for place, node in enumerate(graph.nodes)
        ]
        always = [
            {ref for alt in drafts[place].values() for ref in alt.reads.refs}
            | set(reads_of(index, (node.guard,)).refs)
            | _feeding(edge for edge in into[place] if edge.closed != Const(value=False))
            for place, node in enumerate(graph.nodes)
        ]
        loose = [_feeding(edge for edge in edges if edge.closed is not None) for edges in into]
        ordered = blocks([node.id for node in graph.nodes], always, loose)
        order = tuple(place for block in ordered for place in block)
        output_reads = reads_of(index, (graph.output,))
        reaching = set(output_reads.refs)
        for block in reversed(ordered):
            for place in reversed(block):
                # in a knot, each member may come to feed the others
                if place in reaching or not reaching.isdisjoint(block):
                    reaching |= {place} | always[place] | loose[place]
        nodes = tuple(
            self._node(
                node, place, drafts[place], into[place], place in reaching, reads_of(index, (node.guard,))
            )
            for place, node in enumerate(graph.nodes)
        )
        used = {
            part.port
            for expr in _live_expressions(graph, nodes, into)
            for part in subexpressions(expr)
            if isinstance(part, Input) and part.instance == graph.path
        }
        plan = GraphPlan(
            graph,
            nodes,
            edges,
            into,
            order,
            ordered,
            frozenset(place for block in ordered if len(block) > 1 for place in block),
            index,
            output_reads,
            static_leaves(graph.output),
            frozenset(used),
            deciding := self._deciding(graph),
            self.costs.graph(graph, nodes, deciding, knotted=any(len(block) > 1 for block in ordered)),
        )
        self.graphs[graph.path] = plan
        return plan

    def _deciding(self, graph: GraphTemplate) -> tuple[str, ...]:
        inside = graph.path + "."
        return tuple(
            address
            for address, uses in self.reach.uses.items()
            if any(path == graph.path or path.startswith(inside) for _, path, _ in uses)
        )

    def _edge(
        self, graph: GraphTemplate, place: int, edge: EdgeTemplate, index: Mapping[str, int]
    ) -> EdgePlan:
        source = index[edge.source.id] if isinstance(edge.source, NodeRef) else None
        target = graph.nodes[index[edge.target]]
        inner = {alt.key: alt.graph for alt in target.alternatives}
        ports = {
            key: port
            for key, port in edge.ports
            if (nested := inner.get(key)) is None or port in self._nested(nested).used_ports
        }
        exists, closed = supposing(edge.exists, acyclic=True), supposing(edge.exists, acyclic=False)
        conjuncts = exists.args if isinstance(exists, Op) and exists.op == "and" else (exists,)
        own = [
            part.address
            for part in conjuncts
            if isinstance(part, ChoiceRef)
            and isinstance(self.reach.points[part.address].domain, Flip)
            and self.reach.uses[part.address] == [("edge", graph.path, str(place))]
        ]
        return EdgePlan(
            edge,
            exists,
            None if closed == edge.exists else closed,
            len(own) == 1 and len(conjuncts) == 1,
            place,
            source,
            index[edge.target],
            ports,
            own[0] if len(own) == 1 else None,
            reads_of(index, (edge.guard,)),
            static_leaves(edge.guard),
        )

    def _nested(self, graph: GraphTemplate) -> GraphPlan:
        known = self.graphs.get(graph.path)
        return known if known is not None else self._graph(graph)

    def _unfed(
        self, graph: GraphTemplate, node: NodeTemplate, into: Iterable[EdgePlan]
    ) -> Mapping[tuple[str, str], Expr]:
        """The inputs that feed ports of their name, by alternative and port, if all edges there are off (G1).

        Only ports for one message, where an edge overrides what is wired.
        """
        sure = {
            item
            for edge in into
            if edge.exists == Const(value=True)
            and (edge.source is None or self._settled(graph.nodes[edge.source].exists) == Const(value=True))
            for item in edge.template.ports
        }
        inputs = {port.name for port in graph.ports}
        return {
            (alt.key, port.name): Input(instance=graph.path, port=port.name)
            for alt in node.alternatives
            for port in alt.ports
            if port.name in inputs and not port.is_list and (alt.key, port.name) not in sure
        }

    def _alternative(
        self, alternative: Alternative, index: Mapping[str, int], unfed: Mapping[tuple[str, str], Expr]
    ) -> AltPlan:
        inner = None if alternative.graph is None else self._nested(alternative.graph)
        names = [port.name for port in alternative.ports if inner is None or port.name in inner.used_ports]
        given = dict(alternative.args)
        for name in names:
            if name not in given and (alternative.key, name) in unfed:
                given[name] = unfed[alternative.key, name]
        wires = {name: given[name] for name in names if name in given}
        return AltPlan(
            alternative,
            wires,
            reads_of(index, wires.values()),
            tuple(port.name for port in alternative.ports if not port.optional and port.name in names),
            frozenset(port.name for port in alternative.ports if not port.is_list),
            static_leaves(*wires.values()),
            tuple(value for _, value in alternative.fields if not isinstance(value, Const)),
            self.costs.alternative(alternative),
            inner,
        )

    def _node(
        self,
        node: NodeTemplate,
        place: int,
        alternatives: Mapping[str, AltPlan],
        into: tuple[EdgePlan, ...],
        reaches: bool,
        guard_reads: Reads,
    ) -> NodePlan:
        refs = {frozenset(alt.reads.refs) for alt in alternatives.values()}
        chosen = any(alt.reads.picks for alt in alternatives.values())
        early = (
            len(refs) > 1
            or chosen
            or any(set(edge.ports) != set(alternatives) for edge in into if edge.ports)
        )
        own = node.pick.address if isinstance(node.pick, ChoiceRef) else None
        if own is not None and self.reach.uses[own] != [("pick", self.reach.homes[node.id], node.id)]:
            own = None
        return NodePlan(
            node,
            place,
            self._settled(node.exists),
            alternatives,
            guard_reads,
            static_leaves(node.guard),
            self.reach.on[node.id],
            early and len(alternatives) > 1,
            own,
            reaches,
        )

    def _settled(self, exists: Expr) -> Expr:
        """True if a count's whole range makes it so (the first replicas of `~2..6`)."""
        match exists:
            case Op(op="<=", args=(Const(value=int(place)), ChoiceRef(address=address))):
                table = atoms(self.reach.points[address].domain)
                numbers = [atom.meanings[0] for atom in table]
                if all(
                    isinstance(number, Const) and isinstance(number.value, int) and place <= number.value
                    for number in numbers
                ):
                    return Const(value=True)
                return exists
            case _:
                return exists


def _joining(graph: GraphPlan | None) -> Mapping[tuple[int | None, int | None], list[Expr]]:
    """The conditions of the edges of an instance by the nodes that they join, and by where they start."""
    found: dict[tuple[int | None, int | None], list[Expr]] = {}
    for edge in () if graph is None else graph.edges:
        if edge.source is not None:
            for key in ((edge.source, edge.target), (edge.source, None)):
                found.setdefault(key, []).append(edge.exists)
    return found


def _feeding(edges: Iterable[EdgePlan]) -> set[int]:
    """The nodes that some edges, if they are on, make their target wait for."""
    return {source for edge in edges for source in (edge.sources if edge.ports else edge.guard_reads.refs)}


def _live_expressions(
    graph: GraphTemplate, nodes: tuple[NodePlan, ...], into: tuple[tuple[EdgePlan, ...], ...]
) -> Iterator[Expr]:
    yield graph.output
    for node in nodes:
        if node.reaches:
            for alt in node.alternatives.values():
                yield from alt.wires.values()
            if node.template.guard is not None:
                yield node.template.guard
            for edge in into[node.index]:
                yield edge.template.source
                if edge.template.guard is not None:
                    yield edge.template.guard
