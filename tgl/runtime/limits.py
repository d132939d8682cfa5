"""How much may be under way at one model: what its server bears, learnt, and what it allows, declared.

Pure: time comes with each call. All of it outlives a batch, since a server remembers, too.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from tgl.ir import ModelSpec
from tgl.runtime.canary import Canary

MINUTE = 60.0
DECREASE = 0.7
"""What is left of a limit that proved too high."""
OBSERVED = 256
"""Latest latencies that quantiles are taken of."""
ENOUGH = 8
"""Latencies below which there is no quantile."""


@dataclass(slots=True)
class AdaptiveLimit:
    """A limit on simultaneous calls: additive increase, multiplicative decrease (Chiu, Jain 1989).

    It grows by 1 for each limit-full of successes, and shrinks at most once in a round-trip: what was
    sent before it shrank tells nothing about the new value.

    Args:
        ceiling: never above it; also where it starts, >= 1.
    """

    ceiling: int
    value: float = 0.0
    since: int = 0

    def __post_init__(self) -> None:
        """Start at the ceiling, which a person declared."""
        self.value = float(self.ceiling)

    @property
    def slots(self) -> int:
        """How many calls may be under way, >= 1."""
        return int(self.value)

    def succeeded(self, calls: int, active: int) -> None:
        """`calls` were answered while `active` were under way; a limit that is not used is not tried."""
        if active >= self.slots:
            self.value = min(float(self.ceiling), self.value + calls / self.value)

    def refused(self, number: int, newest: int, active: int) -> None:
        """Request `number` was too much, among `active` calls; `newest` is the latest one that was sent."""
        if number > self.since:
            self.since = newest
            self.value = max(1.0, min(self.value, float(active)) * DECREASE)


@dataclass(slots=True)
class Entry:
    """Something that was sent at a time."""

    at: float
    amount: int
    counted: bool = True


@dataclass(slots=True)
class MinuteBucket:
    """At most `limit` in any 60 seconds, by the amounts that were sent in them.

    A bucket that is empty takes anything: what is larger than the limit could never be sent otherwise.
    """

    limit: int
    entries: deque[Entry] = field(default_factory=deque[Entry])
    used: int = 0

    def free_at(self, now: float, amount: int) -> float:
        """When `amount` fits; `now` or before if it does already."""
        entries = self.entries
        while entries and entries[0].at + MINUTE <= now:
            self.used -= entries[0].amount
            entries.popleft().counted = False
        excess = self.used + amount - self.limit
        at = now
        for entry in entries:
            if excess <= 0:
                break
            excess -= entry.amount
            at = entry.at + MINUTE
        return at

    def add(self, now: float, amount: int) -> Entry:
        """Note what is sent."""
        entry = Entry(now, amount)
        self.entries.append(entry)
        self.used += amount
        return entry

    def correct(self, entry: Entry, amount: int) -> None:
        """Put what something came to in the place of what was expected."""
        if entry.counted:
            self.used += amount - entry.amount
        entry.amount = amount


@dataclass(slots=True)
class Gate:
    """Everything that is remembered of one model's server.

    Args:
        limit: what it bears.
        requests: what it allows a minute, None for no limit.
        tokens: the same in tokens.
        paused_until: nothing is sent before.
        answers: replies so far.
        streak: calls that failed in a row, with no reply since.
        failures: requests that did.
        failing: identities of the first calls that did.
        named: the latest time that one of them asked to be left alone until.
        grouping: False once it has refused a request for several replies.
        latencies: of the latest replies, in seconds.
        canary: what tells whether the server is out.
    """

    limit: AdaptiveLimit
    requests: MinuteBucket | None = None
    tokens: MinuteBucket | None = None
    paused_until: float = 0.0
    answers: int = 0
    streak: int = 0
    failures: int = 0
    failing: set[str] = field(default_factory=set[str])
    named: float = 0.0
    grouping: bool = True
    latencies: deque[float] = field(default_factory=lambda: deque[float](maxlen=OBSERVED))
    canary: Canary = field(default_factory=Canary)

    def open_at(self, now: float, tokens: int) -> float:
        """When a request of `tokens` may be sent; `now` or before if at once."""
        at = self.paused_until
        if self.requests is not None:
            at = max(at, self.requests.free_at(now, 1))
        if self.tokens is not None:
            at = max(at, self.tokens.free_at(now, tokens))
        return at

    def pass_through(self, now: float, tokens: int) -> Entry | None:
        """Note a request; returns what is to be corrected once its tokens are known."""
        if self.requests is not None:
            self.requests.add(now, 1)
        return None if self.tokens is None else self.tokens.add(now, tokens)

    def correct(self, entry: Entry | None, tokens: int) -> None:
        """Note what a request came to."""
        if self.tokens is not None and entry is not None:
            self.tokens.correct(entry, tokens)

    def quantile(self, share: float) -> float | None:
        """The latency that `share` of the latest replies did not pass; None while there are few."""
        if len(self.latencies) < ENOUGH:
            return None
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def gate_of(spec: ModelSpec, ceiling: int) -> Gate:
    """The gate of a declared model."""
    return Gate(
        limit=AdaptiveLimit(ceiling),
        requests=None if spec.rpm is None else MinuteBucket(spec.rpm),
        tokens=None if spec.tpm is None else MinuteBucket(spec.tpm),
    )
