"""The server as a process of its own: prints its address, serves until its standard input ends."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from tgl.models import Capabilities, ChatReply, ChatRequest, share
from tgl.models.scripted import counted
from tgl.testing.faulty_server import FaultyServer, Manners, parse_mix

WORDS = ("12", "7", "40", "3", "56")


class Words:
    """A `ChatModel` that says one word, drawn by the seed; it remembers nothing of what it was asked."""

    fingerprint = "0" * 64
    capabilities = Capabilities()

    def __init__(self, latency: float) -> None:
        self.latency = latency

    async def complete(self, request: ChatRequest, *, timeout: float) -> ChatReply:
        """The reply to one request; always in time."""
        del timeout
        if self.latency > 0:
            await asyncio.sleep(self.latency)
        return counted(WORDS[int(share(request, "word") * len(WORDS))], request, self.latency)

    async def complete_many(self, request: ChatRequest, n: int, *, timeout: float) -> tuple[ChatReply, ...]:
        """The server asks for one at a time."""
        return tuple([await self.complete(request, timeout=timeout) for _ in range(n)])

    async def close(self) -> None:
        """Nothing is held."""


def main(argv: Sequence[str] | None = None) -> int:
    """Serve; 2 for arguments that make no sense."""
    parser = argparse.ArgumentParser(prog="python -m tgl.testing.faulty_server", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 is any that is free")
    parser.add_argument("--mix", default="", help="faults by chance: NAME=SHARE,NAME=SHARE")
    parser.add_argument("--seed", type=int, default=0, help="of the faults")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds until a reply")
    parser.add_argument("--max-n", type=int, default=128, help="choices that one request may ask for")
    parser.add_argument(
        "--retry-after",
        type=float,
        metavar="SECONDS",
        help="what Retry-After names (default: 2.5, or 30 as a date, for a 429, and 1 for a 503)",
    )
    parser.add_argument("--key", help="what requests have to show")
    parser.add_argument("--log", type=Path, help="file for the requests, one JSON line each, at the end")
    options = parser.parse_args(argv)
    try:
        mix = parse_mix(options.mix, options.seed)
    except ValueError as error:
        parser.error(str(error))

    server = FaultyServer(
        lambda: Words(options.latency),
        key=options.key,
        mix=mix,
        manners=Manners(max_n=options.max_n, retry_after=options.retry_after),
        keep_bodies=False,
    )
    asyncio.run(serve(server, options.port))
    if options.log is not None:
        options.log.write_text("".join(one.line() + "\n" for one in server.log), encoding="utf-8")
    return 0


async def serve(server: FaultyServer, port: int) -> None:
    """Serve until standard input ends."""
    work = asyncio.create_task(server.serve(port))
    await asyncio.to_thread(server.ready.wait)
    sys.stdout.write(server.base_url + "\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    server.stop.set()
    await work


if __name__ == "__main__":
    sys.exit(main())
