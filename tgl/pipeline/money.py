"""What a search may ask for at most, in words: said before the first call."""

from __future__ import annotations

import math
from collections.abc import Iterator

from tgl.evaluate import judging_of, reachable_models
from tgl.ir import Alternative, GraphTemplate, NodeTemplate, ProgramIR
from tgl.space import Lengths, OpenBounds


def worst_bill(ir: ProgramIR, lengths: Lengths) -> str:
    """The cap on a search's calls, and what they cost at most at the declared prices."""
    spec = ir.optimize
    if spec is None or (spec.spend_calls is None and spec.spend_dollars is None):
        return "any number of calls: no `spend` is given"
    parts: list[str] = []
    if spec.spend_calls is not None:
        parts.append(f"up to {spec.spend_calls} calls")
    if spec.spend_dollars is not None:
        parts.append(f"up to ${spec.spend_dollars:g}")
    elif (each := dearest_call(ir, lengths)) is None:
        parts.append("at prices that the program does not declare")
    elif math.isfinite(each):
        parts.append(f"at most ${each * (spec.spend_calls or 0):.2f} at the declared prices")
    else:
        parts.append("with no bound on what a call costs (`max_tokens` is not set)")
    return ", ".join(parts)


def dearest_call(ir: ProgramIR, lengths: Lengths) -> float | None:
    """Dollars of the dearest single call that the program can make, None if a price is not declared."""
    worst = OpenBounds(ir, lengths)
    names = [model.name for model in reachable_models(ir)]
    found = [
        worst.one(node, alternative, name).dollars
        for node, alternative in role_alternatives(ir.graph)
        for name in names
    ]
    if (judging := judging_of(ir, lengths)) is not None:
        found.append(judging.dollars if judging.priced else None)
    known = [dollars for dollars in found if dollars is not None]
    return max(known, default=0.0) if len(known) == len(found) else None


def role_alternatives(graph: GraphTemplate) -> Iterator[tuple[NodeTemplate, Alternative]]:
    """Everything that may call a model, nested graphs included."""
    for node in graph.nodes:
        for alternative in node.alternatives:
            if alternative.kind == "role":
                yield node, alternative
            elif alternative.graph is not None:
                yield from role_alternatives(alternative.graph)
