"""Quantiles of the standard normal distribution, from the standard library."""

from __future__ import annotations

from statistics import NormalDist


def two_sided_z(confidence: float) -> float:
    """The z with P(|Z| <= z) = `confidence`.

    Raises:
        ValueError: if `confidence` is not in (0, 1).
    """
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence must lie in (0, 1), not {confidence}")
    return NormalDist().inv_cdf(0.5 + confidence / 2.0)
