"""The data card: what the fields of a data set hold, and what a key makes of its target."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from tgl.data.values import Row, as_text, kind_of, shortened
from tgl.ir import KeySpec
from tgl.keys import expected

MOST_SHOWN = 5
"""Values that are shown of many."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Of some numbers the smallest, the median, the 95th percentile (both by nearest rank), the largest."""

    least: float
    median: float
    p95: float
    most: float


@dataclass(frozen=True, slots=True)
class FieldCard:
    """One field.

    Args:
        name: of the field.
        rows: that have it, with whatever value.
        missing: rows without it, or with null or an empty text.
        kinds: how many values are of each kind (`a text`, `a number`, …), the most frequent first.
        distinct: different values among those that are there.
        characters: lengths of the texts, None if there is none.
        numbers: the numbers, None if there is none.
        members: lengths of the lists, None if there is none.
    """

    name: str
    rows: int
    missing: int
    kinds: tuple[tuple[str, int], ...]
    distinct: int
    characters: Spread | None
    numbers: Spread | None
    members: Spread | None


@dataclass(frozen=True, slots=True)
class Unread:
    """A target that the key can't read, and where."""

    place: str
    value: str


@dataclass(frozen=True, slots=True)
class TargetCard:
    """What a key makes of the target.

    Args:
        field: that holds it.
        kind: of the key.
        rows: how many there are.
        readable: how many targets are answers under the key.
        distinct: different answers.
        frequent: the most frequent answers with their numbers, the most frequent first.
        unread: the first targets that are none.
    """

    field: str
    kind: str
    rows: int
    readable: int
    distinct: int
    frequent: tuple[tuple[str, int], ...]
    unread: tuple[Unread, ...]


def flat(text: str) -> str:
    """A text on one line."""
    return " ".join(text.split())


def spread(numbers: Sequence[float]) -> Spread | None:
    """The spread of numbers, None if there is none."""
    if not numbers:
        return None
    every = sorted(numbers)
    ranks = [every[max(-(-len(every) * share // 100) - 1, 0)] for share in (50, 95)]
    return Spread(every[0], ranks[0], ranks[1], every[-1])


def field_cards(rows: Sequence[Row]) -> tuple[FieldCard, ...]:
    """All fields, in the order in which they appear."""
    names = dict.fromkeys(name for row in rows for name in row.values)
    return tuple(field_card(name, rows) for name in names)


def field_card(name: str, rows: Sequence[Row]) -> FieldCard:
    """One field."""
    there = [row.values[name] for row in rows if name in row.values]
    values = [value for value in there if value is not None and value != ""]
    kinds = Counter(kind_of(value) for value in there)
    distinct = len({json.dumps(value, sort_keys=True) for value in values})
    return FieldCard(
        name,
        len(there),
        len(rows) - len(values),
        tuple(sorted(kinds.items(), key=lambda pair: (-pair[1], pair[0]))),
        distinct,
        spread([len(value) for value in values if isinstance(value, str)]),
        spread([value for value in values if is_number(value) and isinstance(value, int | float)]),
        spread([len(value) for value in values if isinstance(value, list)]),
    )


def is_number(value: JsonValue) -> bool:
    """Whether a value is a number that has a place among others."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def target_card(rows: Sequence[Row], field: str, key: KeySpec, after: str | None = None) -> TargetCard:
    """What a key makes of the target.

    Args:
        rows: all rows.
        field: that holds the target.
        key: how it is read.
        after: the target is what stands behind this text.
    """
    answers: Counter[str] = Counter()
    texts: dict[str, str] = {}
    unread: list[Unread] = []
    for row in rows:
        value = row.values.get(field)
        if after is not None and isinstance(value, str):
            value = value.rpartition(after)[2] if after in value else None
        answer = expected(key, value)
        if answer is None:
            unread.append(Unread(row.place.words, shortened(flat(as_text(row.values.get(field))))))
        else:
            answers[answer.key] += 1
            texts.setdefault(answer.key, shortened(flat(answer.text), 40))
    frequent = sorted(answers.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_SHOWN]
    return TargetCard(
        field,
        key.kind,
        len(rows),
        len(rows) - len(unread),
        len(answers),
        tuple((texts[answer], count) for answer, count in frequent),
        tuple(unread[:MOST_SHOWN]),
    )
