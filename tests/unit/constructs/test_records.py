"""Replies as records, lists and tagged values: reading, fields, tags, re-asks (language.md G26b)."""

from __future__ import annotations

import pytest

from tgl.ir import KeySpec, Reader
from tgl.runtime.readers import read_reply
from tgl.stdfn import Record, Tagged

CRITIC = Reader(
    kind="record",
    fields=(
        ("verdict", Reader(kind="choice", options=("ok", "wrong"))),
        ("score", Reader(kind="number", low=0, high=10)),
        ("note", Reader(kind="text", optional=True)),
    ),
)
JOB = Reader(kind="record", fields=(("what", Reader(kind="text")),))
JOBS = Reader(kind="record", fields=(("jobs", Reader(kind="list", item=JOB)),))
MOVE = Reader(
    kind="tagged", tags=(("ASK", Reader(kind="text")), ("FINAL", Reader(kind="answer")), ("DONE", None))
)
KEY = KeySpec(kind="number")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ('{"verdict": "ok", "score": 7}', ("ok", 7.0, None)),
        (
            'Let me see.\n```json\n{"score": "7.5", "verdict": "Wrong", "more": [1]}\n```',
            ("wrong", 7.5, None),
        ),
        (
            '{"verdict": "ok", "score": 7} no: {"verdict": "wrong", "score": 2, "note": "sign"}',
            ("wrong", 2.0, "sign"),
        ),
        ('{"verdict": "ok", "score": 7} and {"other": 1}', ("ok", 7.0, None)),
        ('{"verdict": "ok", "score": 11}', None),  # out of range
        ('{"verdict": "ok"}', None),
        ('{"verdict": "maybe", "score": 1}', None),
        ('{"verdict": "ok", "score": true}', None),
        ("verdict: ok, score: 7", None),
        ("{" * 5000, None),
        ("[" * 100_000, None),
        ("", None),
    ],
)
def test_a_record_is_the_last_object_that_fits(text, read):
    found = read_reply(CRITIC, KEY, text)
    assert (None if found is None else tuple(value for _, value in found.fields)) == read


def test_lists_and_records_nest():
    found = read_reply(JOBS, KEY, '{"jobs": [{"what": "a", "x": 1}, {"what": "b"}]}')
    assert found == Record((("jobs", (Record((("what", "a"),)), Record((("what", "b"),)))),))
    assert read_reply(JOBS, KEY, '{"jobs": [{"what": "a"}, {}]}') is None
    assert read_reply(JOBS, KEY, '{"jobs": []}') == Record((("jobs", ()),))


@pytest.mark.parametrize(
    ("text", "tag", "payload"),
    [
        ("ASK: what is x?", "ASK", "what is x?"),
        ("I think.\n**ASK** what is x?\nAnd y?", "ASK", "what is x?\nAnd y?"),
        ("FINAL(42)", "FINAL", "42"),
        ("ASK: a\nFINAL: 7", "FINAL", "7"),
        ("FINAL: seven\nDONE", "DONE", None),
        ("DONE", "DONE", None),
        ("ASK: a\nFINAL: seven", "ASK", "a\nFINAL: seven"),  # the last line that can be read
        ("ask: what", None, None),
        ("ASKED: what", None, None),
        ("ASK:", None, None),
        ("", None, None),
    ],
)
def test_a_tag_begins_a_line(text, tag, payload):
    found = read_reply(MOVE, KEY, text)
    if tag is None:
        assert found is None
    else:
        assert isinstance(found, Tagged)
        assert found.tag == tag
        assert (None if found.value is None else found.value.text) == payload


SEEK = """
role mover(question, log: list?) -> ASK(text) | FINAL(answer) {
  prompt "move{% for m in log %} [{{ m }}]{% endfor %}"; temperature 0.7; retry 1
}
role helper(request: text) -> text { prompt "help {{ request }}"; temperature 0.7 }
graph solve(question) {
  loop talk[3] {
    carry log  = [] then log + [move, help]
    carry used = 0 then used + 1
    node move : mover(log: log) on smol
    until move is FINAL
    node help : helper(request: move.ASK) on smol when used < 1
  }
  output talk.move.FINAL
}
"""


def test_a_dialogue_ends_with_its_final_answer(run):
    replies = {"move": "ASK: why", "help why": "so", "move [ASK: why] [so]": "FINAL: 4"}
    ran = run(SEEK, replies)
    assert ran.asked == ["move", "help why", "move [ASK: why] [so]"]
    assert ran.result.answer.text == "4"


def test_help_is_limited_and_the_talk_may_end_without_an_answer(run):
    ran = run(SEEK, lambda prompt, request: "ASK: a" if prompt.startswith("move") else "h")
    assert ran.asked == ["move", "help a", "move [ASK: a] [h]", "move [ASK: a] [h] [ASK: a]"]
    assert ran.result.status.value == "no_answer"


def test_a_reply_that_does_not_fit_is_asked_for_again(run):
    left = ["what?", "FINAL: 4"]
    ran = run(SEEK, lambda prompt, request: left.pop(0))
    assert ran.asked == ["move", "move"]
    assert ran.result.answer.text == "4"


def test_fields_are_read_by_guards_arguments_and_prompts(run):
    body = """
    role critic(draft: text) -> {verdict: choice("ok", "wrong"), score: number(0..10), why: text} {
      prompt "critic {{ draft }}"; temperature 0.7
    }
    role fixer(draft: text, note: text, all) -> answer {
      prompt "fix {{ draft }} {{ note }} {{ all.score }}"; temperature 0.7
    }
    graph solve(question) {
      node start : answer on smol
      node check : critic(draft: start) on smol
      node fixed : fixer(draft: start, note: check.why, all: check) on smol when check.verdict == "wrong"
      output first(fixed, start)
    }
    """
    wrong = '{"verdict": "wrong", "score": 3, "why": "sign"}'
    assert run(body, {"solve q": "a", "critic a": wrong, "fix a sign 3": "b"}).result.answer.text == "b"
    right = '{"verdict": "ok", "score": 9, "why": ""}'
    assert run(body, {"solve q": "a", "critic a": right}).result.answer.text == "a"
    # a guard on what could not be read does not hold
    assert run(body, {"solve q": "a", "critic a": "fine"}).result.answer.text == "a"


def test_a_plan_is_mapped_and_fused(run):
    body = """
    role planner(question) -> {jobs: list({what: text, about: text})} { prompt "plan"; temperature 0.7 }
    role worker(job) -> text { prompt "work {{ job.what }} {{ job.about }}"; temperature 0.7 }
    graph solve(question) {
      node plan : planner on smol
      each job[2] in plan.jobs { node part : worker(job: job) on smol }
      node done : answer(drafts: job.part) on smol
      output done
    }
    """
    jobs = '{"jobs": [{"what": "a", "about": "x"}, {"what": "b", "about": "y"}, {"what": "c", "about": "z"}]}'
    replies = {"plan": jobs, "work a x": "A", "work b y": "B", "solve q [A] [B]": "AB"}
    ran = run(body, replies)
    assert ran.result.answer.text == "AB"
    assert ran.result.cuts == (("solve.job", 1),)


def test_a_guarded_argument_passes_on_only_what_holds(run):
    body = """
    graph solve(question) {
      node draft : answer on smol
      node mark  : grade(draft: draft) on smol
      output first(draft when mark >= 5, "I do not know")
    }
    """
    assert run(body, {"solve q": "a", "grade a": "7"}).result.answer.text == "a"
    assert run(body, {"solve q": "a", "grade a": "3"}).result.answer.text == "I do not know"
