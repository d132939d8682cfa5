"""What a simulated server does wrong, decided by seed, request and attempt: the same faults in every run."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from tgl.models.simulated.chance import uniform


class ServerFault(StrEnum):
    """What may go wrong with one request."""

    LIMITED = "429"
    LIMITED_SECONDS = "429-retry-after"
    FAILED = "500"
    OVERLOADED = "503"
    SILENT = "timeout"
    RESET = "reset"
    CUT = "truncated"
    NOT_JSON = "invalid-json"
    EMPTY = "empty-text"


AT_ONCE = frozenset(
    {ServerFault.LIMITED, ServerFault.LIMITED_SECONDS, ServerFault.OVERLOADED, ServerFault.RESET}
)
"""Faults that come before any work is done; no token is charged for them."""


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """Rates of faults; they sum to at most 1. `retry_after` is in seconds."""

    rates: tuple[tuple[ServerFault, float], ...] = ()
    seed: int = 0
    retry_after: float = 1.0

    def pick(self, request: str, attempt: int) -> ServerFault | None:
        """What goes wrong at an attempt (from 0) of a request, None for nothing."""
        if not self.rates:
            return None
        left = uniform("fault", str(self.seed), request, str(attempt))
        for fault, rate in self.rates:
            left -= rate
            if left < 0:
                return fault
        return None


def parse_fault(text: str) -> tuple[ServerFault, float]:
    """`429:0.01` as a fault and its rate.

    Raises:
        ValueError: it is none; the message says what is.
    """
    kind, _, rate = text.rpartition(":")
    known = ", ".join(ServerFault)
    if kind not in list(ServerFault):
        raise ValueError(f"`{kind or text}` is no fault; write KIND:RATE, with one of {known}")
    try:
        share = float(rate)
    except ValueError:
        share = math.nan
    if not 0 <= share <= 1:
        raise ValueError(f"`{rate}` is no rate: write a number from 0 to 1, such as {kind}:0.01")
    return ServerFault(kind), share
