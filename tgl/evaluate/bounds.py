"""Compile-time limits as bounds that the sampler keeps by construction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tgl.evaluate.cost import CostModel, Price
from tgl.evaluate.worst import worst_price
from tgl.ir import Alternative, Limit, NodeTemplate, within
from tgl.space import VECTOR_ASK, AskTokens, Bound, OpenBounds, Worst


def worst_bound(
    limits: Sequence[Limit], worst: OpenBounds, cost: CostModel, dollars: Mapping[str, Price]
) -> tuple[Bound, ...]:
    """The compile-time limits as bounds, in order. Latency has no compile-time bound and is left out."""
    found: list[Bound] = []
    for limit in limits:
        if limit.stat != "worst" or limit.what == "latency":
            continue
        prices = dollars if limit.what == "cost" and limit.unit == "$" else cost.prices
        if limit.what == "calls":
            prices = {name: Price(1.0, 0.0, 0.0) for name in cost.prices}
        elif limit.what == "tokens":
            prices = {name: Price(0.0, 1.0, 1.0) for name in cost.prices}
        of = limit.of
        if limit.models is not None:
            others = dict.fromkeys(prices.keys() - set(limit.models), Price(0.0, 0.0, 0.0))
            prices, of = {**prices, **others}, None
        # where only calls are paid for, it does not matter what they read
        texts = any(one.prompt_token or one.computed is not None for one in prices.values())
        texts = texts or any(one.completion_token for one in prices.values())
        found.append(bound_of(limit.value, NodePrice(worst, prices, of), texts=texts))
    return tuple(found)


def bound_of(limit: float, price: NodePrice, *, texts: bool) -> Bound:
    """A limit on the worst price of a program. `texts`: whether prompts and replies are paid for."""
    return Bound(limit, price, Worst(price.worst, price.asked, texts))


def one_bound(bounds: tuple[Bound, ...]) -> Bound | None:
    """One bound that keeps all, each by itself."""
    return replace(bounds[0], also=bounds[1:]) if bounds else None


@dataclass(frozen=True, slots=True)
class NodePrice:
    """The worst price of a node on a model (on the dearest, if that is not decided).

    Nodes outside of the groups `of` cost nothing.
    """

    worst: OpenBounds
    prices: Mapping[str, Price]
    of: str | None = None

    def __call__(self, node: NodeTemplate, alternative: Alternative, model: str | None) -> float:
        """Price of a live role node, re-asks included, each setting at its dearest and all edges on."""
        most = self.asked(node, model, self.worst.asks(alternative), self.worst.ask(node, alternative))
        embedder = self.worst.embedder(alternative)
        return most if embedder is None else most + self.asked(node, embedder, 1, VECTOR_ASK)

    def asked(self, node: NodeTemplate, model: str | None, asks: int, ask: AskTokens) -> float:
        """Price of a live role node that is asked so often, for so many tokens."""
        if self.of is not None and not within(node.id, self.of):
            return 0.0
        names = self.prices if model is None else (model,)
        return asks * max(worst_price(self.prices[name], ask) for name in names)
