"""What a search asked for, and who answered it. For reports; nothing may be decided on it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Counts:
    """Calls of all batches so far.

    Args:
        needed: asks of all runs, as if each ran alone.
        shared: those that another ask had brought up already; the rest are distinct calls.
        stored: distinct calls that the store answered.
        issued: distinct calls that models were asked for. What is neither failed, or was given up.
        requests: requests to models; one may ask for several calls, and one call may take several.
        retries: calls that were asked for again after a failure, each time.
        hedged: requests that doubled a slow one.
        cancelled: requests that were cut off, since nobody needed them any more.
    """

    needed: int = 0
    shared: int = 0
    stored: int = 0
    issued: int = 0
    requests: int = 0
    retries: int = 0
    hedged: int = 0
    cancelled: int = 0


@dataclass(slots=True)
class Tally:
    """Counts in the making."""

    needed: int = 0
    shared: int = 0
    stored: int = 0
    issued: int = 0
    requests: int = 0
    retries: int = 0
    hedged: int = 0
    cancelled: int = 0

    def counts(self) -> Counts:
        """What there is so far."""
        return Counts(
            self.needed,
            self.shared,
            self.stored,
            self.issued,
            self.requests,
            self.retries,
            self.hedged,
            self.cancelled,
        )
