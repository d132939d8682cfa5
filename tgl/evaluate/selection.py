"""Who goes on to select, and who wins there (semantics.md 8).

Both rules look at a candidate's *deficit*: the mean of its paired differences to the best score, with the
standard error of that mean. The winner is the cheapest candidate whose deficit is at most one standard error
(the one-standard-error rule: Breiman, Friedman, Olshen, Stone (1984), Classification and Regression Trees,
3.4.3; here the differences are paired). "Not distinguishable from the best" in place of it would let a
program win that is several points worse, since with a hundred examples few differences are distinguishable.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tgl.evaluate.cost import CostModel
from tgl.evaluate.evaluation import Evaluation
from tgl.evaluate.limits import Meter
from tgl.ir import Assignment
from tgl.statistics import Resampler, corrected_best, ratio_error, weighted_mean

WINNER_ERRORS = 1.0
FRONT_ERRORS = 2.0
"""Standard errors within which a member of the front goes on to select: wider than the winner's, since train
is small and only a look on select is at stake."""
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Finalist:
    """A candidate that was measured on select."""

    assignment: Assignment
    evaluation: Evaluation


@dataclass(frozen=True, slots=True)
class Choice:
    """The winner, the best score among feasible finalists, and the corrected score of such a choice."""

    winner: Finalist
    best: Finalist
    corrected: float


def mean_cost(evaluation: Evaluation, cost: CostModel) -> float:
    """Mean cost of an example."""
    costs = evaluation.costs(cost)
    return sum(costs) / len(costs)


@dataclass(frozen=True, slots=True)
class Deficit:
    """How far a candidate stays behind another on the same examples: mean, and its standard error."""

    mean: float
    error: float

    def within(self, errors: float) -> bool:
        """Whether it is at most so many standard errors."""
        return self.mean <= errors * self.error + ROUNDING


def deficit(best: Evaluation, other: Evaluation) -> Deficit:
    """The deficit of `other`; with a single example the error is 0."""
    differences = [one - two for one, two in zip(best.scores, other.scores, strict=True)]
    if (weights := best.weights) is not None:
        return Deficit(weighted_mean(differences, weights), ratio_error(differences, weights))
    n = len(differences)
    mean = sum(differences) / n
    squares = sum((difference - mean) ** 2 for difference in differences)
    return Deficit(mean, math.sqrt(squares / (n - 1) / n) if n > 1 else 0.0)


def rank(evaluation: Evaluation, cost: CostModel) -> tuple[float, float, str]:
    """The better score first, ties: the cheaper, then the smaller digest."""
    return -evaluation.score, mean_cost(evaluation, cost), evaluation.candidate.digest


def front(evaluations: Sequence[Evaluation], cost: CostModel) -> list[Evaluation]:
    """Those that no other reaches in score at no more than their mean cost, the best score first."""
    found: list[Evaluation] = []
    cheapest = math.inf
    for one in sorted(evaluations, key=lambda one: rank(one, cost)):
        if (price := mean_cost(one, cost)) < cheapest:
            cheapest = price
            found.append(one)
    return found


def finalists(feasible: Sequence[Evaluation], cost: CostModel, count: int) -> list[Evaluation]:
    """The candidates to measure on select, in order of promise.

    First the members of the front of (score, mean cost) within two standard errors of the best, the best
    score first: one of them is what the winner's rule is after. The places left go to the best scores.
    """
    ordered = sorted(feasible, key=lambda one: rank(one, cost))
    if not ordered:
        return []
    chosen = [one for one in front(ordered, cost) if deficit(ordered[0], one).within(FRONT_ERRORS)]
    taken = {one.candidate.digest for one in chosen}
    return [*chosen, *(one for one in ordered if one.candidate.digest not in taken)][:count]


def choose(finalists: Sequence[Finalist], meter: Meter, resampler: Resampler) -> Choice | None:
    """The cheapest of the feasible finalists within one standard error of the best of them.

    The best has the highest score (ties: the cheaper, then the smaller digest). None if no finalist meets
    the measured limits.
    """
    feasible = [one for one in finalists if meter.feasible(one.evaluation)]
    if not feasible:
        return None
    best = min(feasible, key=lambda one: rank(one.evaluation, meter.cost))
    near = [one for one in feasible if deficit(best.evaluation, one.evaluation).within(WINNER_ERRORS)]
    winner = min(
        near, key=lambda one: (mean_cost(one.evaluation, meter.cost), *rank(one.evaluation, meter.cost))
    )
    corrected = corrected_best(
        [one.evaluation.scores for one in feasible],
        resampler.child("corrected"),
        weights=best.evaluation.weights,
    )
    return Choice(winner, best, corrected.corrected)
