"""`loop`: carry, until, keep best, patience, exhausted, members (language.md L1 to L5)."""

from __future__ import annotations

import pytest

REFINE = """
graph solve(question) {
  node start : answer on smol
  loop refine[%s] {
    carry draft = start then revised
    node verdict : judge(draft: draft) on smol
    until verdict == "ok"
    node revised : revise(draft: draft) on smol
  }
  output %s
}
"""
DRAFTS = {
    "solve q": "a0",
    "revise a0": "a1",
    "revise a1": "a2",
    "revise a2": "a3",
    "judge a0": "bad",
    "judge a1": "bad",
    "judge a2": "ok",
    "judge a3": "bad",
}


@pytest.mark.parametrize(
    ("rounds", "asked", "answer"),
    [
        (0, ["solve q"], "a0"),
        (1, ["solve q", "judge a0", "revise a0"], "a1"),
        (2, ["solve q", "judge a0", "revise a0", "judge a1", "revise a1"], "a2"),
        # the third round finds a2 good: it stands, and nothing is written any more
        (3, ["solve q", "judge a0", "revise a0", "judge a1", "revise a1", "judge a2"], "a2"),
        (5, ["solve q", "judge a0", "revise a0", "judge a1", "revise a1", "judge a2"], "a2"),
    ],
)
def test_a_loop_goes_on_until_its_condition_or_its_bound(run, rounds, asked, answer):
    ran = run(REFINE % (rounds, "refine.draft"), DRAFTS)
    assert ran.asked == asked
    assert ran.result.answer.text == answer


def test_a_chosen_bound_is_unrolled_to_its_largest_and_runs_as_decided(run):
    for rounds in range(4):
        decided = run(REFINE % ("~0..3", "refine.draft"), DRAFTS, decide={"solve.refine.count": rounds})
        written = run(REFINE % (rounds, "refine.draft"), DRAFTS)
        assert decided.candidate.digest == written.candidate.digest
        assert decided.asked == written.asked


@pytest.mark.parametrize(("rounds", "exhausted"), [(0, True), (2, True), (3, False), (4, False)])
def test_exhausted_tells_whether_the_bound_was_used_up(run, rounds, exhausted):
    body = REFINE % (rounds, "first(tired, fresh)")
    body = body.replace(
        "  output",
        '  node tired : echo(text: "tired") on smol when refine.exhausted\n'
        '  node fresh : echo(text: "fresh") on smol when not refine.exhausted\n  output',
    )
    ran = run(body, {**DRAFTS, "echo tired": "tired", "echo fresh": "fresh"})
    assert ran.result.answer.text == ("tired" if exhausted else "fresh")


def test_a_node_outside_is_that_of_the_last_round_that_ran_it(run):
    assert run(REFINE % (5, "refine.verdict"), DRAFTS).result.answer.text == "ok"
    assert run(REFINE % (2, "refine.verdict"), DRAFTS).result.answer.text == "bad"
    # the third round ended before it wrote
    assert run(REFINE % (5, "refine.revised"), DRAFTS).result.answer.text == "a2"


def test_what_the_test_needs_runs_first_wherever_it_stands(run):
    body = (REFINE % (5, "refine.draft")).splitlines()
    until = next(line for line in body if "until" in line)
    body.remove(until)
    body.insert(body.index("  }"), until)
    assert run("\n".join(body), DRAFTS).asked == run(REFINE % (5, "refine.draft"), DRAFTS).asked


def test_a_verdict_that_cannot_be_read_does_not_end_the_loop(run):
    ran = run(REFINE % (2, "refine.draft"), {**DRAFTS, "judge a0": "hm", "judge a1": "hm"})
    assert ran.result.answer.text == "a2"


def test_registers_advance_together(run):
    body = """
    graph solve(question) {
      loop turn[3] {
        carry a = "one" then b
        carry b = "two" then a
      }
      node said : echo(text: turn.a) on smol
      output said
    }
    """
    # after three swaps a holds what b held at first; one after the other both would be "two"
    assert run(body, {"echo two": "x", "echo one": "y"}).asked == ["echo two"]


def test_an_absent_value_keeps_what_is_carried(run):
    body = """
    graph solve(question) {
      node start : answer on smol
      loop turn[3] {
        carry draft = start then better
        node ok     : judge(draft: draft) on smol
        node better : revise(draft: draft) on smol when ok == "bad"
      }
      output turn.draft
    }
    """
    ran = run(body, {**DRAFTS, "judge a1": "ok"})
    assert ran.result.answer.text == "a1"
    assert ran.asked == ["solve q", "judge a0", "revise a0", "judge a1", "judge a1"]


KEEP = """
graph solve(question) {
  node start : answer on smol
  loop refine[%s] {
    carry draft = start then revised
    node mark    : grade(draft: draft) on smol
    node revised : revise(draft: draft) on smol
    keep best mark%s
  }
  output refine.draft
}
"""


def graded(*marks):
    found = {"solve q": "a0"}
    for k, mark in enumerate(marks):
        found[f"grade a{k}"] = str(mark)
        found[f"revise a{k}"] = f"a{k + 1}"
    return found


@pytest.mark.parametrize(
    ("marks", "patience", "answer", "calls"),
    [
        ((5, 7, 6), "", "a1", 6),  # first, three grades, two drafts: the last round writes nothing
        ((5, 7, 7), "", "a2", 6),  # of equal ones the later
        ((5, "?", 4), "", "a0", 6),  # what cannot be read is not kept
        (("?", "?", "?"), "", "a2", 6),  # nothing was graded: as it stands
        ((5, 4, 9), ", patience: 1", "a0", 4),  # ends in the second round, before it writes
        ((5, 5, 9), ", patience: 1", "a1", 4),  # an equal one is kept, but beats nothing
        ((5, 4, 9), ", patience: 2", "a2", 6),
    ],
)
def test_the_best_is_kept(run, marks, patience, answer, calls):
    ran = run(KEEP % (3, patience), graded(*marks))
    assert ran.result.answer.text == answer
    assert len(ran.asked) == calls


def test_the_index_of_a_loop_is_known(run):
    body = """
    graph solve(question) {
      node start : answer on smol
      loop turn[k: 3] {
        carry draft = start then revised
        node revised : revise(draft: draft) on smol if k != 2
      }
      output turn.draft
    }
    """
    assert run(body, DRAFTS).asked == ["solve q", "revise a0", "revise a1"]


def test_a_loop_in_a_loop_starts_anew(run):
    body = """
    graph solve(question) {
      node start : answer on smol
      loop outer[2] {
        carry draft = start then inner.text
        loop inner[2] {
          carry text = draft then revised
          node revised : revise(draft: text) on smol
        }
      }
      output outer.draft
    }
    """
    drafts = {**DRAFTS, "revise a3": "a4"}
    assert run(body, drafts).asked == ["solve q", "revise a0", "revise a1", "revise a2", "revise a3"]


def test_a_graph_in_a_loop_decides_once_for_all_rounds(run):
    body = """
    graph panel(question, draft: text) {
      node voter[~1..3] : revise on smol
      output majority(voter)
    }
    graph solve(question) {
      node start : answer on smol
      loop turn[2] {
        carry draft = start then better
        node better : panel(draft: draft)
      }
      output turn.draft
    }
    """
    ran = run(body, DRAFTS, decide={"solve.turn.better.panel.voter.count": 2})
    assert ran.asked == ["solve q", "revise a0", "revise a0", "revise a1", "revise a1"]
