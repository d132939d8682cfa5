"""Where a program counts or compares answers: there, the task's key tells which are the same."""

from __future__ import annotations

from collections.abc import Iterator

from tgl.ir.expr import Expr, Fn, Input, ListOf, NodeRef, Op
from tgl.ir.program import GraphTemplate

VOTES = frozenset({"std.reduce:majority", "std.signals:agreement", "std.signals:lead"})
"""Functions that count answers."""
COMPARISONS = frozenset({"==", "!=", "in"})
"""Operators that tell whether two messages are the same answer."""


def graph_votes(graph: GraphTemplate) -> bool:
    """Whether a graph, or one inside it, may count or compare messages, as far as can be told."""
    for node in graph.nodes:
        for alternative in node.alternatives:
            if alternative.fn in VOTES or (alternative.graph is not None and graph_votes(alternative.graph)):
                return True
    return any(may_vote(part) for expr in written(graph) for part in every_part(expr))


def written(graph: GraphTemplate) -> Iterator[Expr]:
    """The run-time expressions of one graph."""
    yield graph.output
    for node in graph.nodes:
        if node.guard is not None:
            yield node.guard
        for alternative in node.alternatives:
            yield from (expr for _, expr in (*alternative.args, *alternative.fields))
    for edge in graph.edges:
        yield edge.source
        if edge.guard is not None:
            yield edge.guard


def may_vote(part: Expr) -> bool:
    """Whether a part of an expression counts or compares messages."""
    match part:
        case Fn(fn=name):
            return name in VOTES
        case Op(op=op, args=args):
            return op in COMPARISONS and all(
                any(isinstance(one, NodeRef | Input) for one in every_part(arg)) for arg in args
            )
        case _:
            return False


def every_part(expr: Expr) -> Iterator[Expr]:
    """An expression and all its parts."""
    yield expr
    match expr:
        case ListOf(items=parts) | Op(args=parts):
            pass
        case Fn(args=args, named=named):
            parts = (*args, *(value for _, value in named))
        case _:
            parts = ()
    for part in parts:
        yield from every_part(part)
