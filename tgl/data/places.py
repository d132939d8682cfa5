"""Where a row stands in the files that it was read from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from tgl.diagnostics import Label
from tgl.text import SourceFile, Span

Unit: TypeAlias = Literal["line", "row", "file"]


NOWHERE = Span(0, 0)


@dataclass(frozen=True, slots=True)
class RowPlace:
    """The place of a row.

    Args:
        name: the file's name as the user knows it.
        number: of the line on which the row begins, or of the row among those of its file, from 1.
        unit: what is counted; a `file` is one row.
        source: the file's text, None for a format that is no text.
        span: of the row in it, the line end excluded.
    """

    name: str
    number: int
    unit: Unit
    source: SourceFile | None = None
    span: Span = NOWHERE

    @property
    def words(self) -> str:
        """The place in words."""
        return f"`{self.name}`" if self.unit == "file" else f"{self.unit} {self.number} of `{self.name}`"

    def label(self, text: str = "") -> Label | None:
        """The row with a few words; None where there is no text to show."""
        return None if self.source is None else Label(self.source, self.span, text)

    def itself(self) -> Label | None:
        """The row, called what it is to a person."""
        return self.label("this line" if self.unit == "line" else "this row")

    def at(self, column: int, text: str = "") -> Label | None:
        """A place in the row, in characters from its start, with a few words."""
        if self.source is None:
            return None
        start = min(self.span.start + column, self.span.end)
        return Label(self.source, Span(start, min(start + 1, self.span.end)), text)

    def more(self, count: int) -> str:
        """How many others have the same problem, in brackets."""
        if count == 0:
            return ""
        return f" (and {count} more {self.unit}{'' if count == 1 else 's'})"
