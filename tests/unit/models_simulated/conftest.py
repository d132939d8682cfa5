"""A simulated model that knows sums, and a server of such in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tgl.models.simulated import (
    Chosen,
    Fields,
    Profile,
    Simulation,
    bank_of,
)
from tgl.models.simulated.faults import FaultPlan
from tgl.models.simulated.server import LogEntry, SimulatedServer

ROWS = [{"question": f"What is {n} + {n}?", "answer": str(2 * n), "kind": "sums"} for n in range(10, 60)]
# Long replies take long, so that deadlines and cancellation are seen; short ones take next to nothing.
TALKER = Profile.model_validate(
    {"tokens": {"text": 800, "sigma": 0.1}, "latency": {"base": 0.0, "per_token": 0.001, "sigma": 0.0}}
)


def simulation(name: str = "talker", profile: Profile = TALKER) -> Simulation:
    return Simulation(Chosen(name=name, profile=profile), bank_of(ROWS, Fields()))


@contextmanager
def serving(
    models: dict[str, Simulation], *, scale: float = 0.0, faults: FaultPlan | None = None
) -> Iterator[tuple[str, list[LogEntry]]]:
    """A server in a thread of its own: its address, and what it logged."""
    entries: list[LogEntry] = []
    server = SimulatedServer(models, scale, faults or FaultPlan(), entries.append)
    ready, address = threading.Event(), ""
    stop = asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        nonlocal address
        address = await server.start()
        ready.set()
        await stop.wait()
        await server.close()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield address, entries
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()
