"""`like`: what a task takes from another one, and what is wrong with it."""

from __future__ import annotations

import pytest

from tgl.ir import TaskSpec
from tgl.semantics import MemoryLoader, check
from tgl.semantics.declared import declared_tasks
from tgl.text import SourceFile

BASE = """task base {
  data   format: csv, id: number
  fields question: asked
  given  question
  expect label
  key    number
  format "A number."
}
"""


def read(text: str) -> tuple[TaskSpec, list[tuple[str, str]]]:
    checked = check(SourceFile("p.tgl", text), MemoryLoader({"base.tgl": BASE}))
    places = [
        (one.code, "" if one.primary is None else text[one.primary.span.start : one.primary.span.end])
        for one in checked.problems
    ]
    tasks = [task for task in declared_tasks(checked) if task.name == "mine"]
    return (tasks[0] if tasks else TaskSpec.model_construct(), places)


def mine(more: str = "", like: str = "base") -> str:
    return (
        'use "base.tgl" { base }\n'
        f'task mine {{ like {like}; data "rows.txt"; split train: 1, select: 1, test: 1; {more} }}\n'
    )


def test_what_a_task_does_not_say_is_as_in_the_other() -> None:
    task, places = read(mine())
    assert [code for code, _ in places if code[0] == "E"] == []
    assert (task.data, task.source.format, task.source.id) == ("rows.txt", "csv", "number")
    assert [field.name for field in task.source.fields] == ["question"]
    assert (task.given, task.expect, task.key.kind, task.format) == (
        ("question",),
        "label",
        "number",
        "A number.",
    )


@pytest.mark.parametrize(
    ("more", "kind", "told"),
    [
        ('format "Only digits."', "number", "Only digits."),
        ("key exact", "exact", "Answer with the answer only."),  # the other's format tells of the other's key
        ('key exact; format "One word."', "exact", "One word."),
    ],
)
def test_what_it_says_itself_comes_first(more: str, kind: str, told: str) -> None:
    task, _ = read(mine(more))
    assert (task.key.kind, task.format) == (kind, told)


def test_of_data_the_format_of_its_own_comes_first() -> None:
    task, _ = read(mine().replace('"rows.txt"', '"rows.txt", format: tsv'))
    assert (task.source.format, task.source.id) == ("tsv", "number")


def test_a_task_may_be_like_one_that_is_like_another() -> None:
    between = 'task between { like base; data "b"; split train: 2, select: 2, test: 2; format "Between." }\n'
    task, places = read(between + mine(like="between"))
    assert [code for code, _ in places if code[0] == "E"] == []
    assert (task.data, task.train, task.format, task.source.format) == ("rows.txt", 1, "Between.", "csv")


@pytest.mark.parametrize(
    ("like", "code", "marked"),
    [
        ("bsae", "E0203", "bsae"),
        ("mine", "E0302", "mine"),
        ('"base"', "E0302", 'like "base"'),
        ("xs", "E0207", "xs"),
    ],
)
def test_what_a_task_can_not_be_like(like: str, code: str, marked: str) -> None:
    _, places = read("let xs = [1]\n" + mine(like=like))
    assert (code, marked) in places


def test_what_does_not_fit_is_shown_where_the_other_is_named() -> None:
    between = 'task between { like base; data "b"; split train: 2, select: 2, test: 2; '
    between += "given question, kind; by kind }\n"
    _, places = read(between + mine("given question", like="between"))
    assert ("E0302", "like between") in places


def test_a_task_without_data_can_be_like_but_not_be_measured_on() -> None:
    text = 'use "base.tgl" { base }\nuse std.roles { assistant }\n'
    text += 'model m { provider simulated; profile "sim-1b"; items "q.jsonl" }\n'
    text += "graph g(question) { node a : assistant(retry: 0) on m\n output a }\n"
    goal = "optimize g on base { maximize accuracy; spend calls <= 9 }\n"
    assert "E0303" not in [code for code, _ in read(text + mine().partition("\n")[2])[1]]
    assert "E0303" in [code for code, _ in read(text + goal)[1]]
