"""The winner on select (semantics.md 8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tgl.evaluate.cost import CostModel
from tgl.evaluate.evaluator import Evaluation
from tgl.evaluate.limits import Meter
from tgl.ir import Assignment
from tgl.statistics import Resampler, compare, corrected_best


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


def choose(finalists: Sequence[Finalist], meter: Meter, resampler: Resampler) -> Choice | None:
    """The cheapest of the feasible finalists that are not distinguishable from the best of them.

    The best has the highest score (ties: the cheaper, then the smaller digest). None if no finalist meets
    the measured limits.
    """
    feasible = [one for one in finalists if meter.feasible(one.evaluation)]
    if not feasible:
        return None

    def rank(one: Finalist) -> tuple[float, float, str]:
        evaluation = one.evaluation
        return -evaluation.score, mean_cost(evaluation, meter.cost), evaluation.candidate.digest

    best = min(feasible, key=rank)
    equals = [
        one
        for one in feasible
        if one is best
        or not compare(best.evaluation.scores, one.evaluation.scores, resampler).distinguishable
    ]
    winner = min(equals, key=lambda one: (mean_cost(one.evaluation, meter.cost), *rank(one)))
    corrected = corrected_best([one.evaluation.scores for one in feasible], resampler.child("corrected"))
    return Choice(winner, best, corrected.corrected)
