"""`std.reduce`: many messages to one. Absent messages are skipped (G15); nothing left gives absent."""

from __future__ import annotations

from tgl.stdfn.values import Message, Value, number_in, spliced, text_of, vote_key


def majority(xs: Value) -> Value:
    """The first message of the most common answer.

    Unread messages do not vote (G18). Ties: the answer that was given first, in message order.
    """
    groups = ballot(xs)
    if not groups:
        return None
    # `max` keeps the first of equals, and the groups are in order of first vote.
    return max(groups.values(), key=len)[0]


def ballot(xs: Value) -> dict[str, list[Value]]:
    """The readable messages by answer, answers in order of their first vote."""
    groups: dict[str, list[Value]] = {}
    for x in spliced(xs):
        if (key := vote_key(x)) is not None:
            groups.setdefault(key, []).append(x)
    return groups


def first(xs: Value) -> Value:
    """The first present message, read or not."""
    members = spliced(xs)
    return members[0] if members else None


def last(xs: Value) -> Value:
    """The last present message, read or not."""
    members = spliced(xs)
    return members[-1] if members else None


def best(xs: Value, by: Value) -> Value:
    """The message with the highest grade.

    `by` holds one grade for each member of `xs`, in order; members that are absent, or whose grade is
    absent or unread, are out. Ties: the first.

    Raises:
        ValueError: the lists differ in length.
    """
    members = xs if isinstance(xs, tuple) else (xs,)
    grades = by if isinstance(by, tuple) else (by,)
    if len(members) != len(grades):
        raise ValueError(f"`best` got {len(members)} messages and {len(grades)} grades")
    graded = [
        (grade, member)
        for member, by_whom in zip(members, grades, strict=True)
        if member is not None and (grade := number_in(by_whom)) is not None
    ]
    return max(graded, key=lambda pair: pair[0])[1] if graded else None


def join(xs: Value, sep: Value = "\n\n") -> Value:
    """All present texts, with `sep` between them."""
    texts = [text_of(x) for x in spliced(xs) if not isinstance(x, tuple) and x is not None]
    if not texts:
        return None
    text = (sep if isinstance(sep, str) else "").join(texts)
    return Message(text, text)
