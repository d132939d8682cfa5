"""Chance that is a function of names: a draw depends on nothing but its labels."""

from __future__ import annotations

import hashlib
import math
from statistics import NormalDist

STANDARD = NormalDist()


def uniform(*labels: str) -> float:
    """A number in (0, 1) that the labels alone decide."""
    digest = hashlib.sha256("\x1f".join(labels).encode("utf-8", "surrogatepass")).digest()
    return (int.from_bytes(digest[:7], "big") + 0.5) / 2.0**56


def normal(*labels: str) -> float:
    """A standard normal number that the labels alone decide."""
    return STANDARD.inv_cdf(uniform(*labels))


def logistic(value: float) -> float:
    """1 / (1 + exp(-value)), without overflow."""
    if value >= 0:
        return 1.0 / (1.0 + math.exp(-value))
    grown = math.exp(value)
    return grown / (1.0 + grown)


def logit(share: float) -> float:
    """The inverse of `logistic`; shares are kept a millionth away from 0 and 1."""
    kept = min(max(share, 1e-6), 1.0 - 1e-6)
    return math.log(kept / (1.0 - kept))


def lognormal(median: float, sigma: float, *labels: str) -> float:
    """A lognormal number with the given median (> 0) and deviation of its logarithm (>= 0)."""
    return median * math.exp(sigma * normal(*labels)) if sigma else median


def zipf(count: int, exponent: float) -> list[float]:
    """Probabilities of ranks 1 to `count`: proportional to rank ** -exponent. They sum to 1."""
    weights = [rank**-exponent for rank in range(1, count + 1)]
    total = sum(weights)
    return [weight / total for weight in weights]
