"""Signals of replies that read what no model says, and so are always absent (W0507)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tgl.ir import Fn, GraphTemplate, Input, NodeRef, NodeTemplate, TextPlace
from tgl.semantics.errors import lints as facts
from tgl.semantics.fold import every
from tgl.semantics.lints.places import Spot, name_at, node_expressions
from tgl.semantics.lowering.state import State
from tgl.semantics.signals import Sources

OF_REPLIES = frozenset(
    {"std.signals:confidence", "std.signals:perplexities", "std.signals:ended", "std.signals:tokens"}
)
NOT_MESSAGES = frozenset({"mean"})


def unsaid(state: State, graph: GraphTemplate, found: Sequence[Spot], main: str, *, as_part: bool) -> None:
    """Report signals that are absent in every run of every program.

    Args:
        state: of the lowering.
        graph: the graph.
        found: its nodes.
        main: the name of the program's own source.
        as_part: whether other graphs may hand it messages.
    """
    signals = [(spot, part) for spot in found for part in signals_at(spot.node)]
    if not signals:
        return
    sources = Sources.of(graph)
    reads = [
        (spot, signal.fn, value)
        for spot, signal in signals
        for value in sources.messages(signal.fn, signal.args, signal.named, NOT_MESSAGES)
        if any(isinstance(part, NodeRef | Input) for part in every(value))  # else what it read is gone
    ]
    said: dict[tuple[TextPlace, str], bool] = {}
    for spot, function, value in reads:
        # In a round of a loop it may read what is given, in the next what was said: one of them is enough.
        given = as_part and any(isinstance(part, Input) for part in every(value))
        known = given or next(sources.said(value), None) is not None
        key = (spot.met, function.rpartition(":")[2])
        said[key] = said.get(key, False) or known
    for (place, function), known in said.items():
        if not known and place.source == main:
            state.problems.add(facts.unsaid(name_at(state, place), function))


def signals_at(node: NodeTemplate) -> Iterator[Fn]:
    """The signals of replies that a node reads."""
    return (part for part in node_expressions(node) if isinstance(part, Fn) and part.fn in OF_REPLIES)
