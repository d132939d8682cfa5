"""One batch: the part that awaits. It obeys the scheduler, and feeds back what comes of it.

Requests run in a pool for each model, a hard ceiling under the scheduler's own limit. What arrives is taken
in all at once: replies are put into the store together, and count once their transaction has committed.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from tgl.models import ChatReply
from tgl.runtime.arrivals import Arrival, Content, Crashed, Found, Replied, Stored
from tgl.runtime.calls import billed, recorded, request_of, worst_usage
from tgl.runtime.events import CallsNeeded, FromStore, Issued, Settled, Waiting
from tgl.runtime.identity import SEEDS, Pieces, pieces_of
from tgl.runtime.jobs import Job, ModelBinding, RunResult
from tgl.runtime.quorum import QuorumRun
from tgl.runtime.run import Run
from tgl.runtime.scheduler import Scheduler
from tgl.runtime.traffic import (
    Broke,
    Call,
    CallFailed,
    Came,
    CutOff,
    CutOut,
    GivenUp,
    Halted,
    Kept,
    Raised,
    Rank,
    Send,
    Unwanted,
    Waits,
    Wanted,
)
from tgl.runtime.union import Ask, DropRule, UnionGraph, missing_responses
from tgl.runtime.workers import Line
from tgl.storage import StoredResponse, StoreError

if TYPE_CHECKING:
    from tgl.runtime.executor import Executor


NOTE_EVERY = 200
"""Requests after which the bill is kept again."""


class Batch:
    """The state of one `run_all`."""

    def __init__(self, executor: Executor, jobs: Sequence[Job], drop: DropRule | None) -> None:
        self.executor = executor
        self.models = executor.models
        self.store = executor.store
        self.jobs = jobs
        kind = QuorumRun if executor.options.quorum else Run
        self.union = UnionGraph(
            jobs,
            [kind(executor.planner.plan(job.candidate), job) for job in jobs],
            executor.known,
            executor.failed,
            executor.tally,
            drop,
        )
        self.scheduler = Scheduler(
            executor.gates,
            executor.ledger,
            executor.options.policy,
            executor.tally,
            max_n=self.max_n,
            hedge=executor.options.hedge,
        )
        self.shared = executor.tally.shared
        self.noted = executor.tally.requests
        self.lines: dict[str, Line] = {}
        self.answered: set[str] = set()
        self.pieces: dict[str, Pieces] = {}
        self.chores: set[asyncio.Task[None]] = set()
        self.inbox: deque[Arrival] = deque()
        self.bell: asyncio.Future[None] | None = None
        self.failed_before: frozenset[str] = frozenset()

    async def run(self) -> list[RunResult]:
        """Run all jobs to their end."""
        self.failed_before = frozenset(self.executor.failed)
        self.union.start()
        while new := self.wave():
            self.sort_out(new, await self.store.get_many([ask.identity for ask in new]))
        self.tell_shared()
        if self.scheduler.calls:
            await self.answer_live()
        if self.scheduler.stops:
            raise min(self.scheduler.stops, key=lambda stop: stop[0])[1]
        if self.union.waiters:
            raise missing_responses(self.union)
        for identity in self.union.needless(set(self.executor.failed) - self.failed_before):
            del self.executor.failed[identity]
        return [result for result in self.union.results if result is not None]

    # Asks.

    def wave(self) -> list[Ask]:
        """The asks that are new; those of the search that goes on fail as they did before."""
        assumed, failed = self.executor.assumed, self.executor.failed
        new = self.union.wave()
        while assumed and any(ask.identity in assumed for ask in new):
            for ask in new:
                if ask.identity in assumed:
                    failed[ask.identity] = assumed[ask.identity]
                    self.union.fail(ask.identity, assumed[ask.identity])
            new = [ask for ask in new if ask.identity not in assumed] + self.union.wave()
        return new

    def sort_out(self, asks: Sequence[Ask], found: dict[str, StoredResponse]) -> None:
        """Answer what was found, and want the rest."""
        tally, notify, known = self.executor.tally, self.executor.notify, self.executor.known
        # Some were known before, and let go.
        again = sum(identity in known for identity in found)
        for response in found.values():
            known.add(response)
        tally.stored += len(found) - again
        tally.shared += again
        notify(CallsNeeded(len(asks) - again, tally.shared - self.shared))
        self.shared = tally.shared
        notify(FromStore(len(found) - again))
        for ask in asks:
            response = found.get(ask.identity)
            if response is not None:
                self.learn(ask)
                self.union.answer(ask.identity, response, live=False)
            elif ask.identity in self.union.waiters:
                self.want(ask)

    def want(self, ask: Ask) -> None:
        """Queue a call, if its model can be asked; if not, it is missing."""
        call = self.call_of(ask)
        if call is not None:
            self.scheduler.on(Wanted(call), self.now)

    def learn(self, ask: Ask) -> None:
        """A stored reply names a question for a canary, while its model has answered none in this process."""
        canary = self.executor.gates[ask.command.step.node.model].canary
        if canary.call is None and (call := self.call_of(ask)) is not None:
            canary.learn(call)

    def call_of(self, ask: Ask) -> Call | None:
        """What asks for it, None if its model can't be asked."""
        command = ask.command
        node = command.step.node
        model = self.models[node.model].model
        if not self.executor.options.live or model is None:
            return None
        request = request_of(command)
        several = model.capabilities.max_n > 1 and node.temperature != 0
        return Call(
            identity=ask.identity,
            model=node.model,
            node=node.id,
            rank=self.union.rank_of(ask.identity),
            worst=worst_usage(request),
            # Draws of one request differ in nothing but a seed that counts on from its first.
            request=replace(request, seed=(request.seed - command.draw) % SEEDS) if several else None,
            draw=command.draw,
            content=Content(ask, request),
        )

    def max_n(self, name: str) -> int:
        """How many calls one request may ask for; a server may turn out to take fewer."""
        model = self.models[name].model
        return 1 if model is None else model.capabilities.max_n

    def tell_shared(self) -> None:
        """Tell of asks that needed nothing new."""
        if self.executor.tally.shared > self.shared:
            self.executor.notify(CallsNeeded(0, self.executor.tally.shared - self.shared))
            self.shared = self.executor.tally.shared

    # The loop.

    @property
    def now(self) -> float:
        """The running loop's time."""
        return asyncio.get_running_loop().time()

    async def answer_live(self) -> None:
        """Ask the models until nothing is left to ask, or something stops the batch."""
        try:
            while True:
                for identity in self.union.given_back():
                    self.scheduler.on(Unwanted(identity), self.now)
                for identity, rank in self.union.raises().items():
                    self.scheduler.on(Raised(identity, rank), self.now)
                commands = self.scheduler.commands(self.now)
                if not self.executor.ledger.is_covered and not self.note_bill():
                    # What a cap would forget is not asked; the batch stops once the rest has come.
                    for command in commands:
                        if isinstance(command, Send):
                            self.scheduler.on(CutOff(command.number), self.now)
                    commands = [command for command in commands if not isinstance(command, Send)]
                for command in commands:
                    match command:
                        case Send():
                            await self.send(command)
                        case CutOut(number=number):
                            for line in self.lines.values():
                                line.cut(number)
                        case Waits(model=model, kind=kind, delay=delay):
                            self.executor.notify(Waiting(model, kind, delay))
                        case GivenUp():
                            self.give_up(command)
                        case _:
                            assert_never(command)
                if new := self.wave():
                    self.chore(self.look_up(new))
                if self.inbox:
                    self.take_in()
                elif not self.union.abandoned and self.scheduler.idle and not self.chores:
                    return
                elif not self.union.abandoned:
                    await self.arrival(self.scheduler.wake)
                    self.take_in()
        finally:
            await self.close()
            self.tell_shared()

    async def arrival(self, wake: float | None) -> None:
        """Wait until something arrives, no longer than until `wake`."""
        loop = asyncio.get_running_loop()
        self.bell = loop.create_future()
        timer = None if wake is None else loop.call_at(wake, self.ring)
        try:
            await self.bell
        finally:
            self.bell = None
            if timer is not None:
                timer.cancel()

    def ring(self) -> None:
        """End the waiting."""
        if self.bell is not None and not self.bell.done():
            self.bell.set_result(None)

    def post(self, item: Arrival) -> None:
        """Let something arrive."""
        self.inbox.append(item)
        self.ring()

    def chore(self, work: Coroutine[None, None, None]) -> None:
        """Have something done beside the loop, which ends after it."""
        task = asyncio.get_running_loop().create_task(work)
        self.chores.add(task)
        task.add_done_callback(self.chore_done)

    def chore_done(self, task: asyncio.Task[None]) -> None:
        """A chore has ended."""
        self.chores.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.post(Crashed(error))
        self.ring()

    async def close(self) -> None:
        """Cut off what is under way: its replies are stored if they were faster, and the rest is billed."""
        for line in self.lines.values():
            self.executor.tally.cancelled += await line.close()
        self.take_in()
        while self.chores:
            await asyncio.wait(self.chores)
        self.take_in()

    # Arrivals.

    def take_in(self) -> None:
        """Take note of all that has arrived.

        Raises:
            BaseException: what a back-end or a store raised that it should not.
        """
        scheduler, now = self.scheduler, self.now
        records: list[StoredResponse] = []
        ranks: list[Rank] = []
        crash: BaseException | None = None
        while self.inbox:
            item = self.inbox.popleft()
            match item:
                case Replied(number=number, calls=calls, replies=replies):
                    apart = self.max_n(calls[0].model) < len(calls)
                    requests = len(calls) if apart else 1
                    scheduler.on(Came(number, billed(replies, apart=apart), requests), now)
                    if not calls[0].canary:
                        records.extend(map(self.record, calls, replies))
                        ranks.extend(call.rank for call in calls)
                case Stored(responses=responses):
                    for response in responses:
                        self.answer(response)
                    counts = Counter(scheduler.calls[response.identity].model for response in responses)
                    for model, count in counts.items():
                        scheduler.on(Kept(model, count), now)
                case Found(asks=asks, responses=found):
                    self.sort_out(asks, found)
                case Broke() | CutOff() | Halted():
                    scheduler.on(item, now)
                case Crashed(error=error):
                    crash = crash or error
                case _:
                    assert_never(item)
        if records:
            self.keep(records, min(ranks))
        if self.executor.tally.requests >= self.noted + NOTE_EVERY:
            self.note_bill()
        if crash is not None:
            raise crash

    def record(self, call: Call, reply: ChatReply) -> StoredResponse:
        """A reply as it is stored."""
        assert isinstance(call.content, Content)
        ask = call.content.ask
        messages = ask.command.rendered.canonical
        pieces = self.pieces.get(messages)
        if pieces is None:
            pieces = self.pieces[messages] = pieces_of(messages)
        return recorded(ask.command, self.jobs[ask.job].salt, reply, pieces)

    def answer(self, response: StoredResponse) -> None:
        """A committed response counts, if it is the first."""
        identity = response.identity
        if identity not in self.answered:
            self.answered.add(identity)
            self.executor.known.add(response)
            self.executor.notify(Settled(self.scheduler.calls[identity].model, ok=True))
            self.union.answer(identity, response, live=True)

    def give_up(self, given_up: GivenUp) -> None:
        """A call has failed for good, and stays failed for the search."""
        call = given_up.call
        failure = CallFailed(given_up.kind.value, given_up.detail)
        self.executor.failed[call.identity] = failure
        self.executor.notify(Settled(call.model, ok=False))
        self.union.fail(call.identity, failure)

    # What is awaited.

    async def send(self, send: Send) -> None:
        """Start a request; the scheduler has seen to it that there is a slot."""
        lead = send.calls[0]
        line = self.lines.get(lead.model)
        if line is None:
            line = self.lines[lead.model] = self.line(self.models[lead.model])
        if not send.hedge:
            for call in send.calls:
                self.executor.notify(Issued(call.model, call.sends))
        assert isinstance(lead.content, Content)
        request = lead.content.request
        if lead.canary:
            # Another seed each time: a cache in front of a server that is out would answer what it knows.
            request = replace(request, seed=(request.seed + self.executor.tally.requests) % SEEDS)
        await line.start(send, request)

    def line(self, bound: ModelBinding) -> Line:
        """Where requests to a model are made."""
        if bound.model is None:
            raise ValueError(f"`{bound.spec.name}` has no back-end")
        timeout = bound.spec.timeout or self.executor.options.policy.timeout
        return Line(bound.model, bound.ceiling, timeout, post=self.post, chore=self.chore)

    def keep(self, records: Sequence[StoredResponse], rank: Rank) -> None:
        """Commit responses; only then do they count (semantics.md 3)."""
        # `put` accepts at once, so nothing is lost between the reply and here.
        accepted = self.store.put(records)

        async def committed() -> None:
            try:
                self.post(Stored(await accepted))
            except StoreError as error:
                self.post(Halted(rank, error))

        self.chore(committed())

    async def look_up(self, asks: Sequence[Ask]) -> None:
        """Look for calls in the store while others are under way."""
        try:
            self.post(Found(asks, await self.store.get_many([ask.identity for ask in asks])))
        except StoreError as error:
            # Raised it would cut off calls that are under way and paid for.
            self.post(Halted(min(map(self.union.rank, asks)), error))

    def note_bill(self) -> bool:
        """Have the bill kept in the middle of a batch, so that a crash forgets little of it, if it can."""
        self.noted = self.executor.tally.requests
        try:
            self.executor.keep_bill()
        except StoreError as error:
            self.scheduler.on(Halted((), error), self.now)
            return False
        return True
