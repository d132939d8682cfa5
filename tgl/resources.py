"""The files that travel with the package: the grammar and the standard library.

They live at the top of the repository, where people look for them, and inside the wheel as `tgl/_data`.
"""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path


def folder(name: str) -> Traversable:
    """`grammar` or `stdlib`: in the wheel, or else in the checkout of an editable install."""
    packed = files("tgl") / "_data" / name
    return packed if packed.is_dir() else Path(__file__).parent.parent / name


def grammar_text() -> str:
    """The grammar of the language, as Lark reads it."""
    return (folder("grammar") / "tgl.lark").read_text(encoding="utf-8")


def grammar_tables() -> str | None:
    """The parser's tables as `tgl.syntax.tables` stores them, or None if nobody did."""
    file = folder("grammar") / "tables.json"
    return file.read_text(encoding="utf-8") if file.is_file() else None


def stdlib_text(dotted: str) -> str | None:
    """The source of a module of the standard library (`std.roles`), or None if there is none."""
    head, _, rest = dotted.partition(".")
    parts = rest.split(".")
    if head != "std" or not all(part.isidentifier() for part in parts):
        return None
    at = folder("stdlib")
    for part in parts[:-1]:
        at = at / part
    file = at / f"{parts[-1]}.tgl"
    return file.read_text(encoding="utf-8") if file.is_file() else None


def stdlib_modules() -> tuple[str, ...]:
    """Dotted names of the modules of the standard library, sorted."""
    return tuple(sorted(walk(folder("stdlib"), "std")))


def walk(at: Traversable, dotted: str) -> list[str]:
    """Dotted names of the modules in a folder, and in those below."""
    if not at.is_dir():
        return []
    found: list[str] = []
    for entry in at.iterdir():
        if entry.is_dir():
            found += walk(entry, f"{dotted}.{entry.name}")
        elif entry.name.endswith(".tgl"):
            found.append(f"{dotted}.{entry.name.removesuffix('.tgl')}")
    return found
