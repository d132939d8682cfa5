"""Calls that fail: journalled by stage, handed back, and the same figures after a resume and a replay."""

from __future__ import annotations

import asyncio
import json
import re

import pytest

from tgl.evaluate import (
    FAILURES,
    Evaluator,
    Found,
    Search,
    Splits,
    dollar_prices,
    failures_in,
    load_dataset,
    split,
)
from tgl.ir import ProgramIR
from tgl.models import ChatRequest, ErrorKind, ModelError, ScriptedModel
from tgl.runtime import CallPolicy, Executor, ModelBinding, RuntimeOptions
from tgl.semantics import MemoryLoader, check, lower
from tgl.storage import Journal, MemoryStore
from tgl.text import SourceFile

PROGRAM = """
use std.roles  { assistant }
use std.reduce { majority }
model m { provider local; weights "m"; params 1M }
task adds {
  data   "adds.jsonl"
  split  train: 20, select: 20, test: 30
  given  question
  expect answer
  key    number
  unit   calls
  on_error drop: 30%
}
graph solve(question) {
  node sample[~1..3] : assistant(temperature: ~[0.3, 0.8], retry: 0) on m
  output majority(sample)
}
optimize solve on adds {
  maximize accuracy
  using random(trials: 4, samples: 2)
}
"""
ROWS = "\n".join(json.dumps({"question": f"{i} + 1?", "answer": i + 1}) for i in range(70))


class Killed(Exception):
    """The process ends here."""


class Project:
    """A program, a store, and a model on which every seventh question fails while `down`."""

    def __init__(self) -> None:
        lowered = lower(check(SourceFile("adds.tgl", PROGRAM), MemoryLoader({})))
        assert lowered.ir is not None, lowered.problems
        self.ir: ProgramIR = lowered.ir
        self.store = MemoryStore()
        self.asked = 0

    def search(
        self, *, down: bool = True, live: bool = True, resume: bool = False, kill_at: int | None = None
    ) -> Found:
        """A process of its own, which shares nothing with others but the store."""
        ir, asked = self.ir, 0
        assert ir.task is not None
        dataset = load_dataset(ir.task, ROWS.encode(), "adds.jsonl").dataset
        assert dataset is not None
        splits = split(ir.task, dataset)
        assert isinstance(splits, Splits)

        def reply(request: ChatRequest) -> str | ModelError:
            nonlocal asked
            asked += 1
            if asked == kill_at:
                raise Killed
            found = re.search(r"(\d+) \+", request.messages[-1].content)
            assert found is not None
            number = int(found[1])
            if down and number % 7 == 0:
                return ModelError(ErrorKind.SERVER, f"no luck with {number}")
            return str(number + 1 + (number + request.seed) % 3 // 2)

        model = ScriptedModel("m", reply)
        options = RuntimeOptions(live=live, policy=CallPolicy(attempts=1, exact=True))
        bindings = {"m": ModelBinding(ir.models[0], model.fingerprint, model, 4)}
        executor = Executor(bindings, self.store, key=ir.task.key, options=options)
        if resume or not live:
            for step in self.store.journal_read("search"):
                if step.kind == FAILURES:
                    for failed in failures_in(step.value):
                        executor.assume_failed(*failed)
        journal = Journal(self.store, "search", resume=resume or not live)
        evaluator = Evaluator(executor, splits, dollars=dollar_prices(ir.models))
        try:
            result = asyncio.run(Search(ir, evaluator, dataset.hash, journal).run())
        except* Killed:
            raise Killed from None
        finally:
            self.asked += asked
        assert isinstance(result, Found), result
        return result


@pytest.fixture(scope="module")
def whole() -> tuple[Project, Found]:
    project = Project()
    return project, project.search()


def test_failures_are_in_the_report_and_in_the_journal(whole):
    project, result = whole
    assert result.report.winner.failed > 0
    steps = project.store.journal_read("search")
    seen = [failed for step in steps if step.kind == FAILURES for failed in failures_in(step.value)]
    assert len({identity for identity, _, _ in seen}) == len(seen) > 0
    assert all(failure == "server" and "no luck" in detail for _, failure, detail in seen)
    assert not {identity for identity, _, _ in seen} & set(project.store.identities())
    kinds = [step.kind for step in steps]
    assert kinds.index(FAILURES) < kinds.index("outcomes"), "before they are decided on"


def test_a_replay_asks_nobody_and_tells_the_same(whole):
    project, result = whole
    asked = project.asked
    assert project.search(live=False).report == result.report
    assert project.asked == asked


@pytest.mark.parametrize("kill_at", [3, 60, 150])
def test_a_resumed_search_repeats_the_failures_that_it_has_seen(whole, kill_at: int):
    """Between the two processes the model gets well: what failed before must fail again all the same."""
    project = Project()
    with pytest.raises(Killed):
        project.search(kill_at=kill_at)
    steps = project.store.journal_read("search")
    seen = {one for step in steps if step.kind == FAILURES for one, _, _ in failures_in(step.value)}
    resumed = project.search(down=False, resume=True)
    assert not seen & set(project.store.identities())
    assert steps == project.store.journal_read("search")[: len(steps)]
    assert project.search(live=False).report == resumed.report


def test_a_resumed_search_that_still_fails_is_the_uninterrupted_one(whole):
    _, result = whole
    project = Project()
    with pytest.raises(Killed):
        project.search(kill_at=100)
    assert project.search(resume=True).report == result.report


def test_payloads_that_are_no_failures_are_left_out():
    assert failures_in([["a", "server", "x"], ["b"], "c", None]) == [("a", "server", "x")]
    assert failures_in({"a": 1}) == []
