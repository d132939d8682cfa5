"""What every model back-end is: one request in, one reply or one classified failure out.

A back-end knows a wire and nothing else. It does not retry, count, cache or decide: the runtime
does. It raises `ModelError` and nothing else (cancellation excepted).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable


class Feature(StrEnum):
    """What a request may ask for that not every server does."""

    LOGPROBS = "logprobs"
    SCHEMA = "schema"
    OPENING = "opening"
    EMBED = "embed"


class Role(StrEnum):
    """Who says a message."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Decoding:
    """How a reply is drawn. `None` means that the option is not sent.

    `temperature` 0 is greedy: the seed then plays no part. `stop` strings are not part of the reply.
    """

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One model request. `seed` is in [0, 2**31).

    Args:
        messages: what is asked.
        decoding: how replies are drawn.
        seed: of the first reply; reply k of a request for several has `seed + k` (mod 2**31).
        logprobs: whether the log-probability of each token of the reply is wanted.
        schema: JSON schema (canonical JSON) that the reply must follow, None for free text.
        opening: start of the assistant's reply, to be continued; the reply holds what was added only.
    """

    messages: tuple[ChatMessage, ...]
    decoding: Decoding
    seed: int
    logprobs: bool = False
    schema: str | None = None
    opening: str = ""


class Finish(StrEnum):
    """Why a reply ended."""

    STOP = "stop"
    LENGTH = "length"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one reply, as the server counted them (>= 0)."""

    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class ChatReply:
    """A complete reply.

    `latency` is the service time in seconds, queueing in our client excluded. `reasoning` is what the model
    thought before it answered, where the server tells it apart; it is no part of `text`, and its tokens are
    in `usage`. `logprobs` are of the tokens of `text`, natural logarithms, None unless asked for.
    """

    text: str
    finish: Finish
    usage: Usage
    latency: float
    reasoning: str = ""
    logprobs: tuple[float, ...] | None = None


class ErrorKind(StrEnum):
    """Classes of failure; the runtime has one policy for each."""

    CONNECTION = "connection"  # refused, unreachable, reset, TLS: retried
    TIMEOUT = "timeout"  # no complete reply in time: retried
    RATE_LIMIT = "rate_limit"  # 429: retried, `retry_after` obeyed
    SERVER = "server"  # 5xx: retried
    BROKEN = "broken"  # cut stream, body that is no reply, empty choices: retried
    AUTH = "auth"  # 401: stops the run; 403 may be one prompt's
    BAD_REQUEST = "bad_request"  # other 4xx: one prompt's, or a bug of program or capability: stops the run
    NOT_FOUND = "not_found"  # 404, unknown model: stops the run
    MISSING = "missing"  # nothing to ask: weights or engine are not installed: stops the run


class ModelError(Exception):
    """A request that gave no complete reply.

    Args:
        kind: decides what the runtime does next.
        message: one line for the person, without secrets.
        status: HTTP status, if there was one.
        retry_after: seconds that the server asked us to wait, if it did.
        help: what the person can do about it, one line, may be empty.
        unknown_usage: whether the server may have charged for the attempt.
    """

    def __init__(
        self,
        kind: ErrorKind,
        message: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        help: str = "",
        unknown_usage: bool = False,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.status = status
        self.retry_after = retry_after
        self.help = help
        self.unknown_usage = unknown_usage


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a back-end accepts. An option outside it is diagnosed before the first call.

    `options` names the members of `Decoding` that may be sent; `max_concurrency` is None where the
    server sets the limit; `max_n` is how many replies one request may ask for. `features` are what may be
    asked for besides; they may shrink, and `max_n` too, when a server turns out not to do it.
    """

    options: frozenset[str] = field(default=frozenset({"temperature", "top_p", "max_tokens", "stop", "seed"}))
    max_concurrency: int | None = None
    max_n: int = 1
    features: frozenset[Feature] = frozenset()


class ChatModel(Protocol):
    """A back-end. One object serves many concurrent `complete` calls on one event loop."""

    @property
    def fingerprint(self) -> str:
        """The model's identity (semantics.md 1): never a URL, never a key."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """Options that may be sent."""
        ...

    async def complete(self, request: ChatRequest, *, timeout: float) -> ChatReply:
        """The reply to one request.

        Args:
            request: what is asked.
            timeout: seconds for the whole exchange, > 0.

        Raises:
            ModelError: no complete reply; the kind tells why.
        """
        ...

    async def complete_many(self, request: ChatRequest, n: int, *, timeout: float) -> tuple[ChatReply, ...]:
        """`n` replies to one request, in the order of their seeds; all or none.

        Each is as if it had been asked for alone: it counts the whole prompt, and its own completion. A
        server that does not take several at a time is asked for one at a time, and `capabilities.max_n`
        says so from then on. Where a server's slots are limited, `n` replies take `n` of them.

        Args:
            request: what is asked.
            n: how many, in [1, `capabilities.max_n`].
            timeout: seconds for the whole exchange, > 0.

        Raises:
            ModelError: fewer complete replies came.
        """
        ...

    async def close(self) -> None:
        """Free what is held. Idempotent."""
        ...


@dataclass(frozen=True, slots=True)
class TextVector:
    """The vector of one text, the tokens that it took, and the seconds of service."""

    values: tuple[float, ...]
    tokens: int
    latency: float


@runtime_checkable
class VectorSource(Protocol):
    """A back-end that makes the vector of a text and counts what it takes: that of a model that `embeds`."""

    async def vector(self, text: str, *, timeout: float) -> TextVector:
        """The vector of a text, finite, of one length for all texts.

        Args:
            text: not empty.
            timeout: seconds for the whole exchange, > 0.

        Raises:
            ModelError: there is none; NOT_FOUND where this back-end makes none at all.
        """
        ...


@runtime_checkable
class EmbeddingModel(Protocol):
    """A back-end that turns texts into vectors."""

    @property
    def fingerprint(self) -> str:
        """The model's identity, as `ChatModel.fingerprint`."""
        ...

    async def embed(self, texts: Sequence[str], *, timeout: float) -> tuple[tuple[float, ...], ...]:
        """A vector for each text, all of one length, in order.

        Args:
            texts: may be empty; more than a server takes at a time are asked for in parts.
            timeout: seconds for each exchange, > 0.

        Raises:
            ModelError: a vector is missing; the kind tells why.
        """
        ...
