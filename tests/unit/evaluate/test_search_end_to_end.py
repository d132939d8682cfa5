"""A whole search in process: real program text, space and executor, and models that are functions."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re

import pytest

from tgl.emit import resolve_text
from tgl.evaluate import (
    Alone,
    Evaluator,
    Found,
    NotFound,
    Notice,
    Search,
    SearchReport,
    Splits,
    dollar_prices,
    load_dataset,
    measure_alone,
    split,
)
from tgl.ir import ProgramIR
from tgl.models import ChatRequest, ErrorKind, ModelError, ScriptedModel
from tgl.report import search_table
from tgl.runtime import CallPolicy, Executor, ModelBinding, RuntimeOptions
from tgl.semantics import MemoryLoader, check, lower
from tgl.space import resolve
from tgl.storage import MemoryStore
from tgl.text import SourceFile

PROGRAM = """
use std.roles  {{ assistant }}
use std.reduce {{ majority, first }}
model smol  {{ provider local; weights "smol"; params 135M }}
model gemma {{ provider local; weights "gemma"; params 270M }}
pool small = [smol, gemma]
let kinds = ["numbers", "capitals"]
task quiz {{
  data   "quiz.jsonl"
  split  train: 30, select: 30, test: 60
  given  question, kind
  expect answer
  key    text, match: normalised
  unit   smol
  by     kind
}}
graph solve(question, kind) {{
  node reply[i: size(kinds)] : ~[assistant, panel(n: ~2..3)] on ~small when kind == kinds[i]
  output first(reply)
}}
graph panel(question) {{
  param n = 3
  node sample[n] : assistant(temperature: ~[0.4, 0.8]) on ~small
  output majority(sample)
}}
optimize solve on quiz {{
  maximize accuracy
  {goals}
  using {method}
  seed 3
}}
"""
KINDS = ("numbers", "capitals")
SKILL = {
    ("smol", "numbers"): 0.9,
    ("smol", "capitals"): 0.2,
    ("gemma", "numbers"): 0.3,
    ("gemma", "capitals"): 0.9,
}
ROWS = [
    json.dumps({"question": f"{kind} question {i}", "kind": kind, "answer": f"a{i}"})
    for i in range(100)
    for kind in KINDS
]


def program(goals: str = "", method: str = "reinforce(rounds: 4, samples: 6)") -> ProgramIR:
    text = PROGRAM.format(goals=goals, method=method)
    lowered = lower(check(SourceFile("quiz.tgl", text), MemoryLoader({})))
    assert lowered.ir is not None, lowered.problems
    return lowered.ir


def chance(*name: object) -> float:
    return int.from_bytes(hashlib.blake2b(repr(name).encode(), digest_size=8).digest(), "big") / 2**64


def reply(name: str, broken: frozenset[str] = frozenset()):
    """Right on the easiest share of a kind; sampling moves a question's difficulty a little."""

    def answer(request: ChatRequest) -> str | ModelError:
        found = re.search(r"(numbers|capitals) question (\d+)", request.messages[-1].content)
        assert found is not None
        kind, number = found[1], found[2]
        if number in broken:
            return ModelError(ErrorKind.SERVER, "down")
        if "Score:" in request.messages[-1].content:
            return "Score: 5"
        luck = 0.0 if request.decoding.temperature == 0 else 0.4 * (chance(name, number, request.seed) - 0.5)
        right = chance(name, kind, number) + luck < SKILL[name, kind]
        return f"a{number}" if right else f"wrong {int(9 * chance(name, number, request.seed))}"

    return answer


class Setting:
    """One project: a program, its data, models, a store."""

    def __init__(self, ir: ProgramIR, *, concurrency: int = 8, broken: frozenset[str] = frozenset()) -> None:
        assert ir.task is not None
        self.ir = ir
        self.models = {spec.name: ScriptedModel(spec.name, reply(spec.name, broken)) for spec in ir.models}
        self.store = MemoryStore()
        self.concurrency = concurrency
        dataset = load_dataset(ir.task, "\n".join(ROWS).encode(), "quiz.jsonl").dataset
        assert dataset is not None
        self.data = dataset.hash
        splits = split(ir.task, dataset)
        assert isinstance(splits, Splits)
        self.splits = splits
        self.steps: list[tuple[str, object]] = []
        self.notices: list[Notice] = []

    def record(self, kind: str, payload: object) -> None:
        self.steps.append((kind, payload))

    def evaluator(self, *, live: bool = True) -> Evaluator:
        assert self.ir.task is not None
        bindings = {
            spec.name: ModelBinding(spec, model.fingerprint, model, self.concurrency)
            for spec in self.ir.models
            for model in [self.models[spec.name]]
        }
        options = RuntimeOptions(live=live, policy=CallPolicy(attempts=1, exact=True))
        executor = Executor(bindings, self.store, key=self.ir.task.key, options=options)
        return Evaluator(executor, self.splits, dollars=dollar_prices(self.ir.models))

    def search(self, *, live: bool = True) -> Found | NotFound:
        async def run() -> Found | NotFound:
            search = Search(
                self.ir, self.evaluator(live=live), self.data, journal=self, notify=self.notices.append
            )
            return await search.run()

        return asyncio.run(run())

    @property
    def asked(self) -> int:
        return sum(len(model.requests) for model in self.models.values())


@pytest.fixture(scope="module")
def found() -> tuple[Setting, SearchReport, Found]:
    setting = Setting(program("limit cost(mean) <= 6 units"))
    result = setting.search()
    assert isinstance(result, Found), result
    return setting, result.report, result


def test_the_search_finds_the_routes(found):
    _, report, result = found
    winner = report.winner
    assert winner.accuracy.value > 0.75
    best_single = max(
        one.test.accuracy.value for one in report.baselines if one.kind == "greedy" and one.test
    )
    assert winner.accuracy.value > best_single + 0.15
    assert result.assignment == report.winner_assignment


def test_the_report_is_complete(found):
    _, report, _ = found
    kinds = [one.kind for one in report.baselines]
    assert kinds == ["greedy", "greedy", "vote", "vote", "best_of", "router", "mode", "random"]
    assert [one.best for one in report.baselines].count(True) == 1
    assert report.best_baseline == next(one.name for one in report.baselines if one.best)
    assert report.best_baseline in report.verdict
    assert all(one.test is not None or one.why for one in report.baselines)
    assert report.sizes == (30, 30, 60)
    assert report.winner.n == 60
    assert {group.name for group in report.winner.groups} == set(KINDS)
    assert sum(group.n for group in report.winner.groups) == 60
    assert report.winner.accuracy.low < report.winner.accuracy.value < report.winner.accuracy.high
    assert report.selection.raw <= report.selection.best
    assert report.unit_name == "units"
    assert [limit.limit for limit in report.limits] == ["cost(mean) <= 6 units"]
    assert SearchReport.model_validate_json(report.model_dump_json()) == report


def test_notices_say_what_runs_now():
    setting = Setting(program())
    notices: list[tuple[Notice, int]] = []

    def notify(notice: Notice) -> None:
        notices.append((notice, setting.asked))

    async def run() -> None:
        await Search(setting.ir, setting.evaluator(), setting.data, notify=notify).run()

    asyncio.run(run())
    stages = list(dict.fromkeys(notice.stage for notice, _ in notices))
    assert stages == ["calibrate", "train", "select", "baselines", "test", "done"]
    fractions = [notice.fraction for notice, _ in notices]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)
    begun = {stage: next(asked for notice, asked in notices if notice.stage == stage) for stage in stages}
    assert begun["train"] == 30, "told as soon as exploring starts, after the unit's calls alone"
    assert begun["train"] < begun["select"] < begun["test"] < setting.asked
    second = next(notice for notice, asked in notices if asked > 30)
    assert second.stage == "train"
    assert second.best is not None, "the prior mode is known first"


def test_one_unit_is_one_greedy_call_of_the_reference_model(found):
    _, report, _ = found
    smol = next(one for one in report.baselines if one.kind == "greedy" and one.models == ("smol",))
    assert smol.select_cost == pytest.approx(1.0, abs=0.05)
    gemma = next(one for one in report.baselines if one.kind == "greedy" and one.models == ("gemma",))
    assert gemma.select_cost == pytest.approx(2.0, abs=0.1)


def test_the_router_is_the_best_greedy_model_of_each_group(found):
    _, report, _ = found
    router = next(one for one in report.baselines if one.kind == "router")
    greedy = [one.test for one in report.baselines if one.kind == "greedy"]
    assert router.test is not None
    for place, group in enumerate(router.test.groups):
        assert group.correct == max(one.groups[place].correct for one in greedy if one)
    assert dict(router.routes) == {"numbers": "smol, greedy", "capitals": "gemma, greedy"}
    assert router.difference is not None
    told = "each kind, as chosen on select: capitals: gemma, greedy; numbers: smol, greedy\n"
    assert told in search_table(report, title="quiz.opt.tgl")


def test_votes_cost_no_more_than_the_winner(found):
    setting, report, _ = found
    del setting
    votes = [
        one for one in report.baselines if one.kind in ("vote", "best_of") and one.select_cost is not None
    ]
    ceiling = next(limit.select for limit in report.limits)
    assert votes
    for one in votes:
        assert one.dear is (one.select_cost > ceiling)
        assert one.dear is ("dearer than the winner" in one.name)
        assert not (one.dear and one.best)
    assert any(one.difference is not None for one in votes if one.kind == "vote")


def test_every_distinct_call_is_spent_once(found):
    setting, report, _ = found
    assert report.spend.calls == setting.asked
    assert sum(calls for _, calls in report.spend.stages) == report.spend.calls


def test_the_test_split_is_opened_once_and_late(found):
    setting, _, _ = found
    assert setting.splits.test.openings == ("final",)
    kinds = [kind for kind, _ in setting.steps]
    assert kinds.index("selected") < kinds.index("compared") < kinds.index("measured")
    json.dumps(setting.steps)


def test_a_replay_asks_nobody_and_tells_the_same(found):
    setting, report, _ = found
    asked, steps = setting.asked, list(setting.steps)
    setting.steps.clear()
    setting.concurrency = 1
    again = setting.search(live=False)
    assert isinstance(again, Found)
    assert again.report == report
    assert setting.steps == steps
    assert setting.asked == asked


@pytest.mark.parametrize("goals", ["", "limit cost(mean) <= 2.2 units"])
def test_the_emitted_text_measured_alone_has_exactly_the_figures_of_the_report(goals: str):
    setting = Setting(program(goals))
    result = setting.search()
    assert isinstance(result, Found)
    report, asked = result.report, setting.asked
    source = SourceFile("quiz.tgl", PROGRAM.format(goals=goals, method="reinforce(rounds: 4, samples: 6)"))
    text = resolve_text(check(source, MemoryLoader({})), setting.ir, result.resolution)
    lowered = lower(check(SourceFile("quiz.opt.tgl", text), MemoryLoader({})))
    assert lowered.ir is not None
    alone_ir = lowered.ir

    async def run() -> object:
        return await measure_alone(
            alone_ir,
            setting.evaluator(live=False),
            purpose="verify",
            seed=report.seed,
            reference_tokens=report.unit_tokens,
        )

    alone = asyncio.run(run())
    assert isinstance(alone, Alone)
    assert alone.figures == report.winner
    assert alone.responses == report.responses
    assert setting.asked == asked


def test_a_resolved_program_is_measured_alone(found):
    setting, report, _ = found
    fixed = PROGRAM.format(goals="", method="random")
    for choice, decided in (
        ("~[assistant, panel(n: ~2..3)] on ~small", "assistant on smol"),
        ("~[0.4, 0.8]", "0.4"),
        ("on ~small", "on smol"),
    ):
        fixed = fixed.replace(choice, decided)
    lowered = lower(check(SourceFile("quiz.tgl", fixed), MemoryLoader({})))
    assert lowered.ir is not None
    assert lowered.ir.is_resolved

    async def run() -> object:
        return await measure_alone(
            lowered.ir,
            setting.evaluator(),
            purpose="verify",
            seed=3,
            reference_tokens=report.unit_tokens,
        )

    alone = asyncio.run(run())
    assert isinstance(alone, Alone)
    assert alone.figures.n == 60
    assert alone.cost.reference_tokens == report.unit_tokens
    assert alone.evaluation.candidate == resolve(lowered.ir, {}).candidate


@pytest.mark.parametrize("method", ["reinforce(rounds: 6, samples: 6)", "random(trials: 20)"])
@pytest.mark.parametrize("spend", [500, 1000])
def test_a_spend_that_is_said_to_be_enough_is(spend: int, method: str):
    def search(calls: int) -> Found | NotFound:
        return Setting(program(f"spend calls <= {calls}", method)).search()

    def lacking(result: Found) -> str:
        return next((note for note in result.report.notes if note.startswith("not in the table")), "")

    result = search(spend)
    assert isinstance(result, Found), result
    missing = [one.name for one in result.report.baselines if "did not fit" in one.why]
    told = lacking(result)
    assert bool(missing) is bool(told)
    assert all(name in told for name in missing)
    if told:
        found = re.search(r"`spend calls <= (\d+)` would be enough", told)
        assert found is not None
        better = search(int(found[1]))
        assert isinstance(better, Found)
        assert lacking(better) == ""


@pytest.mark.parametrize(
    ("spend", "method"), [(1500, "reinforce(rounds: 3, samples: 3)"), (2100, "random(trials: 6)")]
)
def test_a_spend_that_is_said_to_let_all_finalists_onto_select_does(spend: int, method: str):
    def search(calls: int) -> str:
        result = Setting(program(f"spend calls <= {calls}", method)).search()
        assert isinstance(result, Found), result
        return next((note for note in result.report.notes if "finalists were not measured" in note), "")

    told = re.search(r"`spend calls <= (\d+)` would be enough for them", search(spend))
    assert told is not None
    assert int(told[1]) > spend
    assert search(int(told[1])) == ""


def test_no_such_spend_is_told_where_more_of_it_would_be_explored_with_first():
    result = Setting(program("spend calls <= 1000", "random(trials: 6)")).search()
    assert isinstance(result, Found), result
    told = [note for note in result.report.notes if "finalists were not measured" in note]
    assert told
    assert all("enough" not in note for note in told)
    assert any("proposed candidates were not measured on train" in note for note in result.report.notes)


def test_an_ample_spend_refuses_no_candidate():
    result = Setting(program("spend calls <= 20000", "random(trials: 6)")).search()
    assert isinstance(result, Found), result
    assert not any("proposed" in note for note in result.report.notes)


@pytest.mark.parametrize("spend", [400, 700, 1500])
def test_spend_is_never_exceeded(spend: int):
    setting = Setting(program(f"limit cost(mean) <= 6 units\n  spend calls <= {spend}"))
    result = setting.search()
    assert setting.asked <= spend
    if isinstance(result, Found):
        assert result.report.spend.calls <= spend
        assert all(one.test is not None or one.why for one in result.report.baselines)
    else:
        assert result.diagnostic().code == "E0860"


@pytest.mark.parametrize("spend", [20, 30, 80])
def test_what_surely_ends_for_want_of_spend_asks_nothing(spend: int):
    """Not even what one unit is: it takes 30 calls, and the first program 90."""
    setting = Setting(program(f"spend calls <= {spend}"))
    result = setting.search()
    assert not isinstance(result, Found)
    assert result.diagnostic().code == "E0860"
    assert setting.asked == 0


def test_a_spend_that_allows_nothing_is_explained():
    result = Setting(program("spend calls <= 20")).search()
    diagnostic = result.diagnostic() if not isinstance(result, Found) else None
    assert diagnostic is not None
    assert diagnostic.code == "E0860"
    assert "20" in diagnostic.message


def test_a_measured_limit_that_nothing_meets_names_the_closest():
    result = Setting(program("limit cost(mean) <= 0.5 units")).search()
    assert not isinstance(result, Found)
    diagnostic = result.diagnostic()
    assert diagnostic.code == "E0859"
    assert "cost(mean) <= 0.5 units" in diagnostic.notes[0]
    assert "relax the limit" in (diagnostic.help or "")


def test_a_compile_time_limit_that_nothing_meets_is_found_before_a_trial():
    setting = Setting(program("limit calls <= 0"))
    result = setting.search()
    assert not isinstance(result, Found)
    assert result.diagnostic().code == "E0861"
    assert setting.asked == 30


def test_a_compile_time_limit_holds_for_every_candidate():
    setting = Setting(program("limit calls <= 3", method="random(trials: 15)"))
    result = setting.search()
    assert isinstance(result, Found), result
    # One of two routes, with two re-asks: only the four programs without a panel are left.
    assert result.report.candidates == 4
    assert not any("panel" in address for address in result.report.winner_assignment)


def test_failed_examples_are_wrong_reported_and_bounded():
    everything = frozenset(str(i) for i in range(100) if i % 9 == 0)
    result = Setting(program(), broken=everything).search()
    assert not isinstance(result, Found)
    diagnostic = result.diagnostic()
    assert diagnostic.code == "E0859"
    assert "examples failed" in diagnostic.notes[0]
    assert "mend what fails" in (diagnostic.help or "")
    assert "relax" not in (diagnostic.help or "")
