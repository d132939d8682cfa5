"""Traps that others fell into, about accounting and comparison (see tests/TRAPS.md)."""

from __future__ import annotations

import asyncio
import json

import pytest

from tgl.evaluate import Evaluation, Evaluator, Splits, deficit, load_dataset, split
from tgl.ir import Candidate
from tgl.models import ChatRequest, ErrorKind, ModelError, ScriptedModel
from tgl.runtime import CallPolicy, Executor, ModelBinding, RuntimeOptions
from tgl.semantics import NO_FILES, MemoryLoader, check, lower
from tgl.space import resolve
from tgl.storage import MemoryStore
from tgl.text import SourceFile

PROGRAM = """
use std.reduce { majority }
model m { provider local; weights "m"; params 1M }
model n { provider local; weights "n"; params 1M }
role solver(question) -> answer { prompt "{{ question }}"; temperature 0.8; max_tokens 8; retry 0 }
task t {
  data "d"; split train: 20, select: 20, test: 20; given question; expect answer; key exact; unit calls
}
graph votes(question) { node s[3] : solver on m; output majority(s) }
graph mixed(question) { node s[2] : solver on [m, n]; output majority(s) }
graph strong(question) { node s : solver on m; output s }
graph steady(question) { node s : solver on n; output s }
optimize votes on t { maximize accuracy }
optimize mixed on t { maximize accuracy }
optimize strong on t { maximize accuracy }
optimize steady on t { maximize accuracy }
"""
ROWS = "\n".join(json.dumps({"question": f"q{i}", "answer": "yes"}) for i in range(70))
CHECKED = check(SourceFile("p.tgl", PROGRAM), MemoryLoader({}))


def program(graph: str) -> Candidate:
    lowered = lower(CHECKED, graph)
    assert lowered.ir is not None, lowered.problems
    return resolve(lowered.ir, {}).candidate


class Lab:
    """An executor over a store that outlives it; `m` fails on every `broken`-th question."""

    def __init__(
        self, store: MemoryStore | None = None, *, broken: int = 0, live: bool = True, latency: float = 0.0
    ) -> None:
        lowered = lower(CHECKED, "mixed")
        assert lowered.ir is not None
        assert lowered.ir.task is not None
        self.store = MemoryStore() if store is None else store
        self.models = {
            "m": ScriptedModel("m", lambda request: self.reply(request, broken), latency=latency),
            "n": ScriptedModel("n", lambda request: "yes" if number(request) % 5 else f"no {request.seed}"),
        }
        bindings = {
            spec.name: ModelBinding(spec, self.models[spec.name].fingerprint, self.models[spec.name], 16)
            for spec in lowered.ir.models
        }
        options = RuntimeOptions(live=live, policy=CallPolicy(attempts=1))
        self.executor = Executor(bindings, self.store, key=lowered.ir.task.key, options=options)
        dataset = load_dataset(lowered.ir.task, ROWS.encode(), "d").dataset
        assert dataset is not None
        splits = split(lowered.ir.task, dataset)
        assert isinstance(splits, Splits)
        self.evaluator = Evaluator(self.executor, splits)

    def reply(self, request: ChatRequest, broken: int) -> str | ModelError:
        if broken and number(request) % broken == 0:
            return ModelError(ErrorKind.SERVER, "no luck")
        return "yes" if broken else f"reply {request.seed}"

    def measure(self, *graphs: str) -> list[Evaluation]:
        return asyncio.run(self.evaluator.on_train([program(graph) for graph in graphs]))


def number(request: ChatRequest) -> int:
    return int(request.messages[-1].content.removeprefix("q"))


def test_survivors_only_mean():
    """Cognify, AgentOpt, PDL: a mean over what happened to work makes a broken program the best."""
    strong, steady = Lab(broken=2).measure("strong", "steady")
    right = sum(result.score for result in strong.results)
    assert 0 < strong.failed == strong.n - right
    assert right / (strong.n - strong.failed) == 1.0 > steady.score, "among survivors it would be the best"
    assert strong.score == right / strong.n < steady.score
    assert deficit(steady, strong).mean == pytest.approx(steady.score - strong.score), (
        "paired on all examples"
    )


def test_candidates_compared_on_different_examples():
    """AgentRE: all candidates run on the same examples, and a comparison of others is refused."""
    lab = Lab()
    one, other = lab.measure("strong", "steady")
    asked = {
        name: sorted(number(request) for request in model.requests) for name, model in lab.models.items()
    }
    assert asked["m"] == asked["n"]
    assert len(asked["m"]) == one.n == other.n
    with pytest.raises(ValueError, match="shorter"):
        deficit(one, Evaluation(other.candidate, other.results[1:]))


def test_independent_draws_do_not_collapse_in_the_store():
    """AgentOpt: three samples of one prompt are three responses, also when they come from the store."""
    lab = Lab()
    for made in (lab.measure("votes"), Lab(lab.store, live=False).measure("votes")):
        for result in made[0].results:
            assert len({use.identity for use in result.calls}) == 3
    assert len({record.text for record in lab.store.records()}) == len(list(lab.store.records()))


def test_a_stored_call_is_neither_free_nor_instantaneous():
    """DSPy: a warm search tells the same costs and latencies as a cold one; only the bill differs."""
    cold = Lab(latency=0.002)
    [first] = cold.measure("mixed")
    warm = Lab(cold.store, live=False)
    [second] = warm.measure("mixed")
    assert first == second
    assert min(second.latencies) > 0
    assert cold.executor.ledger.spend == warm.executor.ledger.spend
    assert (cold.executor.ledger.billed_calls, warm.executor.ledger.billed_calls) == (first.n * 2, 0)
    for lab in (cold, warm):
        counts = lab.executor.counts
        assert counts.needed == counts.shared + counts.stored + counts.issued


def test_cost_is_attributed_by_call_not_by_a_counter_that_moved():
    """MaAS: two candidates under way at the same time are charged exactly what each needs alone."""
    together = Lab().measure("mixed", "votes")
    for graph, beside in zip(("mixed", "votes"), together, strict=True):
        [alone] = Lab().measure(graph)
        assert beside.calls == alone.calls
        assert beside.tokens == alone.tokens
        assert [r.calls for r in beside.results] == [r.calls for r in alone.results]


def test_an_unknown_price_is_an_error_not_zero():
    """AFlow, MaAS, AgentRE: money that can't be told is no free lunch."""
    text = """
model cloud { provider openai; id "c" }
role r(question) -> answer { prompt "{{ question }}"; max_tokens 8 }
task t { data "d"; split train: 1, select: 1, test: 1; given question; expect answer }
graph g(question) { node a : r(temperature: ~[0.1, 0.9]) on cloud; output a }
optimize g on t { maximize accuracy; spend cost <= $1 }
"""
    assert "E0702" in {problem.code for problem in check(SourceFile("p.tgl", text), NO_FILES).problems}
    priced = text.replace('id "c"', 'id "c"; price prompt: $1/Mtok, completion: $2/Mtok')
    assert check(SourceFile("p.tgl", priced), NO_FILES).problems == ()
