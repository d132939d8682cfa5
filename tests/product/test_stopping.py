"""A command stops at a signal, also in the middle of a long calculation."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
BUSY = """
import sys
from {module} import {name} as _
import {module} as module

def busy(*given, **named):
    print("begun", flush=True)
    while True:
        pass

module.{name} = busy
from tgl.cli.main import main
sys.exit(main(sys.argv[1:]))
"""
CALCULATIONS = {
    "in the loop": ("tgl.pipeline.planning", "space_size", ("plan", str(EXAMPLES / "quickstart.tgl"))),
    "without a loop": ("tgl.cli.check_command", "check_file", ("check", str(EXAMPLES / "quickstart.tgl"))),
}


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("where", CALCULATIONS)
def test_a_signal_ends_a_calculation(where: str, stop: signal.Signals, tmp_path: Path) -> None:
    module, name, command = CALCULATIONS[where]
    # a shell that runs the tests in the background has its children ignore SIGINT
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        process = subprocess.Popen(
            [sys.executable, "-c", BUSY.format(module=module, name=name), *command],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        process.send_signal(stop)
        printed, errors = process.communicate(timeout=10)
    finally:
        process.kill()
    assert (process.returncode, printed, errors) == (130, "", "interrupted\n")
    assert not list(tmp_path.iterdir())
