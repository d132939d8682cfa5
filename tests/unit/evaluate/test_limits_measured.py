"""Limits on chances and on metrics: what is compared, what breaks them, and how far."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.evaluate.test_choosing import CALLS, evaluation
from tgl.evaluate import Evaluation, Meter, limit_text
from tgl.ir import ACCURACY, Limit, MetricSpec, TextPlace
from tgl.semantics import MemoryLoader, check, lower
from tgl.text import SourceFile

PLACE = TextPlace(source="p", start=0, end=0)
MISS = MetricSpec(name="miss", kind="f1", better="lower", low=0.0, high=10.0)


def calls(*counts: int) -> Evaluation:
    """Examples that took so many calls each."""
    one = evaluation("a", "1" * len(counts))
    [use] = one.results[0].calls
    results = (replace(r, calls=(use,) * n) for r, n in zip(one.results, counts, strict=True))
    return replace(one, results=tuple(results))


def chance(value: float, share: float) -> Limit:
    return Limit(what="calls", stat="chance", value=value, share=share, place=PLACE)


@pytest.mark.parametrize(
    ("value", "share", "figure", "met"),
    [
        (3, 0.5, 0.25, True),
        (2, 0.5, 0.5, True),  # as many as are allowed
        (1, 0.5, 0.75, False),
        (4, 0.1, 0.0, True),  # exactly at the bound is not beyond it
        (3, 0.2, 0.25, False),
    ],
)
def test_a_chance_is_the_share_of_examples_beyond_the_bound(value, share, figure, met):
    limit, seen = chance(value, share), calls(1, 2, 3, 4)
    meter = Meter([limit], CALLS, {}, 0.02)
    assert meter.value(limit, seen) == figure
    assert meter.feasible(seen) is met
    assert meter.violation(seen) == pytest.approx(0.0 if met else figure - share)
    assert bool(meter.broken(seen)) is not met


def metric_limit(name: str, value: float, *, least: bool) -> Limit:
    return Limit(what="metric", stat="mean", value=value, metric=name, least=least, place=PLACE)


@pytest.mark.parametrize(
    ("limit", "figure", "beyond"),
    [
        (metric_limit("accuracy", 0.7, least=True), 0.75, 0.0),
        (metric_limit("accuracy", 0.75, least=True), 0.75, 0.0),
        (metric_limit("accuracy", 0.8, least=True), 0.75, 0.05),
        (metric_limit("miss", 4.0, least=False), 6.0, 0.2),  # relative to its range
        (metric_limit("miss", 6.0, least=False), 6.0, 0.0),
    ],
)
def test_a_metric_is_bounded_in_its_own_range_by_its_own_scores(limit, figure, beyond):
    seen = evaluation("a", "1110")
    seen = replace(seen, results=tuple(replace(one, others=(0.4,)) for one in seen.results))
    meter = Meter([limit], CALLS, {}, 0.02, (ACCURACY, MISS))
    assert meter.value(limit, seen) == figure
    assert meter.violation(seen) == pytest.approx(beyond)
    assert meter.feasible(seen) is (beyond == 0.0)


def test_an_example_without_other_scores_has_the_worst():
    limit, seen = metric_limit("miss", 9.0, least=False), evaluation("a", "11", failed=2)
    assert Meter([limit], CALLS, {}, 1.0, (ACCURACY, MISS)).value(limit, seen) == 10.0


TASK = """\
fn off(answer: text, target: text) -> number {{ python "near:off" }}
model smol {{ provider local; weights "smollm2-135m-instruct"; params 135M }}
role r(question) -> answer {{ prompt "{{{{ question }}}}"; max_tokens 9 }}
graph g(question) {{
  node a : r on smol
  output a
}}
task t {{
  data "d.jsonl"; split train: 1, select: 1, test: 1; given question; expect answer
  {metrics}
}}
optimize g on t {{ {goal} }}
"""
MISSES = "metric miss: off, range: [0, 10], better: lower"


def ir(metrics: str, goal: str):
    lowered = lower(check(SourceFile("p.tgl", TASK.format(metrics=metrics, goal=goal)), MemoryLoader({})))
    assert lowered.ir is not None, lowered.problems
    return lowered.ir


@pytest.mark.parametrize(
    ("metrics", "goal", "names"),
    [
        ("metric accuracy\n" + MISSES, "maximize accuracy", ["accuracy", "miss"]),
        ("metric accuracy\n" + MISSES, "minimize miss", ["miss", "accuracy"]),
        ("metric accuracy\n" + MISSES, "pareto miss, cost", ["miss", "accuracy"]),
        (MISSES + "\nmetric f1", "maximize f1", ["f1", "miss"]),
        (MISSES, "minimize miss", ["miss"]),
        (MISSES, "maximize accuracy", ["accuracy", "miss"]),  # every key tells it
    ],
)
def test_the_goal_comes_first_and_the_others_are_kept(metrics, goal, names):
    task = ir(metrics, goal).task
    assert task is not None
    assert [one.name for one in task.metrics] == names
    assert len(ir(metrics, goal).functions) == 1, "each function that scores is loaded"


def test_all_metrics_count_rows_by_the_weight_of_the_first():
    task = ir("metric accuracy, weight: points\n" + MISSES, "minimize miss").task
    assert task is not None
    assert [one.weight for one in task.metrics] == ["points", "points"]


@pytest.mark.parametrize(
    "text",
    [
        "chance(cost > 7 units) <= 0.45",
        "chance(cost > $0.5) <= 0.01",
        "chance(latency > 3s) <= 0.1",
        "chance(tokens > 300, of: smol) <= 0.05",
        "accuracy >= 0.7",
        "miss <= 2.5",
    ],
)
def test_a_limit_is_told_as_it_is_written(text):
    goal = ir("metric accuracy\n" + MISSES, f"maximize accuracy; limit {text}").optimize
    assert goal is not None
    assert [limit_text(one) for one in goal.limits] == [text]
