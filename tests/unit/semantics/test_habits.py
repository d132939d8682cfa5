"""What people write out of habit is told what it is called here: the help names the repair."""

from __future__ import annotations

import pytest

from tgl.semantics import NO_FILES, check
from tgl.text import SourceFile

HEAD = """
use std.roles  { assistant, fuser }
use std.reduce { first, majority }
use std.signals { agreement }
model small { provider local; weights "smollm2-135m-instruct"; params 135M }
model large { provider local; weights "gemma-3-270m"; params 270M }
task sums { data "sums.jsonl"; split train: 9, select: 9, test: 9; given question; expect answer; key number }
optimize solve on sums { maximize accuracy; spend calls <= 99 }
"""
ROLE = 'role r(question) -> ASK(text) | FINAL(answer) { prompt "{{ question }}" }\n'
RECORD = 'role r(question) -> {ans: answer} { prompt "{{ question }}" }\n'

BODIES = [
    ("x = 3", "E0113", "`let x = …`"),
    ("worker : assistant on small", "E0113", "`node worker : …`"),
    ("for i in [1, 2] { node a : assistant on small }", "E0113", "`loop name[3]"),
    ("while true { node a : assistant on small }", "E0113", "`until condition`"),
    ("return a", "E0113", "`output NODE`"),
    ("if true { node a : assistant on small }", "E0113", "a clause of a node or edge"),
    ("node a : assistant(temperature=0.5) on small", "E0101", "`temperature: …`"),
    ('node a : assistant on small when question = "x"', "E0101", "write `==`"),
    ("node a = assistant on small", "E0101", "`node name : role on model`"),
    ("node a : assistant on ~{small: 0.7, large}", "E0101", "each option has a weight"),
    ("node a[3] : assistant on small\noutput majority(a[1:3])", "E0101", "`[1..3]`"),
    ("node a[3] : assistant on small\noutput majority([x for x in a])", "E0101", "a list by their name"),
    ("node a : assistant on small if ~0.5 else large", "E0101", "there is no `else`"),
    ("// a comment", "E0101", "begins with `#`"),
    ("node a : assistant(drafts: None) on small", "E0203", "leave the argument out"),
    ("node a[~range(1, 3)] : assistant on small", "E0203", "`~1..3`"),
    ("node a : assistant on small when len(question) > 1", "E0203", "`size(xs)`"),
    ("node a[3] : assistant on small\noutput vote(a)", "E0203", "`use std.reduce { majority }`"),
    ("node a[3] : assistant on small\noutput last(a)", "E0203", "`use std.reduce { last }`"),
    ("node a[3] : assistant on small\noutput a[-1]", "E0307", "`last(xs)`"),
    ("node a[3] : assistant on small\noutput a[0]", "E0507", "the first item has the number 1"),
    ("node a[3] : assistant on small\nlet m = majority(a)\noutput m", "E0307", "`node m : majority(NODES)`"),
    ("node a[3] : assistant on small\nrequire any(a[i] is small)\noutput majority(a)", "E0307", "`model_of("),
    (
        "node a[3] : assistant on small\nnode b : assistant on large when agreement(a) < ~0.5\noutput b",
        "E0307",
        "`~0.1..0.9`",
    ),
    ("node a : assistant on small\nrequire a.model == small\noutput a", "E0319", "`model_of(node)`"),
    (
        "loop r[2] { carry d = [] then n\nnode n : assistant(drafts: d) on small }\noutput n",
        "E0203",
        "it is named `r.n`",
    ),
]  # fmt: skip
FILES = [
    ("def f(x): x", "E0113", "`let f(i, j) = i < j`"),
    ("import std.reduce", "E0113", "`use std.roles { assistant }`"),
    ("let f = lambda i, j: i < j", "E0101", "`let f(i, j) = i < j`"),
    ('role q(question) -> answer { prompt: "{{ question }}" }', "E0104", "remove the `:`"),
    ('role q(question) -> answer { prompt = "{{ question }}" }', "E0104", "remove the `=`"),
    ('role q(question) -> answer { prompt f"{{ question }}" }', "E0101", "no prefix"),
    ('role q(question) -> list[text] { prompt "{{ question }}" }', "E0101", "`list(text)`"),
    ('role q(question) -> {"a": answer} { prompt "{{ question }}" }', "E0101", "without quotes"),
    ('role q(question) -> {ok: bool} { prompt "{{ question }}" }', "E0318", '`choice("yes", "no")`'),
    ('role q(question: str) -> answer { prompt "{{ question }}" }', "E0318", "`text`"),
]
REPLIES = [
    (ROLE, "node a : r on small\noutput a", "E0311", "`.FINAL`"),
    (RECORD, "node a : r on small\noutput a", "E0311", "`.ans`"),
    (ROLE, "node a : r on small\noutput first(a.FINAL when a == ASK)", "E0203", "`x is ASK`"),
    (RECORD, 'node a : r on small\noutput a["ans"]', "E0512", "`a.ans`"),
]


def graph(body: str) -> str:
    return f"graph solve(question) {{\n{body}\n}}\n"


def helps(program: str) -> dict[str, str]:
    """The help of the first problem of each code."""
    found: dict[str, str] = {}
    for problem in check(SourceFile("p.tgl", program), NO_FILES).problems:
        found.setdefault(problem.code, problem.help or "")
    return found


@pytest.mark.parametrize(("body", "code", "words"), BODIES)
def test_a_habit_in_a_graph_is_told_its_form_here(body: str, code: str, words: str) -> None:
    assert words in helps(HEAD + graph(body)).get(code, "not reported")


@pytest.mark.parametrize(("text", "code", "words"), FILES)
def test_a_habit_at_the_top_of_a_file_is_told_its_form_here(text: str, code: str, words: str) -> None:
    program = HEAD + text + "\n" + graph("node a : assistant on small\noutput a")
    assert words in helps(program).get(code, "not reported")


@pytest.mark.parametrize(("role", "body", "code", "words"), REPLIES)
def test_a_reply_with_parts_is_told_how_its_parts_are_read(
    role: str, body: str, code: str, words: str
) -> None:
    assert words in helps(HEAD + role + graph(body)).get(code, "not reported")


def test_an_index_that_is_none_is_told_once() -> None:
    body = "node a[3] : assistant on small\nedge a[src] -> a[dst] if src < dst\noutput majority(a)"
    codes = [problem.code for problem in check(SourceFile("p.tgl", HEAD + graph(body)), NO_FILES).problems]
    assert codes == ["E0516", "E0516"]


def test_a_near_name_is_proposed_before_the_library() -> None:
    body = "node lasts : assistant on small\noutput last"
    found = helps(HEAD + graph(body))["E0203"]
    assert "std.reduce" not in found


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (graph("node a : assistant(question: 'Why me, of all?') on small\noutput a"), "E0106"),
        (graph("node a : assistant on small\noutput first(a when question == 'x')"), "E0106"),
        (
            'role r(question) -> answr { prompt "{{ question }}" }\n'
            + graph("node a : r on ~[small, large]\noutput a"),
            "E0318",
        ),
    ],
)
def test_one_mistake_is_told_once(text: str, code: str) -> None:
    assert [one.code for one in check(SourceFile("p.tgl", HEAD + text), NO_FILES).problems] == [code]


LIBRARY = """
role shorten(question) -> text { prompt "{{ question }}" }
graph short(question) {
  node a : shorten
  output a
}
"""


def test_a_file_of_templates_alone_needs_no_model() -> None:
    assert helps(LIBRARY) == {}


def test_a_graph_beside_models_needs_one() -> None:
    model = 'model small { provider local; weights "smollm2-135m-instruct"; params 135M }\n'
    assert "on MODEL" in helps(model + LIBRARY)["E0601"]
