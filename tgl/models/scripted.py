"""A model that is a function: for tests, and for anyone who wants to see a program run without one.

It keeps the contract of a real back-end (`tgl.testing.model_suite` is run on it): it honours stop
strings and token limits, counts usage, takes time on the event loop's own clock, has slots, and its
replies depend on nothing but the request.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from tgl.models.fingerprint import digest
from tgl.models.protocol import (
    Capabilities,
    ChatReply,
    ChatRequest,
    Decoding,
    ErrorKind,
    Finish,
    ModelError,
    Usage,
)

Reply = Callable[[ChatRequest], "str | ChatReply | ModelError"]
TOKEN = re.compile(r"\s*\S+")
SEEDS = 2**31


class ScriptedModel:
    """A `ChatModel` whose replies a function makes.

    Args:
        name: its identity; two models of one name must reply alike.
        reply: the text (cut by stop strings and token limit, and counted, here), or a whole reply or
            an error, taken as it is.
        latency: service time in seconds, of any request or of each.
        slots: how many requests are served at a time; the others queue. None serves all at once.
        max_n: how many replies one request may ask for.
    """

    def __init__(
        self,
        name: str,
        reply: Reply,
        *,
        latency: float | Callable[[ChatRequest], float] = 0.0,
        slots: int | None = None,
        max_n: int = 1,
    ) -> None:
        self.name = name
        self.reply = reply
        self.latency = latency
        self.slots = asyncio.Semaphore(slots) if slots else None
        self.declared = Capabilities(max_concurrency=slots, max_n=max_n)
        self.requests: list[ChatRequest] = []
        self.closed = False

    @property
    def fingerprint(self) -> str:
        """sha256 over the name."""
        return digest({"kind": "scripted", "name": self.name})

    @property
    def capabilities(self) -> Capabilities:
        """All options."""
        return self.declared

    async def complete(self, request: ChatRequest, *, timeout: float) -> ChatReply:
        """The reply to one request, as `ChatModel.complete`; `requests` notes it."""
        self.requests.append(request)
        seconds = self.latency(request) if callable(self.latency) else self.latency
        try:
            async with asyncio.timeout(timeout):
                if self.slots is None:
                    await asyncio.sleep(seconds)
                else:
                    async with self.slots:
                        await asyncio.sleep(seconds)
        except TimeoutError:
            raise ModelError(
                ErrorKind.TIMEOUT,
                f"model `{self.name}`: no complete reply within {timeout:g} s",
                unknown_usage=True,
            ) from None
        match self.reply(request):
            case ModelError() as error:
                raise error
            case ChatReply() as reply:
                return reply
            case str() as text:
                return counted(text, request, seconds)

    async def complete_many(self, request: ChatRequest, n: int, *, timeout: float) -> tuple[ChatReply, ...]:
        """`n` replies, as `ChatModel.complete_many`: as if each had been asked for alone."""
        each = [replace(request, seed=(request.seed + draw) % SEEDS) for draw in range(n)]
        return tuple([await self.complete(one, timeout=timeout) for one in each])

    async def close(self) -> None:
        """Note that it was closed. Idempotent."""
        self.closed = True


def counted(text: str, request: ChatRequest, latency: float = 0.0) -> ChatReply:
    """The reply that a server would make of `text`: cut at the first stop string, then at the limit.

    A token is a word with the white space before it; ending a reply takes one token of its own.
    """
    prompt = sum(len(TOKEN.findall(message.content)) + 1 for message in request.messages)
    text, ended = cut(text, request.decoding)
    completion = len(TOKEN.findall(text)) + (ended is Finish.STOP)
    return ChatReply(text, ended, Usage(prompt, completion), latency)


def cut(text: str, decoding: Decoding) -> tuple[str, Finish]:
    """The text up to what ends it."""
    ends = [at for stop in decoding.stop if (at := text.find(stop)) >= 0]
    text = text[: min(ends)] if ends else text
    tokens = TOKEN.findall(text)
    limit = decoding.max_tokens
    # The token that ends a reply counts, so a text of exactly `limit` tokens never came to its end.
    if limit is not None and len(tokens) >= limit:
        return "".join(tokens[:limit]), Finish.LENGTH
    return text, Finish.STOP


def share(request: ChatRequest, *labels: str) -> float:
    """A number in [0, 1) that the request and the labels alone decide, like a draw of its seed.

    At temperature 0 the seed plays no part.
    """
    seed = "" if request.decoding.temperature == 0 else str(request.seed)
    said = [part for message in request.messages for part in (message.role.value, message.content)]
    path = "\x1f".join([*said, seed, *labels])
    return int.from_bytes(hashlib.sha256(path.encode("utf-8")).digest()[:8], "big") / 2.0**64


def solver(
    answer: Callable[[ChatRequest], str],
    wrong: Sequence[str],
    accuracy: float | Callable[[ChatRequest], float],
) -> Reply:
    """A reply function that is right with a given probability, independently for each (messages, seed).

    Args:
        answer: the right answer to a request.
        wrong: what it says otherwise, each as likely; the right answer among them is passed over.
        accuracy: in [0, 1], of all requests or of each.
    """

    def reply(request: ChatRequest) -> str:
        right = answer(request)
        chance = accuracy(request) if callable(accuracy) else accuracy
        others = [word for word in wrong if word != right]
        if share(request, "right") < chance or not others:
            return right
        return others[int(share(request, "wrong") * len(others))]

    return reply
