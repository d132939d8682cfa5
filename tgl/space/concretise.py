"""From a trimmed walk to a candidate: instances inlined, static parts folded, replicas renumbered."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from tgl.ir import (
    CallNode,
    Candidate,
    Expr,
    FnNode,
    GraphTemplate,
    Input,
    ListOf,
    NodeRef,
    Op,
    Reader,
    RunNode,
)
from tgl.space.canonical import canonical_order
from tgl.space.draws import draws
from tgl.space.facts import Facts
from tgl.space.fold import ABSENT, Scope, both, guarded, only_nodes, spliced
from tgl.space.plan import GraphPlan
from tgl.space.settings import Settings
from tgl.space.static import Static, Unknown, as_expr
from tgl.space.trim import Trimmed


@dataclass(frozen=True, slots=True)
class InstanceResolution:
    """What became of one graph instance; nodes by their template ids.

    `live`: new id, None for a node that is gone (a node that holds a nested instance has one too). `picks`:
    alternative of each live node. `models`: of each live role node. `edges`: indices into `graph.edges` of
    those that are on and live. `counts`: live members of each group. `order`: those in their new order.
    """

    path: str
    graph: GraphTemplate
    live: Mapping[str, str | None]
    picks: Mapping[str, str]
    models: Mapping[str, str | None]
    edges: tuple[int, ...]
    counts: Mapping[str, int]
    order: Mapping[str, tuple[str, ...]]


@dataclass(slots=True)
class Concretiser:
    """Builds the flat candidate; `instances` by template path."""

    facts: Facts
    nodes: list[tuple[tuple[int, ...], RunNode]] = field(
        default_factory=lambda: list[tuple[tuple[int, ...], RunNode]]()
    )
    instances: dict[str, InstanceResolution] = field(default_factory=dict[str, InstanceResolution])
    twins: dict[str, tuple[str, tuple[int, ...]]] = field(
        default_factory=dict[str, tuple[str, tuple[int, ...]]]
    )

    def candidate(self, root: Trimmed) -> Candidate:
        """The candidate of a trimmed walk."""
        name = root.instance.plan.template.path
        output = self.instance(root, name, None, None, ())
        declared = [node for _, node in sorted(self.nodes, key=lambda item: item[0])]
        numbers = draws([node for node in declared if isinstance(node, CallNode)], self.twins)
        nodes = tuple(
            node.model_copy(update={"draw": numbers[node.id]}) if isinstance(node, CallNode) else node
            for _, node in self.nodes
        )
        return Candidate(nodes=nodes, output=output)

    def instance(
        self,
        trimmed: Trimmed,
        path: str,
        arriving: Mapping[str, Expr] | None,
        guard: Expr | None,
        position: tuple[int, ...],
        rounds: tuple[int, ...] = (),
    ) -> Expr:
        """Add an instance's nodes under a new path; its output. `rounds` are those of loops around it."""
        plan = trimmed.instance.plan
        groups = canonical_order(trimmed, self.facts, self.content)
        rank = {node: place for place, node in enumerate(node for found in groups.values() for node in found)}
        ids = _new_ids(plan, path, groups)
        scope = Scope(self.facts, plan, arriving, dict[str, Expr](), rank)
        for place in _order(trimmed, rank, self.facts):
            node = plan.nodes[place]
            inputs = self.inputs(trimmed, place, scope)
            full = both(guard, scope.guard(node.template.guard))
            where = (*position, rank[place])
            child = trimmed.children.get(place)
            around = (*rounds, *node.template.rounds)
            if child is not None:
                # without the graph's name: a decided copy of the graph has another one
                scope.values[node.template.id] = self.instance(child, ids[place], inputs, full, where, around)
            else:
                if around:
                    self.twins[ids[place]] = (node.template.address, around)
                self.nodes.append((where, self.node(trimmed, place, ids[place], inputs, full)))
                scope.values[node.template.id] = NodeRef(id=ids[place])
        self.instances[plan.template.path] = _resolution(trimmed, groups, ids)
        output = scope.fold(plan.template.output) or ABSENT
        return output if guard is None or only_nodes(output) else Op(op="when", args=(guard, output))

    def content(self, trimmed: Trimmed) -> str:
        """What is in a nested instance, whatever it is called and whatever arrives at it."""
        ports = {
            port.name: Input(instance="", port=port.name) for port in trimmed.instance.plan.template.ports
        }
        inside = Concretiser(self.facts)
        output = inside.instance(trimmed, "", ports, None, ())
        return Candidate(nodes=tuple(node for _, node in inside.nodes), output=output).structure

    def inputs(self, trimmed: Trimmed, place: int, scope: Scope) -> dict[str, Expr]:
        """What arrives at each port that gets something, in port order."""
        plan = trimmed.instance.plan
        alt = trimmed.instance.picks[place]
        arrived: dict[str, dict[Expr, list[Expr | None]]] = {}
        edges = [plan.edges[index] for index in trimmed.into(place)]
        for edge in sorted(edges, key=lambda edge: -1 if edge.source is None else scope.rank[edge.source]):
            source = scope.fold(edge.template.source)
            if source is not None:
                guards = arrived.setdefault(edge.ports[alt.template.key], {}).setdefault(source, [])
                guards.append(scope.guard(edge.template.guard))
        found: dict[str, Expr] = {}
        for port in alt.template.ports:
            wire = None
            if port.name in alt.wires and port.name in trimmed.read[place]:
                wire = scope.fold(alt.wires[port.name])
            messages = [guarded(source, guards) for source, guards in arrived.get(port.name, {}).items()]
            if port.is_list:
                items = spliced([*([] if wire is None else [wire]), *messages])
                if items:
                    found[port.name] = ListOf(items=items)
            elif messages:
                found[port.name] = messages[0]
            elif wire is not None:
                found[port.name] = wire
        return found

    def node(
        self, trimmed: Trimmed, place: int, new_id: str, inputs: Mapping[str, Expr], guard: Expr | None
    ) -> RunNode:
        """A flat node (its draw is numbered later)."""
        template = trimmed.instance.picks[place].template
        settings = {name: self.value(name, expr, new_id) for name, expr in template.fields}
        if template.kind == "fn":
            fixed = [(name, as_expr(value)) for name, value in settings.items()]
            return FnNode(
                id=new_id, fn=template.fn or template.what, inputs=(*inputs.items(), *fixed), guard=guard
            )
        fields = Settings(new_id, settings)
        return CallNode(
            id=new_id,
            role=template.what,
            model=trimmed.instance.models[place],
            prompt=fields.text("prompt") or "",
            system=fields.text("system"),
            ports=template.ports,
            inputs=tuple(inputs.items()),
            params=tuple((name, fields.scalar(name)) for name in template.params),
            reader=template.reader or Reader(kind="text"),
            shots=fields.integer("shots") or 0,
            shots_source=template.shots,
            temperature=fields.number("temperature"),
            top_p=fields.number("top_p"),
            max_tokens=fields.integer("max_tokens"),
            stop=fields.texts("stop"),
            retry=fields.integer("retry") or 0,
            guard=guard,
            draw=0,
            on_failure=template.on_failure,
        )

    def value(self, name: str, expr: Expr, new_id: str) -> Static:
        value = self.facts.peek(expr)
        if isinstance(value, Unknown):
            raise ValueError(f"{new_id}.{name}: not decided")
        return value


def _new_ids(plan: GraphPlan, path: str, groups: Mapping[str, Sequence[int]]) -> dict[int, str]:
    """Ids under a new path; replicas of one index are numbered 1..k, those of several keep theirs."""
    ids: dict[int, str] = {}
    for name, members in groups.items():
        for number, place in enumerate(members, start=1):
            template = plan.nodes[place].template
            match template.index:
                case ():
                    ids[place] = f"{path}.{name}"
                case (_,):
                    ids[place] = f"{path}.{name}[{number}]"
                case _:
                    ids[place] = path + template.id.removeprefix(plan.template.path)
    return ids


def _order(trimmed: Trimmed, rank: Mapping[int, int], facts: Facts) -> list[int]:
    """Live nodes after all their sources; ties in the new declaration order."""
    plan = trimmed.instance.plan
    before: dict[int, set[int]] = {}
    for place in trimmed.live:
        alt = trimmed.instance.picks[place]
        sources = {
            *facts.may_read(plan, alt.reads),
            *facts.may_read(plan, plan.nodes[place].guard_reads),
        }
        for index in trimmed.into(place):
            edge = plan.edges[index]
            sources.update(facts.may_read(plan, edge.guard_reads))
            if edge.source is not None:
                sources.add(edge.source)
        before[place] = {source for source in sources if source in trimmed.live}
    after: dict[int, list[int]] = {place: [] for place in trimmed.live}
    for place, sources in before.items():
        for source in sources:
            after[source].append(place)
    ready = [(rank[place], place) for place, sources in before.items() if not sources]
    heapq.heapify(ready)
    order: list[int] = []
    while ready:
        _, place = heapq.heappop(ready)
        order.append(place)
        for target in after[place]:
            before[target].discard(place)
            if not before[target]:
                heapq.heappush(ready, (rank[target], target))
    return order


def _resolution(
    trimmed: Trimmed, groups: Mapping[str, tuple[int, ...]], ids: Mapping[int, str]
) -> InstanceResolution:
    plan, instance = trimmed.instance.plan, trimmed.instance
    nodes = [node for node in plan.nodes if node.index in trimmed.live]
    roles = [node for node in nodes if node.index in instance.models]
    return InstanceResolution(
        plan.template.path,
        plan.template,
        MappingProxyType({node.template.id: ids.get(node.index) for node in plan.nodes}),
        MappingProxyType({node.template.id: instance.picks[node.index].template.key for node in nodes}),
        MappingProxyType({node.template.id: instance.models[node.index] for node in roles}),
        trimmed.edges,
        MappingProxyType({name: len(members) for name, members in groups.items()}),
        MappingProxyType(
            {name: tuple(plan.nodes[place].template.id for place in found) for name, found in groups.items()}
        ),
    )
