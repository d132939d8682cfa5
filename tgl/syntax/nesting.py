"""How deeply a program may be nested.

Everything that walks a tree recurses, and Python's stack is finite: a program nested more deeply than this is
refused here, so that nobody else has to think of it.
"""

from __future__ import annotations

from collections.abc import Sequence

from tgl.syntax.lines import CLOSERS, OPENERS
from tgl.syntax.tokens import ParseTree, Token

# Levels of the parse tree. A list in a list is three, a term of a sum is one.
MOST_NESTED = 150


def deepest_bracket(tokens: Sequence[Token]) -> Token | None:
    """The first bracket with more than `MOST_NESTED` others open around it."""
    depth = 0
    for token in tokens:
        if token.type in OPENERS:
            depth += 1
            if depth > MOST_NESTED:
                return token
        elif token.type in CLOSERS:
            depth = max(depth - 1, 0)
    return None


def too_deep(tree: ParseTree) -> ParseTree | None:
    """The first subtree more than `MOST_NESTED` levels down that has a place in the text."""
    level = [tree]
    for _ in range(MOST_NESTED):
        level = [child for parent in level for child in parent.children if isinstance(child, ParseTree)]
        if not level:
            return None
    return level[0]
