"""Whose log-probabilities a program may read: in all of its space, through all that hands replies on."""

from __future__ import annotations

import pytest

from tgl.semantics import MemoryLoader, check, lower, verify
from tgl.text import SourceFile

HEAD = """
use std.signals { confidence, perplexities, share_below, ended, tokens, agreement }
use std.reduce  { last, first, best, majority, join }
model one   { provider local; weights "smollm2-135m-qa"; params 135M }
model two   { provider local; weights "smollm2-135m-qa"; params 135M }
model three { provider local; weights "smollm2-135m-qa"; params 135M }
model deaf  { provider openai; id "d"; without logprobs; params 1B }
task t { data "d.jsonl"; split train: 1, select: 1, test: 1; given question; expect answer; key text }
role r(question, seen: list?) -> answer { prompt "{{ question }}{{ seen }}"; max_tokens 9 }
role mark(question, seen: text?) -> number { prompt "{{ question }}{{ seen }}"; max_tokens 9 }
graph inner(question) { node a : r; output a }
graph through(question, x) { node f : r when confidence(x) > 0.5; output f }
"""


def lowered(body: str, goal: str = ""):
    text = HEAD + "graph g(question) {\n" + body + "\n}\noptimize g on t { maximize accuracy; " + goal
    text += "spend calls <= 9 }\n"
    checked = check(SourceFile("p.tgl", text), MemoryLoader({"p.tgl": text}))
    errors = [problem for problem in checked.problems if problem.code[0] == "E"]
    return errors, (None if errors else lower(checked).ir)


ASKED = {
    "a node": ("node a : r on one\n node b : r on two when confidence(a) < 0.5\n output last(a, b)", "one"),
    "a choice of models": (
        "node a : r on ~[one, two]\n node b : r on three when confidence(a) < 0.5\n output last(a, b)",
        "one two",
    ),
    "the one before in a line": (
        "node a[i: 3] : r on [one, two, three][i] when i == 1 or confidence(a[i - 1]) < 0.5\n output last(a)",
        "one two",
    ),
    "what a function picks": (
        "node a : r on one\n node b : r on two\n"
        "node c : r on three when confidence(majority(a, b)) < 0.5\n output last(a, c)",
        "one two",
    ),
    "what a node that is a function picks, not its marks": (
        "node a[2] : r on one\n node m[i: 2] : mark(seen: a[i]) on two\n node f : best(a, by: m)\n"
        "node c : r on three when confidence(f) < 0.5\n output last(f, c)",
        "one",
    ),
    "the answer of a graph inside": (
        "node a : inner on two\n node b : r on one when confidence(a) < 0.5\n output last(a, b)",
        "two",
    ),
    "what a graph inside receives": (
        "node a : r on three\n node b : through(x: a) on one\n output last(a, b)",
        "three",
    ),
    "an edge under a condition": (
        "node a : r on one\n node b : r on two\n edge a -> b when confidence(a) > 0.5\n output b",
        "one",
    ),
    "a loop": (
        "loop l[2] {\n carry best_one = question then n\n node n : r on two\n"
        "until confidence(n) > 0.9\n}\n output l.n",
        "two",
    ),
    "perplexities": (
        "node a : r on one\n"
        "node b : r on two when share_below(perplexities(a), 1.1) < ~0.2..0.9\n output last(a, b)",
        "one",
    ),
    "tokens and ends ask for nothing": (
        "node a : r on one\n node b : r on two when tokens(a) > 3 or not ended(a)\n output last(a, b)",
        "",
    ),
    "no signal at all": ("node a : r on one\n output a", ""),
    "a new text of a reply": (
        "node a : r on one\n node b : r on two when confidence(join([a])) < 0.5\n output last(a, b)",
        "",
    ),
}


@pytest.mark.parametrize("name", ASKED)
def test_the_models_that_may_say_what_is_read_are_asked(name: str) -> None:
    body, names = ASKED[name]
    errors, ir = lowered(body)
    assert errors == []
    assert ir is not None
    assert " ".join(ir.logprobs) == names
    assert verify(ir) == []


def test_a_goal_names_models_that_were_asked_before() -> None:
    errors, ir = lowered("node a : r on one\n node b : r on two\n output last(a, b)", "logprobs two; ")
    assert errors == []
    assert ir is not None
    assert ir.logprobs == ("two",)


def test_a_goal_that_names_no_model_is_told() -> None:
    errors, _ = lowered("node a : r on one\n output a", "logprobs too; ")
    assert [problem.code for problem in errors] == ["E0302"]


def values(ir, address: str):
    return next(point.domain.values for point in ir.choices if point.address == address)


def test_a_pool_keeps_the_models_that_tell_them() -> None:
    errors, ir = lowered(
        "node a : r on ~[one, deaf, two]\n node b : r on ~[one, deaf] when confidence(a) < 0.5\n"
        "output last(a, b)"
    )
    assert errors == []
    assert values(ir, "g.a.model") == ("one", "two")
    assert values(ir, "g.b.model") == ("one", "deaf")


def test_an_order_with_a_model_that_tells_none_where_it_is_read_is_none_of_the_space() -> None:
    errors, ir = lowered(
        "param line = ~[[one, deaf], [deaf, one], [one, two]]\n"
        "node a[i: 2] : r on line[i] when i == 1 or confidence(a[i - 1]) < 0.5\n output last(a)"
    )
    assert errors == []
    assert values(ir, "g.line") == (["one", "deaf"], ["one", "two"])


@pytest.mark.parametrize("on", ["deaf", "~[deaf]"])
def test_a_node_that_can_run_on_no_other_is_told(on: str) -> None:
    errors, _ = lowered(
        f"node a : r on {on}\n node b : r on one when confidence(a) < 0.5\n output last(a, b)"
    )
    assert [problem.code for problem in errors] == ["E0603"]
    assert "`deaf`" in errors[0].message


@pytest.mark.parametrize(
    ("mean", "code"),
    [
        ("min", None),
        ('"min"', None),
        ('~["min", "geometric"]', None),
        ("median", "E0307"),
        ('"median"', "E0307"),
    ],
)
def test_a_mean_is_one_of_three_words(mean: str, code: str | None) -> None:
    errors, _ = lowered(
        f"node a : r on one\n node b : r on two when confidence(a, mean: {mean}) < 0.5\n output last(a, b)"
    )
    assert [problem.code for problem in errors] == ([] if code is None else [code])
