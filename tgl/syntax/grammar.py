"""The parser tables, built once from `grammar/tgl.lark`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TypeAlias, cast

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedToken
from lark.parsers.lalr_interactive_parser import InteractiveParser

from tgl.resources import grammar_text

ParseTree: TypeAlias = Tree[Token]

STARTS = ("file", "declaration", "statement", "setting_")


class LineEnds:
    """Tells Lark to keep the terminals that no rule mentions; the filter itself is `lines.significant`."""

    always_accept = ("BAD_CHAR", "BAD_NUMBER", "BAD_STRING", "_NL")

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        return stream


@cache
def lark_parser() -> Lark:
    """The LALR(1) parser. Building it takes about 0.15 s, so it is made when first needed."""
    return Lark(
        grammar_text(),
        parser="lalr",
        lexer="basic",
        postlex=LineEnds(),
        propagate_positions=True,
        maybe_placeholders=True,
        start=list(STARTS),
    )


@cache
def token_pattern() -> re.Pattern[str]:
    """All terminals of the grammar as one alternation: highest priority first, then longest first."""
    terminals = sorted(
        lark_parser().terminals,
        key=lambda t: (-t.priority, -t.pattern.max_width, -len(t.pattern.value), t.name),
    )
    return re.compile("|".join(f"(?P<{t.name}>{t.pattern.to_regexp()})" for t in terminals))


def scan(text: str) -> Iterator[Token]:
    """The tokens of any text, with comments and line ends, without blanks; see the `BAD_` terminals."""
    for match in token_pattern().finditer(text):
        kind = match.lastgroup or ""
        if kind != "WS":
            yield Token(kind, match.group(), match.start(), end_pos=match.end())


def read(tokens: Sequence[Token], start: str) -> ParseTree | int:
    """The parse tree of tokens read from a start symbol of `STARTS`, or how many of them fit.

    If all fit but the end comes too early, that is `len(tokens)`.
    """
    parser = interactive(start)
    fitting = 0
    try:
        for token in tokens:
            parser.feed_token(token)
            fitting += 1
        return cast("ParseTree", parser.feed_token(Token("$END", "")))
    except UnexpectedToken:
        return fitting


def accepted_after(tokens: Sequence[Token], start: str) -> frozenset[str]:
    """Types of the tokens that may follow tokens which fit; `$END` if nothing need to."""
    parser = interactive(start)
    for token in tokens:
        parser.feed_token(token)
    return frozenset(cast("set[str]", parser.accepts()))


def interactive(start: str) -> InteractiveParser:
    """A parser that is fed token by token."""
    return lark_parser().parse_interactive(start=start)  # pyright: ignore[reportUnknownMemberType]
