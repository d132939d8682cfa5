"""Limits on a metric and on a chance, as a user meets them: `examples/limits.tgl` over simulated models."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import pytest

from .conftest import Project

EXAMPLES = Path(__file__).parents[2] / "examples"
CHANCE = "  limit    chance(cost > 7 units) <= 0.45\n"
METRIC = "  limit    overlap >= 0.7\n"
TEXT = (EXAMPLES / "limits.tgl").read_text(encoding="utf-8")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A folder with the example's data."""
    shutil.copy(EXAMPLES / "quiz.jsonl", tmp_path / "quiz.jsonl")
    return Project(tmp_path, {"PATH": os.environ["PATH"], "HOME": str(tmp_path / "home")})


def winner(project: Project, name: str, text: str) -> tuple[str, str]:
    """What was decided, and what was printed."""
    project.write(f"{name}.tgl", text)
    done = project.tglc("optimize", f"{name}.tgl", "--live", "--quiet")
    assert done.returncode == 0, done.stderr
    decided = "; ".join(re.findall(r"^  solve\.(.*?)$", done.stdout, re.M))
    return re.sub(r" +", " ", decided), done.stdout


@pytest.mark.slow
def test_each_limit_keeps_out_what_would_win_without_it(project: Project) -> None:
    both, told = winner(project, "both", TEXT)
    no_chance, _ = winner(project, "no_chance", TEXT.replace(CHANCE, ""))
    no_metric, _ = winner(project, "no_metric", TEXT.replace(METRIC, ""))
    assert both == "draft.count 4; expert.when 0.6"
    assert no_chance == "draft.count 2; expert.when 0.8", "it asks the expert on nearly half of the questions"
    assert no_metric == "draft.count 3; expert.when 0.6", "its overlap on train is below 0.7"

    first = told.splitlines()[2:4]  # behind the word on simulations, and the verdict
    assert [line.partition(" is NOT")[0] for line in first] == [
        "limit overlap >= 0.7",
        "limit chance(cost > 7 units) <= 0.45",
    ], "what does not hold on test is told first"
    assert re.search(
        r"chance\(cost > 7 units\) <= 0.45: 0.3778 on select, 0.4917 \[0.4039, 0.58\] on test", told
    )

    block = project.text("both.opt.tgl")
    assert re.search(r"^  overlap +0.692, ci: \[0.604, 0.767\], n: 120$", block, re.M)
    project.write("both.opt.tgl", block.replace("overlap       0.692", "overlap       0.792"))
    forged = project.tglc("verify", "both.opt.tgl")
    assert forged.returncode == 1
    assert "overlap" in forged.stdout + forged.stderr
    project.write("both.opt.tgl", block)
    assert project.tglc("verify", "both.opt.tgl").returncode == 0
    figures = json.loads(project.tglc("eval", "both.opt.tgl", "--json").stdout)["figures"]
    assert figures["others"][0]["value"] == pytest.approx(0.692, abs=5e-4)

    aimed, _ = winner(project, "aimed", TEXT.replace("maximize accuracy", "maximize overlap"))
    assert aimed == both, "the two metrics agree on this data"
    assert re.search(r"^  overlap .*\n  accuracy +0", project.text("aimed.opt.tgl"), re.M), (
        "the goal is first"
    )


def test_a_plan_tells_what_only_a_measurement_decides(project: Project) -> None:
    project.write("p.tgl", TEXT)
    lines = project.tglc("plan", "p.tgl").stdout.splitlines()
    assert "limit chance(cost > 7 units) <= 0.45: measured only, on select, and again on test" in lines
    told = json.loads(project.tglc("plan", "p.tgl", "--json").stdout)
    assert told["measured_limits"] == ["overlap >= 0.7", "chance(cost > 7 units) <= 0.45"]


def test_what_no_program_reaches_is_told_with_the_closest(project: Project) -> None:
    tiny = TEXT.replace("train: 60, select: 90, test: 120", "train: 8, select: 8, test: 8")
    project.write(
        "p.tgl", tiny.replace("overlap >= 0.7", "overlap >= 1").replace("trials: 12, ", "trials: 2, ")
    )
    done = project.tglc("optimize", "p.tgl", "--live", "--quiet")
    assert done.returncode == 1
    assert "E0859" in done.stderr
    assert "overlap >= 1: 0." in done.stderr


def test_dollars_have_their_sign_and_one_of_a_thing_no_plural(project: Project) -> None:
    project.write(
        "priced.tgl",
        """
use std.roles { assistant }
model a { provider simulated; profile "sim-1b"; items "quiz.jsonl"
  price prompt: $1/Mtok, completion: $1/Mtok }
task quiz {
  data "quiz.jsonl"; split train: 6, select: 6, test: 12; given question; expect answer
  key text, match: normalised; unit dollars
}
graph solve(question) { node one : assistant(max_tokens: ~[20, 20]) on a; output one }
optimize solve on quiz {
  maximize accuracy; limit cost(mean) <= $0.01; spend calls <= 900; using random(trials: 1); seed 1
}
""",
    )
    done = project.tglc("simulate", "priced.tgl", "--quiet")
    assert done.returncode == 0, done.stderr
    assert re.search(
        r"^limit cost\(mean\) <= \$0.01: \$0\.0\d+ on select, \$0\.0\d+ on test$", done.stdout, re.M
    )
    assert "1 finalist on select" in done.stdout
    assert re.search(r"search: random, seed 1, 1 candidate in \d rounds? on ", done.stdout)
    assert "1 rounds" not in done.stdout
