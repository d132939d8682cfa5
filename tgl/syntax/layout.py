"""A file as nested statements with their comments and empty lines: what the formatter works on.

Read from tokens rather than from the tree, since a tree has neither comments nor the line breaks that the
author chose.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from tgl.syntax.lines import CLOSERS, OPENERS, read_lines
from tgl.syntax.tokens import Token
from tgl.text import frozen


@frozen
class Note:
    """A comment. `column` (0-based) is where it begins in the source; `own`: it has its own line."""

    text: str
    column: int
    own: bool


@dataclass(slots=True)
class Word:
    """A token of a statement.

    `breaks` tells that a line end stands before it in the source, `gap` how many blanks if none does,
    `column` (0-based) where it begins. `notes` are the comments between the token before and this one.
    """

    kind: str
    text: str
    breaks: bool = False
    gap: int = 0
    column: int = 0
    notes: tuple[Note, ...] = ()


@dataclass(slots=True)
class Block:
    """What stands in braces.

    `gap` is the number of blanks before the opening brace. `one_line` tells that the whole block stands on
    one line in the source. `opening` and `closing` are the comments behind the braces of one that does not.
    """

    items: list[Item]
    gap: int
    one_line: bool
    opening: Note | None = None
    closing: Note | None = None


@dataclass(slots=True)
class Statement:
    """Words, then perhaps a block; `blank` tells that an empty line stands before it."""

    words: list[Word]
    blank: bool
    block: Block | None = None
    trailing: Note | None = None


@dataclass(slots=True)
class OwnComment:
    """A comment between statements; `blank` tells that an empty line stands before it."""

    note: Note
    blank: bool


Item: TypeAlias = "Statement | OwnComment"


def read_items(text: str, raw: Sequence[Token]) -> list[Item]:
    """The statements and comments of a file without mistakes, from its tokens."""
    return Reader(text, raw).items()


@dataclass(slots=True)
class Reader:
    """Walks the raw tokens of a file once."""

    text: str
    raw: Sequence[Token]
    separators: frozenset[int] = field(init=False)
    blocks: frozenset[int] = field(init=False)
    at: int = 0

    def __post_init__(self) -> None:
        lines = read_lines(self.raw)
        ends = (token for token in lines.tokens if token.type in ("_NL", "_SEMI"))
        self.separators = frozenset(token.start_pos for token in ends)
        self.blocks = lines.blocks

    def items(self) -> list[Item]:
        """The statements and comments up to the end of the block or file."""
        found: list[Item] = []
        line_ends = 0
        while self.at < len(self.raw) and self.raw[self.at].type != "_RBRACE":
            kind = self.raw[self.at].type
            blank = line_ends > 1 and bool(found)
            if kind == "COMMENT":
                note = self.note()
                last = found[-1] if found else None
                if note.own or not isinstance(last, Statement):
                    found.append(OwnComment(note, blank))
                else:
                    attach(last, note)
                line_ends = 0
            elif kind in ("_NL", "_SEMI"):
                line_ends += kind == "_NL"
                self.at += 1
            else:
                found.append(self.statement(blank))
                line_ends = 0
        return found

    def statement(self, blank: bool) -> Statement:
        """One statement; stands behind its last token, before a comment that trails it."""
        result = Statement([], blank)
        notes: list[Note] = []
        depth = 0
        while self.at < len(self.raw) and not self.ends(depth):
            token = self.raw[self.at]
            start = token.start_pos
            if token.type == "COMMENT":
                notes.append(self.note())
                continue
            self.at += 1
            if token.type == "_NL":
                continue
            if start in self.blocks:
                result.block = self.block(start)
                continue
            depth += (token.type in OPENERS) - (token.type in CLOSERS)
            breaks = self.starts_line(start)
            text = str(token).replace("\r\n", "\n")
            result.words.append(
                Word(token.type, text, breaks, self.gap(start), self.column(start), tuple(notes))
            )
            notes = []
        return result

    def ends(self, depth: int) -> bool:
        """Whether the statement is over: no word of it follows the comments and line ends from here on."""
        ahead = self.at
        while ahead < len(self.raw):
            token = self.raw[ahead]
            if token.start_pos in self.separators or (token.type == "_RBRACE" and depth == 0):
                return True
            if token.type not in ("COMMENT", "_NL"):
                return False
            ahead += 1
        return True

    def block(self, start: int) -> Block:
        """The block whose opening brace stands at `start`, behind which we are."""
        opening = None
        if self.at < len(self.raw) and self.raw[self.at].type == "COMMENT":
            opening = self.note()
        items = self.items()
        end = self.raw[self.at].end_pos
        self.at += 1
        return Block(items, self.gap(start), "\n" not in self.text[start:end], opening)

    def note(self) -> Note:
        """The comment here; steps over it."""
        token = self.raw[self.at]
        self.at += 1
        start = token.start_pos
        return Note(str(token).rstrip(), self.column(start), self.starts_line(start))

    def column(self, start: int) -> int:
        return start - (self.text.rfind("\n", 0, start) + 1)

    def starts_line(self, start: int) -> bool:
        return not self.text[start - self.column(start) : start].strip(" \t\r\f\ufeff")

    def gap(self, start: int) -> int:
        line = self.text[start - self.column(start) : start]
        return len(line) - len(line.rstrip(" "))


def attach(statement: Statement, note: Note) -> None:
    """Give a comment behind a statement to it, or to the brace that closes its block."""
    if statement.block is not None and not statement.block.one_line:
        statement.block.closing = note
    else:
        statement.trailing = note
