"""From text to tree. Parsing never raises: what cannot be read is reported."""

from __future__ import annotations

from dataclasses import dataclass

from lark import Token
from lark.exceptions import UnexpectedToken

from tgl.syntax import ast
from tgl.syntax.build import Builder
from tgl.syntax.errors import SyntaxProblem, Unexpected
from tgl.syntax.grammar import parse_tokens, scan
from tgl.syntax.lines import significant
from tgl.text import SourceFile, Span


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment: `text` begins with `#`; `doc` tells that it begins with `##`."""

    span: Span
    text: str
    doc: bool


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file as far as it can be read.

    Without problems, `module` is the whole file. With problems it holds what could be read, and
    `broken_names` what the unreadable statements declare, so that later stages keep quiet about those.
    """

    module: ast.Module
    problems: tuple[SyntaxProblem, ...]
    comments: tuple[Comment, ...]
    broken_names: frozenset[str] = frozenset()


def parse(source: SourceFile) -> Parsed:
    """Read a file."""
    raw = list(scan(source.text))
    comments = tuple(comment(token) for token in raw if token.type == "COMMENT")
    builder = Builder(source)
    span = Span(0, len(source.text))
    try:
        tree = parse_tokens(significant(raw), "file")
    except UnexpectedToken as error:
        token = error.token
        at = Span(token.start_pos or 0, token.end_pos or 0)
        problem = Unexpected(source, at, str(token), "something else")
        return Parsed(ast.Module(source, (), span=span), (problem,), comments)
    module = ast.Module(source, builder.declarations(tree), span=span)
    return Parsed(module, tuple(builder.problems), comments)


def comment(token: Token) -> Comment:
    text = str(token).rstrip()
    start = token.start_pos or 0
    return Comment(Span(start, start + len(text)), text, text.startswith("##"))
