"""Diagnostics as pictures for a terminal.

    error[E0203]: no model named `gema` in this file
      ┌─ sums.tgl:6:21
    6 │ pool small = [smol, gema]
      │                     ^^^^ not declared; did you mean `gemma`?
      = help: declare it with `model gema { … }`, or use `gemma`

Labels are shown by file and line, the file of the primary one first; a secondary one is underlined with `-`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from tgl.diagnostics.diagnostic import Diagnostic, Label, Severity
from tgl.diagnostics.display import laid_out, shown_text, without_keys
from tgl.text import LineIndex, frozen

# Of a longer line only the part around the mark is shown.
MOST_CELLS = 160

# Characters of a message: names may be of any length.
MOST_WORDS = 600

RESET, BOLD, BLUE = "\x1b[0m", "\x1b[1m", "\x1b[1;34m"
COLORS = {Severity.ERROR: "\x1b[1;31m", Severity.WARNING: "\x1b[1;33m", Severity.NOTE: "\x1b[1;36m"}


@frozen
class Paint:
    """Puts colour on text, or leaves it alone."""

    color: bool
    severity: Severity

    def strong(self, text: str) -> str:
        return self.wrapped(COLORS[self.severity], text)

    def bold(self, text: str) -> str:
        return self.wrapped(BOLD, text)

    def frame(self, text: str) -> str:
        return self.wrapped(BLUE, text)

    def wrapped(self, start: str, text: str) -> str:
        return f"{start}{text}{RESET}" if self.color and text else text


@frozen
class Mark:
    """A label on the line where it begins; columns are 0-based offsets in the line, `end` exclusive."""

    line: int
    start: int
    end: int
    text: str
    primary: bool


def render_text(diagnostic: Diagnostic, *, color: bool = False) -> str:
    """The picture of a diagnostic, without a line end behind it.

    Args:
        diagnostic: what to show.
        color: whether to use ANSI colours. Characters of the source that would act on a terminal are
            always replaced.
    """
    paint = Paint(color, diagnostic.severity)
    heading = paint.strong(f"{diagnostic.severity}[{diagnostic.code}]")
    lines = [heading + paint.bold(f": {one_line(diagnostic.message)}")]
    labels = ([diagnostic.primary] if diagnostic.primary else []) + list(diagnostic.secondary)
    indexes = {label.source.name: LineIndex(label.source.text) for label in reversed(labels)}
    width = max((len(str(place(indexes, label)[0])) for label in labels), default=1)
    for name, index in in_order(labels, indexes):
        here = [label for label in labels if label.source.name == name]
        line, column = place(indexes, here[0])
        lines.append(f"{' ' * width} {paint.frame('┌─')} {shown_text(name)}:{line}:{column}")
        lines += excerpt(index, [mark(index, label, label is labels[0]) for label in here], width, paint)
    pad = " " * width
    for kind, text in [("note", note) for note in diagnostic.notes] + [("help", diagnostic.help)]:
        if text is not None:
            first, *rest = shown_text(text).split("\n")
            lines.append(f"{pad} {paint.frame('=')} {paint.bold(kind)}: {first}")
            lines += [f"{pad}   {' ' * len(kind)}  {line}".rstrip() for line in rest]
    return "\n".join(lines)


def render_texts(diagnostics: Iterable[Diagnostic], *, color: bool = False) -> str:
    """Pictures with an empty line between them, each ending in a line end; empty for no diagnostics."""
    return "\n".join(render_text(diagnostic, color=color) + "\n" for diagnostic in diagnostics)


def one_line(text: str) -> str:
    """Text on one line; of a long one the middle is left out."""
    line = " ".join(shown_text(text).split("\n"))
    return line if len(line) <= MOST_WORDS else f"{line[: MOST_WORDS // 2]} … {line[-MOST_WORDS // 2 :]}"


def place(indexes: dict[str, LineIndex], label: Label) -> tuple[int, int]:
    index = indexes[label.source.name]
    return index.position(min(label.span.start, len(index.text)))


def in_order(labels: Sequence[Label], indexes: dict[str, LineIndex]) -> list[tuple[str, LineIndex]]:
    """Files in the order in which labels name them."""
    return [(name, indexes[name]) for name in dict.fromkeys(label.source.name for label in labels)]


def mark(index: LineIndex, label: Label, primary: bool) -> Mark:
    """Where to underline: what spans several lines is marked up to the end of its first one."""
    start = min(label.span.start, len(index.text))
    line, column = index.position(start)
    length = len(index.line_text(line))
    begin = min(column - 1, length)
    end = min(max(begin + label.span.end - start, begin), length)
    return Mark(line, begin, end, label.text, primary)


def excerpt(index: LineIndex, marks: Sequence[Mark], width: int, paint: Paint) -> list[str]:
    """The marked lines of one file, in order, each followed by its marks."""
    rows: list[str] = []
    last = 0
    for line in sorted({entry.line for entry in marks}):
        here = sorted(
            (entry for entry in marks if entry.line == line), key=lambda e: (not e.primary, e.start)
        )
        parts, cells = laid_out(without_keys(index.line_text(line)), at_start=line == 1)
        text, shift = window(parts, cells, here[0])
        if last and line > last + 1:
            rows.append(f"{' ' * width} {paint.frame('⋮')}")
        rows.append(f"{paint.frame(f'{line:>{width}} │')} {text}".rstrip())
        rows += [
            f"{paint.frame(' ' * width + ' │')} {underline(entry, cells, shift, paint)}" for entry in here
        ]
        last = line
    return rows


def underline(entry: Mark, cells: Sequence[int], shift: int, paint: Paint) -> str:
    """The marks under one label, and its words."""
    start = max(cells[entry.start] - shift, 0)
    length = min(max(cells[entry.end] - cells[entry.start], 1), MOST_CELLS - min(start, MOST_CELLS - 1))
    sign = "^" if entry.primary else "-"
    words = f"{sign * length} {one_line(entry.text)}".rstrip()
    return " " * start + (paint.strong(words) if entry.primary else paint.frame(words))


def window(parts: Sequence[str], cells: Sequence[int], entry: Mark) -> tuple[str, int]:
    """The part of a long line around a mark, and by how many cells what follows moves to the left."""
    if cells[-1] <= MOST_CELLS:
        return "".join(parts), 0
    first = bisect_left(cells, cells[entry.start] - MOST_CELLS // 2)
    shift = cells[first]
    last = bisect_right(cells, shift + MOST_CELLS) - 1
    text = "".join(parts[first:last])
    if first:
        text = "…" + " " * (cells[first + 1] - shift - 1) + "".join(parts[first + 1 : last])
    return text + ("…" if last < len(parts) else ""), shift
