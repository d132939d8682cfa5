"""A source text and places in it."""

from __future__ import annotations

from dataclasses import dataclass

from tgl.text.frozen import frozen


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Half-open range [start, end) of code-point offsets in one source; 0 <= start <= end."""

    start: int
    end: int


@frozen
class SourceFile:
    """A text with the name that the user knows it by (a path as typed, `<stdin>`, or `std/roles.tgl`)."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A span in a named source: what a side table keeps of a tree node after lowering."""

    source: str
    span: Span
