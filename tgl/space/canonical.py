"""The order of replicas in which isomorphic candidates are equal (language.md C17).

Live nodes get a colour: first the group, then, for replicas that may be relabelled, topological level,
what, model, options and all else that is written at them; other nodes are told apart by their place. The
colours are refined by the neighbours' colours until nothing changes (Weisfeiler-Leman). Where replicas
still look alike one after another is singled out and the smallest resulting list of edges wins; replicas
that turn out to be images of each other are tried once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from tgl.ir import ChoiceRef, Const, Expr, Fn, Input, Is, ListOf, ModelName, ModelOf, NodeRef, Op, WhatName
from tgl.space.facts import Facts
from tgl.space.fold import Scope
from tgl.space.plan import GraphPlan
from tgl.space.trim import Trimmed

Link: TypeAlias = tuple[int, str, int]
"""Source node, label, target node."""

Content: TypeAlias = Callable[[Trimmed], str]
"""A text of a nested instance that is equal exactly if two instances are the same program inside."""


@dataclass(frozen=True, slots=True)
class _Sketch:
    """An instance as a coloured graph."""

    nodes: tuple[int, ...]
    colours: Mapping[int, tuple[object, ...]]
    links: tuple[Link, ...]

    @property
    def around(self) -> dict[int, list[tuple[str, int]]]:
        """The labelled neighbours of each node."""
        around: dict[int, list[tuple[str, int]]] = {node: [] for node in self.nodes}
        for source, label, target in self.links:
            around[target].append(("<" + label, source))
            around[source].append((">" + label, target))
        return around

    def cells(self) -> dict[int, int]:
        """Of each node a number: the same for those that colours and neighbours don't tell apart."""
        order = sorted(set(self.colours.values()), key=_sortable)
        start = {colour: place for place, colour in enumerate(order)}
        return _refined(self, self.around, {node: start[self.colours[node]] for node in self.nodes})


def sketch_of(trimmed: Trimmed, facts: Facts, content: Content) -> _Sketch | None:
    """An instance as a coloured graph, None if none of its replicas may be relabelled."""
    members, loose = _members(trimmed)
    return _sketch(trimmed, facts, members, loose, content) if loose else None


def unordered(trimmed: Trimmed) -> tuple[tuple[int, ...], ...]:
    """The live nodes of each group whose replicas may be relabelled."""
    members, loose = _members(trimmed)
    return tuple(tuple(found) for name, found in members.items() if name in loose)


def _members(trimmed: Trimmed) -> tuple[dict[str, list[int]], set[str]]:
    """The live nodes of each group, and the groups whose replicas may be relabelled."""
    plan = trimmed.instance.plan
    members: dict[str, list[int]] = {group.name: [] for group in plan.template.groups}
    for node in plan.nodes:
        if node.index in trimmed.live:
            members.setdefault(node.template.group, []).append(node.index)
    loose = {
        group.name for group in plan.template.groups if group.permutable and len(members[group.name]) > 1
    }
    return members, loose


def canonical_order(trimmed: Trimmed, facts: Facts, content: Content) -> Mapping[str, tuple[int, ...]]:
    """Live nodes of each group of an instance in their canonical order.

    A program without choices keeps the order in which it is written: nothing else in its space is isomorphic
    to it, and what was put in order before stays so.
    """
    members, loose = _members(trimmed)
    if not loose or not facts.space.choices:
        return {name: tuple(found) for name, found in members.items()}
    ranks = _ranks(_sketch(trimmed, facts, members, loose, content))
    return {name: tuple(sorted(found, key=lambda node: ranks[node])) for name, found in members.items()}


def _sketch(
    trimmed: Trimmed, facts: Facts, members: Mapping[str, Sequence[int]], loose: set[str], content: Content
) -> _Sketch:
    plan = trimmed.instance.plan
    here = {
        plan.nodes[place].template.id: NodeRef(id=plan.nodes[place].template.id) for place in trimmed.live
    }
    shape = _Shape(Scope(facts, plan, None, dict(here), {}), plan, loose)
    links: list[Link] = []
    notes: dict[int, list[str]] = {place: [] for place in trimmed.live}
    for place in sorted(trimmed.live):
        alt = trimmed.instance.picks[place]
        for port, wire in alt.wires.items():
            if port in trimmed.read[place]:
                text, refs = shape.of(wire)
                links += [(ref, f"{port} {path}", place) for path, ref in refs]
                notes[place].append(f"{port}={text}")
        text, refs = shape.of(plan.nodes[place].template.guard)
        links += [(ref, f"when {path}", place) for path, ref in refs]
        notes[place].append(f"when={text}")
    for index in trimmed.edges:
        edge = plan.edges[index]
        port = edge.ports[trimmed.instance.picks[edge.target].template.key]
        guard, refs = shape.of(edge.template.guard)
        links += [(ref, f"{port} when {path}", edge.target) for path, ref in refs]
        if edge.source is None:
            notes[edge.target].append(f"{port}<-{shape.of(edge.template.source)[0]} {guard}")
        else:
            links.append((edge.source, f"{port} {guard}", edge.target))
    links = [link for link in dict.fromkeys(links) if link[0] in trimmed.live]
    levels = _levels(plan, trimmed, links)
    rank = {name: place for place, name in enumerate(members)}
    colours: dict[int, tuple[object, ...]] = {}
    for name, found in members.items():
        for place in found:
            if name in loose:
                written = _written(trimmed, shape, place, notes[place], content)
                colours[place] = (rank[name], levels[place], *written)
            else:
                colours[place] = (rank[name], plan.nodes[place].index)
    return _Sketch(tuple(sorted(trimmed.live)), colours, tuple(links))


def _written(
    trimmed: Trimmed, shape: _Shape, place: int, notes: Sequence[str], content: Content
) -> tuple[object, ...]:
    """What, model, options, and the rest of what a node is, comparable; of a graph, what is in it."""
    instance = trimmed.instance
    if place in trimmed.children:
        return (content(trimmed.children[place]), tuple(sorted(notes)))
    template = instance.picks[place].template
    fields = ";".join(f"{name}={shape.of(value)[0]}" for name, value in template.fields)
    return (template.what, instance.models.get(place, ""), fields, tuple(sorted(notes)))


def _levels(plan: GraphPlan, trimmed: Trimmed, links: Sequence[Link]) -> dict[int, int]:
    before: dict[int, list[int]] = {}
    for source, _, target in links:
        before.setdefault(target, []).append(source)
    levels: dict[int, int] = {}
    for place in trimmed.instance.order:
        if place in trimmed.live:
            levels[place] = 1 + max((levels[source] for source in before.get(place, ())), default=-1)
    return levels


@dataclass(frozen=True, slots=True)
class _Shape:
    """Texts of expressions with static parts evaluated and nodes left blank; nodes with their position.

    Members of a group that may be relabelled have no position in a list: they stand in the group's order.
    """

    scope: Scope
    plan: GraphPlan
    loose: set[str]

    def of(self, expr: Expr | None) -> tuple[str, list[tuple[str, int]]]:
        """Both of an expression as it stands in the candidate, without nodes that are not there."""
        folded = self.scope.fold(expr)
        return ("", []) if folded is None else (self.text(folded), list(self.refs(folded)))

    def text(self, expr: Expr) -> str:
        match expr:
            case NodeRef():
                return "@"
            case Const():
                return repr(expr.value)
            case ChoiceRef() | Is() | ModelOf():
                raise ValueError(f"not decided: {expr!r}")
            case ModelName() | WhatName():
                return expr.name
            case Input():
                # its own path would tell replicas of an instance apart
                own = expr.instance == self.plan.template.path
                return f"{'' if own else expr.instance}.{expr.port}"
            case ListOf():
                kept = [item for item in expr.items if not self._relabelled(item)]
                return "[" + ",".join(self.text(item) for item in kept) + "]"
            case Op():
                return f"{expr.op}(" + ",".join(self.text(arg) for arg in expr.args) + ")"
            case Fn():
                named = [f"{name}:{self.text(value)}" for name, value in expr.named]
                return f"{expr.fn}(" + ",".join([*map(self.text, expr.args), *named]) + ")"

    def refs(self, expr: Expr, path: str = "") -> Iterator[tuple[str, int]]:
        match expr:
            case NodeRef():
                if expr.id in self.plan.index:
                    yield path, self.plan.index[expr.id]
            case ListOf():
                for place, item in enumerate(expr.items):
                    yield from self.refs(item, f"{path}*" if self._relabelled(item) else f"{path}.{place}")
            case Op():
                for place, arg in enumerate(expr.args):
                    yield from self.refs(arg, f"{path}.{place}")
            case Fn():
                for place, arg in enumerate((*expr.args, *(value for _, value in expr.named))):
                    yield from self.refs(arg, f"{path}.{place}")
            case _:
                pass

    def _relabelled(self, item: Expr) -> bool:
        if not isinstance(item, NodeRef) or item.id not in self.plan.index:
            return False
        return self.plan.nodes[self.plan.index[item.id]].template.group in self.loose


# ------------------------------------------------------------------ canonical labelling


def _ranks(sketch: _Sketch) -> dict[int, int]:
    """A place for each node, the same for isomorphic sketches."""
    around, cells = sketch.around, sketch.cells()
    return _search(sketch, around, cells)


def _sortable(colour: tuple[object, ...]) -> tuple[object, ...]:
    return tuple(part if isinstance(part, int) else repr(part) for part in colour)


def _refined(
    sketch: _Sketch, around: Mapping[int, Sequence[tuple[str, int]]], cells: dict[int, int]
) -> dict[int, int]:
    """Split cells by the cells of neighbours until stable; the order of cells is kept."""
    count = len(set(cells.values()))
    while count < len(sketch.nodes):
        signatures = {
            node: (cells[node], tuple(sorted((label, cells[other]) for label, other in around[node])))
            for node in sketch.nodes
        }
        order = {signature: place for place, signature in enumerate(sorted(set(signatures.values())))}
        cells = {node: order[signatures[node]] for node in sketch.nodes}
        if len(order) == count:
            break
        count = len(order)
    return cells


def _ambiguous(sketch: _Sketch, cells: Mapping[int, int]) -> list[int]:
    """The first cell that holds several nodes."""
    by_cell: dict[int, list[int]] = {}
    for node in sketch.nodes:
        by_cell.setdefault(cells[node], []).append(node)
    for cell in sorted(by_cell):
        if len(by_cell[cell]) > 1:
            return by_cell[cell]
    return []


def _singled(
    sketch: _Sketch, around: Mapping[int, Sequence[tuple[str, int]]], cells: Mapping[int, int], node: int
) -> dict[int, int]:
    """Cells with one node put before the others of its cell."""
    doubled = {other: 2 * cell for other, cell in cells.items()}
    doubled[node] -= 1
    return _refined(sketch, around, doubled)


def _search(
    sketch: _Sketch, around: Mapping[int, Sequence[tuple[str, int]]], cells: dict[int, int]
) -> dict[int, int]:
    cells = _without_twins(sketch, around, cells)
    members = _ambiguous(sketch, cells)
    if not members:
        return cells
    best = _search(sketch, around, _singled(sketch, around, cells, members[0]))
    best_form = _certificate(sketch, best)
    seen = {_certificate(sketch, _greedy(sketch, around, cells, members[0]))}
    for node in members[1:]:
        # the same certificate on the same path means an automorphism that maps one node to the other
        form = _certificate(sketch, _greedy(sketch, around, cells, node))
        if form in seen:
            continue
        seen.add(form)
        found = _search(sketch, around, _singled(sketch, around, cells, node))
        found_form = _certificate(sketch, found)
        if found_form < best_form:
            best, best_form = found, found_form
    return best


def _without_twins(
    sketch: _Sketch, around: Mapping[int, Sequence[tuple[str, int]]], cells: dict[int, int]
) -> dict[int, int]:
    """Cells whose members all have the same neighbours split at once: any order gives the same graph."""
    by_cell: dict[int, list[int]] = {}
    for node in sketch.nodes:
        by_cell.setdefault(cells[node], []).append(node)
    split: dict[int, int] = {}
    size = len(sketch.nodes)
    for cell, members in by_cell.items():
        twins = len(members) == 1 or len({tuple(sorted(around[node])) for node in members}) == 1
        for place, node in enumerate(members):
            split[node] = size * cell + (place if twins else 0)
    return split


def _greedy(
    sketch: _Sketch, around: Mapping[int, Sequence[tuple[str, int]]], cells: dict[int, int], node: int
) -> dict[int, int]:
    """The labelling that singles out a node and then always the first one."""
    cells = _without_twins(sketch, around, _singled(sketch, around, cells, node))
    while members := _ambiguous(sketch, cells):
        cells = _without_twins(sketch, around, _singled(sketch, around, cells, members[0]))
    return cells


def _certificate(sketch: _Sketch, ranks: Mapping[int, int]) -> tuple[tuple[object, ...], ...]:
    """The sketch written by rank: colours, then edges."""
    place = {node: order for order, node in enumerate(sorted(sketch.nodes, key=lambda node: ranks[node]))}
    colours = sorted((place[node], _sortable(sketch.colours[node])) for node in sketch.nodes)
    links = sorted((place[source], label, place[target]) for source, label, target in sketch.links)
    return (tuple(colours), tuple(links))
