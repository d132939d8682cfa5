"""A search's bill and its cap go on with `--resume`; a search that starts anew has a bill of its own."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from tgl.ir import ModelSpec
from tgl.models import ChatRequest, ScriptedModel, Usage
from tgl.pipeline.searching import SearchOutcome, keep_bill, prepare, search
from tgl.pipeline.session import RunOptions, Session
from tgl.pipeline.stop import Stop
from tgl.pipeline.watch import Watch
from tgl.pipeline.workspace import Workspace, find_workspace
from tgl.report import SilentProgress
from tgl.runtime import BillCap, BillLine, Ledger
from tgl.storage import MemoryStore, SqliteStore, StoreError, StoreErrorKind

PROGRAM = """\
use std.reduce { majority }
model m { provider openai; id "m"; base_url "http://127.0.0.1:9/v1" }
role adder(question) -> answer { prompt "{{ question }}"; temperature 0.8; max_tokens 8; retry 0 }
task adds {
  data   "adds.jsonl"
  split  train: 10, select: 10, test: 20
  given  question
  expect answer
  key    number
  unit   calls
}
graph solve(question) {
  node sample[~1..3] : adder on m
  output majority(sample)
}
optimize solve on adds { maximize accuracy; spend calls <= 400; using random(trials: 3, samples: 3) }
"""
LIVE = RunOptions(live=True)


@pytest.fixture
def program(tmp_path: Path) -> Path:
    rows = "".join(f'{{"question": "{n} + 1", "answer": {n + 1}}}\n' for n in range(100))
    (tmp_path / "adds.jsonl").write_text(rows, encoding="utf-8")
    path = tmp_path / "p.tgl"
    path.write_text(PROGRAM, encoding="utf-8")
    return path


def searched(program: Path, workspace: Workspace, options: RunOptions, *, resume: bool) -> SearchOutcome:
    def make(spec: ModelSpec) -> ScriptedModel:
        return ScriptedModel("m", lambda request: "4")

    watch = Watch(SilentProgress())
    plan = prepare(str(program))
    return asyncio.run(search(plan, workspace, options, watch, resume=resume, make_model=make))


def test_a_bill_and_its_cap_go_on_with_resume(program: Path, tmp_path: Path) -> None:
    workspace = find_workspace(program, {}, store=tmp_path / "store.sqlite")
    capped = replace(LIVE, max_bill_calls=30)
    with pytest.raises(Stop, match="30 calls"):
        searched(program, workspace, capped, resume=False)
    with pytest.raises(Stop, match=r"30 calls \(30 so far"):
        searched(program, workspace, capped, resume=True)
    whole = searched(program, workspace, LIVE, resume=True)
    assert whole.counts.issued == whole.bill["m"].attempts - 30
    fresh = searched(program, find_workspace(program, {}, store=tmp_path / "s2"), LIVE, resume=False)
    assert fresh.bill["m"].attempts == whole.bill["m"].attempts == fresh.counts.issued
    assert fresh.text == whole.text
    again = searched(program, workspace, LIVE, resume=False)
    assert (dict(again.bill), again.counts.issued) == ({}, 0)
    assert again.counts.needed == again.counts.shared + again.counts.stored == whole.counts.needed


def ledger_of(store: MemoryStore, *, resume: bool) -> tuple[Ledger, SimpleNamespace]:
    executor = SimpleNamespace(ledger=Ledger({}, BillCap(calls=100)), keep_bill=None)
    keep_bill(cast(Session, SimpleNamespace(executor=executor)), store, "key", resume=resume)
    return executor.ledger, executor


def test_a_fresh_search_forgets_the_bill_of_an_earlier_one_at_once() -> None:
    store = MemoryStore()
    ledger, executor = ledger_of(store, resume=False)
    ledger.bill["m"] = BillLine(attempts=7)
    executor.keep_bill()
    assert ledger_of(store, resume=True)[0].billed_calls == 7
    ledger_of(store, resume=False)
    assert ledger_of(store, resume=True)[0].billed_calls == 0


class Killed(BaseException):
    """The process is gone: what is not in the store is lost."""


@pytest.mark.parametrize("cap", [30, 100])
def test_no_number_of_kills_passes_a_cap(
    program: Path, tmp_path: Path, cap: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kill leaves the notes as they were when the request was made; all that is noted later is lost."""
    workspace = find_workspace(program, {}, store=tmp_path / "store.sqlite")
    put, asked, alive = SqliteStore.note_put, 0, True

    def note_put(store: SqliteStore, name: str, text: str) -> None:
        if alive:
            put(store, name, text)

    monkeypatch.setattr(SqliteStore, "note_put", note_put)

    def make(spec: ModelSpec) -> ScriptedModel:
        here = 0

        def reply(request: ChatRequest) -> str:
            nonlocal asked, here, alive
            asked, here = asked + 1, here + 1
            if here == 5:
                alive = False
                raise Killed
            return "4"

        return ScriptedModel("m", reply)

    for number in range(cap):
        alive = True
        watch, plan = Watch(SilentProgress()), prepare(str(program))
        options = replace(LIVE, max_bill_calls=cap)
        try:
            asyncio.run(search(plan, workspace, options, watch, resume=number > 0, make_model=make))
        except Stop:
            break
        except Killed:
            continue
    else:
        pytest.fail("the cap never stopped it")
    assert cap // 3 <= asked <= cap


def test_what_a_cap_would_forget_is_not_asked(
    program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = find_workspace(program, {}, store=tmp_path / "store.sqlite")
    asked: list[ChatRequest] = []
    put = SqliteStore.note_put

    def note_put(store: SqliteStore, name: str, text: str) -> None:
        if name.startswith("bill:") and '"attempts": 0' not in text and '"models": {}' not in text:
            raise StoreError(StoreErrorKind.DISK_FULL, "store.sqlite", "the disk is full")
        put(store, name, text)

    monkeypatch.setattr(SqliteStore, "note_put", note_put)

    def make(spec: ModelSpec) -> ScriptedModel:
        def reply(request: ChatRequest) -> str:
            asked.append(request)
            return "4"

        return ScriptedModel("m", reply)

    options = replace(LIVE, max_bill_calls=100)
    with pytest.raises(Stop, match="disk is full"):
        asyncio.run(
            search(prepare(str(program)), workspace, options, Watch(SilentProgress()), make_model=make)
        )
    assert asked == []


def test_dollars_to_come_are_kept_ahead() -> None:
    spec = cast(ModelSpec, SimpleNamespace(prompt_price=0.01, completion_price=0.01))
    ledger, worst = Ledger({"m": spec}, BillCap(dollars=10.0)), Usage(10, 0)
    kept = ledger.snapshot()
    for _ in range(100):
        if not ledger.fits("m", worst):
            break
        ledger.reserve("m", worst)
        if not ledger.is_covered:
            kept = ledger.snapshot()
        killed = Ledger({"m": spec}, ledger.cap)
        killed.restore(kept)
        assert ledger.dollars + ledger.reserved <= killed.dollars <= 10.0 + 1e-9
        ledger.settle("m", worst, worst)
    later = Ledger({"m": spec}, ledger.cap)
    later.restore(ledger.snapshot())
    assert later.dollars == ledger.dollars
