"""The published collaboration graphs, searched under their budget in 1B calls and in FLOPs (simulated)."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import pytest

from .conftest import Project

EXAMPLES = Path(__file__).parents[2] / "examples"
SIZES = {"units 1": (16, 2048), "units 3": (28, 3072), "units 9": (32, 4096), "units 81": (80, 8192)}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The example in a folder of its own, made small."""
    for name in ("quiz.jsonl", "quiz_shots.jsonl"):
        shutil.copy(EXAMPLES / name, tmp_path / name)
    text = (EXAMPLES / "tts_graph.tgl").read_text(encoding="utf-8")
    small = text.replace("train: 60, select: 90, test: 200", "train: 12, select: 20, test: 30")
    small = small.replace("rounds: 6, samples: 4", "rounds: 1, samples: 3").replace("size: 6", "size: 4")
    (tmp_path / "p.tgl").write_text(small, encoding="utf-8")
    return Project(tmp_path, {"PATH": os.environ["PATH"], "HOME": str(tmp_path / "home")})


@pytest.mark.slow
def test_the_winner_keeps_the_budget_of_its_agents(project: Project) -> None:
    done = project.tglc("optimize", "p.tgl", "--live", "--quiet")
    assert done.returncode == 0, done.stderr
    text = project.text("p.opt.tgl")
    assert "~" not in text
    assert "require" not in text
    told = json.loads(project.tglc("plan", "p.opt.tgl", "--json").stdout)
    assert told["limits"] == [{"limit": "cost(worst, of: worker) <= 12 units", "known": True}]
    beyond = text.replace("<= 12 units", "<= 0.5 units")
    project.write("beyond.tgl", beyond)
    assert project.tglc("plan", "beyond.tgl").returncode == 1, "no agent costs half a unit"


@pytest.mark.slow
def test_costs_are_told_in_flops(project: Project) -> None:
    text = project.text("p.tgl")
    for units, (layers, hidden) in SIZES.items():
        text = re.sub(rf"{units} }}", f"layers {layers}; hidden {hidden} }}", text)
    text = text.replace("unit   m1b", "unit   flops(m1b, prompt: 202, output: 275)")
    project.write("p.tgl", text.replace("cost(worst, of: worker) <= 12", "cost(mean) <= 79.0"))
    done = project.tglc("optimize", "p.tgl", "--live", "--quiet")
    assert done.returncode == 0, done.stderr
    assert "1 unit = the FLOPs of a call of m1b with 202 prompt and 275 output tokens" in done.stdout
    assert "unit: flops" in project.text("p.opt.tgl")
