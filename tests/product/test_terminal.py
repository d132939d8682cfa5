"""The progress of a live search on a real terminal: what it shows, and what it leaves behind."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tgl.models import ScriptedModel
from tgl.testing import FaultyServer

from .conftest import KEY, Project, adder

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed: no terminal to look at"),
]

WIDTH, HEIGHT = 150, 60
LATENCY = 0.05
FACTS = {
    "calls needed, from store, issued": r"calls \d+ \(store \d+, issued \d+\)",
    "spend": r"spend \d+/3000",
    "best so far": r"best \d+\.\d %",
    "time left": r"\d:\d\d:\d\d",
    "a bar": "━{4}",
}


@dataclass(frozen=True)
class Terminal:
    """A tmux server of its own, with one window."""

    socket: Path

    def tmux(self, *arguments: str, **environment: str) -> str:
        done = subprocess.run(
            ["tmux", "-u", "-S", str(self.socket), "-f", "/dev/null", *arguments],
            env=environment or None,
            capture_output=True,
            text=True,
            timeout=100,
            check=True,
        )
        return done.stdout

    def start(self, project: Project, command: list[str]) -> None:
        """Run a command, then a shell that says how it ended and waits."""
        ending = f"echo ended with $?; tmux -S {self.socket} wait-for -S ended; exec cat"
        line = f"trap : INT; {shlex.join(command)}; {ending}"
        environment = project.environment | {"LANG": "C.UTF-8", "TERM": "xterm-256color", "SHELL": "/bin/sh"}
        size = ("-x", str(WIDTH), "-y", str(HEIGHT))
        folder = ("-c", str(project.folder))
        self.tmux("new-session", "-d", *size, *folder, "sh", "-c", line, **environment)

    def screen(self) -> str:
        return self.tmux("capture-pane", "-p")

    def watch(self, patterns: dict[str, str], seconds: float) -> dict[str, str]:
        """The first screen on which each pattern was seen."""
        seen: dict[str, str] = {}
        deadline = time.monotonic() + seconds
        while len(seen) < len(patterns) and time.monotonic() < deadline:
            screen = self.screen()
            for name, pattern in patterns.items():
                if re.search(pattern, screen):
                    seen.setdefault(name, screen)
            if "ended with" in screen:
                break
        return seen

    def ended(self) -> None:
        self.tmux("wait-for", "ended")


@pytest.fixture
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    made = Terminal(tmp_path_factory.mktemp("tmux") / "socket")
    yield made
    subprocess.run(["tmux", "-S", str(made.socket), "kill-server"], capture_output=True, check=False)


@pytest.fixture
def slow(project: Project) -> Iterator[Project]:
    """The additions program with models that take their time."""
    with (
        FaultyServer(lambda: ScriptedModel("tiny", adder("tiny", 0.6), latency=LATENCY), key=KEY) as tiny,
        FaultyServer(lambda: ScriptedModel("big", adder("big", 0.8), latency=LATENCY), key=KEY) as big,
    ):
        environment = project.environment | {"TINY_URL": tiny.base_url, "BIG_URL": big.base_url}
        yield replace(project, environment=environment)


def test_the_bar_shows_where_a_live_search_stands_and_leaves_a_clean_screen(
    slow: Project, terminal: Terminal
) -> None:
    terminal.start(slow, slow.command("optimize", "adds.tgl", "--live", "--yes"))
    seen = terminal.watch(FACTS, 60)
    assert set(seen) == set(FACTS), seen or terminal.screen()
    terminal.ended()
    screen = terminal.screen()
    assert "ended with 0" in screen
    assert "written to adds.opt.tgl" in screen
    assert "━" not in screen, "the bar is taken down"
    assert "calls 0 (" not in screen
    assert terminal.tmux("display-message", "-p", "#{cursor_flag}").strip() == "1", "the cursor is back"
    assert KEY not in screen


def test_ctrl_c_takes_the_bar_down_and_says_how_to_go_on(slow: Project, terminal: Terminal) -> None:
    terminal.start(slow, slow.command("optimize", "adds.tgl", "--live", "--yes"))
    assert terminal.watch({"issued": r"issued [1-9]\d"}, 60)
    terminal.tmux("send-keys", "C-c")
    terminal.ended()
    screen = terminal.screen()
    assert "ended with 130" in screen
    assert "--resume" in screen
    assert "━" not in screen
    assert "Traceback" not in screen
    assert terminal.tmux("display-message", "-p", "#{cursor_flag}").strip() == "1"
    assert slow.tglc("optimize", "adds.tgl", "--live", "--yes", "--resume", "--quiet").returncode == 0
