"""One run as a state machine: events in, commands out. No clock, no await, no store (architecture.md 7).

Rules:

* A node is decided once all nodes that its guard and its inputs read are decided (G20), in the order of
  the candidate where several can be.
* It is absent if its guard is not true (G16), or if a required port receives nothing (G14).
* A reply that can't be read is asked for again, with another draw, as often as the role says; then the
  message stands with its text and no value (G18).
* A failed call, a prompt or an expression without meaning fails the run (G19). What does not depend on it
  still runs, and the first failure in the order of nodes is the one reported: so the result does not
  depend on which of them arrived first.
* A node that is decided at virtual time t was ready when its last source was, and took the recorded
  latencies of its asks. Sources of an absent node count too: its absence was not known before.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pydantic import JsonValue

from tgl.ir import CallNode, FnNode, PortSpec
from tgl.keys import Answer, read_answer
from tgl.runtime.identity import CallKey
from tgl.runtime.jobs import CallUse, Job, RunResult, RunStatus
from tgl.runtime.plan import CallStep, Plan
from tgl.runtime.prompts import PortValue, PromptError, Rendered, shown_text
from tgl.stdfn import (
    EvaluationError,
    Message,
    Value,
    call_function,
    evaluate,
    holds,
    message_of,
    spliced,
    text_of,
)
from tgl.storage import StoredResponse


@dataclass(frozen=True, slots=True)
class CallModel:
    """Command: get the response to ask number `ask` (from 0) of the node at `node`."""

    node: int
    ask: int
    draw: int
    key: CallKey
    rendered: Rendered
    step: CallStep


@dataclass(frozen=True, slots=True)
class Done:
    """Command: nothing more is needed, here is the result."""

    result: RunResult


Command: TypeAlias = CallModel | Done


@dataclass(frozen=True, slots=True)
class Replied:
    """Event: the response to a call."""

    call: CallModel
    response: StoredResponse
    source: Literal["store", "live"]


@dataclass(frozen=True, slots=True)
class Failed:
    """Event: a call has failed for good. `failure` is the class, `detail` one line."""

    call: CallModel
    failure: str
    detail: str


Event: TypeAlias = Replied | Failed


class Run:
    """The state of one run. Feed `start` once, then every event once, in any order."""

    def __init__(self, plan: Plan, job: Job) -> None:
        count = len(plan.nodes)
        self.plan = plan
        self.job = job
        self.messages: list[Message | None] = [None] * count
        self.waiting = [len(sources) for sources in plan.sources]
        self.decided_at: list[float] = [0.0] * count
        self.uses: list[list[CallUse]] = [[] for _ in range(count)]
        self.left = count
        self.outstanding = 0
        self.failures: dict[int, tuple[str, str, str | None]] = {}
        self.ready = [position for position, missing in enumerate(self.waiting) if not missing]
        self.result: RunResult | None = None

    # The scope of expressions.

    def node(self, node: str) -> Message | None:
        """The message of a decided node."""
        position = self.plan.index.get(node)
        return None if position is None else self.messages[position]

    def field(self, port: str) -> Value:
        """A given field of the example."""
        return value_of(self.job.example.get(port))

    # Events.

    def start(self) -> list[Command]:
        """The first commands."""
        return self.proceed([])

    def on(self, event: Event) -> list[Command]:
        """What follows from an event."""
        self.outstanding -= 1
        match event:
            case Failed(call=call, failure=failure, detail=detail):
                self.failures[call.node] = (failure, f"{call.step.node.id}: {detail}", call.key.identity)
                return self.proceed([])
            case Replied(call=call, response=response, source=source):
                return self.replied(call, response, source)

    def replied(
        self, call: CallModel, response: StoredResponse, source: Literal["store", "live"]
    ) -> list[Command]:
        """Read a reply: ask again, or decide the node."""
        node = call.step.node
        self.uses[call.node].append(
            CallUse(
                identity=response.identity,
                node=node.id,
                model=node.model,
                prompt_tokens=response.prompt_tokens,
                completion_tokens=response.completion_tokens,
                latency=response.seconds,
                ask=call.ask,
                source=source,
            )
        )
        value = call.step.reading.value(response.text)
        if value is None and call.ask + 1 < call.step.asks():
            return [self.ask(call.node, call.step, call.rendered, call.ask + 1)]
        took = sum(use.latency for use in self.uses[call.node])
        self.decide(call.node, Message(response.text.strip(), value), self.ready_at(call.node) + took)
        return self.proceed([])

    def proceed(self, commands: list[Command]) -> list[Command]:
        """Decide all that can be decided, and end the run when all is."""
        while self.ready:
            position = heapq.heappop(self.ready)
            try:
                command = self.enter(position)
            except (PromptError, EvaluationError, ValueError) as error:
                failure = "prompt" if isinstance(error, PromptError) else "expression"
                self.failures[position] = (failure, f"{self.plan.nodes[position].id}: {error}", None)
                continue
            if command is not None:
                commands.append(command)
        if not self.left:
            commands.append(self.finish())
        elif self.failures and not self.outstanding:
            commands.append(self.fail(*self.failures[min(self.failures)]))
        return commands

    # Nodes.

    def enter(self, position: int) -> CallModel | None:
        """Decide the node at once, or ask for what it needs."""
        node = self.plan.nodes[position]
        step = self.plan.steps[position]
        if not holds(node.guard, self):
            self.decide(
                position, None, max((self.decided_at[at] for at in self.plan.guards[position]), default=0.0)
            )
        elif isinstance(node, FnNode):
            named: dict[str, list[Value]] = {}
            for port, expr in node.inputs:
                named.setdefault(port, []).append(evaluate(expr, self))
            value = message_of(call_function(node.fn, (), named))
            self.decide(position, value, self.ready_at(position))
        elif step is not None:
            ports = self.arriving(node)
            if ports is not None:
                return self.ask(position, step, step.form.render(ports, self.job.example), 0)
            self.decide(position, None, self.ready_at(position))
        return None

    def arriving(self, node: CallNode) -> dict[str, PortValue] | None:
        """What the node's ports receive, or None if a required one receives nothing."""
        values: dict[str, list[Value]] = {}
        for port, expr in node.inputs:
            values.setdefault(port, []).extend(spliced(evaluate(expr, self)))
        ports: dict[str, PortValue] = {}
        for port in node.ports:
            texts = port_texts(port, values.get(port.name, ()))
            if texts is not None:
                ports[port.name] = texts
            elif not port.optional:
                return None
        return ports

    def ask(self, position: int, step: CallStep, rendered: Rendered, ask: int) -> CallModel:
        """The command for one ask."""
        self.outstanding += 1
        draw = step.draw(ask)
        return CallModel(position, ask, draw, step.key(rendered, self.job.salt, draw), rendered, step)

    def ready_at(self, position: int) -> float:
        """When the last source of a node was decided, in seconds of virtual time."""
        return max((self.decided_at[at] for at in self.plan.sources[position]), default=0.0)

    def decide(self, position: int, message: Message | None, when: float) -> None:
        """Fix what a node says, and free those that waited for it."""
        self.messages[position] = message
        self.decided_at[position] = when
        self.left -= 1
        for reader in self.plan.readers[position]:
            self.waiting[reader] -= 1
            if not self.waiting[reader]:
                heapq.heappush(self.ready, reader)

    # Results.

    def finish(self) -> Done:
        """The result of a run in which every node is decided."""
        try:
            output = message_of(evaluate(self.plan.output, self))
        except (EvaluationError, ValueError) as error:
            return self.fail("expression", f"the output: {error}", None)
        answer = None if output is None else self.answer_of(output)
        status = RunStatus.NO_ANSWER if answer is None else RunStatus.OK
        latency = max((self.decided_at[at] for at in self.plan.outputs), default=0.0)
        return self.done(status, answer, "" if output is None else output.text, latency=latency)

    def answer_of(self, output: Message) -> Answer | None:
        """The task's answer in the output; a value of another type is read by the task's key."""
        match output.value:
            case None | Answer():
                return output.value
            case str() | int() | float():
                return read_answer(self.plan.key.model_copy(update={"after": None}), text_of(output.value))

    def fail(self, failure: str, detail: str, call: str | None) -> Done:
        """The result of a run that can't go on."""
        return self.done(RunStatus.FAILED, None, "", failure=failure, detail=detail, failed_call=call)

    def done(
        self,
        status: RunStatus,
        answer: Answer | None,
        text: str,
        *,
        failure: str | None = None,
        detail: str = "",
        latency: float = 0.0,
        failed_call: str | None = None,
    ) -> Done:
        """End the run."""
        trace = zip((node.id for node in self.plan.nodes), self.messages, strict=True)
        calls = tuple(use for uses in self.uses for use in uses)
        self.result = RunResult(
            status, answer, text, failure, detail, calls, latency, tuple(trace), failed_call
        )
        return Done(self.result)


def port_texts(port: PortSpec, values: Sequence[Value]) -> PortValue | None:
    """What a template sees of the present values at a port; None if there is nothing.

    A text or list port shows whole texts, a typed port what was read (G10), and a reply that could not be
    read is nothing there.

    Raises:
        EvaluationError: several messages at a port that takes one.
    """
    if port.is_list:
        return tuple(plain_text(value) for value in values) or None
    if len(values) > 1:
        raise EvaluationError(f"`{port.name}` takes one message and got {len(values)}")
    if not values:
        return None
    value = values[0]
    if port.type == "text" or not isinstance(value, Message):
        return plain_text(value)
    match value.value:
        case None:
            return None
        case Answer(text=text):
            return text
        case str() | int() | float():
            return text_of(value.value)


def plain_text(value: Value) -> str:
    """The text of a present value."""
    return "" if value is None or isinstance(value, tuple) else text_of(value)


def value_of(field: JsonValue) -> Value:
    """A given field as a run-time value. An object is its JSON text."""
    match field:
        case list():
            return tuple(value_of(member) for member in field)
        case dict():
            return shown_text(field)
        case _:
            return field
