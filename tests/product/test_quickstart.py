"""The first command that a newcomer types, from the recorded responses of the real models."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).parents[2] / "examples"
FILES = ("quickstart.tgl", "quiz.jsonl", "quiz_shots.jsonl", "quickstart.responses.jsonl.gz")


def tglc(folder: Path, *arguments: str, hash_seed: str = "0") -> subprocess.CompletedProcess[str]:
    """A command in a folder of its own, without weights, keys or proxies."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONHASHSEED": hash_seed}
    return subprocess.run(
        [sys.executable, "-m", "tgl.cli.main", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The quickstart's files, searched once."""
    made = tmp_path_factory.mktemp("quickstart")
    (made / ".tglc").mkdir()
    for name in FILES:
        shutil.copy(EXAMPLES / name, made / name)
    done = tglc(made, "optimize", "quickstart.tgl")
    assert done.returncode == 0, done.stderr
    (made / "stdout.txt").write_text(done.stdout, encoding="utf-8")
    return made


def test_it_writes_the_committed_result(folder: Path) -> None:
    assert (folder / "quickstart.opt.tgl").read_bytes() == (EXAMPLES / "quickstart.opt.tgl").read_bytes()


def test_its_output_is_honest(folder: Path) -> None:
    told = (folder / "stdout.txt").read_text(encoding="utf-8")
    assert "replayed; no model was asked" in told
    for line in (
        "smol, greedy",
        "gemma, greedy",
        "majority of",
        "greedy model for each kind",
        "prior mode",
        "random",
    ):
        assert line in told
    first = told.splitlines()[0]
    assert "points, 95 % interval" in first
    assert "corrected for having chosen" in told
    assert "did not fit" not in told


def test_other_concurrency_and_process_write_the_same_bytes(folder: Path) -> None:
    done = tglc(
        folder, "optimize", "quickstart.tgl", "--concurrency", "1", "--output", "b.opt.tgl", hash_seed="7"
    )
    assert done.returncode == 0, done.stderr
    assert (folder / "b.opt.tgl").read_bytes() == (folder / "quickstart.opt.tgl").read_bytes()


def test_eval_asks_nobody_and_prints_the_measured_figures(folder: Path) -> None:
    done = tglc(folder, "eval", "quickstart.opt.tgl")
    assert done.returncode == 0, done.stderr
    block = (folder / "quickstart.opt.tgl").read_text(encoding="utf-8").split("measured solve")[1]
    written = {line.split()[0]: " ".join(line.split()) for line in block.splitlines() if line.strip()}
    for key in ("accuracy", "cost", "latency"):
        assert written[key] in done.stdout
    assert "0 calls asked of models" in done.stdout


def test_verify_replays_the_whole_search(folder: Path) -> None:
    done = tglc(folder, "verify", "quickstart.opt.tgl")
    assert done.returncode == 0, done.stderr
    assert "wrote the same bytes" in done.stdout


def test_verify_sees_a_changed_figure(folder: Path) -> None:
    text = (folder / "quickstart.opt.tgl").read_text(encoding="utf-8")
    figure = text.split("accuracy ", 2)[-1].split(",")[0].strip()
    changed = text.replace(f"{figure}, ci", "0.999, ci", 1)
    assert changed != text
    (folder / "changed.opt.tgl").write_text(changed, encoding="utf-8")
    done = tglc(folder, "verify", "changed.opt.tgl")
    assert done.returncode == 1
    assert "0.999" in done.stdout


def test_a_changed_question_is_a_miss_that_is_explained(folder: Path) -> None:
    text = (folder / "quickstart.tgl").read_text(encoding="utf-8")
    (folder / "other.tgl").write_text(
        text.replace('"{{ question }}"', '"Q: {{ question }}"'), encoding="utf-8"
    )
    done = tglc(folder, "optimize", "other.tgl")
    assert done.returncode == 3
    assert "R0302" in done.stderr
    assert "--live" in done.stderr
    assert "solve." in done.stderr
    assert not (folder / "other.opt.tgl").exists()


def test_live_without_weights_says_what_to_pull(folder: Path) -> None:
    done = tglc(folder, "optimize", "quickstart.tgl", "--live", "--output", "c.opt.tgl")
    assert done.returncode == 3
    assert "tglc models pull" in done.stderr


def test_readme_shows_what_it_prints(folder: Path) -> None:
    readme = (EXAMPLES.parent / "README.md").read_text(encoding="utf-8")
    shown = readme.split("```text\n", 1)[1].split("\n```", 1)[0]
    assert shown in (folder / "stdout.txt").read_text(encoding="utf-8")
