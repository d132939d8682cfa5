"""The runs of a batch over one graph of calls. Pure: no clock, no await, no store.

Rules:

* Equal calls are one, whoever asks; all who do wait for it.
* Runs advance in waves. A wave answers at once what is known, and hands out what is not: each distinct
  call the first time that somebody waits for it.
* Of a group of jobs, a rule may drop the rest once it has seen the results of the first ones, in the order
  of jobs. So what is dropped depends on results alone, never on which of them arrived first: a dropped
  job's result counts for nothing even if it was there before the rule could see it.
* A call that nobody waits for any more is given back.
* A call comes first that belongs to a job of higher priority, to an earlier one of its group if that may be
  dropped, and then the one with most calls on its longest way to the output; then by job, node and ask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias, assert_never

from tgl.runtime.counts import Tally
from tgl.runtime.errors import MissingResponses
from tgl.runtime.identity import origin_of
from tgl.runtime.jobs import Job, RunResult, RunStatus
from tgl.runtime.known import Response
from tgl.runtime.plan import Plan
from tgl.runtime.run import CallModel, Command, Done, Failed, Replied, Run, Unneeded
from tgl.runtime.traffic import CallFailed, Rank

DropRule: TypeAlias = Callable[[str, Sequence[RunResult]], bool]
"""Whether the rest of a group is dropped, told from its name and its first results in the order of jobs.
Pure; called once after each of them."""


class Answers(Protocol):
    """Responses that are at hand."""

    def get(self, identity: str, /) -> Response | None:
        """The response to a call, None if it is not at hand."""
        ...


DROPPED = RunResult(RunStatus.DROPPED, None, "", None, "", (), 0.0, ())


@dataclass(frozen=True, slots=True, order=True)
class Ask:
    """A call that a run waits for, ordered by (job, node, ask)."""

    job: int
    node: int
    ask: int
    command: CallModel = field(compare=False)

    @property
    def identity(self) -> str:
        """The call's identity."""
        return self.command.key.identity


@dataclass(slots=True)
class Group:
    """Jobs that a rule may drop. `results` are those of the first jobs, without a gap."""

    jobs: list[int] = field(default_factory=list[int])
    results: list[RunResult] = field(default_factory=list[RunResult])


class UnionGraph:
    """The runs of one batch. `start` it, then `wave` until nothing is new; then `answer`, and so on."""

    def __init__(
        self,
        jobs: Sequence[Job],
        runs: Sequence[Run],
        known: Answers,
        failures: Mapping[str, CallFailed],
        tally: Tally,
        drop: DropRule | None = None,
    ) -> None:
        """Hold a batch.

        Args:
            jobs: what is run.
            runs: a fresh run of each.
            known: responses of the search. What it lets go is asked for again.
            failures: calls that have failed; the same holds for `fail`.
            tally: where asks are counted.
            drop: which groups lose their rest.
        """
        self.jobs = jobs
        self.runs = runs
        self.known = known
        self.failures = failures
        self.tally = tally
        self.drop = drop
        self.results: list[RunResult | None] = [None] * len(jobs)
        self.asked: list[Ask] = []
        self.waiters: dict[str, list[Ask]] = {}
        self.open: dict[int, dict[str, None]] = {}
        self.told: dict[str, list[int]] = {}
        self.abandoned: dict[str, None] = {}
        self.ranks: dict[str, Rank] = {}
        self.raised: dict[str, Rank] = {}
        self.unneeded: set[tuple[int, int, int]] = set()
        self.groups: dict[str, Group] = {}
        self.places: list[int] = [0] * len(jobs)
        self.plans: dict[int, tuple[int, ...]] = {}
        if drop is not None:
            for place, job in enumerate(jobs):
                if job.group:
                    group = self.groups.setdefault(job.group, Group())
                    self.places[place] = len(group.jobs)
                    group.jobs.append(place)

    def start(self) -> None:
        """Let all runs begin."""
        for job, run in enumerate(self.runs):
            if self.results[job] is None:
                self.take(job, run.start())

    def wave(self) -> list[Ask]:
        """Answer what is known, as far as that leads; the first asks for all calls that are new."""
        new: list[Ask] = []
        known, failures, waiters, results = self.known, self.failures, self.waiters, self.results
        while self.asked:
            wave, self.asked = self.asked, []
            self.tally.needed += len(wave)
            for ask in wave:
                job, identity = ask.job, ask.command.key.identity
                if results[job] is not None or (job, ask.node, ask.ask) in self.unneeded:
                    self.tally.needed -= 1
                    continue
                response = known.get(identity)
                if response is not None and identity not in failures:
                    self.tally.shared += 1
                    self.take(job, self.runs[job].on(Replied(ask.command, response, "store")))
                elif identity in failures:
                    self.tally.shared += 1
                    self.told.setdefault(identity, []).append(job)
                    self.take(job, self.runs[job].on(failed(ask, failures[identity])))
                else:
                    self.open.setdefault(job, {})[identity] = None
                    if identity in waiters:
                        self.tally.shared += 1
                        waiters[identity].append(ask)
                        if identity in self.ranks and (rank := self.rank(ask)) < self.ranks[identity]:
                            self.ranks[identity] = self.raised[identity] = rank
                    else:
                        waiters[identity] = [ask]
                        self.abandoned.pop(identity, None)
                        new.append(ask)
        return new

    def answer(self, identity: str, response: Response, *, live: bool) -> None:
        """Hand a response to all who wait for it."""
        for ask in self.waiters.pop(identity, ()):
            self.heard(ask)
            source = "live" if live else "store"
            self.take(ask.job, self.runs[ask.job].on(Replied(ask.command, response, source)))

    def fail(self, identity: str, failure: CallFailed) -> None:
        """Tell all who wait for a call that it has failed."""
        for ask in self.waiters.pop(identity, ()):
            self.heard(ask)
            self.told.setdefault(identity, []).append(ask.job)
            self.take(ask.job, self.runs[ask.job].on(failed(ask, failure)))

    def heard(self, ask: Ask) -> None:
        """A run waits for a call no more; one run may have asked for it twice."""
        waiting = self.open.get(ask.job)
        if waiting is not None:
            waiting.pop(ask.identity, None)

    def take(self, job: int, commands: Iterable[Command]) -> None:
        """Obey a run."""
        for command in commands:
            match command:
                case CallModel(node=node, ask=ask):
                    self.asked.append(Ask(job, node, ask, command))
                case Unneeded(calls=calls):
                    self.let_go(job, calls)
                case Done(result=result):
                    self.end(job, result)
                case _:
                    assert_never(command)

    # Ends.

    def end(self, job: int, result: RunResult) -> None:
        """Note a result, and let the rule see what it can see now."""
        if self.results[job] is not None:
            return
        self.results[job] = result
        self.leave(job)
        group = self.groups.get(self.jobs[job].group)
        if group is None or self.drop is None:
            return
        while len(group.results) < len(group.jobs):
            first = self.results[group.jobs[len(group.results)]]
            if first is None or first is DROPPED:
                return
            group.results.append(first)
            if self.drop(self.jobs[job].group, group.results):
                for rest in group.jobs[len(group.results) :]:
                    self.results[rest] = DROPPED
                    self.leave(rest)
                return

    def leave(self, job: int) -> None:
        """Let a run that has ended wait for nothing."""
        for identity in self.open.pop(job, {}):
            asks = self.waiters.get(identity)
            if asks is None:
                continue
            asks[:] = [ask for ask in asks if ask.job != job]
            if not asks:
                del self.waiters[identity]
                self.abandoned[identity] = None

    def let_go(self, job: int, calls: Iterable[CallModel]) -> None:
        """Let a run that goes on wait for some calls no more."""
        for call in calls:
            self.unneeded.add((job, call.node, call.ask))
            identity = call.key.identity
            asks = self.waiters.get(identity)
            if asks is None:
                continue
            asks[:] = [ask for ask in asks if ask.job != job or ask.command is not call]
            if all(ask.job != job for ask in asks):
                self.open.get(job, {}).pop(identity, None)
            if not asks:
                del self.waiters[identity]
                self.abandoned[identity] = None

    def given_back(self) -> list[str]:
        """The calls that nobody waits for any more, since the last time that this was asked."""
        found = [identity for identity in self.abandoned if identity not in self.waiters]
        self.abandoned.clear()
        return found

    def needless(self, failures: Iterable[str]) -> list[str]:
        """Those that no job met, or only dropped ones: whether they were met hangs on who was faster."""
        return [
            identity
            for identity in failures
            if all(self.results[job] is DROPPED for job in self.told.get(identity, ()))
        ]

    # Order.

    def rank_of(self, identity: str) -> Rank:
        """The place of a call that is waited for in the order of issue: that of the first ask for it."""
        found = self.ranks[identity] = min(map(self.rank, self.waiters[identity]))
        return found

    def raises(self) -> dict[str, Rank]:
        """Ranked calls that an ask of a better place has joined, since the last time that this was asked."""
        found, self.raised = self.raised, {}
        return found

    def rank(self, ask: Ask) -> Rank:
        """The place of an ask in the order of issue."""
        job = self.jobs[ask.job]
        height = self.heights(self.runs[ask.job].plan)[ask.node]
        return (-job.priority, self.places[ask.job], -height, ask.job, ask.node, ask.ask)

    def heights(self, plan: Plan) -> tuple[int, ...]:
        """Of each node, the most calls on a way from it to the end."""
        found = self.plans.get(id(plan))
        if found is None:
            heights = [0] * len(plan.nodes)
            for position in reversed(range(len(plan.nodes))):
                below = max((heights[reader] for reader in plan.readers[position]), default=0)
                heights[position] = below + (plan.steps[position] is not None)
            found = self.plans[id(plan)] = tuple(heights)
        return found


def failed(ask: Ask, failure: CallFailed) -> Failed:
    """What a run is told of a call that has failed."""
    return Failed(ask.command, failure.failure, failure.detail)


def missing_responses(union: UnionGraph) -> MissingResponses:
    """What is missing where nobody can be asked: all calls that are still waited for."""
    missing = sorted(asks[0] for asks in union.waiters.values())
    by_node: dict[str, int] = {}
    by_model: dict[str, int] = {}
    for ask in missing:
        node = ask.command.step.node
        by_node[node.id] = by_node.get(node.id, 0) + 1
        by_model[node.model] = by_model.get(node.model, 0) + 1
    command = missing[0].command
    salt = union.jobs[missing[0].job].salt
    origin = origin_of(
        command.step.fingerprint, command.rendered.canonical, command.step.options, salt, command.draw
    )
    return MissingResponses(len(missing), by_node, by_model, origin)
