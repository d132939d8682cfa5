"""The programs of examples/from_the_reference: written from docs/language.md alone, checked and searched.

Each is searched on its simulated models; the resolved program has no choice left and answers a question.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tgl.cli.main import main

FOLDER = Path(__file__).parents[2] / "examples" / "from_the_reference"
PROGRAMS = sorted(path.stem for path in FOLDER.glob("*.tgl") if path.stem != "sketches")
QUESTION = "What is the capital of Peru?"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    target = tmp_path / "programs"
    shutil.copytree(FOLDER, target)
    monkeypatch.chdir(target)
    return target


def code_of(text: str) -> str:
    """A program without its comments, texts and what was measured."""
    text = text.partition("\nmeasured ")[0]
    text = re.sub(r'""".*?"""|"[^"\n]*"', '""', text, flags=re.DOTALL)
    return re.sub(r"#.*", "", text)


def test_there_are_ten_programs() -> None:
    assert len(PROGRAMS) == 10


@pytest.mark.parametrize("name", [*PROGRAMS, "sketches"])
def test_it_is_laid_out_and_checks_clean(name: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fmt", "--check", f"{name}.tgl"]) == 0
    assert main(["check", f"{name}.tgl"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_search_resolves_it_and_the_result_answers(
    name: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["optimize", f"{name}.tgl", "--live", "--quiet"]) == 0
    assert capsys.readouterr().out.startswith("SIMULATED")

    resolved = (folder / f"{name}.opt.tgl").read_text()
    assert "~" in code_of((folder / f"{name}.tgl").read_text())
    assert "~" not in code_of(resolved)
    assert "\nmeasured " in resolved

    asked = ["--input", f"question={QUESTION}", *(["--input", "kind=capital"] if name == "route" else [])]
    assert main(["run", f"{name}.opt.tgl", "--live", "--quiet", *asked]) == 0
    said = capsys.readouterr().out.strip().splitlines()
    assert said
    assert "no answer" not in said[-1]


def test_a_unit_that_no_role_measures_is_told_with_its_repair(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (folder / "seek_help.tgl").read_text()
    text = re.sub(r"\n  node rest .*", "", text).replace("first(own, rest)", "own").replace(", assistant", "")
    (folder / "bare.tgl").write_text(text.replace("use std.roles  { assistant }\n", ""))
    assert main(["optimize", "bare.tgl", "--live", "--quiet"]) == 1
    said = capsys.readouterr().err
    assert "E0858" in said
    assert "replies `-> answer` to the given fields alone" in said
    assert "`units`" in said
