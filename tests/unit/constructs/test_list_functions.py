"""Functions of lists, words and numbers, on the programs of examples/ that use them: exact traces."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from pathlib import Path

import pytest

from tgl.emit import resolve_text
from tgl.ir import KeySpec
from tgl.semantics import NO_FILES, check, lower
from tgl.space import Stream, resolve, sample, worst_calls
from tgl.text import SourceFile

EXAMPLES = Path(__file__).parents[3] / "examples"

spec = importlib.util.spec_from_file_location("constructs_conftest", Path(__file__).parent / "conftest.py")
assert spec is not None
assert spec.loader is not None
runs = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = runs
spec.loader.exec_module(runs)


def ran(name: str, decide: dict[str, object], reply, question: str, key: KeySpec):
    ir = runs.lowered((EXAMPLES / f"{name}.tgl").read_text(), "solve")
    candidate = resolve(ir, decide).candidate
    return runs.run_candidate(ir, candidate, reply, {"question": question}, key, by_model=True)


# which_two.tgl: `shuffle`, `restore`

TWINS = {"small": "rain", "other": "snow", "large": "wind"}


def shown_replies(prompt: str) -> list[str]:
    return re.findall(r"Reply \d+: (\w+)", prompt)


def which_two(question: str, pair=None):
    """A run on models that answer each with a word of its own, and a judge that finds the equal ones."""

    def reply(prompt, model):
        if "Reply 1" not in prompt:
            return TWINS[model]
        words = shown_replies(prompt)
        twins = [place + 1 for place, word in enumerate(words) if words.count(word) == 2]
        return json.dumps({"why": "same word", "pair": twins if pair is None else pair})

    return ran("which_two", {"solve.guess.model": "small"}, reply, question, KeySpec(kind="set"))


@pytest.mark.parametrize("question", ["a", "b", "c", "d", "e", "f"])
def test_a_judge_of_shuffled_replies_is_understood_in_the_order_before(question):
    found = which_two(question)
    assert found.result.answer is not None
    assert sorted(found.result.answer.text.split(", ")) == ["1", "4"]


def order_of(question: str) -> tuple[str, ...]:
    return tuple(shown_replies(next(prompt for prompt in which_two(question).asked if "Reply 1" in prompt)))


def test_the_order_is_another_for_other_questions_and_the_same_for_the_same_one():
    orders = [order_of(question) for question in "abcdefgh"]
    assert all(sorted(order) == ["rain", "rain", "snow", "wind"] for order in orders)
    assert len(set(orders)) > 3
    assert orders == [order_of(question) for question in "abcdefgh"]


@pytest.mark.parametrize(("pair", "answer"), [([9, 0], None), ([], None), ([1, 7], 1)])
def test_places_that_were_not_shown_are_left_out(pair, answer):
    found = which_two("a", pair)
    text = None if found.result.answer is None else found.result.answer.text
    assert (text is None) == (answer is None)
    assert text is None or text in "1234"


# hand_over.tgl: `length`, `mentions`, `streak`, `pick`, `max`


def writers(replies: list[str], k: int = 1, m: int = 1, question: str = "q") -> list[str]:
    """Which model writes each step, and the last assistant."""
    left = iter(replies)
    asked = []

    def reply(prompt, model):
        asked.append(model)
        return next(left)

    found = ran("hand_over", {"solve.k": k, "solve.m": m}, reply, question, KeySpec(kind="number"))
    assert found.result.failure is None
    return asked


@pytest.mark.parametrize(
    ("replies", "k", "m", "expected"),
    [
        (["Answer: 4"], 1, 1, "s"),
        (["a", "answer: 4"], 1, 1, "ss"),
        (["Hmm, so", "b", "Answer: 4"], 1, 1, "sls"),
        (["Not  sure.", "b", "c", "Answer: 4"], 1, 2, "slls"),
        (["awaits", "b", "Answer: 4"], 1, 1, "sss"),  # no whole word
        (["wait", "Answer: 4"], 2, 1, "ss"),  # not several times in a row
        (["wait", "wait", "b", "Answer: 4"], 2, 1, "ssls"),
        (["wait", "b", "wait", "Answer: 4"], 2, 1, "ssss"),  # interrupted
        (["a", "b", "c", "4"], 1, 1, "sssl"),  # no answer in max(k, m) + 2 rounds: the assistant
        (["a", "b", "c", "d", "4"], 1, 2, "ssssl"),
        (["a", "b", "c", "d", "4"], 2, 1, "ssssl"),
    ],
)
def test_the_large_model_takes_over_where_the_small_one_hesitates(replies, k, m, expected):
    assert [name[0] for name in writers(replies, k, m)] == list(expected)


@pytest.mark.parametrize(("length", "expected"), [(200, "ss"), (201, "ls")])
def test_a_long_question_begins_with_the_large_model(length, expected):
    said = writers(["a", "Answer: 4"], question="q" * length)
    assert [name[0] for name in said] == list(expected)


# Before the run.

HEAD = """
model smol { provider local; weights "smollm2-135m-instruct"; params 135M }
role answer(question, drafts: list?) -> answer { prompt "{{ question }} {{ drafts }}" }
"""


@pytest.mark.parametrize(
    ("count", "most"),
    [
        ("max(n, 2)", lambda n: max(n, 2)),
        ("min(n, 2)", lambda n: min(n, 2)),
        ("max([1, 2], n - 1)", lambda n: max(2, n - 1)),
        ("min(sizes)", lambda n: 2),
        ("max(n, 3) - min(n, 2)", lambda n: max(n, 3) - min(n, 2)),
        ("max(min(n, 3), 2)", lambda n: max(min(n, 3), 2)),
    ],
)
def test_extremes_of_choices_are_decided_with_the_program(count, most):
    body = f"""graph solve(question) {{
      param n = ~1..4
      param sizes = [4, 2, 3]
      node draft[{count}] : answer on smol
      node last : answer(drafts: draft) on smol if min(n, 2) == n or n > 1
      output last
    }}"""
    ir = runs.lowered(HEAD + body, "solve")
    for n in range(1, 5):
        candidate = resolve(ir, {"solve.n": n}).candidate
        assert worst_calls(candidate) == most(n) + 1


def test_a_sampled_program_with_extremes_means_the_same_when_it_is_written_back():
    body = """graph solve(question) {
      param n = ~1..4
      node draft[max(n - 1, 2)] : answer on smol
      edge draft[i] -> draft[j] if j == min(i + 1, 3) and i < j
      node last : answer(drafts: draft) on smol
      output last
    }"""
    checked = check(SourceFile("p.tgl", HEAD + body), NO_FILES)
    ir = lower(checked, "solve").ir
    for seed in range(8):
        resolution = resolve(ir, sample(ir, Stream(seed)).assignment)
        text = resolve_text(checked, ir, resolution)
        again = lower(check(SourceFile("p.tgl", text), NO_FILES), "solve").ir
        assert "~" not in text
        assert resolve(again, {}).candidate == resolution.candidate


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("max()", "takes numbers"),
        ('max("a", 2)', "a number is needed"),
        ("min(n: 2)", "none of them has a name"),
    ],
)
def test_what_is_no_number_is_an_error(written, told):
    body = f"graph solve(question) {{ node draft[{written}] : answer on smol\n output draft[1] }}"
    found = check(SourceFile("p.tgl", HEAD + body), NO_FILES).problems
    assert [told in problem.message for problem in found if problem.code == "E0307"] == [True]


@pytest.mark.parametrize(
    ("plan", "asked"),
    [('["a", "b"]', 3), ("[]", 2), ("what?", 2)],
)
def test_where_a_list_is_empty_or_cannot_be_read_another_node_takes_over(run, plan, asked):
    body = """
    role planner(question) -> list(text) { prompt "plan {{ question }}"; temperature 0.7 }
    graph solve(question) {
      node plan  : planner on smol
      each job[2] in plan { node part : echo(text: job) on smol }
      node whole : answer on smol when empty(plan)
      output first(whole, majority(job.part))
    }"""
    found = run(body, lambda prompt, _: plan if prompt.startswith("plan") else "7")
    assert len(found.asked) == asked


def test_an_empty_list_in_the_program_is_known_before_the_run():
    body = """graph solve(question) {
      param extra = ~[[1], []]
      node draft : answer on smol if not empty(extra)
      node last  : answer(drafts: draft) on smol
      output last
    }"""
    ir = runs.lowered(HEAD + body, "solve")
    counts = {worst_calls(resolve(ir, sample(ir, Stream(seed)).assignment).candidate) for seed in range(9)}
    assert counts == {1, 2}
