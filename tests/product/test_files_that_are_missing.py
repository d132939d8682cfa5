"""One exit code for a file that is not there: 2 if the command line names it, 1 if the program does."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tgl.cli.main import main

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("quickstart.tgl", "quickstart.opt.tgl", "quickstart.responses.jsonl.gz", "quiz_shots.jsonl"):
        shutil.copy(EXAMPLES / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "command",
    [
        ("data", "quickstart.tgl"),
        ("plan", "quickstart.tgl"),
        ("optimize", "quickstart.tgl"),
        ("simulate", "quickstart.tgl"),
        ("eval", "quickstart.opt.tgl"),
        ("verify", "quickstart.opt.tgl"),
    ],
)
def test_data_that_the_program_names(here, capsys, command):
    assert main([*command]) == 1
    told = capsys.readouterr()
    assert re.search(
        r"error\[R0305\]: .*quiz\.jsonl,? can't be read: there is no such file", told.err + told.out
    )


@pytest.mark.parametrize(
    "command",
    [
        ("data", "none.jsonl"),
        ("data", "none.tgl"),
        ("eval", "quickstart.opt.tgl", "--data", "none.jsonl"),
        ("optimize", "none.tgl"),
        ("check", "none.tgl"),
    ],
)
def test_a_file_that_the_command_line_names(here, capsys, command):
    shutil.copy(EXAMPLES / "quiz.jsonl", here)
    assert main([*command]) == 2
    told = capsys.readouterr()
    assert "error[R0305]" in told.err + told.out
    assert not (here / "none.jsonl").exists()


def test_a_program_without_a_measured_block_is_not_verified(here, capsys):
    text = (here / "quickstart.opt.tgl").read_text(encoding="utf-8")
    (here / "bare.opt.tgl").write_text(text[: text.index("\nmeasured ")], encoding="utf-8")
    assert main(["verify", "bare.opt.tgl"]) == 1
    assert "bare.opt.tgl has no `measured` block: `tglc eval` measures" in capsys.readouterr().err
