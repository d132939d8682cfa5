"""Rows and the order in each: the first half of layered drawing.

Sugiyama, Tagawa, Toda (1981), IEEE Trans. SMC 11(2): nodes in rows so that wires go down, wires over several
rows cut by a bend in each row between, and each row sorted by the mean place of its neighbours, up and down
again. Differs: a row of more than `MOST_IN_ROW` nodes is broken into several, so that it stays legible.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

Wire = tuple[int, int]
MOST_IN_ROW = 12
MOST_BENDS = 4000
"""Beyond this many bends, wires over several rows go around at the side."""
SWEEPS = 8


@dataclass(frozen=True, slots=True)
class Rows:
    """Nodes 0..n-1 and bends n.. in rows, each row in order from left to right.

    `chains` holds for each wire the nodes and bends that it goes through, from the top down; None for one
    that goes around at the side, since it leads up or there are too many.
    """

    rows: tuple[tuple[int, ...], ...]
    chains: tuple[tuple[int, ...] | None, ...]


def rows_of(count: int, wires: Sequence[Wire], *, up: frozenset[int] = frozenset()) -> Rows:
    """Rows for a graph.

    Args:
        count: number of nodes.
        wires: source and target of each wire.
        up: places in `wires` of those that lead back; those that close a circle are found besides.

    Complexity: O((n + bends) log n) a sweep. Determinism: pure.
    """
    up = up | closing(count, wires, up)
    down = [(wire, place) for place, wire in enumerate(wires) if place not in up and wire[0] != wire[1]]
    level = broken_rows(levels(count, [wire for wire, _ in down]), [wire for wire, _ in down])
    bends = sum(level[target] - level[source] - 1 for (source, target), _ in down)
    chains: list[tuple[int, ...] | None] = [None] * len(wires)
    members: list[list[int]] = [[] for _ in range(max(level, default=-1) + 1)]
    for node in range(count):
        members[level[node]].append(node)
    made = count
    for (source, target), place in down:
        long = level[target] - level[source] > 1
        if long and bends > MOST_BENDS:
            continue
        chain = [source]
        for row in range(level[source] + 1, level[target]):
            members[row].append(made)
            chain.append(made)
            made += 1
        chains[place] = (*chain, target)
    return Rows(sorted_rows(members, [chain for chain in chains if chain is not None]), tuple(chains))


def closing(count: int, wires: Sequence[Wire], up: frozenset[int]) -> frozenset[int]:
    """Wires that close a circle, found depth first in the order of the nodes."""
    leaving: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    for place, (source, target) in enumerate(wires):
        if place not in up:
            leaving[source].append((target, place))
    state = [0] * count
    found: set[int] = set()
    for start in range(count):
        if state[start]:
            continue
        stack = [(start, iter(leaving[start]))]
        state[start] = 1
        while stack:
            node, rest = stack[-1]
            for target, place in rest:
                if state[target] == 1:
                    found.add(place)
                elif state[target] == 0:
                    state[target] = 1
                    stack.append((target, iter(leaving[target])))
                    break
            else:
                state[node] = 2
                stack.pop()
    return frozenset(found)


def levels(count: int, wires: Sequence[Wire]) -> list[int]:
    """The longest way to each node; what nothing leads to stands right above its first reader."""
    waiting = [0] * count
    leaving: list[list[int]] = [[] for _ in range(count)]
    for source, target in wires:
        waiting[target] += 1
        leaving[source].append(target)
    sources = [node for node in range(count) if not waiting[node]]
    level = [0] * count
    free = sources.copy()
    for node in free:
        for target in leaving[node]:
            level[target] = max(level[target], level[node] + 1)
            waiting[target] -= 1
            if not waiting[target]:
                free.append(target)
    for node in sources:
        if leaving[node]:
            level[node] = min(level[target] for target in leaving[node]) - 1
    return level


def broken_rows(level: Sequence[int], wires: Sequence[Wire]) -> list[int]:
    """Levels with wide rows broken into several: nodes that lead to earlier ones below go first."""
    first: dict[int, int] = {}
    for source, target in wires:
        first[source] = min(first.get(source, target), target)
    by_level: dict[int, list[int]] = {}
    for node, at in enumerate(level):
        by_level.setdefault(at, []).append(node)
    found = [0] * len(level)
    row = 0
    for at in sorted(by_level):
        nodes = sorted(by_level[at], key=lambda node: (first.get(node, len(level)), node))
        parts = -(-len(nodes) // MOST_IN_ROW)
        size = -(-len(nodes) // parts)
        for place, node in enumerate(nodes):
            found[node] = row + place // size
        row += parts
    return found


def sorted_rows(
    members: Sequence[Sequence[int]], chains: Sequence[Sequence[int]]
) -> tuple[tuple[int, ...], ...]:
    """Each row in an order with few crossings."""
    above: dict[int, list[int]] = {}
    below: dict[int, list[int]] = {}
    for chain in chains:
        for upper, lower in pairwise(chain):
            below.setdefault(upper, []).append(lower)
            above.setdefault(lower, []).append(upper)
    rows = [list(row) for row in members]
    best, fewest = [row.copy() for row in rows], crossings(rows, below)
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        for at in range(1, len(rows)) if down else range(len(rows) - 2, -1, -1):
            fixed = {node: place for place, node in enumerate(rows[at - 1 if down else at + 1])}
            beside = above if down else below
            own = {node: place for place, node in enumerate(rows[at])}
            rows[at].sort(key=lambda node: (mean(beside.get(node, ()), fixed, own[node]), own[node]))
        count = crossings(rows, below)
        if count < fewest:
            best, fewest = [row.copy() for row in rows], count
    return tuple(tuple(row) for row in best)


def mean(nodes: Sequence[int], places: dict[int, int], own: int) -> float:
    """The mean place of neighbours, a node's own if it has none."""
    return sum(places[node] for node in nodes) / len(nodes) if nodes else float(own)


def crossings(rows: Sequence[Sequence[int]], below: dict[int, list[int]]) -> int:
    """How many pairs of wires between neighbouring rows cross."""
    count = 0
    for upper, lower in pairwise(rows):
        place = {node: k for k, node in enumerate(lower)}
        seen: list[int] = []
        for node in upper:
            ends = sorted(place[target] for target in below.get(node, ()))
            for end in ends:
                count += len(seen) - bisect_left(seen, end + 1)
            for end in ends:
                insort(seen, end)
    return count
