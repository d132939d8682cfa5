"""The scheduler against a sequential interpreter, on random candidates and random orders of arrival."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from tgl.ir import (
    RETRY_STRIDE,
    CallNode,
    Candidate,
    Const,
    Expr,
    Fn,
    FnNode,
    Input,
    KeySpec,
    ListOf,
    NodeRef,
    Op,
    PortSpec,
    Reader,
)
from tgl.keys import read_answer
from tgl.runtime import CallModel, Done, Failed, Job, Planner, Prompts, Replied, Run, read_reply
from tgl.stdfn import Message, call_function, evaluate, holds
from tgl.storage import StoredResponse

KEY = KeySpec(kind="number")
PROMPT = "{{ question }}{% for d in drafts %} [{{ d }}]{% endfor %}"
REPLIES = ("1", "2", "2.0", "so 1", "none", "down")
SIGNALS = ("std.signals:agreement", "std.signals:size")


def respond(identity: str, replies: tuple[str, ...]) -> tuple[str, float]:
    """The text and latency that any run gets for an identity; "down" is a failed call."""
    digest = hashlib.sha256(identity.encode()).digest()
    return replies[digest[0] % len(replies)], digest[1] / 8


@st.composite
def guards(draw: st.DrawFn, names: list[str]) -> Expr | None:
    if not names or draw(st.booleans()):
        return None
    members = draw(st.lists(st.sampled_from(names), min_size=1, max_size=3))
    signal = Fn(
        fn=draw(st.sampled_from(SIGNALS)), args=(ListOf(items=tuple(NodeRef(id=name) for name in members)),)
    )
    compared = Op(
        op=draw(st.sampled_from(["<", ">="])), args=(signal, Const(value=draw(st.sampled_from([0.6, 1, 2]))))
    )
    other = Op(op="==", args=(NodeRef(id=draw(st.sampled_from(names))), Const(value=1)))
    return draw(
        st.sampled_from([compared, Op(op="or", args=(compared, other)), Op(op="and", args=(other, compared))])
    )


@st.composite
def candidates(draw: st.DrawFn) -> Candidate:
    nodes: list[CallNode | FnNode] = []
    for position in range(draw(st.integers(1, 7))):
        names = [node.id for node in nodes]
        sources = draw(st.lists(st.sampled_from(names), unique=True)) if names else []
        refs = ListOf(items=tuple(NodeRef(id=name) for name in sources))
        guard = draw(guards(names))
        name = f"n{position}"
        if sources and draw(st.booleans()):
            fn = draw(st.sampled_from(["majority", "first", "last", "join"]))
            nodes.append(FnNode(id=name, fn=f"std.reduce:{fn}", inputs=(("xs", refs),), guard=guard))
        else:
            ports = (
                PortSpec(name="question", type="text"),
                PortSpec(name="drafts", type="list", optional=not sources or draw(st.booleans())),
            )
            nodes.append(
                CallNode(
                    id=name,
                    role="r",
                    model="m",
                    prompt=PROMPT,
                    system=None,
                    ports=ports,
                    inputs=(("question", Input(instance="g", port="question")), ("drafts", refs)),
                    params=(),
                    reader=Reader(kind="answer"),
                    shots=0,
                    shots_source=None,
                    temperature=draw(st.sampled_from([0.0, 0.5])),
                    top_p=None,
                    max_tokens=None,
                    stop=(),
                    retry=draw(st.integers(0, 2)),
                    guard=guard,
                    draw=position,
                )
            )
    return Candidate(nodes=tuple(nodes), output=NodeRef(id=nodes[-1].id))


class Sequential:
    """Node after node, in order, one ask at a time: what the language page says and nothing else."""

    def __init__(self, candidate: Candidate, replies: tuple[str, ...]) -> None:
        self.said: dict[str, Message | None] = {}
        self.broken: set[str] = set()
        self.asked: list[tuple[str, str]] = []
        plan = Planner(Prompts(), KEY, {"m": "f"}).plan(candidate)
        for node, step, sources in zip(plan.nodes, plan.steps, plan.sources, strict=True):
            if any(plan.nodes[source].id in self.broken for source in sources):
                self.broken.add(node.id)
                continue
            self.said[node.id] = None
            if not holds(node.guard, self):
                continue
            if isinstance(node, FnNode):
                self.said[node.id] = call_function(node.fn, [evaluate(node.inputs[0][1], self)], {})
                continue
            drafts = [message.text for message in evaluate(node.inputs[1][1], self) if message is not None]
            if not drafts and not node.ports[1].optional:
                continue
            for ask in range(1 if node.temperature == 0 else node.retry + 1):
                rendered = step.form.render({"question": "q", "drafts": tuple(drafts)}, {})
                identity = step.key(rendered, "", node.draw + ask * RETRY_STRIDE).identity
                text, _ = respond(identity, replies)
                if text == "down":
                    self.broken.add(node.id)
                    break
                self.asked.append((node.id, identity))
                self.said[node.id] = Message(text, read_reply(node.reader, KEY, text))
                if self.said[node.id].value is not None:
                    break

    def node(self, name: str) -> Message | None:
        return self.said.get(name)

    def field(self, port: str) -> str:
        return "q"


def scheduled(candidate: Candidate, replies: tuple[str, ...], pick):
    """The result of a run whose open calls are answered in the order that `pick` decides."""
    run = Run(Planner(Prompts(), KEY, {"m": "f"}).plan(candidate), Job(candidate, {"question": "q"}))
    open_calls: list[CallModel] = []
    commands = run.start()
    while True:
        for command in commands:
            if isinstance(command, Done):
                assert not open_calls
                return command.result
            open_calls.append(command)
        call = open_calls.pop(pick(len(open_calls)))
        text, seconds = respond(call.key.identity, replies)
        if text == "down":
            commands = run.on(Failed(call, "server", "down"))
            continue
        response = StoredResponse.model_construct(
            identity=call.key.identity,
            text=text,
            prompt_tokens=1,
            completion_tokens=1,
            latency=int(seconds * 1000),
        )
        commands = run.on(Replied(call, response, "store"))


@given(candidates(), st.sampled_from([REPLIES[:4], REPLIES[:5], REPLIES]), st.data())
def test_the_scheduler_does_what_the_interpreter_does(candidate, replies, data):
    result = scheduled(candidate, replies, lambda count: data.draw(st.integers(0, count - 1)))
    straight = Sequential(candidate, replies)
    assert [(use.node, use.identity) for use in result.calls] == straight.asked
    if straight.broken:
        first = min(straight.broken, key=lambda name: int(name[1:]))
        assert result.status == "failed"
        assert result.detail.startswith(f"{first}:")
    else:
        assert dict(result.trace) == straight.said
        output = straight.said[candidate.output.id]
        read = None if output is None else output.value
        # `join` says a text, which the task's key reads: "none" holds no number.
        assert result.answer == (read_answer(KEY, read) if isinstance(read, str) else read)


@given(candidates(), st.sampled_from([REPLIES[:4], REPLIES]), st.data())
def test_the_order_of_arrival_changes_nothing(candidate, replies, data):
    first = scheduled(candidate, replies, lambda count: 0)
    assert scheduled(candidate, replies, lambda count: count - 1) == first
    assert scheduled(candidate, replies, lambda count: data.draw(st.integers(0, count - 1))) == first


@given(candidates())
def test_latency_is_at_least_the_longest_chain_and_at_most_the_sum(candidate):
    result = scheduled(candidate, REPLIES[:4], lambda count: 0)
    by_node: dict[str, float] = {}
    for use in result.calls:
        by_node[use.node] = by_node.get(use.node, 0.0) + use.latency
    assert result.latency <= sum(by_node.values()) + 1e-9
    assert result.latency >= by_node.get(candidate.output.id, 0.0)
