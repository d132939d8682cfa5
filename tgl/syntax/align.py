"""Lines made of cells, and the columns that neighbouring lines share.

Some columns are always shared within a paragraph (settings' values, the `:` of nodes, the `=` of one kind of
statement, arrows of edges, braces of `use`). All others are shared iff the author has shared them, that is,
put more than one blank before the cell in some line. Aligned text shows that it is, so formatting it again
changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tgl.syntax.layout import Note

ALWAYS = frozenset({"value", "use{", "->1", "edge:when", "edge:if"})

# From left to right, since a column moves those behind it.
ORDER = (
    *("value", "use{", "sep", "->1", "->2", "->3", "edge:when", "edge:if"),
    *("on", "batch", "when", "if", "then", "{", *(f"block{at}" for at in range(1, 12))),
)

# A comment further to the right than this is brought back.
LAST_NOTE_COLUMN = 100


@dataclass(slots=True)
class Cell:
    """A word as printed, `space` blanks behind the one before.

    `anchor` names the column that the cell may begin; `kind` tells which lines share it. `padded` and
    `column` say how it stands in the source.
    """

    text: str
    space: int
    anchor: str = ""
    kind: str = ""
    padded: bool = False
    column: int = 0


@dataclass(slots=True)
class Line:
    """A printed line. `under` is a cell of an earlier line; the second cell of this one stands below it."""

    indent: int
    cells: list[Cell] = field(default_factory=list[Cell])
    note: Note | None = None
    under: tuple[Line, int] | None = None

    def start(self) -> int:
        """The column at which the line begins."""
        if self.under is None:
            return self.indent
        line, cell = self.under
        return max(line.offset(cell) - len(self.cells[0].text) - 1, self.indent)

    def offset(self, cell: int) -> int:
        """The column at which a cell begins; that of its last line if those before it hold several."""
        before = "".join(" " * entry.space + entry.text for entry in self.cells[:cell])
        here = self.cells[cell].space if cell < len(self.cells) else 0
        if "\n" in before:
            return len(before) - before.rfind("\n") - 1 + here
        return self.start() + len(before) + here

    def width(self) -> int:
        """Columns up to the end, without the comment."""
        return self.offset(len(self.cells))

    def text(self, note_column: int = 0) -> str:
        """The line as printed, its comment at a column."""
        code = self.code()
        if self.note is None:
            return code
        if not self.cells:
            return " " * self.indent + self.note.text
        return code + " " * max(note_column - self.width(), 2) + self.note.text

    def longest(self) -> int:
        """Width of the line, or of the longer of its first and last where a cell is a text of several."""
        first, *rest = self.code().split("\n")
        return max(len(first), len(rest[-1]) if rest else 0)

    def code(self) -> str:
        return " " * self.start() + "".join(" " * cell.space + cell.text for cell in self.cells)


def aligned(lines: Sequence[Line]) -> str:
    """A paragraph as text, its columns and comments aligned; each line ends in a line end."""
    for anchor in ORDER:
        entries = [
            (line, at) for line in lines for at, cell in enumerate(line.cells) if cell.anchor == anchor
        ]
        for shared in together(anchor, entries):
            share(shared)
    column = note_column([line for line in lines if line.note is not None and line.cells])
    return "".join(line.text(column) + "\n" for line in lines)


def together(anchor: str, entries: Sequence[tuple[Line, int]]) -> Iterable[Sequence[tuple[Line, int]]]:
    """Which of the cells with one anchor share a column."""
    cells = [line.cells[at] for line, at in entries]
    if anchor == "sep":
        kinds = dict.fromkeys(cell.kind for cell in cells)
        one_column = len({cell.column for cell in cells}) == 1 and any(cell.padded for cell in cells)
        if one_column or len(kinds) == 1:
            return [entries]
        return [[entry for entry in entries if entry[0].cells[entry[1]].kind == kind] for kind in kinds]
    groups = [
        [entry for entry in entries if entry[0].cells[entry[1]].kind == kind]
        for kind in dict.fromkeys(cell.kind for cell in cells)
    ]
    return [group for group in groups if anchor in ALWAYS or any(line.cells[at].padded for line, at in group)]


def share(entries: Sequence[tuple[Line, int]]) -> None:
    """Move the cells of a column to the right as far as the furthest of them."""
    furthest = max((line.offset(at) for line, at in entries), default=0)
    for line, at in entries:
        line.cells[at].space += furthest - line.offset(at)


def note_column(lines: Sequence[Line]) -> int:
    """Where the comments of a paragraph begin: where they all are if that fits, else as near as possible."""
    least = max((line.width() for line in lines), default=0) + 2
    columns = {line.note.column for line in lines if line.note is not None}
    column = min(columns, default=0)
    return column if len(columns) == 1 and least <= column <= LAST_NOTE_COLUMN else least
