"""One run as a state machine: events in, commands out. No clock, no await, no store (architecture.md 7).

Rules:

* A node is decided once all nodes that its guard and its inputs read are decided (G20), in the order of
  the candidate where several can be.
* It is absent if its guard is not true (G16), or if a required port receives nothing (G14).
* A reply that can't be read is asked for again, with another draw, as often as the role says; then the
  message stands with its text and no value (G18).
* A failed call makes its node absent if its role says so, and is reported. Any other failed call, and a
  prompt or an expression without meaning, fails the run (G19). What does not depend on it still runs, and
  the first failure in the order of nodes is the one reported: so the result does not depend on which of
  them arrived first.
* Latency is on virtual time: a node that is decided at t was ready when its last source was, and took the
  recorded latencies of its asks. Where a part of the sources can make a node certain, or calls share slots,
  `latency` tells the time.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from tgl.ir import MADE, TAKE_FN, VALUE_FN, VECTOR_ROLE, CallNode, FnNode, RunNode
from tgl.keys import Answer, read_answer
from tgl.runtime.identity import CallKey
from tgl.runtime.jobs import CallUse, Fallback, Job, RunResult, RunStatus
from tgl.runtime.known import Response
from tgl.runtime.latency import AT_ONCE, Earlier, Recorded, Timing, timing
from tgl.runtime.plan import CallStep, Plan
from tgl.runtime.ports import port_values, value_of
from tgl.runtime.prompts import PortValue, PromptError, Rendered
from tgl.stdfn import (
    EvaluationError,
    FunctionError,
    Message,
    Open,
    Record,
    ReplyFacts,
    StdFunction,
    Tagged,
    Value,
    call_function,
    evaluate,
    holds,
    listed,
    message_of,
    shown,
    spliced,
)


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
class Unneeded:
    """Command: this run waits for these calls no more, whatever they say; only a quorum run gives it.

    They may be cancelled if no other run waits for them. A reply that comes all the same may be handed on.
    """

    calls: tuple[CallModel, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """Command: nothing more is needed, here is the result."""

    result: RunResult


Command: TypeAlias = CallModel | Unneeded | Done


@dataclass(frozen=True, slots=True)
class Replied:
    """Event: the response to a call."""

    call: CallModel
    response: Response
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
        self.values: list[Value] = [None] * count
        self.cuts: dict[int, int] = {}
        self.waiting = [len(sources) for sources in plan.sources]
        self.decided_at: list[float] = [0.0] * count
        self.uses: list[list[CallUse]] = [[] for _ in range(count)]
        self.left = count
        self.outstanding = 0
        self.failures: dict[int, tuple[str, str, str | None]] = {}
        self.fallbacks: dict[int, Fallback] = {}
        self.ready = [position for position, missing in enumerate(self.waiting) if not missing]
        self.result: RunResult | None = None

    # The scope of expressions.

    @property
    def functions(self) -> Mapping[str, StdFunction]:
        """The functions that the user wrote."""
        return self.plan.functions

    def node(self, node: str) -> Value:
        """The value of a decided node: its message, or what a node that lowering made holds."""
        position = self.plan.index.get(node)
        return None if position is None else self.values[position]

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
                node = call.step.node
                if node.on_failure == "absent":
                    self.fallbacks[call.node] = Fallback(node.id, failure, call.key.identity)
                    self.decide(call.node, None, self.ended_at(call.node))
                else:
                    self.failures[call.node] = (failure, f"{node.id}: {detail}", call.key.identity)
                return self.proceed([])
            case Replied(call=call, response=response, source=source):
                return self.replied(call, response, source)

    def replied(self, call: CallModel, response: Response, source: Literal["store", "live"]) -> list[Command]:
        """Read a reply: ask again, or decide the node."""
        self.charge(call, response, source)
        value = call.step.reading.value(response.text)
        if value is None and call.ask + 1 < call.step.asks():
            return [self.ask(call.node, call.step, call.rendered, call.ask + 1)]
        said = Message(response.text.strip(), value, facts_of(response))
        self.decide(call.node, said, self.ended_at(call.node))
        return self.proceed([])

    def charge(self, call: CallModel, response: Response, source: Literal["store", "live"]) -> None:
        """Note a call that was answered."""
        node = call.step.node
        use = CallUse(
            identity=response.identity,
            node=node.id,
            model=node.model,
            prompt_tokens=response.prompt_tokens,
            completion_tokens=response.completion_tokens,
            latency=response.seconds,
            ask=call.ask,
            source=source,
        )
        self.uses[call.node].append(use)

    def proceed(self, commands: list[Command]) -> list[Command]:
        """Decide all that can be decided, and end the run when all is."""
        while self.ready:
            position = heapq.heappop(self.ready)
            try:
                command = self.enter(position)
            except (PromptError, EvaluationError, ValueError) as error:
                self.fault(position, error)
                continue
            if command is not None:
                commands.append(command)
        if not self.left:
            commands.append(self.finish())
        elif self.failures and not self.outstanding:
            commands.append(self.fail_first())
        return commands

    def fault(self, position: int, error: Exception) -> None:
        """A prompt or an expression of a node has no meaning."""
        match error:
            case PromptError():
                failure = "prompt"
            case FunctionError():
                failure = "function"
            case _:
                failure = "expression"
        self.failures[position] = (failure, f"{self.plan.nodes[position].id}: {error}", None)

    # Nodes.

    def enter(self, position: int) -> CallModel | None:
        """Decide the node at once, or ask for what it needs."""
        node = self.plan.nodes[position]
        step = self.plan.steps[position]
        route = self.plan.routes[position]
        if not (holds(node.guard, self) if route is None else route.holds(self)):
            self.decide(
                position, None, max((self.decided_at[at] for at in self.plan.guards[position]), default=0.0)
            )
        elif isinstance(node, FnNode):
            named: dict[str, list[Value]] = {}
            for port, expr in node.inputs:
                named.setdefault(port, []).append(evaluate(expr, self))
            self.decide(position, self.computed(position, node.fn, named), self.ready_at(position))
        elif step is not None:
            return self.first_ask(position, step, self.arriving(node))
        return None

    def first_ask(
        self, position: int, step: CallStep, ports: Mapping[str, PortValue] | None
    ) -> CallModel | None:
        """The command for a call with what arrives at its ports; without a required part it is absent."""
        if ports is not None:
            return self.ask(position, step, step.form.render(ports, self.job.example), 0)
        self.decide(position, None, self.ready_at(position))
        return None

    def computed(self, position: int, fn: str, named: Mapping[str, Sequence[Value]]) -> Value:
        """The value of a function; for a map the first items of its list, noting how many more there are."""
        match fn:
            case _ if fn == VALUE_FN:
                return next(iter(named.get("value", ())), None)
            case _ if fn == TAKE_FN:
                items = spliced(tuple(listed(value) for value in named.get("items", ())))
                most = next(iter(named.get("most", ())), None)
                kept = items[:most] if isinstance(most, int) else items
                if len(kept) < len(items):
                    self.cuts[position] = len(items) - len(kept)
                return tuple(kept)
            case _:
                value = call_function(fn, (), named, self.functions)
                return value if isinstance(value, tuple | bool) else message_of(value)

    def arriving(self, node: CallNode) -> dict[str, PortValue] | None:
        """What the node's ports receive, or None if a required one receives nothing."""
        return port_values(node, ((port, evaluate(expr, self)) for port, expr in node.inputs))

    def ask(self, position: int, step: CallStep, rendered: Rendered, ask: int) -> CallModel:
        """The command for one ask."""
        self.outstanding += 1
        draw = step.draw(ask)
        return CallModel(position, ask, draw, step.key(rendered, self.job.salt, draw), rendered, step)

    def ready_at(self, position: int) -> float:
        """When the last source of a node was decided, in seconds of virtual time."""
        return max((self.decided_at[at] for at in self.plan.sources[position]), default=0.0)

    def ended_at(self, position: int) -> float:
        """When the asks of a node had ended, in seconds of virtual time."""
        return self.ready_at(position) + sum(use.latency for use in self.uses[position])

    def decide(self, position: int, value: Value, when: float) -> None:
        """Fix what a node says, and free those that waited for it."""
        self.values[position] = value
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
            failure = "function" if isinstance(error, FunctionError) else "expression"
            return self.fail(failure, f"the output: {error}", None)
        return self.answered(output)

    def answered(self, output: Message | None) -> Done:
        """The result of a run that says this."""
        answer = None if output is None else self.answer_of(output)
        status = RunStatus.NO_ANSWER if answer is None else RunStatus.OK
        return self.done(status, answer, "" if output is None else output.text, timing=self.timing())

    def timing(self) -> Timing:
        """How long the question takes."""
        plan = self.plan
        earlier = Earlier(plan, self.field, self.values, self.decided_at)
        if not any(self.uses) or not plan.is_timed or (plan.slots is None and not earlier.is_of_use()):
            return Timing(max((self.decided_at[at] for at in plan.outputs), default=0.0), 0)
        return timing(self.plan, self.field, self.recorded(self.values))

    def recorded(self, values: Sequence[Value | Open]) -> list[Recorded]:
        """What was seen of each node."""
        return [
            Recorded(value, tuple([use.latency for use in uses]))
            for value, uses in zip(values, self.uses, strict=True)
        ]

    def answer_of(self, output: Message) -> Answer | None:
        """The task's answer in the output; a value of another type is read by the task's key."""
        match output.value:
            case None | Answer():
                return output.value
            case tuple() as members if self.plan.key.kind == "set":
                text = ", ".join(shown(member) for member in members)
                return read_answer(self.plan.key.model_copy(update={"after": None}), text)
            case str() | int() | float() | Record() | Tagged() | tuple():
                return read_answer(self.plan.key.model_copy(update={"after": None}), shown(output.value))

    def fail_first(self) -> Done:
        """The result of a run that can't go on, by the first failure in the order of nodes."""
        return self.fail(*self.failures[min(self.failures)])

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
        timing: Timing = AT_ONCE,
        failed_call: str | None = None,
    ) -> Done:
        """End the run."""
        said = zip(self.plan.nodes, self.values, strict=True)
        trace = tuple((node.id, traced(value)) for node, value in said if is_traced(node))
        calls = tuple(use for uses in self.uses for use in uses)
        cuts = tuple((self.plan.nodes[at].id, more) for at, more in sorted(self.cuts.items()))
        fallbacks = tuple(self.fallbacks[position] for position in sorted(self.fallbacks))
        self.result = RunResult(
            status,
            answer,
            text,
            failure,
            detail,
            calls,
            timing.latency,
            trace,
            failed_call,
            cuts=cuts,
            fallbacks=fallbacks,
            saved=timing.saved,
        )
        return Done(self.result)


def facts_of(response: Response) -> ReplyFacts:
    """What signals may read of a response beside its text."""
    return ReplyFacts(response.finish != "length", response.completion_tokens, response.logprobs)


def is_traced(node: RunNode) -> bool:
    """Whether a trace shows a node: not those that a program does not have."""
    return node.role != VECTOR_ROLE if isinstance(node, CallNode) else node.fn not in MADE


def traced(value: Value) -> Message | None:
    """What a trace shows of a node's value; of a list, its texts; of a reply, what was said alone."""
    if isinstance(value, tuple):
        return Message(shown(value), value)
    said = message_of(value)
    return said if said is None or said.reply is None else Message(said.text, said.value)
