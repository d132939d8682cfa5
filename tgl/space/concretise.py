"""From a trimmed walk to a candidate: instances inlined, static parts folded, replicas renumbered."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from tgl.ir import (
    CallNode,
    Candidate,
    ChoiceRef,
    Const,
    Expr,
    Fn,
    FnNode,
    GraphTemplate,
    Input,
    Is,
    ListOf,
    ModelName,
    ModelOf,
    NodeRef,
    Op,
    Reader,
    RunNode,
    WhatName,
)
from tgl.space.canonical import canonical_order
from tgl.space.draws import draws
from tgl.space.facts import Facts
from tgl.space.plan import GraphPlan
from tgl.space.static import Static, Unknown, as_expr, operate
from tgl.space.trim import Trimmed

_ABSENT = Const(value=None)


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

    def candidate(self, root: Trimmed) -> Candidate:
        """The candidate of a trimmed walk."""
        name = root.instance.plan.template.path
        output = self.instance(root, name, None, None, ())
        declared = [node for _, node in sorted(self.nodes, key=lambda item: item[0])]
        numbers = draws([node for node in declared if isinstance(node, CallNode)])
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
    ) -> Expr:
        """Add an instance's nodes under a new path; its output."""
        plan = trimmed.instance.plan
        groups = canonical_order(trimmed, self.facts).groups
        rank = {node: place for place, node in enumerate(node for found in groups.values() for node in found)}
        ids = _new_ids(plan, path, groups)
        scope = _Scope(self.facts, plan, arriving, dict[str, Expr](), rank)
        for place in _order(trimmed, rank):
            node = plan.nodes[place]
            inputs = self.inputs(trimmed, place, scope)
            full = _both(guard, scope.fold(node.template.guard))
            where = (*position, rank[place])
            child = trimmed.children.get(place)
            if child is not None:
                inner = f"{ids[place]}.{trimmed.instance.picks[place].template.key}"
                scope.values[node.template.id] = self.instance(child, inner, inputs, full, where)
            else:
                self.nodes.append((where, self.node(trimmed, place, ids[place], inputs, full)))
                scope.values[node.template.id] = NodeRef(id=ids[place])
        self.instances[plan.template.path] = _resolution(trimmed, groups, ids)
        output = scope.fold(plan.template.output) or _ABSENT
        return output if guard is None or _only_nodes(output) else Op(op="when", args=(guard, output))

    def inputs(self, trimmed: Trimmed, place: int, scope: _Scope) -> dict[str, Expr]:
        """What arrives at each port that gets something, in port order."""
        plan = trimmed.instance.plan
        alt = trimmed.instance.picks[place]
        arrived: dict[str, dict[Expr, list[Expr | None]]] = {}
        edges = [plan.edges[index] for index in trimmed.into(place)]
        for edge in sorted(edges, key=lambda edge: -1 if edge.source is None else scope.rank[edge.source]):
            source = scope.fold(edge.template.source)
            if source is not None:
                guards = arrived.setdefault(edge.ports[alt.template.key], {}).setdefault(source, [])
                guards.append(scope.fold(edge.template.guard))
        found: dict[str, Expr] = {}
        for port in alt.template.ports:
            wire = None
            if port.name in alt.wires and port.name in trimmed.read[place]:
                wire = scope.fold(alt.wires[port.name])
            messages = [_guarded(source, guards) for source, guards in arrived.get(port.name, {}).items()]
            if port.is_list:
                items = _spliced([*([] if wire is None else [wire]), *messages])
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
        fields = _Fields(new_id, settings)
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
        )

    def value(self, name: str, expr: Expr, new_id: str) -> Static:
        value = self.facts.peek(expr)
        if isinstance(value, Unknown):
            raise ValueError(f"{new_id}.{name}: not decided")
        return value


@dataclass(frozen=True, slots=True)
class _Fields:
    """The decided settings of a node, by type."""

    node: str
    values: Mapping[str, Static]

    def text(self, name: str) -> str | None:
        value = self.values.get(name)
        if value is None or isinstance(value, str):
            return value
        raise self._wrong(name, "a text")

    def integer(self, name: str) -> int | None:
        value = self.values.get(name)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        raise self._wrong(name, "a whole number")

    def number(self, name: str) -> float | None:
        value = self.values.get(name)
        if value is None:
            return None
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        raise self._wrong(name, "a number")

    def texts(self, name: str) -> tuple[str, ...]:
        value = self.values.get(name)
        items = value if isinstance(value, tuple) else () if value is None else (value,)
        texts = tuple(item for item in items if isinstance(item, str))
        if len(texts) < len(items):
            raise self._wrong(name, "a list of texts")
        return texts

    def scalar(self, name: str) -> bool | int | float | str | None:
        value = self.values.get(name)
        match value:
            case ModelName() | WhatName():
                return value.name
            case tuple():
                raise self._wrong(name, "a single value")
            case _:
                return value

    def _wrong(self, name: str, wanted: str) -> ValueError:
        return ValueError(f"{self.node}.{name}: {self.values.get(name)!r} is not {wanted}")


@dataclass(frozen=True, slots=True)
class _Scope:
    """Names in an instance: `values` of its live nodes so far, what arrives at it, new places of nodes."""

    facts: Facts
    plan: GraphPlan
    arriving: Mapping[str, Expr] | None
    values: dict[str, Expr]
    rank: Mapping[int, int]

    def fold(self, expr: Expr | None) -> Expr | None:
        """An expression with static parts evaluated; None if it is a node that is not there."""
        match expr:
            case None:
                return None
            case NodeRef():
                return self.values.get(expr.id)
            case Input():
                if self.arriving is None or expr.instance != self.plan.template.path:
                    return expr
                return self.arriving.get(expr.port)
            case ChoiceRef() | Is() | ModelOf():
                value = self.facts.peek(expr)
                return _ABSENT if isinstance(value, Unknown) else as_expr(value)
            case Const() | ModelName() | WhatName():
                return expr
            case ListOf():
                folded = [self.fold(item) for item in self.reordered(expr.items)]
                return ListOf(items=_spliced([item for item in folded if item is not None]))
            case Op():
                return _operated(expr.op, [self.fold(arg) or _ABSENT for arg in expr.args])
            case Fn():
                return Fn(
                    fn=expr.fn,
                    args=tuple(self.fold(arg) or _ABSENT for arg in expr.args),
                    named=tuple((name, self.fold(value) or _ABSENT) for name, value in expr.named),
                )

    def reordered(self, items: Sequence[Expr]) -> list[Expr]:
        """A list's items, the replicas of a relabelled group in their new order (G8)."""
        found = list(items)
        loose = {group.name for group in self.plan.template.groups if group.permutable}
        places: dict[str, list[int]] = {}
        for place, item in enumerate(items):
            node = self.plan.index.get(item.id) if isinstance(item, NodeRef) else None
            if node is not None and node in self.rank:
                group = self.plan.nodes[node].template.group
                if group in loose:
                    places.setdefault(group, []).append(place)
        for taken in places.values():
            for place, item in zip(
                taken, sorted((items[place] for place in taken), key=self._rank), strict=True
            ):
                found[place] = item
        return found

    def _rank(self, item: Expr) -> int:
        return self.rank[self.plan.index[item.id]] if isinstance(item, NodeRef) else -1


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


def _order(trimmed: Trimmed, rank: Mapping[int, int]) -> list[int]:
    """Live nodes after all their sources; ties in the new declaration order."""
    plan = trimmed.instance.plan
    before: dict[int, set[int]] = {}
    for place in trimmed.live:
        alt = trimmed.instance.picks[place]
        sources = {*alt.refs, *plan.nodes[place].guard_refs}
        for index in trimmed.into(place):
            edge = plan.edges[index]
            sources.update(edge.guard_refs)
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


def _spliced(items: Sequence[Expr]) -> tuple[Expr, ...]:
    """Items with lists put in their place (G14b)."""
    found: list[Expr] = []
    for item in items:
        found += _spliced(item.items) if isinstance(item, ListOf) else (item,)
    return tuple(found)


def _guarded(source: Expr, guards: Sequence[Expr | None]) -> Expr:
    """A message under the `when`s of its edges: any of them lets it pass (G9)."""
    held = [guard for guard in guards if guard is not None]
    if len(held) < len(guards):
        return source
    guard = held[0] if len(held) == 1 else _operated("or", held)
    if guard == Const(value=True):
        return source
    if isinstance(source, ListOf):
        return ListOf(items=tuple(Op(op="when", args=(guard, item)) for item in source.items))
    return Op(op="when", args=(guard, source))


def _both(one: Expr | None, other: Expr | None) -> Expr | None:
    """Both guards, None for one that is always true."""
    held = [guard for guard in (one, other) if guard is not None and guard != Const(value=True)]
    if len(held) < 2:
        return held[0] if held else None
    return _operated("and", held)


def _operated(op: str, args: Sequence[Expr]) -> Expr:
    """An operator on folded arguments, evaluated as far as literals allow; `and`, `or` stay flat."""
    if op in ("and", "or"):
        neutral = Const(value=op == "and")
        decisive = Const(value=op == "or")
        flat: list[Expr] = []
        for arg in args:
            flat += arg.args if isinstance(arg, Op) and arg.op == op else (arg,)
        if decisive in flat:
            return decisive
        kept = tuple(dict.fromkeys(arg for arg in flat if arg != neutral))
        if len(kept) < 2:
            return kept[0] if kept else neutral
        return Op(op=op, args=kept)
    values = [_literal(arg) for arg in args]
    if not any(isinstance(value, Unknown) for value in values):
        value = operate(op, values)
        if not isinstance(value, Unknown):
            return as_expr(value)
    if op == "at" and isinstance(args[0], ListOf) and isinstance(index := values[1], int):
        return args[0].items[index - 1] if 1 <= index <= len(args[0].items) else _ABSENT
    if op == "when" and isinstance(args[0], Const):
        return args[1] if args[0].value is True else _ABSENT
    return Op(op=op, args=tuple(args))


def _literal(expr: Expr) -> Static | Unknown:
    match expr:
        case Const():
            return expr.value
        case ModelName() | WhatName():
            return expr
        case ListOf():
            items: list[Static] = []
            for item in expr.items:
                value = _literal(item)
                if isinstance(value, Unknown):
                    return value
                items.append(value)
            return tuple(items)
        case _:
            return Unknown.UNKNOWN


def _only_nodes(expr: Expr) -> bool:
    """Whether a value is absent by itself when its instance does not run: it comes from nodes in it."""
    match expr:
        case NodeRef():
            return True
        case ListOf():
            return all(_only_nodes(item) for item in expr.items)
        case Op(op="when", args=(_, value)):
            return _only_nodes(value)
        case _:
            return expr == _ABSENT
