"""A run against a sequential interpreter, on random candidates and random orders of arrival.

And a run that stops waiting for what can't matter against one that waits for all, and its virtual time
against a simulator that looks at everything again at every step.
"""

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
    Unneeded,
    read_reply,
)
from tgl.runtime.plan import parts_of
from tgl.stdfn import Message, Open, call_function, evaluate, foretold, foretold_guard, holds, is_settled
from tgl.storage import StoredResponse

KEY = KeySpec(kind="number")
PROMPT = "{{ question }}{% for d in drafts %} [{{ d }}]{% endfor %}"
REPLIES = ("1", "2", "2.0", "so 1", "none", "down")
SIGNALS = ("std.signals:agreement", "std.signals:size")


def nodes_in(expr: Expr) -> set[str]:
    """The nodes that an expression reads."""
    return {part.id for part in parts_of(expr) if isinstance(part, NodeRef)}


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
        st.sampled_from(
            [compared, other, Op(op="or", args=(compared, other)), Op(op="and", args=(other, compared))]
        )
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
                    on_failure=draw(st.sampled_from(["fail", "absent"])),
                )
            )
    output: Expr = NodeRef(id=nodes[-1].id)
    if draw(st.booleans()):
        fn = draw(st.sampled_from(["majority", "first"]))
        output = Fn(fn=f"std.reduce:{fn}", args=(ListOf(items=tuple(NodeRef(id=n.id) for n in nodes[-3:])),))
    return Candidate(nodes=tuple(nodes), output=output)


def pruned(candidate: Candidate) -> Candidate:
    """Only what reaches the output, as every candidate that is sampled."""
    kept = set(nodes_in(candidate.output))
    for node in reversed(candidate.nodes):
        if node.id in kept:
            for expr in [*(expr for _, expr in node.inputs), *([] if node.guard is None else [node.guard])]:
                kept |= set(nodes_in(expr))
    nodes = tuple(node for node in candidate.nodes if node.id in kept)
    return Candidate(nodes=nodes, output=candidate.output)


class Sequential:
    """Node after node, in order, one ask at a time: what the language page says and nothing else."""

    def __init__(self, candidate: Candidate, replies: tuple[str, ...]) -> None:
        self.said: dict[str, Message | None] = {}
        self.broken: set[str] = set()
        self.fallen: list[str] = []
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
                if text == "down" and node.on_failure == "absent":
                    self.said[node.id] = None
                    self.fallen.append(node.id)
                    break
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


def scheduled(candidate: Candidate, replies: tuple[str, ...], pick, *, kind=Run, slots=None):
    """The result of a run whose open calls are answered in the order that `pick` decides."""
    return ended(candidate, replies, pick, kind=kind, slots=slots).result


def ended(candidate: Candidate, replies: tuple[str, ...], pick, *, kind=Run, slots=None):
    """A run at its end."""
    plan = Planner(Prompts(), KEY, {"m": "f"}, slots=slots).plan(candidate)
    run = kind(plan, Job(candidate, {"question": "q"}))
    open_calls: list[CallModel] = []
    commands = run.start()
    while True:
        for command in commands:
            match command:
                case Done():
                    assert not open_calls
                    return run
                case Unneeded(calls=calls):
                    assert all(call in open_calls for call in calls)
                    open_calls = [call for call in open_calls if call not in calls]
                case CallModel():
                    open_calls.append(command)
        call = open_calls.pop(pick(len(open_calls)))
        text, seconds = respond(call.key.identity, replies)
        if text == "down":
            commands = run.on(Failed(call, "server", "down"))
            continue
        response = StoredResponse.model_construct(
            identity=call.key.identity,
            text=text,
            finish="stop",
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
        assert [fallen.node for fallen in result.fallbacks] == straight.fallen
        output = evaluate(candidate.output, straight)
        read = None if output is None else output.value
        # `join` says a text, which the task's key reads: "none" holds no number.
        assert result.answer == (read_answer(KEY, read) if isinstance(read, str) else read)


@given(candidates(), st.sampled_from([REPLIES[:4], REPLIES]), st.data())
def test_the_order_of_arrival_changes_nothing(candidate, replies, data):
    first = scheduled(candidate, replies, lambda count: 0)
    assert scheduled(candidate, replies, lambda count: count - 1) == first
    assert scheduled(candidate, replies, lambda count: data.draw(st.integers(0, count - 1))) == first


@given(candidates(), st.sampled_from([REPLIES[:4], REPLIES[:5], REPLIES]), st.data())
def test_not_waiting_for_what_cannot_matter_changes_no_answer(candidate, replies, data):
    whole = scheduled(candidate, replies, lambda count: 0)
    quick = scheduled(candidate, replies, lambda count: data.draw(st.integers(0, count - 1)), kind=QuorumRun)
    assert {use.identity for use in quick.calls} <= {use.identity for use in whole.calls}
    if whole.status == "failed" and quick.status != "failed":
        # The failed calls did not matter: the answer is the same, whatever they would have said.
        fixed = tuple(data.draw(st.sampled_from(REPLIES[:5])) if text == "down" else text for text in replies)
        whole = scheduled(candidate, fixed, lambda count: 0)
    assert (quick.status, quick.answer, quick.text) == (whole.status, whole.answer, whole.text)


class Slow:
    """Virtual time, looking at everything again at every step."""

    def __init__(self, run: Run, slots: int | None) -> None:
        self.plan, self.slots = run.plan, slots
        self.recorded = run.values
        self.seconds = [[use.latency for use in uses] for uses in run.uses]
        self.known: dict[str, object] = {}
        self.asked: dict[int, int] = {}
        self.running: dict[int, float] = {}
        self.now, self.calls = 0.0, 0

    def said(self, node: str):
        return self.known.get(node, Open.ONE)

    node = said

    def field(self, port: str) -> str:
        return "q"

    def parts(self, position: int):
        return [foretold(expr, self) for _, expr in self.plan.nodes[position].inputs]

    def is_certain(self, position: int) -> bool:
        node = self.plan.nodes[position]
        if isinstance(node, FnNode):
            return is_settled(foretold(Fn(fn=node.fn, named=node.inputs), self))
        return all(is_settled(part) for part in self.parts(position))

    def needed(self) -> set[int]:
        found: set[int] = set()
        left = [] if is_settled(foretold(self.plan.output, self)) else list(self.plan.outputs)
        while left:
            position = left.pop()
            node = self.plan.nodes[position]
            if node.id in self.known or position in found:
                continue
            found.add(position)
            if position not in self.asked:
                left += self.plan.inputs[position]
                left += [] if foretold_guard(node.guard, self) else self.plan.guards[position]
        return found

    def settle(self) -> None:
        """Decide and start what can be, until nothing changes."""
        changed = True
        while changed:
            changed = False
            for position in sorted(self.needed() - set(self.asked)):
                node = self.plan.nodes[position]
                held = foretold_guard(node.guard, self)
                if held is None or (held and not self.is_certain(position)):
                    continue
                if held and self.seconds[position]:
                    self.asked[position] = 0
                else:
                    self.known[node.id] = self.recorded[position]
                changed = True
                break

    def run(self) -> tuple[float, int]:
        self.settle()
        while not is_settled(foretold(self.plan.output, self)):
            needed = self.needed()
            self.running = {at: end for at, end in self.running.items() if at in needed}
            for position in sorted(set(self.asked) & needed - set(self.running)):
                if self.slots is None or len(self.running) < self.slots:
                    took = self.seconds[position][self.asked[position]]
                    self.running[position] = self.now + took
            self.now = min(self.running.values())
            for position in [at for at, end in self.running.items() if end == self.now]:
                del self.running[position]
                self.calls += 1
                self.asked[position] += 1
                if self.asked[position] == len(self.seconds[position]):
                    self.known[self.plan.nodes[position].id] = self.recorded[position]
            self.settle()
        return self.now, sum(map(len, self.seconds)) - self.calls


@given(candidates().map(pruned), st.sampled_from([REPLIES[:4], REPLIES]), st.sampled_from([None, 1, 2, 3]))
def test_virtual_time_is_that_of_a_simulator_that_looks_at_everything(candidate, replies, slots):
    run = ended(candidate, replies, lambda count: 0, slots=slots)
    if run.result.status != "failed":
        assert (run.result.latency, run.result.saved) == Slow(run, slots).run()


@given(candidates().map(pruned), st.integers(1, 4))
def test_latency_is_at_least_the_work_of_each_slot_and_at_most_all_of_it(candidate, slots):
    alone = scheduled(candidate, REPLIES[:4], lambda count: 0)
    shared = scheduled(candidate, REPLIES[:4], lambda count: 0, slots=slots)
    whole = sum(use.latency for use in alone.calls)
    assert shared.latency <= whole + 1e-9
    assert shared.calls == alone.calls, "slots are on virtual time; a search pays the same"
    if not shared.saved:
        assert shared.latency >= max(alone.latency, whole / slots) - 1e-9
    if slots == 1 and not shared.saved:
        assert shared.latency == whole
    assert scheduled(candidate, REPLIES[:4], lambda count: 0, slots=99).latency == alone.latency
