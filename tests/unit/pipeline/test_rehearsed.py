"""A search tries its pen before it pays, and ends with the program that it read, whatever files say then."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from tgl.emit import Fault, Unwritable, UnwrittenDecision
from tgl.emit import rehearse as rehearse_room
from tgl.ir import ProgramIR
from tgl.models import ChatRequest, ScriptedModel
from tgl.pipeline import writing
from tgl.pipeline.searching import SearchOutcome, prepare, search
from tgl.pipeline.session import RunOptions
from tgl.pipeline.stop import Exit, Stop
from tgl.pipeline.watch import Watch
from tgl.pipeline.workspace import find_workspace
from tgl.report import SilentProgress
from tgl.semantics import Checked, Loader
from tgl.space import Resolution, worst_calls

PROGRAM = """\
use "panel.tgl" { panel, adder }
model m { provider openai; id "m"; base_url "http://127.0.0.1:9/v1" }
task adds {
  data   "adds.jsonl"
  split  train: 10, select: 10, test: 20
  given  question
  expect answer
  key    number
  unit   calls
}
graph solve(question) {
  node one : ~[panel, adder] on m
  output one
}
optimize solve on adds { maximize accuracy; spend calls <= 400; using random(trials: 3, samples: 3) }
"""
PANEL = """\
use std.reduce { majority }
role adder(question) -> answer { prompt "{{ question }}"; temperature 0.8; max_tokens 8; retry 0 }
graph panel(question) {
  node sample[~2..3] : adder
  output majority(sample)
}
"""


class Search:
    """A program in a folder, and the requests that its models got."""

    def __init__(self, folder: Path) -> None:
        rows = "".join(f'{{"question": "{n} + 1", "answer": {n + 1}}}\n' for n in range(100))
        (folder / "adds.jsonl").write_text(rows, encoding="utf-8")
        (folder / "p.tgl").write_text(PROGRAM, encoding="utf-8")
        self.panel = folder / "panel.tgl"
        self.panel.write_text(PANEL, encoding="utf-8")
        self.folder, self.asked = folder, 0

    def run(self, then: Callable[[], object] = lambda: None) -> SearchOutcome:
        def reply(request: ChatRequest) -> str:
            self.asked += 1
            then()
            return "4"

        program = self.folder / "p.tgl"
        workspace = find_workspace(program, {}, store=self.folder / "store.sqlite")
        return asyncio.run(
            search(
                prepare(str(program)),
                workspace,
                RunOptions(live=True),
                Watch(SilentProgress()),
                make_model=lambda spec: ScriptedModel("m", reply),
            )
        )


def test_a_program_that_cannot_be_written_stops_the_search_before_its_first_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_text(*_: object) -> str:
        raise UnwrittenDecision("solve.one", "it has no name")

    monkeypatch.setattr("tgl.emit.rehearse.resolve_text", no_text)
    project = Search(tmp_path)
    with pytest.raises(Stop) as stopped:
        project.run()
    assert project.asked == 0
    assert stopped.value.exit_code is Exit.FAILED
    [told] = stopped.value.diagnostics
    assert told.code == "R0311"
    assert "it has no name" in told.message


def test_where_only_the_winner_cannot_be_written_its_decisions_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "unwritable", lambda *_, **__: None)
    monkeypatch.setattr(
        writing,
        "read_again",
        lambda checked, ir, found, loader: Unwritable(Fault.UNWRITTEN, found.assignment, "no"),
    )
    project = Search(tmp_path)
    with pytest.raises(Stop) as stopped:
        project.run()
    assert project.asked > 0
    [told] = stopped.value.diagnostics
    assert told.code == "R0311"
    assert "solve.one" in (told.help or "")


def test_a_file_that_is_edited_during_a_search_changes_nothing(tmp_path: Path) -> None:
    quiet, edited = Search(tmp_path / "a"), Search(tmp_path / "b")
    undisturbed = quiet.run()
    found = edited.run(lambda: edited.panel.write_text("graph other(question) { }", encoding="utf-8"))
    assert found.text == undisturbed.text


@pytest.fixture(autouse=True)
def folders(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()


@pytest.mark.parametrize("limit", ["", "limit calls <= 2; "])
def test_only_programs_within_the_limits_are_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    tried: set[int] = set()
    again = rehearse_room.read_again

    def noted(checked: Checked, ir: ProgramIR, resolution: Resolution, loader: Loader):
        tried.add(worst_calls(resolution.candidate))
        return again(checked, ir, resolution, loader)

    monkeypatch.setattr(rehearse_room, "read_again", noted)
    project = Search(tmp_path)
    program = tmp_path / "p.tgl"
    program.write_text(PROGRAM.replace("maximize accuracy; ", f"maximize accuracy; {limit}"))
    project.run()
    assert project.asked > 0
    assert (max(tried) <= 2) == bool(limit)
