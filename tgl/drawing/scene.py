"""From a picture to places: what a frame holds is laid out inside it, and the frame is one box outside."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from tgl.drawing.picture import Box, Frame, Link, Picture
from tgl.drawing.places import Point, Size, layout

CHAR = 7.9
"""Pixels of one column at a font size of 13: the widest of the usual monospaced fonts has 0.602 of it."""
LINE = 18.0
PAD_X = 12.0
PAD_Y = 9.0
FRAME_PAD = 20.0
MARGIN = 20.0


@dataclass(frozen=True, slots=True)
class Place:
    """A rectangle, in pixels from the upper left of the picture."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Route:
    """The corners of a link, and the place of its label."""

    link: Link
    corners: tuple[Point, ...]
    label: Place | None


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture with all its places, by id; links in the order of the picture."""

    picture: Picture
    places: dict[str, Place]
    routes: tuple[Route, ...]
    width: float
    height: float


def columns(text: str) -> int:
    """How many columns a text takes in a monospaced font."""
    wide = sum(unicodedata.east_asian_width(char) in "WF" or ord(char) > 0x1F000 for char in text)
    return len(text) + wide


def text_size(lines: Sequence[str]) -> Size:
    """The size of lines of text."""
    return max((columns(line) for line in lines), default=0) * CHAR, len(lines) * LINE


def box_lines(box: Box | Frame) -> tuple[str, ...]:
    """All lines of a box or frame from the top down."""
    return (box.title, *box.lines, *box.chances)


def scene_of(picture: Picture) -> Scene:
    """Lay out a picture. Boxes do not overlap, nor do labels, and each text fits into its box.

    Determinism: pure.
    """
    maker = Maker(picture)
    size = maker.inside(None)
    maker.settle(None, MARGIN, MARGIN)
    routes = [maker.routes[place] for place in sorted(maker.routes)]
    return Scene(picture, maker.places, tuple(routes), size[0] + 2 * MARGIN, size[1] + 2 * MARGIN)


@dataclass(slots=True)
class Maker:
    """Places relative to the frame around them first, then in the whole picture."""

    picture: Picture
    parents: dict[str, str | None] = field(default_factory=dict[str, str | None])
    held: dict[str | None, list[str]] = field(default_factory=dict[str | None, list[str]])
    sizes: dict[str, Size] = field(default_factory=dict[str, Size])
    inner: dict[str, Point] = field(default_factory=dict[str, Point])
    local: dict[str | None, list[tuple[int, Route]]] = field(
        default_factory=dict[str | None, list[tuple[int, Route]]]
    )
    places: dict[str, Place] = field(default_factory=dict[str, Place])
    routes: dict[int, Route] = field(default_factory=dict[int, Route])
    by_frame: dict[str | None, list[int]] = field(default_factory=dict[str | None, list[int]])

    def __post_init__(self) -> None:
        for frame in self.picture.frames:
            self.parents[frame.id] = frame.parent
        for box in self.picture.boxes:
            self.parents[box.id] = box.frame
            self.held.setdefault(box.frame, []).append(box.id)
            width, height = text_size(box_lines(box))
            self.sizes[box.id] = (width + 2 * PAD_X, height + 2 * PAD_Y)
        for frame in self.picture.frames:
            self.held.setdefault(frame.parent, []).append(frame.id)
        for place, link in enumerate(self.picture.links):
            ends = self.ends(link)
            if ends is not None:
                self.by_frame.setdefault(self.parents[ends[0]], []).append(place)

    def ends(self, link: Link) -> tuple[str, str] | None:
        """The two things in one frame that a link runs between; None if one holds the other."""
        above = [link.source]
        while (parent := self.parents[above[-1]]) is not None:
            above.append(parent)
        target: str | None = link.target
        while target is not None:
            parent = self.parents[target]
            for source in above:
                if self.parents[source] == parent:
                    return None if source == target else (source, target)
            target = parent
        return None

    def inside(self, frame: str | None) -> Size:
        """Lay out what a frame holds; the size of it."""
        names = self.held.get(frame, [])
        frames = {drawn.id: drawn for drawn in self.picture.frames}
        for name in names:
            if name in frames:
                width, height = self.inside(name)
                head = text_size(box_lines(frames[name]))
                self.sizes[name] = (
                    max(width, head[0]) + 2 * FRAME_PAD,
                    height + head[1] + 2.5 * FRAME_PAD,
                )
        nodes = {name: k for k, name in enumerate(names)}
        sizes = [self.sizes[name] for name in names]
        wires: list[tuple[int, int]] = []
        owners: list[tuple[int, bool]] = []
        up: set[int] = set()
        drawn: set[tuple[object, ...]] = set()
        labels: dict[int, int] = {}
        for place in self.by_frame.get(frame, []):
            link = self.picture.links[place]
            ends = self.ends(link)
            assert ends is not None
            source, target = (nodes[end] for end in ends)
            alike = (source, target, link.chance, link.back, link.label)
            if alike in drawn:
                continue
            drawn.add(alike)
            if link.back:
                up.add(len(wires))
            if link.label and not link.back:
                label = len(sizes)
                labels[place] = label
                width, height = text_size(link.label)
                sizes.append((width + 10.0, height + 4.0))
                wires += [(source, label), (label, target)]
                owners += [(place, False), (place, True)]
            else:
                wires.append((source, target))
                owners.append((place, True))
        found = layout(sizes, wires, up=frozenset(up))
        for name, k in nodes.items():
            self.inner[name] = found.corners[k]
        kept: list[tuple[int, Route]] = []
        begun: tuple[Point, ...] = ()
        for (place, whole), way in zip(owners, found.ways, strict=True):
            if not whole:
                begun = way
                continue
            at: Place | None = None
            if place in labels:
                k = labels[place]
                at = Place(*found.corners[k], *sizes[k])
            kept.append((place, Route(self.picture.links[place], (*begun, *way), at)))
            begun = ()
        self.local[frame] = kept
        return found.width, found.height

    def settle(self, frame: str | None, x: float, y: float) -> None:
        """Put what a frame holds where the frame's inside begins."""
        frames = {drawn.id: drawn for drawn in self.picture.frames}
        for name in self.held.get(frame, []):
            left, top = self.inner[name]
            self.places[name] = Place(x + left, y + top, *self.sizes[name])
            if name in frames:
                head = text_size(box_lines(frames[name]))[1]
                self.settle(name, x + left + FRAME_PAD, y + top + head + 1.5 * FRAME_PAD)
        for place, route in self.local.get(frame, []):
            label = route.label
            self.routes[place] = Route(
                route.link,
                tuple((x + px, y + py) for px, py in route.corners),
                None if label is None else Place(x + label.x, y + label.y, label.width, label.height),
            )
