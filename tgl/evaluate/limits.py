"""Measured limits: how far a candidate is beyond them, and which of them it breaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from tgl.evaluate.cost import CostModel, Price
from tgl.evaluate.evaluation import Evaluation
from tgl.ir import ACCURACY, Limit, MetricSpec
from tgl.statistics import quantile

OVER = 1e-12
"""By how much, relatively, a sum of prices may pass a bound by rounding alone."""


@dataclass(frozen=True, slots=True)
class Meter:
    """What measures a candidate against the limits of a program.

    Args:
        limits: all limits; the compile-time ones (`worst`) are kept by construction and not looked at here.
        cost: the task's unit.
        dollars: prices in dollars, for limits in `$` where the unit is another.
        failures: largest share of examples that may fail.
        metrics: of the task, that of the scores first, then the others in their order.
    """

    limits: Sequence[Limit]
    cost: CostModel
    dollars: Mapping[str, Price]
    failures: float
    metrics: Sequence[MetricSpec] = (ACCURACY,)

    @property
    def measured(self) -> tuple[Limit, ...]:
        """The limits that only a measurement can tell."""
        return tuple(limit for limit in self.limits if limit.stat != "worst")

    def values(self, limit: Limit, evaluation: Evaluation) -> Sequence[float]:
        """What a limit is about, for each example: of the calls that count, where it is of a part.

        Of a metric these are the scores, in [0, 1].
        """
        if limit.of is not None:
            evaluation = evaluation.part(limit.counts)
        match limit.what:
            case "cost" if limit.unit == "$":
                model = CostModel(self.cost.unit, self.dollars)
                return evaluation.costs(model)
            case "cost":
                return evaluation.costs(self.cost)
            case "calls":
                return evaluation.calls
            case "tokens":
                return evaluation.tokens
            case "latency":
                return evaluation.latencies
            case "metric":
                return self.scored(limit, evaluation)[1].scores
            case _:
                assert_never(limit.what)

    def scored(self, limit: Limit, evaluation: Evaluation) -> tuple[MetricSpec, Evaluation]:
        """The metric of a limit, with the same runs scored by it."""
        place = next(place for place, one in enumerate(self.metrics) if one.name == limit.metric)
        return self.metrics[place], evaluation if place == 0 else evaluation.by_other(place - 1)

    def value(self, limit: Limit, evaluation: Evaluation) -> float:
        """The figure that a measured limit bounds.

        Raises:
            ValueError: for a compile-time limit.
        """
        if limit.what == "metric":
            metric, scored = self.scored(limit, evaluation)
            return metric.figure(scored.score)
        values = self.values(limit, evaluation)
        match limit.stat:
            case "mean":
                return sum(values) / len(values)
            case "p95":
                return quantile(values, 0.95)
            case "chance":
                return sum(value > limit.value * (1 + OVER) for value in values) / len(values)
            case "worst":
                raise ValueError("a compile-time limit is not measured")
            case _:
                assert_never(limit.stat)

    def violation(self, evaluation: Evaluation) -> float:
        """How far the limits are broken, added up; 0 if all are met.

        Amounts count relative to their limit, shares and metrics relative to their whole range.

        Failed examples beyond the allowance count as a limit exceeded by 100 % and more.
        """
        total = sum(
            self.excess(limit, value)
            for limit in self.measured
            if not limit.met_by(value := self.value(limit, evaluation))
        )
        share = evaluation.failed / evaluation.n
        if share <= self.failures:
            return total
        # Of a dropped candidate the rest is not known; nothing it may have been would have let it in.
        return total + 1.0 + (evaluation.failed + evaluation.dropped) / evaluation.n

    def excess(self, limit: Limit, value: float) -> float:
        """How far a figure that breaks a limit is from keeping it, above 0."""
        gap = abs(value - limit.bound)
        if limit.stat == "chance":
            return gap
        if limit.what == "metric":
            metric = next(one for one in self.metrics if one.name == limit.metric)
            return gap / (metric.high - metric.low)
        return gap / limit.value if limit.value > 0 else 1.0

    def feasible(self, evaluation: Evaluation) -> bool:
        """Whether all measured limits and the failure allowance are met."""
        return self.violation(evaluation) == 0.0

    def broken(self, evaluation: Evaluation) -> tuple[str, ...]:
        """What is exceeded, in words."""
        found = [
            f"{limit_text(limit)}: {sign_of(limit)}{value:.4g}"
            for limit in self.measured
            if not limit.met_by(value := self.value(limit, evaluation))
        ]
        return (*found, *self.broken_by_failures(evaluation))

    def broken_by_failures(self, evaluation: Evaluation) -> tuple[str, ...]:
        """How many examples failed, in words, if they are too many."""
        if evaluation.failed / evaluation.n <= self.failures:
            return ()
        seen = evaluation.n - evaluation.dropped
        classes = ", ".join(f"{name} {count}" for name, count in evaluation.failures.items())
        first = "" if seen == evaluation.n else "the first "
        return (f"{evaluation.failed} of {first}{seen} examples failed ({classes})",)


def limit_text(limit: Limit) -> str:
    """A limit as the program writes it."""
    if limit.what == "metric":
        return f"{limit.metric} {'>=' if limit.least else '<='} {limit.value:g}"
    if limit.stat == "chance":
        of = "" if limit.of is None else f", of: {limit.of}"
        return f"chance({limit.what} > {bound_text(limit)}{of}) <= {limit.bound:g}"
    told = ", ".join([limit.stat, *([] if limit.of is None else [f"of: {limit.of}"])])
    what = limit.what if told == "worst" else f"{limit.what}({told})"
    return f"{what} <= {bound_text(limit)}"


def sign_of(limit: Limit) -> str:
    """What stands before a limit's figures: `$` where they are dollars, and no chance of some."""
    return "$" if limit.unit == "$" and limit.stat != "chance" else ""


def bound_text(limit: Limit) -> str:
    """An amount in its unit."""
    if limit.unit == "$":
        return f"${limit.value:g}"
    return f"{limit.value:g}{' ' if limit.unit == 'units' else ''}{limit.unit}"
