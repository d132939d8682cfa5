"""Compile-time limits as bounds that the sampler keeps by construction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tgl.evaluate.cost import CostModel, Price
from tgl.evaluate.worst import worst_price
from tgl.ir import Alternative, Limit, NodeTemplate, within
from tgl.space import Bound, OpenBounds


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
        price = NodePrice(worst, prices, of)
        # where only calls are paid for, it does not matter what they read
        texts = any(one.prompt_token or one.computed is not None for one in prices.values())
        found.append(Bound(limit.value, price, price.fed if texts else None))
    return tuple(found)


def one_bound(bounds: tuple[Bound, ...]) -> Bound | None:
    """One bound that keeps all: of several, each node counts with its dearest share of any limit."""
    if len(bounds) < 2:
        return bounds[0] if bounds else None
    if any(bound.limit <= 0 for bound in bounds):
        return next(bound for bound in bounds if bound.limit <= 0)

    def fed_cost(
        node: NodeTemplate, alternative: Alternative, model: str | None, fed: frozenset[int]
    ) -> float:
        return max(
            (
                bound.node_cost(node, alternative, model)
                if bound.fed_cost is None
                else bound.fed_cost(node, alternative, model, fed)
            )
            / bound.limit
            for bound in bounds
        )

    return Bound(
        1.0,
        lambda node, alternative, model: max(
            bound.node_cost(node, alternative, model) / bound.limit for bound in bounds
        ),
        fed_cost if any(bound.fed_cost is not None for bound in bounds) else None,
    )


@dataclass(frozen=True, slots=True)
class NodePrice:
    """The worst price of a node on a model (on the dearest, if that is not decided).

    Nodes outside of the groups `of` cost nothing.
    """

    worst: OpenBounds
    prices: Mapping[str, Price]
    of: str | None = None
    known: dict[tuple[str, str, str | None, frozenset[int] | None], float] = field(
        default_factory=dict, compare=False, repr=False
    )

    def __call__(self, node: NodeTemplate, alternative: Alternative, model: str | None) -> float:
        """Price of a live role node, re-asks included, whichever edges into it are on."""
        return self.fed(node, alternative, model, None)

    def fed(
        self, node: NodeTemplate, alternative: Alternative, model: str | None, fed: frozenset[int] | None
    ) -> float:
        """The same with only these edges into it. Each is asked for at every decision: kept."""
        name = (node.id, alternative.key, model, fed)
        if name not in self.known:
            self.known[name] = self.price(node, alternative, model, fed)
        return self.known[name]

    def price(
        self, node: NodeTemplate, alternative: Alternative, model: str | None, fed: frozenset[int] | None
    ) -> float:
        """The price, looked up nowhere."""
        if self.of is not None and not within(node.id, self.of):
            return 0.0
        names = self.prices if model is None else (model,)
        ask = self.worst.ask(node, alternative, fed)
        times = self.worst.asks(alternative)
        return times * max(worst_price(self.prices[name], ask) for name in names)
