"""Any server with OpenAI's chat API, through the `openai` package: the only file that knows it.

Replies are asked for whole, not streamed. A body that comes whole or is found cut (by its length, its
chunks, or its JSON) needs no assembling, always carries `usage` (streams carry it on some servers only)
and costs the client a single parse; and nothing here could use half a reply. The price, that a silent
server is noticed only when the time is up, is what `timeout` is for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Literal
from urllib.parse import urlsplit

from tgl.models.failures import Origin, Redactor, public_url, seconds_to_wait
from tgl.models.fingerprint import endpoint_fingerprint
from tgl.models.protocol import (
    Capabilities,
    ChatReply,
    ChatRequest,
    Decoding,
    ErrorKind,
    ModelError,
)
from tgl.models.replies import read_reply

OPENAI_URL = "https://api.openai.com/v1"
TokenLimit = Literal["max_tokens", "max_completion_tokens"]


class OpenAICompatible:
    """A `ChatModel` behind an endpoint.

    Args:
        id: the model's name at the server.
        revision: what the program declares about the weights behind that name; part of the identity.
        base_url: the API's address, usually ending in `/v1`; None is OpenAI's own.
        api_key: the key itself; it appears in no message.
        capabilities: options that may be sent.
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
        # Imported here because it takes most of a second, and a replay needs none of it.
        from openai import AsyncOpenAI, DefaultAsyncHttpxClient

        self.params = params
        self.id = id
        self.origin = Origin(name or id, id, public_url(url), key_source, Redactor(api_key))
        self.token_limit: TokenLimit = token_limit or (
            "max_tokens" if base_url else "max_completion_tokens"  # OpenAI's newer models refuse the old name
        )
        self.declared = capabilities
        self.identity = endpoint_fingerprint(id, revision)
        on_loopback = urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")
        self.client = AsyncOpenAI(
            base_url=url,
            # A placeholder, since None would send OPENAI_API_KEY to whatever server this is.
            api_key=api_key or "none",
            max_retries=0,  # the runtime retries, and counts what it does
            timeout=None,  # `complete` limits the whole exchange, the client could only limit each read
            http_client=DefaultAsyncHttpxClient(
                trust_env=not on_loopback
            ),  # a proxy can't reach our loopback
        )
        if base_url is not None:  # neither concerns a server that is not OpenAI's
            self.client.organization = None
            self.client.project = None

    def __repr__(self) -> str:
        return f"OpenAICompatible({self.id!r} at {self.origin.url})"

    @property
    def fingerprint(self) -> str:
        """sha256 over `id` and `revision`."""
        return self.identity

    @property
    def capabilities(self) -> Capabilities:
        """As declared."""
        return self.declared

    async def complete(self, request: ChatRequest, *, timeout: float) -> ChatReply:
        """The reply to one request, as `ChatModel.complete`."""
        messages = [{"role": message.role.value, "content": message.content} for message in request.messages]
        return await self.post("/chat/completions", {"messages": messages}, request, timeout)

    async def complete_text(
        self, prompt: str, request: ChatRequest, *, stop: tuple[str, ...], timeout: float
    ) -> ChatReply:
        """The continuation of a prompt that is rendered already; of `request`, only how to draw counts."""
        return await self.post("/completions", {"prompt": prompt, "stop": list(stop)}, request, timeout)

    async def post(
        self, path: str, asked: Mapping[str, object], request: ChatRequest, timeout: float
    ) -> ChatReply:
        """Send one request and read its reply."""
        from openai import APIConnectionError, APIStatusError

        body = {"model": self.id, **self.options(request.decoding, request.seed), **asked}
        clock = asyncio.get_running_loop().time
        start = clock()
        try:
            async with asyncio.timeout(timeout):
                text = await self.client.post(path, cast_to=str, body=body)
        except TimeoutError:
            raise self.origin.timeout(timeout) from None
        except APIStatusError as error:
            headers = error.response.headers
            wait = seconds_to_wait(headers.get("retry-after"), headers.get("date"))
            raise self.origin.status(error.status_code, error.response.text, wait) from None
        except APIConnectionError as error:
            raise self.origin.connection(error) from None
        return read_reply(text, self.origin, clock() - start)

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
        await self.client.close()
