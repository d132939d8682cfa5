"""Tags within records and lists, ports that take tags, ranked replies (language.md, replies with parts)."""

from __future__ import annotations

import pytest

from tgl.ir import KeySpec, Reader
from tgl.runtime.readers import read_reply
from tgl.stdfn import Record, Tagged

KEY = KeySpec(kind="number")
TEXT = Reader(kind="text")
MOVE = Reader(kind="tagged", tags=(("ASK", TEXT), ("SCORE", Reader(kind="number")), ("DONE", None)))
TURN = Reader(kind="record", fields=(("why", TEXT), ("move", MOVE)))
TURNS = Reader(kind="list", item=MOVE)
RANKED = Reader(kind="list", item=TEXT, ranked=True)


def held(found: object) -> tuple[str, object] | None:
    assert found is None or isinstance(found, Tagged)
    return None if found is None else (found.tag, getattr(found.value, "text", found.value))


@pytest.mark.parametrize(
    ("move", "read"),
    [
        ('{"ASK": "how far?"}', ("ASK", "how far?")),
        ('"ASK: how far?"', ("ASK", "how far?")),
        ('"ASK(how far?)"', ("ASK", "how far?")),
        ('{"SCORE": 7, "note": "high"}', ("SCORE", 7.0)),
        ('{"DONE": null}', ("DONE", None)),
        ('{"DONE": true}', ("DONE", None)),
        ('"DONE"', ("DONE", None)),
        ('{"ASK": "x", "DONE": true}', None),  # which one?
        ('{"ask": "x"}', None),
        ('{"SCORE": "high"}', None),
        ('{"STOP": 1}', None),
        ("7", None),
        ("null", None),
    ],
)
def test_a_tag_within_json_is_an_object_of_it_or_its_text(move, read):
    found = read_reply(TURN, KEY, f'{{"why": "w", "move": {move}}}')
    if read is None:
        assert found is None
    else:
        assert isinstance(found, Record)
        assert held(found.get("move")) == read


def test_tags_stand_in_lists_too():
    found = read_reply(TURNS, KEY, '["DONE", {"ASK": "why"}]')
    assert isinstance(found, tuple)
    assert [held(one) for one in found] == [("DONE", None), ("ASK", "why")]
    assert read_reply(TURNS, KEY, '["DONE", "what"]') is None


@pytest.mark.parametrize(
    ("reply", "items"),
    [
        ('I say ["b", "a", "b", "c"].', ("b", "a", "c")),
        ("1. b\n2. a", ("b", "a")),
        ("Best first:\n 1) **b**\n 2) a\n\nso b", ("b", "a")),
        ("1. x\n2. y\nNo:\n1. b\n2. a\n3. b", ("b", "a")),  # the last list, none twice
        ("- b\n- a", None),  # says no order
        ("b, a", None),
        ("", None),
    ],
)
def test_a_ranked_reply_is_a_list_or_numbered_lines(reply, items):
    assert read_reply(RANKED, KEY, reply) == items


TALK = """
role mover(question) -> {why: text, move: ASK(text) | FINAL(answer)} {
  prompt "move {{ question }}"; temperature 0.7
}
role helper(ask: ASK(text) | HELP) -> answer {
  prompt "help {% if ask.HELP %}nothing{% endif %}{{ ask.ASK }} / {{ ask }}"; temperature 0.7
}
graph solve(question) {
  node turn : mover on smol
  node help : helper(turn.move) on smol
  output first(turn.move.FINAL, help)
}
"""


@pytest.mark.parametrize(
    ("move", "asked", "answer"),
    [
        ('{"ASK": "how far?"}', ["move q", "help how far? / ASK: how far?"], "4"),
        ('"FINAL: 9"', ["move q"], "9"),  # no tag that the port takes: nothing arrives there
    ],
)
def test_a_port_takes_the_tags_that_it_names(run, move, asked, answer):
    replies = {
        "move q": f'{{"why": "w", "move": {move}}}',
        "help how far? / ASK: how far?": "4",
    }
    ran = run(TALK, replies)
    assert ran.asked == asked
    assert ran.result.answer.text == answer


def test_fields_of_a_list_are_those_of_its_items(run):
    body = """
    role lister(question) -> list({what: text}) { prompt "list"; temperature 0.7 }
    graph solve(question) {
      node all  : lister on smol
      node done : answer(drafts: all.what) on smol
      output done
    }
    """
    ran = run(body, {"list": '[{"what": "a"}, {"what": "b"}]', "solve q [a] [b]": "AB"})
    assert ran.result.answer.text == "AB"
