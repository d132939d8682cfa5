"""What to do about an attempt that failed. Pure: a table and a little arithmetic.

"Trouble" is a timeout, a rate limit, a server's error or a body that broke. A "refusal" is a 4xx that tells
of the request (400, 413, 422) or of its content (403).

| failure              | others are answered | none since it failed last   | none ever               |
|----------------------|---------------------|-----------------------------|-------------------------|
| connection           | retry, give up      | wait, then stop             | retry a little, stop    |
| trouble of several   | retry, give up      | wait, then stop             | retry, stop             |
| trouble of one or two | retry, give up     | wait a while, then give up  | retry, give up          |
| refusal              | give up             | retry a little, give up     | stop                    |
| `refused` in a row   | stop                | stop                        | stop                    |
| 401, 402, 404, no weights | stop           | stop                        | stop                    |

"Since it failed last", not since the call began: a call that was in flight when the server went away saw
others answered, too. Before the last attempt of a call the canary is asked (`tgl.runtime.canary`). Its reply
counts as that of another, so that prompts which a server always fails on are given up although nothing else
is left to ask; its failure counts as trouble of several.

To give up fails one call, and the examples that need it; to stop ends the batch with everything saved. A
server that is away, or that answers everybody with an error, is nobody's wrong answer: a search waits for it,
since a restart takes minutes. One that was never met is not waited for: its address may be wrong. A call
that fails alone is its prompt's fault, and a prompt that the model does not take (too long, filtered) fails
its example, not the search. `on_error retry: N` is kept to as a person wrote it: N more attempts, no waiting.
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
        lone: the same for a call that fails alone, with nobody answered meanwhile: the server's fault or its
            prompt's.
        base: back-off before the second attempt; doubled each time.
        cap: longest back-off.
        retry_after_cap: longest wait that a server may ask for.
        refused: so many different calls refused in a row, without a reply between, mean that the model
            refuses everything, >= 1.
        exact: `attempts` is a person's choice: a server in trouble is not waited for beyond it.
    """

    attempts: int = 6
    first_contact: int = 3
    timeout: float = 120.0
    deadline: float = 900.0
    lone: float = 120.0
    base: float = 0.5
    cap: float = 30.0
    retry_after_cap: float = 120.0
    refused: int = 50
    exact: bool = False


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
    SILENT = "it has answered before, but nothing since this call failed last, or began"
    ANSWERING = "it answers other calls"


SEVERAL = 3
"""So many calls in trouble, with no reply between, are not the prompts' fault."""

CONTENT = 403
"""AUTH with this status may be about one prompt; 401 never is."""

PAYMENT = 402


def retry(
    policy: CallPolicy,
    attempt: int,
    error: ModelError,
    *,
    identity: str,
    elapsed: float,
    reach: Reach = Reach.ANSWERING,
    failing: int = 1,
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
        failing: different calls that failed since its latest reply, this one included.
    """
    delay = backoff(policy, attempt, identity)
    if error.retry_after is not None:
        delay = max(delay, min(error.retry_after, policy.retry_after_cap))
    late = elapsed + delay > policy.deadline
    spent = attempt >= policy.attempts or late
    match error.kind:
        case ErrorKind.NOT_FOUND | ErrorKind.MISSING:
            return Abort(error.kind)
        case ErrorKind.AUTH | ErrorKind.BAD_REQUEST:
            if reach is Reach.NEVER or not of_one_prompt(error) or failing >= policy.refused:
                return Abort(error.kind)
            heard = reach is Reach.ANSWERING or policy.exact or attempt >= policy.first_contact
            return GiveUp(error.kind) if heard or spent else RetryAfter(delay)
        case ErrorKind.CONNECTION:
            if reach is Reach.ANSWERING:
                return GiveUp(error.kind) if spent else RetryAfter(delay)
            gone = late if reach is Reach.SILENT else attempt >= policy.first_contact
            return Abort(error.kind) if gone else RetryAfter(delay)
        case ErrorKind.TIMEOUT | ErrorKind.RATE_LIMIT | ErrorKind.SERVER | ErrorKind.BROKEN:
            away = reach is not Reach.ANSWERING and failing >= SEVERAL and not policy.exact
            if reach is Reach.SILENT and not policy.exact:
                spent = late or (not away and elapsed + delay > policy.lone)
            if not spent:
                return RetryAfter(delay)
            return Abort(error.kind) if away else GiveUp(error.kind)
        case _:
            assert_never(error.kind)


def of_one_prompt(error: ModelError) -> bool:
    """Whether a refusal may be about what was asked: it came from the server, and not about the account."""
    if error.kind is ErrorKind.AUTH:
        return error.status == CONTENT
    return error.status is not None and error.status != PAYMENT


def may_be_of_the_prompt(error: ModelError) -> bool:
    """Whether trouble may be about what was asked: the server was reached, and refused nothing."""
    match error.kind:
        case ErrorKind.TIMEOUT | ErrorKind.RATE_LIMIT | ErrorKind.SERVER | ErrorKind.BROKEN:
            return True
        case ErrorKind.CONNECTION:
            return error.unknown_usage
        case ErrorKind.AUTH | ErrorKind.BAD_REQUEST | ErrorKind.NOT_FOUND | ErrorKind.MISSING:
            return False
        case _:
            assert_never(error.kind)


def backoff(policy: CallPolicy, attempt: int, identity: str) -> float:
    """Exponential back-off, scaled by a jitter in [0.5, 1) that is a hash of call and attempt."""
    digest = hashlib.sha256(f"{identity}:{attempt}".encode()).digest()
    jitter = 0.5 + int.from_bytes(digest[:4], "big") / 2**33
    return min(policy.cap, policy.base * 2.0 ** min(attempt - 1, 60)) * jitter
