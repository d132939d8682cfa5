"""Train, select and test (semantics.md 5): a row's split depends on that row and the task alone.

Each row has a place u in [0, 1), the hash of the task's name and its normalised given fields. The declared
counts give fixed proportions: with `train: 60, select: 60, test: 200`, rows with u < 60/320 are train, those
below 120/320 select, the others test. So adding rows moves no row to another split, and repeated questions
share one. Of each split's rows the `count` with the smallest u are used; a split may hold fewer.

The test split is sealed: it is opened with a purpose, and openings are counted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from tgl.evaluate.data import Dataset, Example, given_text
from tgl.evaluate.data_problems import EmptySplit
from tgl.ir import TaskSpec

SplitName: TypeAlias = Literal["train", "select", "test"]
Purpose: TypeAlias = Literal["final", "verify"]


def longest_fields(examples: Sequence[Example]) -> dict[str, int]:
    """UTF-8 bytes of the longest value of each given field; of lists, of their longest member."""
    longest: dict[str, int] = {}
    for one in examples:
        for name, value in one.given.items():
            texts = value if isinstance(value, list) else [value]
            most = max((len(given_text(text).encode()) for text in texts), default=0)
            longest[name] = max(longest.get(name, 0), most)
    return longest


def most_members(examples: Sequence[Example]) -> dict[str, int]:
    """Members of the longest list of each given field that is a list."""
    most: dict[str, int] = {}
    for one in examples:
        for name, value in one.given.items():
            if isinstance(value, list):
                most[name] = max(most.get(name, 0), len(value))
    return most


class SealedSplit:
    """The test split. Only the final measurement and `verify` may open it.

    `longest` (UTF-8 bytes of the longest value of each given field), `members` (of the longest list), `size`,
    `questions` (the given fields, for counting calls) and `indices` (their places among the rows) are known
    without opening it: worst cases need them, and they tell nothing about an answer.
    """

    def __init__(self, examples: Sequence[Example]) -> None:
        self._examples = tuple(examples)
        self._openings: list[Purpose] = []
        self.longest = longest_fields(examples)
        self.members = most_members(examples)
        self.indices = tuple(one.index for one in examples)
        self.questions = tuple(one.given for one in examples)

    def open(self, purpose: Purpose) -> tuple[Example, ...]:
        """The examples; the opening is counted."""
        self._openings.append(purpose)
        return self._examples

    @property
    def openings(self) -> tuple[Purpose, ...]:
        """What it was opened for, in order."""
        return tuple(self._openings)

    @property
    def size(self) -> int:
        """Number of examples."""
        return len(self._examples)


@dataclass(frozen=True, slots=True)
class Splits:
    """The examples that are used, by split, each in order of their place."""

    train: tuple[Example, ...]
    select: tuple[Example, ...]
    test: SealedSplit

    @property
    def longest(self) -> dict[str, int]:
        """UTF-8 bytes of the longest value of each given field, in all splits."""
        return larger(longest_fields((*self.train, *self.select)), self.test.longest)

    @property
    def members(self) -> dict[str, int]:
        """Members of the longest list of each given field that is a list, in all splits."""
        return larger(most_members((*self.train, *self.select)), self.test.members)


def larger(first: Mapping[str, int], second: Mapping[str, int]) -> dict[str, int]:
    """The larger value of each name."""
    return {name: max(first.get(name, 0), second.get(name, 0)) for name in sorted({*first, *second})}


def place(task: TaskSpec, one: Example) -> float:
    """The place of a row, in [0, 1)."""
    digest = hashlib.sha256(f"tgl.split\0{task.name}\0{one.digest}".encode()).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / 2**53


def split_of(task: TaskSpec, one: Example) -> SplitName:
    """The split that a row belongs to."""
    # Whole-number arithmetic, so that no rounding moves a row.
    where = int(place(task, one) * 2**53) * (task.train + task.select + task.test)
    if where < task.train * 2**53:
        return "train"
    return "select" if where < (task.train + task.select) * 2**53 else "test"


def split(task: TaskSpec, dataset: Dataset) -> Splits | tuple[EmptySplit, ...]:
    """The splits of a dataset, or which of the wanted ones are empty."""
    members: dict[SplitName, list[Example]] = {"train": [], "select": [], "test": []}
    for one in sorted(dataset.examples, key=lambda one: (place(task, one), one.index)):
        members[split_of(task, one)].append(one)
    counts: dict[SplitName, int] = {"train": task.train, "select": task.select, "test": task.test}
    empty = tuple(
        EmptySplit(dataset.name, name, len(dataset.examples))
        for name, count in counts.items()
        if count > 0 and not members[name]
    )
    if empty:
        return empty
    return Splits(
        tuple(members["train"][: task.train]),
        tuple(members["select"][: task.select]),
        SealedSplit(members["test"][: task.test]),
    )
