"""Any name in any place: what checks clean has an IR, and what has none is told with its place."""

from __future__ import annotations

import pytest

from tgl.diagnostics import Severity
from tgl.semantics import NO_FILES, check, lower
from tgl.text import SourceFile

PROGRAM = """
use std.roles  {{ assistant }}
use std.reduce {{ first }}
model smol {{ provider local; weights "smollm2-135m-instruct"; params 135M }}
let before(i, j) = i < j
graph solve(question, xs: list) {{
  node b    : assistant on smol
  node w[2] : assistant on smol
  loop l[2] {{ carry v = b then t; node t : assistant(v) on smol }}
  {}
  output first(b, w, l.v)
}}
"""
NAMES = [
    *("true", "model_of", "max", "any", "size", "acyclic", "log", "question", "solve", "smol", "before"),
    *("assistant", "b", "l", "w", "1", "[]", "nowhere"),
]
PLACES = [
    "node c : {} on smol",
    "node c : assistant on smol if {}(b)",
    "node c : assistant on smol when {}(b)",
    "edge {} -> b",
    "edge b -> {}",
    "edge w[i] -> w[j] if {}(i, j)",
    "require {}(b)",
    "require b is {}",
    "require any({})",
    "require count({}) > 1",
    "param k = {}(2)",
]

TOLD = [
    ("node c : assistant on smol when not true(b)", "E0207", "true"),
    ("edge w[i] -> w[j] if acyclic(i, j)", "E0207", "acyclic"),
    ("edge true -> b", "E0511", "true"),
    ("edge b -> max", "E0511", "max"),
    ("require b is w", "E0207", "b is w"),
    ("require b is true", "E0207", "b is true"),
    ("require any(1)", "E0307", "any(1)"),
    ("require count(before) > 1", "E0307", "count(before)"),
]


@pytest.mark.parametrize("place", PLACES)
def test_what_checks_clean_has_an_ir(place: str) -> None:
    for name in NAMES:
        checked = check(SourceFile("p.tgl", PROGRAM.format(place.format(name))), NO_FILES)
        if all(problem.severity is not Severity.ERROR for problem in checked.problems):
            assert lower(checked).ir is not None, name


@pytest.mark.parametrize(("written", "code", "marked"), TOLD, ids=[written for written, _, _ in TOLD])
def test_a_name_that_can_not_stand_there_is_told(written: str, code: str, marked: str) -> None:
    source = SourceFile("p.tgl", PROGRAM.format(written))
    [problem] = [one for one in check(source, NO_FILES).problems if one.severity is Severity.ERROR]
    assert problem.primary is not None
    span = problem.primary.span
    assert (problem.code, source.text[span.start : span.end]) == (code, marked)


def test_a_task_without_given_fields_has_no_items() -> None:
    """Its block is not closed, which is all that is told."""
    model = 'model large { provider simulated; profile "sim-8b"; items mine; params 8B }'
    found = check(SourceFile("p.tgl", "task mine {\n" + model), NO_FILES).problems
    assert [problem.code for problem in found] == ["E0102"]
