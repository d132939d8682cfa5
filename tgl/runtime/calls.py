"""One request: its content, its deadline, and what is kept of a reply."""

from __future__ import annotations

import math

from tgl.models import ChatModel, ChatReply, ChatRequest, ErrorKind, ModelError, Usage
from tgl.runtime.identity import Pieces, origin_of
from tgl.runtime.run import CallModel
from tgl.storage import StoredResponse

IMPOSSIBLE = -9999.0
"""What stands for the log-probability of a token that could not have come, as servers write it."""
TURN_TOKENS = 16
"""Bound on the tokens that a chat template puts around one message."""


async def asked(model: ChatModel, request: ChatRequest, count: int, timeout: float) -> tuple[ChatReply, ...]:
    """The replies to one request.

    Args:
        model: whom to ask.
        request: what to ask; of several draws, the first.
        count: how many consecutive draws, >= 1.
        timeout: seconds for all of them.

    Raises:
        ModelError: there is none.
    """
    try:
        if count == 1:
            return (await model.complete(request, timeout=timeout),)
        replies = await model.complete_many(request, count, timeout=timeout)
    except TimeoutError:
        raise timed_out(timeout) from None
    if len(replies) != count:
        said = f"{len(replies)} replies came where {count} were asked for"
        raise ModelError(ErrorKind.BROKEN, said, unknown_usage=True)
    return replies


def timed_out(timeout: float) -> ModelError:
    """No reply came in time; it may have been charged all the same."""
    return ModelError(ErrorKind.TIMEOUT, f"no reply within {timeout:g} s", unknown_usage=True)


def request_of(command: CallModel) -> ChatRequest:
    """What a model is asked."""
    step = command.step
    return ChatRequest(command.rendered.messages, step.decoding, command.key.seed, step.logprobs)


def billed(replies: tuple[ChatReply, ...], *, apart: bool) -> Usage:
    """What one request took: all that was said, and its prompt once, or as often if it was asked `apart`."""
    prompts = [reply.usage.prompt_tokens for reply in replies]
    said = sum(reply.usage.completion_tokens for reply in replies)
    return Usage(sum(prompts) if apart else max(prompts), said)


def recorded(command: CallModel, salt: str, reply: ChatReply, pieces: Pieces | None = None) -> StoredResponse:
    """A reply as it is stored; `pieces` of its messages, if they are known."""
    step, messages = command.step, command.rendered.canonical
    return StoredResponse(
        identity=command.key.identity,
        origin=origin_of(step.fingerprint, messages, step.options, salt, command.draw, pieces),
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
