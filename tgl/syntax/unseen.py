"""Where a file has characters that nobody sees."""

from __future__ import annotations

from enum import StrEnum
from itertools import groupby

from tgl.syntax.grammar import scan
from tgl.syntax.lexical import token_span
from tgl.syntax.literals import escaped
from tgl.text import Edit, SourceFile, Span, frozen, hidden


class Within(StrEnum):
    """What a character stands in; its value names it in a message."""

    TEXT = "a text"
    COMMENT = "a comment"
    NAME = "a name"
    CODE = "the program"


@frozen
class Unseen:
    """The characters of one line that are not seen, all in one text, one comment or outside of both.

    `edits` make them seen, or take them away; `safe` tells that the file means the same then.
    """

    within: Within
    offsets: tuple[int, ...]
    edits: tuple[Edit, ...]
    safe: bool


def unseen(source: SourceFile) -> list[Unseen]:
    """What of a file is not seen, in order; characters that mean nothing where they stand (E0106) not."""
    text = source.text
    offsets = hidden(text, at_start=True)
    if not offsets:
        return []
    tokens = [(token.type, token_span(token)) for token in scan(text)]
    found: list[tuple[tuple[Within, int, int], int]] = []
    after = line = line_from = 0
    for at in offsets:
        while after < len(tokens) and tokens[after][1].end <= at:
            after += 1
        line += text.count("\n", line_from, at)
        line_from = at
        kind, span = tokens[after] if after < len(tokens) else ("", Span(at, at))
        match kind if span.start <= at else "":
            case "BAD_CHAR" | "BAD_STRING":
                continue
            case "STRING":
                within = Within.TEXT
            case "COMMENT":
                within = Within.COMMENT
            case "":
                within = Within.CODE
            case _:
                within = Within.NAME
        found.append(((within, span.start, line), at))
    groups = [(key[0], [at for _, at in part]) for key, part in groupby(found, lambda item: item[0])]
    return [mended(text, within, part) for within, part in groups]


def mended(text: str, within: Within, offsets: list[int]) -> Unseen:
    """Outside of texts, comments and names a blank stands in, which parts words too."""
    edits: list[Edit] = []
    for at in offsets:
        instead = {Within.TEXT: escaped(text[at]), Within.CODE: " "}.get(within, "")
        edits.append(Edit(Span(at, at + 1), instead))
    # Behind a backslash, which means nothing there (E0108), an escape would be none.
    safe = within is not Within.NAME and all(text[at - 1 : at] != "\\" for at in offsets)
    return Unseen(within, tuple(offsets), tuple(edits), safe)
