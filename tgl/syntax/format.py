"""The canonical layout of a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tgl.syntax.align import Cell, Line, aligned
from tgl.syntax.errors import SyntaxProblem
from tgl.syntax.fold import MOST_COLUMNS, STEP, folded
from tgl.syntax.grammar import scan
from tgl.syntax.layout import Block, Item, OwnComment, Statement, read_items
from tgl.syntax.parse import parse
from tgl.syntax.words import BODIES
from tgl.text import SourceFile


def format_source(source: SourceFile) -> str | tuple[SyntaxProblem, ...]:
    """The text in canonical layout, or the problems of one that cannot be read.

    Indent of two; columns aligned; comments and single empty lines kept; blocks on one line kept there if
    they fit; clauses in the order on, batch, when, if. The result means the same, and formatting it again
    changes nothing.
    """
    parsed = parse(source)
    if parsed.problems:
        return parsed.problems
    return laid_out(read_items(source.text, list(scan(source.text))))


def laid_out(items: Sequence[Item]) -> str:
    """A whole file."""
    return block_text(items, 0, where="file")


def block_text(items: Sequence[Item], indent: int, *, where: str) -> str:
    """Statements and comments, by paragraphs; empty lines, open blocks and texts of several lines end one."""
    text: list[str] = []
    paragraph: list[Line] = []

    def flush() -> None:
        text.append(aligned(paragraph))
        paragraph.clear()

    for item in items:
        if item.blank:
            flush()
            text.append("\n")
        if isinstance(item, OwnComment):
            paragraph.append(Line(indent, note=item.note))
            continue
        lines, is_open = statement_lines(item, indent, in_settings=where == "settings")
        paragraph += lines
        block = item.block
        if block is not None and is_open:
            flush()
            inside = "graph" if item.words[0].text in BODIES else "settings"
            text.append(block_text(block.items, indent + STEP, where=inside))
            paragraph.append(Line(indent, [Cell("}", 0)], block.closing))
            flush()
        elif any("\n" in cell.text for line in lines for cell in line.cells):
            flush()
    flush()
    return "".join(text)


def statement_lines(statement: Statement, indent: int, *, in_settings: bool) -> tuple[list[Line], bool]:
    """The lines of a statement, and whether they end in the opening brace of its block."""
    block = statement.block
    extra = 0 if block is None else STEP
    lines = folded(statement.words, indent, in_settings=in_settings, extra=extra)
    if block is None:
        lines[-1].note = statement.trailing
        return lines, False
    inline = on_one_line(statement, block)
    if inline is not None:
        last = Line(lines[-1].indent, [*lines[-1].cells, *inline], statement.trailing, lines[-1].under)
        if last.longest() <= MOST_COLUMNS or not block.items:
            return [*lines[:-1], last], False
    lines[-1].cells.append(Cell("{", 1))
    lines[-1].note = block.opening or (statement.trailing if block.one_line else None)
    return lines, True


def on_one_line(statement: Statement, block: Block) -> list[Cell] | None:
    """The cells of a block that stands on one line in the source, or None if it may not stay there."""
    kind = statement.words[0].kind
    brace = Cell("{", 1, "{", kind, block.gap > 1)
    if not block.items and block.opening is None:
        return [replace(brace, text="{}")]
    if not block.one_line:
        return None
    cells = [brace]
    for number, item in enumerate(block.items):
        if isinstance(item, OwnComment):
            return None
        in_settings = statement.words[0].text not in BODIES
        lines = folded(item.words, 0, in_settings=in_settings)
        nested = on_one_line(item, item.block) if item.block else []
        if len(lines) > 1 or nested is None or any("\n" in cell.text for cell in lines[0].cells):
            return None
        first, *rest = [*lines[0].cells, *nested]
        padded = item.words[0].gap > 1
        cells += [Cell(";", 0)] if number else []
        cells.append(Cell(first.text, 1, f"block{number}", kind, padded))
        cells += [Cell(cell.text, cell.space) for cell in rest]
    return [*cells, Cell("}", 1)]
