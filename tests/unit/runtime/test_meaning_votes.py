"""Votes under the key `embedding`: run on models in process, against what their bounds say."""

from __future__ import annotations

import asyncio
import itertools
import math

import pytest

from tgl.ir import CallNode
from tgl.keys import Answer
from tgl.models import ErrorKind, ModelError, ScriptedModel, TextVector, VectorModel
from tgl.runtime import CallPolicy, Executor, Job, ModelBinding, RunStatus, RuntimeOptions
from tgl.semantics import MemoryLoader, check, lower
from tgl.space import candidate_bounds, resolve, with_vectors, worst_calls
from tgl.space.bounds import Known
from tgl.space.lengths import Lengths
from tgl.stdfn import Message, Open, call_function, foretold_call, vote_key
from tgl.storage import MemoryStore
from tgl.text import SourceFile

HEAD = """
use std.reduce  { majority, first }
use std.signals { agreement }
model small { provider openai; id "s"; base_url "http://x" }
model meaning { provider openai; id "m"; base_url "http://x"; embeds yes }
role say(question, drafts: list?) -> answer {
  prompt "{{ question }}{{ drafts }}"; temperature 1.0; max_tokens 9; retry 1
}
role kind(question) -> choice("easy", "hard") { prompt "{{ question }}"; max_tokens 9 }
task causes {
  data "c.jsonl"; split train: 1, select: 1, test: 1; given question; expect answer; unit calls
  key embedding, by: meaning, similarity: 0.9
}
"""
TAIL = "optimize g on causes { maximize accuracy; spend calls <= 9; using random(trials: 1) }\n"
ANGLES = {"sofa": 0, "couch": 20, "settee": 40, "bread": 90, "loaf": 100, "water": 180}
VOTE = "node a[5] : say on small\noutput majority(a)"


def candidate_of(body: str):
    lowered = lower(
        check(SourceFile("p.tgl", f"{HEAD}graph g(question) {{\n{body}\n}}\n{TAIL}"), MemoryLoader({}))
    )
    assert lowered.ir is not None, lowered.problems
    return lowered.ir, resolve(lowered.ir, {}).candidate


def vector(text: str) -> tuple[float, ...]:
    turned = math.radians(ANGLES[text])
    return math.cos(turned), math.sin(turned)


class Maker(ScriptedModel):
    """Makes vectors as a function says, and notes of what."""

    def __init__(self, vectors) -> None:
        super().__init__("meaning", lambda _: "")
        self.vectors = vectors
        self.texts: list[str] = []

    async def vector(self, text: str, *, timeout: float) -> TextVector:
        self.texts.append(text)
        return TextVector(self.vectors(text), 1, 0.1)


def run(body: str, replies: list[str], vectors=vector, *, quorum: bool = False):
    """The result of a program whose calls, in the order of their draws, are replied to so."""
    ir, candidate = candidate_of(body)
    said = itertools.cycle(replies)
    maker = Maker(vectors)
    models = {
        "small": ScriptedModel("small", lambda _: next(said)),
        "meaning": VectorModel(maker, "meaning"),
    }
    bound = {spec.name: ModelBinding(spec, spec.name, models[spec.name], 1) for spec in ir.models}
    options = RuntimeOptions(live=True, policy=CallPolicy(1), quorum=quorum)
    key = ir.task.key if ir.task else None
    assert key is not None
    executor = Executor(bound, MemoryStore(), key=key, options=options)
    [result] = asyncio.run(executor.run_all([Job(candidate, {"question": "What is it?"})]))
    return result, maker.texts, candidate


def said(result) -> str:
    assert result.answer is not None, (result.failure, result.detail)
    return result.answer.key


@pytest.mark.parametrize("quorum", [False, True])
def test_answers_that_mean_the_same_are_one_vote(quorum):
    replies = ["bread", "sofa", "bread", "couch", "settee"]
    result, texts, _ = run(VOTE, replies, quorum=quorum)
    assert said(result) == "sofa"  # the first of the winning cluster; by their words `bread` has most votes
    assert sorted(set(texts)) == sorted(set(replies))


def test_of_clusters_of_one_size_the_one_that_came_first_wins():
    assert said(run(VOTE, ["water", "bread", "sofa", "loaf", "couch"])[0]) == "bread"


def test_the_winner_hangs_on_no_order_where_there_is_no_tie():
    for replies in itertools.permutations(["bread", "sofa", "couch", "settee"]):
        result, _, _ = run("node a[4] : say on small\noutput majority(a)", list(replies))
        assert said(result) in ("sofa", "couch", "settee")


def test_a_guard_sees_agreement_in_meaning():
    body = """
      node a[2] : say on small
      node b    : say(drafts: a) on small when agreement(a) < 1
      output first(b, majority(a))
    """
    result, _, _ = run(body, ["sofa", "couch", "water"])
    assert said(result) == "sofa"
    result, _, _ = run(body, ["sofa", "bread", "water"])
    assert said(result) == "water"


def test_what_a_vector_needs_is_a_call_of_the_program():
    result, _, candidate = run(VOTE, ["sofa", "couch", "water", "bread", "loaf"])
    nodes = [use.node for use in result.calls if use.model == "meaning"]
    assert nodes == [f"g.a[{place}].vector" for place in range(1, 6)]
    assert len(result.calls) == 10 <= worst_calls(candidate) == 15  # each draft may be asked for again
    # No trace shows a node that the program does not have.
    assert all("vector" not in name for name, _ in result.trace)
    bounds = candidate_bounds(candidate, Known({}, Lengths({"question": 11}))).total
    assert (bounds.calls.least, bounds.calls.most) == (5, 15)


def test_a_reply_that_can_t_be_read_has_no_vector():
    result, texts, _ = run(VOTE, [" ", "sofa"])
    assert said(result) == "sofa"
    assert set(texts) == {"sofa"}


def test_a_vector_that_fails_fails_the_run_and_is_told():
    def broken(text: str):
        if text == "bread":
            raise ModelError(ErrorKind.TIMEOUT, "too slow")
        return vector(text)

    result, _, _ = run(VOTE, ["sofa", "couch", "water", "bread", "loaf"], broken)
    assert (result.status, result.failure) == (RunStatus.FAILED, "timeout")
    assert "g.a[4].vector" in result.detail


def test_vectors_that_do_not_go_together_fail_the_run():
    result, _, _ = run(VOTE, ["sofa", "couch"], lambda text: (1.0,) if text == "sofa" else (0.6, 0.8))
    assert (result.status, result.failure) == (RunStatus.FAILED, "expression")
    assert "vectors of" in result.detail


@pytest.mark.parametrize(
    ("body", "vectors"),
    [
        ("node a : say on small\noutput a", 0),
        ("node a[3] : say on small\noutput first(a)", 0),
        ("node a[3] : say on small\nnode b : say(drafts: a) on small\noutput first(b, majority(a))", 3),
        ("node a : say on small\nnode b : say(drafts: a) on small\nnode c : majority(a, b)\noutput c", 2),
        ('node k : kind on small\nnode a : say on small when k == "easy"\noutput a', 0),
    ],
)
def test_a_candidate_has_vectors_where_answers_are_counted(body, vectors):
    _, candidate = candidate_of(body)
    made = [node for node in candidate.nodes if isinstance(node, CallNode) and node.model == "meaning"]
    assert len(made) == vectors


def test_other_keys_change_nothing():
    ir, _ = candidate_of(VOTE)
    assert ir.task is not None
    plain = ir.model_copy(
        update={"task": ir.task.model_copy(update={"key": ir.task.key.model_copy(update={"embedder": None})})}
    )
    candidate = resolve(plain, {}).candidate
    assert all(node.id.startswith("g.a[") or node.kind == "fn" for node in candidate.nodes)
    assert with_vectors(candidate, None) is candidate


def meant(name: str) -> Message:
    turned = math.radians(ANGLES[name])
    return Message(name, Answer(name, name, alike=0.9, vector=(math.cos(turned), math.sin(turned))))


def test_nothing_is_told_of_a_vote_whose_clusters_may_still_join():
    # An open vote may be like both the sofa and the settee, and make one of two.
    members = (meant("bread"), meant("loaf"), meant("sofa"), meant("settee"), Open.ONE)
    for name in ("std.reduce:majority", "std.signals:agreement"):
        assert foretold_call(name, members, {}) is Open.ANY


def test_agreement_and_equality_go_by_meaning():
    share = call_function("std.signals:agreement", [meant("sofa"), meant("couch"), meant("bread")], {})
    assert share == pytest.approx(2 / 3)
    assert vote_key(meant("sofa")) != vote_key(meant("couch"))
