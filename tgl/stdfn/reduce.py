"""`std.reduce`: many messages to one. Absent messages are skipped (G15); nothing left gives absent."""

from __future__ import annotations

from tgl.stdfn.values import Message, Value, answer_keys, number_in, spliced, text_of, vote_key


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
    votes = [x for x in spliced(xs) if vote_key(x) is not None]
    for x, key in zip(votes, answer_keys(votes), strict=True):
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
    graded = by_grade("best", xs, by)
    return graded[0] if graded else None


def top(xs: Value, by: Value, k: Value) -> Value:
    """The `k` messages with the highest grades, the best first; else as `best`.

    Raises:
        ValueError: the lists differ in length, or `k` is no whole number.
    """
    count = number_in(k)
    if count is None or count != count.to_integral_value():
        raise ValueError("`top` takes a whole number of messages")
    return tuple(by_grade("top", xs, by)[: max(int(count), 0)])


def by_grade(name: str, xs: Value, by: Value) -> list[Value]:
    """The present members that have a grade, the highest first, equal ones in their order."""
    members, grades = places(xs), places(by)
    if len(members) != len(grades):
        raise ValueError(f"`{name}` got {len(members)} messages and {len(grades)} grades")
    graded = [
        (grade, member)
        for member, by_whom in zip(members, grades, strict=True)
        if member is not None and (grade := number_in(by_whom)) is not None
    ]
    return [member for _, member in sorted(graded, key=lambda pair: -pair[0])]


def places(values: Value) -> list[Value]:
    """The members of a list and of lists in it, absent ones in their places."""
    if not isinstance(values, tuple):
        return [values]
    return [inner for value in values for inner in (places(value) if isinstance(value, tuple) else [value])]


def join(xs: Value, sep: Value = "\n\n") -> Value:
    """All present texts, with `sep` between them."""
    texts = [text_of(x) for x in spliced(xs) if not isinstance(x, tuple) and x is not None]
    if not texts:
        return None
    text = (sep if isinstance(sep, str) else "").join(texts)
    return Message(text, text)
