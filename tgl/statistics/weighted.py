"""Means of scores in [0, 1], where examples may count differently.

The mean is sum(w * s) / sum(w), a ratio: both sums change with the examples, so intervals resample examples
with their weights and errors are those of the linearised ratio.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tgl.statistics.proportions import Interval, wilson, wilson_of
from tgl.statistics.resampling import RESAMPLES, Floats, Resampler, bootstrap_mean, finite


def weighted_mean(values: Sequence[float], weights: Sequence[float] | None) -> float:
    """Mean of `values`, >= 1 of them; None: all weigh the same.

    Raises:
        ValueError: the lengths differ, or a weight is not a finite number above 0.
    """
    if weights is None:
        return sum(values) / len(values)
    checked(values, weights)
    return math.fsum(w * v for w, v in zip(weights, values, strict=True)) / math.fsum(weights)


def checked(values: Sequence[float], weights: Sequence[float]) -> tuple[Floats, Floats]:
    """Both as arrays of shape (n,).

    Raises:
        ValueError: the lengths differ, or a weight is not a finite number above 0.
    """
    data, sizes = finite(values), finite(weights)
    if data.size != sizes.size or bool((sizes <= 0.0).any()):
        raise ValueError("need a weight above 0 for each value")
    return data, sizes


def bootstrap_weighted(
    values: Sequence[float],
    weights: Sequence[float] | None,
    resampler: Resampler,
    *,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
) -> Interval:
    """Percentile interval of the weighted mean; without weights that of `bootstrap_mean`.

    Raises:
        ValueError: as `weighted_mean` and `bootstrap_mean`.

    Reference: Davison, Hinkley (1997), Bootstrap Methods and their Application, 2.3.2 and 5.3 (ratio).
    """
    if weights is None:
        return bootstrap_mean(values, resampler, confidence=confidence, resamples=resamples)
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence must lie in (0, 1), not {confidence}")
    data, sizes = checked(values, weights)
    means = np.concatenate(
        [
            (data * sizes)[block].sum(axis=1) / sizes[block].sum(axis=1)
            for block in resampler.blocks(data.size, resamples)
        ]
    )
    tail = (1.0 - confidence) / 2.0
    low, high = np.quantile(means, [tail, 1.0 - tail])
    return Interval(float(low), float(high))


def ratio_error(values: Sequence[float], weights: Sequence[float] | None) -> float:
    """Standard error of the weighted mean of `values`; 0 for a single one.

    Raises:
        ValueError: as `weighted_mean`.

    Reference: Cochran (1977), Sampling Techniques, 6.4: linearised variance of a ratio.
    """
    n = len(values)
    sizes = [1.0] * n if weights is None else list(weights)
    mean, total = weighted_mean(values, weights), math.fsum(sizes)
    squares = math.fsum((w * (v - mean)) ** 2 for w, v in zip(sizes, values, strict=True))
    return math.sqrt(squares * n / (n - 1)) / total if n > 1 else 0.0


def effective_size(weights: Sequence[float]) -> float:
    """How many equal weights tell as much as these (Kish 1965, Survey Sampling, 11.7), in [1, n]."""
    return math.fsum(weights) ** 2 / math.fsum(w * w for w in weights)


def bounded_mean(
    values: Sequence[float],
    weights: Sequence[float] | None,
    resampler: Resampler,
    *,
    confidence: float = 0.95,
) -> Interval:
    """Interval of the mean of scores in [0, 1].

    0/1 scores that weigh the same: Wilson. Others: the bootstrap, unless all scores are equal. Then it would
    be a point however few there are, and the Wilson interval of that mean stands for it: no scores in [0, 1]
    vary more than 0/1 ones of the same mean.

    Raises:
        ValueError: a score lies outside [0, 1], or as `weighted_mean`.
    """
    if any(not 0.0 <= value <= 1.0 for value in values):
        raise ValueError("scores lie in [0, 1]")
    if weights is None and all(value in (0.0, 1.0) for value in values):
        return wilson(round(sum(values)), len(values), confidence=confidence)
    if min(values) < max(values):
        return bootstrap_weighted(values, weights, resampler, confidence=confidence)
    n = float(len(values)) if weights is None else effective_size(weights)
    return wilson_of(values[0], n, confidence=confidence)


def pass_at(draws: int, right: int, k: int) -> float:
    """The chance that one of `k` runs is right, from `draws` runs of which `right` were: unbiased.

    1 - C(draws - right, k) / C(draws, k).

    Raises:
        ValueError: unless 0 <= right <= draws and 1 <= k <= draws.

    Reference: Chen et al. (2021), Evaluating Large Language Models Trained on Code, eq. 1.
    """
    if not 0 <= right <= draws or not 1 <= k <= draws:
        raise ValueError(f"need 0 <= right <= draws and 1 <= k <= draws, not {right}, {draws}, {k}")
    return 1.0 - math.comb(draws - right, k) / math.comb(draws, k)
