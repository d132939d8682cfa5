"""What `task` and `optimize` blocks mean."""

from __future__ import annotations

import pytest

from tgl.ir import OptimizeSpec, TaskSpec
from tgl.semantics import NO_FILES, check, lower
from tgl.text import SourceFile

PROGRAM = """
model smol {{ provider local; weights "s" }}
role r(question) -> answer {{ prompt "{{{{ question }}}}"; max_tokens 8 }}
graph g(question) {{
  node a : r(temperature: ~0.1..0.9) on smol
  output a
}}
task t {{
  data "d.jsonl"; split train: 1, select: 2, test: 3; given question, kind; expect answer
  {task}
}}
optimize g on t {{
  maximize accuracy
  {optimize}
}}
"""


def blocks(task: str = "", optimize: str = "") -> tuple[TaskSpec, OptimizeSpec]:
    checked = check(SourceFile("p.tgl", PROGRAM.format(task=task, optimize=optimize)), NO_FILES)
    assert checked.problems == ()
    ir = lower(checked).ir
    assert ir is not None
    assert ir.task is not None
    assert ir.optimize is not None
    return ir.task, ir.optimize


@pytest.mark.parametrize(
    ("written", "kind", "match", "after"),
    [
        ("", "exact", "exact", None),
        ("key exact", "exact", "exact", None),
        ("key text", "text", "exact", None),
        ("key text, match: normalised", "text", "normalised", None),
        ('key number, after: "Answer:"', "number", "exact", "Answer:"),
    ],
)
def test_keys(written, kind, match, after):
    key = blocks(written)[0].key
    assert (key.kind, key.match, key.after) == (kind, match, after)


@pytest.mark.parametrize(
    ("written", "kind", "model"),
    [
        ("", "model", "smol"),
        ("unit smol", "model", "smol"),
        ("unit calls", "calls", None),
        ("unit dollars", "dollars", None),
    ],
)
def test_units(written, kind, model):
    unit = blocks(written)[0].unit
    assert (unit.kind, unit.model) == (kind, model)


def test_a_task_tells_its_format_unless_it_says_another():
    assert "number" in blocks("key number")[0].format
    assert '"Answer:"' in blocks('key number, after: "Answer:"')[0].format
    assert blocks('format "One word."')[0].format == "One word."


def test_failures_are_a_share_and_kinds_are_reported_by_a_given_field():
    assert blocks()[0].failures == pytest.approx(0.02)
    task = blocks("on_error drop: 5%; by kind")[0]
    assert (task.failures, task.by) == (pytest.approx(0.05), "kind")


@pytest.mark.parametrize(
    ("written", "limits"),
    [
        ("limit cost <= 8 units", [("cost", "worst", 8.0, "units")]),
        ("limit cost(p95) <= 2", [("cost", "p95", 2.0, "")]),
        ("limit tokens(mean) <= 4k", [("tokens", "mean", 4000.0, "")]),
        (
            "limit latency(p95) <= 2m; limit calls <= 3",
            [("latency", "p95", 120.0, "s"), ("calls", "worst", 3.0, "")],
        ),
    ],
)
def test_limits(written, limits):
    assert [(one.what, one.stat, one.value, one.unit) for one in blocks(optimize=written)[1].limits] == limits


@pytest.mark.parametrize(
    ("written", "calls", "dollars"),
    [("", None, None), ("spend calls <= 4k", 4000, None), ("spend cost <= $5; spend calls <= 7", 7, 5.0)],
)
def test_spends(written, calls, dollars):
    found = blocks(optimize=written)[1]
    assert (found.spend_calls, found.spend_dollars) == (calls, dollars)


@pytest.mark.parametrize(
    ("written", "method", "args"),
    [
        ("", "reinforce", ()),
        ("using random", "random", ()),
        ("using reinforce(samples: 5, rounds: 10)", "reinforce", (("rounds", 10), ("samples", 5))),
        ("using reinforce(finalists: 4)", "reinforce", (("finalists", 4),)),
        (
            "using random(trials: 20, samples: 4, finalists: 3)",
            "random",
            (("finalists", 3), ("samples", 4), ("trials", 20)),
        ),
    ],
)
def test_methods(written, method, args):
    found = blocks(optimize=written)[1]
    assert (found.method, found.method_args) == (method, args)


def test_seed_and_recorded_replies():
    found = blocks(optimize='seed 7; recorded "r.jsonl.gz"')[1]
    assert (found.seed, found.recorded) == (7, "r.jsonl.gz")


@pytest.mark.parametrize(("written", "slots"), [("", None), ("deploy concurrency: 4", 4)])
def test_the_calls_of_a_question_that_a_deployment_makes_at_a_time(written, slots):
    assert blocks(optimize=written)[1].deploy == slots


@pytest.mark.parametrize(
    "written", ["deploy 4", "deploy concurrency: 0", "deploy concurrency: 1.5", "deploy slots: 4", "deploy"]
)
def test_a_deployment_that_can_not_be(written):
    checked = check(SourceFile("p.tgl", PROGRAM.format(task="", optimize=written)), NO_FILES)
    assert [problem.code for problem in checked.problems] == ["E0302"]
