"""Limits that count some nodes or models alone: known before a call, and measured."""

from __future__ import annotations

import pytest

from tests.unit.evaluate.test_search_end_to_end import PROGRAM, Setting, program
from tgl.evaluate import CostModel, Evaluation, Found, Meter, NotFound, Price
from tgl.evaluate.evaluation import ExampleResult
from tgl.ir import Candidate, Const, Limit, UnitSpec
from tgl.runtime import CallUse, RunStatus
from tgl.semantics import MemoryLoader, check, lower
from tgl.text import SourceFile

PRICES = {"smol": Price(1.0, 0.0, 0.0), "gemma": Price(2.0, 0.0, 0.0)}
DOLLARS = {"smol": Price(0.0, 0.5, 0.5), "gemma": Price(0.0, 0.25, 0.25)}


def use(node: str, model: str) -> CallUse:
    return CallUse(
        identity=f"{node} {model}",
        node=node,
        model=model,
        prompt_tokens=3,
        completion_tokens=1,
        latency=1.0,
        ask=0,
        source="live",
    )


def measured() -> Evaluation:
    """Two examples: of three calls, and of one."""
    runs = (
        (
            use("solve.reply.sample[1]", "smol"),
            use("solve.reply.sample[2]", "gemma"),
            use("solve.x", "gemma"),
        ),
        (use("solve.x", "smol"),),
    )
    results = tuple(ExampleResult(1.0, RunStatus.OK, None, "a", 1.0, calls) for calls in runs)
    candidate = Candidate(nodes=(), output=Const(value="a"))
    return Evaluation(candidate, results)


@pytest.mark.parametrize(
    ("limit", "value"),
    [
        ("calls(mean, of: sample)", 1.0),
        ("calls(p95, of: reply)", 2.0),
        ("calls(mean, of: x)", 1.0),
        ("calls(mean, of: gemma)", 1.0),
        ("cost(mean, of: gemma)", 2.0),
        ("cost(mean, of: smol)", 1.0),
        ("cost(mean, of: small)", 3.0),
        ("tokens(mean, of: sample)", 4.0),
        ("cost(mean)", 3.0),
    ],
)
def test_a_part_counts_its_own_calls(limit: str, value: float):
    found = the_limit(f"limit {limit} <= 9")
    meter = Meter([found], CostModel(UnitSpec(kind="model", model="smol"), PRICES), DOLLARS, 0.02)
    assert meter.value(found, measured()) == pytest.approx(value)


def the_limit(text: str) -> Limit:
    source = PROGRAM.format(goals=text, method="random(samples: 3)").replace(
        "  output first(reply)", "  node x : assistant on smol\n  output first(reply, x)"
    )
    lowered = lower(check(SourceFile("p.tgl", source), MemoryLoader({})))
    assert lowered.ir is not None, lowered.problems
    assert lowered.ir.optimize is not None
    return lowered.ir.optimize.limits[0]


@pytest.mark.parametrize(
    ("of", "models"),
    [("smol", ("smol",)), ("small", ("smol", "gemma")), ("reply", None), ("sample", None)],
)
def test_a_name_is_of_nodes_first(of: str, models: tuple[str, ...] | None):
    assert the_limit(f"limit calls(mean, of: {of}) <= 9").models == models


@pytest.mark.parametrize(
    ("limit", "told"),
    [
        ("calls(mean, of: smoll)", "did you mean `small` or `smol`"),
        ("calls(mean, of: repli)", "did you mean `reply`"),
        ("latency(p95, of: reply)", "`of:` in `cost`, `calls`, `tokens` alone"),
        ("calls(mean, of: 3)", "and there a node, a model or a pool"),
    ],
)
def test_what_no_limit_can_count(limit: str, told: str):
    text = PROGRAM.format(
        goals=f"limit {limit} <= 9{'s' if 'latency' in limit else ''}", method="random(samples: 3)"
    )
    problems = check(SourceFile("p.tgl", text), MemoryLoader({})).problems
    assert len(problems) == 1, problems
    assert told in str(problems[0])


def searched(goals: str) -> Found | NotFound:
    return Setting(program(goals, "random(samples: 12)")).search()


@pytest.fixture(scope="module")
def free() -> Found:
    """The winner without limits, which needs gemma for the capitals."""
    found = searched("")
    assert isinstance(found, Found)
    assert "gemma" in str(found.assignment)
    return found


def test_a_search_keeps_a_limit_on_a_model(free: Found):
    found = searched("limit calls(mean, of: gemma) <= 0.1")
    assert isinstance(found, Found)
    assert found.report.winner.accuracy.value < free.report.winner.accuracy.value
    (told,) = found.report.limits
    assert told.limit == "calls(mean, of: gemma) <= 0.1"
    assert told.test <= 0.1
    assert told.met


def test_a_search_keeps_a_limit_on_the_worst_case_of_a_model():
    found = searched("limit calls(worst, of: gemma) <= 1")
    assert isinstance(found, Found)
    assert "gemma" not in found.assignment.values(), "asked again, each would be three calls of it"
