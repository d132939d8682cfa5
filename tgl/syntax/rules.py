"""Rules on the shape of statements that the grammar leaves out: clauses once, loop statements in loops."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tgl.syntax import ast
from tgl.syntax.errors import OnlyInALoop, RepeatedClause, SyntaxProblem
from tgl.text import SourceFile


def rule_problems(source: SourceFile, decls: Sequence[ast.Decl]) -> Iterator[SyntaxProblem]:
    """What breaks a rule, in the order of the text."""
    for decl in decls:
        if isinstance(decl, ast.Graph):
            yield from in_body(source, decl.body, in_loop=False)


def in_body(source: SourceFile, body: Sequence[ast.Stmt], *, in_loop: bool) -> Iterator[SyntaxProblem]:
    for statement in body:
        match statement:
            case ast.NodeStmt() | ast.Edge():
                yield from repeated(source, statement.clauses)
            case ast.Loop():
                yield from in_body(source, statement.body, in_loop=True)
            case ast.Each():
                yield from in_body(source, statement.body, in_loop=False)
            case ast.Carry() | ast.Until() | ast.Keep():
                if not in_loop:
                    yield OnlyInALoop(source, statement.span, type(statement).__name__.lower())
            case _:
                pass


def repeated(source: SourceFile, clauses: Sequence[ast.Clause]) -> Iterator[SyntaxProblem]:
    seen: dict[str, ast.Clause] = {}
    for clause in clauses:
        if clause.kind in seen:
            yield RepeatedClause(source, clause.span, clause.kind, seen[clause.kind].span)
        seen.setdefault(clause.kind, clause)
