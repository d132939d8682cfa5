"""kill -9 anywhere in a live search on the deterministic fake: --resume gives the uninterrupted bytes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import PROGRAM, rows

pytestmark = pytest.mark.slow


def searched(folder: Path, output: str, kill_after: int, how: str) -> subprocess.CompletedProcess[str]:
    script = Path(__file__).with_name("crash_run.py")
    return subprocess.run(
        [sys.executable, str(script), str(folder), output, str(kill_after), how],
        env={"PATH": os.environ["PATH"], "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def project_in(folder: Path) -> Path:
    (folder / ".tglc").mkdir(parents=True)
    (folder / "adds.tgl").write_text(PROGRAM, encoding="utf-8")
    (folder / "adds.jsonl").write_text(rows(), encoding="utf-8")
    return folder


def test_any_kill_and_resume_equals_the_uninterrupted_run(tmp_path: Path) -> None:
    whole = project_in(tmp_path / "whole")
    done = searched(whole, "whole.opt.tgl", 0, "afresh")
    assert done.returncode == 0, done.stderr
    calls = int(done.stdout)
    wanted = (whole / "whole.opt.tgl").read_bytes()
    for number, kill_after in enumerate((7, calls // 3, calls // 2, calls - 5)):
        folder = project_in(tmp_path / f"killed{number}")
        killed = searched(folder, "killed.opt.tgl", kill_after, "afresh")
        assert killed.returncode == -9
        resumed = searched(folder, "resumed.opt.tgl", 0, "resume")
        assert resumed.returncode == 0, resumed.stderr
        assert (folder / "resumed.opt.tgl").read_bytes() == wanted
        # What was in flight at the kill is asked again, and so are replies whose commit was on its way: at
        # most four limit-fulls of two models with eight slots. What was committed is not.
        assert int(resumed.stdout) <= calls - kill_after + 2 * 8 * 5


def test_a_kill_at_any_durable_record_and_a_resume_equal_the_uninterrupted_run(tmp_path: Path) -> None:
    """TGL_SOAK=1 kills at over two hundred records; else at every step of the journal and a few more."""
    project_in(tmp_path / "project")
    count = 200 if os.environ.get("TGL_SOAK") else 12
    script = Path(__file__).with_name("kill_run.py")
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path), str(count)],
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["problems"] == [], done.stderr[-2000:]
    assert told["kills"] >= count
    assert told["steps"] >= 10
