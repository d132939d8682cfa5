"""A small real HTTP server on loopback with OpenAI's chat API, which misbehaves on command.

It answers with any `ChatModel`, in a thread and an event loop of its own, and understands just enough
HTTP/1.1 for its purpose. The next requests meet the faults that were planned, in order; after them it
behaves well again.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from types import TracebackType
from typing import Self, cast

from tgl.models import (
    ChatMessage,
    ChatModel,
    ChatReply,
    ChatRequest,
    Decoding,
    Finish,
    ModelError,
    Role,
)

REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found"}
DATE = "Sun, 06 Nov 1994 08:49:37 GMT"
LATER = "Sun, 06 Nov 1994 08:50:07 GMT"
LATER_SECONDS = 30.0
SERVICE_SECONDS = 60.0


class Fault(StrEnum):
    """What may go wrong with one request."""

    UNAUTHORIZED = "401, echoing the key"
    FORBIDDEN = "403"
    UNKNOWN_MODEL = "404"
    UNSUPPORTED_OPTION = "400 that names temperature"
    UNSUPPORTED_LIMIT = "400 that wants max_completion_tokens"
    LIMITED = "429 without Retry-After"
    LIMITED_SECONDS = "429 with Retry-After in seconds"
    LIMITED_DATE = "429 with Retry-After as a date"
    FAILED = "500"
    FAILED_PAGE = "502 with a page of HTML"
    OVERLOADED = "503 with Retry-After"
    RESET = "connection closed without an answer"
    SILENT = "no answer at all"
    CUT_BODY = "fewer bytes than announced"
    CUT_CHUNKS = "chunked body without its end"
    CUT_JSON = "half a JSON body, its length announced as right"
    NOT_JSON = "text in place of JSON"
    HTML_PAGE = "200 with a page of HTML"
    OTHER_JSON = "JSON of another shape"
    EMPTY_BODY = "200 with nothing"
    NO_CHOICES = "empty choices"
    NO_CONTENT = "a choice without text"
    NO_FINISH = "a choice that is not finished"
    NO_USAGE = "a reply that counts no tokens"
    ERROR_IN_200 = "200 with an error in it"
    REFUSAL = "a refusal"
    FILTERED = "a reply cut by a content filter"
    THOUGHT_ONLY = "all tokens spent before the first word"


class FaultyServer:
    """The server; use it as a context manager, which starts and stops its thread.

    Args:
        make_model: makes what answers when nothing is planned; called in the server's loop.
        key: what requests have to show as bearer token; None asks for none.
    """

    def __init__(self, make_model: Callable[[], ChatModel], *, key: str | None = None) -> None:
        self.make_model = make_model
        self.key = key
        self.faults: deque[Fault] = deque()
        self.bodies: list[dict[str, object]] = []
        self.port = 0
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.loop: asyncio.AbstractEventLoop | None = None
        self.stop = asyncio.Event()

    @property
    def base_url(self) -> str:
        """The API's address."""
        return f"http://127.0.0.1:{self.port}/v1"

    def plan(self, *faults: Fault) -> None:
        """Let the next requests meet these faults, one each."""
        self.faults.extend(faults)

    def __enter__(self) -> Self:
        self.thread.start()
        self.ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.loop is not None:
            self.loop.call_soon_threadsafe(self.stop.set)
        self.thread.join()

    def run(self) -> None:
        """The thread's body."""
        asyncio.run(self.serve())

    async def serve(self) -> None:
        """Serve until `stop`, then drop whoever is still connected."""
        self.loop = asyncio.get_running_loop()
        model = self.make_model()
        open_connections: set[asyncio.Task[None]] = set()

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = cast("asyncio.Task[None]", asyncio.current_task())
            open_connections.add(task)
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while await Exchange(self, model, reader, writer).answered():
                    pass
            open_connections.discard(task)
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self.ready.set()
        await self.stop.wait()
        server.close()
        for task in tuple(open_connections):
            task.cancel()
        if open_connections:
            await asyncio.wait(tuple(open_connections))
        await server.wait_closed()
        await model.close()


class Exchange:
    """One request on a connection, and its answer."""

    def __init__(
        self,
        server: FaultyServer,
        model: ChatModel,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.server = server
        self.model = model
        self.reader = reader
        self.writer = writer

    async def answered(self) -> bool:
        """Answer one request; whether the connection can be used again."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        lines = head.split("\r\n")
        headers = {
            name.strip().lower(): value.strip() for name, _, value in (x.partition(":") for x in lines[1:])
        }
        body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        asked = cast("dict[str, object]", json.loads(body))
        self.server.bodies.append(asked)
        if self.server.faults:
            return await self.misbehave(self.server.faults.popleft(), asked, headers.get("authorization", ""))
        if self.server.key is not None and headers.get("authorization") != f"Bearer {self.server.key}":
            return await self.send(401, {"error": {"message": "wrong key"}})
        return await self.serve(asked, lines[0].split(" ")[1])

    async def serve(self, asked: dict[str, object], path: str) -> bool:
        """Answer well, unless the client leaves first: then the model's slot is free again at once."""
        work = asyncio.ensure_future(self.model.complete(request_of(asked), timeout=SERVICE_SECONDS))
        gone = asyncio.ensure_future(self.reader.read(1))
        try:
            await asyncio.wait((work, gone), return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                return False
            return await self.send(200, reply_body(work.result(), is_chat=path.endswith("/chat/completions")))
        except ModelError as error:
            return await self.send(error.status or 500, {"error": {"message": error.message}})
        finally:
            for task in (work, gone):
                task.cancel()
                with suppress(asyncio.CancelledError, ModelError):
                    await task

    async def misbehave(self, fault: Fault, asked: dict[str, object], authorization: str) -> bool:
        """Do what was planned."""
        whole = reply_body(await self.model.complete(request_of(asked), timeout=SERVICE_SECONDS))
        match fault:
            case Fault.UNAUTHORIZED:
                said = f"Incorrect API key provided: {authorization.removeprefix('Bearer ')}."
                return await self.send(401, {"error": {"message": said}})
            case Fault.FORBIDDEN:
                return await self.send(403, {"error": {"message": f"{authorization} may not"}})
            case Fault.UNKNOWN_MODEL:
                said = f"The model `{asked['model']}` does not exist for {authorization}"
                return await self.send(404, {"error": {"message": said}})
            case Fault.UNSUPPORTED_OPTION:
                said = "Unsupported value: 'temperature' does not support 0.8 with this model."
                return await self.send(400, {"error": {"message": said, "param": "temperature"}})
            case Fault.UNSUPPORTED_LIMIT:
                said = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
                return await self.send(400, {"error": {"message": said, "param": "max_tokens"}})
            case Fault.LIMITED:
                return await self.send(429, {"error": {"message": f"slow down, {authorization}"}})
            case Fault.LIMITED_SECONDS:
                return await self.send(429, {"error": {"message": "slow down"}}, {"Retry-After": "2.5"})
            case Fault.LIMITED_DATE:
                wait = {"Retry-After": LATER, "Date": DATE}
                return await self.send(429, {"error": {"message": "slow down"}}, wait)
            case Fault.FAILED:
                return await self.send(500, {"error": {"message": f"trace: {authorization}"}})
            case Fault.FAILED_PAGE:
                return await self.send(502, "<html><h1>Bad Gateway</h1></html>")
            case Fault.OVERLOADED:
                return await self.send(503, {"error": {"message": "loading"}}, {"Retry-After": "1"})
            case Fault.RESET:
                return False
            case Fault.SILENT:
                await self.reader.read()
                return False
            case Fault.CUT_BODY:
                return await self.send_raw(200, json.dumps(whole).encode(), cut=True)
            case Fault.CUT_CHUNKS:
                self.writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
                self.writer.write(b'Transfer-Encoding: chunked\r\n\r\n8\r\n{"choice\r\n')
                await self.writer.drain()
                return False
            case Fault.CUT_JSON:
                return await self.send(200, json.dumps(whole)[:40])
            case Fault.NOT_JSON:
                return await self.send(200, f"all is well, {authorization}")
            case Fault.HTML_PAGE:
                return await self.send(200, "<html><h1>Welcome to nginx!</h1></html>")
            case Fault.OTHER_JSON:
                return await self.send(200, {"choices": "many"})
            case Fault.EMPTY_BODY:
                return await self.send(200, "")
            case Fault.NO_CHOICES:
                return await self.send(200, {**whole, "choices": []})
            case Fault.NO_CONTENT:
                return await self.send(200, with_choice(whole, {"content": None}, "stop"))
            case Fault.NO_FINISH:
                return await self.send(200, with_choice(whole, {"content": "half an ans"}, None))
            case Fault.NO_USAGE:
                return await self.send(200, {**whole, "usage": None})
            case Fault.ERROR_IN_200:
                return await self.send(200, {"error": {"message": f"upstream died, {authorization}"}})
            case Fault.REFUSAL:
                refusal: dict[str, object] = {"content": None, "refusal": "I can't help with that."}
                return await self.send(200, with_choice(whole, refusal, "stop"))
            case Fault.FILTERED:
                return await self.send(200, with_choice(whole, {"content": "Well,"}, "content_filter"))
            case Fault.THOUGHT_ONLY:
                return await self.send(200, with_choice(whole, {"content": None}, "length"))

    async def send(self, status: int, body: object, headers: dict[str, str] | None = None) -> bool:
        """A complete answer: text as it is, anything else as JSON."""
        is_text = isinstance(body, str)
        data = body if isinstance(body, str) else json.dumps(body)
        kind = "text/html" if is_text and data.startswith("<") else "application/json"
        return await self.send_raw(status, data.encode(), {"Content-Type": kind, **(headers or {})})

    async def send_raw(
        self, status: int, data: bytes, headers: dict[str, str] | None = None, *, cut: bool = False
    ) -> bool:
        """An answer, of which the second half may be missing."""
        lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Other')}", f"Content-Length: {len(data)}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        self.writer.write(data[: len(data) // 2] if cut else data)
        await self.writer.drain()
        return not cut


def request_of(body: dict[str, object]) -> ChatRequest:
    """The request that a body asks for; raw prompts count as one user message."""
    raw = cast("list[dict[str, str]]", body.get("messages", []))
    messages = tuple(ChatMessage(Role(message["role"]), message["content"]) for message in raw)
    if "prompt" in body:
        messages = (ChatMessage(Role.USER, str(body["prompt"])),)
    limit = body.get("max_tokens", body.get("max_completion_tokens"))
    decoding = Decoding(
        temperature=cast("float | None", body.get("temperature")),
        top_p=cast("float | None", body.get("top_p")),
        max_tokens=cast("int | None", limit),
        stop=tuple(cast("list[str]", body.get("stop", []))),
    )
    return ChatRequest(messages, decoding, cast("int", body.get("seed", 0)))


def reply_body(reply: ChatReply, *, is_chat: bool = True) -> dict[str, object]:
    """The reply in OpenAI's shape."""
    ends = {Finish.STOP: "stop", Finish.LENGTH: "length", Finish.REFUSED: "content_filter"}
    said: dict[str, object] = {"message": {"role": "assistant", "content": reply.text}}
    choice = {"index": 0, "finish_reason": ends[reply.finish], **(said if is_chat else {"text": reply.text})}
    usage = {
        "prompt_tokens": reply.usage.prompt_tokens,
        "completion_tokens": reply.usage.completion_tokens,
        "total_tokens": reply.usage.prompt_tokens + reply.usage.completion_tokens,
    }
    return {"id": "reply", "object": "chat.completion", "choices": [choice], "usage": usage}


def with_choice(body: dict[str, object], message: dict[str, object], finish: str | None) -> dict[str, object]:
    """The body with another message in its only choice."""
    choice = {"index": 0, "finish_reason": finish, "message": {"role": "assistant", **message}}
    return {**body, "choices": [choice]}
