"""`batch … until` (language.md L7) and `each` (L6)."""

from __future__ import annotations

import pytest

VOTES = """
graph solve(question) {
  node sample[%s] : answer on smol
    batch %s until agreement(sample) >= 0.75
  output majority(sample)
}
"""


def script(*answers: str):
    """Replies in the order in which they are asked for."""
    left = list(answers)
    return lambda prompt, request: left.pop(0)


@pytest.mark.parametrize(
    ("most", "size", "replies", "calls", "answer"),
    [
        (6, 1, "aaaaaa", 1, "a"),  # one vote agrees with itself
        (6, 2, "aabbbb", 2, "a"),
        (6, 2, "abaabb", 4, "a"),  # 3 of 4 after the second batch
        (6, 2, "ababab", 6, "a"),  # never agreed: all are drawn
        (5, 2, "ababb", 5, "b"),  # the last batch holds what is left
        (4, 3, "abaa", 4, "a"),
        (4, 8, "abab", 4, "a"),
    ],
)
def test_replicas_are_drawn_in_batches_until_it_is_enough(run, most, size, replies, calls, answer):
    ran = run(VOTES % (most, size), script(*replies))
    assert len(ran.asked) == calls
    assert ran.result.answer.text == answer


def test_a_chosen_batch_runs_as_the_written_one(run):
    for size in (1, 2, 4):
        decided = run(
            VOTES % ("~4..6", "~[1, 2, 4]"),
            script(*"abaaba"),
            decide={"solve.sample.count": 5, "solve.sample.batch": size},
        )
        written = run(VOTES % (5, size), script(*"abaaba"))
        assert decided.candidate.digest == written.candidate.digest
        assert len(decided.asked) == len(written.asked)


MAP = """
graph solve(question, items: list) {
  each x[%s] in items {
    node part : revise(draft: x) on smol
  }
  node done : answer(drafts: x.part) on smol
  output done
}
"""


def echo(prompt, request):
    return prompt.replace("revise ", "r").replace("solve q", "s")


@pytest.mark.parametrize(
    ("bound", "items", "asked", "cut"),
    [
        (3, ["a", "b"], ["revise a", "revise b", "solve q [ra] [rb]"], ()),
        (2, ["a", "b"], ["revise a", "revise b", "solve q [ra] [rb]"], ()),
        (2, ["a", "b", "c", "d"], ["revise a", "revise b", "solve q [ra] [rb]"], (("solve.x", 2),)),
        (2, [], ["solve q"], ()),
    ],
)
def test_a_map_goes_through_the_first_items_and_tells_what_it_cut(run, bound, items, asked, cut):
    ran = run(MAP % bound, echo, {"question": "q", "items": items})
    assert ran.asked == asked
    assert ran.result.cuts == cut


def test_a_chosen_bound_of_a_map(run):
    for bound in (1, 2, 3):
        example = {"question": "q", "items": ["a", "b", "c"]}
        decided = run(MAP % "~1..3", echo, example, decide={"solve.x.count": bound})
        assert decided.candidate.digest == run(MAP % bound, echo, example).candidate.digest
        assert len(decided.asked) == bound + 1


def test_marks_of_items_stand_beside_them(run):
    body = """
    graph solve(question, items: list) {
      each x[4] in items { node mark : grade(draft: x) on smol }
      output best(x, by: x.mark)
    }
    """
    marks = {"grade a": "3", "grade b": "nine", "grade c": "8"}
    ran = run(body, marks, {"question": "q", "items": ["a", "b", "c"]})
    assert ran.result.answer.text == "c"
    assert ran.asked == ["grade a", "grade b", "grade c"]


def test_a_node_that_reads_no_item_runs_for_each_that_is_there(run):
    body = """
    graph solve(question, items: list) {
      each x[4] in items { node vote : answer on smol }
      output majority(x.vote)
    }
    """
    ran = run(body, {"solve q": "a"}, {"question": "q", "items": ["1", "2"]})
    assert ran.asked == ["solve q"] * 2


def test_a_map_in_a_loop_over_what_the_loop_carries(run):
    body = """
    graph solve(question) {
      node start[2] : answer on smol
      loop round[2] {
        carry drafts = start then x.better
        each x[2] in drafts { node better : revise(draft: x) on smol }
      }
      output majority(round.drafts)
    }
    """
    replies = {"solve q": "a", "revise a": "b", "revise b": "c"}
    ran = run(body, replies)
    assert ran.asked == ["solve q"] * 2 + ["revise a"] * 2 + ["revise b"] * 2
    assert ran.result.answer.text == "c"


def test_debate_edges_from_what_is_carried(run):
    body = """
    role debater(question, own: text, others: list?) -> answer {
      prompt "debate {{ own }}{% for o in others %} {{ o }}{% endfor %}"; temperature 0.7
    }
    graph solve(question) {
      let said = ["a", "b", "c"]
      node opening[i: 3] : echo(text: said[i]) on smol
      loop talk[2] {
        carry views = opening then reply
        node reply[i: 3] : debater(own: views[i]) on model_of(opening[i])
        edge views[j] -> reply[i].others if j == i + 1 or j == i - 2
        until agreement(views) == 1
      }
      output majority(talk.views)
    }
    """

    def reply(prompt, request):
        return prompt.split()[-1]  # says what its neighbour says

    ran = run(body, reply)
    assert sorted(ran.asked[3:6]) == ["debate a b", "debate b c", "debate c a"]
    assert sorted(ran.asked[6:]) == ["debate a b", "debate b c", "debate c a"]
    assert ran.said["talk[1].reply[1]"] == "b"
    assert ran.said["talk[2].reply[1]"] == "c"
    assert ran.result.answer.text == "c"
