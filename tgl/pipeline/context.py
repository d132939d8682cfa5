"""Prompts that may not fit into the context of their model (W0601): told before a server refuses them.

Nodes are looked at in the worst case over the whole space: the most messages that may arrive, the longest
few-shot rows and given fields, every reply as long as its `max_tokens`. Replies count in full, since they
are told in tokens; all other text counts as so many bytes a token as usual text has. That is a guess, where
the bounds of `tglc plan` are certain: with a byte a token nearly every program would be warned of.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tgl.diagnostics import Diagnostic, Label, report
from tgl.ir import Alternative, ModelSpec, NodeTemplate, ProgramIR
from tgl.models import ModelError, pack_of, settings_of
from tgl.semantics import Spot, spots
from tgl.space import Lengths, OpenBounds, Unbounded
from tgl.text import SourceFile, Span

BYTES_PER_TOKEN = 4
"""Of usual text."""


class InQuarters(OpenBounds):
    """Worst cases in quarters of a token: a byte of text is one, a token of a reply is four."""

    def longest_reply(self, alternative: Alternative) -> int | None:
        """The largest `max_tokens`; None where a reply may go without."""
        limit = super().longest_reply(alternative)
        return None if limit is None else limit * BYTES_PER_TOKEN


@dataclass(frozen=True, slots=True)
class Ask:
    """The longest request of a role at a node, in tokens; `most` messages may arrive at a list of it."""

    spot: Spot
    alternative: Alternative
    prompt: int
    reply: int
    most: int

    @property
    def total(self) -> int:
        """Tokens of prompt and reply."""
        return self.prompt + self.reply


def overflows(ir: ProgramIR, lengths: Lengths, sources: Mapping[str, SourceFile]) -> list[Diagnostic]:
    """A warning for each role at a node that may need more than the context of a model it may run on.

    Args:
        ir: the program.
        lengths: of the texts that its prompts show.
        sources: the files of the program, its own first.
    """
    contexts = {spec.name: known for spec in ir.models if (known := context_of(spec)) is not None}
    if not contexts:
        return []
    main = next(iter(sources))
    worst: dict[tuple[str, int, str], tuple[Ask, str]] = {}
    bounds = InQuarters(ir, lengths)
    for ask in asks(bounds, list(spots(ir.graph, main))):
        for model in models_of(bounds, ask.spot.node):
            key = (ask.spot.met.source, ask.spot.met.start, ask.alternative.what)
            known = contexts.get(model, math.inf)
            before = worst.get(key)
            if ask.total > known and (before is None or ask.total - known > excess(before, contexts)):
                worst[key] = (ask, model)
    return [told(ask, model, contexts[model], sources) for ask, model in worst.values()]


def excess(found: tuple[Ask, str], contexts: Mapping[str, int]) -> int:
    """By how many tokens a request is too long."""
    return found[0].total - contexts[found[1]]


def context_of(spec: ModelSpec) -> int | None:
    """Tokens that fit into a request with its reply; None where nobody says."""
    try:
        settings = settings_of(spec)
        if settings.context is not None:
            return settings.context
        return pack_of(settings).context if spec.provider == "local" else None
    except ModelError:
        return None  # told by whatever uses the model


def asks(bounds: OpenBounds, found: list[Spot]) -> Iterator[Ask]:
    """The longest request of each role at each live node, where it is bounded."""
    for spot in found:
        graph = bounds.space.graphs[spot.graph.path]
        plan = graph.nodes[graph.index[spot.node.id]]
        for alternative in spot.node.alternatives if plan.reaches else ():
            if alternative.kind != "role":
                continue
            ask = bounds.ask(spot.node, alternative)
            if math.isinf(ask.prompt):
                continue
            reply = 0 if math.isinf(ask.completion) else int(ask.completion) // BYTES_PER_TOKEN
            try:
                arriving = bounds.arriving(graph, plan, plan.alternatives[alternative.key])
            except Unbounded:
                continue
            most = max((size.count or 0 for size in arriving.values()), default=0)
            yield Ask(spot, alternative, math.ceil(ask.prompt / BYTES_PER_TOKEN), reply, most)


def models_of(bounds: OpenBounds, node: NodeTemplate) -> tuple[str, ...]:
    """The models that a node may run on, as far as they are written; an inner node asks those around it."""
    path = bounds.space.homes[node.id]
    graph = bounds.space.graphs[path]
    on = graph.nodes[graph.index[node.id]].on
    if on is not None:
        return bounds.named(on) or ()
    held = bounds.holders.get(path)
    return () if held is None else models_of(bounds, held[1].template)


def told(ask: Ask, model: str, context: int, sources: Mapping[str, SourceFile]) -> Diagnostic:
    """W0601."""
    parts = f"a prompt of {ask.prompt:,} tokens"
    if ask.most > 1:
        parts += f" with {ask.most} messages in it"
    if ask.reply:
        parts += f", and a reply of {ask.reply:,}"
    place = ask.spot.met
    return report(
        "W0601",
        f"node `{ask.spot.name}` may need {ask.total:,} tokens on `{model}`, whose context holds {context:,}",
        Label(sources[place.source], Span(place.start, place.end), f"at most {parts}"),
        hint="lower the `max_tokens` of what arrives, show fewer `shots`, let less arrive, or use a "
        "model with more context (`context 8k` says how much it has)",
    )
