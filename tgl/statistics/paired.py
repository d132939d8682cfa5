"""The comparison of two score vectors of the same examples, as one value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tgl.statistics.proportions import Interval, PairedCounts, mcnemar_exact, paired_proportions
from tgl.statistics.resampling import Resampler
from tgl.statistics.weighted import bootstrap_weighted, weighted_mean


@dataclass(frozen=True, slots=True)
class PairedComparison:
    """First minus second.

    `method` names the interval: `newcombe` for 0/1 scores of equal weight (with the exact McNemar
    `p_value`), `bootstrap` otherwise (no p-value). The interval decides; the p-value is shown beside it.
    """

    difference: float
    interval: Interval
    p_value: float | None
    method: Literal["newcombe", "bootstrap"]

    @property
    def distinguishable(self) -> bool:
        """Whether the interval excludes zero."""
        return not self.interval.holds(0.0)


def paired_counts(first: Sequence[float], second: Sequence[float]) -> PairedCounts:
    """The 2 x 2 table of two 0/1 score vectors of equal length, at least one example."""
    pairs = [(one == 1.0, two == 1.0) for one, two in zip(first, second, strict=True)]
    return PairedCounts(
        both=pairs.count((True, True)),
        first_only=pairs.count((True, False)),
        second_only=pairs.count((False, True)),
        neither=pairs.count((False, False)),
    )


def compare(
    first: Sequence[float],
    second: Sequence[float],
    resampler: Resampler,
    *,
    weights: Sequence[float] | None = None,
    confidence: float = 0.95,
) -> PairedComparison:
    """How the first differs from the second on the same examples, which may weigh differently.

    Raises:
        ValueError: if the lengths differ, there are no examples, a score is not finite, or a weight is not
            above 0.
    """
    if len(first) != len(second) or not first:
        raise ValueError(f"need the same examples, at least one: {len(first)} and {len(second)}")
    if weights is None and all(score in (0.0, 1.0) for score in (*first, *second)):
        counts = paired_counts(first, second)
        return PairedComparison(
            difference=counts.difference,
            interval=paired_proportions(counts, confidence=confidence),
            p_value=mcnemar_exact(counts.first_only, counts.second_only),
            method="newcombe",
        )
    apart = [one - two for one, two in zip(first, second, strict=True)]
    return PairedComparison(
        difference=weighted_mean(first, weights) - weighted_mean(second, weights),
        interval=bootstrap_weighted(apart, weights, resampler, confidence=confidence),
        p_value=None,
        method="bootstrap",
    )
