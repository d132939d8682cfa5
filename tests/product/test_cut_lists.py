"""A list longer than the bound of its `each` is cut, and every report says how often (language.md L6)."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tgl.cli.main import main

EXAMPLES = Path(__file__).parents[2] / "examples"
PROGRAM = """
use std.reduce { majority }
fn words(x: text) -> list(text) { python "texts:words" }
model small { provider simulated; profile "sim-1b"; items "quiz.jsonl"; params 1B }
role reply(question, hint: text) -> answer {
  prompt "{{ question }} {{ hint }} {{ format }}"; temperature ~[0.2, 0.7]; max_tokens 40
}
task quiz {
  data "quiz.jsonl"; split train: 4, select: 4, test: 6
  given question; expect answer; key text, match: normalised; unit calls
}
graph solve(question) {
  node all : words(question)
  each word[2] in all {
    node said : reply(hint: word) on small
  }
  output majority(word.said)
}
optimize solve on quiz { maximize accuracy; spend calls <= 300; using random(trials: 2); seed 1 }
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copy(EXAMPLES / "quiz.jsonl", tmp_path)
    (tmp_path / "p.tgl").write_text(PROGRAM)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("most", "told"),
    [
        (4, "`solve.word` on 6 of 6 questions (12 items left out)"),
        (2, None),
    ],
)
def test_reports_say_how_often_a_list_was_cut(folder, capsys, most, told):
    (folder / "texts.py").write_text(f"def words(text):\n    return ['a', 'b', 'c', 'd'][:{most}]\n")
    assert main(["optimize", "p.tgl", "--live", "--quiet", "--trust"]) == 0
    searched = capsys.readouterr().out
    assert main(["eval", "p.opt.tgl", "--quiet", "--trust"]) == 0
    measured = capsys.readouterr().out
    assert main(["eval", "p.opt.tgl", "--quiet", "--trust", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    for text in (searched, measured):
        assert ("lists longer than the bound of their `each`" in text) == (told is not None)
        assert told is None or told in text
    assert ("cuts" in json.dumps(figures)) or told is None


def test_a_list_that_is_cut_now_and_then_counts_where_it_was(folder, capsys):
    (folder / "texts.py").write_text(
        "def words(text):\n    return [str(k) for k in range(2 + sum(map(ord, text)) % 2)]\n"
    )
    assert main(["optimize", "p.tgl", "--live", "--quiet", "--trust"]) == 0
    told = capsys.readouterr().out
    [line] = [one for one in told.splitlines() if "lists longer" in one]
    cut = int(line.split(" on ")[1].split(" of ")[0])
    assert 0 < cut < 6
    assert f"({cut} item" in line
