"""Code as a user meets it: the example, a machine without a sandbox, tests that judge nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from .conftest import Project

EXAMPLES = Path(__file__).parents[2] / "examples"


def example(project: Project, **changes: object) -> None:
    """The example, made small; `changes` are of the first row."""
    text = (EXAMPLES / "code.tgl").read_text(encoding="utf-8")
    small = text.replace("train: 16, select: 20, test: 36", "train: 4, select: 5, test: 8")
    small = small.replace("rounds: 2, samples: 3", "rounds: 1, samples: 2").replace(
        "k: 2, of: 3", "k: 1, of: 1"
    )
    assert small != text
    project.write("p.tgl", small)
    rows = [
        json.loads(line) for line in (EXAMPLES / "programs.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    rows = [row | changes for row in rows]
    project.write("programs.jsonl", "".join(json.dumps(row) + "\n" for row in rows))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
def test_the_example_is_searched_measured_and_verified(project: Project) -> None:
    example(project)
    done = project.tglc("optimize", "p.tgl", "--live")
    assert done.returncode == 0, done.stderr
    assert "code of the winner's answers" in done.stdout
    assert "passed" in done.stdout
    again = project.tglc("verify", "p.opt.tgl")
    assert again.returncode == 0, again.stdout + again.stderr
    assert "wrote the same bytes" in again.stdout
    figures = project.tglc("eval", "p.opt.tgl")
    assert figures.returncode == 0
    assert "code of the answers: " in figures.stdout


@pytest.mark.parametrize("command", ["optimize", "eval", "verify"])
def test_without_a_sandbox_nothing_is_asked_and_the_fix_is_told(project: Project, command: str) -> None:
    example(project)
    text = project.text("p.tgl")
    resolved = text.replace("[~1..3]", "[1]").replace("~both", "small")
    project.write("q.tgl", resolved + "\nmeasured solve on functions { pass 0.5, ci: [0.1, 0.9], n: 8 }\n")
    options = {"optimize": ("p.tgl", "--live"), "eval": ("q.tgl", "--live"), "verify": ("q.tgl",)}
    done = project.tglc(command, *options[command], PATH="")
    assert done.returncode == 3, done.stdout + done.stderr
    assert "R0312" in done.stderr
    assert "--unsafe-exec" in done.stderr
    assert "issued 0" in done.stdout + done.stderr or "issued" not in done.stdout + done.stderr
    assert not (project.folder / "p.opt.tgl").exists()


@pytest.mark.slow
def test_a_user_may_accept_the_risk_in_so_many_words(project: Project) -> None:
    example(project)
    done = project.tglc("optimize", "p.tgl", "--live", "--unsafe-exec", PATH="")
    assert done.returncode == 0, done.stderr
    assert "passed" in done.stdout
    for stream in (done.stdout, done.stderr):
        assert "NO ISOLATION: programs that models write run as you" in stream
    for command in ("eval", "verify"):
        told = project.tglc(command, "p.opt.tgl", "--unsafe-exec", "--json", PATH="")
        assert json.loads(told.stdout)["no_isolation"] is True
        assert "NO ISOLATION" in told.stderr


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
def test_where_there_is_a_sandbox_it_is_used_all_the_same(project: Project) -> None:
    example(project)
    done = project.tglc("optimize", "p.tgl", "--live", "--unsafe-exec", "--json")
    assert done.returncode == 0, done.stderr
    assert "no_isolation" not in json.loads(done.stdout)
    assert "ISOLATION" not in done.stderr


def test_tests_that_are_no_python_are_told_before_anything_is_asked(project: Project) -> None:
    example(project, tests="def check(candidate:")
    done = project.tglc("optimize", "p.tgl", "--live", "--unsafe-exec")
    assert done.returncode == 1
    assert "E0864" in done.stderr


@pytest.mark.slow
def test_tests_that_judge_nothing_end_the_command(project: Project) -> None:
    example(project, tests="def verify(f):\n    assert f(2) == 4\n")
    done = project.tglc("optimize", "p.tgl", "--live", "--unsafe-exec")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "E0865" in done.stderr
