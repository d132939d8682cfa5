"""What a `metric` says, what `optimize` may want of it, and everything that it may not say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tgl.ir import ACCURACY, MetricSpec, TaskSpec
from tgl.semantics import NO_FILES, check, lower
from tgl.syntax import format_source
from tgl.text import SourceFile

PROGRAM = """
model smol {{ provider local; weights "s" }}
fn off(answer: text, target: text) -> number {{ python "m:off" }}
fn near(answer: number, target: number, kind: text) -> bool {{ python "m:near" }}
fn blind(target: text) -> number {{ python "m:blind" }}
fn wordy(answer: text) -> text {{ python "m:wordy" }}
fn many(answer: text, others: list) -> number {{ python "m:many" }}
fn tuned(answer: text) -> number {{ python "m:tuned"; param most = 3 }}
role r(question) -> answer {{ prompt "{{{{ question }}}}"; max_tokens 8 }}
graph g(question) {{
  node a : r(temperature: ~[0.1, 0.9]) on smol
  output a
}}
task t {{
  data "d.jsonl"; split train: 1, select: 2, test: 3; given question; expect answer
  {key}
  {metric}
}}
optimize g on t {{ {objective} }}
"""


def checked(metric: str, objective: str, key: str = "key text"):
    text = PROGRAM.format(metric=metric, objective=objective, key=key)
    return check(SourceFile("p.tgl", text), NO_FILES)


def task_of(metric: str, objective: str) -> TaskSpec:
    found = checked(metric, objective)
    assert found.problems == ()
    ir = lower(found).ir
    assert ir is not None
    assert ir.task is not None
    assert ir.optimize is not None
    assert objective == f"{objective.split()[0]} {ir.optimize.objective}"
    return ir.task


@pytest.mark.parametrize(
    ("metric", "objective", "expected"),
    [
        ("", "maximize accuracy", ACCURACY),
        ("metric accuracy", "maximize accuracy", ACCURACY),
        (
            "metric accuracy, weight: points",
            "maximize accuracy",
            ACCURACY.model_copy(update={"weight": "points"}),
        ),
        ("metric f1", "maximize f1", MetricSpec(name="f1", kind="f1")),
        (
            "metric pass, k: 2, of: 5",
            "maximize pass",
            MetricSpec(name="pass", kind="pass", k=2, draws=5),
        ),
    ],
)
def test_a_metric_is_read(metric, objective, expected):
    assert task_of(metric, objective).metric == expected


@pytest.mark.parametrize(
    ("metric", "objective", "name", "ends", "fields"),
    [
        ("metric off, range: [0, 10], better: lower", "minimize off", "off", (0.0, 10.0), ()),
        ("metric miss: off, range: [-1, 10], better: lower", "minimize miss", "miss", (-1.0, 10.0), ()),
        ("metric off, range: [0, 1]", "maximize off", "off", (0.0, 1.0), ()),
        ("metric off, range: [0, 1], weight: w", "maximize off", "off", (0.0, 1.0), ("w",)),
        ("metric near, range: [0, 1]", "maximize near", "near", (0.0, 1.0), ("kind",)),
    ],
)
def test_a_function_is_a_metric_of_its_name_and_range(metric, objective, name, ends, fields):
    task = task_of(metric, objective)
    assert (task.metric.name, (task.metric.low, task.metric.high)) == (name, ends)
    assert task.scored_with == fields
    assert task.metric.objective == objective


def test_the_function_of_a_metric_is_one_that_has_to_be_trusted():
    ir = lower(checked("metric off, range: [0, 10]", "maximize off")).ir
    assert ir is not None
    assert [spec.declared for spec in ir.functions] == ["off"]


@pytest.mark.parametrize(
    ("metric", "code"),
    [
        ("metric", "E0302"),
        ("metric 3", "E0302"),
        ('metric "f1"', "E0302"),
        ("metric acuracy", "E0302"),
        ("metric f1, weight: 3", "E0302"),
        ("metric f1, k: 2", "E0302"),
        ("metric f1, f1", "E0302"),
        ("metric accuracy, weight: w, weight: w", "E0302"),
        ("metric accuracy, weight: answer", "E0302"),
        ("metric pass", "E0302"),
        ("metric pass, k: 1", "E0302"),
        ("metric pass, k: 0, of: 5", "E0302"),
        ("metric pass, k: 6, of: 5", "E0302"),
        ("metric pass, k: 1.5, of: 5", "E0302"),
        ("metric pass, k: 1, of: 1000000", "E0302"),
        ("metric off", "E0302"),
        ("metric off, range: [10, 0]", "E0302"),
        ("metric off, range: [1, 1]", "E0302"),
        ("metric off, range: [0]", "E0302"),
        ("metric off, range: [0, 1s]", "E0302"),
        ("metric off, range: [0, 1], better: more", "E0302"),
        ("metric cost: off, range: [0, 1]", "E0302"),
        ("metric f1: off, range: [0, 1]", "E0302"),
        ("metric blind, range: [0, 1]", "E0302"),
        ("metric wordy, range: [0, 1]", "E0302"),
        ("metric many, range: [0, 1]", "E0302"),
        ("metric tuned, range: [0, 1]", "E0302"),
        ("metric smol, range: [0, 1]", "E0207"),
        ("metric ndcg5: ndcg(k: 5)", "E0190"),
        ("metric leakage: pii_share(sent: cloud)", "E0190"),
        ("metric bleu", "E0190"),
    ],
)
def test_what_a_metric_may_not_say(metric, code):
    assert [problem.code for problem in checked(metric, "maximize accuracy").problems] == [code]


@pytest.mark.parametrize(
    ("metric", "objective"),
    [
        ("", "maximize f1"),
        ("", "minimize accuracy"),
        ("metric f1", "maximize accuracy"),
        ("metric f1", "minimize f1"),
        ("metric off, range: [0, 10], better: lower", "maximize off"),
        ("metric miss: off, range: [0, 10], better: lower", "minimize off"),
        ("metric f1", "maximize 3"),
        ("metric f1", "maximize f1; minimize f1"),
    ],
)
def test_the_objective_is_the_tasks_metric_in_its_direction(metric, objective):
    [problem] = checked(metric, objective).problems
    assert problem.code == "E0302"


def test_a_wrong_objective_is_told_the_right_one():
    [problem] = checked("metric off, range: [0, 10], better: lower", "maximize off").problems
    assert "`minimize off`" in str(problem)


@pytest.mark.parametrize(
    ("better", "score", "figure"),
    [("higher", 0.0, -1.0), ("higher", 1.0, 9.0), ("lower", 0.0, 9.0), ("lower", 1.0, -1.0)],
)
def test_the_worst_score_is_the_worst_end_of_the_range(better, score, figure):
    spec = MetricSpec.model_validate({"name": "m", "kind": "fn", "better": better, "low": -1, "high": 9})
    assert spec.figure(score) == figure


@pytest.mark.parametrize("page", ["keys", "metrics"])
def test_what_the_documentation_shows_is_clean(page):
    text = (Path(__file__).parents[3] / "docs" / f"{page}.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```tgl\n(.*?)^```", text, re.S | re.M)
    assert blocks
    for block in blocks:
        source = SourceFile("p.tgl", block)
        assert check(source, NO_FILES).problems == ()
        assert format_source(source) == block
