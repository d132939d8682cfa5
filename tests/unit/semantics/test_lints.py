"""Places and fixes of lints; the lines that they speak of, and those that they pass by, are in the corpus."""

from __future__ import annotations

from tgl.diagnostics import Diagnostic
from tgl.semantics import MemoryLoader, check, lower
from tgl.text import SourceFile, apply_edits

HEAD = """\
use std.reduce { majority, first }
use std.roles { assistant, fuser }
use std.scaling { self_consistency }
use std.signals { agreement }
model smol { provider local; weights "smol"; params 135M }
model gemma { provider local; weights "gemma"; params 270M }
pool small = [smol, gemma]
pool alone = [gemma]
"""


def problems(text: str) -> tuple[Diagnostic, ...]:
    return check(SourceFile("p.tgl", HEAD + text), MemoryLoader({})).problems


def marked(problem: Diagnostic) -> str:
    assert problem.primary is not None
    assert problem.primary.source.name == "p.tgl"
    span = problem.primary.span
    return problem.primary.source.text[span.start : span.end]


def graph(*lines: str) -> str:
    body = "\n".join(f"  {line}" for line in lines)
    return f"graph g(question) {{\n{body}\n}}\n"


def test_what_an_argument_does_to_a_template_is_told_at_the_node_that_gives_it():
    found = problems(graph("node a : self_consistency(heat: 0.0, n: 4) on smol", "output a"))
    assert [problem.code for problem in found] == ["W0502"]
    assert marked(found[0]) == "a"
    found = problems(graph("node a : self_consistency(heat: 0.5, n: 2) on smol", "output a"))
    assert [(problem.code, marked(problem)) for problem in found] == [("W0504", "a")]


def test_a_vote_is_told_where_its_number_is_written_and_shows_where_it_is_counted():
    (found,) = problems(graph("param n = 2", "node a[n] : assistant on smol", "output majority(a)"))
    assert marked(found) == "n"
    assert [label.text for label in found.secondary] == ["counted here"]
    (found,) = problems(graph("node a[2, 2] : assistant on smol", "output majority(a)"))
    assert marked(found) == "a"


def test_equal_replies_are_told_once_not_also_as_an_even_vote():
    found = problems(graph("node a[2] : assistant(temperature: 0) on smol", "output majority(a)"))
    assert [problem.code for problem in found] == ["W0502"]


def test_the_number_that_a_search_settled_on_is_not_questioned():
    text = graph("node a[2] : assistant on smol", "output majority(a)")
    measured = 'measured g on t { accuracy 0.5; hashes program: "sha256:00" }\n'
    task = 'task t { data "q"; split train: 1, select: 1, test: 1; given question; expect a; key exact }\n'
    assert [problem.code for problem in problems(text + task)] == ["W0504"]
    assert problems(text + task + measured) == ()


def test_an_absent_output_shows_the_conditions_that_it_hangs_on():
    (found,) = problems(
        graph(
            "node a[3] : assistant on smol",
            "node b : assistant on gemma when agreement(a) < 0.6",
            "node c : fuser(drafts: b) on smol",
            "output c",
        )
    )
    assert (found.code, marked(found)) == ("W0506", "c")
    ((place, words),) = [(label.span, label.text) for label in found.secondary]
    assert found.secondary[0].source.text[place.start : place.end] == "b"
    assert words == "runs only when its condition holds"


def test_a_lint_of_a_long_chain_of_conditions_ends():
    lines = ["node a0 : assistant on smol"]
    lines += [
        f"node a{k} : fuser(drafts: a{k - 1}) on smol when agreement([a{k - 1}]) < 1" for k in range(1, 600)
    ]
    found = problems(graph(*lines, "output a599"))
    assert {problem.code for problem in found} <= {"W0506"}


def test_weights_are_offered_as_whole_numbers_that_mean_the_same():
    text = graph("node a : assistant(max_tokens: ~{8: 0.7, 16: 0.45}) on smol", "output a")
    (found,) = problems(text)
    (fix,) = found.fixes
    assert not fix.safe, "one of the weights may be the mistake"
    fixed = apply_edits(HEAD + text, fix.edits)
    assert "~{8: 14, 16: 9}" in fixed
    again = check(SourceFile("p.tgl", fixed), MemoryLoader({}))
    before = lower(check(SourceFile("p.tgl", HEAD + text), MemoryLoader({}))).ir
    after = lower(again).ir
    assert again.problems == ()
    assert before is not None
    assert after is not None
    shares = []
    for ir in (before, after):
        weights = ir.choices[0].domain.weights
        shares.append([round(weight / sum(weights), 12) for weight in weights])
    assert shares[0] == shares[1]


def test_a_choice_of_one_model_offers_the_model_and_the_pools_that_hold_it():
    text = graph("node a : assistant on ~smol", "output a")
    (found,) = problems(text)
    assert found.code == "E0405"
    assert found.message == "`~smol` leaves nothing to choose: `smol` is one model"
    texts = [apply_edits(HEAD + text, fix.edits) for fix in found.fixes]
    assert [line.splitlines()[-3] for line in texts] == [
        "  node a : assistant on smol",
        "  node a : assistant on ~small",
    ]
    assert all(check(SourceFile("p.tgl", one), MemoryLoader({})).problems == () for one in texts)


def test_a_limit_names_the_nodes_that_always_run():
    task = 'task t { data "q"; split train: 1, select: 1, test: 1; given question; expect a; key exact }\n'
    goal = "optimize g on t { maximize accuracy; limit calls <= 1 }\n"
    body = (
        "node a : assistant(retry: 0) on smol",
        "node b : fuser(drafts: a, retry: 0) on ~small",
        "output b",
    )
    (found,) = problems(graph(*body) + task + goal)
    assert marked(found) == "limit calls <= 1"
    assert found.help is not None
    assert "`a` and `b` always run" in found.help
