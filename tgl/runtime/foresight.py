"""What a run may still ask, told before it: the scheduler's own rules over what the search has spent.

A run is followed as far as responses that are on the spend take it. Where it goes on to ask something else,
that ask is *foreseen* if its prompt is known (it depends on given fields, constants and known messages
alone): it has an identity, so that it is counted once, whoever needs it. Every other node that may still run
counts with all of its asks. Stored responses that the search did not need play no part, so a warm, a cold and
a replayed search foresee the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from tgl.ir import Expr, NodeRef, Op
from tgl.runtime.jobs import Job
from tgl.runtime.known import Known, Reply
from tgl.runtime.latency import AT_ONCE, Timing
from tgl.runtime.plan import CallStep, Plan, parts_of
from tgl.runtime.prompts import PromptError, Rendered
from tgl.runtime.run import CallModel, Command, Replied, Run
from tgl.stdfn import EvaluationError, Value, holds

Spent = Callable[[str], Reply | None]
"""The response to a call that is on the spend, by identity; None for any other."""


@dataclass(frozen=True, slots=True)
class PossibleAsk:
    """One ask that a run may add to the spend.

    `node` is its place among the candidate's nodes; `identity` is None where its prompt is not known yet.
    """

    node: int
    identity: str | None


class Foresight(Run):
    """A run that is followed as far as the spend answers it."""

    def __init__(self, plan: Plan, job: Job, spent: Spent) -> None:
        super().__init__(plan, job)
        self.spent = spent
        self.decided: set[int] = set()
        self.asked: dict[int, CallModel] = {}

    def follow(self) -> tuple[PossibleAsk, ...]:
        """What may be asked beyond the spend, in the order of nodes; empty if nothing is."""
        commands: list[Command] = self.start()
        while commands:
            command = commands.pop()
            if not isinstance(command, CallModel):
                return ()
            response = self.spent(command.key.identity)
            if response is None:
                self.asked[command.node] = command
            else:
                commands += self.on(Replied(command, response, "store"))
        return tuple(ask for position in range(len(self.plan.nodes)) for ask in self.open_asks(position))

    def decide(self, position: int, value: Value, when: float) -> None:
        """As in a run; the node needs nothing more."""
        self.decided.add(position)
        super().decide(position, value, when)

    def timing(self) -> Timing:
        """Not asked for."""
        return AT_ONCE

    def open_asks(self, position: int) -> Iterator[PossibleAsk]:
        """What one node may ask."""
        step = self.plan.steps[position]
        if step is None or position in self.decided or position in self.failures:
            return
        command = self.asked.get(position)
        if command is not None:
            yield from self.unspent(position, command.rendered, command.ask)
        elif self.may_hold(step.node.guard):
            yield from self.waiting_asks(position, step)

    def waiting_asks(self, position: int, step: CallStep) -> Iterator[PossibleAsk]:
        """What a node may ask that waits for others: its prompt may be known though its guard is not."""
        sources = [at for _, expr in step.node.inputs for at in self.positions(expr)]
        if all(at in self.decided for at in sources):
            try:
                ports = self.arriving(step.node)
                if ports is not None:
                    yield from self.unspent(position, step.form.render(ports, self.job.example), 0)
            except (PromptError, EvaluationError, ValueError):
                return  # it would fail there without asking
        else:
            yield from (PossibleAsk(position, None) for _ in range(step.asks()))

    def unspent(self, position: int, rendered: Rendered, first: int) -> Iterator[PossibleAsk]:
        """The asks from number `first` on, as far as a spent reply does not end them."""
        step = self.plan.steps[position]
        assert step is not None
        for ask in range(first, step.asks()):
            identity = step.key(rendered, self.job.salt, step.draw(ask)).identity
            response = self.spent(identity)
            if response is None:
                yield PossibleAsk(position, identity)
            elif step.reading.value(response.text) is not None:
                return

    def may_hold(self, guard: Expr | None) -> bool:
        """Whether a guard can hold, by those of its parts that are known already."""
        match guard:
            case None:
                return True
            case Op(op="and", args=args):
                return all(self.may_hold(arg) for arg in args)
            case Op(op="or", args=args):
                return any(self.may_hold(arg) for arg in args)
            case _ if all(at in self.decided for at in self.positions(guard)):
                try:
                    return holds(guard, self)
                except (EvaluationError, ValueError):
                    return True
            case _:
                return True

    def positions(self, expr: Expr) -> Iterator[int]:
        """The nodes that an expression reads."""
        return (self.plan.index[part.id] for part in parts_of(expr) if isinstance(part, NodeRef))


def foreseen(plan: Plan, job: Job, spend: Mapping[str, object], known: Known) -> tuple[PossibleAsk, ...]:
    """What a job may ask beyond the spend.

    Args:
        plan: of the job's candidate.
        job: candidate, example and salt.
        spend: the identities that the search has needed.
        known: responses, those of the spend among them.

    Raises:
        StoreError: a response that was let go can't be read again.
    """
    return Foresight(
        plan, job, lambda identity: known.fetch(identity) if identity in spend else None
    ).follow()
