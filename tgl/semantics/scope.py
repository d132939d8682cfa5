"""Which names mean what: one namespace for each file, and one inside it for each graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from tgl.ir import TextPlace
from tgl.semantics.errors.at import At
from tgl.syntax import ast
from tgl.text import SourceFile, Span, frozen

Named: TypeAlias = ast.Let | ast.Pool | ast.Model | ast.LabelDecl | ast.Role | ast.Fn | ast.Task | ast.Graph
Inner: TypeAlias = (
    ast.Port | ast.Param | ast.Let | ast.NodeStmt | ast.Loop | ast.Each | ast.Memory | ast.Carry
)

VALUES = frozenset({"true", "false"})
"""Names of values; nothing may be declared with them."""

FUNCTIONS = frozenset({"model_of"})
"""Built-in functions that nothing may hide."""

CALLED = frozenset({"empty", "max", "min"})
"""Built-in functions that no other function may hide; values may have their names."""

DOMAINS = frozenset({"log", "orders", "subsets"})
"""Built-in functions that make what a `~` chooses from."""

QUANTIFIERS = frozenset({"any", "count", "linked"})
"""Built-in functions of a `require`."""

PRELUDE = frozenset({"acyclic", "ran", "size"}) | CALLED | DOMAINS | QUANTIFIERS
"""Built-in functions that a declaration may hide."""

BUILT_IN = VALUES | FUNCTIONS | PRELUDE
"""All names that mean something without a declaration."""

FUTURE = frozenset(
    "env outcome".split()  # noqa: SIM905
)
"""Names that the language has and this version has not."""


@frozen
class Binding:
    """What a name of a file means: its declaration, and the file that holds it.

    `decl` is None if the declaration could not be read or imported: that was reported, and whatever
    uses the name is silent about it.
    """

    name: str
    decl: Named | None
    home: str
    at: At


@frozen
class FileScope:
    """A file and the names that it declares or imports."""

    source: SourceFile
    module: ast.Module
    names: Mapping[str, Binding]
    broken: frozenset[str] = frozenset()
    broken_spans: tuple[Span, ...] = ()

    def at(self, span: Span) -> At:
        """A place in this file."""
        return At(self.source, span)

    @property
    def is_std(self) -> bool:
        """Whether it belongs to the standard library."""
        return self.source.name.startswith("std/")

    def graphs(self) -> tuple[ast.Graph, ...]:
        """The graphs that the file declares."""
        return tuple(decl for decl in self.module.decls if isinstance(decl, ast.Graph))

    def is_broken(self, graph: ast.Graph) -> bool:
        """Whether a part of the graph could not be read."""
        return any(graph.span.start <= span.start <= graph.span.end for span in self.broken_spans)

    def is_broken_around(self, place: Span) -> bool:
        """Whether the declaration at a place has parts that could not be read."""
        return any(
            decl.span.start <= place.start <= decl.span.end
            and any(decl.span.start <= span.start <= decl.span.end for span in self.broken_spans)
            for decl in self.module.decls
        )


@frozen
class GraphScope:
    """The names that a graph declares."""

    names: Mapping[str, Inner]


@frozen
class Files:
    """All files of a program, each after those that it uses; the last is the program itself."""

    scopes: Mapping[str, FileScope]
    root: str

    @property
    def main(self) -> FileScope:
        """The program's own file."""
        return self.scopes[self.root]


def hides_built_in(name: str, decl: object) -> bool:
    """Whether a function has the name of a built-in one."""
    is_function = isinstance(decl, ast.Fn) or (isinstance(decl, ast.Let) and decl.is_function)
    return name in CALLED and is_function


def text_place(scope: FileScope, span: Span) -> TextPlace:
    """A place as the IR keeps it."""
    return TextPlace(source=scope.source.name, start=span.start, end=span.end)


def kind_of(decl: Named) -> str:
    """What a declaration is, with its article."""
    match decl:
        case ast.Let():
            return "a `let`"
        case ast.Pool():
            return "a pool"
        case ast.Model():
            return "a model"
        case ast.LabelDecl():
            return "a label"
        case ast.Role():
            return "a role"
        case ast.Fn():
            return "a function"
        case ast.Task():
            return "a task"
        case ast.Graph():
            return "a graph"


def body_names(body: Iterable[ast.Stmt]) -> dict[str, Inner]:
    """The names that statements declare; of a name declared twice, the first."""
    return named_items(body)


def inner_names(graph: ast.Graph) -> dict[str, Inner]:
    """The names that a graph declares; of a name declared twice, the first."""
    return named_items((*graph.ports, *graph.body))


def named_items(items: Iterable[ast.Port | ast.Stmt]) -> dict[str, Inner]:
    found: dict[str, Inner] = {}
    for item in items:
        if isinstance(
            item, (ast.Port, ast.Param, ast.Let, ast.NodeStmt, ast.Loop, ast.Each, ast.Memory, ast.Carry)
        ):
            found.setdefault(item.name, item)
    return found
