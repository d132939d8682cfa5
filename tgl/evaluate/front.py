"""Which candidates are the points of a front (semantics.md 8), where a score is weighed against prices.

A *price* is what a question takes in the mean: cost, calls, tokens or latency. A point has to earn its
price: going up from the cheapest, a candidate is dropped if a point that is no dearer in any price stays
behind it by at most one standard error of their paired difference. That is the winner's rule, asked at every
budget at once: of candidates that are not distinguishable in the score, the cheaper stays. Each is compared
with points that were kept, never with dropped ones, so that small steps cannot add up to a lost end.

Prices that lie in one step of a grid of 2 % count as one: measured means differ by that much by chance
(epsilon-dominance: Laumanns, Thiele, Deb, Zitzler (2002), Evolutionary Computation 10:263; a grid, unlike a
tolerance, keeps "no dearer" transitive).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import assert_never

from tgl.evaluate.cost import CostModel
from tgl.evaluate.evaluation import Evaluation
from tgl.evaluate.limits import Meter
from tgl.evaluate.selection import WINNER_ERRORS, Choice, Finalist, deficit, rank
from tgl.ir import PriceName
from tgl.statistics import Resampler, corrected_best

MOST_POINTS = 8
"""Points that a front has at most: each is measured on test."""
STEP = 1.02
"""Ratio of the ends of a step of the grid of prices."""


def price_values(price: PriceName, evaluation: Evaluation, cost: CostModel) -> Sequence[float]:
    """What each example took: in units, calls, tokens or seconds."""
    match price:
        case "cost":
            return evaluation.costs(cost)
        case "calls":
            return evaluation.calls
        case "tokens":
            return evaluation.tokens
        case "latency":
            return evaluation.latencies
        case _:
            assert_never(price)


def step(price: float) -> float:
    """The step of the grid that a price lies in.

    >>> step(1.001) == step(1.0) < step(1.03)
    True
    """
    return math.floor(math.log(price) / math.log(STEP) + 1e-9) if price > 0.0 else -math.inf


@dataclass(frozen=True, slots=True)
class Prices:
    """The prices of a front, in the order of `pareto`."""

    names: tuple[PriceName, ...]
    cost: CostModel
    _known: dict[int, tuple[Evaluation, tuple[float, ...]]] = field(
        default_factory=dict[int, tuple[Evaluation, tuple[float, ...]]], compare=False, repr=False
    )

    def of(self, evaluation: Evaluation) -> tuple[float, ...]:
        """The mean of each; remembered, since each is compared with many."""
        known = self._known.get(id(evaluation))
        if known is None:
            values = (price_values(name, evaluation, self.cost) for name in self.names)
            known = evaluation, tuple(sum(each) / len(each) for each in values)
            self._known[id(evaluation)] = known
        return known[1]

    def affords(self, point: Evaluation, other: Evaluation) -> bool:
        """Whether `other` is no dearer than `point` in any price, on the grid."""
        return all(less <= most for less, most in zip(self.steps(other), self.steps(point), strict=True))

    def steps(self, evaluation: Evaluation) -> tuple[float, ...]:
        """The steps of the grid that its prices lie in."""
        return tuple(step(price) for price in self.of(evaluation))

    def order(self, evaluation: Evaluation) -> tuple[tuple[float, ...], float, str]:
        """The cheaper first (by the first price, then the next), ties: the better score."""
        return self.of(evaluation), -evaluation.score, evaluation.candidate.digest

    def undominated(self, evaluations: Iterable[Evaluation]) -> list[Evaluation]:
        """Those that no other reaches in score while it is no dearer; of equal ones the first digest."""
        found: list[Evaluation] = []
        for one in sorted(evaluations, key=lambda one: (-one.score, *self.order(one))):
            if not any(self.affords(one, other) for other in found):
                found.append(one)
        return found

    def worth(self, evaluations: Sequence[Evaluation]) -> list[Evaluation]:
        """Members of a front in the order in which they are needed.

        First its ends: the best score, and the cheapest in each price. Then the others, so that those left
        out first gain the least over what is left and no dearer.
        """
        if not evaluations:
            return []
        cheapest = [
            min(evaluations, key=lambda one: (self.of(one)[place], -one.score, one.candidate.digest))
            for place in range(len(self.names))
        ]
        best = min(evaluations, key=lambda one: (-one.score, *self.order(one)))
        ends = list({one.candidate.digest: one for one in [best, *cheapest]}.values())
        inner = [one for one in evaluations if all(one is not end for end in ends)]
        left_out: list[Evaluation] = []
        while inner:
            kept = [*ends, *inner]
            least = min(inner, key=lambda one: (self.gain(one, kept), *self.order(one)))
            inner.remove(least)
            left_out.append(least)
        return [*ends, *reversed(left_out)]

    def gain(self, one: Evaluation, beside: Sequence[Evaluation]) -> float:
        """What a candidate has over the best of those that are no dearer."""
        others = (other.score for other in beside if other is not one and self.affords(one, other))
        return one.score - max(others, default=0.0)

    def promising(self, feasible: Sequence[Evaluation], count: int) -> list[Evaluation]:
        """The candidates to measure on select, in order of promise.

        The front, then the front of what is left, and so on (Goldberg's ranks).
        """
        chosen: list[Evaluation] = []
        left = list(feasible)
        while left and len(chosen) < count:
            layer = self.undominated(left)
            chosen += self.worth(layer)
            taken = {one.candidate.digest for one in layer}
            left = [one for one in left if one.candidate.digest not in taken]
        return chosen[:count]

    def points(self, feasible: Sequence[Evaluation], most: int = MOST_POINTS) -> list[Evaluation]:
        """The points of the front, the cheapest first.

        Whatever was dropped, there is a point no dearer whose score is at most one standard error behind it,
        unless there are more than `most` (see `worth`).
        """
        kept: list[Evaluation] = []
        # By steps, so that whatever is no dearer on the grid has had its turn.
        for one in sorted(self.undominated(feasible), key=lambda one: (self.steps(one), self.order(one))):
            earlier = (other for other in kept if self.affords(one, other))
            if not any(deficit(one, other).within(WINNER_ERRORS) for other in earlier):
                kept.append(one)
        return sorted(self.worth(kept)[:most], key=self.order)


def choose_points(
    finalists: Sequence[Finalist], meter: Meter, prices: Prices, resampler: Resampler
) -> list[Choice]:
    """The points, the cheapest first, each among the feasible finalists that are no dearer.

    None of them if no finalist meets the measured limits.
    """
    feasible = {one.evaluation.candidate.digest: one for one in finalists if meter.feasible(one.evaluation)}
    chosen: list[Choice] = []
    for point in prices.points([one.evaluation for one in feasible.values()]):
        within = [one for one in feasible.values() if prices.affords(point, one.evaluation)]
        corrected = corrected_best(
            [one.evaluation.scores for one in within],
            resampler.child("corrected", len(chosen)),
            weights=point.weights,
        )
        best = min(within, key=lambda one: rank(one.evaluation, meter.cost))
        chosen.append(Choice(feasible[point.candidate.digest], best, corrected.corrected))
    return chosen
