"""`tglc plan` ends on a program whose every walk is much work, and says the same in each process."""

import os
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
