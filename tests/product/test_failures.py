"""Calls that fail, as a person sees them: `on_error`, `on_failure`, and failures by class in every report."""

from __future__ import annotations

import json

import pytest

from tgl.testing import Fault, FaultyServer

from .conftest import Project

RESOLVED = """\
use std.reduce { majority }
model tiny { provider openai; id "tiny"; base_url env("TINY_URL"); api_key env("TEST_KEY"); params 1M }
model big  { provider openai; id "big"; base_url env("BIG_URL"); api_key env("TEST_KEY"); params 3M }
role adder(question) -> answer {
  prompt "{{ question }}"; temperature 0; max_tokens 8; retry 0; on_failure HOW
}
task adds {
  data "adds.jsonl"; split train: 5, select: 5, test: 20; given question
  expect answer; key number; unit calls
  on_error retry: 0
}
graph solve(question) {
  node sample[2] : adder on [tiny, big]
  output majority(sample)
}
optimize solve on adds { maximize accuracy }
"""


def with_task(project: Project, setting: str) -> None:
    project.write(
        "adds.tgl", project.text("adds.tgl").replace("  unit   tiny", f"  unit   tiny\n  {setting}")
    )


def test_abort_stops_at_the_first_failed_example_and_resume_goes_on(
    project: Project, servers: dict[str, FaultyServer]
) -> None:
    with_task(project, "on_error retry: 0, abort")
    servers["tiny"].plan(Fault.FAILED)
    done = project.tglc("optimize", "adds.tgl", "--live", "--yes")
    assert done.returncode == 3
    assert "R0304" in done.stderr
    assert "--resume" in done.stderr
    assert not (project.folder / "adds.opt.tgl").exists()
    paid = servers["tiny"].arrived + servers["big"].arrived
    again = project.tglc("optimize", "adds.tgl", "--live", "--yes", "--resume", "--json")
    assert again.returncode == 0, again.stderr
    found = json.loads(again.stdout)
    assert found["failures"]["failed"] == 0, "what failed was asked again"
    assert found["report"]["spend"]["calls"] <= servers["tiny"].arrived + servers["big"].arrived
    assert paid < 60


def test_failures_by_class_in_every_report(project: Project, servers: dict[str, FaultyServer]) -> None:
    with_task(project, "on_error retry: 0, drop: 40%")
    servers["tiny"].plan(Fault.FAILED, Fault.FAILED, Fault.OVERLOADED)
    done = project.tglc("optimize", "adds.tgl", "--live", "--yes", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)["failures"]
    [line] = told["classes"]
    assert (line["class"], line["broken_attempts"], line["calls"]) == ("server", 3, 3), "one attempt a call"
    assert told["failed"] == line["examples"] >= 3
    replay = project.tglc("optimize", "adds.tgl", "--ledger")
    assert replay.returncode == 0, replay.stderr
    assert "failures in the whole search, by class" in replay.stdout
    assert f"{told['failed']} failed" in replay.stdout
    assert "spend by node" in replay.stdout
    assert "solve.sample[].model" in replay.stdout


@pytest.mark.parametrize("how", ["absent", "fail"])
def test_a_fallback_is_no_failure_and_neither_is_hidden(
    project: Project, servers: dict[str, FaultyServer], how: str
) -> None:
    project.write("p.tgl", RESOLVED.replace("HOW", how))
    servers["tiny"].plan(Fault.FAILED)
    done = project.tglc("eval", "p.tgl", "--live", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    told = found["failures"]
    assert (told["failed"], told["fell_back"]) == ((0, 1) if how == "absent" else (1, 0))
    assert (found["figures"]["n"], told["runs"]) == (found["n"], found["n"]), "nobody is left out of the mean"
    replay = json.loads(project.tglc("eval", "p.tgl", "--json").stdout)
    assert (replay["measured"], replay["calls"]["issued"]) == (found["measured"], 0), (
        "what failed fails again"
    )
    asked = json.dumps({"question": "What is 400 + 2?"})
    servers["tiny"].plan(Fault.FAILED)
    run = project.tglc("run", "p.tgl", "--live", "--input", asked)
    assert "broken attempts (server): 1" in run.stderr
    assert run.returncode == (0 if how == "absent" else 1)
    assert ("left out, its call failed (server)" in run.stderr) is (how == "absent")
