"""`std.list` and `std.text`: lists of messages, and passages of texts."""

from __future__ import annotations

import re

from tgl.stdfn.values import Value, listed, number_in, shown, spliced

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


def length(text: Value) -> Value:
    """How many characters a text has; absent if it is."""
    texts = spliced(text)
    return sum(len(shown(one)) for one in texts) if texts else None


def mentions(texts: Value, words: Value) -> Value:
    """For each text whether one of some words or phrases stands in it, whatever their case.

    A word is found as a whole: `wait` is not in "awaits". Absent if no text is there.
    """
    phrases = [r"\s+".join(map(re.escape, shown(one).casefold().split())) for one in spliced(listed(words))]
    one_of = "|".join(phrase for phrase in phrases if phrase)
    sought = re.compile(rf"(?<!\w)(?:{one_of})(?!\w)") if one_of else None
    members = [inner for one in spliced(texts) for inner in spliced(listed(one))]
    return (
        tuple(sought is not None and sought.search(shown(one).casefold()) is not None for one in members)
        or None
    )


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
