"""The questions of a task as a simulated model knows them: its answers are what the task's key reads.

| key      | right answer                             | wrong ones                                         |
|----------|------------------------------------------|----------------------------------------------------|
| `math`   | the final answer of the target           | near numbers, or final answers of other questions  |
| `choice` | the option                               | the other options                                  |
| `code`   | the prompt and the target: a program     | that program with one slip (`slips.py`)            |
| others   | the target                               | near numbers, or answers of other questions        |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import JsonValue

from tgl.data import read_data
from tgl.diagnostics import Severity
from tgl.ir import DataSpec, KeySpec
from tgl.keys import expected
from tgl.models.simulated.chance import normal
from tgl.models.simulated.items import Fields, Item, ItemBank, ItemsError, bank_of, collapsed, shown
from tgl.models.simulated.slips import slips

Form = Literal["", "math", "code"]
"""How answers of a bank are written into replies."""


@dataclass(frozen=True, slots=True)
class TaskItems:
    """How a task reads its questions: the data's fields and the key."""

    source: DataSpec
    key: KeySpec

    @property
    def form(self) -> Form:
        """How answers are written."""
        match self.key.kind:
            case "math" | "code" as kind:
                return kind
            case _:
                return ""


def read_task_bank(path: Path, fields: Fields, task: TaskItems) -> ItemBank:
    """The bank of a task's data; rows whose target the key can't read are left out.

    Raises:
        ItemsError: the data can't be read, or no row has a question and a target.
    """
    read = read_data(path, task.source)
    for problem in read.problems:
        told = problem.diagnostic()
        if told.severity is Severity.ERROR:
            raise ItemsError(f"the items {path} can't be read: {told.message}")
    rows = [row.values for row in read.rows if {fields.question, fields.answer} <= row.values.keys()]
    if task.form == "code":
        items = tuple(item for row in rows if (item := code_item(row, fields, task.key)) is not None)
        bank = ItemBank(tuple({item.question: item for item in reversed(items)}.values())[::-1], form="code")
    else:
        made = [kept for row in rows if (kept := with_answer(row, fields, task)) is not None]
        bank = ItemBank(bank_of(made, fields).items, form=task.form)
    if not bank.items:
        raise ItemsError(
            f"the items {path} have no row with a question in `{fields.question}` "
            f"and a target in `{fields.answer}`"
        )
    return bank


def with_answer(row: Mapping[str, JsonValue], fields: Fields, task: TaskItems) -> dict[str, object] | None:
    """The row with its final answer in place of the target."""
    value = row[fields.answer]
    if task.source.after is not None and isinstance(value, str):
        value = value.rpartition(task.source.after)[2]
    answer = expected(task.key, value)
    if answer is None:
        return None
    made: dict[str, object] = {**row, fields.answer: answer.text}
    if task.key.kind == "choice":
        made[fields.distractors] = [one for one in task.key.options if one != answer.text]
    return made


def code_item(row: Mapping[str, JsonValue], fields: Fields, key: KeySpec) -> Item | None:
    """A question with whole programs as its answers."""
    question, target = shown(row[fields.question]), row[fields.answer]
    if not isinstance(target, str) or not question.strip():
        return None
    above = row.get(key.prompt) if key.prompt is not None else None
    program = target if not isinstance(above, str) or target.lstrip().startswith("def ") else above + target
    kind = row.get(fields.kind)
    asked = collapsed(question)
    return Item(
        asked,
        (program, *slips(program)),
        normal("difficulty", asked),
        "" if kind is None else shown(kind),
    )
