"""How many tokens each reply of a request for several took.

Servers count all of them together, and llama.cpp's counts the first alone. Each reply is recorded as if
it had been asked for alone, so it needs a count of its own.
"""

from __future__ import annotations

from collections.abc import Sequence


def completion_counts(
    total: int, sizes: Sequence[int], listed: Sequence[int | None], ended: Sequence[bool]
) -> tuple[int, ...] | None:
    """Tokens of each reply; exact where the server lists the tokens, else its total split by size.

    A split keeps the total: shares are rounded down, and what is left goes to the largest remainders,
    the earlier reply first.

    Args:
        total: what the server counted.
        sizes: bytes of each reply's text (>= 0), reasoning included.
        listed: how many tokens of each reply the server listed, None where it listed none.
        ended: whether each reply came to its end by itself, which may take a token that is not listed.

    Returns:
        The counts; None if the total can't be that of all replies.
    """
    if len(sizes) == 1:
        return (total,)
    known = [count for count in listed if count is not None]
    if len(known) < len(sizes):
        return None if total < sum(size > 0 for size in sizes) else split(total, sizes)
    left = total - sum(known)
    if left < 0:
        return None
    if left == 0:
        return tuple(known)
    if left == sum(ended):
        return tuple(count + end for count, end in zip(known, ended, strict=True))
    shares = split(left, known)
    return tuple(count + share for count, share in zip(known, shares, strict=True))


def split(total: int, weights: Sequence[int]) -> tuple[int, ...]:
    """`total` (>= 0) in whole parts in proportion to `weights` (>= 0; all 0 counts as all equal)."""
    whole = sum(weights)
    if whole == 0:
        weights, whole = [1] * len(weights), len(weights)
    parts = [total * weight // whole for weight in weights]
    order = sorted(range(len(parts)), key=lambda place: (-(total * weights[place] % whole), place))
    for place in order[: total - sum(parts)]:
        parts[place] += 1
    return tuple(parts)
