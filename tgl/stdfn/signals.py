"""`std.signals`: what guards look at."""

from __future__ import annotations

from tgl.stdfn.reduce import ballot
from tgl.stdfn.values import Value, spliced


def agreement(xs: Value) -> Value:
    """The share, in (0, 1], of the most common answer among the readable messages; absent without any."""
    sizes = [len(group) for group in ballot(xs).values()]
    return max(sizes) / sum(sizes) if sizes else None


def ran(x: Value) -> Value:
    """Whether `x` is present. The one function that an absent value does not silence."""
    return bool(spliced(x))


def size(xs: Value) -> Value:
    """How many members are present."""
    return len(spliced(xs))
