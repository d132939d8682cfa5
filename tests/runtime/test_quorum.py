"""Votes that are over before all have voted: their virtual time, and runs that wait for no more."""

import asyncio

import pytest

from tgl.ir import Const, Fn, KeySpec, NodeRef, Op
from tgl.keys import Answer
from tgl.runtime import (
    CallModel,
    Done,
    Failed,
    Job,
    Planner,
    Prompts,
    QuorumRun,
    Replied,
    Run,
    RunStatus,
    Unneeded,
)
from tgl.storage import MemoryStore, StoredResponse

PROMPTS = Prompts()


class Hand:
    """A run with replies given by hand."""

    def __init__(self, candidate, kind=QuorumRun, slots=None):
        plan = Planner(PROMPTS, KeySpec(kind="number"), {"smol": "f"}, slots=slots).plan(candidate)
        self.run = kind(plan, Job(candidate, {"question": "q"}))
        self.open, self.dropped, self.result = {}, [], None
        self.take(self.run.start())

    def take(self, commands):
        for command in commands:
            match command:
                case Done(result=result):
                    self.result = result
                case Unneeded(calls=calls):
                    self.dropped += [call.step.node.id for call in calls]
                case CallModel():
                    self.open[command.step.node.id] = command

    def reply(self, name, text, seconds=1.0):
        call = self.open.pop(name)
        response = StoredResponse.model_construct(
            identity=call.key.identity,
            text=text,
            finish="stop",
            prompt_tokens=5,
            completion_tokens=2,
            latency=round(seconds * 1000),
        )
        self.take(self.run.on(Replied(call, response, "store")))

    def fail(self, name):
        self.take(self.run.on(Failed(self.open.pop(name), "server", "down")))


def timed(candidate, replies, slots=None):
    """The result of a run that waits for all; replies by node, with their seconds."""
    hand = Hand(candidate, Run, slots)
    left = {name: list(asks) for name, asks in replies.items()}
    while hand.open:
        name = next(iter(hand.open))
        hand.reply(name, *left[name].pop(0))
    return hand.result


@pytest.mark.parametrize(
    ("replies", "latency", "saved"),
    [
        # Two of three agree: the third is late, and could only stand behind them.
        ([("4", 1), ("4", 2), ("4", 9)], 2.0, 1),
        # A late first vote could give the answer its text.
        ([("5", 9), ("4", 1), ("4", 2)], 9.0, 0),
        # One each: all have to speak.
        ([("4", 1), ("5", 2), ("6", 9)], 9.0, 0),
        # An unread reply is no vote, and a tie goes to who stands first.
        ([("4", 1), ("none", 2), ("5", 9)], 2.0, 1),
        ([("none", 1), ("4", 2), ("5", 9)], 2.0, 1),
        # At the same moment nothing is saved.
        ([("4", 2), ("4", 2), ("4", 2)], 2.0, 0),
    ],
)
def test_a_vote_ends_once_its_outcome_is_fixed(make, replies, latency, saved):
    result = timed(make.vote(3), {f"w{place}": [reply] for place, reply in enumerate(replies)})
    assert (result.latency, result.saved) == (latency, saved)
    assert len(result.calls) == 3, "a search pays them all"


def test_what_serves_something_else_is_not_saved(make):
    candidate = make.candidate(
        *(make.call(f"w{draw}", draw=draw) for draw in range(3)),
        make.fn("m", "std.reduce:majority", "w0", "w1", "w2"),
        make.call("summary", "m", "w2"),
    )
    replies = {"w0": [("4", 1)], "w1": [("4", 1)], "w2": [("4", 5)], "summary": [("4", 1)]}
    result = timed(candidate, replies)
    assert (result.latency, result.saved) == (6.0, 0)


def test_what_only_serves_what_nobody_waits_for_is_saved_too(make):
    candidate = make.candidate(
        make.call("a"),
        make.call("b", draw=1),
        make.call("draft", draw=2),
        make.call("c", "draft", draw=3, retry=1),
        make.fn("m", "std.reduce:majority", "a", "b", "c"),
    )
    replies = {"a": [("4", 1)], "b": [("4", 2)], "draft": [("9", 1)], "c": [("none", 9), ("9", 1)]}
    assert (timed(candidate, replies).latency, timed(candidate, replies).saved) == (2.0, 2)


def test_a_guard_is_told_before_all_have_spoken(make):
    share = Fn(fn="std.signals:agreement", args=(make.refs("w0", "w1", "w2"),))
    candidate = make.candidate(
        *(make.call(f"w{draw}", draw=draw) for draw in range(3)),
        make.call("strong", guard=Op(op="<", args=(share, Const(value=0.6))), draw=3),
        output=Fn(fn="std.reduce:first", args=(NodeRef(id="strong"), NodeRef(id="w0"))),
    )
    agreed = timed(candidate, {"w0": [("4", 1)], "w1": [("4", 2)], "w2": [("4", 9)]})
    assert (agreed.latency, agreed.saved, agreed.text) == (2.0, 1, "4")
    replies = {"w0": [("4", 1)], "w1": [("5", 2)], "w2": [("6", 9)], "strong": [("7", 1)]}
    assert timed(candidate, replies).latency == 10.0


@pytest.mark.parametrize(("slots", "latency"), [(None, 3.0), (4, 3.0), (3, 4.0), (2, 6.0), (1, 10.0)])
def test_calls_of_one_question_share_the_slots_of_a_deployment(make, slots, latency):
    names = [f"w{place}" for place in range(4)]
    candidate = make.candidate(
        *(make.call(name, draw=place) for place, name in enumerate(names)),
        make.fn("all", "std.reduce:join", *names),
    )
    replies = {name: [("4", seconds)] for name, seconds in zip(names, (3, 3, 3, 1), strict=True)}
    # 3 slots: the fourth call starts with the first that is free; 2: 3 + 3.
    assert timed(candidate, replies, slots).latency == latency


@pytest.mark.parametrize("slots", [None, 1, 2, 7])
def test_slots_change_nothing_in_a_chain(make, slots):
    chain = [make.call("n0"), *(make.call(f"n{k}", f"n{k - 1}") for k in range(1, 5))]
    replies = {f"n{k}": [("4", k + 1)] for k in range(5)}
    assert timed(make.candidate(*chain), replies, slots).latency == 15.0


def test_a_deployed_vote_stops_and_says_which_calls_it_needs_no_more(make):
    hand = Hand(make.vote(5))
    hand.reply("w0", "4")
    hand.reply("w3", "4", seconds=2.0)
    assert (hand.result, hand.dropped) == (None, [])
    hand.reply("w1", "4.0")
    assert hand.result.answer == Answer("4", "4")
    assert hand.dropped == ["w2", "w4"]
    assert (hand.result.saved, hand.result.latency) == (2, 2.0)
    assert [use.node for use in hand.result.calls] == ["w0", "w1", "w3"]


def test_calls_are_dropped_while_the_run_goes_on(make):
    candidate = make.candidate(
        *(make.call(f"w{draw}", draw=draw) for draw in range(3)),
        make.fn("m", "std.reduce:majority", "w0", "w1", "w2"),
        make.call("summary", "m"),
    )
    hand = Hand(candidate)
    hand.reply("w0", "4")
    hand.reply("w1", "4")
    assert hand.dropped == ["w2"]
    assert hand.result is None
    hand.reply("w2", "5")  # too late, and paid all the same
    hand.reply("summary", "4")
    assert (hand.result.text, hand.result.saved) == ("4", 1)
    assert [use.node for use in hand.result.calls] == ["w0", "w1", "w2", "summary"]


def test_a_failure_that_cannot_matter_fails_nothing(make):
    hand = Hand(make.vote(3))
    hand.fail("w2")
    hand.reply("w0", "4")
    hand.reply("w1", "4")
    assert hand.result.answer == Answer("4", "4")
    needed = Hand(make.vote(3))
    needed.fail("w2")
    needed.reply("w0", "4")
    needed.reply("w1", "5")
    assert (needed.result.status, needed.result.failure) == (RunStatus.FAILED, "server")


def test_the_executor_cancels_what_a_quorum_does_not_need(make, on_virtual_time):
    """Five votes, 1 to 5 seconds: over after the third, and the others are cut off."""
    seconds = iter([1.0, 2.0, 3.0, 4.0, 5.0])
    model = make.model(latency=lambda request: next(seconds))
    executor = make.executor(model, concurrency=8, quorum=True)

    async def clocked():
        begin = asyncio.get_running_loop().time()
        results = await executor.run_all(make.jobs(make.vote(5), "q"))
        return results, asyncio.get_running_loop().time() - begin

    (result,), took = on_virtual_time(clocked())
    assert (result.text, result.saved, len(result.calls)) == ("4", 2, 3)
    assert 3.0 <= took < 3.5
    assert executor.counts.cancelled == 2


def test_stored_votes_decide_without_asking_for_the_rest(make):
    store = MemoryStore()
    asyncio.run(make.executor(make.model(), store).run_all(make.jobs(make.vote(3), "q")))
    model = make.model()
    executor = make.executor(model, store, quorum=True)
    (result,) = asyncio.run(executor.run_all(make.jobs(make.vote(5), "q")))
    assert (result.text, result.saved, len(model.requests)) == ("4", 2, 0)
