"""Simulated models behind a real HTTP server with OpenAI's chat API, which misbehaves on request.

HTTP/1.1 as an asyncio protocol: no framework, so that a request costs a fraction of a millisecond and a
latency of half a second is kept to a few milliseconds. One request at a time on a connection; bodies need
a `Content-Length`. A reply is made when its request arrives and is sent when its latency is over.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import cast

from tgl.models.protocol import Usage
from tgl.models.simulated.faults import AT_ONCE, FaultPlan, ServerFault
from tgl.models.simulated.model import Simulation
from tgl.models.simulated.wire import Asked, Unreadable, answer_body, error_body, models_body, read_body

REASONS = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    411: "Length Required",
    413: "Content Too Large",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
LARGEST_HEAD = 64 * 1024
LARGEST_BODY = 64 * 1024 * 1024
BACKLOG = 1024
NOTHING = Usage(0, 0)


@dataclass(frozen=True, slots=True)
class LogEntry:
    """What became of one request.

    Args:
        n: ordinal of the request, from 1.
        request: names its body: 32 hex digits.
        model: as asked for.
        status: of the answer; 0 if there was none.
        fault: what was done wrong on purpose, "gone" if the client left first, "" for nothing.
        complete: whether a whole reply was sent.
        prompt_tokens: that a provider would have charged, also for a broken answer.
        completion_tokens: the same.
        latency: seconds from arrival to answer, as planned.
    """

    n: int
    request: str
    model: str
    status: int
    fault: str
    complete: bool
    prompt_tokens: int
    completion_tokens: int
    latency: float

    def line(self) -> str:
        """As a line of JSON."""
        return json.dumps({name: getattr(self, name) for name in self.__slots__}) + "\n"


Log = Callable[[LogEntry], None]


def silent(_: LogEntry) -> None:
    """Log nothing."""


@dataclass
class SimulatedServer:
    """Simulated models, by the names that requests use.

    Args:
        models: what answers.
        latency_scale: seconds waited for each simulated second, >= 0.
        faults: what goes wrong.
        log: told about every request.
    """

    models: Mapping[str, Simulation]
    latency_scale: float = 1.0
    faults: FaultPlan = field(default_factory=FaultPlan)
    log: Log = silent
    seen: Counter[bytes] = field(default_factory=Counter[bytes])
    requests: int = 0
    open: set[Connection] = field(default_factory=lambda: set[Connection]())
    listener: asyncio.Server | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Begin to serve; the API's address.

        Raises:
            OSError: the address can't be had.
        """
        loop = asyncio.get_running_loop()
        self.listener = await loop.create_server(lambda: Connection(self, loop), host, port, backlog=BACKLOG)
        name = cast("tuple[str, int]", self.listener.sockets[0].getsockname())
        shown = f"[{name[0]}]" if ":" in name[0] else name[0]
        return f"http://{shown}:{name[1]}/v1"

    async def close(self) -> None:
        """Stop; whoever is still connected is dropped. Idempotent."""
        if self.listener is None:
            return
        listener, self.listener = self.listener, None
        listener.close()
        for connection in tuple(self.open):
            connection.drop()
        await listener.wait_closed()
        # Those that drop now, and those that were about to be accepted: each takes a turn of the loop.
        while self.open:  # noqa: ASYNC110
            await asyncio.sleep(0)


class Connection(asyncio.Protocol):
    """One client: its requests one after the other."""

    def __init__(self, server: SimulatedServer, loop: asyncio.AbstractEventLoop) -> None:
        self.server = server
        self.loop = loop
        self.buffer = bytearray()
        self.timer: asyncio.TimerHandle | None = None
        self.pending: LogEntry | None = None
        self.transport: asyncio.Transport | None = None
        self.keep = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.server.open.add(self)
        if self.server.listener is None:  # accepted while the server was closing
            self.drop()

    def connection_lost(self, exc: Exception | None) -> None:
        self.server.open.discard(self)
        if self.timer is not None:
            self.timer.cancel()
        if self.pending is not None:
            self.server.log(self.pending)
            self.pending = None
        self.transport = None

    def drop(self) -> None:
        """Close at once."""
        if self.transport is not None:
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        self.advance()

    def advance(self) -> None:
        """Take the next request if it is there as a whole and none is being answered."""
        while self.pending is None and self.timer is None and self.transport is not None:
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                if len(self.buffer) > LARGEST_HEAD:
                    self.refuse(413, "the head is too large")
                return
            lines = bytes(self.buffer[:end]).decode("latin-1").split("\r\n")
            headers = {
                name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines[1:])
            }
            words = lines[0].split(" ")
            size = headers.get("content-length", "0")
            if len(words) != 3 or not size.isdecimal() or int(size) > LARGEST_BODY:
                return self.refuse(413 if size.isdecimal() and len(words) == 3 else 400, "no such request")
            if "transfer-encoding" in headers:
                return self.refuse(411, "send a Content-Length")
            whole = end + 4 + int(size)
            if len(self.buffer) < whole:
                if headers.get("expect", "").lower() == "100-continue" and len(self.buffer) == end + 4:
                    self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                return
            body = bytes(self.buffer[end + 4 : whole])
            del self.buffer[:whole]
            self.keep = headers.get("connection", "").lower() != "close" and words[2] != "HTTP/1.0"
            self.route(words[0], words[1].partition("?")[0].rstrip("/"), body)

    def route(self, method: str, path: str, body: bytes) -> None:
        """Answer one request."""
        match method, path:
            case "GET", "/v1/models":
                self.send(200, models_body(tuple(self.server.models)))
            case "POST", "/v1/chat/completions":
                self.chat(body)
            case _, "/v1/models" | "/v1/chat/completions":
                self.send(405, error_body(f"{method} is not for {path}", "method_not_allowed"))
            case _:
                self.send(404, error_body(f"there is no {path} here", "not_found"))

    def chat(self, body: bytes) -> None:
        """Answer a chat request, at once or when its latency is over."""
        server = self.server
        server.requests += 1
        try:
            asked = read_body(body)
        except Unreadable as error:
            return self.send(400, error_body(str(error), "invalid_request_error"))
        simulation = server.models.get(asked.model)
        if simulation is None:
            known = ", ".join(server.models)
            return self.send(
                404, error_body(f"no model `{asked.model}` here; there is {known}", "model_not_found")
            )
        digest = hashlib.sha256(body).digest()[:16]
        attempt = server.seen[digest]
        server.seen[digest] += 1
        fault = server.faults.pick(digest.hex(), attempt)
        entry = LogEntry(
            server.requests,
            digest.hex(),
            asked.model,
            0,
            "" if fault is None else fault.value,
            False,
            0,
            0,
            0.0,
        )
        if fault in AT_ONCE:
            return self.misbehave(fault, entry)
        self.answer(asked, simulation, entry, fault, attempt)

    def answer(
        self, asked: Asked, simulation: Simulation, entry: LogEntry, fault: ServerFault | None, attempt: int
    ) -> None:
        """Send a reply when it is due. Without a seed, the n-th of equal requests has seed n - 1."""
        arrival = self.loop.time()
        replies = [simulation.reply(asked.request(place, attempt)) for place in range(asked.n or 1)]
        seconds = max(reply.latency for reply in replies) * self.server.latency_scale
        used = Usage(replies[0].usage.prompt_tokens, sum(reply.usage.completion_tokens for reply in replies))
        body = answer_body(asked.model, replies, entry.request)
        if fault is ServerFault.EMPTY:
            body = json.dumps(emptied(json.loads(body)), ensure_ascii=False, separators=(",", ":")).encode()

        def due() -> None:
            self.timer = None
            if fault is None or fault is ServerFault.EMPTY:
                self.finish(entry, 200, complete=True, used=used, seconds=seconds)
                self.send(200, body)
            else:
                self.misbehave(fault, entry, body, used, seconds)
            self.advance()

        # A client that leaves before the reply is sent would have been charged for it.
        self.pending = logged(entry, fault=entry.fault or "gone", used=used, seconds=seconds)
        if fault is ServerFault.SILENT:
            return
        if seconds > 0:
            self.timer = self.loop.call_at(arrival + seconds, due)
        else:
            due()

    def misbehave(
        self,
        fault: ServerFault | None,
        entry: LogEntry,
        body: bytes = b"",
        used: Usage = NOTHING,
        seconds: float = 0.0,
    ) -> None:
        """Do what was planned."""
        wait = self.server.faults.retry_after
        match fault:
            case ServerFault.LIMITED:
                self.finish(entry, 429)
                self.send(429, error_body("slow down", "rate_limit_exceeded"))
            case ServerFault.LIMITED_SECONDS:
                self.finish(entry, 429)
                self.send(429, error_body("slow down", "rate_limit_exceeded"), f"Retry-After: {wait:g}\r\n")
            case ServerFault.OVERLOADED:
                self.finish(entry, 503)
                self.send(503, error_body("overloaded", "overloaded"), f"Retry-After: {wait:g}\r\n")
            case ServerFault.FAILED:
                self.finish(entry, 500, used=used, seconds=seconds)
                self.send(500, error_body("the model stopped", "server_error"))
            case ServerFault.NOT_JSON:
                self.finish(entry, 200, used=used, seconds=seconds)
                self.send(200, b"upstream says hello")
            case ServerFault.CUT:
                self.finish(entry, 200, used=used, seconds=seconds)
                self.send(200, body, cut=True)
            case _:
                self.finish(entry, 0, used=used, seconds=seconds)
                self.drop()

    def finish(
        self,
        entry: LogEntry,
        status: int,
        *,
        complete: bool = False,
        used: Usage = NOTHING,
        seconds: float = 0.0,
    ) -> None:
        """Log what became of a request."""
        self.pending = None
        self.server.log(
            logged(entry, status=status, fault=entry.fault, complete=complete, used=used, seconds=seconds)
        )

    def refuse(self, status: int, reason: str) -> None:
        """Answer what is no request, and close."""
        self.keep = False
        self.buffer.clear()
        self.send(status, error_body(reason, "invalid_request_error"))

    def send(self, status: int, body: bytes, headers: str = "", *, cut: bool = False) -> None:
        """An answer, of which the second half may be missing."""
        if self.transport is None:
            return
        head = (
            f"HTTP/1.1 {status} {REASONS[status]}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n{headers}\r\n"
        )
        self.transport.write(head.encode("latin-1") + (body[: len(body) // 2] if cut else body))
        if cut or not self.keep:
            self.transport.close()


def logged(
    entry: LogEntry,
    *,
    fault: str,
    used: Usage,
    seconds: float,
    status: int = 0,
    complete: bool = False,
) -> LogEntry:
    """An entry with what became of it."""
    return LogEntry(
        entry.n,
        entry.request,
        entry.model,
        status,
        fault,
        complete,
        used.prompt_tokens,
        used.completion_tokens,
        round(seconds, 6),
    )


def emptied(body: dict[str, object]) -> dict[str, object]:
    """The body of a reply with no text in it."""
    choices = cast("list[dict[str, object]]", body["choices"])
    empty: dict[str, object] = {"role": "assistant", "content": ""}
    return {**body, "choices": [{**one, "message": empty, "logprobs": None} for one in choices]}
