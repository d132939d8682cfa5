"""Weights on this machine, run in this process."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace
from pathlib import Path

from tgl.models.engine import MEAN, Server, engine_missing, is_engine_installed, start_engine
from tgl.models.fingerprint import weights_fingerprint
from tgl.models.native import native_body, read_continuations, read_prompt
from tgl.models.openai_compatible import SEEDS, OpenAICompatible
from tgl.models.packs import BUILTIN_TEMPLATE, Pack, known_packs
from tgl.models.prompts import PromptTemplate
from tgl.models.protocol import (
    Capabilities,
    ChatReply,
    ChatRequest,
    ErrorKind,
    Feature,
    ModelError,
    Role,
    TextVector,
)

DEFAULT_SLOTS = 16
MOST_AT_A_TIME = 8
"""Replies to one prompt, which the engine reads once for all of them. 64 short answers to 8 few-shot prompts
took 2.6 s in place of 9.8 (SmolLM2), 2.7 s in place of 12.7 (Gemma). More at a time wait for free slots.
"""


class LocalModel:
    """A `ChatModel` over a pack's weights. They are loaded by the first request, not before.

    Args:
        pack: whose weights.
        weights: where they lie; None if they were not pulled.
        capabilities: options that may be sent; `max_concurrency` is the number of slots.
        name: what the program calls the model.
        threads: CPU threads of this model. With one there is nothing to wait for, and two models share
            two cores; more pay off on a machine with idle cores.
        embeds: whether it makes vectors, and no replies.

    Raises:
        ModelError: MISSING without engine or weights.
    """

    def __init__(
        self,
        pack: Pack,
        weights: Path | None,
        capabilities: Capabilities | None = None,
        *,
        name: str = "",
        threads: int = 1,
        embeds: bool = False,
    ) -> None:
        self.name = name or pack.name
        if not is_engine_installed():
            raise engine_missing(self.name)
        if weights is None or not weights.is_file():
            raise ModelError(
                ErrorKind.MISSING,
                f"model `{self.name}`: the weights {pack.title} are not on this machine",
                help=f"run: tglc models pull {pack.name}",
            )
        declared = capabilities or Capabilities()
        self.pack = pack
        self.weights = weights
        self.threads = threads
        self.embeds = embeds
        # llama.cpp makes other vectors of texts that it reads together; one at a time they hang on nothing.
        self.slots = 1 if embeds else declared.max_concurrency or DEFAULT_SLOTS
        self.declared = replace(
            declared,
            max_concurrency=self.slots,
            max_n=min(self.slots, MOST_AT_A_TIME),
            features=frozenset(
                {Feature.EMBED} if embeds else {Feature.LOGPROBS, Feature.SCHEMA, Feature.OPENING}
            ),
        )
        own = pack.template != BUILTIN_TEMPLATE
        self.prompt = PromptTemplate(pack.template, self.name) if own else None
        self.server: list[Server] = []  # a list, so that its last reference can be dropped off this thread
        self.loading: asyncio.Task[OpenAICompatible] | None = None

    def __repr__(self) -> str:
        return f"LocalModel({self.pack.name!r})"

    @property
    def fingerprint(self) -> str:
        """sha256 over the weights' sha256, the chat template and the pack's stop strings."""
        return weights_fingerprint(self.pack.sha256, self.pack.template, self.pack.stop)

    @property
    def capabilities(self) -> Capabilities:
        """Options that may be sent, and slots."""
        return self.declared

    async def complete(self, request: ChatRequest, *, timeout: float) -> ChatReply:
        """The reply to one request, as `ChatModel.complete`; `timeout` leaves out loading the weights."""
        if self.prompt is None and not request.opening:
            return await (await self.endpoint()).complete(request, timeout=timeout)
        return (await self.continued(request, 1, timeout))[0]

    async def complete_many(self, request: ChatRequest, n: int, *, timeout: float) -> tuple[ChatReply, ...]:
        """`n` replies to one request, as `ChatModel.complete_many`; the engine reads the prompt once."""
        if n == 1:
            return (await self.complete(request, timeout=timeout),)
        most = SEEDS - request.seed  # the engine's seeds go on above ours
        if n > most:
            first = await self.complete_many(request, most, timeout=timeout)
            rest = replace(request, seed=0)
            return first + await self.complete_many(rest, n - most, timeout=timeout)
        return await self.continued(request, n, timeout)

    async def continued(self, request: ChatRequest, n: int, timeout: float) -> tuple[ChatReply, ...]:
        """`n` continuations of the rendered conversation."""
        endpoint = await self.endpoint()
        clock = asyncio.get_running_loop().time
        start = clock()
        prompt = await self.rendered(request, endpoint, timeout)
        # A schema ends a reply by itself, and the line end that ends other replies is white space in it.
        stop = request.decoding.stop if request.schema else (*request.decoding.stop, *self.pack.stop)
        options = endpoint.options(replace(request.decoding, stop=stop), request.seed)
        body = native_body(prompt, request, options, n)
        left = max(timeout - (clock() - start), 1e-3)
        text, latency = await endpoint.wire.post(f"{self.address}/completion", body, left)
        replies = read_continuations(text, endpoint.origin, latency, request, n)
        if self.prompt is None or request.opening:
            return replies
        # What follows "Answer:" begins with its space.
        return tuple(replace(reply, text=reply.text.strip()) for reply in replies)

    async def rendered(self, request: ChatRequest, endpoint: OpenAICompatible, timeout: float) -> str:
        """The conversation as one text, with what the reply begins with."""
        if self.prompt is None:
            messages = [{"role": one.role.value, "content": one.content} for one in request.messages]
            if request.opening:
                messages.append({"role": Role.ASSISTANT.value, "content": request.opening})
            text, _ = await endpoint.wire.post(
                f"{self.address}/apply-template", {"messages": messages}, timeout
            )
            return read_prompt(text, endpoint.origin)
        if request.opening:
            return self.prompt.opened(request.messages, request.opening)
        return self.prompt(request.messages)

    async def vector(self, text: str, *, timeout: float) -> TextVector:
        """The vector of a text, as `VectorSource.vector`; `timeout` leaves out loading the weights."""
        return await (await self.endpoint()).vector(text, timeout=timeout)

    def is_chat_pack(self) -> bool:
        """Whether the weights are of a chat model: these say nothing of how to make a vector."""
        return any(self.pack.sha256 == one.sha256 for one in known_packs())

    async def endpoint(self) -> OpenAICompatible:
        """The engine's client; the first who asks has the weights loaded."""
        if self.loading is None:
            self.loading = asyncio.create_task(self.load())
        # Shielded: the load is everyone's, and must not die with the one who asked first.
        return await asyncio.shield(self.loading)

    @property
    def address(self) -> str:
        """The engine's address."""
        return self.server[0].listening_address

    async def load(self) -> OpenAICompatible:
        """Start the engine; the client to ask it with."""
        key = secrets.token_hex(16)
        server = await asyncio.to_thread(
            start_engine,
            self.name,
            self.weights,
            key=key,
            slots=self.slots,
            context=self.pack.context,
            threads=self.threads,
            embeds=self.embeds,
            pooling=MEAN if self.embeds and self.is_chat_pack() else None,
        )
        self.server.append(server)
        return OpenAICompatible(
            self.pack.name, "", f"{server.listening_address}/v1", key, self.declared, name=self.name
        )

    async def close(self) -> None:
        """Stop the engine and free the weights. Idempotent."""
        loading, self.loading = self.loading, None
        if loading is None:
            return
        try:
            endpoint = await loading
        except ModelError:
            return
        await endpoint.close()
        await asyncio.to_thread(self.server.clear)  # the engine stops when it is collected, in a moment
