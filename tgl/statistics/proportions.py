"""Intervals and tests for 0/1 scores: one proportion, and two proportions on the same examples."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tgl.statistics.normal import two_sided_z


@dataclass(frozen=True, slots=True)
class Interval:
    """A closed interval `low <= high`, in the units of what it is about."""

    low: float
    high: float

    def holds(self, value: float) -> bool:
        """Whether `value` lies in it, ends included."""
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class PairedCounts:
    """How two 0/1 scores of the same examples fall together; all counts >= 0, at least one > 0."""

    both: int
    first_only: int
    second_only: int
    neither: int

    def __post_init__(self) -> None:
        if min(self.both, self.first_only, self.second_only, self.neither) < 0 or self.n == 0:
            raise ValueError(f"counts must be >= 0 and not all 0, not {self}")

    @property
    def n(self) -> int:
        """Number of examples."""
        return self.both + self.first_only + self.second_only + self.neither

    @property
    def difference(self) -> float:
        """Proportion of the first minus that of the second, in [-1, 1]."""
        return (self.first_only - self.second_only) / self.n


def wilson(successes: int, n: int, *, confidence: float = 0.95) -> Interval:
    """Score interval of a proportion, in [0, 1].

    Raises:
        ValueError: unless 0 <= successes <= n and n > 0.

    Reference: Wilson (1927), J. Am. Stat. Assoc. 22:209; recommended for small n by Brown, Cai, DasGupta
        (2001), Statistical Science 16:101. No continuity correction.
    """
    if n <= 0 or not 0 <= successes <= n:
        raise ValueError(f"need 0 <= successes <= n and n > 0, not {successes} of {n}")
    return wilson_of(successes / n, n, confidence=confidence)


def wilson_of(p: float, n: float, *, confidence: float = 0.95) -> Interval:
    """The Wilson interval of a mean `p` in [0, 1] of `n` figures in [0, 1]; neither need be whole.

    Raises:
        ValueError: `p` lies outside [0, 1], or `n` is not positive.
    """
    if not 0.0 <= p <= 1.0 or not n > 0.0:
        raise ValueError(f"need a mean in [0, 1] and n > 0, not {p} of {n}")
    z = two_sided_z(confidence)
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    # Rounding must not push the ends past the estimate at 0 and 1.
    return Interval(
        0.0 if p == 0.0 else max(0.0, centre - half), 1.0 if p == 1.0 else min(1.0, centre + half)
    )


def paired_proportions(counts: PairedCounts, *, confidence: float = 0.95) -> Interval:
    """Interval of the difference (first - second) of two proportions on the same examples, in [-1, 1].

    Newcombe's hybrid score interval: the Wilson limits of both proportions, combined with their
    correlation. The bootstrap is not used here because it calls 4 : 0 discordant examples of 60 a
    difference, which the exact test does not (p = 0.125).

    Reference: Newcombe (1998), Statistics in Medicine 17:2635, method 10.
    """
    n = counts.n
    first, second = counts.both + counts.first_only, counts.both + counts.second_only
    p1, p2 = first / n, second / n
    one, two = wilson(first, n, confidence=confidence), wilson(second, n, confidence=confidence)
    phi = correlation(counts)
    down1, up1 = p1 - one.low, one.high - p1
    down2, up2 = p2 - two.low, two.high - p2
    below = math.sqrt(max(0.0, down1**2 - 2 * phi * down1 * up2 + up2**2))
    above = math.sqrt(max(0.0, up1**2 - 2 * phi * up1 * down2 + down2**2))
    difference = counts.difference
    return Interval(max(-1.0, difference - below), min(1.0, difference + above))


def correlation(counts: PairedCounts) -> float:
    """Phi of the two scores, with Newcombe's continuity correction where they go together; 0 if undefined."""
    first, second = counts.both + counts.first_only, counts.both + counts.second_only
    margins = first * (counts.n - first) * second * (counts.n - second)
    if margins == 0:
        return 0.0
    cross = counts.both * counts.neither - counts.first_only * counts.second_only
    if cross > counts.n / 2:
        cross = cross - counts.n / 2
    elif cross >= 0:
        cross = 0.0
    return cross / math.sqrt(margins)


def mcnemar_exact(first_only: int, second_only: int) -> float:
    """Two-sided p-value of "the two are equally often right", in (0, 1].

    Exact binomial test on the discordant examples: twice the smaller tail, at most 1.

    Raises:
        ValueError: if a count is negative.

    Reference: McNemar (1947), Psychometrika 12:153; exact form as in Fay (2010), The R Journal 2(1):53.
    """
    if first_only < 0 or second_only < 0:
        raise ValueError("counts must be >= 0")
    n = first_only + second_only
    tail = sum(math.comb(n, k) for k in range(min(first_only, second_only) + 1))
    return min(1.0, 2 * tail / 2**n)
