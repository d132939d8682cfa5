"""Bootstrap on named randomness: the same seed and name give the same draws on every machine.

Indices come from the raw bits of PCG64, whose stream numpy guarantees; the mapping to indices is ours,
since numpy may change its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tgl.statistics.proportions import Interval

Floats: TypeAlias = NDArray[np.float64]
Indices: TypeAlias = NDArray[np.int64]

RESAMPLES = 10_000
BLOCK = 1 << 21
"""Largest number of indices held at once (16 MiB)."""


@dataclass(frozen=True, slots=True)
class Resampler:
    """A source of resamples, named by its path: no state, so order of use doesn't matter."""

    seed: int
    path: tuple[str | int, ...] = ()

    def child(self, *name: str | int) -> Resampler:
        """An independent source."""
        return Resampler(self.seed, (*self.path, *name))

    def blocks(self, n: int, resamples: int) -> Iterator[Indices]:
        """Index arrays of shape (rows, n), in [0, n), whose rows add up to `resamples`.

        Raises:
            ValueError: if `n` or `resamples` is not positive.
        """
        if n <= 0 or resamples <= 0:
            raise ValueError(f"need n > 0 and resamples > 0, not {n} and {resamples}")
        key = hashlib.blake2b(repr((self.seed, self.path)).encode(), digest_size=16).digest()
        bits = np.random.PCG64(int.from_bytes(key, "big"))
        rows = max(1, BLOCK // n)
        for start in range(0, resamples, rows):
            shape = (min(rows, resamples - start), n)
            raw: NDArray[np.uint64] = bits.random_raw(shape)
            # Multiply-shift of the upper half; its bias is below n / 2**32.
            yield ((raw >> np.uint64(32)) * np.uint64(n) >> np.uint64(32)).astype(np.int64)


def bootstrap_mean(
    values: Sequence[float], resampler: Resampler, *, confidence: float = 0.95, resamples: int = RESAMPLES
) -> Interval:
    """Percentile interval of the mean of `values`.

    Args:
        values: one figure an example, finite, at least one.
        resampler: which draws to use.
        confidence: in (0, 1).
        resamples: number of bootstrap samples, > 0.

    Raises:
        ValueError: if there are no values, one is not finite, or an argument is outside its range.

    Reference: Efron, Tibshirani (1993), An Introduction to the Bootstrap, ch. 13.
    """
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence must lie in (0, 1), not {confidence}")
    data = finite(values)
    means = np.concatenate([data[block].mean(axis=1) for block in resampler.blocks(data.size, resamples)])
    tail = (1.0 - confidence) / 2.0
    low, high = np.quantile(means, [tail, 1.0 - tail])
    return Interval(float(low), float(high))


def bootstrap_difference(
    first: Sequence[float],
    second: Sequence[float],
    resampler: Resampler,
    *,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
) -> Interval:
    """Percentile interval of the mean difference (first - second) of two figures of the same examples.

    Examples are resampled, so what they share cancels.

    Raises:
        ValueError: if the lengths differ, and as `bootstrap_mean`.
    """
    one, two = finite(first), finite(second)
    if one.size != two.size:
        raise ValueError(f"paired figures differ in number: {one.size} and {two.size}")
    differences: Sequence[float] = (one - two).tolist()
    return bootstrap_mean(differences, resampler, confidence=confidence, resamples=resamples)


@dataclass(frozen=True, slots=True)
class CorrectedBest:
    """The best of many, without the luck of having been chosen.

    `raw` is the best mean score, `corrected` the estimate of what such a choice scores on new examples.
    """

    raw: float
    corrected: float


def corrected_best(
    scores: Sequence[Sequence[float]],
    resampler: Resampler,
    *,
    weights: Sequence[float] | None = None,
    resamples: int = RESAMPLES,
) -> CorrectedBest:
    """Estimate, free of the winner's curse, of the best candidate's mean score.

    On each resample of the examples the best candidate is chosen anew (ties: the first) and scored on the
    examples left out. The mean over resamples estimates what *choosing the best* yields; it is slightly
    pessimistic, since a resample holds 63 % of the distinct examples.

    Args:
        scores: one row a candidate, one column an example (the same examples); at least one of each.
        resampler: which draws to use.
        weights: of the examples, above 0; None: all weigh the same.
        resamples: number of bootstrap samples, > 0.

    Raises:
        ValueError: if there is nothing, rows differ in length, or a score is not finite.

    Reference: Tsamardinos, Greasidou, Borboudakis (2018), Machine Learning 107:1895 (BBC-CV), alg. 4.
    """
    vectors = [finite(row) for row in scores]
    if not vectors or len({vector.size for vector in vectors}) != 1:
        raise ValueError("need at least one candidate, and the same examples for each")
    matrix = np.stack(vectors)
    count = matrix.shape[1]
    each = np.ones(count) if weights is None else finite(weights)
    if each.size != count or bool((each <= 0.0).any()):
        raise ValueError("need a weight above 0 for each example")
    weighed: Floats = matrix * each
    total, used = 0.0, 0
    for block in resampler.blocks(count, resamples):
        rows = block.shape[0]
        starts: Indices = np.arange(rows, dtype=np.int64).reshape(rows, 1) * count
        cells: Indices = (block + starts).reshape(rows * count)
        counts = np.bincount(cells, minlength=rows * count).reshape(rows, count).astype(np.float64)
        # Sums of 0/1 scores are exact in floats, so ties are ties. A resample weighs the same for all.
        chosen = np.argmax(counts @ weighed.T, axis=1)
        out = counts == 0.0
        sizes = (out * each).sum(axis=1)
        sums = (out * weighed[chosen]).sum(axis=1)
        total += float((sums[sizes > 0] / sizes[sizes > 0]).sum())
        used += int((sizes > 0).sum())
    raw = float((matrix.mean(axis=1) if weights is None else weighed.sum(axis=1) / each.sum()).max())
    return CorrectedBest(raw, total / used if used else raw)


def quantile(values: Sequence[float], q: float) -> float:
    """The smallest observed value that at least a share `q` of the values does not exceed.

    Raises:
        ValueError: if there are no values, one is not finite, or `q` is outside [0, 1].

    Reference: Hyndman, Fan (1996), The American Statistician 50:361, definition 1.
    """
    if not 0.0 <= q <= 1.0:
        raise ValueError(f"q must lie in [0, 1], not {q}")
    return float(np.quantile(finite(values), q, method="inverted_cdf"))


def finite(values: Sequence[float]) -> Floats:
    """`values` as an array of shape (n,), n > 0, all finite.

    Raises:
        ValueError: otherwise.
    """
    data = np.asarray(values, dtype=np.float64)
    if data.ndim != 1 or data.size == 0 or not bool(np.isfinite(data).all()):
        raise ValueError("need at least one value, all finite")
    return data
