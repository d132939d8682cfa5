"""What answers score: by agreement, by words, by a function; several runs of an example; weights."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import ClassVar

import pytest

from tgl.evaluate import (
    Deficit,
    Evaluation,
    Evaluator,
    Example,
    ExampleResult,
    NotScored,
    SealedSplit,
    Splits,
    deficit,
    figures,
    load_dataset,
    scorer_of,
)
from tgl.evaluate.cost import CostModel, Price
from tgl.ir import (
    ACCURACY,
    Candidate,
    Const,
    FunctionSpec,
    KeySpec,
    MetricSpec,
    PortSpec,
    Reader,
    TaskSpec,
    TextPlace,
    UnitSpec,
)
from tgl.keys import Answer
from tgl.runtime import CallUse, Job, RunResult, RunStatus
from tgl.statistics import Resampler
from tgl.stdfn import FunctionError, StdFunction

DRAWS = Resampler(1, ("test",))
CALLS = CostModel(UnitSpec(kind="calls"), {"m": Price(1.0, 0.0, 0.0)})
PLACE = TextPlace(source="p", start=0, end=0)
ANSWER, TARGET, POINTS = (PortSpec(name=name, type="text") for name in ("answer", "target", "points"))
OFF = FunctionSpec(
    name="py:m:off", declared="off", python="m:off", ports=(ANSWER, TARGET), result=Reader(kind="number")
)


def example(target: str = "x", weight: float = 1.0, **fields: object) -> Example:
    return Example(0, {"q": "?"}, Answer(target, target), None, "d", fields, weight)  # pyright: ignore[reportArgumentType]


def by_function(
    call, better: str = "lower", low: float = 0.0, high: float = 10.0, function: FunctionSpec = OFF
):
    metric = MetricSpec.model_validate(
        {"name": "off", "kind": "fn", "better": better, "low": low, "high": high, "function": function}
    )
    made = StdFunction(OFF.name, ("answer", "target"), 0, call)
    return scorer_of(metric, {OFF.name: made})


def scores(scorer, *asked: tuple[Answer, Example]) -> Sequence[float]:
    return [graded.score for graded in asyncio.run(scorer.scores(asked))]


@pytest.mark.parametrize(
    ("value", "better", "score"),
    [
        (0.0, "lower", 1.0),
        (10, "lower", 0.0),
        (2.5, "lower", 0.75),
        (2.5, "higher", 0.25),
        (True, "higher", 0.1),
    ],
)
def test_a_functions_value_becomes_a_score_of_which_more_is_better(value, better, score):
    found = scores(by_function(lambda first, target: value, better), (Answer("a", "a"), example()))
    assert found == [pytest.approx(score)]


def test_a_function_gets_the_answer_the_target_and_fields_by_name():
    seen: list[tuple[object, object, object]] = []
    ports = OFF.model_copy(update={"ports": (TARGET, POINTS, ANSWER)})

    def call(first, points, answer):
        seen.append((first, points, answer))
        return 1.0

    scores(by_function(call, function=ports), (Answer("mine", "k"), example("right", points=3)))
    assert seen == [("right", 3, "mine")]


@pytest.mark.parametrize(
    "value",
    [None, "many", float("nan"), float("inf"), -0.01, 10.01, 10**400, (1.0,)],
    ids=lambda value: str(value)[:9],
)
def test_what_is_no_number_of_the_range_is_named_and_never_a_score(value):
    with pytest.raises(NotScored, match=r"`off`.*row 1.*from 0 to 10") as caught:
        scores(by_function(lambda first, target: value), (Answer("a", "a"), example()))
    assert caught.value.code == "E0863"


def test_a_function_that_raises_is_no_fault_of_the_answer():
    def call(first, target):
        raise FunctionError("`off`: ZeroDivisionError")

    with pytest.raises(NotScored, match="ZeroDivisionError"):
        scores(by_function(call), (Answer("a", "a"), example()))


def test_f1_looks_at_words_and_accuracy_at_the_key():
    asked = Answer("the old bridge", "1"), example("old bridge")
    assert scores(scorer_of(MetricSpec(name="f1", kind="f1"), {}), asked) == [1.0]
    assert scores(scorer_of(ACCURACY, {}), asked) == [0.0]


# --- several runs


class Runs:
    """A runner that says a letter of a text for each run: r right, w wrong, n nothing, f failed."""

    failed: ClassVar[dict[str, object]] = {}

    def __init__(self, marks: str) -> None:
        self.marks = marks
        self.jobs: list[Job] = []

    async def run_all(self, jobs, *, drop=None):
        self.jobs += jobs
        return [self.result(place, mark) for place, mark in zip(range(len(jobs)), self.marks, strict=True)]

    def result(self, place: int, mark: str) -> RunResult:
        status = {"n": RunStatus.NO_ANSWER, "f": RunStatus.FAILED}.get(mark, RunStatus.OK)
        answer = None if mark in "nf" else Answer(mark, "x" if mark == "r" else "y")
        use = CallUse(f"i{place}", "n", "m", 5, 5, 1.0, 0, "store")
        return RunResult(
            status, answer, mark, "timeout" if mark == "f" else None, "", (use,), float(place), ()
        )

    def foreseen(self, job, *, fresh=False):
        self.jobs.append(job)
        return ()


def evaluated(marks: str, examples: int, k: int, draws: int) -> tuple[Evaluation, Runs]:
    runner = Runs(marks)
    metric = MetricSpec(name="pass", kind="pass", k=k, draws=draws)
    splits = Splits((example(),) * examples, (example(),), SealedSplit((example(),)))
    evaluator = Evaluator(runner, splits, metric=metric, allowance=0.1)
    [found] = asyncio.run(evaluator.on_train([Candidate(nodes=(), output=Const(value="c"))]))
    return found, runner


def test_several_runs_of_an_example_are_one_result():
    found, runner = evaluated("rwwwww" + "nwn", examples=3, k=1, draws=3)
    assert found.scores == (pytest.approx(1 / 3), 0.0, 0.0)
    assert [result.status for result in found.results] == [RunStatus.OK, RunStatus.OK, RunStatus.OK]
    assert [job.salt for job in runner.jobs[:3]] == ["", "#1", "#2"]
    assert len({job.group for job in runner.jobs}) == 1


def test_cost_is_of_one_run_and_spend_of_all():
    found, _ = evaluated("rrrr", examples=2, k=1, draws=2)
    assert found.calls == (1.0, 1.0)
    assert found.costs(CALLS) == (1.0, 1.0)
    assert len(found.charges({})) == 4
    assert found.latencies == (0.5, 2.5)


@pytest.mark.parametrize(
    ("marks", "status", "score"),
    [
        ("rfr", RunStatus.FAILED, 0.0),
        ("nnn", RunStatus.NO_ANSWER, 0.0),
        ("nrn", RunStatus.OK, 2 / 3),
        ("rrw", RunStatus.OK, 1.0),
    ],
)
def test_a_failed_run_fails_its_example(marks, status, score):
    found, _ = evaluated(marks, examples=1, k=2, draws=3)
    assert (found.results[0].status, found.score) == (status, pytest.approx(score))


def test_a_forecast_looks_at_every_run():
    runner = Runs("")
    metric = MetricSpec(name="pass", kind="pass", k=1, draws=4)
    evaluator = Evaluator(runner, Splits((example(),) * 2, (), SealedSplit(())), metric=metric)
    evaluator.forecast_train(Candidate(nodes=(), output=Const(value="c")))
    assert [job.salt for job in runner.jobs] == ["", "#1", "#2", "#3"] * 2


# --- weights


def weighted(scores: Sequence[float], weights: Sequence[float]) -> Evaluation:
    results = [
        ExampleResult(score, RunStatus.OK, None, "", 1.0, (), weight=weight)
        for score, weight in zip(scores, weights, strict=True)
    ]
    return Evaluation(Candidate(nodes=(), output=Const(value="c")), tuple(results))


def test_weights_count_in_scores_figures_and_the_winners_rule():
    scores, weights = [1.0, 0.0, 1.0, 0.0], [3.0, 1.0, 3.0, 1.0]
    one = weighted(scores, weights)
    assert one.score == 0.75
    made = figures(one, [example()] * 4, CALLS, DRAWS, ACCURACY.model_copy(update={"weight": "w"}))
    assert made.accuracy.value == 0.75
    assert (made.n, made.correct) == (4, 2)
    assert deficit(one, weighted([0.0] * 4, weights)).mean == 0.75


def test_equal_weights_are_no_weights():
    scores = [1.0, 0.0, 0.5, 0.25]
    assert weighted(scores, [7.0] * 4).weights is None
    assert deficit(weighted([1.0] * 4, [7.0] * 4), weighted(scores, [7.0] * 4)) == Deficit(
        0.5625, pytest.approx(0.21348, abs=1e-4)
    )


# --- data


def task(key: KeySpec, metric: MetricSpec) -> TaskSpec:
    return TaskSpec(
        name="t", data="d", train=1, select=1, test=1, given=("q",), expect="a", key=key,
        unit=UnitSpec(kind="calls"), format="", metric=metric, place=PLACE,
    )  # fmt: skip


WEIGHED = task(KeySpec(kind="exact"), ACCURACY.model_copy(update={"weight": "w"}))
TESTED = task(KeySpec(kind="code", tests="t", entry="e", prompt="q"), ACCURACY)


@pytest.mark.parametrize(
    "weight", ["0", "-1", '"2"', "true", "null", "[1]", "1e400", "1e200", "1" + "0" * 150]
)
def test_a_weight_that_is_none_is_named_with_its_line(weight):
    line = f'{{"q": "?", "a": "x", "w": {weight}}}'
    found = load_dataset(WEIGHED, f'{{"q": "!", "a": "x", "w": 1}}\n{line}\n'.encode(), "d.jsonl")
    assert found.dataset is None
    [problem] = [problem.diagnostic() for problem in found.problems]
    assert problem.code in ("E0864", "E0852")
    assert "line 2" in problem.message


def test_weights_arrive_and_a_missing_one_is_a_missing_field():
    found = load_dataset(
        WEIGHED, b'{"q": "!", "a": "x", "w": 0.5}\n{"q": "?", "a": "x", "w": 2}\n', "d.jsonl"
    )
    assert found.dataset is not None
    assert [one.weight for one in found.dataset.examples] == [0.5, 2.0]
    missing = load_dataset(WEIGHED, b'{"q": "!", "a": "x"}\n', "d.jsonl")
    assert [problem.diagnostic().code for problem in missing.problems] == ["E0854"]
