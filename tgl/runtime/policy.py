"""What to do about an attempt that failed. Pure: a table and a little arithmetic.

| failure                                              | what follows                             |
|------------------------------------------------------|------------------------------------------|
| timeout, rate limit, server, broken body             | retry with back-off, then give up        |
| connection, while other calls get through            | the same                                 |
| connection, while none does                          | wait for the server, then the batch stops |
| auth, bad request, not found, missing                | the batch stops: no call would fare better |

A server that is away is nobody's wrong answer: a search waits for it (a restart takes minutes) and then ends
with everything saved. One that was never met is given up on soon: its address is probably wrong.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias, assert_never

from tgl.models import ErrorKind, ModelError


@dataclass(frozen=True, slots=True)
class CallPolicy:
    """Patience. Times are in seconds.

    Args:
        attempts: at most so many requests for one call, >= 1.
        first_contact: at most so many for a server that has not answered anything yet, >= 1.
        timeout: for one request, unless the model declares its own.
        deadline: for all attempts of a call and the waits between them.
        base: back-off before the second attempt; doubled each time.
        cap: longest back-off.
        retry_after_cap: longest wait that a server may ask for.
    """

    attempts: int = 6
    first_contact: int = 3
    timeout: float = 120.0
    deadline: float = 900.0
    base: float = 0.5
    cap: float = 30.0
    retry_after_cap: float = 120.0


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """Ask again after `delay` seconds."""

    delay: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """This call has failed, and its run with it."""

    kind: ErrorKind


@dataclass(frozen=True, slots=True)
class Abort:
    """No call to this model can succeed."""

    kind: ErrorKind


Verdict: TypeAlias = RetryAfter | GiveUp | Abort


class Reach(StrEnum):
    """What is known of a server besides the failed attempt."""

    NEVER = "it has not answered anything yet"
    SILENT = "it has answered before, but nothing since this call began"
    ANSWERING = "it answers other calls"


def retry(
    policy: CallPolicy,
    attempt: int,
    error: ModelError,
    *,
    identity: str,
    elapsed: float,
    reach: Reach = Reach.ANSWERING,
) -> Verdict:
    """What follows a failed attempt.

    Args:
        policy: patience.
        attempt: number of the attempt that failed, from 1.
        error: how it failed.
        identity: of the call; the jitter is drawn from it, so that calls that failed together come
            back apart, the same way in every process.
        elapsed: seconds since the first attempt began.
        reach: whether the server answers anybody.
    """
    match error.kind:
        case ErrorKind.AUTH | ErrorKind.BAD_REQUEST | ErrorKind.NOT_FOUND | ErrorKind.MISSING:
            return Abort(error.kind)
        case (
            ErrorKind.CONNECTION
            | ErrorKind.TIMEOUT
            | ErrorKind.RATE_LIMIT
            | ErrorKind.SERVER
            | ErrorKind.BROKEN
        ):
            delay = backoff(policy, attempt, identity)
            if error.retry_after is not None:
                delay = max(delay, min(error.retry_after, policy.retry_after_cap))
            late = elapsed + delay > policy.deadline
            if error.kind is ErrorKind.CONNECTION and reach is not Reach.ANSWERING:
                gone = late if reach is Reach.SILENT else attempt >= policy.first_contact
                return Abort(error.kind) if gone else RetryAfter(delay)
            return GiveUp(error.kind) if attempt >= policy.attempts or late else RetryAfter(delay)
        case _:
            assert_never(error.kind)


def backoff(policy: CallPolicy, attempt: int, identity: str) -> float:
    """Exponential back-off, scaled by a jitter in [0.5, 1) that is a hash of call and attempt."""
    digest = hashlib.sha256(f"{identity}:{attempt}".encode()).digest()
    jitter = 0.5 + int.from_bytes(digest[:4], "big") / 2**33
    return min(policy.cap, policy.base * 2.0 ** min(attempt - 1, 60)) * jitter
