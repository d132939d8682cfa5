"""`std.list` and `std.text`: lists of messages, and passages of texts."""

from __future__ import annotations

import re

from tgl.stdfn.values import Value, number_in, shown, spliced

WORD = re.compile(r"\w+")


def flat(xs: Value) -> Value:
    """All present members of lists within lists, in one list."""
    return tuple(spliced(xs))


def paths(start: Value, steps: Value) -> Value:
    """The text `start` with each of the steps put behind it on a new line; none if `start` is absent."""
    begun = spliced(start)
    if not begun:
        return ()
    text = shown(begun[0])
    return tuple(f"{text}\n{shown(step)}" if text else shown(step) for step in spliced(steps))


def chunk(text: Value, about: Value, size: Value) -> Value:
    """The passage of `text` that has most words in common with `about`, at most `size` characters long.

    Passages begin at every half of `size`; of equally good ones the first counts.
    """
    whole, wanted = shown(text), set(WORD.findall(shown(about).lower()))
    length = number_in(size)
    if length is None or length < 1:
        raise ValueError("`chunk` takes a size of at least one character")
    most = int(length)
    starts = range(0, max(len(whole) - most, 0) + max(most // 2, 1), max(most // 2, 1))
    passages = [whole[start : start + most] for start in starts]
    # `max` keeps the first of equals.
    return max(passages, key=lambda passage: len(wanted & set(WORD.findall(passage.lower()))))
