"""The fields of a row that scoring reads beside the target: what they may hold."""

from __future__ import annotations

import ast
import math
import warnings
from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from tgl.ir import TaskSpec


def unusable(task: TaskSpec, row: Mapping[str, JsonValue]) -> Iterator[tuple[str, str]]:
    """The fields of a complete row that scoring can't use, each with what it should hold."""
    key, metric = task.key, task.metric
    functions = [one.function for one in task.metrics if one.function is not None]
    if metric.weight is not None and not is_weight(row[metric.weight]):
        yield metric.weight, "a weight is a number above 0"
    for field, words in (
        (key.tests, "tests are"),
        (key.entry, "the name of a function is"),
        (key.prompt, "a prompt is"),
    ):
        if field is not None and not isinstance(row[field], str):
            yield field, f"{words} a text"
    if key.tests is not None and isinstance(tests := row[key.tests], str) and not is_python(tests):
        yield key.tests, "tests are Python"
    if key.entry is not None and isinstance(name := row[key.entry], str) and not name.isidentifier():
        yield key.entry, "the name of a function is a word of Python"
    for function in functions:
        for port in function.ports:
            if (
                port.name in ("answer", "target")
                or port.optional
                or isinstance(row[port.name], str | int | float)
            ):
                continue
            yield port.name, f"`{function.declared}` takes text, a number, true or false"


def is_python(text: str) -> bool:
    """Whether a text is a module of Python that says something."""
    try:
        with warnings.catch_warnings(action="ignore"):
            return bool(ast.parse(text).body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


def is_weight(value: JsonValue) -> bool:
    """Whether a value is a finite number above 0, and small enough that sums of them stay finite."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) and 0 < value <= 1e100 if isinstance(value, float) else 0 < value <= 10**100
