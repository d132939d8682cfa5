"""A search's bill and its cap go on with `--resume`; a search that starts anew has a bill of its own."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from tgl.ir import ModelSpec
from tgl.models import ScriptedModel
from tgl.pipeline.searching import SearchOutcome, prepare, search
from tgl.pipeline.session import RunOptions
from tgl.pipeline.stop import Stop
from tgl.pipeline.watch import Watch
from tgl.pipeline.workspace import Workspace, find_workspace
from tgl.report import SilentProgress

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
