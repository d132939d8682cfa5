"""The most that the calls of a candidate can cost, told before the run, at any prices per token.

How many calls and tokens is `tgl.space`'s to say (semantics.md 4); here they are priced.
"""

from __future__ import annotations

from collections.abc import Mapping

from tgl.evaluate.cost import Price
from tgl.ir import Candidate
from tgl.space import AskTokens, Lengths, ask_tokens, asks


def worst_dollars(candidate: Candidate, prices: Mapping[str, Price], lengths: Lengths) -> dict[str, float]:
    """The dearest that each call can be, re-asks included, by node; 0 on models without a price.

    `inf` where nothing bounds a prompt or a reply.

    Args:
        candidate: the program.
        prices: dollars by model.
        lengths: of the texts.
    """
    tokens = ask_tokens(candidate, lengths)
    dearest: dict[str, float] = {}
    for node in candidate.calls:
        price = prices.get(node.model)
        dearest[node.id] = 0.0 if price is None else asks(node) * worst_price(price, tokens[node.id])
    return dearest


def worst_price(price: Price, ask: AskTokens) -> float:
    """The price of an ask at its longest; what costs nothing may be as long as it likes."""
    return price.of_tokens(ask.prompt, ask.completion)
