"""The page of each code (`explain/E0203.md`), and the rooms that codes belong to."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files

from tgl.diagnostics.codes import CODES, Code

ROOMS: tuple[tuple[str, str], ...] = (
    ("E01", "syntax"),
    ("E02", "names and imports"),
    ("E03", "types, settings and prompts"),
    ("E04", "choices and constraints"),
    ("E05", "the graph"),
    ("E06", "models"),
    ("E070", "limits and spend"),
    ("E075", "goals and input"),
    ("E08", "data, search and selection"),
    ("W", "warnings"),
    ("R01", "model servers and weights, in a run"),
    ("R02", "replies, in a run"),
    ("R03", "store, files and caps, in a run"),
)
"""What the first characters of a code tell, in the order in which rooms are listed."""


def room_of(code: str) -> str:
    """The room of a code, in words.

    Raises:
        ValueError: if there is none.
    """
    for prefix, room in ROOMS:
        if code.startswith(prefix):
            return room
    raise ValueError(f"no room for the code {code} in tgl/diagnostics/pages.py")


def codes_by_room() -> Iterator[tuple[str, tuple[Code, ...]]]:
    """Each room that has codes, with them in order."""
    for prefix, room in ROOMS:
        found = sorted((entry for entry in CODES if entry.code.startswith(prefix)), key=lambda e: e.code)
        if found:
            yield room, tuple(found)


def page_of(code: str) -> str | None:
    """The page of a code, as Markdown; None if there is none."""
    page = files("tgl.diagnostics") / "explain" / f"{code}.md"
    return page.read_text(encoding="utf-8") if page.is_file() else None
