"""Tokens, and the trees that the parser makes of them."""

from __future__ import annotations

from typing import TypeAlias


class Token(str):
    """A piece of the text. `type` is its terminal; it stands at [start_pos, end_pos), in code points."""

    __slots__ = ("end_pos", "start_pos", "type")

    type: str
    start_pos: int
    end_pos: int

    def __new__(cls, type: str, value: str, start_pos: int = 0, end_pos: int = 0) -> Token:  # noqa: A002
        made = super().__new__(cls, value)
        made.type = type
        made.start_pos = start_pos
        made.end_pos = end_pos
        return made

    def as_type(self, type: str) -> Token:  # noqa: A002
        """The same piece of text as another terminal."""
        return Token(type, str(self), self.start_pos, self.end_pos)

    def __repr__(self) -> str:
        return f"Token({self.type}, {str(self)!r})"


NOT_PLACED = -1


class ParseTree:
    """What one rule of the grammar read.

    It stands at [start, end), `NOT_PLACED` where it holds no token. [outer_start, outer_end) has the
    parentheses too that stood around it and that its rule left out.
    """

    __slots__ = ("children", "data", "end", "outer_end", "outer_start", "start")

    def __init__(self, data: str, children: list[Child]) -> None:
        self.data = data
        self.children = children
        self.start = self.end = self.outer_start = self.outer_end = NOT_PLACED

    def __repr__(self) -> str:
        return f"ParseTree({self.data}, {self.children!r})"


Child: TypeAlias = "ParseTree | Token | None"
"""None: an optional part that is left out."""
