"""What servers really do: asked by `tglc models probe`, kept in the store, used by live runs.

A live run that finds nothing kept asks for itself, beside its calls, how many replies one request may
ask for, once a sampled call has been answered. That is on the bill, never in the spend, and changes no
identity and no result.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

from tgl.ir import ModelSpec
from tgl.models import (
    Adaptable,
    Capabilities,
    ChatMessage,
    ChatModel,
    ChatReply,
    ChatRequest,
    Decoding,
    Feature,
    ModelError,
    Probed,
    Role,
    Usage,
    address_of,
    fingerprint_of,
    probe,
    probe_name,
    probe_several,
    probed_of,
    settings_of,
)
from tgl.pipeline.trouble import store_stop
from tgl.pipeline.workspace import Workspace
from tgl.runtime import BillReached, Ledger
from tgl.storage import StoreError

PROBE_SECONDS = 60.0


class Notes(Protocol):
    """Where probes are kept: a part of every store."""

    def note_get(self, name: str) -> str | None: ...
    def note_put(self, name: str, text: str) -> None: ...


@dataclass(frozen=True, slots=True)
class ModelProbe:
    """What one declared model does, or why that could not be found out.

    `asked` is False where it is known without a request.
    """

    name: str
    provider: str
    asked: bool
    found: Probed | None
    error: ModelError | None = None


async def probe_model(spec: ModelSpec, model: ChatModel, notes: Notes, workspace: Workspace) -> ModelProbe:
    """Ask a model what it does, and keep the answer.

    Raises:
        Stop: the store can't be written.
    """
    if spec.embeds and spec.provider == "openai":
        return await probe_vectors(spec, model)
    if not isinstance(model, Adaptable) or not (name := note_name(spec, workspace)):
        return ModelProbe(spec.name, spec.provider, asked=False, found=declared(model.capabilities))
    try:
        found = await probe(model, timeout=spec.timeout or PROBE_SECONDS)
    except ModelError as error:
        return ModelProbe(spec.name, spec.provider, asked=True, found=None, error=error)
    try:
        notes.note_put(name, found.text())
    except StoreError as error:
        raise store_stop(error) from None
    return ModelProbe(spec.name, spec.provider, asked=True, found=found)


async def probe_vectors(spec: ModelSpec, model: ChatModel) -> ModelProbe:
    """Ask a model that embeds for a vector. Nothing is kept: a search asks for those of targets first."""
    text = ChatRequest((ChatMessage(Role.USER, "hello"),), Decoding(temperature=0.0), 0)
    try:
        await model.complete(text, timeout=spec.timeout or PROBE_SECONDS)
    except ModelError as error:
        return ModelProbe(spec.name, spec.provider, asked=True, found=None, error=error)
    return ModelProbe(spec.name, spec.provider, asked=True, found=declared(model.capabilities))


def declared(capabilities: Capabilities) -> Probed:
    """What a back-end that is known does."""
    return Probed(
        seed="seed" in capabilities.options,
        max_n=capabilities.max_n,
        logprobs=Feature.LOGPROBS in capabilities.features,
        opening=Feature.OPENING in capabilities.features,
        schema=Feature.SCHEMA in capabilities.features,
        embed=Feature.EMBED in capabilities.features,
    )


def note_name(spec: ModelSpec, workspace: Workspace) -> str:
    """The name of a model's probe in a store, "" where nothing needs one."""
    settings = settings_of(spec)
    address = address_of(settings, workspace.environment.get)
    return probe_name(fingerprint_of(settings), address) if address else ""


def informed(spec: ModelSpec, model: ChatModel, notes: Notes, workspace: Workspace) -> ChatModel:
    """The model, working with what is kept about it; if that is nothing, one that finds out.

    Raises:
        Stop: the store can't be read.
    """
    if not isinstance(model, Adaptable) or not (name := note_name(spec, workspace)):
        return model
    try:
        found = probed_of(notes.note_get(name))
    except StoreError as error:
        raise store_stop(error) from None
    if found is None:
        return Curious(model, spec, name, notes)
    model.adopt(found.narrowed(model.capabilities))
    return model


class Curious:
    """A `ChatModel` that finds out how many replies a request may ask for, once it is of use.

    Args:
        model: the back-end.
        spec: its declaration.
        name: of the note that is kept.
        notes: where.
    """

    def __init__(self, model: Adaptable, spec: ModelSpec, name: str, notes: Notes) -> None:
        self.model = model
        self.spec = spec
        self.name = name
        self.notes = notes
        self.ledger: Ledger | None = None  # until it is known whose bill it is on, nothing is asked
        self.work: asyncio.Task[None] | None = None

    @property
    def fingerprint(self) -> str:
        """The back-end's."""
        return self.model.fingerprint

    @property
    def capabilities(self) -> Capabilities:
        """The back-end's, several replies at a time left out until it is known."""
        known = self.work is not None and self.work.done()
        return self.model.capabilities if known else replace(self.model.capabilities, max_n=1)

    async def complete(self, request: ChatRequest, *, timeout: float) -> ChatReply:
        """The back-end's reply; after the first that was drawn, the question is worth asking."""
        reply = await self.model.complete(request, timeout=timeout)
        if self.work is None and self.ledger is not None and request.decoding.temperature != 0:
            self.work = asyncio.create_task(self.learn(self.ledger, timeout))
        return reply

    async def complete_many(self, request: ChatRequest, n: int, *, timeout: float) -> tuple[ChatReply, ...]:
        """The back-end's replies."""
        return await self.model.complete_many(request, n, timeout=timeout)

    async def learn(self, ledger: Ledger, timeout: float) -> None:
        """Ask, and keep what was found; a failure leaves everything as it is."""
        before = self.model.capabilities
        apart = Billed(self.model, self.spec.name, ledger)
        try:
            seed, max_n = await probe_several(apart, timeout=timeout)
            self.notes.note_put(self.name, Probed(seed=seed, max_n=max_n).text())
        except (ModelError, BillReached, StoreError):
            return
        self.model.adopt(replace(before, max_n=max_n))

    async def close(self) -> None:
        """Stop asking, and free what is held."""
        if self.work is not None:
            self.work.cancel()
            with suppress(asyncio.CancelledError):
                await self.work
        await self.model.close()


class Billed:
    """A back-end whose every request is on a bill; what it adopts stays its own until the end."""

    def __init__(self, model: Adaptable, name: str, ledger: Ledger) -> None:
        self.model = model
        self.name = name
        self.ledger = ledger

    @property
    def fingerprint(self) -> str:
        """The back-end's."""
        return self.model.fingerprint

    @property
    def capabilities(self) -> Capabilities:
        """The back-end's."""
        return self.model.capabilities

    def adopt(self, capabilities: Capabilities) -> None:
        """Pass it on."""
        self.model.adopt(capabilities)

    async def complete(self, request: ChatRequest, *, timeout: float) -> ChatReply:
        """A reply that is paid for."""
        return (await self.complete_many(request, 1, timeout=timeout))[0]

    async def complete_many(self, request: ChatRequest, n: int, *, timeout: float) -> tuple[ChatReply, ...]:
        """Replies that are paid for.

        Raises:
            BillReached: they do not fit.
        """
        prompt = sum(len(message.content.encode()) + TURN_TOKENS for message in request.messages)
        worst = Usage(n * prompt, n * (request.decoding.max_tokens or 0))
        self.ledger.reserve(self.name, worst)
        try:
            replies = await self.model.complete_many(request, n, timeout=timeout)
        except ModelError as error:
            self.ledger.broken(self.name, worst, unknown=error.unknown_usage, failure=error.kind.value)
            raise
        except asyncio.CancelledError:
            self.ledger.broken(self.name, worst, unknown=True)
            raise
        prompts = [reply.usage.prompt_tokens for reply in replies]
        together = self.capabilities.max_n >= n
        said = sum(reply.usage.completion_tokens for reply in replies)
        self.ledger.settle(self.name, worst, Usage(max(prompts) if together else sum(prompts), said))
        return replies

    async def close(self) -> None:
        """The back-end is closed by who made it."""


TURN_TOKENS = 16
"""Bound on the tokens that a chat template puts around one message."""
