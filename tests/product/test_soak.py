"""Thousands of paid calls over a network that breaks in every way: nothing is lost, nothing is paid twice.

`TGL_SOAK=1` makes 10^5 calls; without it, two thousand. The server is a process of its own and keeps its own
books, which have to agree with ours.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

VOTES = 8
EXAMPLES = 12_500 if os.environ.get("TGL_SOAK") else 250
SHARE = 0.01
FAULTS = (
    "limited",
    "limited_seconds",
    "failed",
    "overloaded",
    "silent",
    "reset",
    "cut_body",
    "not_json",
    "empty_text",
)
PROBES = 1000
"""Seeds below are those of requests that find out what the model can do; a call's seed is a hash."""
PROMPT_PRICE, COMPLETION_PRICE, CAP = 2e-6, 6e-6, 60.0

PROGRAM = """\
use std.reduce { majority }

model far {
  provider    openai
  id          "far"
  base_url    env("FAR_URL")
  api_key     env("FAR_KEY")
  price       prompt: $2/Mtok, completion: $6/Mtok
  concurrency 64
  timeout     6s
}

role teller(question) -> answer {
  prompt      "{{ question }}"
  temperature 0.8
  max_tokens  8
  retry       0
}

task tells {
  data     "tells.jsonl"
  split    train: 20, select: 20, test: 20
  given    question
  expect   answer
  key      number
  unit     dollars
  on_error retry: 3, drop: 100%
}

graph solve(question) {
  node sample[8] : teller on far
  output majority(sample)
}

optimize solve on tells { maximize accuracy; spend calls <= 1000000 }
"""


@contextmanager
def broken_server(log: Path) -> Iterator[str]:
    """A server that breaks one request in a hundred in each of many ways; its address."""
    mix = ",".join(f"{fault}={SHARE}" for fault in FAULTS)
    arguments = ["--mix", mix, "--seed", "7", "--retry-after", "0.2", "--log", str(log)]
    process = subprocess.Popen(
        [sys.executable, "-m", "tgl.testing.faulty_server", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.wait(timeout=60)
        process.stdout.close()


def tglc(folder: Path, url: str, *arguments: str) -> str:
    """What a command prints."""
    done = subprocess.run(
        [sys.executable, "-m", "tgl.cli.main", *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "FAR_URL": url, "FAR_KEY": "sk-none"},
        capture_output=True,
        text=True,
        timeout=3000,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def measured(folder: Path, url: str, *more: str) -> dict[str, object]:
    """What `tglc eval` says of the program on many examples."""
    return json.loads(tglc(folder, url, "eval", "tells.tgl", "--data", "many.jsonl", "--json", *more))


def test_every_call_is_accounted_for_over_a_network_that_breaks(tmp_path: Path) -> None:
    for name, count in (("tells.jsonl", 100), ("many.jsonl", EXAMPLES)):
        rows = [{"question": f"How many are {one}?", "answer": 12} for one in range(count)]
        (tmp_path / name).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (tmp_path / "tells.tgl").write_text(PROGRAM, encoding="utf-8")
    log = tmp_path / "served.jsonl"
    with broken_server(log) as url:
        told = measured(tmp_path, url, "--live", "--max-bill", f"${CAP}")
    served = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    complete = [one for one in served if one["complete"]]
    broken = [one for one in served if not one["complete"]]
    bill, runs = told["bill"]["far"], told["failures"]

    # Every example ends once, and all of its calls with it.
    assert runs["runs"] == told["n"] == EXAMPLES
    assert told["calls"]["needed"] >= told["n"] * VOTES - runs["failed"] * VOTES
    assert runs["failed"] < told["n"] * VOTES * (SHARE * 8) ** 4 * 3 + 5

    # What has a stored response is not asked for again.
    answered: set[tuple[str, int]] = set()
    for one in served:
        if one["seed"] < PROBES:
            continue
        draws = {(one["prompt"], one["seed"] + choice) for choice in range(one["n"])}
        assert not draws & answered, one
        if one["complete"]:
            answered |= draws
    for fault in FAULTS:
        assert sum(one["fault"] == fault for one in served) > len(served) * SHARE / 2, fault

    # The server's books and ours agree.
    assert bill["attempts"] == len(served)
    assert bill["broken"] == len(broken)
    assert bill["prompt_tokens"] == sum(one["prompt_tokens"] for one in complete)
    assert bill["completion_tokens"] == sum(one["completion_tokens"] for one in complete)
    spent = [one for one in broken if one["prompt_tokens"] + one["completion_tokens"]]
    assert bill["unknown"] >= len(spent)
    assert bill["unknown_tokens"] >= sum(one["prompt_tokens"] + one["completion_tokens"] for one in spent)
    settled = bill["prompt_tokens"] * PROMPT_PRICE + bill["completion_tokens"] * COMPLETION_PRICE
    real = sum(
        one["prompt_tokens"] * PROMPT_PRICE + one["completion_tokens"] * COMPLETION_PRICE for one in served
    )
    assert real <= settled + bill["unknown_tokens"] * COMPLETION_PRICE <= CAP

    # All of it is kept: the same figures without a server.
    again = measured(tmp_path, "http://127.0.0.1:9/v1")
    assert again["measured"] == told["measured"]
    assert again["calls"]["issued"] == 0
