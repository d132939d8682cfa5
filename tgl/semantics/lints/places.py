"""The nodes of a whole program, each with the place where the program's author meets it."""

from __future__ import annotations

from collections.abc import Iterator

from tgl.ir import Const, Expr, GraphTemplate, NodeTemplate, TextPlace
from tgl.semantics.errors.at import At
from tgl.semantics.fold import every
from tgl.semantics.lowering.state import State
from tgl.syntax import ast
from tgl.text import Span, frozen

YES = Const(value=True)


@frozen
class Spot:
    """A node of an instance; `met` is the innermost text around it that is the program's own.

    What an imported template does with the arguments of its user is told at the node that uses it.
    """

    graph: GraphTemplate
    node: NodeTemplate
    met: TextPlace

    @property
    def name(self) -> str:
        """The declared name."""
        return self.node.group.rpartition(".")[2]


def spots(graph: GraphTemplate, main: str, around: TextPlace | None = None) -> Iterator[Spot]:
    """All nodes of an instance and of those inside it, in order.

    Args:
        graph: the instance.
        main: the name of the program's own source.
        around: the innermost text around the instance that is the program's own.
    """
    for node in graph.nodes:
        met = node.place if node.place.source == main or around is None else around
        yield Spot(graph, node, met)
        for alternative in node.alternatives:
            if alternative.graph is not None:
                yield from spots(alternative.graph, main, met)


def node_expressions(node: NodeTemplate) -> Iterator[Expr]:
    """What a node reads in a run, with all inside it."""
    for alternative in node.alternatives:
        for _, value in alternative.args:
            yield from every(value)
    if node.guard is not None:
        yield from every(node.guard)


def text_at(state: State, place: TextPlace) -> At:
    """A place of the text."""
    return At(state.files.scopes[place.source].source, Span(place.start, place.end))


def declaration(state: State, place: TextPlace) -> ast.NodeStmt | None:
    """The `node` statement that stands at a place."""

    def search(body: tuple[ast.Stmt, ...]) -> ast.NodeStmt | None:
        for item in body:
            if isinstance(item, ast.NodeStmt) and item.span == span:
                return item
            if isinstance(item, (ast.Loop, ast.Each)) and (found := search(item.body)) is not None:
                return found
        return None

    span = Span(place.start, place.end)
    graphs = (decl for decl in state.files.scopes[place.source].module.decls if isinstance(decl, ast.Graph))
    return next((found for graph in graphs if (found := search(graph.body)) is not None), None)


def name_at(state: State, place: TextPlace) -> At:
    """The name in a `node` statement; another place as it is."""
    at, item = text_at(state, place), declaration(state, place)
    return at if item is None else At(at.source, item.name_span)
