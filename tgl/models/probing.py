"""What a server really does, found out by a few small requests.

A probe changes how calls are sent, never what they are or what they cost a search. What it can't tell for
sure counts as not done.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable
from dataclasses import replace
from typing import Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tgl.models.protocol import (
    Capabilities,
    ChatMessage,
    ChatModel,
    ChatReply,
    ChatRequest,
    Decoding,
    EmbeddingModel,
    ErrorKind,
    Feature,
    ModelError,
    Role,
)

MOST_AT_A_TIME = 8
"""Replies that one request asks for, if a server does not take fewer."""
PAIR = 2
NOT_IMPLEMENTED = 501
TELLING = frozenset({ErrorKind.BAD_REQUEST, ErrorKind.NOT_FOUND})
"""Failures that mean "no" where a plain request succeeds; most others mean that nothing was found out."""
ONLY = {
    "type": "object",
    "properties": {"fruit": {"type": "string", "enum": ["kumquat"]}},
    "required": ["fruit"],
    "additionalProperties": False,
}


@runtime_checkable
class Adaptable(ChatModel, Protocol):
    """A back-end whose capabilities may be corrected."""

    def adopt(self, capabilities: Capabilities) -> None:
        """Work with these from now on."""
        ...


class Probed(BaseModel):
    """What a probe found: True, False, or None where it found out nothing.

    `max_n` is how many replies one request may ask for, 1 where several are refused, ignored, drawn
    otherwise than one at a time, or not counted one by one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = Field(default=1, ge=1, le=1)
    chat: bool = True
    seed: bool | None = None
    max_n: int = Field(default=1, ge=1)
    logprobs: bool | None = None
    opening: bool | None = None
    schema_: bool | None = Field(default=None, alias="schema")
    embed: bool | None = None

    def text(self) -> str:
        """As it is kept."""
        return self.model_dump_json(by_alias=True)

    def narrowed(self, declared: Capabilities) -> Capabilities:
        """The declared capabilities, less what the server was found not to do."""
        found = {
            Feature.LOGPROBS: self.logprobs,
            Feature.OPENING: self.opening,
            Feature.SCHEMA: self.schema_,
            Feature.EMBED: self.embed,
        }
        features = frozenset(feature for feature in declared.features if found[feature] is not False)
        return replace(declared, max_n=self.max_n, features=features)


def probed_of(text: str | None) -> Probed | None:
    """What was kept, None if it is nothing or of another version."""
    try:
        return None if text is None else Probed.model_validate_json(text)
    except ValidationError:
        return None


def probe_name(fingerprint: str, address: str) -> str:
    """The name under which a probe of a model at an address is kept; it tells neither."""
    return "probe:" + hashlib.sha256(f"{fingerprint}\n{address}".encode()).hexdigest()


async def probe(model: Adaptable, *, timeout: float) -> Probed:
    """Ask everything: a dozen short requests, twice as many of a server that refuses several at a time.

    The model works with what was found from then on.

    Raises:
        ModelError: not even a plain request is answered.
    """
    declared = model.capabilities
    await model.complete(asked("Say hello.", plain(model)), timeout=timeout)
    seed, max_n = await probe_several(model, timeout=timeout, thorough=True)
    model.adopt(replace(declared, features=frozenset(Feature)))
    found = Probed(
        seed=seed,
        max_n=max_n,
        logprobs=await told(lists_tokens(model, timeout)),
        opening=await told(continues(model, timeout)),
        schema=await told(keeps_schema(model, timeout)),
        embed=await told(makes_vectors(model, timeout)),
    )
    model.adopt(found.narrowed(declared))
    return found


async def probe_several(
    model: Adaptable, *, timeout: float, thorough: bool = False
) -> tuple[bool | None, int]:
    """Whether seeds decide replies, and how many replies one request may ask for: 4 to 6 short replies.

    Several are taken only if two are what was asked for: as many, counted one by one, not the same, and
    those of the next seeds where seeds decide. More than two are tried out if `thorough`; if not, a server
    that takes fewer says so when it is first asked. The model's `max_n` is set to what was found.

    Raises:
        ModelError: a plain request failed.
    """
    declared = model.capabilities
    # The stop string is there because llama.cpp can't be counted on with one (`read_replies`).
    decoding = plain(model, temperature=1.0, max_tokens=12, stop=("\n\n",))
    request = asked("Write a line of ten random words.", decoding)
    once, again = [await model.complete(request, timeout=timeout) for _ in range(2)]
    following = await model.complete(replace(request, seed=request.seed + 1), timeout=timeout)
    seeded = once.text == again.text and once.text != following.text
    most = 1
    try:
        model.adopt(replace(declared, max_n=PAIR))
        pair = await model.complete_many(request, PAIR, timeout=timeout)
        if model.capabilities.max_n == PAIR and fits(pair, once, following, seeded):
            model.adopt(replace(declared, max_n=MOST_AT_A_TIME))
            if thorough:
                await model.complete_many(request, MOST_AT_A_TIME, timeout=timeout)
            most = model.capabilities.max_n
    except ModelError:
        most = 1
    finally:
        model.adopt(replace(declared, max_n=most))
    return seeded, most


def fits(together: tuple[ChatReply, ...], once: ChatReply, following: ChatReply, seeded: bool) -> bool:
    """Whether replies that came together are what they would have been alone."""
    texts = [reply.text for reply in together]
    return len(set(texts)) == PAIR and (not seeded or texts == [once.text, following.text])


async def told(work: Awaitable[bool]) -> bool | None:
    """The answer to a question; None where a failure tells nothing about it."""
    try:
        return await work
    except ModelError as error:
        return False if error.kind in TELLING or error.status == NOT_IMPLEMENTED else None


async def lists_tokens(model: ChatModel, timeout: float) -> bool:
    """Whether log-probabilities come."""
    request = replace(asked("Say hello.", plain(model)), logprobs=True)
    return bool((await model.complete(request, timeout=timeout)).logprobs)


async def continues(model: ChatModel, timeout: float) -> bool:
    """Whether a reply that was begun is continued: a new one would not begin in the middle of a word."""
    begun = replace(
        asked("What is the capital of France?", plain(model)), opening="The capital of France is Par"
    )
    return (await model.complete(begun, timeout=timeout)).text.startswith("is")


async def keeps_schema(model: ChatModel, timeout: float) -> bool:
    """Whether a schema is kept: it allows one object only, of which the prompt says nothing."""
    request = replace(asked("Say hello.", plain(model, max_tokens=48)), schema=json.dumps(ONLY))
    try:
        return json.loads((await model.complete(request, timeout=timeout)).text) == {"fruit": "kumquat"}
    except ValueError:
        return False


async def makes_vectors(model: ChatModel, timeout: float) -> bool:
    """Whether a text becomes a vector."""
    if not isinstance(model, EmbeddingModel):
        return False
    return len(await model.embed(["hello"], timeout=timeout)) == 1


def asked(text: str, decoding: Decoding) -> ChatRequest:
    """A request of one message."""
    return ChatRequest((ChatMessage(Role.USER, text),), decoding, 11)


def plain(
    model: ChatModel, *, temperature: float = 0.0, max_tokens: int = 4, stop: tuple[str, ...] = ()
) -> Decoding:
    """Short replies, by the options that the model is declared to take."""
    options = model.capabilities.options
    return Decoding(
        temperature=temperature if "temperature" in options else None,
        max_tokens=max_tokens if "max_tokens" in options else None,
        stop=stop if "stop" in options else (),
    )
