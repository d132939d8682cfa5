"""A number that can't be what it is written as is called by what it is: rounds, batches, ranges, trials."""

from __future__ import annotations

import pytest

from tgl.semantics import NO_FILES, MemoryLoader, check
from tgl.text import SourceFile, apply_edits

PROGRAM = """
use std.roles  { assistant }
use std.reduce { first }
model small { provider local; weights "smollm2-135m-instruct"; params 135M }
task sums { data "sums.jsonl"; split train: 9, select: 9, test: 9; given question; expect answer; key number }
"""
GRAPH = "graph solve(question, xs: list) {{ node s[3] : assistant on small\n{}\noutput first(s) }}\n"
SEARCH = "optimize solve on sums {{ maximize accuracy; spend calls <= 99; using {} }}\n"
SPEND = "optimize solve on sums {{ maximize accuracy; spend calls <= {} }}\n"
PLAIN = "graph solve(question) { node s[~1..3] : assistant on small\noutput first(s) }\n"
ROUND = "{ carry best = s then t\n node t : assistant on small\n keep best 1, patience: 0 }"
INSIDE = "{ node t : assistant on small }"

NUMBERS = [
    (GRAPH.format(f"loop l[1.5] {INSIDE}"), "the number of rounds is no whole number from 0 on", None),
    (GRAPH.format(f"loop l[9999] {INSIDE}"), "the number of rounds may be 9999, and 512 is the most", None),
    (GRAPH.format(f"each x[9999] in xs {INSIDE}"), "the bound of a map may be 9999, and 512 is", None),
    (GRAPH.format(f"loop l[3] {ROUND}"), "`patience` is no whole number from 1 on", None),
    (
        GRAPH.format("node b[3] : assistant on small batch 0 until true"),
        "the size of a batch is no whole number from 1",
        None,
    ),
    (GRAPH.format("node a[0] : assistant on small"), "the number of replicas is never above 0", None),
    (GRAPH.format("node a[~log(0..4)] : assistant on small"), "this range has no logarithm", "begin above 0"),
    (
        GRAPH.format("param few = ~subsets([1, 2], 1..3)\nnode a[size(few)] : assistant on small"),
        "this range asks for 1 to 3 of 2 items",
        "take 0 to 2 of them",
    ),
    (
        GRAPH.format("node a[~3..1] : assistant on small"),
        "this range holds nothing",
        "the smaller bound first",
    ),
    (
        GRAPH.format("node a[1e9] : assistant on small"),
        "the number of replicas is too large",
        "a smaller number",
    ),
    (
        PLAIN + SPEND.format("1e30"),
        "`spend` takes a number of calls without an exponent: `calls <= 4000`",
        None,
    ),
    (PLAIN + SPEND.format("1.5"), "`spend` takes a whole number of calls: `calls <= 4000`", None),
    (PLAIN + SEARCH.format("random(trials: 0.5)"), "`trials` takes a whole number above 0", None),
    (PLAIN + SEARCH.format("reinforce(rounds: 1.5)"), "`rounds` takes a whole number above 0", None),
    (PLAIN + SEARCH.format("reinforce(rate: 0)"), "`rate` takes a number above 0", None),
]


@pytest.mark.parametrize(("text", "message", "hint"), NUMBERS, ids=[message for _, message, _ in NUMBERS])
def test_a_bad_number_is_called_what_it_is(text: str, message: str, hint: str | None) -> None:
    checked = check(SourceFile("p.tgl", PROGRAM + text), NO_FILES)
    [problem] = checked.problems
    assert problem.message.startswith(message)
    assert hint is None or hint in (problem.help or "")


@pytest.mark.parametrize(
    ("text", "wrong", "right"),
    [
        (GRAPH.format("node a[1.2e1] : assistant on small"), "1.2e1", "12"),
        (GRAPH.format(f"loop l[2E0] {INSIDE}"), "2E0", "2"),
        (PLAIN + SPEND.format("4e3"), "4e3", "4000"),
    ],
)
def test_a_count_with_an_exponent_is_written_out(text: str, wrong: str, right: str) -> None:
    source = SourceFile("p.tgl", PROGRAM + text)
    [problem] = check(source, NO_FILES).problems
    [fix] = problem.fixes
    assert fix.safe
    mended = apply_edits(source.text, fix.edits)
    assert mended == source.text.replace(wrong, right)
    assert not [one for one in check(SourceFile("p.tgl", mended), NO_FILES).problems if one.code[0] == "E"]


def test_a_rate_may_have_decimals() -> None:
    text = PROGRAM + PLAIN + SEARCH.format("reinforce(rate: 0.5, rounds: 3)")
    assert check(SourceFile("p.tgl", text), NO_FILES).problems == ()


def test_a_reply_without_a_bound_is_not_told_of_an_imported_role_whose_bound_cannot_be_read() -> None:
    far = 'role thinker(question) -> answer { prompt "{{ question }}"; max_tokens: 200 }\n'
    text = """use "./far.tgl" { thinker as remote }
model m { provider openai; id "m"; base_url "http://127.0.0.1:9/v1" }
task adds {
  data "a.jsonl"; split train: 4, select: 4, test: 4
  given question; expect answer; key number; unit calls
}
graph solve(question) { node a : remote on m; output a }
optimize solve on adds { maximize accuracy; limit tokens <= 4000; spend calls <= 100 }
"""
    found = check(SourceFile("p.tgl", text), MemoryLoader({"far.tgl": far})).problems
    assert [problem.code for problem in found] == ["E0104"]
