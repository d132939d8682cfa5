"""The keys as a user meets them: the example program, and data that a key cannot read."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from .conftest import Project

EXAMPLES = Path(__file__).parents[2] / "examples"


def example(project: Project, key: str) -> None:
    """The example with another key, made small."""
    text = (EXAMPLES / "fractions.tgl").read_text(encoding="utf-8")
    small = text.replace("train: 40, select: 60, test: 100", "train: 12, select: 20, test: 60")
    small = small.replace("rounds: 4, samples: 4", "rounds: 1, samples: 2").replace(
        "key    math", f"key    {key}"
    )
    assert small != text
    project.write("p.tgl", small)
    project.write("fractions.jsonl", (EXAMPLES / "fractions.jsonl").read_text(encoding="utf-8"))


def accuracy_of(table: str, program: str) -> float:
    """Per cent, of a row of the table."""
    found = re.search(rf"^ *{re.escape(program)} [ *]*([0-9.]+) % \[", table, re.M)
    assert found is not None, table
    return float(found[1])


@pytest.mark.slow
def test_the_example_is_searched_and_counts_two_ways_of_writing_as_one_answer(project: Project) -> None:
    accuracies: dict[str, float] = {}
    for key in ("math", "exact"):
        example(project, key)
        done = project.tglc("optimize", "p.tgl", "--live")
        assert done.returncode == 0, done.stderr
        accuracies[key] = accuracy_of(done.stdout, "plain, greedy")
        assert project.tglc("verify", "p.opt.tgl").returncode == 0
    assert accuracies["exact"] < 5 < 15 < accuracies["math"]


@pytest.mark.parametrize(
    ("key", "answer", "words"),
    [
        ("math", "", "can't be read by the key `math`"),
        ("math", "1+" * 2000, "can't be read by the key `math`"),
        ("number, tolerance: 1%", "many", "can't be read by the key `number`"),
        ("choice", "E", "can't be read by the key `choice`"),
        ("choice, options: [yes, no]", "maybe", "can't be read by the key `choice`"),
        ("json, fields: [name]", {"age": 1}, "can't be read by the key `json`"),
    ],
)
def test_a_target_that_the_key_cannot_read_is_named_with_its_line(
    project: Project, key: str, answer: object, words: str
) -> None:
    example(project, key)
    rows = [{"question": f"What is {n}?", "answer": "1", "plain": "1"} for n in range(9)]
    good = {"choice": "A", "choice, options: [yes, no]": "yes", "json, fields: [name]": {"name": "Ada"}}
    rows = [row | {"answer": good.get(key, "1")} for row in rows]
    rows[6]["answer"] = answer  # type: ignore[assignment]
    project.write("fractions.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    done = project.tglc("optimize", "p.tgl", "--live")
    assert done.returncode == 1
    assert "E0856" in done.stderr
    assert words in done.stderr
    assert "line 7" in done.stderr
    assert "Traceback" not in done.stderr
