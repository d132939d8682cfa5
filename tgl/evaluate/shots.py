"""Few-shot rows: the file that `shots N, from: "FILE"` names."""

from __future__ import annotations

import json

from pydantic import JsonValue, ValidationError

from tgl.evaluate.data import ROW, json_reason, kind_of, lines, refuse_surrogates, text_of
from tgl.evaluate.data_problems import DataProblem, MissingField, NoExamples, NotAnObject, NotJson, NotText
from tgl.ir import TaskSpec
from tgl.runtime import ShotsTable
from tgl.text import SourceFile


def read_shots(content: bytes, name: str, task: TaskSpec) -> ShotsTable | tuple[DataProblem, ...]:
    """The rows of a JSONL file in order, or the first thing that is wrong with it. Blank lines are skipped.

    Args:
        content: the file's bytes.
        name: the file's name as the user knows it.
        task: its `expect` field holds the reply that is shown.
    """
    text = text_of(content, name)
    if isinstance(text, NotText):
        return (text,)
    rows: list[dict[str, JsonValue]] = []
    source = SourceFile(name, text)
    for line in lines(source):
        try:
            value: object = json.loads(text[line.span.start : line.span.end])
            row = ROW.validate_python(value, strict=True)
            refuse_surrogates(row)
        except json.JSONDecodeError as error:
            return (NotJson(line, json_reason(error), 0, error.pos),)
        except ValidationError:
            return (NotAnObject(line, kind_of(json.loads(text[line.span.start : line.span.end])), 0),)
        except (ValueError, RecursionError) as error:
            return (
                NotJson(line, "nested too deeply" if isinstance(error, RecursionError) else str(error), 0),
            )
        if task.expect not in row:
            return (MissingField(task.expect, line, 0, tuple(row)),)
        rows.append(row)
    return ShotsTable(tuple(rows), task.expect) if rows else (NoExamples(name),)
