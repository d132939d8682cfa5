"""Rows of text as aligned lines."""

from __future__ import annotations

from collections.abc import Sequence

INDENT = "  "


def columns(rows: Sequence[Sequence[str]], *, indent: str = INDENT) -> list[str]:
    """Rows as aligned lines, no trailing space."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [
        (indent + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))).rstrip()
        for row in rows
    ]
