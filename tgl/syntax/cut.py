"""Cut a file with mistakes into statements, so that each can be read on its own.

Works on tokens, not on the grammar: what one statement does wrong must not reach into the next. Where a
bracket is left open, its statement ends before
  * a line that starts like a statement (`node x`, `output …`; in settings also `key value`),
  * a `;`, or a brace that can only open or close a block.
A block that is left open ends before a declaration that starts in the first column.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from tgl.diagnostics import Label, nearest_names
from tgl.syntax.errors import Incomplete, SyntaxProblem, UnclosedBracket, UnmatchedBracket
from tgl.syntax.lexical import Mended, token_span
from tgl.syntax.lines import BEFORE_FLAT, CLOSERS, CONTINUES, JOINS, OPENERS
from tgl.syntax.tokens import Token
from tgl.syntax.words import BODIES, DECLARATIONS, HEADS, ONLY_DECLARATIONS, head_kinds, word_kinds
from tgl.text import SourceFile, Span

Where: TypeAlias = Literal["file", "graph", "settings"]

# Declarations that hold a block.
WITH_BLOCKS = ONLY_DECLARATIONS - {"use", "pool"}

# Behind the first word of a line these show that it is no head but a name.
NOT_AFTER_HEAD = frozenset(
    {"_COLON", "_COMMA", "_DOT", "_EQ", "_SEMI", "_NL", "_RPAR", "_RSQB", "_RBRACE", "_BAR", "COMPARE", ""}
)
STARTS_VALUE = frozenset({"NAME", "NUMBER", "STRING", "_TILDE"})

# A brace right behind one of these opens a block, whatever else is open.
BEFORE_BLOCK = frozenset({"NAME", "_RPAR", "_RSQB", "STRING", "NUMBER", "OPTIONAL"})


@dataclass(slots=True)
class Chunk:
    """One statement: its tokens without those of its block, and the statements in the block.

    `head` ends before the brace of the block; `closing` is the brace that ends it, made up if it is missing;
    `tail` is what follows on the same line. `reported` tells that something in it was reported already.
    """

    where: Where
    head: list[Token] = field(default_factory=list[Token])
    opening: Token | None = None
    body: list[Chunk] = field(default_factory=list["Chunk"])
    body_where: Where | None = None
    closing: Token | None = None
    tail: list[Token] = field(default_factory=list[Token])
    reported: bool = False

    def tokens(self) -> list[Token]:
        """All tokens but those in the block."""
        braces = [token for token in (self.opening, self.closing) if token is not None]
        return self.head + braces + self.tail

    def add(self, token: Token) -> None:
        (self.head if self.opening is None else self.tail).append(token)


@dataclass(slots=True)
class Cutter:
    """Walks the tokens of one source once."""

    source: SourceFile
    mended: Mended
    tokens: list[Token] = field(init=False)
    problems: list[SyntaxProblem] = field(default_factory=list[SyntaxProblem])
    at: int = 0

    def __post_init__(self) -> None:
        self.tokens = [token for token in self.mended.tokens if token.type != "COMMENT"]

    # --- looking around

    def kind(self, ahead: int = 0) -> str:
        """Type of a token from here on, "" behind the end."""
        place = self.at + ahead
        return self.tokens[place].type if 0 <= place < len(self.tokens) else ""

    def skip_line_ends(self, *, separators: bool) -> None:
        while self.kind() == "_NL" or (separators and self.kind() == "_SEMI"):
            self.at += 1

    def here(self) -> Span:
        """Where we are, for a label; the end of the text behind the last token."""
        end = len(self.source.text)
        return token_span(self.tokens[self.at]) if self.at < len(self.tokens) else Span(end, end)

    def first_column(self) -> bool:
        start = self.here().start
        return start == 0 or self.source.text[start - 1] == "\n"

    def starts_declaration(self) -> bool:
        """Whether a declaration, which no block holds, starts in the first column."""
        if not (self.first_column() and self.at < len(self.tokens)):
            return False
        word = str(self.tokens[self.at])
        if word not in ONLY_DECLARATIONS and not (
            self.kind() == "NAME" and nearest_names(word, ONLY_DECLARATIONS)
        ):
            return False
        after = self.kind(2)
        return self.kind(1) == "NAME" and after in ("_LBRACE", "_LPAR", "_EQ", "_ON", "_DOT")

    def starts_statement(self, where: Where) -> bool:
        """Whether the tokens from here, at the start of a line, look like a statement of their own."""
        kind, after = self.kind(), self.kind(1)
        if (
            kind in head_kinds()
            and after not in NOT_AFTER_HEAD
            and (where != "settings" or after != "_LBRACE")
        ):
            return True
        if where != "settings" or kind not in {"NAME", *word_kinds()}:
            return False
        return after in STARTS_VALUE or (after in word_kinds() and after not in CONTINUES)

    # --- cutting

    def block(self, where: Where, depth: int) -> list[Chunk]:
        """The statements up to the brace that closes the block, or to the end of the file."""
        chunks: list[Chunk] = []
        while True:
            self.skip_line_ends(separators=True)
            kind = self.kind()
            if kind == "":
                return chunks
            if depth and (kind == "_RBRACE" or self.starts_declaration()):
                return chunks
            if kind in CLOSERS:
                self.problems.append(UnmatchedBracket(self.source, self.here(), str(self.tokens[self.at])))
                while self.kind() in CLOSERS:  # a run of them is one mistake
                    self.at += 1
                continue
            chunks.append(self.statement(where, depth))

    def statement(self, where: Where, depth: int) -> Chunk:
        """One statement with its block; stands behind it, at a line end, `;`, closing brace or the end."""
        chunk = Chunk(where)
        open_: list[Token] = []
        first = self.at
        while self.kind() and not self.ends(chunk, open_):
            token = self.tokens[self.at]
            if token.type == "_NL":
                self.at += 1
            elif token.type == "_LBRACE" and self.opens_block(chunk, open_):
                self.leave_open(chunk, open_)
                self.at += 1
                self.nested(chunk, token, depth)
                if self.at >= len(self.tokens) or chunk.closing is not self.tokens[self.at - 1]:
                    break
            elif token.type in CLOSERS:
                if token.type == "_RBRACE" and not any(opened.type == "_LBRACE" for opened in open_):
                    break
                self.close(chunk, open_, token)
                self.at += 1
            else:
                if token.type in OPENERS:
                    open_.append(token)
                chunk.add(token)
                self.at += 1
        self.leave_open(chunk, open_)
        if chunk.opening is None and self.goes_on_without_brace(chunk):
            self.without_brace(chunk, depth)
        spanned = range(self.offset(first), self.offset(self.at))
        chunk.reported = chunk.reported or any(start in spanned for start in self.mended.doubtful)
        return chunk

    def offset(self, at: int) -> int:
        return self.tokens[at].start_pos if at < len(self.tokens) else len(self.source.text) + 1

    def ends(self, chunk: Chunk, open_: list[Token]) -> bool:
        """Whether the statement is over at a line end or a `;`."""
        if self.kind() == "_SEMI":
            return True
        if self.kind() != "_NL":
            return False
        joined = self.kind(-1) in JOINS
        here = self.at
        self.skip_line_ends(separators=False)
        following = self.kind()
        fresh = self.starts_declaration() or self.starts_statement(chunk.where)
        self.at = here
        return following not in CONTINUES and (fresh or following == "" or not (open_ or joined))

    def opens_block(self, chunk: Chunk, open_: list[Token]) -> bool:
        """Whether a `{` opens a block; behind a `use` none does, and only the first of a statement."""
        if chunk.opening is not None or not chunk.head or chunk.head[0].type == "_USE":
            return False
        before = self.kind(-1)
        if open_:
            return before in BEFORE_BLOCK or before in word_kinds()
        return before not in BEFORE_FLAT

    def nested(self, chunk: Chunk, opening: Token, depth: int) -> None:
        """Read the block of a statement, whose brace we stand behind."""
        chunk.opening = opening
        chunk.body_where = self.body_where(chunk)
        chunk.body = self.block(chunk.body_where, depth + 1)
        if self.kind() == "_RBRACE":
            chunk.closing = self.tokens[self.at]
            self.at += 1
        else:
            chunk.closing = self.made_up(opening)
            self.unclosed(chunk, opening)

    def body_where(self, chunk: Chunk) -> Where:
        """What a block holds, by the word that its statement starts with, or seems to want to start with."""
        word = str(chunk.head[0])
        if word in BODIES or set(nearest_names(word, HEADS)) & BODIES:
            return "graph"
        if word in HEADS or nearest_names(word, HEADS):
            return "settings"
        return "graph" if self.kind(1 if self.kind() == "_NL" else 0) in head_kinds() else "settings"

    def goes_on_without_brace(self, chunk: Chunk) -> bool:
        """Whether what follows is the body of a statement that forgot its `{`."""
        word = str(chunk.head[0]) if chunk.head else ""
        if word not in (WITH_BLOCKS if chunk.where == "file" else ("loop", "each")):
            return False
        here = self.at
        self.skip_line_ends(separators=False)
        inside = "graph" if word in BODIES else "settings"
        goes_on = (
            here != self.at
            and self.starts_statement(inside)
            and str(self.tokens[self.at]) not in DECLARATIONS
        )
        self.at = here
        return goes_on

    def without_brace(self, chunk: Chunk, depth: int) -> None:
        """Read the block of a statement that forgot its `{`."""
        chunk.reported = True
        start = chunk.head[-1].end_pos if chunk.head else 0
        self.problems.append(Incomplete(self.source, Span(start, start), str(chunk.head[0]), "`{`"))
        self.nested(chunk, Token("_LBRACE", "{", start, start), depth)

    # --- brackets

    def close(self, chunk: Chunk, open_: list[Token], token: Token) -> None:
        """Match a closing bracket with those that are open in the statement."""
        if open_ and OPENERS[open_[-1].type] == token.type:
            open_.pop()
            chunk.add(token)
        elif any(OPENERS[opened.type] == token.type for opened in open_):
            while OPENERS[open_[-1].type] != token.type:
                opened = open_.pop()
                self.unclosed(chunk, opened)
                chunk.add(self.made_up(opened))
            open_.pop()
            chunk.add(token)
        elif open_:
            opened = open_.pop()
            label = Label(self.source, token_span(opened), "opened here")
            self.problems.append(UnmatchedBracket(self.source, token_span(token), str(token), label))
            chunk.reported = True
            chunk.add(self.made_up(opened))
        else:
            self.problems.append(UnmatchedBracket(self.source, token_span(token), str(token)))
            chunk.reported = True

    def leave_open(self, chunk: Chunk, open_: list[Token]) -> None:
        """The statement ends with these brackets open: report the innermost, close all."""
        if open_:
            self.unclosed(chunk, open_[-1])
        while open_:
            chunk.add(self.made_up(open_.pop()))

    def unclosed(self, chunk: Chunk, opening: Token) -> None:
        chunk.reported = True
        if not self.mended.cut_off and opening.end_pos > opening.start_pos:
            problem = UnclosedBracket(self.source, token_span(opening), str(opening), self.here())
            self.problems.append(problem)

    def made_up(self, opening: Token) -> Token:
        """The bracket that closes `opening`, as if it stood behind the last token."""
        end = self.tokens[self.at - 1].end_pos if self.at else 0
        return Token(OPENERS[opening.type], "", end, end)
