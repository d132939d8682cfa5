"""Few-shot rows: the file that `shots N, from: "FILE"` names."""

from __future__ import annotations

from tgl.data import Findings, MissingField, NoExamples, NotText, jsonl_rows, text_of
from tgl.evaluate.data_problems import DataProblem
from tgl.ir import TaskSpec
from tgl.runtime import ShotsTable


def read_shots(content: bytes, name: str, task: TaskSpec) -> ShotsTable | tuple[DataProblem, ...]:
    """The rows of a JSONL file in order, or what is wrong with it. Blank lines are skipped.

    Args:
        content: the file's bytes.
        name: the file's name as the user knows it.
        task: its `expect` field holds the reply that is shown.
    """
    text = text_of(content, name)
    if isinstance(text, NotText):
        return (text,)
    findings = Findings()
    rows = list(jsonl_rows(text, name, findings))
    for row in rows:
        if task.expect not in row.values:
            findings.add(MissingField(task.expect, row.place, 0, tuple(row.values)))
    problems: tuple[DataProblem, ...] = findings.problems()
    if problems:
        return problems
    return ShotsTable(tuple(dict(row.values) for row in rows), task.expect) if rows else (NoExamples(name),)
