"""Where rows of boxes stand, and the ways of the wires between them: the second half of layered drawing.

In turn each row is put as near as can be, by least squares, to the middle of its neighbours without boxes
coming closer than `GAP`. That is an isotonic regression, so pooling adjacent violators solves it exactly
(Barlow et al. 1972, Statistical inference under order restrictions, section 1.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tgl.drawing.order import Rows, Wire, rows_of

Point = tuple[float, float]
Size = tuple[float, float]
GAP = 26.0
"""Pixels between two boxes of a row."""
BEND_GAP = 12.0
ROW_GAP = 46.0
LANE = 14.0
PASSES = 10


@dataclass(frozen=True, slots=True)
class Layout:
    """Upper left corners of the nodes, the corners of each wire from source to target, and the size."""

    corners: tuple[Point, ...]
    ways: tuple[tuple[Point, ...], ...]
    width: float
    height: float


def layout(sizes: Sequence[Size], wires: Sequence[Wire], *, up: frozenset[int] = frozenset()) -> Layout:
    """Places for nodes of given sizes; no two overlap, and no wire runs through a node.

    Determinism: pure.
    """
    count = len(sizes)
    found = rows_of(count, wires, up=up)
    bends = sum(len(row) for row in found.rows) - count
    widths = [size[0] for size in sizes] + [0.0] * bends
    middles = spread(found, widths, count)
    left = min((middles[node] - widths[node] / 2 for node in range(len(middles))), default=0.0)
    middles = [middle - left for middle in middles]
    tops: list[float] = []
    bottoms: list[float] = []
    y = 0.0
    for row in found.rows:
        tops.append(y)
        y += max((sizes[node][1] for node in row if node < count), default=0.0)
        bottoms.append(y)
        y += ROW_GAP
    level = {node: at for at, row in enumerate(found.rows) for node in row}
    corners = tuple((middles[node] - widths[node] / 2, tops[level[node]]) for node in range(count))
    right = max((middles[node] + widths[node] / 2 for node in range(len(middles))), default=0.0)
    lanes = {place: k for k, place in enumerate(k for k, chain in enumerate(found.chains) if chain is None)}
    ports = port_places(sizes, middles, wires, found, level)
    ways: list[tuple[Point, ...]] = []
    for place, (source, target) in enumerate(wires):
        out, into = ports[place]
        start = (out, corners[source][1] + sizes[source][1])
        end = (into, corners[target][1])
        chain = found.chains[place]
        if chain is not None:
            inner = [
                (middles[bend], y) for bend in chain[1:-1] for y in (tops[level[bend]], bottoms[level[bend]])
            ]
            ways.append((start, (out, bottoms[level[source]]), *inner, end))
            continue
        lane = right + LANE * (1 + lanes[place] % 12)
        low = bottoms[level[source]] + ROW_GAP * 0.3
        high = tops[level[target]] - ROW_GAP * 0.3
        ways.append((start, (out, low), (lane, low), (lane, high), (into, high), end))
    around = [x for way in ways for x, _ in way]
    levels = [y for way in ways for _, y in way]
    low_edge = min([0.0, *levels])
    height = max([max(bottoms, default=0.0), *levels]) - low_edge
    shift = -low_edge
    return Layout(
        tuple((x, y + shift) for x, y in corners),
        tuple(tuple((x, y + shift) for x, y in way) for way in ways),
        max([right, *around]),
        height,
    )


def spread(rows: Rows, widths: Sequence[float], count: int) -> list[float]:
    """The middle of each node and bend."""
    beside: list[list[int]] = [[] for _ in widths]
    up: list[list[int]] = [[] for _ in widths]
    for chain in rows.chains:
        for upper, lower in zip(chain or (), (chain or ())[1:], strict=False):
            beside[upper].append(lower)
            up[lower].append(upper)
    middles = [0.0] * len(widths)
    for row in rows.rows:
        x = 0.0
        for node in row:
            middles[node] = x + widths[node] / 2
            x += widths[node] + (GAP if node < count else BEND_GAP)
        for node in row:
            middles[node] -= x / 2
    for turn in range(PASSES):
        down = turn % 2 == 0
        for row in rows.rows if down else reversed(rows.rows):
            wanted: list[float] = []
            weights: list[float] = []
            for node in row:
                near = (up[node] or beside[node]) if down else (beside[node] or up[node])
                if turn >= PASSES - 2:
                    near = [*up[node], *beside[node]]
                beside_it = wanted[-1] if wanted else middles[node]
                wanted.append(sum(middles[other] for other in near) / len(near) if near else beside_it)
                weights.append((1.0 if node < count else 2.0) if near else 1e-6)
            for node, middle in zip(row, kept_apart(row, wanted, weights, widths, count), strict=True):
                middles[node] = middle
    return middles


def kept_apart(
    row: Sequence[int],
    wanted: Sequence[float],
    weights: Sequence[float],
    widths: Sequence[float],
    count: int,
) -> list[float]:
    """The middles nearest to those wanted, in order and far enough from each other."""
    shifts: list[float] = []
    shift = 0.0
    for place, node in enumerate(row):
        if place:
            before = row[place - 1]
            gap = GAP if node < count and before < count else BEND_GAP
            shift += widths[before] / 2 + gap + widths[node] / 2
        shifts.append(shift)
    pools: list[tuple[float, float, int]] = []  # mean, weight, size
    for want, weight, shift in zip(wanted, weights, shifts, strict=True):
        pool = (want - shift, weight, 1)
        while pools and pools[-1][0] > pool[0]:
            before = pools.pop()
            total = before[1] + pool[1]
            pool = ((before[0] * before[1] + pool[0] * pool[1]) / total, total, before[2] + pool[2])
        pools.append(pool)
    means = [mean for mean, _, size in pools for _ in range(size)]
    return [mean + shift for mean, shift in zip(means, shifts, strict=True)]


def port_places(
    sizes: Sequence[Size],
    middles: Sequence[float],
    wires: Sequence[Wire],
    rows: Rows,
    level: dict[int, int],
) -> list[tuple[float, float]]:
    """Where each wire leaves its source and reaches its target: in the order of the other ends."""
    leaving: dict[int, list[tuple[float, int]]] = {}
    reaching: dict[int, list[tuple[float, int]]] = {}
    for place, (source, target) in enumerate(wires):
        chain = rows.chains[place]
        after = middles[chain[1]] if chain else float("inf")
        before = middles[chain[-2]] if chain else float("inf")
        leaving.setdefault(source, []).append((after, place))
        reaching.setdefault(target, []).append((before, place))
    found = [[0.0, 0.0] for _ in wires]
    for side, ends in enumerate((leaving, reaching)):
        for node, places in ends.items():
            room = min(sizes[node][0] * 0.6, 18.0 * (len(places) - 1))
            step = room / (len(places) - 1) if len(places) > 1 else 0.0
            for k, (_, place) in enumerate(sorted(places)):
                found[place][side] = middles[node] - room / 2 + step * k
    return [(out, into) for out, into in found]
