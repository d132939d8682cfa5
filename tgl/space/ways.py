"""Which nodes may run together under a limit, nested instances looked into.

Guards that ask different values of one given field exclude each other, also where an instance is handed the
field under another name. Only the dearest route has to fit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from tgl.ir import Input
from tgl.space.draws import Allowed
from tgl.space.facts import Facts
from tgl.space.plan import AltPlan, GraphPlan, NodePlan
from tgl.space.routes import Guarded, Route, guarded, routes

Names = Mapping[str, str | None]
"""The given field that arrives at each port of an instance, None for something else; not what is open."""


@dataclass(frozen=True, slots=True)
class Asking:
    """The guards of an instance that ask given fields, by node; `inside`: whether these or nested ones do."""

    guards: tuple[tuple[int, Guarded], ...]
    inside: bool


@lru_cache(maxsize=512)
def asking(graph: GraphPlan) -> Asking:
    """The guards of an instance that ask given fields, or what may be one."""
    found = [(node.index, guarded(node.template.guard)) for node in graph.nodes]
    guards = tuple((place, guard) for place, guard in found if guard.conditions)
    inner = (alt.inner for node in graph.nodes for alt in node.alternatives.values())
    return Asking(guards, bool(guards) or any(asking(one).inside for one in inner if one is not None))


@lru_cache(maxsize=64)
def ways_of(root: GraphPlan) -> tuple[Route, ...]:
    """The routes of a program of which none is surely cheaper than another."""
    fields = {port.name: frozenset((port.name,)) for port in root.template.ports}
    guards = [*_guards(root, fields)]
    ways = [
        (frozenset(at for at, one in enumerate(guards) if not one.may_run(way)), way)
        for way in routes(guards)
    ]
    closed = dict(reversed(ways))
    # a combination on which more is closed costs no more
    kept = [shut for shut in closed if not any(other < shut for other in closed)]
    return tuple(closed[shut] for shut in sorted(kept, key=sorted))


def _guards(graph: GraphPlan, fields: Mapping[str, frozenset[str]]) -> Iterator[Guarded]:
    """The guards of an instance and of those in it, by each given field that may arrive at their ports."""
    for _, guard in asking(graph).guards:
        for port, items in guard.conditions.items():
            for name in sorted(fields.get(port, ())):
                yield Guarded({name: items}, only=False)
    for node in graph.nodes:
        for alt in node.alternatives.values():
            if alt.inner is not None and asking(alt.inner).inside:
                found: dict[str, frozenset[str]] = {}
                sources = [*alt.wires.items()]
                for edge in graph.into[node.index]:
                    if alt.template.key in edge.ports:
                        sources.append((edge.ports[alt.template.key], edge.template.source))
                for port, source in sources:
                    if isinstance(source, Input):
                        found[port] = found.get(port, frozenset()) | fields.get(source.port, frozenset())
                yield from _guards(alt.inner, found)


def names_of(facts: Facts, graph: GraphPlan, node: NodePlan, alt: AltPlan, outer: Names) -> Names:
    """What arrives at the ports of a nested instance, as far as it is decided."""
    found: dict[str, str | None] = {}
    for port in alt.template.ports:
        edges = [edge for edge in graph.into[node.index] if edge.ports.get(alt.template.key) == port.name]
        states = [facts.state(graph, edge) for edge in edges]
        if port.is_list:
            found[port.name] = None
            continue
        if None in states:
            continue
        on = [edge.template.source for edge, state in zip(edges, states, strict=True) if state]
        source = on[0] if on else alt.wires.get(port.name)
        if not isinstance(source, Input):
            found[port.name] = None
        elif source.port in outer:
            found[port.name] = outer[source.port]
    return found


def shut_on(graph: GraphPlan, way: Route, names: Names) -> frozenset[int]:
    """The nodes of an instance that do not run on a route, or of which that is not known yet."""
    shut: set[int] = set()
    for place, guard in asking(graph).guards:
        known: dict[str, list[Allowed]] = {}
        for port, items in guard.conditions.items():
            name = names.get(port)
            if name is not None:
                known.setdefault(name, []).extend(items)
        if any(port not in names for port in guard.conditions) or not Guarded(known, only=False).may_run(way):
            shut.add(place)
    return frozenset(shut)
