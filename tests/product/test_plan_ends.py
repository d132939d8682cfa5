"""`tglc plan` ends on a program whose every walk is much work, and says the same in each process."""

import os
import re
import resource
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"
MOST_SECONDS = 60
"""Of processor time, some ten times what it takes: listing the space would take hours."""


def test_a_space_under_a_limit_and_a_requirement_is_estimated_in_time(tmp_path: Path) -> None:
    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))

    def planned(seed: str) -> str:
        command = [sys.executable, "-m", "tgl.cli.main", "plan", str(EXAMPLES / "tts_graph.tgl")]
        store = str(tmp_path / f"{seed}.sqlite")
        ran = subprocess.run(
            [*command, "--store", store],
            preexec_fn=limited,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        return ran.stdout

    first = planned("1")
    assert "candidates: ≈" in first
    assert "different programs: ≈" in first
    assert planned("2") == first


def test_a_price_that_nothing_tells_is_told_before_the_first_call(tmp_path: Path) -> None:
    text = (EXAMPLES / "quickstart.tgl").read_text()
    program = EXAMPLES / "quickstart.tgl"
    assert "E0858" not in plan_errors(program, tmp_path)
    copy = tmp_path / "quickstart.tgl"
    copy.write_text(re.sub(r"(;\s*)?params\s+[\d.]+[MB]", "", text))
    for other in EXAMPLES.iterdir():
        if other.suffix in (".jsonl", ".json"):
            (tmp_path / other.name).symlink_to(other)
    assert "E0858" in plan_errors(copy, tmp_path)
    assert codes_of_check(program) == []
    assert codes_of_check(copy) == ["E0858"]
    # in calls every model has a price
    copy.write_text(re.sub(r"unit +\w+", "unit calls", copy.read_text()))
    assert codes_of_check(copy) == []


def codes_of_check(program: Path) -> list[str]:
    command = [sys.executable, "-m", "tgl.cli.main", "check", str(program)]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stderr
    return re.findall(r"error\[(E\d+)\]", said)


def plan_errors(program: Path, folder: Path) -> str:
    command = [sys.executable, "-m", "tgl.cli.main", "plan", str(program), "--candidate", "mode"]
    command += ["--store", str(folder / "store.sqlite"), "--no-recorded"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stderr
