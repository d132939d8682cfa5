"""What a batch's scheduler is told and tells: calls, requests that are under way, events and commands."""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass, field
from typing import TypeAlias

from tgl.models import ErrorKind, ModelError, Usage
from tgl.runtime.errors import BatchStopped
from tgl.runtime.limits import Entry
from tgl.storage import StoreError

Rank: TypeAlias = tuple[int, ...]
"""Place of a call in the order of issue, the smallest first."""


@dataclass(frozen=True, slots=True)
class CallFailed:
    """No attempt gave a reply: the class of failure and one line on it."""

    failure: str
    detail: str


@dataclass(slots=True, eq=False)
class Call:
    """A call and how far it is.

    Args:
        identity: names it.
        model: whom it is asked of.
        node: the node that it was first wanted for.
        rank: place in the order.
        worst: most tokens that it can take.
        request: what it shares with other draws of one request, None if with none.
        draw: its draw.
        content: what the executor needs in order to ask; nothing to the scheduler.
        heard: how many calls the model had answered when it failed last, or was first sent.
        waited: whether nobody was answered then.
        canary: whether it only tells of its server: it was answered before, and its reply is dropped.
    """

    identity: str
    model: str
    node: str
    rank: Rank
    worst: Usage
    request: object
    draw: int
    content: object
    wanted: bool = True
    ready: bool = False
    done: bool = False
    alone: bool = False
    backing: bool = False
    sends: int = 0
    failures: int = 0
    patience: float = 0.0
    not_before: float = 0.0
    heard: int = 0
    waited: bool = False
    canary: bool = False
    flights: list[Flight] = field(default_factory=list["Flight"])


@dataclass(slots=True, eq=False)
class Flight:
    """A request that is under way."""

    number: int
    calls: tuple[Call, ...]
    sent: float
    worst: Usage
    entry: Entry | None
    cut: bool = False
    over: bool = False


# Events.


@dataclass(frozen=True, slots=True)
class Wanted:
    """A call is needed that is neither stored nor under way; known calls may be wanted again."""

    call: Call


@dataclass(frozen=True, slots=True)
class Raised:
    """A call that is wanted matters more than it seemed."""

    identity: str
    rank: Rank


@dataclass(frozen=True, slots=True)
class Unwanted:
    """Nobody needs a call any more."""

    identity: str


@dataclass(frozen=True, slots=True)
class Came:
    """A request was answered: the tokens that it took, and how many requests its back-end made of it."""

    number: int
    usage: Usage
    requests: int = 1


@dataclass(frozen=True, slots=True)
class Kept:
    """So many replies of a model are stored."""

    model: str
    count: int


@dataclass(frozen=True, slots=True)
class Broke:
    """A request gave no reply."""

    number: int
    error: ModelError


@dataclass(frozen=True, slots=True)
class CutOff:
    """A request was cancelled."""

    number: int


@dataclass(frozen=True, slots=True)
class Halted:
    """The batch has to stop for a reason of the executor's, found at a call of this rank."""

    rank: Rank
    reason: BatchStopped | StoreError


Event: TypeAlias = Wanted | Raised | Unwanted | Came | Kept | Broke | CutOff | Halted


# Commands.


@dataclass(frozen=True, slots=True)
class Send:
    """Make request `number`; the calls have consecutive draws. A hedge doubles one that is under way."""

    number: int
    calls: tuple[Call, ...]
    hedge: bool


@dataclass(frozen=True, slots=True)
class CutOut:
    """Cancel a request; `CutOff` (or its reply, if that was faster) is to follow."""

    number: int


@dataclass(frozen=True, slots=True)
class Waits:
    """A call waits `delay` seconds after a failure; to be told to who watches."""

    model: str
    kind: ErrorKind
    delay: float


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A call has failed for good: the class of failure and one line on it."""

    call: Call
    kind: ErrorKind
    detail: str


Command: TypeAlias = Send | CutOut | Waits | GivenUp


@dataclass(slots=True)
class Queue:
    """What waits for one model; entries that are out of date are passed over.

    `active` calls are under way, `unkept` ones answered but not stored. In `doubt` the canary is to be asked.
    """

    ready: list[tuple[Rank, int, Call]] = field(default_factory=list[tuple[Rank, int, Call]])
    later: list[tuple[float, int, Call]] = field(default_factory=list[tuple[float, int, Call]])
    draws: dict[object, dict[int, Call]] = field(default_factory=dict[object, dict[int, Call]])
    flying: deque[Flight] = field(default_factory=deque[Flight])
    active: int = 0
    unkept: int = 0
    doubt: bool = False

    def first(self) -> Call | None:
        """The first call that waits, left where it is."""
        while self.ready:
            rank, _, call = self.ready[0]
            if call.ready and rank == call.rank:
                return call
            heapq.heappop(self.ready)
        return None

    def remove(self, call: Call) -> None:
        """Let a call wait no more; its entry in the heap stays and is passed over."""
        call.ready = False
        if call.request is not None:
            waiting = self.draws.get(call.request)
            if waiting is not None:
                waiting.pop(call.draw, None)
                if not waiting:
                    del self.draws[call.request]
