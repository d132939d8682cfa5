"""Task data: rows of files to examples, or everything that is wrong with them at once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from pydantic import JsonValue

from tgl.data import (
    Findings,
    MissingField,
    NoMarker,
    NotReadableValue,
    ReadRows,
    RepeatedRows,
    Row,
    RowPlace,
    UnreadableTarget,
    as_text,
    content_rows,
    is_scalar,
    kind_of,
    shortened,
)
from tgl.diagnostics import Severity
from tgl.evaluate.data_problems import DataProblem, NotForScoring
from tgl.evaluate.scoring_fields import unusable
from tgl.ir import TaskSpec
from tgl.keys import Answer, expected, normalised

Given: TypeAlias = str | int | float | bool | list[JsonValue]
"""What a program may read: a text, a number, true or false; a list of these where it declares a list."""


@dataclass(frozen=True, slots=True)
class Example:
    """One row of a task.

    Args:
        index: place among all rows that count, from 0.
        given: the fields that a program may read, in the task's order.
        expected: the target under the task's key; no program ever sees it.
        group: the value of the task's `by` field as text, None if there is none.
        digest: hash of the normalised given fields; rows that ask the same share it.
        scored_with: further fields that scoring reads; no program ever sees these either.
        weight: how much the example counts, above 0.
    """

    index: int
    given: Mapping[str, Given]
    expected: Answer
    group: str | None
    digest: str
    scored_with: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Dataset:
    """The examples of the files, in their order, and the hash of the bytes (`sha256:…`).

    `places` tells where the example of each index stands.
    """

    name: str
    examples: tuple[Example, ...]
    hash: str
    places: tuple[RowPlace, ...] = ()


@dataclass(frozen=True, slots=True)
class Loaded:
    """A dataset, or None where a problem is an error; warnings may stand beside a dataset."""

    dataset: Dataset | None
    problems: tuple[DataProblem, ...]


def load_dataset(
    task: TaskSpec, content: bytes, name: str, *, lists: Collection[str] = frozenset[str]()
) -> Loaded:
    """The examples of the bytes of one file. Never raises on content.

    Args:
        task: tells which fields there are, how rows are read, and the key.
        content: the file's bytes; JSONL, unless the task or the name tells another format.
        name: the file's name as the user knows it.
        lists: the fields that the program declares as lists.
    """
    return dataset_of(task, content_rows(content, name, task.source), lists=lists)


def dataset_of(task: TaskSpec, read: ReadRows, *, lists: Collection[str] = frozenset[str]()) -> Loaded:
    """The examples of rows that are read.

    Args:
        task: tells which fields there are, and the key.
        read: the rows, and what is wrong with the files.
        lists: the fields that the program declares as lists.
    """
    dataset, problems = readable_dataset(task, read, lists=lists)
    wrong = any(problem.diagnostic().severity is Severity.ERROR for problem in problems)
    return Loaded(None if wrong else dataset, problems)


def readable_dataset(
    task: TaskSpec, read: ReadRows, *, lists: Collection[str] = frozenset[str]()
) -> tuple[Dataset, tuple[DataProblem, ...]]:
    """The examples of the rows with which nothing is wrong, and what is wrong with the others.

    Only for looking at data: a measurement leaves out no row.
    """
    findings = Findings()
    kept = [(row, answer) for row in read.rows if (answer := target(task, row, lists, findings)) is not None]
    examples = tuple(example(task, index, row.values, answer) for index, (row, answer) in enumerate(kept))
    places = tuple(row.place for row, _ in kept)
    problems: tuple[DataProblem, ...] = (*read.problems, *findings.problems(), *repeats(places, examples))
    return Dataset(read.name, examples, read.hash, places), problems


def target(task: TaskSpec, row: Row, lists: Collection[str], findings: Findings) -> Answer | None:
    """The target of a row that is as it should be, or None after adding what is wrong with it."""
    wanted = dict.fromkeys((*task.given, task.expect, *((task.by,) if task.by else ()), *task.scored_with))
    missing = [name for name in wanted if name not in row.values]
    for name in missing:
        findings.add(MissingField(name, row.place, 0, tuple(row.values)))
    hidden = {task.expect, *task.scored_with} - {*task.given, task.by}
    read = [name for name in wanted if name in row.values and name not in hidden]
    unread = [name for name in read if not is_readable(row.values[name], is_list=name in lists)]
    for name in unread:
        found = found_in(row.values[name], is_list=name in lists)
        findings.add(NotReadableValue(name, row.place, found, is_list=name in lists))
    if missing or unread:
        return None
    if unfit := list(unusable(task, row.values)):
        for name, words in unfit:
            findings.add(NotForScoring(name, row.place, words))
        return None
    value = row.values[task.expect]
    if task.source.after is not None and isinstance(value, str):
        _, found_marker, value = value.rpartition(task.source.after)
        if not found_marker:
            findings.add(NoMarker(task.expect, task.source.after, row.place))
            return None
    answer = expected(task.key, value)
    if answer is None:
        shown = shortened(json.dumps(value, ensure_ascii=False))
        findings.add(UnreadableTarget(task.expect, task.key.kind, row.place, shown, options=task.key.options))
    return answer


def is_readable(value: JsonValue, *, is_list: bool) -> bool:
    """Whether a program can read a field's value."""
    if isinstance(value, list):
        return is_list and all(is_scalar(member) for member in value)
    return is_scalar(value) and not is_list


def found_in(value: JsonValue, *, is_list: bool) -> str:
    """What a value that can't be read is, in words."""
    if is_list and isinstance(value, list):
        return f"a list that holds {next(kind_of(member) for member in value if not is_scalar(member))}"
    return kind_of(value)


def example(task: TaskSpec, index: int, row: Mapping[str, JsonValue], answer: Answer) -> Example:
    """A checked row as an example."""
    given: dict[str, Given] = {}
    for name in task.given:
        value = row[name]
        assert isinstance(value, str | int | float | bool | list)
        given[name] = value
    group = None if task.by is None else given_text(row[task.by])
    weight = 1.0 if task.metric.weight is None else row[task.metric.weight]
    assert isinstance(weight, int | float)
    scored_with = {name: row[name] for name in task.scored_with}
    return Example(index, given, answer, group, given_digest(given), scored_with, float(weight))


def given_text(value: JsonValue) -> str:
    """A field as text: a text stays, others are written as JSON."""
    return as_text(value)


def given_digest(given: Mapping[str, Given]) -> str:
    """Sha-256 (hex) of the given fields in their normal form, whatever their order."""
    normal = {name: normalised(given_text(value)) for name, value in given.items()}
    return hashlib.sha256(json.dumps(normal, sort_keys=True).encode()).hexdigest()


def repeats(places: Sequence[RowPlace], examples: Sequence[Example]) -> tuple[RepeatedRows, ...]:
    """Rows that ask what an earlier row asked: with the same target, and with another one."""
    first_with: dict[str, int] = {}
    found: dict[bool, list[tuple[int, int]]] = {}
    for at, one in enumerate(examples):
        earlier = first_with.setdefault(one.digest, at)
        if earlier != at:
            conflicting = examples[earlier].expected.key != one.expected.key
            found.setdefault(conflicting, []).append((earlier, at))
    return tuple(
        RepeatedRows(places[pairs[0][0]], places[pairs[0][1]], len(pairs), conflicting)
        for conflicting, pairs in sorted(found.items())
    )
