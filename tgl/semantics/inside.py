"""Ways through an IR: the graphs in it, and the expressions of one graph by what they are for."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto
from typing import TypeAlias

from tgl.ir import Alternative, Expr, GraphTemplate
from tgl.semantics.fold import every


class Use(Enum):
    """What an expression is for. Static ones are decided with the program."""

    OUTPUT = auto()
    COUNT = auto()
    EXISTS = auto()
    PICK = auto()
    ON = auto()
    GUARD = auto()
    ARGUMENT = auto()
    FIELD = auto()
    REQUIREMENT = auto()
    EDGE_SOURCE = auto()
    EDGE_EXISTS = auto()


STATIC = frozenset({Use.COUNT, Use.EXISTS, Use.PICK, Use.ON, Use.FIELD, Use.REQUIREMENT, Use.EDGE_EXISTS})

Used: TypeAlias = tuple[Use, str, Expr]
"""What an expression is for, the node or graph that it stands at, and the expression."""


def nested(graph: GraphTemplate) -> Iterator[GraphTemplate]:
    """A graph instance and all inside it."""
    yield graph
    for node in graph.nodes:
        for alternative in node.alternatives:
            if alternative.graph is not None:
                yield from nested(alternative.graph)


def used(graph: GraphTemplate) -> Iterator[Used]:
    """The whole expressions of one instance."""
    yield Use.OUTPUT, graph.path, graph.output
    for group in graph.groups:
        if group.count is not None:
            yield Use.COUNT, f"{graph.path}.{group.name}", group.count
    for node in graph.nodes:
        yield Use.EXISTS, node.id, node.exists
        yield Use.PICK, node.id, node.pick
        if node.on is not None:
            yield Use.ON, node.id, node.on
        if node.guard is not None:
            yield Use.GUARD, node.id, node.guard
        for alternative in node.alternatives:
            yield from written(node.id, alternative)
    for requirement in graph.requirements:
        yield Use.REQUIREMENT, graph.path, requirement.condition
    for edge in graph.edges:
        yield Use.EDGE_SOURCE, edge.target, edge.source
        yield Use.EDGE_EXISTS, edge.target, edge.exists
        if edge.guard is not None:
            yield Use.GUARD, edge.target, edge.guard


def written(node: str, alternative: Alternative) -> Iterator[Used]:
    """The arguments and settings of an alternative."""
    for _, value in alternative.args:
        yield Use.ARGUMENT, node, value
    for _, value in alternative.fields:
        yield Use.FIELD, node, value


def expressions(graph: GraphTemplate) -> Iterator[Expr]:
    """All expressions of one instance, with those inside them."""
    for _, _, value in used(graph):
        yield from every(value)
