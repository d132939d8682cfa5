"""`tglc plan`: what is known before the first call, as the command says it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tgl.cli.main import main

HEAD = """\
use std.reduce { majority }
model tiny { provider openai; id "t"; base_url "http://127.0.0.1:9"; params 1M
  price prompt: $1/Mtok, completion: $2/Mtok }
model big { provider openai; id "b"; base_url "http://127.0.0.1:9"; params 3M
  price prompt: $5/Mtok, completion: $9/Mtok }
"""
ROLE = 'role adder(question) -> answer { prompt "{{ question }}"; temperature 0.8; max_tokens 8; retry 0 }\n'
TASK = """\
task adds {
  data "adds.jsonl"
  split train: 20, select: 20, test: 40
  given question
  expect answer
  key number
  unit calls
}
"""
GRAPH = """\
graph solve(question) {
  node vote[~[1, 3, 5]] : adder on ~[tiny, big]
  output majority(vote)
}
"""


def goal(*lines: str) -> str:
    body = "\n  ".join(("maximize accuracy", *lines, "using random(trials: 6, samples: 3)"))
    return f"optimize solve on adds {{\n  {body}\n}}\n"


@pytest.fixture
def plan(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    rows = [json.dumps({"question": f"{k:03} + {k + 1:03}", "answer": 2 * k + 1}) for k in range(400)]
    (tmp_path / "adds.jsonl").write_text("\n".join(rows) + "\n")
    monkeypatch.chdir(tmp_path)

    def run(*parts: str, options: tuple[str, ...] = ("--json",), code: int = 0):
        (tmp_path / "p.tgl").write_text(HEAD + "".join(parts))
        assert main(["plan", "p.tgl", *options]) == code
        shown = capsys.readouterr()
        return (json.loads(shown.out) if "--json" in options and shown.out else shown.out), shown.err

    return run


def test_a_space_that_is_listed_has_the_figures_of_its_programs(plan) -> None:
    found, _ = plan(ROLE, TASK, GRAPH, goal("spend calls <= 4000"))
    # one model each: 2 + 2 ** 3 + 2 ** 5 assignments, of which symmetric ones are one program
    assert found["candidates"] == {"value": 42, "low": 42, "high": 42, "exact": True}
    assert found["programs"]["value"] == 2 + 4 + 6
    assert found["exact"] is True
    assert found["total"]["calls"] == {"least": 1, "usual": pytest.approx(3), "most": 5}
    prompt = 48 + 16 + len("000 + 001")
    assert found["total"]["prompt_tokens"]["most"] == 5 * prompt
    assert found["total"]["dollars"]["most"] == pytest.approx(5 * (prompt * 5e-6 + 8 * 9e-6))
    assert found["nodes"]["solve.vote[]"]["calls"]["most"] == 5
    assert found["calls_in_a_row"]["most"] == 1
    assert found["search"]["most_calls"] == 4000
    assert found["search"]["most_dollars"] == pytest.approx(4000 * (prompt * 5e-6 + 8 * 9e-6))
    assert found["stored"]["answered"] == 0
    assert found["stored"]["known"] > 0


def test_one_candidate_is_told_by_itself(plan) -> None:
    found, _ = plan(ROLE, TASK, GRAPH, goal("spend calls <= 4000"), options=("--json", "--candidate", "mode"))
    calls = found["total"]["calls"]
    assert calls["least"] == calls["most"] in (1, 3, 5)
    assert found["candidates"] is None
    _, told = plan(ROLE, TASK, GRAPH, options=("--candidate", "first"), code=2)
    assert "names no candidate" in told


def test_options_that_a_limit_excludes_are_named_with_the_reason(plan) -> None:
    found, _ = plan(ROLE, TASK, GRAPH, goal("limit calls <= 3", "spend calls <= 4000"))
    assert found["removed"] == [{"choice": "solve.vote.count", "value": 5, "least": 5}]
    assert found["candidates"]["value"] == 2 + 2**3
    assert found["total"]["calls"]["most"] == 3
    assert found["limits"] == [{"limit": "calls <= 3", "known": True}]
    text, _ = plan(ROLE, TASK, GRAPH, goal("limit calls <= 3", "spend calls <= 4000"), options=())
    assert "never chosen: solve.vote.count = 5: the cheapest program with it has 5" in text


def test_a_limit_that_excludes_everything_is_an_error(plan) -> None:
    _, told = plan(ROLE, TASK, GRAPH, goal("limit calls <= 0", "spend calls <= 4000"), options=(), code=1)
    assert "E0861" in told
    assert "the cheapest program costs 1" in told


def test_a_spend_that_cannot_end_is_said_before_the_search(plan) -> None:
    _, told = plan(ROLE, TASK, GRAPH, goal("spend calls <= 40"), code=1)
    assert "E0860" in told
    assert "`spend` is too small" in told
    found, told = plan(ROLE, TASK, GRAPH, goal("spend calls <= 4000"))
    assert "E0860" not in told
    assert found["problems"] == []


def test_stages_that_come_to_more_than_spend_are_said_to(plan) -> None:
    found, _ = plan(ROLE, TASK, GRAPH, goal("spend calls <= 4000"))
    stages = sum(found["search"]["stages"].values())
    assert stages < 4000
    ample, _ = plan(ROLE, TASK, GRAPH, goal("spend calls <= 4000"), options=())
    assert "come to" not in ample
    half = found["search"]["dollars"] / 2
    dear, _ = plan(ROLE, TASK, GRAPH, goal(f"spend cost <= ${half:.4f}"), options=())
    assert "that is more than `spend`" in dear
    cheap, _ = plan(ROLE, TASK, GRAPH, goal("spend cost <= $5"), options=())
    assert "that is more than `spend`" not in cheap
    short, _ = plan(ROLE, TASK, GRAPH, goal(f"spend calls <= {stages - 1}"), options=())
    assert f"these stages come to ≈ {stages} calls" in short


def test_a_reply_without_a_bound_is_told(plan) -> None:
    role = ROLE.replace("max_tokens 8; ", "")
    found, _ = plan(role, TASK, GRAPH, goal("spend calls <= 4000"))
    assert found["total"]["completion_tokens"] is not None
    assert found["total"]["completion_tokens"]["most"] is None
    text, _ = plan(role, TASK, GRAPH, goal("spend calls <= 4000"), options=())
    assert "no bound on solve.vote[]: `max_tokens` is not set" in text


def test_questions_of_the_test_split_in_prompts_and_examples_are_told(plan, tmp_path: Path) -> None:
    rows = [json.loads(line) for line in (tmp_path / "adds.jsonl").read_text().splitlines()]
    for row in rows:
        row["question"] = f"What is {row['question']} ?"
    (tmp_path / "adds.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    all_of_them = " ".join(row["question"] for row in rows)
    leaky = ROLE.replace('"{{ question }}"', json.dumps(all_of_them.upper() + " {{ question }}"))
    found, told = plan(leaky, TASK, GRAPH, goal("spend calls <= 4000"))
    assert found["problems"] == ["W0851"]
    assert "40 of the test questions" in told
    (tmp_path / "shots.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    shown = ROLE.replace("retry 0", 'retry 0; shots 2, from: "shots.jsonl"')
    found, told = plan(shown, TASK, GRAPH, goal("spend calls <= 4000"))
    assert found["problems"] == ["W0852"]
    (tmp_path / "shots.jsonl").write_text(json.dumps({"question": "1 + 1", "answer": 2}) + "\n")
    found, _ = plan(shown, TASK, GRAPH, goal("spend calls <= 4000"))
    assert found["problems"] == []


def test_the_quickstart_is_planned_from_what_is_recorded(capsys: pytest.CaptureFixture[str]) -> None:
    example = Path(__file__).parents[2] / "examples" / "quickstart.tgl"
    assert main(["plan", str(example), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["problems"] == []
    assert found["total"]["calls"]["most"] == 5  # a vote of five, on one route
    assert found["stored"]["answered"] == found["stored"]["known"] > 0
    assert found["search"]["seconds"] > 0
    assert found["search"]["calls"] <= 8000


def test_a_search_proposes_no_more_programs_than_there_are(plan) -> None:
    few = "graph solve(question) { node one : adder(temperature: ~[0.2, 0.5, 0.8]) on tiny; output one }\n"
    found, _ = plan(ROLE, TASK, few, goal("spend calls <= 4000").replace("trials: 6", "trials: 96"))
    assert found["programs"]["value"] == 3
    assert found["search"]["distinct"] <= 3


def test_a_space_that_is_much_work_is_counted_to_the_end_where_that_is_asked_for(
    plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    for budget in ("TELLING_APART", "COUNTING", "ESTIMATING"):
        monkeypatch.setattr(f"tgl.space.count.{budget}", 5)
    estimated, _ = plan(ROLE, TASK, GRAPH, goal("spend calls <= 4000"))
    assert not estimated["candidates"]["exact"]
    assert estimated["programs"]["low"] <= 2 + 4 + 6 <= estimated["programs"]["high"]
    assert not estimated["programs"]["exact"]
    counted, _ = plan(ROLE, TASK, GRAPH, goal("spend calls <= 4000"), options=("--json", "--exact"))
    assert (counted["candidates"]["value"], counted["candidates"]["exact"]) == (42, True)
    assert (counted["programs"]["value"], counted["programs"]["exact"]) == (2 + 4 + 6, True)
    monkeypatch.setattr("tgl.space.count.MOST_EXACT", 20)
    beyond, _ = plan(ROLE, TASK, GRAPH, goal("spend calls <= 4000"), options=("--json", "--exact"))
    assert not beyond["programs"]["exact"]
