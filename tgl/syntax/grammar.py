"""The parser tables, built once from `grammar/tgl.lark`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TypeAlias

from lark import Lark, Token, Tree

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


def parse_tokens(tokens: Iterable[Token], start: str) -> ParseTree:
    """The parse tree of tokens, read from a start symbol of `STARTS`.

    Raises:
        lark.exceptions.UnexpectedToken: at the first token that does not fit.
    """
    parser = lark_parser().parse_interactive(start=start)
    for token in tokens:
        parser.feed_token(token)
    return parser.feed_token(Token("$END", ""))
