"""What a task's data, or a file of data, holds: the card of `tglc data`. Nothing is executed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tgl.data import FieldCard, ReadRows, RepeatedRows, TargetCard, field_cards, read_data, target_card
from tgl.diagnostics import Diagnostic
from tgl.evaluate import SplitName, readable_dataset, split_of
from tgl.ir import TaskSpec
from tgl.pipeline.loading import folder_of, load_program, problems_of
from tgl.pipeline.saying import placeless
from tgl.pipeline.stop import Exit, Stop
from tgl.pipeline.task import near_repeats
from tgl.semantics import NO_FILES, check, declared_tasks
from tgl.text import SourceFile


@dataclass(frozen=True, slots=True)
class SplitCard:
    """A split: rows that fall into it, questions that differ among them, and rows that are used."""

    name: SplitName
    rows: int
    questions: int
    used: int


@dataclass(frozen=True, slots=True)
class DataCard:
    """What a data set holds.

    Args:
        task: its name, None where a file was named.
        read: the rows and how they were read.
        fields: what the fields hold.
        target: what the key makes of the target, None where no target was named.
        splits: of a task.
        problems: errors and warnings.
    """

    task: str | None
    read: ReadRows
    fields: tuple[FieldCard, ...]
    target: TargetCard | None
    splits: tuple[SplitCard, ...]
    problems: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file that is no program is read: each as a task says it, "" where nothing is said."""

    format: str = ""
    fields: str = ""
    where: str = ""
    given: str = ""
    expect: str = ""
    key: str = ""


def data_cards(name: str, reading: Reading, *, task: str | None = None) -> tuple[DataCard, ...]:
    """The cards of a program's tasks, or of a file or folder of data.

    Args:
        name: a program (`.tgl`), or data.
        reading: how data is read; a program says it itself.
        task: of a program's tasks, this one.

    Raises:
        Stop: the program has errors or no such task, or `reading` is not what a task may say.
    """
    if not name.endswith(".tgl"):
        return (card_of(task_of(name, reading), Path(), is_task=False),)
    if reading != Reading():
        message = "--format, --fields, --where, --given, --expect and --key are for data without a program"
        raise Stop(Exit.USAGE, placeless("R0305", message, help="write them into the task"))
    tasks = declared_tasks(load_program(name))
    names = [one.name for one in tasks]
    if not tasks or (task is not None and task not in names):
        message = f"{name} has no task" + ("" if task is None else f" `{task}`")
        declared = f"it has {', '.join(names)}" if names else "name a file of data, or write a `task`"
        raise Stop(Exit.FAILED, placeless("E0751", message, help=declared))
    return tuple(
        card_of(one, folder_of(name), is_task=True) for one in tasks if task is None or one.name == task
    )


def task_of(path: str, reading: Reading) -> TaskSpec:
    """A task that says what the arguments say.

    Raises:
        Stop: a task may not say it.
    """
    expect, fields = reading.expect, reading.fields
    if expect and "," not in expect and not expect.isidentifier():
        # A column whose name is no word of the language: it gets one.
        fields, expect = ", ".join([*([fields] if fields else []), f"target: {quoted(expect)}"]), "target"
    lines = [
        f"data {quoted(path)}" + (f", format: {reading.format}" if reading.format else ""),
        *(f"{word} {text}" for word, text in (("fields", fields), ("where", reading.where)) if text),
        "split train: 1, select: 1, test: 1",
        f"given {reading.given or NOTHING}",
        f"expect {expect or NOTHING + '_'}",
        *((f"key {reading.key}",) if reading.key else ()),
    ]
    text = "task data {\n" + "".join(f"  {line}\n" for line in lines) + "}\n"
    checked = check(SourceFile("<arguments>", text), NO_FILES)
    found = declared_tasks(checked)
    if problems := problems_of(checked):
        raise Stop(Exit.USAGE, *problems)
    return found[0]


NOTHING = "nothing"
"""Stands for fields that were not named."""


def quoted(text: str) -> str:
    """A text as a program writes it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def card_of(task: TaskSpec, folder: Path, *, is_task: bool) -> DataCard:
    """The card of a task's data."""
    read = read_data(folder / task.data, task.source)
    problems = [problem.diagnostic() for problem in read.problems]
    if not is_task:
        # The path is an argument here, relative to where the command runs.
        problems = [replace(one, help="check the path") if one.code == "R0305" else one for one in problems]
    fields = field_cards(read.rows)
    names = {field.name for field in fields}
    has_target = is_task or not task.expect.startswith(NOTHING)
    is_asked = is_task or task.given != (NOTHING,)
    target = None
    if has_target and task.expect in names:
        target = target_card(read.rows, task.expect, task.key, task.source.after)
    splits: tuple[SplitCard, ...] = ()
    if has_target and read.rows:
        lists = frozenset(field.name for field in fields if ("a list", field.rows) in field.kinds)
        asked = task if is_asked else task.model_copy(update={"given": ()})
        dataset, found = readable_dataset(asked, read, lists=lists)
        new = [problem for problem in found if problem not in read.problems]
        # Without a question no row repeats one.
        problems += [one.diagnostic() for one in new if is_asked or not isinstance(one, RepeatedRows)]
        if is_task:
            splits = split_cards(task, [(split_of(task, one), one.digest) for one in dataset.examples])
            problems += near_repeats(task, dataset)
    return DataCard(task.name if is_task else None, read, fields, target, splits, tuple(problems))


def split_cards(task: TaskSpec, rows: Sequence[tuple[SplitName, str]]) -> tuple[SplitCard, ...]:
    """The splits, from the split and the digest of each row."""
    wanted: dict[SplitName, int] = {"train": task.train, "select": task.select, "test": task.test}
    cards: list[SplitCard] = []
    for name, count in wanted.items():
        digests = [digest for split, digest in rows if split == name]
        cards.append(SplitCard(name, len(digests), len(set(digests)), min(count, len(digests))))
    return tuple(cards)
