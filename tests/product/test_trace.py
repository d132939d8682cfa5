"""`tglc run --trace` tells what each node said, and how it was read."""

from __future__ import annotations

import json

import pytest

from tests.product.conftest import KEY, Project
from tgl.models import ScriptedModel
from tgl.testing import FaultyServer

GRADED = """\
model tiny { provider openai; id "tiny"; base_url env("TINY_URL"); api_key env("TEST_KEY") }
role grade(question) -> number(0..10) after "Score:" {
  prompt      "{{ question }}"
  temperature 0
  max_tokens  8
  retry       0
}
graph solve(question) {
  node mark : grade on tiny
  output mark
}
"""


@pytest.mark.parametrize(
    ("said", "shown", "read"),
    [
        ("Fine. Score: 4", "Fine. Score: 4  (read: 4)", "4"),
        ("Rather good", "Rather good  (unread: it is not in the form that is asked for)", None),
        ("Score: 40", "Score: 40  (unread: it is not in the form that is asked for)", None),
    ],
)
def test_a_trace_tells_how_a_reply_was_read(project: Project, said: str, shown: str, read: str | None):
    with FaultyServer(lambda: ScriptedModel("tiny", lambda _: said), key=KEY) as server:
        project.environment["TINY_URL"] = server.base_url
        project.write("p.tgl", GRADED)
        run = project.tglc("run", "p.tgl", "--live", "--trace", "--quiet", "--input", "question=Why?")
        told = project.tglc("run", "p.tgl", "--json", "--input", "question=Why?")
    assert f"solve.mark: {shown}\n" in run.stderr
    assert json.loads(told.stdout)["read"]["solve.mark"] == read


def test_what_is_read_as_it_stands_is_told_once(project: Project):
    text = (
        project.text("adds.tgl")
        .replace("[~1..3]", "[2]")
        .replace("~[0.0, 0.8]", "0.0")
        .replace("~all", "tiny")
    )
    project.write("p.tgl", text)
    run = project.tglc("run", "p.tgl", "--live", "--trace", "--quiet", "--input", "question=What is 2 + 3?")
    assert run.returncode == 0, run.stderr
    assert "read" not in run.stderr
    assert "solve.sample[2]: " in run.stderr
