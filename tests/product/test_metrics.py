"""Metrics as a user meets them: a search on each, and what is said where one can't be had."""

from __future__ import annotations

import json

import pytest

from .conftest import Project

PROGRAM = """\
use std.roles {{ assistant }}
model small {{ provider simulated; profile "sim-1b"; items "quiz.jsonl"; params 1B }}
fn off(answer: text, target: text) -> number {{ python "near:off" }}
task quiz {{
  data   "quiz.jsonl"
  split  train: 12, select: 16, test: 30
  given  question
  expect answer
  key    text, match: normalised
  unit   small
  {metric}
}}
graph solve(question) {{
  node reply : assistant(retry: 0, temperature: ~[0.0, 0.9]) on small
  output reply
}}
optimize solve on quiz {{ {objective}; spend calls <= 9000; using random(trials: 2); seed 7 }}
"""

OFF = "def off(answer, target):\n    return min(9, abs(len(answer) - len(target)))\n"


def written(project: Project, metric: str, objective: str, off: str = OFF) -> None:
    """The program with its data and its function."""
    rows = [
        {"question": f"What is {n} plus {n + 2}?", "answer": f"{2 * n + 2} apples", "points": 1 + n % 3}
        for n in range(120)
    ]
    project.write("quiz.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    project.write("p.tgl", PROGRAM.format(metric=metric, objective=objective))
    project.write("near.py", off)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("metric", "objective", "line", "told"),
    [
        ("metric f1", "maximize f1", "\n  f1 ", "f1 with its 95 % interval"),
        ("metric accuracy, weight: points", "maximize accuracy", "weight: points", "accuracy, by points"),
        ("metric pass, k: 2, of: 3", "maximize pass", "k: 2, of: 3", "from 3 runs of each question"),
        (
            "metric miss: off, range: [-1, 9], better: lower",
            "minimize miss",
            "\n  miss ",
            "from -1 to 9, lower is better",
        ),
    ],
)
def test_a_search_is_measured_written_and_verified_in_its_metric(
    project: Project, metric: str, objective: str, line: str, told: str
) -> None:
    written(project, metric, objective)
    done = project.tglc("optimize", "p.tgl", "--live", "--trust")
    assert done.returncode == 0, done.stderr
    assert told in done.stdout
    block = project.text("p.opt.tgl")
    assert line in block.partition("measured ")[2]
    again = project.tglc("verify", "p.opt.tgl", "--trust")
    assert again.returncode == 0, again.stdout + again.stderr
    assert "wrote the same bytes" in again.stdout
    figures = project.tglc("eval", "p.opt.tgl", "--trust")
    name = objective.split()[1]
    shown = next(row for row in figures.stdout.splitlines() if row.startswith(f"{name} "))
    assert " ".join(shown.split()) in " ".join(block.split())


def test_a_metric_in_python_needs_the_users_word(project: Project) -> None:
    written(project, "metric off, range: [0, 9], better: lower", "minimize off")
    done = project.tglc("optimize", "p.tgl", "--live")
    assert done.returncode == 1
    assert "E0755" in done.stderr


@pytest.mark.parametrize(
    ("off", "words"),
    [
        ("def off(answer, target):\n    return 12\n", "it said 12, not a number from 0 to 9"),
        ("def off(answer, target):\n    return float('nan')\n", "off"),
        ("def off(answer, target):\n    return 1 / 0\n", "ZeroDivisionError"),
        ("def off(answer, target):\n    return None\n", "it said no number"),
        ("def off(answer, target):\n    return 'many'\n", "off"),
    ],
)
def test_a_metric_without_a_value_ends_the_command_and_writes_nothing(
    project: Project, off: str, words: str
) -> None:
    written(project, "metric off, range: [0, 9], better: lower", "minimize off", off)
    done = project.tglc("optimize", "p.tgl", "--live", "--trust")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "E0863" in done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not (project.folder / "p.opt.tgl").exists()
