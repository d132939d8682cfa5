"""`tglc verify` without the responses that figures rest on: it says so, and what helps."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tgl.cli.main import main

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_figures_whose_responses_are_missing_cannot_be_derived(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("quickstart.opt.tgl", "quiz.jsonl", "quiz_shots.jsonl"):
        shutil.copy(EXAMPLES / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    assert main(["verify", "quickstart.opt.tgl", "--store", "none.sqlite", "--no-recorded"]) == 3
    told = capsys.readouterr().err
    assert told.startswith("error[R0307]: the measured block of quickstart.opt.tgl can't be derived again: ")
    assert "of solve." in told
    assert "tglc store import" in told
    assert "give --live" not in told, "the command has no such option"
