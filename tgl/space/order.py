"""The order of a graph's nodes, and the knots in it: nodes that acyclic edges may join either way round."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Sequence

from tgl.space.errors import StaticCycle


def topological(names: Sequence[str], sources: Sequence[Collection[int]]) -> tuple[int, ...]:
    """Nodes after all their sources; ties in declaration order.

    Raises:
        StaticCycle: if nodes feed each other.
    """
    waiting = [len(before) for before in sources]
    after: list[list[int]] = [[] for _ in sources]
    for place, before in enumerate(sources):
        for source in before:
            after[source].append(place)
    ready = [place for place, count in enumerate(waiting) if count == 0]
    order: list[int] = []
    while ready:
        place = heapq.heappop(ready)
        order.append(place)
        for target in after[place]:
            waiting[target] -= 1
            if waiting[target] == 0:
                heapq.heappush(ready, target)
    if len(order) < len(sources):
        raise StaticCycle(tuple(names[place] for place, count in enumerate(waiting) if count > 0))
    return tuple(order)


def blocks(
    names: Sequence[str], sources: Sequence[Collection[int]], loose: Sequence[Collection[int]]
) -> tuple[tuple[int, ...], ...]:
    """The nodes in blocks, each after those that may feed it; a block of several is a knot.

    Args:
        names: ids, for errors.
        sources: of each node, what may feed it whatever else does.
        loose: of each node, what may feed it by an acyclic edge.

    Returns:
        Within a knot, nodes stand after their `sources`.

    Raises:
        StaticCycle: if `sources` alone form a circle.
    """
    order = topological(names, sources)
    if not any(loose):
        return tuple((place,) for place in order)
    knots = _knots([{*always, *may} for always, may in zip(sources, loose, strict=True)])
    rank = {place: k for k, place in enumerate(order)}
    members: dict[int, list[int]] = {}
    for place in order:
        members.setdefault(knots[place], []).append(place)
    first = sorted(members, key=lambda knot: min(rank[place] for place in members[knot]))
    number = {knot: k for k, knot in enumerate(first)}
    before: list[set[int]] = [set() for _ in first]
    for place, knot in enumerate(knots):
        for source in (*sources[place], *loose[place]):
            if knots[source] != knot:
                before[number[knot]].add(number[knots[source]])
    return tuple(tuple(members[first[k]]) for k in topological([str(k) for k in first], before))


def _knots(sources: Sequence[Collection[int]]) -> list[int]:
    """Of each node, a number that it shares with those that it feeds and is fed by (Tarjan 1972)."""
    found = [-1] * len(sources)
    low = [0] * len(sources)
    seen: dict[int, int] = {}
    open_nodes: list[int] = []
    for root in range(len(sources)):
        if root in seen:
            continue
        stack = [(root, iter(sources[root]))]
        seen[root] = low[root] = len(seen)
        open_nodes.append(root)
        while stack:
            place, rest = stack[-1]
            source = next(rest, None)
            if source is None:
                stack.pop()
                if stack:
                    low[stack[-1][0]] = min(low[stack[-1][0]], low[place])
                if low[place] == seen[place]:
                    while True:
                        member = open_nodes.pop()
                        found[member] = place
                        if member == place:
                            break
            elif source not in seen:
                seen[source] = low[source] = len(seen)
                open_nodes.append(source)
                stack.append((source, iter(sources[source])))
            elif found[source] < 0:
                low[place] = min(low[place], seen[source])
    return found
