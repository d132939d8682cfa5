"""Which line ends count.

A line end separates statements, except
  * inside `( )`, `[ ]` and flat braces. A brace is flat iff it is inside one of those, or the token before it
    is one of `~ -> : |`, or its statement is a `use`;
  * after an operator or a comma;
  * before a line that starts with `on when if batch then and or -> |`.
"""

from __future__ import annotations

from collections.abc import Sequence

from tgl.syntax.tokens import Token
from tgl.text import frozen

OPENERS = {"_LPAR": "_RPAR", "_LSQB": "_RSQB", "_LBRACE": "_RBRACE"}
CLOSERS = frozenset(OPENERS.values())

# A line that starts with one of these goes on with the line before it.
CONTINUES = frozenset({"_ON", "_WHEN", "_IF", "_BATCH", "_THEN", "AND", "OR", "_ARROW", "_BAR"})

# A line that ends in one of these goes on with the next.
JOINS = frozenset({"_ARROW", "_RANGE", "COMPARE", "_TILDE", "_EQ", "_COLON", "_COMMA", "_DOT", "_BAR"}) | {
    *("PLUS", "MINUS", "STAR", "SLASH", "AND", "OR", "_NOT", "IN", "_IS", "_THEN"),
}

BEFORE_FLAT = frozenset({"_TILDE", "_ARROW", "_COLON", "_BAR"})


def is_flat(brace_after: str, statement_head: str, inside_flat: bool) -> bool:
    """Whether a `{` is a value or a type rather than a block.

    Args:
        brace_after: type of the token before the brace.
        statement_head: type of the first token of its statement.
        inside_flat: whether it stands inside `( )`, `[ ]` or a flat brace.
    """
    return inside_flat or brace_after in BEFORE_FLAT or statement_head == "_USE"


def significant(raw: Sequence[Token]) -> list[Token]:
    """Tokens for the parser: no comments, and line ends only where they separate statements."""
    return read_lines(raw).tokens


@frozen
class Lines:
    """The tokens for the parser, and the offsets of the braces that open blocks."""

    tokens: list[Token]
    blocks: frozenset[int]


def read_lines(raw: Sequence[Token]) -> Lines:
    """Tell apart which line ends and which braces count."""
    blocks: set[int] = set()
    following = following_kinds(raw)
    kept: list[Token] = []
    flat: list[bool] = []  # the open brackets: does a line end not count in them?
    head = before = "_NL"
    for at, token in enumerate(raw):
        kind = token.type
        if kind == "COMMENT":
            continue
        if kind == "_NL":
            if (flat and flat[-1]) or before in JOINS or following[at] in CONTINUES:
                continue
        elif kind in OPENERS:
            inside = bool(flat) and flat[-1]
            flat.append(kind != "_LBRACE" or is_flat(before, head, inside))
            if not flat[-1]:
                blocks.add(token.start_pos)
        elif kind in CLOSERS and flat:
            flat.pop()
        if before in ("_NL", "_SEMI") or (before == "_LBRACE" and flat and not flat[-1]):
            head = kind
        kept.append(token)
        before = kind
    return Lines(kept, frozenset(blocks))


def following_kinds(raw: Sequence[Token]) -> list[str]:
    """For each token the type of the next one that is neither comment nor line end, "" at the end."""
    kinds = [""] * len(raw)
    kind = ""
    for at in range(len(raw) - 1, -1, -1):
        kinds[at] = kind
        if raw[at].type not in ("COMMENT", "_NL"):
            kind = raw[at].type
    return kinds
