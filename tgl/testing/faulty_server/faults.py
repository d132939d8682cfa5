"""What may go wrong with a request, one at a time or by chance."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Fault(StrEnum):
    """What may go wrong with one request."""

    UNAUTHORIZED = "401, echoing the key"
    FORBIDDEN = "403"
    UNKNOWN_MODEL = "404"
    UNSUPPORTED_OPTION = "400 that names temperature"
    UNSUPPORTED_LIMIT = "400 that wants max_completion_tokens"
    LIMITED = "429 without Retry-After"
    LIMITED_SECONDS = "429 with Retry-After in seconds"
    LIMITED_DATE = "429 with Retry-After as a date"
    FAILED = "500"
    FAILED_PAGE = "502 with a page of HTML"
    OVERLOADED = "503 with Retry-After"
    RESET = "connection closed without an answer"
    SILENT = "no answer at all"
    CUT_BODY = "fewer bytes than announced"
    CUT_CHUNKS = "chunked body without its end"
    CUT_JSON = "half a JSON body, its length announced as right"
    NOT_JSON = "text in place of JSON"
    HTML_PAGE = "200 with a page of HTML"
    OTHER_JSON = "JSON of another shape"
    EMPTY_BODY = "200 with nothing"
    NO_CHOICES = "empty choices"
    NO_CONTENT = "a choice without text"
    NO_FINISH = "a choice that is not finished"
    NO_USAGE = "a reply that counts no tokens"
    ERROR_IN_200 = "200 with an error in it"
    REFUSAL = "a refusal"
    FILTERED = "a reply cut by a content filter"
    THOUGHT_ONLY = "all tokens spent before the first word"
    EMPTY_TEXT = "a complete reply that says nothing"


COMPLETE = frozenset({Fault.REFUSAL, Fault.FILTERED, Fault.THOUGHT_ONLY, Fault.EMPTY_TEXT})
"""Faults that are complete replies all the same: their usage is known and charged."""

FREE = frozenset(
    {
        Fault.UNAUTHORIZED,
        Fault.FORBIDDEN,
        Fault.UNKNOWN_MODEL,
        Fault.UNSUPPORTED_OPTION,
        Fault.UNSUPPORTED_LIMIT,
        Fault.LIMITED,
        Fault.LIMITED_SECONDS,
        Fault.LIMITED_DATE,
        Fault.OVERLOADED,
    }
)
"""Faults before the model runs: no token is spent. After all others the tokens of the reply are."""


@dataclass(frozen=True, slots=True)
class FaultMix:
    """Faults by chance: which one request number k meets is decided by `seed` and k alone.

    Args:
        shares: probability of each fault; at most 1 together.
        seed: of the draw.
    """

    shares: Mapping[Fault, float] = field(default_factory=dict[Fault, float])
    seed: int = 0

    def __post_init__(self) -> None:
        if any(share < 0 for share in self.shares.values()) or sum(self.shares.values()) > 1:
            raise ValueError("shares of faults are at least 0, and at most 1 together")

    def fault(self, number: int) -> Fault | None:
        """What request `number` (from 0) meets."""
        if not self.shares:
            return None
        digest = hashlib.blake2b(f"{self.seed}:{number}".encode(), digest_size=8).digest()
        left = int.from_bytes(digest, "big") / 2.0**64
        for fault, share in self.shares.items():
            left -= share
            if left < 0:
                return fault
        return None


def parse_mix(text: str, seed: int = 0) -> FaultMix:
    """The mix that `name=share,name=share` names, such as `limited=0.01,reset=0.01`.

    Raises:
        ValueError: a name is no fault, or a share no probability.
    """
    shares: dict[Fault, float] = {}
    for part in filter(None, text.split(",")):
        name, _, share = part.partition("=")
        try:
            shares[Fault[name.strip().upper()]] = float(share)
        except (KeyError, ValueError):
            names = ", ".join(fault.name.lower() for fault in Fault)
            raise ValueError(f"`{part}` is not FAULT=SHARE; the faults are {names}") from None
    return FaultMix(shares, seed)
