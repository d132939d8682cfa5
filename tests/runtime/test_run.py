"""One run as a state machine, fed by hand."""

import pytest

from tgl.ir import RETRY_STRIDE, Const, Fn, KeySpec, NodeRef, Op, PortSpec, Reader
from tgl.keys import Answer
from tgl.runtime import CallModel, Done, Failed, Job, Planner, Prompts, Replied, Run, RunStatus
from tgl.storage import StoredResponse

NUMBER = KeySpec(kind="number")


class Hand:
    """A run with replies given by hand."""

    def __init__(self, candidate, example=None, key=NUMBER):
        self.run = Run(
            Planner(Prompts(), key, {"smol": "f" * 64}).plan(candidate),
            Job(candidate, example or {"question": "q"}),
        )
        self.open = {}
        self.result = None
        self.take(self.run.start())

    def take(self, commands):
        for command in commands:
            match command:
                case Done(result=result):
                    assert self.result is None
                    self.result = result
                case CallModel():
                    self.open[command.step.node.id] = command

    def reply(self, name, text, latency=1000):
        command = self.open.pop(name)
        response = StoredResponse.model_construct(
            identity=command.key.identity,
            text=text,
            finish="stop",
            prompt_tokens=5,
            completion_tokens=2,
            latency=latency,
        )
        self.take(self.run.on(Replied(command, response, "store")))
        return command

    def fail(self, name, failure="server"):
        self.take(self.run.on(Failed(self.open.pop(name), failure, "down")))

    def asked(self, name):
        return self.open[name].rendered.messages[-1].content


def test_nodes_that_wait_for_nothing_start_together(make):
    hand = Hand(make.vote(3))
    assert list(hand.open) == ["w0", "w1", "w2"]
    assert len({command.key.identity for command in hand.open.values()}) == 3
    for name, text in [("w2", "5"), ("w0", "4"), ("w1", "it is 5.0")]:
        assert hand.result is None
        hand.reply(name, text)
    assert hand.result.answer == Answer("5.0", "5")
    assert hand.result.text == "it is 5.0"
    assert [use.node for use in hand.result.calls] == ["w0", "w1", "w2"]
    assert hand.result.latency == 1.0


def test_a_node_sees_its_sources_in_message_order(make):
    candidate = make.candidate(make.call("a"), make.call("b"), make.call("c", "a", "b"))
    hand = Hand(candidate)
    hand.reply("b", "2\n")
    assert "c" not in hand.open
    hand.reply("a", "1", latency=3000)
    assert hand.asked("c") == "q [1] [2]"
    hand.reply("c", "3", latency=500)
    assert hand.result.latency == 3.5
    assert [name for name, _ in hand.result.trace] == ["a", "b", "c"]


def test_an_unread_reply_is_asked_again_with_another_draw(make):
    candidate = make.candidate(make.call("a", draw=2, retry=2))
    hand = Hand(candidate)
    draws = [hand.reply("a", text).draw for text in ("none", "nothing", "7")]
    assert draws == [2, 2 + RETRY_STRIDE, 2 + 2 * RETRY_STRIDE]
    assert hand.result.answer == Answer("7", "7")
    assert [use.ask for use in hand.result.calls] == [0, 1, 2]
    assert len({use.identity for use in hand.result.calls}) == 3
    assert hand.result.latency == 3.0


def test_what_stays_unread_is_present_but_no_answer(make):
    candidate = make.candidate(
        make.call("a", retry=1), make.call("b", "a"), make.fn("m", "std.reduce:majority", "a", "b")
    )
    hand = Hand(candidate)
    hand.reply("a", "none")
    hand.reply("a", "still none")
    assert hand.asked("b") == "q [still none]"
    hand.reply("b", "4")
    assert hand.result.answer == Answer("4", "4")


def test_an_unread_output_is_no_answer(make):
    hand = Hand(make.candidate(make.call("a")))
    hand.reply("a", "no idea")
    assert (hand.result.status, hand.result.answer, hand.result.text) == (
        RunStatus.NO_ANSWER,
        None,
        "no idea",
    )
    assert len(hand.result.calls) == 1


def test_a_greedy_reply_is_not_asked_for_again(make):
    hand = Hand(make.candidate(make.call("a", temperature=0.0, retry=3)))
    hand.reply("a", "none")
    assert hand.result.status is RunStatus.NO_ANSWER


def test_a_guard_that_is_not_true_makes_its_node_absent(make):
    share = Fn(fn="std.signals:agreement", args=(make.refs("w0", "w1", "w2"),))
    split = Op(op="<", args=(share, Const(value=0.7)))
    candidate = make.candidate(
        *(make.call(f"w{draw}", draw=draw) for draw in range(3)),
        make.call("extra", "w0", guard=split),
        make.fn("m", "std.reduce:majority", "w0", "w1", "w2", "extra"),
    )
    agreed, disputed = Hand(candidate), Hand(candidate)
    for name, text in [("w0", "1"), ("w1", "1"), ("w2", "1")]:
        agreed.reply(name, text)
    assert agreed.result.answer == Answer("1", "1")
    assert len(agreed.result.calls) == 3
    assert dict(agreed.result.trace)["extra"] is None
    for name, text in [("w0", "1"), ("w1", "2"), ("w2", "2")]:
        disputed.reply(name, text)
    assert disputed.result is None
    disputed.reply("extra", "1")
    assert disputed.result.answer == Answer("1", "1")
    assert (len(disputed.result.calls), disputed.result.latency) == (4, 2.0)


def routed(make, kinds):
    """One node a kind, each guarded by the example's kind."""
    nodes = [
        make.call(kind, guard=Op(op="==", args=(make.field("kind"), Const(value=kind)))) for kind in kinds
    ]
    return make.candidate(*nodes, make.fn("m", "std.reduce:first", *kinds))


def test_a_given_field_routes_without_waiting(make):
    hand = Hand(routed(make, ["sum", "word"]), {"question": "q", "kind": "word"})
    assert list(hand.open) == ["word"]
    hand.reply("word", "4")
    assert hand.result.answer == Answer("4", "4")


@pytest.mark.parametrize(
    "example", [{"question": "q", "kind": "other"}, {"question": "q"}, {"question": "q", "kind": None}]
)
def test_nothing_that_runs_is_no_answer_and_costs_nothing(make, example):
    result = Hand(routed(make, ["sum", "word"]), example).result
    assert (result.status, result.text, result.calls, result.latency) == (RunStatus.NO_ANSWER, "", (), 0.0)


def test_an_absence_is_known_when_its_guard_is(make):
    """The output waits for the slow node only to learn that the guarded one will not run."""
    never = Op(op="==", args=(NodeRef(id="slow"), Const(value=9)))
    candidate = make.candidate(
        make.call("slow"),
        make.call("fast", draw=1),
        make.call("guarded", "fast", guard=never),
        make.fn("m", "std.reduce:first", "guarded", "fast"),
    )
    hand = Hand(candidate)
    hand.reply("fast", "1", latency=1000)
    hand.reply("slow", "2", latency=4000)
    assert (hand.result.answer, hand.result.latency) == (Answer("1", "1"), 4.0)


NEVER = Const(value=False)


def test_a_required_list_without_a_message_makes_its_node_absent(make):
    absent = make.call("a", guard=NEVER)
    hand = Hand(make.candidate(absent, make.call("b", "a")))
    assert (hand.open, hand.result.status) == ({}, RunStatus.NO_ANSWER)


def test_an_optional_list_runs_empty(make):
    ports = (PortSpec(name="question", type="text"), PortSpec(name="drafts", type="list", optional=True))
    hand = Hand(make.candidate(make.call("a", guard=NEVER), make.call("b", "a", ports=ports)))
    assert hand.asked("b") == "q"


def test_a_required_port_without_a_given_field_makes_its_node_absent(make):
    assert Hand(make.candidate(make.call("a")), {"other": "x"}).result.status is RunStatus.NO_ANSWER


@pytest.mark.parametrize(
    ("type_", "text", "shown"),
    [
        ("text", "so it is 4.0", "so it is 4.0"),
        ("answer", "so it is 4.0", "4.0"),
        ("answer", "none", None),
        ("text", "none", "none"),
    ],
)
def test_a_typed_port_gets_the_value_and_a_text_port_the_text(make, type_, text, shown):
    reader = make.call(
        "b",
        prompt="{{ draft }}",
        ports=(PortSpec(name="draft", type=type_),),
        inputs=(("draft", NodeRef(id="a")),),
    )
    hand = Hand(make.candidate(make.call("a"), reader))
    hand.reply("a", text)
    assert (hand.asked("b") if hand.open else None) == shown


def test_a_number_flows_as_a_number(make):
    grade = make.call("g", reader=Reader(kind="number", low=0, high=10, after="Score:"))
    high = Op(op=">=", args=(NodeRef(id="g"), Const(value=7)))
    hand = Hand(make.candidate(grade, make.call("b", "g", guard=high)))
    hand.reply("g", "3 points. Score: 8")
    assert hand.asked("b") == "q [3 points. Score: 8]"


def test_an_output_of_another_type_is_read_by_the_key(make):
    hand = Hand(make.candidate(make.call("a", reader=Reader(kind="text"))))
    hand.reply("a", "it is 4.0")
    assert hand.result.answer == Answer("4.0", "4")


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_a_failed_call_fails_the_run_the_same_way_in_any_order(make, order):
    candidate = make.candidate(make.call("a"), make.call("b"), make.call("c", "a", "b"))
    hand = Hand(candidate)
    for name in order:
        assert hand.result is None
        if name == "a":
            hand.fail("a", "timeout")
        else:
            hand.reply("b", "4")
    result = hand.result
    assert (result.status, result.failure, result.detail) == (RunStatus.FAILED, "timeout", "a: down")
    assert [use.node for use in result.calls] == ["b"]
    assert hand.open == {}


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_of_two_failures_the_first_in_the_order_of_nodes_is_told(make, order):
    hand = Hand(make.candidate(make.call("a"), make.call("b"), make.call("c", "a", "b")))
    for name in order:
        hand.fail(name, f"kind {name}")
    assert hand.result.failure == "kind a"


def test_a_prompt_that_breaks_fails_its_example(make):
    hand = Hand(make.candidate(make.call("a", prompt="{{ question[9] }}")))
    assert (hand.result.status, hand.result.failure) == (RunStatus.FAILED, "prompt")
    assert hand.result.detail.startswith("a: ")


def test_an_expression_without_meaning_fails_its_example(make):
    wrong = Op(op="<", args=(make.field("question"), Const(value=3)))
    hand = Hand(make.candidate(make.call("a", guard=wrong)))
    assert (hand.result.failure, hand.result.detail) == ("expression", "a: `<` compares a text with a number")
    both = make.candidate(make.call("a"), make.call("b"), output=make.refs("a", "b"))
    hand = Hand(both)
    hand.reply("a", "1")
    hand.reply("b", "1")
    assert (hand.result.failure, hand.result.detail) == ("expression", "the output: a list is no message")


def test_the_salt_sets_draws_apart(make):
    candidate = make.candidate(make.call("a"))
    plan = Planner(Prompts(), NUMBER, {"smol": "f" * 64}).plan(candidate)
    keys = {
        Run(plan, Job(candidate, {"question": "q"}, salt)).start()[0].key.identity
        for salt in ("", "final", "")
    }
    assert len(keys) == 2


@pytest.mark.parametrize(
    ("nodes", "reason"),
    [
        (["b<a", "a"], "b reads `a`"),
        (["a<a"], "a reads `a`"),
        (["a<ghost"], "a reads `ghost`"),
    ],
)
def test_a_candidate_that_is_out_of_order_is_a_bug(make, nodes, reason):
    calls = [make.call(*node.split("<")) for node in nodes]
    with pytest.raises(ValueError, match=reason):
        Planner(Prompts(), NUMBER, {"smol": "f"}).plan(make.candidate(*calls))


def test_a_model_that_is_not_bound_is_a_bug(make):
    with pytest.raises(ValueError, match="`smol`, which is not bound"):
        Planner(Prompts(), NUMBER, {}).plan(make.candidate(make.call("a")))


def test_a_failed_call_whose_role_falls_back_makes_its_node_absent(make):
    candidate = make.candidate(
        *(make.call(f"w{draw}", draw=draw, on_failure="absent") for draw in range(3)),
        make.call("judge", "w0", on_failure="absent"),
        make.fn("m", "std.reduce:majority", "w0", "w1", "w2", "judge"),
    )
    hand = Hand(candidate)
    hand.fail("w0", "timeout")
    hand.reply("w1", "4")
    assert hand.result is None
    hand.reply("w2", "5")
    assert hand.result.answer == Answer("4", "4")
    assert [(fallback.node, fallback.failure) for fallback in hand.result.fallbacks] == [("w0", "timeout")]
    assert dict(hand.result.trace)["judge"] is None, "its drafts are required, and absent"
    assert [use.node for use in hand.result.calls] == ["w1", "w2"]


def test_a_fallback_after_an_unread_reply_counts_the_ask_that_was_answered(make):
    candidate = make.candidate(
        make.call("a", retry=1, on_failure="absent"),
        make.call("b", draw=1),
        make.fn("m", "std.reduce:majority", "a", "b"),
    )
    hand = Hand(candidate)
    hand.reply("a", "none", latency=3000)
    hand.fail("a")
    hand.reply("b", "4")
    assert (hand.result.answer, hand.result.latency) == (Answer("4", "4"), 3.0)
    assert [use.ask for use in hand.result.calls] == [0, 0]


def test_only_failed_calls_fall_back(make):
    hand = Hand(make.candidate(make.call("a", prompt="{{ nobody }}", on_failure="absent")))
    assert (hand.result.status, hand.result.failure) == (RunStatus.FAILED, "prompt")


def test_a_route_is_taken_by_each_example_for_itself(make):
    """One plan for all: what a guard was for one example tells nothing about values that are merely equal."""
    guard = Op(op="==", args=(make.field("kind"), Const(value=1)))
    candidate = make.candidate(make.call("a", guard=guard))
    planner = Planner(Prompts(), NUMBER, {"smol": "f"})
    ran = []
    for kind in ("1", 1, True, 1.0, "1", 2):
        run = Run(planner.plan(candidate), Job(candidate, {"question": "q", "kind": kind}))
        ran.append(isinstance(run.start()[0], CallModel))
    assert ran == [False, True, False, True, False, False]
