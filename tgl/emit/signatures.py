"""Declarations under another name, params without their default."""

from __future__ import annotations

from tgl.syntax import ast


def without_default(text: str, value_start: int) -> str:
    """`param n` of `param n = 3`."""
    return text[:value_start].rstrip().removesuffix("=").rstrip()


def renamed(decl: ast.Graph, text: str, name: str) -> str:
    """The text of a declaration under another name."""
    at = decl.name_span.start - decl.span.start
    return text[:at] + name + text[at + len(decl.name) :]
