"""Runs candidates on examples: the part that awaits.

All runs of a batch advance together, in waves. A wave looks up what its runs ask for, all at once, and
hands out what is stored without making a task; what is not is asked for once, however many runs wait for
it (single flight), in order of (job, node, ask) as far as a model's ceiling allows. Nothing that comes
out depends on the order in which replies arrive.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tgl.ir import KeySpec
from tgl.runtime.calls import Answered, Caller, CallFailed, Outcome, Stopped
from tgl.runtime.errors import BatchStopped, MissingResponses
from tgl.runtime.events import CallsNeeded, FromStore, RuntimeEvent
from tgl.runtime.foresight import PossibleAsk, foreseen
from tgl.runtime.identity import origin_of
from tgl.runtime.jobs import Job, ModelBinding, RunResult
from tgl.runtime.ledger import BillCap, Ledger
from tgl.runtime.plan import Planner
from tgl.runtime.policy import CallPolicy
from tgl.runtime.pool import CallPool
from tgl.runtime.prompts import Prompts, ShotsTable
from tgl.runtime.run import CallModel, Command, Done, Failed, Replied, Run
from tgl.storage import ResponseStore, StoredResponse, StoreError

EXACT = KeySpec(kind="exact")


def unwatched(_: RuntimeEvent) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class RuntimeOptions:
    """How an executor behaves.

    Args:
        live: whether models may be asked; if not, a response that is not stored is a miss.
        policy: patience with servers.
        cap: limit on the bill.
    """

    live: bool = False
    policy: CallPolicy = field(default_factory=CallPolicy)
    cap: BillCap = field(default_factory=BillCap)


class Executor:
    """Runs batches of jobs. For one event loop; concurrent batches take turns.

    A call that has failed stays failed for the executor's life: whether a run shares the failure must not
    hang on when it comes to ask. Failures are never stored, so a search that is to be resumed journals
    them (`failed`) and hands them back through `assume_failed`; they are in `failed` again once a run has
    come to ask for them.

    The running loop is the clock, so tests run on one with virtual time.
    """

    def __init__(
        self,
        models: Mapping[str, ModelBinding],
        store: ResponseStore,
        *,
        key: KeySpec = EXACT,
        instruction: str = "",
        shots: Mapping[str, ShotsTable] | None = None,
        options: RuntimeOptions | None = None,
        on_event: Callable[[RuntimeEvent], None] = unwatched,
    ) -> None:
        """Bind a program's names.

        Args:
            models: by declared name.
            store: where responses are looked up and committed.
            key: the task's; how an `answer` is read.
            instruction: the task's `format` text, for prompts.
            shots: few-shot tables by path, as programs name them.
            options: how to behave.
            on_event: told about progress; must be quick.
        """
        self.models = models
        self.store = store
        self.options = options or RuntimeOptions()
        self.notify = on_event
        self.ledger = Ledger({name: bound.spec for name, bound in models.items()}, self.options.cap)
        prompts = Prompts(instruction=instruction, shots=shots)
        fingerprints = {name: bound.fingerprint for name, bound in models.items()}
        self.planner = Planner(prompts, key, fingerprints)
        self.known: dict[str, StoredResponse] = {}
        self.failed: dict[str, CallFailed] = {}
        self.assumed: dict[str, CallFailed] = {}
        self.answers: Counter[str] = Counter()
        self.turn = asyncio.Lock()

    def assume_failed(self, identity: str, failure: str, detail: str) -> None:
        """Let a call fail as it did in the part of the search that is replayed from its journal."""
        self.assumed[identity] = CallFailed(failure, detail)

    def foreseen(self, job: Job, *, fresh: bool = False) -> tuple[PossibleAsk, ...]:
        """What a job may ask beyond the spend so far, in the order of nodes; nothing is asked.

        Args:
            job: candidate, example and salt.
            fresh: as if nothing was on the spend.

        Raises:
            ValueError: the candidate uses models or shots that are not bound.
        """
        return foreseen(self.planner.plan(job.candidate), job, {} if fresh else self.ledger.spend, self.known)

    async def run_all(self, jobs: Sequence[Job]) -> list[RunResult]:
        """The results of jobs, in job order; their calls are then on the spend.

        Cancellation stops it at once: what was replied is stored, what is under way is listed on the bill.

        Raises:
            MissingResponses: calls are not stored, and may not or can't be issued.
            ModelRefused: a model will not answer anything.
            BillReached: the cap on the bill.
            StoreError: the store can't be read or written.
            ValueError: a candidate uses models or shots that are not bound.
        """
        async with self.turn:
            results = await Batch(self, jobs).run()
        self.ledger.charge(results)
        return results


@dataclass(frozen=True, slots=True, order=True)
class Wanted:
    """A call that a run waits for, ordered by (job, node, ask)."""

    job: int
    node: int
    ask: int
    command: CallModel = field(compare=False)

    @property
    def identity(self) -> str:
        """The call's identity."""
        return self.command.key.identity


class Batch:
    """The state of one `run_all`."""

    def __init__(self, executor: Executor, jobs: Sequence[Job]) -> None:
        self.executor = executor
        self.jobs = jobs
        self.runs = [Run(executor.planner.plan(job.candidate), job) for job in jobs]
        self.results: list[RunResult | None] = [None] * len(jobs)
        self.asked: list[Wanted] = []
        self.waiters: dict[str, list[Wanted]] = {}
        self.missing: list[Wanted] = []
        self.backlog: dict[str, list[Wanted]] = {}
        self.active: dict[str, int] = {}
        self.pools: dict[str, CallPool[Outcome]] = {}
        self.settled: asyncio.Queue[tuple[Wanted, Outcome]] = asyncio.Queue()
        self.caller = Caller(
            executor.store, executor.ledger, executor.options.policy, executor.notify, executor.answers
        )
        self.stops: list[tuple[Wanted, BatchStopped | StoreError]] = []

    async def run(self) -> list[RunResult]:
        """Run all jobs to their end."""
        for job, run in enumerate(self.runs):
            self.take(job, run.start())
        await self.answer_stored()
        if self.backlog:
            await self.answer_live()
        if self.stops:
            raise min(self.stops, key=lambda stop: stop[0])[1]
        if self.missing:
            raise self.misses()
        return [result for result in self.results if result is not None]

    def take(self, job: int, commands: Sequence[Command]) -> None:
        """Obey a run."""
        for command in commands:
            match command:
                case Done(result=result):
                    self.results[job] = result
                case CallModel(node=node, ask=ask):
                    self.asked.append(Wanted(job, node, ask, command))

    async def answer_stored(self) -> None:
        """Answer what is stored, wave by wave, and queue the rest."""
        known, failures, assumed = self.executor.known, self.executor.failed, self.executor.assumed
        while self.asked:
            wave, self.asked = self.asked, []
            failures.update(
                (wanted.identity, assumed[wanted.identity]) for wanted in wave if wanted.identity in assumed
            )
            new = list(
                dict.fromkeys(
                    wanted.identity
                    for wanted in wave
                    if wanted.identity not in known
                    and wanted.identity not in self.waiters
                    and wanted.identity not in failures
                )
            )
            if new:
                found = await self.executor.store.get_many(new)
                known.update(found)
                self.executor.notify(CallsNeeded(len(new)))
                self.executor.notify(FromStore(len(found)))
            for wanted in wave:
                if (failed := failures.get(wanted.identity)) is not None:
                    self.fail(wanted, failed)
                elif (response := known.get(wanted.identity)) is not None:
                    event = Replied(wanted.command, response, "store")
                    self.take(wanted.job, self.runs[wanted.job].on(event))
                else:
                    self.wait_for(wanted)

    def wait_for(self, wanted: Wanted) -> None:
        """Let a run wait for a call, and queue the call if it is the first to do so."""
        waiters = self.waiters.setdefault(wanted.identity, [])
        waiters.append(wanted)
        if len(waiters) > 1:
            return
        name = wanted.command.step.node.model
        if self.executor.options.live and self.executor.models[name].model is not None:
            heapq.heappush(self.backlog.setdefault(name, []), wanted)
        else:
            self.missing.append(wanted)

    async def answer_live(self) -> None:
        """Ask the models until nothing is left to ask, or something stops the batch."""
        async with asyncio.TaskGroup() as group:
            while True:
                self.issue(group)
                if not any(self.active.values()):
                    return
                arrived = deque([await self.settled.get()])
                while not self.settled.empty():
                    arrived.append(self.settled.get_nowait())
                for wanted, outcome in arrived:
                    self.settle(wanted, outcome)
                try:
                    await self.answer_stored()
                except StoreError as error:
                    # Raised here it would cancel calls that are under way and paid for.
                    self.stops.append((min(wanted for wanted, _ in arrived), error))
                    self.caller.stop.set()

    def issue(self, group: asyncio.TaskGroup) -> None:
        """Start what the ceilings allow, in order."""
        for name, waiting in self.backlog.items():
            ceiling = self.executor.models[name].ceiling
            if name not in self.pools:
                self.pools[name] = CallPool(ceiling)
            while waiting and self.active.get(name, 0) < ceiling:
                self.active[name] = self.active.get(name, 0) + 1
                group.create_task(self.call(name, heapq.heappop(waiting)))

    async def call(self, name: str, wanted: Wanted) -> None:
        """One call, under its model's ceiling."""
        bound = self.executor.models[name]
        if bound.model is None:
            raise ValueError(f"`{name}` has no back-end")
        model, salt, timeout = bound.model, self.jobs[wanted.job].salt, bound.spec.timeout
        outcome = await self.pools[name].run(lambda: self.caller.call(wanted.command, salt, model, timeout))
        self.settled.put_nowait((wanted, outcome))

    def settle(self, wanted: Wanted, outcome: Outcome) -> None:
        """Hand an outcome to all who wait for it."""
        self.active[wanted.command.step.node.model] -= 1
        match outcome:
            case Answered(response=response):
                self.executor.known[wanted.identity] = response
                for waiter in self.waiters.pop(wanted.identity):
                    self.take(waiter.job, self.runs[waiter.job].on(Replied(waiter.command, response, "live")))
            case CallFailed():
                self.executor.failed[wanted.identity] = outcome
                for waiter in self.waiters.pop(wanted.identity):
                    self.fail(waiter, outcome)
            case Stopped(reason=reason):
                if reason is not None:
                    self.stops.append((wanted, reason))

    def fail(self, wanted: Wanted, outcome: CallFailed) -> None:
        """Tell a run that its call has failed."""
        event = Failed(wanted.command, outcome.failure, outcome.detail)
        self.take(wanted.job, self.runs[wanted.job].on(event))

    def misses(self) -> MissingResponses:
        """All calls that are known to be missing."""
        missing = sorted(self.missing)
        by_node: dict[str, int] = {}
        by_model: dict[str, int] = {}
        for wanted in missing:
            node = wanted.command.step.node
            by_node[node.id] = by_node.get(node.id, 0) + 1
            by_model[node.model] = by_model.get(node.model, 0) + 1
        first = missing[0]
        step = first.command.step
        origin = origin_of(
            step.fingerprint,
            first.command.rendered.canonical,
            step.options,
            self.jobs[first.job].salt,
            first.command.draw,
        )
        return MissingResponses(len(missing), by_node, by_model, origin)
