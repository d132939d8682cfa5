"""A night with a model that is down: candidates that need it cost a few failed examples each, no more."""

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
    SearchResult,
    Splits,
    failures_in,
    load_dataset,
    split,
)
from tgl.models import ChatRequest, ErrorKind, ModelError, ScriptedModel
from tgl.report import search_table
from tgl.runtime import CallPolicy, Executor, ModelBinding, RuntimeOptions
from tgl.semantics import MemoryLoader, check, lower
from tgl.storage import Journal, MemoryStore
from tgl.text import SourceFile

PROGRAM = """
use std.roles  { assistant }
use std.reduce { majority }
model good { provider local; weights "good"; params 1M }
model dead { provider local; weights "dead"; params 1M }
pool both = [good, dead]
task adds {
  data   "adds.jsonl"
  split  train: 40, select: 40, test: 40
  given  question
  expect answer
  key    number
  unit   calls
}
graph solve(question) {
  node sample[~1..3] : assistant(temperature: ~[0.0, 0.8], retry: 0) on ~both
  output majority(sample)
}
optimize solve on adds {
  maximize accuracy
  using random(trials: 30, samples: 10)
}
"""
ROWS = "\n".join(json.dumps({"question": f"{i} + 1?", "answer": i + 1}) for i in range(140))
LOWERED = lower(check(SourceFile("adds.tgl", PROGRAM), MemoryLoader({})))
assert LOWERED.ir is not None
IR = LOWERED.ir


def reply(request: ChatRequest) -> str:
    found = re.search(r"(\d+) \+", request.messages[-1].content)
    if found is None:
        return "Score: 5"
    number = int(found[1])
    return str(number + 1 + (number + request.seed) % 5 // 4)


def limping(every: int):
    """Fails on each question whose number `every` divides, whoever asks."""

    def answer(request: ChatRequest) -> str | ModelError:
        found = re.search(r"(\d+) \+", request.messages[-1].content)
        if found is not None and int(found[1]) % every == 0:
            return ModelError(ErrorKind.SERVER, "down")
        return reply(request)

    return answer


class Night:
    """A store, and the requests that each model got."""

    def __init__(self, every: int = 1) -> None:
        self.store = MemoryStore()
        self.models = {"good": ScriptedModel("good", reply), "dead": ScriptedModel("dead", limping(every))}

    def search(
        self, *, allowance: float = 0.02, concurrency: int = 8, live: bool = True, resume: bool = False
    ) -> SearchResult:
        assert IR.task is not None
        dataset = load_dataset(IR.task, ROWS.encode(), "adds.jsonl").dataset
        assert dataset is not None
        splits = split(IR.task, dataset)
        assert isinstance(splits, Splits)
        bindings = {
            spec.name: ModelBinding(spec, model.fingerprint, model, concurrency)
            for spec in IR.models
            for model in [self.models[spec.name]]
        }
        options = RuntimeOptions(live=live, policy=CallPolicy(attempts=1, exact=True))
        executor = Executor(bindings, self.store, key=IR.task.key, options=options)
        for step in self.store.journal_read("search") if resume or not live else ():
            if step.kind == FAILURES:
                for failed in failures_in(step.value):
                    executor.assume_failed(*failed)
        journal = Journal(self.store, "search", resume=resume or not live)
        evaluator = Evaluator(executor, splits, allowance=allowance)
        return asyncio.run(Search(IR, evaluator, dataset.hash, journal).run())

    def asked(self, name: str) -> int:
        return len(self.models[name].requests)


@pytest.mark.parametrize("every", [1, 5])
def test_a_dead_or_limping_model_costs_little_and_changes_nothing_else(every: int):
    night, patient = Night(every), Night(every)
    found, slow = night.search(), patient.search(allowance=1.0)
    assert isinstance(found, Found)
    assert isinstance(slow, Found)
    assert found.report.winner == slow.report.winner
    assert found.report.winner_key == slow.report.winner_key
    assert found.report.winner.failed == 0
    assert night.asked("dead") < 0.6 * patient.asked("dead")
    if every == 1:
        assert night.asked("dead") < 30 * 12, "attempts x candidates x what is under way at a time"


@pytest.mark.parametrize("every", [1, 5])
def test_what_is_dropped_hangs_on_no_pace(every: int):
    """Spend, table and journal are the same at any concurrency, in a replay and after a resume."""
    night = Night(every)
    found = night.search(concurrency=8)
    assert isinstance(found, Found)
    steps = night.store.journal_read("search")
    asked = night.asked("dead"), night.asked("good")
    assert night.search(live=False) == found
    assert night.search(resume=True) == found
    assert (night.asked("dead"), night.asked("good")) == asked
    assert night.store.journal_read("search") == steps
    for concurrency in (1, 64):
        other = Night(every)
        assert other.search(concurrency=concurrency) == found
        assert other.store.journal_read("search") == steps


def test_a_simple_program_on_the_dead_model_is_not_measured_and_says_why():
    found = Night().search()
    assert isinstance(found, Found)
    [single] = [one for one in found.report.baselines if one.kind == "greedy" and one.models == ("dead",)]
    assert single.test is None
    assert single.select_accuracy is None
    assert re.fullmatch(r"on select 1 of the first 1 examples failed \(server 1\)", single.why)
    assert "dead, greedy: not measured on test, on select 1 of" in search_table(found.report, title="x")


def test_the_report_tells_failures_by_class_and_what_was_not_run():
    found = Night(5).search()
    assert isinstance(found, Found)
    failures, ledger = found.report.failures, found.report.ledger
    [line] = failures.classes
    assert (line.failure, line.runs, line.fallbacks) == ("server", failures.failed, 0)
    assert 0 < line.calls <= line.runs, "programs share failed calls"
    assert failures.dropped > 0
    assert ledger.total.calls == found.report.spend.calls
    assert sum(one.spent.calls for one in ledger.nodes) == ledger.total.calls
    dead = [one for one in ledger.choices if (one.choice, one.value) == ("solve.sample[].model", "dead")]
    assert [one.candidates > 0 for one in dead] == [True]
