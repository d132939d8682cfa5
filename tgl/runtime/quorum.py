"""A run that stops waiting for what can't change its answer: how one question is deployed.

It gives the answer that a run without it would give, byte for byte, and says which calls it needs no more
(`Unneeded`). A call that fails only fails the run if the answer is not certain without it.
"""

from __future__ import annotations

from dataclasses import replace

from tgl.runtime.certainty import Certainty, Fed, Said, Whole
from tgl.runtime.jobs import Job
from tgl.runtime.latency import Timing, timing
from tgl.runtime.plan import CallStep, Plan
from tgl.runtime.ports import port_values
from tgl.runtime.prompts import PromptError, Rendered
from tgl.runtime.run import CallModel, Command, Event, Replied, Run, Unneeded
from tgl.stdfn import EvaluationError, Value, message_of, settled_all


class QuorumRun(Run):
    """The state of one run, as `Run`."""

    def __init__(self, plan: Plan, job: Job) -> None:
        super().__init__(plan, job)
        self.certainty = Certainty(plan, self.field)
        self.open_calls: dict[int, CallModel] = {}
        self.saved = 0

    def on(self, event: Event) -> list[Command]:
        """What follows from an event; a reply that nobody waits for was paid for and changes nothing."""
        if self.open_calls.get(event.call.node) is not event.call:
            if isinstance(event, Replied) and self.result is None:
                self.charge(event.call, event.response, event.source)
            return []
        del self.open_calls[event.call.node]
        return super().on(event)

    def proceed(self, commands: list[Command]) -> list[Command]:
        """Enter all that is certain, drop what is not needed, and end once the output is certain."""
        while (entry := self.certainty.entered()) is not None:
            try:
                command = self.follow(entry)
            except (PromptError, EvaluationError, ValueError) as error:
                self.fault(entry.position, error)
                continue
            if command is not None:
                commands.append(command)
        output = settled_all((self.certainty.output(),))
        gone = tuple(self.open_calls) if output is not None else tuple(self.certainty.dropped)
        self.certainty.dropped.clear()
        calls = [self.open_calls.pop(node) for node in sorted(gone) if node in self.open_calls]
        if calls:
            self.saved += len(calls)
            self.outstanding -= len(calls)
            # One of them may be among these very commands: then nobody ever sees it.
            new = {command.node for command in commands if isinstance(command, CallModel)}
            gone = {call.node for call in calls}
            commands = [c for c in commands if not (isinstance(c, CallModel) and c.node in gone)]
            issued = tuple(call for call in calls if call.node not in new)
            commands += [Unneeded(issued)] if issued else []
        if output is not None:
            commands.append(self.answered(message_of(output[0])))
        elif not self.outstanding:
            commands.append(self.fail_first() if self.failures else self.finish())
        return commands

    def follow(self, entry: Whole | Said | Fed) -> CallModel | None:
        """Decide a node that is certain, or ask for what it needs."""
        match entry:
            case Whole(position=position):
                return self.enter(position)
            case Said(position=position, value=value):
                self.decide(position, value, self.ready_at(position))
                return None
            case Fed(position=position, inputs=inputs):
                step = self.plan.steps[position]
                assert step is not None
                return self.first_ask(position, step, port_values(step.node, inputs))

    def ask(self, position: int, step: CallStep, rendered: Rendered, ask: int) -> CallModel:
        """The command for one ask."""
        command = super().ask(position, step, rendered, ask)
        self.open_calls[position] = command
        return command

    def decide(self, position: int, value: Value, when: float) -> None:
        """Fix what a node says, and free those for whom that is enough."""
        super().decide(position, value, when)
        self.certainty.decide(position, value)

    def timing(self) -> Timing:
        """How long the question takes, by the calls that were answered."""
        found = timing(self.plan, self.field, self.recorded(self.certainty.values))
        return replace(found, saved=self.saved)
