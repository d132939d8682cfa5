"""What a search may ask for at most, in words: said before the first call."""

from __future__ import annotations

from collections.abc import Iterator

from tgl.evaluate import Splits, WorstCase, dollar_prices, reachable_models
from tgl.ir import Alternative, GraphTemplate, NodeTemplate, ProgramIR


def worst_bill(ir: ProgramIR, splits: Splits, shot_bytes: dict[str, int]) -> str:
    """The cap on a search's calls, and what they cost at most at the declared prices."""
    spec = ir.optimize
    if spec is None or (spec.spend_calls is None and spec.spend_dollars is None):
        return "any number of calls: no `spend` is given"
    parts: list[str] = []
    if spec.spend_calls is not None:
        parts.append(f"up to {spec.spend_calls} calls")
    if spec.spend_dollars is not None:
        parts.append(f"up to ${spec.spend_dollars:g}")
    elif (each := dearest_call(ir, splits, shot_bytes)) is not None:
        parts.append(f"at most ${each * (spec.spend_calls or 0):.2f} at the declared prices")
    else:
        parts.append("at prices that the program does not declare")
    return ", ".join(parts)


def dearest_call(ir: ProgramIR, splits: Splits, shot_bytes: dict[str, int]) -> float | None:
    """Dollars of the dearest call that the program can make, None if a price is not declared."""
    prices = dollar_prices(ir.models)
    models = [model.name for model in reachable_models(ir)]
    if any(name not in prices for name in models):
        return None
    worst = WorstCase(ir, splits.longest, shot_bytes)
    return max(
        (
            prices[name].of(worst.tokens(node, alternative, name))
            for node, alternative in role_alternatives(ir.graph)
            for name in models
        ),
        default=0.0,
    )


def role_alternatives(graph: GraphTemplate) -> Iterator[tuple[NodeTemplate, Alternative]]:
    """Everything that may call a model, nested graphs included."""
    for node in graph.nodes:
        for alternative in node.alternatives:
            if alternative.kind == "role":
                yield node, alternative
            elif alternative.graph is not None:
                yield from role_alternatives(alternative.graph)
