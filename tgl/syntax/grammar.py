"""The scanner and the parser: two loops over the tables of `grammar/tgl.lark`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from tgl.syntax.tables import Shape, Tables, tables
from tgl.syntax.tokens import NOT_PLACED, Child, ParseTree, Token

END = "$END"


@cache
def token_pattern() -> re.Pattern[str]:
    """All terminals of the grammar as one alternation: highest priority first, then longest first."""
    return re.compile(tables().pattern)


def scan(text: str) -> Iterator[Token]:
    """The tokens of any text, with comments and line ends, without blanks; see the `BAD_` terminals."""
    for match in token_pattern().finditer(text):
        kind = match.lastgroup or ""
        if kind != "WS":
            yield Token(kind, match[0], match.start(), match.end())


def read(tokens: Sequence[Token], start: str) -> ParseTree | int:
    """The parse tree of tokens read from a start symbol of `STARTS`, or how many of them fit.

    If all fit but the end comes too early, that is `len(tokens)`.
    """
    found = tables()
    first, last = found.starts[start]
    states, values = [first], list[Child]()
    for fitting, token in enumerate(tokens):
        state = reduced(found, states, values, token.type, NOT_PLACED)
        if state is None:
            return fitting
        states.append(state)
        values.append(token)
    reduced(found, states, values, END, last)
    top = values[-1] if values else None
    return top if states[-1] == last and isinstance(top, ParseTree) else len(tokens)


def reduced(tables: Tables, states: list[int], values: list[Child], kind: str, last: int) -> int | None:
    """Reduce as far as a terminal asks for, at most until the state `last`; the state that it leads to.

    None: it does not fit, or `last` is reached.
    """
    actions, gotos, rules = tables.actions, tables.gotos, tables.rules
    while True:
        action = actions[states[-1]].get(kind)
        if action is None or action >= 0:
            return action
        rule = rules[-1 - action]
        size = rule.size
        if size:
            parts = values[-size:]
            del values[-size:]
            del states[-size:]
        else:
            parts = []
        values.append(shaped(rule, parts))
        states.append(gotos[states[-1]][rule.origin])
        if states[-1] == last:
            return None


def shaped(rule: Shape, parts: list[Child]) -> Child:
    """What a rule makes of its parts, with its place in the text."""
    kept = parts if rule.parts is None else chosen(rule, rule.parts, parts)
    if rule.inlined and len(kept) == 1:
        tree = kept[0]
        if not isinstance(tree, ParseTree):
            return tree
    else:
        tree = ParseTree(rule.name, kept)
    for part in parts:
        if isinstance(part, Token):
            tree.outer_start = part.start_pos
            break
        if part is not None and part.outer_start != NOT_PLACED:
            tree.outer_start = part.outer_start
            break
    else:
        return tree
    for part in reversed(parts):
        if isinstance(part, Token):
            tree.outer_end = part.end_pos
            break
        if part is not None and part.outer_end != NOT_PLACED:
            tree.outer_end = part.outer_end
            break
    if tree.start == NOT_PLACED:
        tree.start, tree.end = tree.outer_start, tree.outer_end
    return tree


def chosen(rule: Shape, places: tuple[tuple[int, bool, int], ...], parts: list[Child]) -> list[Child]:
    """The parts that a rule keeps."""
    kept: list[Child] = []
    for place, opened, before in places:
        if before:
            kept += [None] * before
        part = parts[place]
        if not opened:
            kept.append(part)
        elif isinstance(part, ParseTree):
            # A list grows to its right, one part a time: copying it each time would take quadratic time.
            if kept:
                kept += part.children
            else:
                kept = part.children
    if rule.missing:
        kept += [None] * rule.missing
    return kept


def accepted_after(tokens: Sequence[Token], start: str) -> frozenset[str]:
    """Types of the tokens that may follow tokens which fit; `$END` if nothing need to."""
    found = tables()
    first, last = found.starts[start]
    states = [first]
    for token in tokens:
        state = walked(found, states, token.type, NOT_PLACED)
        if state is None:
            raise ValueError(f"{token!r} does not fit")
        states.append(state)
    accepted: set[str] = set()
    for kind in found.actions[states[-1]]:
        tried = states.copy()
        state = walked(found, tried, kind, last if kind == END else NOT_PLACED)
        if state is not None or tried[-1] == last:
            accepted.add(kind)
    return frozenset(accepted)


def walked(tables: Tables, states: list[int], kind: str, last: int) -> int | None:
    """As `reduced`, of the states alone."""
    while True:
        action = tables.actions[states[-1]].get(kind)
        if action is None or action >= 0:
            return action
        rule = tables.rules[-1 - action]
        if rule.size:
            del states[-rule.size :]
        states.append(tables.gotos[states[-1]][rule.origin])
        if states[-1] == last:
            return None
