"""What a task says of its data is read, checked and used: by `tglc check`, `data`, `plan` and `optimize`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tgl.cli.main import main
from tgl.ir import AS_IT_IS, DataSpec, FieldSpec
from tgl.semantics import NO_FILES, check, declared_tasks
from tgl.text import SourceFile

TASK = """task t {
  DATA
  split train: 4, select: 4, test: 8
  given question
  key   number
}
"""
PLAIN = 'data "d.jsonl"; expect answer'


def problems(data: str) -> list[tuple[str, str]]:
    found = check(SourceFile("p.tgl", TASK.replace("DATA", data)), NO_FILES).problems
    return [(one.code, one.message) for one in found]


def spec(data: str) -> DataSpec:
    checked = check(SourceFile("p.tgl", TASK.replace("DATA", data)), NO_FILES)
    assert checked.problems == ()
    [task] = declared_tasks(checked)
    return task.source


def test_settings_are_read():
    assert spec(PLAIN) == AS_IT_IS
    read = spec(
        'data "d", format: math, id: id\n  fields question: problem, p: "{{ a }} or {{b}}", x: "odd name"\n'
        '  where not (level >= -4 or type in ["A", 2]) and good\n  expect answer, after: "####"'
    )
    assert (read.format, read.id, read.after) == ("math", "id", "####")
    assert read.fields == (
        FieldSpec(name="question", source="problem"),
        FieldSpec(name="p", source="{{ a }} or {{b}}", is_template=True),
        FieldSpec(name="x", source="odd name"),
    )
    assert [field.sources for field in read.fields] == [("problem",), ("a", "b"), ("odd name",)]
    assert read.where is not None


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        ('data "d", format: mml; expect answer', "E0302", "`format` takes one of"),
        ('data "d", format: "math"; expect answer', "E0302", "`data` takes a path"),
        ('data "d", format: math, format: mmlu; expect answer', "E0302", "`data` takes"),
        ('data "d", form: math; expect answer', "E0302", "`data` takes"),
        ("data d; expect answer", "E0302", "`data` takes a text"),
        (PLAIN + "; fields question", "E0302", "`fields` takes"),
        (PLAIN + '; fields q: "{{ a.b }}"', "E0302", "`fields` takes"),
        (PLAIN + "; fields q: a, q: b", "E0302", "`fields` takes"),
        (PLAIN + "; fields q: a + b", "E0302", "`fields` takes"),
        (PLAIN + "; where level + 1 > 2", "E0302", "`where` takes"),
        (PLAIN + "; where true", "E0302", "`where` takes"),
        (PLAIN + "; where kind in other", "E0302", "`where` takes"),
        (PLAIN + "; where kind == [1]", "E0302", "`where` takes"),
        (PLAIN + "; where cost >= 4 units", "E0302", "`where` takes"),
        ('data "d"; expect answer, behind: "#"', "E0302", "`expect` takes"),
        ('data "d"; expect answer, after: " "', "E0302", "`expect` takes"),
        # the target, by whatever way, is in no prompt
        (PLAIN + "; fields question: answer", "E0310", "no prompt may see it"),
        (PLAIN + '; fields question: "{{ text }} {{ answer }}"', "E0310", "no prompt may see it"),
        (PLAIN + "; fields question: solution, answer: solution", "E0310", "no prompt may see it"),
        ('data "d", format: gsm8k; fields question: solution; expect answer', "E0310", "no prompt may"),
    ],
)
def test_what_a_task_may_not_say(data, code, words):
    [(found, message)] = problems(data)
    assert found == code
    assert words in message


PROGRAM = """role picker(question, choices: list) -> answer {
  prompt \"\"\"{{ question }} {% for one in choices %}{{ one }} {% endfor %}\"\"\"
  max_tokens 8
}
model sim { provider simulated; profile "sim-8b"; items "items.jsonl"; params 8B }
graph pick(question, choices: list) {
  node one[~1..2] : picker on sim
  output one[1]
}
task t {
  data   "rows.csv.jsonl"
  split  train: 8, select: 8, test: 16
  given  question, choices
  expect answer
  key    text
  unit   calls
}
optimize pick on t { maximize accuracy; spend calls <= 400 }
"""


def lay(folder: Path, rows: list[dict[str, object]], program: str = PROGRAM) -> None:
    (folder / "p.tgl").write_text(program)
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "rows.csv.jsonl").write_text(text)
    (folder / "items.jsonl").write_text(text)


def picks(count: int) -> list[dict[str, object]]:
    return [
        {"question": f"Which is the {at}th word?", "choices": [f"word{at}", "no", at], "answer": f"word{at}"}
        for at in range(count)
    ]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_lists_reach_the_prompts_of_a_search(folder, capsys):
    lay(folder, picks(60))
    assert main(["plan", "p.tgl", "--json"]) == 0
    most = json.loads(capsys.readouterr().out)["nodes"]["pick.one[]"]["prompt_tokens"]["most"]
    assert most >= len("Which is the 59th word? word59 no 59")
    assert main(["optimize", "p.tgl", "--live", "--store", "s.sqlite"]) == 0, capsys.readouterr().err


def test_a_plan_knows_on_how_many_questions_a_guard_over_a_list_holds(folder, capsys):
    rows = [row | {"choices": ["hard"] * (at % 2)} for at, row in enumerate(picks(60))]
    lay(folder, rows, PROGRAM.replace("on sim", 'on sim when "hard" in choices'))
    main(["plan", "p.tgl", "--json"])
    usual = json.loads(capsys.readouterr().out)["nodes"]["pick.one[]"]["calls"]["usual"]
    assert 0.1 < usual < 0.9


def test_a_list_where_a_text_is_declared_and_the_other_way_round(folder, capsys):
    rows = picks(60)
    lay(folder, rows, PROGRAM.replace("pick(question, choices: list)", "pick(question, choices)"))
    assert main(["plan", "p.tgl"]) == 1
    told = capsys.readouterr().err
    assert "E0855" in told
    assert "`choices: list`" in told
    for wrong, words in (("abc", "is a text"), (["a", ["b"]], "a list that holds a list"), (None, "is null")):
        lay(folder, [*rows, {**rows[0], "choices": wrong}])
        assert main(["plan", "p.tgl"]) == 1
        told = capsys.readouterr().err
        assert "E0855" in told
        assert words in told
        assert "declared as a list" in told


SUMS = (
    "Ann has {0} red apples and {1} green apples in the big basket that stands on the {2} table of the house "
    "where she lives with her brother and with her parents; how many apples has she in all?"
)
ADDS = """use std.roles { assistant }
model sim { provider simulated; profile "sim-8b"; items "items.jsonl"; params 8B }
graph solve(question) {
  node one[~1..2] : assistant on sim
  output one[1]
}
task t {
  data   "rows.csv.jsonl"
  split  train: 8, select: 8, test: 16
  given  question
  expect answer, after: "####"
  key    number
  unit   calls
}
optimize solve on t { maximize accuracy; spend calls <= 400 }
"""


def sums(count: int) -> list[dict[str, object]]:
    tables = ("kitchen", "garden", "dining", "wooden")
    return [
        {"question": SUMS.format(at, at + 1, table), "answer": f"{at} + {at + 1}\n#### {2 * at + 1}"}
        for at in range(count)
        for table in tables
    ]


def test_near_repeats_are_told_by_plan_and_data_before_the_first_call(folder, capsys):
    lay(folder, sums(20), ADDS)
    assert main(["plan", "p.tgl"]) == 0
    told = capsys.readouterr().err
    assert "W0853" in told
    assert "nearly the same in two splits" in told
    assert main(["data", "p.tgl", "--json"]) == 0
    [card] = json.loads(capsys.readouterr().out)["cards"]
    assert "W0853" in {one["code"] for one in card["diagnostics"]}
    lay(folder, sums(80)[::4], ADDS)  # one of each: other numbers are other questions
    assert main(["plan", "p.tgl"]) in (0, 1)
    assert "W0853" not in capsys.readouterr().err


def test_the_card_of_a_task(folder, capsys):
    lay(folder, [*sums(80)[::4], {"question": "2 + 2", "answer": "#### 4", "more": None}], ADDS)
    assert main(["data", "p.tgl", "--json"]) == 0
    [card] = json.loads(capsys.readouterr().out)["cards"]
    assert (card["task"], card["rows"], card["format"], card["files"]) == ("t", 81, "jsonl", 1)
    question, answer, more = card["fields"]
    assert (question["name"], question["kinds"], question["missing"]) == ("question", {"a text": 81}, 0)
    assert question["characters"]["least"] == 5
    assert (answer["distinct"], more["rows"], more["missing"]) == (81, 1, 81)
    assert (card["target"]["readable"], card["target"]["rows"]) == (81, 81)
    assert sum(split["rows"] for split in card["splits"]) == 81
    assert all(split["used"] <= split["rows"] for split in card["splits"])


def test_rows_that_are_wrong_are_not_said_to_be_left_out_by_where(folder, capsys):
    (folder / "x.jsonl").write_text('{"a": 1, "b": 2}\n{"a": 3}\n')
    assert main(["data", "x.jsonl", "--fields", "c: b"]) == 1
    assert "x.jsonl: 1 of 2 rows, 1 file" in capsys.readouterr().out
    assert main(["data", "x.jsonl", "--where", "a != 1"]) == 0
    assert "x.jsonl: 1 of 2 rows (`where`), 1 file" in capsys.readouterr().out


def test_the_card_of_a_file_tells_what_the_key_does_not_read(folder, capsys):
    (folder / "x.csv").write_text("id,q,a\n1,one,1\n2,two,two\n3,three,3\n3,four,\n")
    assert main(["data", "x.csv", "--expect", "a", "--key", "number", "--where", "id != 1", "--json"]) == 1
    [card] = json.loads(capsys.readouterr().out)["cards"]
    assert (card["rows"], card["rows_before_where"]) == (3, 4)
    target = card["target"]
    assert (target["readable"], target["rows"], target["distinct"]) == (1, 3, 1)
    assert [one["place"] for one in target["unread"]] == ["line 3 of `x.csv`", "line 5 of `x.csv`"]
    assert [one["code"] for one in card["diagnostics"]] == ["W0854", "E0856"]
    assert main(["data", "x.csv"]) == 0
    assert "4 rows, 1 file, csv" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        (["none.jsonl"], "R0305", 2),
        (["none.tgl"], "R0305", 2),
        (["x.csv", "--format", "mml"], "E0302", 2),
        (["x.csv", "--where", "a +"], "E01", 2),
        (["x.csv", "--key", "number } task u {"], "E0", 2),
        (["x.txt"], "E0870", 1),
        (["p.tgl", "--task", "u"], "E0751", 1),
        (["p.tgl", "--key", "number"], "R0305", 2),
    ],
)
def test_wrong_uses_of_the_command(folder, capsys, arguments, code, exit_code):
    lay(folder, sums(8), ADDS)
    (folder / "x.csv").write_text("q,a\n1,one\n")
    (folder / "x.txt").write_text("q,a\n1,one\n")
    assert main(["data", *arguments]) == exit_code
    assert f"[{code}" in capsys.readouterr().err
