"""Any server with OpenAI's chat API.

Replies are asked for whole, not streamed. A body that comes whole or is found cut (by its length, its
chunks, or its JSON) needs no assembling, always carries `usage` (streams carry it on some servers only)
and costs the client a single parse; and nothing here could use half a reply. The price, that a silent
server is noticed only when the time is up, is what `timeout` is for.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from tgl.models.embeddings import read_counted, read_vectors
from tgl.models.failures import Origin, Redactor, lost, public_url
from tgl.models.fingerprint import endpoint_fingerprint
from tgl.models.protocol import (
    Capabilities,
    ChatReply,
    ChatRequest,
    Decoding,
    ErrorKind,
    Feature,
    ModelError,
    TextVector,
)
from tgl.models.replies import read_replies, read_reply
from tgl.models.wire import Wire

OPENAI_URL = "https://api.openai.com/v1"
SEEDS = 2**31
MOST_TEXTS = 64
NO_SUCH_PATH = (404, 405, 501)
"""What servers say that make no vectors, or not of this model."""
TokenLimit = Literal["max_tokens", "max_completion_tokens"]


class OpenAICompatible:
    """A `ChatModel` behind an endpoint.

    Args:
        id: the model's name at the server.
        revision: what the program declares about the weights behind that name; part of the identity.
        base_url: the API's address, usually ending in `/v1`; None is OpenAI's own.
        api_key: the key itself; it appears in no message.
        capabilities: what may be sent.
        params: the model's parameter count, if declared.
        name: what the program calls the model; `id` if empty.
        key_source: the environment variable that held the key, for messages.
        token_limit: what the server calls the limit on a reply's tokens.
    """

    def __init__(
        self,
        id: str,
        revision: str,
        base_url: str | None,
        api_key: str | None,
        capabilities: Capabilities,
        params: float | None = None,
        *,
        name: str = "",
        key_source: str = "",
        token_limit: TokenLimit | None = None,
    ) -> None:
        url = base_url or OPENAI_URL
        self.params = params
        self.id = id
        self.origin = Origin(name or id, id, public_url(url), key_source, Redactor(api_key))
        self.token_limit: TokenLimit = token_limit or (
            "max_tokens" if base_url else "max_completion_tokens"  # OpenAI's newer models refuse the old name
        )
        self.declared = capabilities
        self.identity = endpoint_fingerprint(id, revision)
        self.lists_tokens = True  # until it turns out not to
        self.most_texts = MOST_TEXTS
        self.wire = Wire(url, api_key, self.origin, is_openai=base_url is None)

    def __repr__(self) -> str:
        return f"OpenAICompatible({self.id!r} at {self.origin.url})"

    @property
    def fingerprint(self) -> str:
        """sha256 over `id` and `revision`."""
        return self.identity

    @property
    def capabilities(self) -> Capabilities:
        """As declared, less what the server turned out not to do."""
        return self.declared

    def adopt(self, capabilities: Capabilities) -> None:
        """Work with these from now on: what a probe found out."""
        self.declared = capabilities

    async def complete(self, request: ChatRequest, *, timeout: float) -> ChatReply:
        """The reply to one request, as `ChatModel.complete`."""
        text, latency = await self.wire.post("/chat/completions", self.body(request), timeout)
        return read_reply(text, self.origin, latency, request)

    async def complete_many(self, request: ChatRequest, n: int, *, timeout: float) -> tuple[ChatReply, ...]:
        """`n` replies to one request, as `ChatModel.complete_many`.

        How many tokens each took is exact where the server lists them (log-probabilities are asked for
        to that end); else the server's total is split by the replies' size, the total itself kept.
        """
        # Reply k is drawn with `seed + k` at the server, which doesn't start again at 0.
        most = min(self.declared.max_n, SEEDS - request.seed)
        if n > most:
            return await self.parts(request, n, most, timeout)
        if n == 1:
            return (await self.complete(request, timeout=timeout),)
        try:
            text, latency = await self.several(request, n, timeout)
        except ModelError as error:
            if error.kind is not ErrorKind.BAD_REQUEST:
                raise
            # If one alone is answered, their number was what the server refused.
            first = await self.complete(request, timeout=timeout)
            self.limit(n // 2)
            return (first, *await self.parts(later(request, 1), n - 1, n // 2, timeout))
        replies = read_replies(text, self.origin, latency, request)
        if replies is None:
            self.limit(1)
            raise self.origin.uncounted_each()
        if len(replies) >= n:
            return replies[:n]
        self.limit(len(replies))
        rest = later(request, len(replies))
        return replies + await self.parts(rest, n - len(replies), len(replies), timeout)

    async def several(self, request: ChatRequest, n: int, timeout: float) -> tuple[str, float]:
        """The body with `n` replies, their tokens listed if the server does that."""
        body = {**self.body(request), "n": n}
        lists = self.lists_tokens and Feature.LOGPROBS in self.declared.features and not request.logprobs
        if lists:
            try:
                return await self.wire.post("/chat/completions", {**body, **LISTED}, timeout)
            except ModelError as error:
                if error.kind is not ErrorKind.BAD_REQUEST:
                    raise
        answer = await self.wire.post("/chat/completions", body, timeout)
        self.lists_tokens = self.lists_tokens and not lists
        return answer

    async def parts(self, request: ChatRequest, n: int, most: int, timeout: float) -> tuple[ChatReply, ...]:
        """`n` replies by several requests at the same time, of at most `most` each."""
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(
                        self.complete_many(later(request, first), min(most, n - first), timeout=timeout)
                    )
                    for first in range(0, n, most)
                ]
        except* ModelError as failed:
            error = next(error for error in leaves(failed))
        else:
            return tuple(reply for task in tasks for reply in task.result())
        raise lost(error)  # the server may charge for the others

    def limit(self, n: int) -> None:
        """Ask for at most `n` replies at a time from now on."""
        self.declared = replace(self.declared, max_n=min(self.declared.max_n, n))

    async def embed(self, texts: Sequence[str], *, timeout: float) -> tuple[tuple[float, ...], ...]:
        """A vector for each text, as `EmbeddingModel.embed`."""
        self.require(Feature.EMBED, "make vectors of texts (`embeddings`)")
        vectors: list[tuple[float, ...]] = []
        while (first := len(vectors)) < len(texts):
            batch = list(texts[first : first + self.most_texts])
            body = {"model": self.id, "input": batch, "encoding_format": "float"}
            try:
                text, _ = await self.wire.post("/embeddings", body, timeout)
            except ModelError as error:
                if error.kind is not ErrorKind.BAD_REQUEST or len(batch) == 1:
                    raise
                self.most_texts = len(batch) // 2
                continue
            vectors += read_vectors(text, len(batch), self.origin)
        if len({len(vector) for vector in vectors}) > 1:
            raise self.origin.broken("the server's vectors differ in length")
        return tuple(vectors)

    async def vector(self, text: str, *, timeout: float) -> TextVector:
        """The vector of a text with what it took, as `VectorSource.vector`."""
        self.require(Feature.EMBED, "make vectors of texts (`embeddings`)")
        body = {"model": self.id, "input": [text], "encoding_format": "float"}
        try:
            answer, latency = await self.wire.post("/embeddings", body, timeout)
        except ModelError as error:
            if error.status not in NO_SUCH_PATH:
                raise
            raise self.origin.makes_no_vectors(error) from None
        [vector], tokens = read_counted(answer, 1, self.origin)
        if tokens is None:
            raise self.origin.uncounted()
        return TextVector(vector, tokens, latency)

    def body(self, request: ChatRequest) -> dict[str, object]:
        """What is sent for one request.

        Raises:
            ModelError: BAD_REQUEST for what the model is known not to take.
        """
        messages = [{"role": message.role.value, "content": message.content} for message in request.messages]
        body: dict[str, object] = {
            "model": self.id,
            **self.options(request.decoding, request.seed),
            "messages": messages,
        }
        if request.logprobs:
            self.require(Feature.LOGPROBS, "tell the log-probabilities of a reply's tokens (`logprobs`)")
            body |= LISTED
        if request.schema is not None:
            self.require(Feature.SCHEMA, "keep a reply to a schema (`response_format`)")
            schema = {"name": "reply", "schema": json.loads(request.schema), "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        if request.opening:
            self.require(Feature.OPENING, "continue a reply that was begun for it")
            messages.append({"role": "assistant", "content": request.opening})
            # vLLM, SGLang and others begin a new turn without these; llama.cpp continues in any case.
            body |= {"continue_final_message": True, "add_generation_prompt": False}
        return body

    def require(self, feature: Feature, what: str) -> None:
        """Refuse what the server is known not to do."""
        if feature not in self.declared.features:
            raise self.origin.unable(what)

    def options(self, decoding: Decoding, seed: int) -> dict[str, object]:
        """The request's options under the server's names.

        Raises:
            ModelError: BAD_REQUEST for an option that the model is declared not to take.
        """
        wanted: dict[str, object] = {
            "temperature": decoding.temperature,
            "top_p": decoding.top_p,
            "max_tokens": decoding.max_tokens,
            "stop": list(decoding.stop) or None,
        }
        sent = {option: value for option, value in wanted.items() if value is not None}
        if refused := [option for option in sent if option not in self.declared.options]:
            listed = ", ".join(refused)
            raise ModelError(
                ErrorKind.BAD_REQUEST,
                f"model `{self.origin.name}` is declared without {listed}, which the request sets",
                help=f"leave {listed} out of the role, or out of the model's `without`",
            )
        if "max_tokens" in sent:
            sent[self.token_limit] = sent.pop("max_tokens")
        if "seed" in self.declared.options:
            sent["seed"] = seed
        return sent

    async def close(self) -> None:
        """Close the connections. Idempotent."""
        await self.wire.close()


LISTED: dict[str, object] = {"logprobs": True, "top_logprobs": 1}
"""Asks for each token's log-probability. llama.cpp adds 20 rivals of each unless a number is named."""


def later(request: ChatRequest, draws: int) -> ChatRequest:
    """The request for the reply that is `draws` later."""
    return replace(request, seed=(request.seed + draws) % SEEDS)


def leaves(group: BaseExceptionGroup[ModelError]) -> list[ModelError]:
    """The errors of a group, in order."""
    found: list[ModelError] = []
    for error in group.exceptions:
        found += [error] if isinstance(error, ModelError) else leaves(error)
    return found
