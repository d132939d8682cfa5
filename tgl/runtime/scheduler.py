"""Which call is asked of which model, and when: state × event → commands. Time comes with each event.

Rules:

* A call is asked by one request at a time, however many runs want it; a hedge, on request, doubles it.
* The order is that of `rank`: what decides most first. It changes speed and bill, nothing else.
* A request needs room under the model's adaptive limit (one slot a call), in its requests and tokens of
  the minute, and under the cap on the bill for its worst case. A call that waits after a failure holds
  none of these. Where only what is under way stands between a request and the cap, it waits for that.
* A refusal for rate and a timeout shrink the limit. A call whose refusal names a time waits for it. The
  server as a whole is left alone until then once `REFUSALS` requests have failed in a row, with no reply in
  between: a stray refusal among replies says nothing about the next call. One that only fails, for more calls
  in a row than the limit has slots, is left alone for the newest back-off.
* Consecutive draws of one request go out together, as many as the model takes and slots are free.
* No more than four limit-fulls of replies wait to be stored: that is the most that a crash can lose. (They
  wait for a commit, some milliseconds; so it takes a server that answers faster to come near.)
* What nobody wants any more is taken back, or cut off if it is under way.
* Once the batch stops, what is under way is finished, and nothing new is sent.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Mapping

from tgl.models import ErrorKind, ModelError, Usage
from tgl.runtime.counts import Tally
from tgl.runtime.errors import BatchStopped, ModelRefused
from tgl.runtime.ledger import Ledger
from tgl.runtime.limits import Gate
from tgl.runtime.policy import (
    SEVERAL,
    Abort,
    CallPolicy,
    GiveUp,
    RetryAfter,
)
from tgl.runtime.traffic import (
    Broke,
    Call,
    Came,
    Command,
    CutOff,
    CutOut,
    Event,
    Flight,
    GivenUp,
    Halted,
    Kept,
    Queue,
    Raised,
    Rank,
    Send,
    Unwanted,
    Waits,
    Wanted,
)
from tgl.runtime.verdicts import is_doubtful, verdict
from tgl.storage import StoreError

UNKEPT = 4
"""Limit-fulls of replies that may wait to be stored."""
REFUSALS = 3
"""Failures in a row after which a server that names a time is left alone until then."""
ALONE = frozenset({ErrorKind.SERVER, ErrorKind.BROKEN, ErrorKind.BAD_REQUEST})
"""Failures after which the calls of one request are asked for one at a time: it may be to blame."""


class Scheduler:
    """The calls of one batch. Feed events, then take `commands`; nothing happens in between."""

    def __init__(
        self,
        gates: Mapping[str, Gate],
        ledger: Ledger,
        policy: CallPolicy,
        tally: Tally,
        *,
        max_n: Callable[[str], int] = lambda _: 1,
        hedge: float | None = None,
    ) -> None:
        """Hold what outlives the batch.

        Args:
            gates: limits by model.
            ledger: where requests are booked.
            policy: patience.
            tally: where requests are counted.
            max_n: how many calls one request to a model may ask for, now.
            hedge: quantile of a model's latencies after which a request is doubled, in (0, 1); None: never.
        """
        self.gates = gates
        self.ledger = ledger
        self.policy = policy
        self.tally = tally
        self.max_n = max_n
        self.hedge = hedge
        self.queues: dict[str, Queue] = {}
        self.calls: dict[str, Call] = {}
        self.flights: dict[int, Flight] = {}
        self.out: list[Command] = []
        self.stops: list[tuple[Rank, BatchStopped | StoreError]] = []
        self.entries = 0
        self.newest = 0
        self.wake: float | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing that anybody waits for is under way, and nothing will be."""
        if any(not flight.calls[0].canary for flight in self.flights.values()):
            return False
        return bool(self.stops) or (self.wake is None and not any(map(Queue.first, self.queues.values())))

    def on(self, event: Event, now: float) -> None:
        """Take note of an event."""
        match event:
            case Came(number=number, usage=usage, requests=requests):
                self.came(self.flights.pop(number), usage, requests, now)
            case Kept(model=model, count=count):
                self.queues[model].unkept -= count
            case Wanted(call=call):
                self.want(call, now)
            case Raised(identity=identity, rank=rank):
                self.raise_to(identity, rank)
            case Broke(number=number, error=error):
                self.broke(self.flights.pop(number), error, now)
            case CutOff(number=number):
                self.cut_off(self.flights.pop(number), now)
            case Unwanted(identity=identity):
                self.unwant(identity)
            case Halted(rank=rank, reason=reason):
                self.stops.append((rank, reason))

    def commands(self, now: float) -> list[Command]:
        """What is to be done now, in order; `wake` is then the time to ask again if nothing happens."""
        self.wake = None
        if not self.stops:
            for model, queue in self.queues.items():
                self.issue(model, queue, now)
        out, self.out = self.out, []
        return out

    # Calls.

    def want(self, call: Call, now: float) -> None:
        """Queue a call; one that is known is wanted again."""
        known = self.calls.setdefault(call.identity, call)
        known.rank, known.wanted = call.rank, True
        if not (known.done or known.flights or known.backing):
            self.enqueue_at(known, now, now)

    def raise_to(self, identity: str, rank: Rank) -> None:
        """Move a call forward; its old entry is passed over."""
        call = self.calls[identity]
        call.rank = rank
        if call.ready:
            self.enqueue(call)

    def enqueue(self, call: Call) -> None:
        """Let a call wait for its turn."""
        queue = self.queues.get(call.model)
        if queue is None:
            queue = self.queues[call.model] = Queue()
        call.ready = True
        self.entries += 1
        heapq.heappush(queue.ready, (call.rank, self.entries, call))
        if call.request is not None:
            queue.draws.setdefault(call.request, {})[call.draw] = call

    def enqueue_at(self, call: Call, at: float, now: float) -> None:
        """Let a call wait for its turn, from a time on; not before its server said."""
        at = max(at, call.not_before)
        if at <= now:
            self.enqueue(call)
            return
        call.backing = True
        self.entries += 1
        heapq.heappush(self.queues[call.model].later, (at, self.entries, call))

    def unwant(self, identity: str) -> None:
        """Take a call back."""
        call = self.calls.get(identity)
        if call is None or call.done:
            return
        call.wanted = False
        self.queues[call.model].remove(call)
        for flight in call.flights:
            self.cut(flight)

    def cut(self, flight: Flight) -> None:
        """Cut a request off if it serves nobody."""
        if not (flight.cut or any(call.wanted and not call.done for call in flight.calls)):
            flight.cut = True
            self.tally.cancelled += 1
            self.out.append(CutOut(flight.number))

    # Ends of requests.

    def land(self, flight: Flight) -> tuple[Queue, Gate]:
        """A request is no longer under way."""
        model = flight.calls[0].model
        queue = self.queues[model]
        queue.active -= len(flight.calls)
        flight.over = True
        for call in flight.calls:
            call.flights.remove(flight)
        return queue, self.gates[model]

    def came(self, flight: Flight, usage: Usage, requests: int, now: float) -> None:
        """A reply: it is on the bill, and its calls need nothing more."""
        active = self.queues[flight.calls[0].model].active
        queue, gate = self.land(flight)
        lead = flight.calls[0]
        queue.unkept += 0 if lead.canary else len(flight.calls)
        queue.doubt = False
        most = len(flight.calls)
        self.ledger.settle(lead.model, flight.worst, usage, lead.node, most=most, requests=requests)
        self.tally.requests += requests - 1
        gate.correct(flight.entry, usage.prompt_tokens + usage.completion_tokens)
        gate.limit.succeeded(len(flight.calls), active)
        gate.canary.answered(lead, gate.answers)
        gate.answers += 1
        gate.streak = gate.failures = 0
        gate.failing.clear()
        gate.named = 0.0
        gate.latencies.append(now - flight.sent)
        for call in flight.calls:
            if not call.done:
                call.done = True
                if call.ready:
                    self.queues[call.model].remove(call)
            for other in call.flights:
                self.cut(other)

    def cut_off(self, flight: Flight, now: float) -> None:
        """A cancelled request: it may have been charged. A call that is wanted again is asked again."""
        self.land(flight)
        lead = flight.calls[0]
        most = len(flight.calls)
        self.ledger.broken(lead.model, flight.worst, lead.node, unknown=True, most=most)
        for call in flight.calls:
            if call.wanted and not call.done and not call.flights:
                self.enqueue_at(call, now, now)

    def broke(self, flight: Flight, error: ModelError, now: float) -> None:
        """A failure: what follows is the policy's, for the calls of the request that nothing else serves."""
        queue, gate = self.land(flight)
        lead = flight.calls[0]
        self.ledger.broken(
            lead.model,
            flight.worst,
            lead.node,
            unknown=error.unknown_usage,
            failure=error.kind.value,
            most=len(flight.calls),
        )
        if not error.unknown_usage:
            gate.correct(flight.entry, 0)
        gate.streak += len(flight.calls)
        gate.failures += 1
        if error.kind in (ErrorKind.RATE_LIMIT, ErrorKind.TIMEOUT):
            gate.limit.refused(flight.number, self.newest, queue.active + len(flight.calls))
        if error.retry_after is not None:
            named = now + min(error.retry_after, self.policy.retry_after_cap)
            gate.named = max(gate.named, named)
            for call in flight.calls:
                call.not_before = max(call.not_before, named)
        if gate.failures >= REFUSALS:
            self.pause(gate, gate.named)
        if lead.canary:
            gate.canary.failed(lead, self.policy, now)
        left = [call for call in flight.calls if call.wanted and not (call.done or call.flights)]
        if not left:
            return
        together = len(flight.calls) > 1
        for call in left:
            call.alone = call.alone or (together and error.kind in ALONE)
        if together and error.kind is ErrorKind.BAD_REQUEST:
            # Perhaps it takes no request for several replies; one for a single reply will tell.
            gate.grouping = False
            for call in left:
                self.enqueue_at(call, now, now)
            return
        for call in left:
            if len(gate.failing) < self.policy.refused:
                gate.failing.add(call.identity)
            call.failures += 1
            call.patience += now - flight.sent
        match verdict(self.policy, gate, left, error):
            case RetryAfter(delay=delay):
                if gate.streak > gate.limit.slots and len(gate.failing) >= SEVERAL:
                    self.pause(gate, now + delay)
                if not (together and error.kind in ALONE):
                    queue.doubt = queue.doubt or any(is_doubtful(self.policy, call, error) for call in left)
                self.out.append(Waits(lead.model, error.kind, delay))
                self.tally.retries += len(left)
                for call in left:
                    call.patience += delay
                    self.enqueue_at(call, now + delay, now)
            case GiveUp(kind=kind):
                for call in left:
                    call.done = True
                    self.out.append(GivenUp(call, kind, error.message))
            case Abort(kind=kind):
                self.stops.append((lead.rank, ModelRefused(lead.model, kind, error.message, help=error.help)))

    def pause(self, gate: Gate, until: float) -> None:
        """Leave a server alone for a while."""
        gate.paused_until = max(gate.paused_until, until)

    # Issue.

    def issue(self, model: str, queue: Queue, now: float) -> None:
        """Send what may be sent to one model."""
        gate = self.gates[model]
        while queue.later and (queue.later[0][0] <= now or not queue.later[0][2].wanted):
            call = heapq.heappop(queue.later)[2]
            call.backing = False
            if call.wanted and not call.done:
                self.enqueue(call)
        if queue.doubt and (queue.later or queue.first()):
            self.ask_canary(queue, gate, now)
        while self.room(queue, gate) > 0 and (call := queue.first()) is not None:
            if not self.send(self.group(queue, gate, call), queue, gate, now):
                break
        if queue.later:
            self.wake_at(queue.later[0][0])
        if self.hedge is not None and not queue.first():
            self.double(queue, gate, now)

    def ask_canary(self, queue: Queue, gate: Gate, now: float) -> None:
        """Ask a question that the server has answered, under all limits; once at a time, with back-offs."""
        call = gate.canary.call
        if call is None or call.flights or now < gate.canary.not_before or self.room(queue, gate) < 1:
            return
        queue.doubt = not self.send((call,), queue, gate, now)

    def room(self, queue: Queue, gate: Gate) -> int:
        """How many calls may be sent."""
        slots = gate.limit.slots
        return min(slots - queue.active, (UNKEPT + 1) * slots - queue.active - queue.unkept)

    def group(self, queue: Queue, gate: Gate, call: Call) -> tuple[Call, ...]:
        """A call with those of its other draws that may go out with it."""
        room = min(self.max_n(call.model), self.room(queue, gate)) if gate.grouping else 1
        if room < 2 or call.alone or call.request is None:
            return (call,)
        waiting = queue.draws[call.request]
        first = last = call.draw
        while last - first + 1 < room and self.joins(waiting.get(last + 1)):
            last += 1
        while last - first + 1 < room and self.joins(waiting.get(first - 1)):
            first -= 1
        return tuple(waiting[draw] for draw in range(first, last + 1))

    def joins(self, call: Call | None) -> bool:
        """Whether a call may go out with others."""
        return call is not None and not call.alone

    def send(
        self, calls: tuple[Call, ...], queue: Queue, gate: Gate, now: float, *, hedge: bool = False
    ) -> bool:
        """Make a request if it may be made now."""
        lead = calls[0]
        worst = lead.worst
        if len(calls) > 1:
            # Its back-end may have to ask for them one by one, each with the prompt.
            said = sum(call.worst.completion_tokens for call in calls)
            worst = Usage(len(calls) * worst.prompt_tokens, said)
        tokens = worst.prompt_tokens + worst.completion_tokens
        at = gate.open_at(now, tokens)
        if at > now:
            if not hedge:
                self.wake_at(at)
            return False
        most = len(calls)
        if not self.ledger.fits(lead.model, worst, most=most):
            if most > 1:
                return self.send(calls[:1], queue, gate, now, hedge=hedge)
            if not (hedge or (self.ledger.fits(lead.model, worst, settled=True) and self.flights)):
                self.stops.append((lead.rank, self.ledger.reached()))
            return False
        self.ledger.reserve(lead.model, worst, lead.node, most=most)
        self.newest += 1
        flight = Flight(self.newest, calls, now, worst, gate.pass_through(now, tokens))
        self.flights[flight.number] = flight
        queue.active += len(calls)
        if self.hedge is not None and not (hedge or lead.canary):
            queue.flying.append(flight)
        self.tally.requests += 1
        self.tally.hedged += hedge
        for call in calls:
            self.queues[call.model].remove(call)
            call.flights.append(flight)
            if not call.sends:
                call.heard = gate.answers
                self.tally.issued += 1
            call.sends += not hedge
        self.out.append(Send(flight.number, calls, hedge))
        return True

    def double(self, queue: Queue, gate: Gate, now: float) -> None:
        """Ask again, once, what has been under way for longer than most; only with slots to spare."""
        assert self.hedge is not None
        quantile = gate.quantile(self.hedge)
        if quantile is None:
            return
        while queue.flying:
            flight = queue.flying[0]
            if not (flight.over or flight.cut):
                due = math.nextafter(flight.sent + quantile, math.inf)  # as long as others is not longer
                if due > now:
                    self.wake_at(due)
                    return
                if queue.active + len(flight.calls) > gate.limit.slots:
                    return
                self.send(flight.calls, queue, gate, now, hedge=True)
            queue.flying.popleft()

    def wake_at(self, at: float) -> None:
        """Note a time at which more may be possible."""
        self.wake = at if self.wake is None else min(self.wake, at)
