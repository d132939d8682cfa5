"""CPU that one call costs through our client over HTTP, beside the openai package's typed call over nothing.

    python benchmarks/client_cpu.py [--quick]

The server is another process. Both sides run in turns in this one, so that a busy machine slows both.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import httpx2
from openai import AsyncOpenAI

from tgl.models import Capabilities, ChatMessage, ChatRequest, Decoding, OpenAICompatible, Role

CONCURRENCY = 32
MESSAGES = (
    ChatMessage(Role.SYSTEM, "You answer with a number and nothing else."),
    ChatMessage(Role.USER, "What is seven times eight? " * 8),
)
DECODING = Decoding(temperature=0.7, max_tokens=64)


@contextmanager
def server() -> Iterator[str]:
    """The address of a server in another process."""
    command = [sys.executable, "-m", "tgl.testing.faulty_server"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()
            process.wait(30)


async def cpu_of(call: Callable[[int], Awaitable[object]], calls: int) -> float:
    """CPU seconds of this process for each call, `CONCURRENCY` at a time."""
    left = iter(range(calls))

    async def worker() -> None:
        for seed in left:
            await call(seed)

    gc.collect()
    start = time.process_time()
    async with asyncio.TaskGroup() as group:
        for _ in range(CONCURRENCY):
            group.create_task(worker())
    return (time.process_time() - start) / calls


async def measured(url: str, calls: int, rounds: int) -> tuple[list[float], list[float]]:
    """CPU seconds a call, round by round: ours over HTTP, the typed call over a null transport."""
    ours = OpenAICompatible("m", "", url, "sk-none", Capabilities(max_concurrency=CONCURRENCY))
    request = ChatRequest(MESSAGES, DECODING, 0)
    body = json.dumps((await ours.wire.post("/chat/completions", ours.body(request), 30.0))[0]).encode()
    body = json.loads(body).encode()

    def answer(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, content=body, headers={"content-type": "application/json"})

    typed = AsyncOpenAI(
        api_key="sk-none",
        base_url=url,
        max_retries=0,
        http_client=httpx2.AsyncClient(transport=httpx2.MockTransport(answer)),
    )
    messages = [{"role": one.role.value, "content": one.content} for one in MESSAGES]

    async def call_ours(seed: int) -> object:
        return await ours.complete(ChatRequest(MESSAGES, DECODING, seed), timeout=30.0)

    async def call_typed(seed: int) -> object:
        return await typed.chat.completions.create(
            model="m", messages=messages, temperature=0.7, max_tokens=64, seed=seed
        )

    found: tuple[list[float], list[float]] = [], []
    for call in (call_ours, call_typed):
        await cpu_of(call, calls // 4)
    for _ in range(rounds):
        for call, kept in zip((call_ours, call_typed), found, strict=True):
            kept.append(await cpu_of(call, calls))
    await ours.close()
    await typed.close()
    return found


def client_cpu_ratio(quick: bool) -> dict[str, float]:
    """`client_cpu_ratio`: CPU a call of our client over HTTP ÷ of the typed call over a null transport.

    Returns:
        The ratio (median of the rounds' ratios), and both sides in milliseconds of CPU a call.
    """
    calls, rounds = (400, 3) if quick else (2000, 5)
    with server() as url:
        ours, typed = asyncio.run(measured(url, calls, rounds))
    return {
        "client_cpu_ratio": statistics.median(a / b for a, b in zip(ours, typed, strict=True)),
        "client_cpu_ms": 1e3 * statistics.median(ours),
        "typed_null_cpu_ms": 1e3 * statistics.median(typed),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer calls")
    print(json.dumps(client_cpu_ratio(parser.parse_args().quick)))
