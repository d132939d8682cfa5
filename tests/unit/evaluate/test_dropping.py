"""A candidate with too many failed examples: out for certain, told from the first examples alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tgl.evaluate import Allowance, Evaluation, Evaluator, ExampleFailed, Meter, Splits, load_dataset, split
from tgl.evaluate.cost import CostModel
from tgl.ir import Candidate, Const, KeySpec, TaskSpec, TextPlace, UnitSpec
from tgl.keys import Answer
from tgl.runtime import DropRule, Job, PossibleAsk, RunResult, RunStatus

TASK = TaskSpec(
    name="t", data="d", train=10, select=10, test=10, given=("q",), expect="a", key=KeySpec(kind="exact"),
    unit=UnitSpec(kind="calls"), format="", place=TextPlace(source="s", start=0, end=0),
)  # fmt: skip
ROWS = "\n".join(json.dumps({"q": f"q{i}", "a": "yes"}) for i in range(60))


def result(*, failed: bool) -> RunResult:
    if failed:
        return RunResult(RunStatus.FAILED, None, "", "server", "no luck", (), 0.0, ())
    return RunResult(RunStatus.OK, Answer("yes", "yes"), "yes", None, "", (), 0.0, ())


class Scripted:
    """Runs each candidate (told by its name) into the failures that are listed for it."""

    failed: ClassVar[dict[str, object]] = {}

    def __init__(self, failures: dict[str, Sequence[bool]]) -> None:
        self.failures = failures
        self.seen: dict[str, int] = {}

    async def run_all(self, jobs: Sequence[Job], *, drop: DropRule | None = None) -> list[RunResult]:
        found: list[RunResult] = []
        for job in jobs:
            name = str(job.candidate.output.value)
            place = self.seen[name] = self.seen.get(name, -1) + 1
            found.append(result(failed=self.failures[name][place]))
        return found

    def foreseen(self, job: Job, *, fresh: bool = False) -> Sequence[PossibleAsk]:
        return ()


def splits() -> Splits:
    dataset = load_dataset(TASK, ROWS.encode(), "d").dataset
    assert dataset is not None
    made = split(TASK, dataset)
    assert isinstance(made, Splits)
    return made


def on_train(
    failures: dict[str, Sequence[bool]], *, allowance: float = 1.0, abort: bool = False
) -> list[Evaluation]:
    evaluator = Evaluator(Scripted(failures), splits(), allowance=allowance, abort=abort)
    candidates = [Candidate(nodes=(), output=Const(value=name)) for name in failures]
    return asyncio.run(evaluator.on_train(candidates))


N = len(splits().train)


@given(
    failures=st.lists(st.booleans(), min_size=1, max_size=40),
    share=st.sampled_from([0.0, 0.02, 0.1, 0.5, 1.0]),
    rest=st.lists(st.booleans(), min_size=40, max_size=40),
)
def test_out_is_certain_and_told_from_the_prefix_alone(failures, share, rest):
    results = [result(failed=one) for one in failures]
    rule = Allowance(share, len(failures))
    kept = rule.kept(results)
    assert rule("", results[:kept]) or kept == len(results)
    assert not any(rule("", results[:place]) for place in range(kept)), "not later than it is certain"
    if kept < len(results):
        assert sum(failures) / len(failures) > share, "out also by all of its results"
    changed = [*results[:kept], *(result(failed=one) for one in rest[: len(results) - kept])]
    assert rule.kept(changed) == kept, "what was not needed decides nothing"
    assert (rule.kept(results) < len(results)) <= (sum(failures) / len(failures) > share)


def test_a_dropped_candidate_is_infeasible_and_no_survivor_s_mean_is_its_score():
    limping = [False, True, False, True, *[False] * (N - 4)]
    healthy = [False] * N
    out, good = on_train({"limping": limping, "healthy": healthy}, allowance=0.1)
    assert (out.n, out.failed, out.dropped) == (N, 2, N - 4)
    assert out.score == 2 / N, "2 of 4 were right, and of no mean is n 4 or 2"
    assert (good.score, good.dropped) == (1.0, 0)
    meter = Meter((), CostModel(UnitSpec(kind="calls"), {}), {}, 0.1)
    assert not meter.feasible(out)
    assert meter.broken(out) == ("2 of the first 4 examples failed (server 2)",)


def test_within_the_allowance_nothing_is_dropped():
    [one] = on_train({"limping": [True, *[False] * (N - 1)]}, allowance=0.1)
    assert (one.failed, one.dropped, one.score) == (1, 0, (N - 1) / N)


def test_a_dead_candidate_is_further_out_than_a_limping_one():
    dead = [True] * N
    limping = [*[False] * (N - 2), True, True]
    meter = Meter((), CostModel(UnitSpec(kind="calls"), {}), {}, 0.1)
    first, second = on_train({"dead": dead, "limping": limping}, allowance=0.1)
    assert meter.violation(first) > meter.violation(second) > 1.0


@pytest.mark.parametrize("at", [0, 3, N - 1])
def test_abort_ends_at_the_first_failed_example(at: int):
    failures = [place >= at for place in range(N)]
    with pytest.raises(ExampleFailed, match=r"server.*no luck") as stop:
        on_train({"a": [False] * N, "b": failures}, abort=True)
    assert "on_error score: 0" in stop.value.help
