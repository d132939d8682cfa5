"""What is drawn, whatever draws it: boxes in frames, and links between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

BoxKind: TypeAlias = Literal["input", "call", "function", "output", "note"]


@dataclass(frozen=True, slots=True)
class Box:
    """A box with a title and lines of text; `chances` are those of its choices. It stands in `frame`."""

    id: str
    kind: BoxKind
    title: str
    lines: tuple[str, ...] = ()
    chances: tuple[str, ...] = ()
    frame: str | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """A graph inside a graph, a loop or a map: its own title and lines above what it holds."""

    id: str
    title: str
    lines: tuple[str, ...] = ()
    chances: tuple[str, ...] = ()
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A wire between boxes or frames.

    `chance`: the search decides whether it is there. `back`: it leads into the next round of a loop.
    """

    source: str
    target: str
    label: tuple[str, ...] = ()
    chance: bool = False
    back: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """All of it, in the order of the program. Ids of boxes and frames are unique together."""

    title: str
    description: str
    boxes: tuple[Box, ...]
    frames: tuple[Frame, ...]
    links: tuple[Link, ...]
