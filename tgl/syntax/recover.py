"""Read what can be read of a file with mistakes, one statement at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from tgl.syntax import ast
from tgl.syntax.build import Builder, tree_span
from tgl.syntax.cut import Chunk, Cutter
from tgl.syntax.errors import NestedTooDeeply, SyntaxProblem
from tgl.syntax.explain import Stop, explain
from tgl.syntax.grammar import accepted_after, read
from tgl.syntax.lexical import Mended
from tgl.syntax.nesting import too_deep
from tgl.syntax.tokens import ParseTree
from tgl.syntax.words import word_kinds

Piece: TypeAlias = ast.Decl | ast.Stmt | ast.Setting

START = {"file": "declaration", "graph": "statement", "settings": "setting_"}


@dataclass(slots=True)
class Recovery:
    """Reads chunks; collects problems, and the names that unreadable statements declare."""

    builder: Builder
    problems: list[SyntaxProblem] = field(default_factory=list[SyntaxProblem])
    broken_names: set[str] = field(default_factory=set[str])

    def pieces(self, chunks: Sequence[Chunk]) -> tuple[Piece, ...]:
        """The nodes of those chunks that can be read."""
        return tuple(piece for piece in map(self.piece, chunks) if piece is not None)

    def piece(self, chunk: Chunk) -> Piece | None:
        tree = self.tree(chunk)
        body = self.pieces(chunk.body)
        if tree is None:
            self.broken_names |= declared_names(chunk)
            return None
        match chunk.where:
            case "file":
                return with_body(self.builder.declaration(tree), chunk, body)
            case "graph":
                return with_body(self.builder.statement(tree), chunk, body)
            case "settings":
                return self.builder.setting(tree)

    def tree(self, chunk: Chunk) -> ParseTree | None:
        """The parse tree of a statement with an empty block, or None with a problem reported."""
        tokens = chunk.tokens()
        start = START[chunk.where]
        source = self.builder.source
        result = read(tokens, start)
        if not isinstance(result, int):
            deep = too_deep(result)
            if deep is None:
                return result
            self.problems.append(NestedTooDeeply(source, tree_span(deep)))
            return None
        if not chunk.reported:
            before = tokens[:result]
            token = tokens[result] if result < len(tokens) else None
            after = tokens[result + 1] if result + 1 < len(tokens) else None
            accepted = accepted_after(before, start)
            self.problems.append(explain(Stop(source, chunk, before, token, after, accepted)))
        return None


def recover(builder: Builder, mended: Mended) -> tuple[tuple[ast.Decl, ...], Recovery]:
    """The declarations that can be read, and what was found on the way."""
    cutter = Cutter(builder.source, mended)
    chunks = cutter.block("file", 0)
    recovery = Recovery(builder)
    pieces = recovery.pieces(chunks)
    recovery.problems += cutter.problems
    return tuple(piece for piece in pieces if isinstance(piece, ast.Decl)), recovery


def with_body(node: ast.Decl | ast.Stmt, chunk: Chunk, body: Sequence[Piece]) -> ast.Decl | ast.Stmt:
    """The node with what was read of its block."""
    if chunk.opening is None:
        return node
    match node:
        case ast.Graph() | ast.Loop() | ast.Each():
            return replace(node, body=tuple(piece for piece in body if isinstance(piece, ast.Stmt)))
        case (
            ast.Model()
            | ast.LabelDecl()
            | ast.Role()
            | ast.Fn()
            | ast.Task()
            | ast.Optimize()
            | ast.Measured()
            | ast.Memory()
        ):
            settings = tuple(piece for piece in body if isinstance(piece, ast.Setting | ast.Param))
            return replace(node, settings=settings)
        case _:
            return node


def declared_names(chunk: Chunk) -> set[str]:
    """Names that an unreadable statement may declare: all words of a `use`, else the one behind its head."""
    words = [token for token in chunk.head if token.type == "NAME" or token.type in word_kinds()]
    if chunk.where == "settings":
        return set()
    return {str(token) for token in (words if chunk.head[:1] == ["use"] else words[:2])}
