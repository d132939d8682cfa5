"""The words of the language, by what they may do: read off the terminals of the grammar."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from tgl.syntax.tables import tables

# Heads of declarations at the top of a file, and of statements in a graph; `let` is both.
DECLARATIONS = ("use", "let", "pool", "model", "label", "role", "fn", "task", "graph", "optimize", "measured")
STATEMENTS = ("param", "let", "node", "edge", "loop", "each", "memory", "require", "output")
IN_LOOPS = ("carry", "until", "keep")
CLAUSES = ("on", "when", "if", "batch", "until", "then")
OPERATORS = ("and", "or", "not", "in", "is", "fit")
SOFT = ("as", "after", "best", "per", "releases")

HEADS = frozenset({*DECLARATIONS, *STATEMENTS, *IN_LOOPS})
ONLY_DECLARATIONS = frozenset(DECLARATIONS) - {"let"}

# What opens a body of statements; every other body holds settings.
BODIES = frozenset({"graph", "loop", "each"})

# Can be no name at all; of the heads, none can be declared.
NEVER_NAMES = frozenset({*CLAUSES, *OPERATORS})
RESERVED = NEVER_NAMES | HEADS

SIGNS = {"COMPARE": "a comparison sign", "NAME": "a name", "NUMBER": "a number", "STRING": "a string"}


@cache
def spellings() -> Mapping[str, str]:
    """How each terminal is written: a word, a sign, or for the others what they stand for."""
    return {name: SIGNS.get(name) or value.removesuffix("\\b") for name, value in tables().terminals}


@cache
def word_kinds() -> frozenset[str]:
    """The terminals that are words, `_NODE` for example."""
    words = RESERVED | frozenset(SOFT)
    return frozenset(kind for kind, spelling in spellings().items() if spelling in words)


@cache
def head_kinds() -> frozenset[str]:
    """The terminals that start declarations and statements."""
    return frozenset(kind for kind, spelling in spellings().items() if spelling in HEADS)
