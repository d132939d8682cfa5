"""A hard ceiling on the calls of one model: the only place that knows asyncio-pool.

Traps of asyncio-pool 0.6.0, and how this adapter stays out of them (each has a test):

* Cancelling the future that the pool hands out does not cancel the work: it runs on, unseen, and keeps
  its slot. So the future is only watched, and the work is cancelled through `AioPool.cancel`.
* `spawn_n` puts waiting work into a task of its own; cancelled before its first step, that task leaves
  an entry in the pool for ever. So work waits for its slot in the caller's own task (`spawn`).
* A pool is false while it is empty (`__len__`), and it belongs to the event loop that was running when
  it was made.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar, cast

from asyncio_pool import AioPool

T = TypeVar("T")


class CallPool(Generic[T]):
    """Runs at most `size` coroutines at a time, in order of arrival. Make it inside a running loop."""

    def __init__(self, size: int) -> None:
        """Raise ValueError if `size` < 1: nothing would ever run."""
        if size < 1:
            raise ValueError(f"a pool of {size} runs nothing")
        self.pool: Any = AioPool(size=size)

    @property
    def active(self) -> int:
        """How many coroutines run now."""
        return int(self.pool.n_active)

    async def run(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The result of `work()`, once there is a slot for it.

        Cancellation goes through: work that waits never starts, and work that runs is cancelled and has
        ended when this returns.
        """
        # A waiting `spawn` swallows the cancellation and hands it on in the future.
        future = cast("asyncio.Future[T]", await self.pool.spawn(work()))
        try:
            await asyncio.wait([future])
        except asyncio.CancelledError:
            await self.pool.cancel(future)
            raise
        return future.result()
