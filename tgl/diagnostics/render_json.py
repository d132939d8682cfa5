"""Diagnostics for programs: one JSON object each."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TypeAlias

from tgl.diagnostics.codes import by_code
from tgl.diagnostics.diagnostic import Diagnostic, Fix, Label
from tgl.text import LineIndex

Json: TypeAlias = "str | int | bool | list[Json] | dict[str, Json] | None"


def diagnostic_json(diagnostic: Diagnostic) -> dict[str, Json]:
    """A diagnostic as JSON values; lines and columns are 1-based, offsets and columns count code points."""
    entry = by_code().get(diagnostic.code)
    return {
        "code": diagnostic.code,
        "slug": entry.slug if entry else None,
        "severity": str(diagnostic.severity),
        "message": diagnostic.message,
        "primary": label_json(diagnostic.primary) if diagnostic.primary else None,
        "secondary": [label_json(label) for label in diagnostic.secondary],
        "notes": list(diagnostic.notes),
        "help": diagnostic.help,
        "fixes": [fix_json(fix, diagnostic.primary) for fix in diagnostic.fixes if diagnostic.primary],
    }


def fix_json(fix: Fix, at: Label) -> dict[str, Json]:
    index = LineIndex(at.source.text)
    edits: list[Json] = [
        {
            "start": position_json(index, edit.span.start),
            "end": position_json(index, edit.span.end),
            "text": edit.new_text,
        }
        for edit in fix.edits
    ]
    return {"title": fix.title, "safe": fix.safe, "edits": edits}


def label_json(label: Label) -> dict[str, Json]:
    index = LineIndex(label.source.text)
    return {
        "file": label.source.name,
        "start": position_json(index, label.span.start),
        "end": position_json(index, label.span.end),
        "text": label.text,
    }


def position_json(index: LineIndex, offset: int) -> dict[str, Json]:
    line, column = index.position(min(offset, len(index.text)))
    return {"line": line, "column": column, "offset": offset}


def render_json(diagnostics: Iterable[Diagnostic]) -> str:
    """A JSON array of diagnostics, ASCII only, so that any text can be written anywhere."""
    return json.dumps([diagnostic_json(diagnostic) for diagnostic in diagnostics], indent=2)
