"""One call, from the first attempt to a committed response or a classified failure."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from tgl.models import ChatModel, ChatReply, ChatRequest, ErrorKind, ModelError, Usage
from tgl.runtime.errors import BatchStopped, BillReached, ModelRefused
from tgl.runtime.events import Issued, RuntimeEvent, Settled, Waiting
from tgl.runtime.identity import origin_of
from tgl.runtime.ledger import Ledger
from tgl.runtime.policy import Abort, CallPolicy, GiveUp, Reach, RetryAfter, retry
from tgl.runtime.run import CallModel
from tgl.storage import ResponseStore, StoredResponse, StoreError

GRACE = 5.0
"""Seconds beyond its timeout after which a back-end that forgot about it is cut off."""
IMPOSSIBLE = -9999.0
"""What stands for the log-probability of a token that could not have come, as servers write it."""
TURN_TOKENS = 16
"""Bound on the tokens that a chat template puts around one message."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The response that counts, committed."""

    response: StoredResponse


@dataclass(frozen=True, slots=True)
class CallFailed:
    """No attempt gave a reply: the class of failure and one line on it."""

    failure: str
    detail: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """The batch has to stop. `reason` is None for a call that only followed another's stop."""

    reason: BatchStopped | StoreError | None


Outcome: TypeAlias = Answered | CallFailed | Stopped


@dataclass(slots=True)
class Caller:
    """Makes calls: attempts, waits, bill, commit.

    `stop` makes calls end before their next attempt: what is on its way is waited for and stored,
    since it is paid for. `answers` counts replies by model, over all batches of an executor.
    """

    store: ResponseStore
    ledger: Ledger
    policy: CallPolicy
    notify: Callable[[RuntimeEvent], None]
    answers: Counter[str] = field(default_factory=Counter[str])
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def call(self, command: CallModel, salt: str, model: ChatModel, timeout: float | None) -> Outcome:
        """Ask until there is a response, patience ends, or the batch has to stop.

        Args:
            command: what to ask.
            salt: of the job.
            model: whom.
            timeout: seconds for one attempt; None: the policy's.
        """
        name = command.step.node.model
        outcome = await self.attempts(command, salt, model, timeout or self.policy.timeout)
        if isinstance(outcome, Stopped):
            self.stop.set()
        self.notify(Settled(name, isinstance(outcome, Answered)))
        return outcome

    async def attempts(self, command: CallModel, salt: str, model: ChatModel, timeout: float) -> Outcome:
        """The attempts of one call. A slot waits with its call: who is told to slow down does."""
        name = command.step.node.model
        request = ChatRequest(command.rendered.messages, command.step.decoding, command.key.seed)
        worst = worst_usage(request)
        began, answered_before = asyncio.get_running_loop().time(), self.answers[name]
        attempt = 0
        while not self.stop.is_set():
            attempt += 1
            try:
                self.ledger.reserve(name, worst)
            except BillReached as reason:
                return Stopped(reason)
            self.notify(Issued(name, attempt))
            try:
                reply = await self.attempt(name, model, request, timeout, worst)
            except ModelError as error:
                elapsed = asyncio.get_running_loop().time() - began
                verdict = retry(
                    self.policy,
                    attempt,
                    error,
                    identity=command.key.identity,
                    elapsed=elapsed,
                    reach=self.reach(name, answered_before),
                )
                match verdict:
                    case RetryAfter(delay=delay):
                        self.notify(Waiting(name, error.kind, delay))
                        await self.pause(delay)
                    case GiveUp(kind=kind):
                        return CallFailed(kind.value, error.message)
                    case Abort(kind=kind):
                        return Stopped(ModelRefused(name, kind, error.message, help=error.help))
            else:
                self.answers[name] += 1
                return await self.keep(recorded(command, salt, reply))
        return Stopped(None)

    def reach(self, name: str, answered_before: int) -> Reach:
        """Whether a model answers anybody, seen from a call that began when it had given so many replies."""
        if not self.answers[name]:
            return Reach.NEVER
        return Reach.ANSWERING if self.answers[name] > answered_before else Reach.SILENT

    async def pause(self, delay: float) -> None:
        """Wait, but no longer than until the batch stops."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(delay):
                await self.stop.wait()

    async def attempt(
        self, name: str, model: ChatModel, request: ChatRequest, timeout: float, worst: Usage
    ) -> ChatReply:
        """One request, on the bill whatever becomes of it."""
        try:
            async with asyncio.timeout(timeout + GRACE):
                reply = await model.complete(request, timeout=timeout)
        except ModelError as error:
            self.ledger.broken(name, worst, unknown=error.unknown_usage, failure=error.kind.value)
            raise
        except TimeoutError:
            self.ledger.broken(name, worst, unknown=True, failure=ErrorKind.TIMEOUT.value)
            raise ModelError(
                ErrorKind.TIMEOUT, f"no reply within {timeout:g} s", unknown_usage=True
            ) from None
        except BaseException:  # cancelled: the server may have charged for it
            self.ledger.broken(name, worst, unknown=True)
            raise
        self.ledger.settle(name, worst, reply.usage)
        return reply

    async def keep(self, record: StoredResponse) -> Outcome:
        """Commit a response; only then does it count (semantics.md 3)."""
        try:
            # `put` accepts at once, so nothing is lost between the reply and here.
            (stored,) = await committed(self.store.put([record]))
        except StoreError as error:
            return Stopped(error)
        return Answered(stored)


async def committed(accepted: Awaitable[tuple[StoredResponse, ...]]) -> tuple[StoredResponse, ...]:
    """What a store says after its commit, which is waited for even by who is cancelled."""
    commit = asyncio.ensure_future(accepted)
    try:
        return await asyncio.shield(commit)
    except asyncio.CancelledError:
        await asyncio.wait([commit])
        raise


def recorded(command: CallModel, salt: str, reply: ChatReply) -> StoredResponse:
    """A reply as it is stored."""
    step = command.step
    return StoredResponse(
        identity=command.key.identity,
        origin=origin_of(step.fingerprint, command.rendered.canonical, step.options, salt, command.draw),
        text=reply.text,
        finish=reply.finish.value,
        prompt_tokens=reply.usage.prompt_tokens,
        completion_tokens=reply.usage.completion_tokens,
        latency=round(reply.latency * 1000),
        reasoning=reply.reasoning,
        logprobs=None if reply.logprobs is None else tuple(map(finite, reply.logprobs)),
    )


def finite(logprob: float) -> float:
    """A log-probability as it is stored: files hold finite numbers only."""
    return logprob if math.isfinite(logprob) else IMPOSSIBLE


def worst_usage(request: ChatRequest) -> Usage:
    """Bounds on the tokens of a request: no token is shorter than a byte (semantics.md 4)."""
    prompt = sum(len(message.content.encode()) + TURN_TOKENS for message in request.messages)
    return Usage(prompt, request.decoding.max_tokens or 0)
