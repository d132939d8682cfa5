"""`std.signals`: what guards look at."""

from __future__ import annotations

from math import comb

from tgl.stdfn.reduce import ballot
from tgl.stdfn.values import Value, spliced


def agreement(xs: Value) -> Value:
    """The share, in (0, 1], of the most common answer among the readable messages; absent without any."""
    sizes = [len(group) for group in ballot(xs).values()]
    return max(sizes) / sum(sizes) if sizes else None


def lead(xs: Value) -> Value:
    """How sure it is that the most common answer stays ahead of the next one, in [0, 1]; absent without any.

    The chance that the first of the two is the likelier one, after v and w votes for them and a uniform
    prior: that a Beta(v + 1, w + 1) variable is above 1/2 (adaptive consistency, arXiv 2305.11860).
    """
    sizes = sorted((len(group) for group in ballot(xs).values()), reverse=True)
    if not sizes:
        return None
    first, second = sizes[0], sizes[1] if len(sizes) > 1 else 0
    throws = first + second + 1
    return sum(comb(throws, heads) for heads in range(first + 1)) / 2**throws


def ran(x: Value) -> Value:
    """Whether `x` is present. The one function that an absent value does not silence."""
    return bool(spliced(x))


def size(xs: Value) -> Value:
    """How many members are present."""
    return len(spliced(xs))
