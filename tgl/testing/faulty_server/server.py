"""The server: just enough HTTP/1.1 for its purpose, on asyncio's transports."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType
from typing import Self, cast

from tgl.models import ChatModel, ChatReply, ModelError
from tgl.testing.faulty_server.answers import (
    Json,
    faulty_answer,
    http,
    objection,
    reply_body,
    request_of,
    vectors_body,
)
from tgl.testing.faulty_server.faults import COMPLETE, FREE, Fault, FaultMix
from tgl.testing.faulty_server.manners import Manners
from tgl.testing.faulty_server.served import Served, served

SERVICE_SECONDS = 60.0
SEEDS = 2**31
BACKLOG = 1024


class FaultyServer:
    """The server; use it as a context manager, which starts and stops its thread, or await `serve`.

    Args:
        make_model: makes what answers when nothing goes wrong; called in the server's loop.
        key: what requests have to show as bearer token; None asks for none.
        mix: faults by chance, for requests that no planned fault meets.
        manners: what the server does, and how.
        keep_bodies: whether `bodies` keeps what was asked.
    """

    def __init__(
        self,
        make_model: Callable[[], ChatModel],
        *,
        key: str | None = None,
        mix: FaultMix | None = None,
        manners: Manners | None = None,
        keep_bodies: bool = True,
    ) -> None:
        self.make_model = make_model
        self.key = key
        self.mix = mix or FaultMix()
        self.manners = manners or Manners()
        self.keep_bodies = keep_bodies
        self.faults: deque[Fault] = deque()
        self.bodies: list[Json] = []
        self.log: list[Served] = []
        self.arrived = 0
        self.port = 0
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.loop: asyncio.AbstractEventLoop | None = None
        self.stop = asyncio.Event()
        self.connections: set[Connection] = set()

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

    async def serve(self, port: int = 0) -> None:
        """Serve until `stop`, then drop whoever is still connected; port 0 is any."""
        self.loop = asyncio.get_running_loop()
        model = self.make_model()
        server = await self.loop.create_server(
            lambda: Connection(self, model), "127.0.0.1", port, backlog=BACKLOG
        )
        self.port = server.sockets[0].getsockname()[1]
        self.ready.set()
        await self.stop.wait()
        server.close()
        for connection in tuple(self.connections):
            connection.drop()
        await server.wait_closed()
        await model.close()

    def next_fault(self, number: int) -> Fault | None:
        """What a request meets: the planned first, then by chance."""
        return self.faults.popleft() if self.faults else self.mix.fault(number)


class Connection(asyncio.Protocol):
    """One client. Requests on a connection are answered one after the other."""

    def __init__(self, server: FaultyServer, model: ChatModel) -> None:
        self.server = server
        self.model = model
        self.buffer = bytearray()
        self.transport: asyncio.Transport | None = None
        self.work: asyncio.Task[bool] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client came."""
        self.transport = cast("asyncio.Transport", transport)
        self.server.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client left: what it waits for is not needed, and the model's slot is free at once."""
        self.server.connections.discard(self)
        self.transport = None
        if self.work is not None:
            self.work.cancel()

    def drop(self) -> None:
        """Close without an answer."""
        if self.transport is not None:
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Collect a request."""
        self.buffer += data
        if self.work is None:
            self.begin()

    def begin(self) -> None:
        """Start on the next request, if it is here whole."""
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        lines = self.buffer[:end].decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value.strip() for name, _, value in (one.partition(":") for one in lines[1:])
        }
        last = end + 4 + int(headers.get("content-length", "0"))
        if len(self.buffer) < last:
            return
        body = bytes(self.buffer[end + 4 : last])
        del self.buffer[:last]
        path = lines[0].split(" ")[1]
        self.work = asyncio.ensure_future(self.answered(path, headers.get("authorization", ""), body))
        self.work.add_done_callback(self.ended)

    def ended(self, work: asyncio.Task[bool]) -> None:
        """Go on with the connection, or close it."""
        self.work = None
        if work.cancelled() or self.transport is None:
            return
        if work.exception() is not None:
            self.drop()
        elif work.result():
            self.begin()
        else:
            self.transport.close()

    async def answered(self, path: str, authorization: str, body: bytes) -> bool:
        """Answer one request; whether the connection can be used again."""
        if path.endswith("/log"):
            lines = "\n".join(one.line() for one in self.server.log)
            return self.send(http(200, lines + "\n"))
        asked = cast("Json", json.loads(body))
        number, self.server.arrived = self.server.arrived, self.server.arrived + 1
        if self.server.keep_bodies:
            self.server.bodies.append(asked)
        fault = self.server.next_fault(number)
        if fault is None and self.server.key is not None and authorization != f"Bearer {self.server.key}":
            return self.refuse(number, asked, 401, "wrong key")
        if path.endswith("/embeddings"):
            return self.embed(number, asked)
        request = request_of(asked)
        if fault is None and (why := objection(asked, request, self.server.manners)):
            return self.refuse(number, asked, 400, why)
        if fault is not None and fault in FREE:
            self.note(number, asked, fault, (0, 0), complete=False)
            answer, goes_on = faulty_answer(
                fault, {}, asked.get("model"), authorization, self.server.manners.retry_after
            )
            return self.send(answer) and goes_on
        n = min(cast("int", asked.get("n", 1)), self.server.manners.max_n)
        try:
            replies = [
                await self.model.complete(
                    replace(request, seed=(request.seed + draw) % SEEDS), timeout=SERVICE_SECONDS
                )
                for draw in range(n)
            ]
        except ModelError as error:
            return self.refuse(number, asked, error.status or 500, error.message)
        is_chat = path.endswith("/chat/completions")
        whole = reply_body(replies, request, self.server.manners, is_chat=is_chat)
        self.note(number, asked, fault, spent(replies), complete=fault is None or fault in COMPLETE)
        if fault is None:
            return self.send(http(200, whole))
        if fault is Fault.SILENT:
            await asyncio.Event().wait()
        answer, goes_on = faulty_answer(fault, whole, asked.get("model"), authorization)
        return self.send(answer) and goes_on

    def embed(self, number: int, asked: Json) -> bool:
        """Answer a request for embeddings."""
        manners, texts = self.server.manners, cast("list[str]", asked["input"])
        if not manners.vector:
            return self.refuse(number, asked, 501, "This server does not support embeddings.")
        if len(texts) > manners.most_texts:
            return self.refuse(number, asked, 400, f"batch size {len(texts)} > {manners.most_texts}")
        self.note(number, asked, None, (len(texts), 0), complete=True)
        return self.send(http(200, vectors_body(asked, manners)))

    def refuse(self, number: int, asked: Json, status: int, why: str) -> bool:
        """Answer with an error that costs nothing."""
        self.note(number, asked, None, (0, 0), complete=False)
        return self.send(http(status, {"error": {"message": why}}))

    def note(
        self, number: int, asked: Json, fault: Fault | None, usage: tuple[int, int], *, complete: bool
    ) -> None:
        """Log a request."""
        self.server.log.append(served(number, asked, fault, usage, complete=complete))

    def send(self, answer: bytes) -> bool:
        """Write; whether somebody is there."""
        if self.transport is None:
            return False
        self.transport.write(answer)
        return True


def spent(replies: list[ChatReply]) -> tuple[int, int]:
    """Tokens of a prompt, read once, and of all its replies."""
    return replies[0].usage.prompt_tokens, sum(reply.usage.completion_tokens for reply in replies)
