"""From text to tree. Parsing never raises: what cannot be read is reported.

A file without mistakes is read in one go. One with mistakes is cut into statements (`cut`), each is read on
its own (`recover`), and one that cannot be read is one problem (`explain`).
"""

from __future__ import annotations

from tgl.syntax import ast
from tgl.syntax.build import Builder, tree_span
from tgl.syntax.errors import NestedTooDeeply, SyntaxProblem
from tgl.syntax.grammar import read, scan
from tgl.syntax.lexical import mend, not_text, token_span
from tgl.syntax.lines import significant
from tgl.syntax.nesting import deepest_bracket, too_deep
from tgl.syntax.recover import recover
from tgl.syntax.rules import rule_problems
from tgl.syntax.tokens import Token
from tgl.text import SourceFile, Span, frozen


@frozen
class Comment:
    """A comment: `text` begins with `#`; `doc` tells that it begins with `##`."""

    span: Span
    text: str
    doc: bool


@frozen
class Parsed:
    """A file as far as it can be read.

    Without problems, `module` is the whole file. With problems (in the order of the text) it holds what could
    be read, and `broken_names` what the unreadable statements may declare, so that later stages keep quiet
    about those.
    """

    module: ast.Module
    problems: tuple[SyntaxProblem, ...]
    comments: tuple[Comment, ...]
    broken_names: frozenset[str] = frozenset()


def parse(source: SourceFile) -> Parsed:
    """Read a file. Never raises; linear in the length of the text."""
    binary = not_text(source)
    if binary is not None:
        return unreadable(source, binary)
    raw = list(scan(source.text))
    comments = tuple(comment(token) for token in raw if token.type == "COMMENT")
    deepest = deepest_bracket(raw)
    if deepest is not None:
        return unreadable(source, NestedTooDeeply(source, token_span(deepest)), comments)
    mended = mend(source, raw)
    builder = Builder(source)
    tree = len(raw) if mended.problems else read(significant(mended.tokens), "file")
    found: list[SyntaxProblem] = list(mended.problems)
    broken: frozenset[str] = frozenset()
    if isinstance(tree, int):
        decls, recovery = recover(builder, mended)
        found += recovery.problems
        broken = frozenset(recovery.broken_names)
    else:
        deep = too_deep(tree)
        if deep is not None:
            return unreadable(source, NestedTooDeeply(source, tree_span(deep)), comments)
        decls = builder.declarations(tree)
    found += builder.problems
    found += rule_problems(source, decls)
    problems = tuple(sorted(found, key=lambda problem: problem.span))
    return Parsed(ast.Module(source, decls, span=whole(source)), problems, comments, broken)


def unreadable(source: SourceFile, problem: SyntaxProblem, comments: tuple[Comment, ...] = ()) -> Parsed:
    """The result for a file of which nothing is read."""
    return Parsed(ast.Module(source, (), span=whole(source)), (problem,), comments)


def whole(source: SourceFile) -> Span:
    return Span(0, len(source.text))


def comment(token: Token) -> Comment:
    text = str(token).rstrip()
    start = token.start_pos
    return Comment(Span(start, start + len(text)), text, text.startswith("##"))
