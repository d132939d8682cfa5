"""The comparison of two score vectors of the same examples, as one value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tgl.statistics.proportions import Interval, PairedCounts, mcnemar_exact, paired_proportions
from tgl.statistics.resampling import Resampler, bootstrap_difference


@dataclass(frozen=True, slots=True)
class PairedComparison:
    """First minus second.

    `method` names the interval: `newcombe` for 0/1 scores (with the exact McNemar `p_value`), `bootstrap`
    otherwise (no p-value). The interval decides; the p-value is shown beside it.
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
    first: Sequence[float], second: Sequence[float], resampler: Resampler, *, confidence: float = 0.95
) -> PairedComparison:
    """How the first differs from the second on the same examples.

    Raises:
        ValueError: if the lengths differ, there are no examples, or a score is not finite.
    """
    if len(first) != len(second) or not first:
        raise ValueError(f"need the same examples, at least one: {len(first)} and {len(second)}")
    if all(score in (0.0, 1.0) for score in (*first, *second)):
        counts = paired_counts(first, second)
        return PairedComparison(
            difference=counts.difference,
            interval=paired_proportions(counts, confidence=confidence),
            p_value=mcnemar_exact(counts.first_only, counts.second_only),
            method="newcombe",
        )
    return PairedComparison(
        difference=sum(first) / len(first) - sum(second) / len(second),
        interval=bootstrap_difference(first, second, resampler, confidence=confidence),
        p_value=None,
        method="bootstrap",
    )
