"""What can be wrong with single tokens, and tokens that stand in for those so that reading can go on."""

from __future__ import annotations

import re

from tgl.syntax.errors import NotText, SyntaxProblem, UnclosedString, UnknownCharacter
from tgl.syntax.grammar import scan
from tgl.syntax.tokens import Token
from tgl.text import SourceFile, Span, frozen

# Brackets and a comment at the end of a line that an unclosed string has swallowed.
SWALLOWED = re.compile(r"(?<=.)[ \t\r)\]};,]*(?:[ \t]#.*)?$")

# What is meant as a string, as other languages have it: its words are no names.
SINGLE_QUOTED = re.compile(r"'[^'\"\n]*'")


@frozen
class Mended:
    """Tokens without `BAD_` ones, and what was wrong.

    `doubtful` holds the offsets at which a token was dropped or mended: a statement around one of them has
    been reported already. `cut_off` tells that an open text has swallowed the rest of the file.
    """

    tokens: tuple[Token, ...]
    problems: tuple[SyntaxProblem, ...]
    doubtful: frozenset[int]
    cut_off: bool


def not_text(source: SourceFile) -> NotText | None:
    """The first character that shows that a file is not text."""
    for at, char in enumerate(source.text):
        if char == "\0" or "\ud800" <= char <= "\udfff":
            return NotText(source, Span(at, at + 1), ord(char))
    return None


def mend(source: SourceFile, raw: list[Token]) -> Mended:
    """Report what cannot be read, and replace it.

    A bad character goes; those of one line are one problem. What stands in single quotes becomes a string.
    A bad number stays a number, which `build` reports. An unclosed string stays a string; brackets at the end
    of what it swallowed are given back.
    """
    tokens: list[Token] = []
    problems: list[SyntaxProblem] = []
    doubtful: set[int] = set()
    cut_off = False
    bad_line_end = -1
    quoted_end = -1
    for token in raw:
        span = token_span(token)
        if span.start < quoted_end:
            continue
        match token.type:
            case "BAD_CHAR":
                if span.start >= bad_line_end:
                    problems.append(UnknownCharacter(source, span, str(token)))
                    bad_line_end = source.text.find("\n", span.end) % (len(source.text) + 1)
                doubtful.add(span.start)
                if (quoted := SINGLE_QUOTED.match(source.text, span.start)) is not None:
                    quoted_end = quoted.end()
                    tokens.append(Token("STRING", '""', span.start, quoted_end))
            case "BAD_NUMBER":
                tokens.append(token.as_type("NUMBER"))
            case "BAD_STRING":
                triple = token.startswith('"""')
                problems.append(
                    UnclosedString(source, Span(span.start, span.start + (3 if triple else 1)), triple)
                )
                doubtful.add(span.start)
                cut_off = cut_off or triple
                tokens += given_back(token)
            case _:
                tokens.append(token)
    return Mended(tuple(tokens), tuple(problems), frozenset(doubtful), cut_off)


def given_back(token: Token) -> list[Token]:
    """An unclosed string as a closed one, and the brackets at its end as tokens."""
    text = str(token)
    kept = text if text.startswith('"""') else SWALLOWED.sub("", text)
    start = token.start_pos
    quote = '"""' if text.startswith('"""') else '"'
    string = Token("STRING", quote + quote, start, start + len(kept))
    rest: list[Token] = []
    for later in scan(text[len(kept) :]):
        span = token_span(later)
        shift = start + len(kept)
        rest.append(Token(later.type, str(later), shift + span.start, shift + span.end))
    return [string, *rest]


def token_span(token: Token) -> Span:
    return Span(token.start_pos, token.end_pos)
