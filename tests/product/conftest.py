"""Commands as a user types them, in a process of their own, against a real HTTP server on loopback."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tgl.models import ChatRequest, ScriptedModel
from tgl.testing import FaultyServer

KEY = "sk-test-do-not-print-me"

PROGRAM = """\
# Adding two numbers with two models of a loopback server.
use std.reduce { majority }

model tiny {
  provider openai
  id       "tiny"
  base_url env("TINY_URL")
  api_key  env("TEST_KEY")
  params   1M
}
model big { provider openai; id "big"; base_url env("BIG_URL"); api_key env("TEST_KEY"); params 3M }
pool all = [tiny, big]

role adder(question) -> answer {
  prompt      "{{ question }}"
  temperature 0.8
  max_tokens  8
  retry       0
}

task adds {
  data   "adds.jsonl"
  split  train: 20, select: 20, test: 40
  given  question
  expect answer
  key    number
  unit   tiny
}

graph solve(question) {
  node sample[~1..3] : adder(temperature: ~[0.0, 0.8]) on ~all
  output majority(sample)
}

optimize solve on adds {
  maximize accuracy
  limit    cost(mean) <= 6 units
  spend    calls <= 3000
  using    reinforce(rounds: 3, samples: 4)
  seed     7
}
"""


def rows(count: int = 110) -> str:
    """Distinct additions as JSONL."""
    lines = []
    for number in range(count):
        left, right = 10 + number, 7 + 3 * (number % 50)
        lines.append(json.dumps({"question": f"What is {left} + {right}?", "answer": left + right}))
    return "\n".join(lines) + "\n"


def adder(name: str, skill: float) -> Callable[[ChatRequest], str]:
    """Right with probability `skill`, decided by the request alone."""

    def reply(request: ChatRequest) -> str:
        question = request.messages[-1].content
        asked = re.search(r"What is (\d+) \+ (\d+)", question)
        if asked is None or "Score" in question:
            return "7"  # the standard grader asks for a score
        left, right = int(asked[1]), int(asked[2])
        seed = request.seed if request.decoding.temperature else 0
        luck = int(hashlib.sha256(f"{name} {question} {seed}".encode()).hexdigest()[:8], 16) / 2**32
        return str(left + right if luck < skill else left + right + 1 + int(luck * 7) % 3)

    return reply


@dataclass(frozen=True)
class Project:
    """A folder with a program, its data, and the environment of its commands."""

    folder: Path
    environment: dict[str, str]

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "tgl.cli.main", *arguments]

    def tglc(
        self, *arguments: str, stdin: str | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end. A traceback is never right."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            input=stdin if stdin is not None else "",
            timeout=120,
            check=False,
        )
        assert "Traceback" not in done.stdout + done.stderr, done.stderr
        assert "internal error" not in done.stderr, done.stderr
        assert KEY not in done.stdout + done.stderr
        return done

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def text(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")


@pytest.fixture
def servers() -> Iterator[dict[str, FaultyServer]]:
    """Two loopback servers that ask for a key."""
    with (
        FaultyServer(lambda: ScriptedModel("tiny", adder("tiny", 0.6)), key=KEY) as tiny,
        FaultyServer(lambda: ScriptedModel("big", adder("big", 0.8)), key=KEY) as big,
    ):
        yield {"tiny": tiny, "big": big}


@pytest.fixture
def project(tmp_path: Path, servers: dict[str, FaultyServer]) -> Project:
    """The additions program in a folder of its own."""
    made = Project(
        tmp_path,
        {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path / "home"),
            "TINY_URL": servers["tiny"].base_url,
            "BIG_URL": servers["big"].base_url,
            "TEST_KEY": KEY,
            "PYTHONHASHSEED": "1",
        },
    )
    (tmp_path / ".tglc").mkdir()
    made.write("adds.tgl", PROGRAM)
    made.write("adds.jsonl", rows())
    return made
