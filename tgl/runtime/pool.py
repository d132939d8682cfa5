"""A hard ceiling on the calls of one model: the only place that knows asyncio-pool.

Traps of asyncio-pool 0.6.0, and how this adapter stays out of them (each has a test):

* Cancelling the future that the pool hands out does not cancel the work: it runs on, unseen, and keeps
  its slot. So the future is only watched, and the work is cancelled through `AioPool.cancel`.
* `spawn_n` puts waiting work into a task of its own; cancelled before its first step, that task leaves
  an entry in the pool for ever. So work waits for its slot in the caller's own task (`spawn`).
* What `spawn` starts keeps its slot for ever, too, if it is cancelled before its first step.
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

    async def start(self, work: Callable[[], Coroutine[Any, Any, T]]) -> asyncio.Future[T]:
        """Run `work()` as soon as there is a slot for it; at once, without giving way, if there is one.

        The future only tells how it ended: to cancel it cancels nothing. Cancelled while it waits for a
        slot, the work never starts.
        """
        future = cast("asyncio.Future[T]", await self.pool.spawn(work()))
        if future.done() and isinstance(future.exception(), asyncio.CancelledError):
            # A waiting `spawn` swallows the cancellation and hands it on in the future.
            raise asyncio.CancelledError
        return future

    async def cancel(self, *futures: asyncio.Future[T]) -> None:
        """Cancel what runs; it has ended when this returns."""
        if futures:
            # Cancelled before its first step, work would keep its slot for ever.
            await asyncio.sleep(0)
            await self.pool.cancel(*futures)
