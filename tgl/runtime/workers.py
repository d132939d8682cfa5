"""Requests to one model: workers in its pool, each of which makes one request after another.

A task for each request would cost more than all else that is done for it. A worker waits for the next one
instead; the pool counts workers, so it stays the hard ceiling on what is under way.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine

from tgl.models import ChatModel, ChatRequest, ModelError
from tgl.runtime.arrivals import Arrival, Crashed, Replied
from tgl.runtime.calls import asked, timed_out
from tgl.runtime.pool import CallPool
from tgl.runtime.traffic import Broke, CutOff, Send

GRACE = 5.0
"""Seconds beyond its timeout after which a back-end that forgot about it is cut off."""


class Worker:
    """Makes requests, one at a time. `send` is the one under way, None while there is none.

    `leaving` ones take no other; a `late` one is cut off for its deadline.
    """

    __slots__ = ("bell", "future", "late", "leaving", "request", "send")

    def __init__(self) -> None:
        self.send: Send | None = None
        self.request: ChatRequest | None = None
        self.future: asyncio.Future[None] | None = None
        self.bell: asyncio.Future[None] | None = None
        self.leaving = False
        self.late = False


class Line:
    """The requests to one model. Make it inside a running loop; `close` it."""

    def __init__(
        self,
        model: ChatModel,
        ceiling: int,
        timeout: float,
        *,
        post: Callable[[Arrival], None],
        chore: Callable[[Coroutine[None, None, None]], None],
    ) -> None:
        """Hold what does not change.

        Args:
            model: whom to ask.
            ceiling: most requests at a time, >= 1.
            timeout: seconds for one request.
            post: told how each request ends.
            chore: has something done beside.
        """
        self.model = model
        self.timeout = timeout
        self.post = post
        self.chore = chore
        self.loop = asyncio.get_running_loop()
        self.pool: CallPool[None] = CallPool(ceiling)
        self.workers: dict[int, Worker] = {}
        self.idle: list[Worker] = []
        self.deadlines: deque[tuple[float, int]] = deque[tuple[float, int]]()
        self.timer: asyncio.TimerHandle | None = None

    async def start(self, send: Send, request: ChatRequest) -> None:
        """Make a request. Whoever asks for it has seen to it that there is a slot."""
        worker = self.idle.pop() if self.idle else Worker()
        worker.send, worker.request = send, request
        self.workers[send.number] = worker
        self.watch(send.number)
        if worker.bell is not None:
            worker.bell.set_result(None)
        else:
            worker.future = await self.pool.start(lambda: self.work(worker))

    async def work(self, worker: Worker) -> None:
        """The life of a worker. It raises nothing: nobody awaits it."""
        try:
            while worker.send is not None and worker.request is not None:
                self.post(await self.arrival(worker.send, worker.request))
                self.ended(worker)
                if worker.leaving:
                    return
                worker.bell = self.loop.create_future()
                self.idle.append(worker)
                await worker.bell
        except asyncio.CancelledError:
            if worker.send is not None:
                number = worker.send.number
                late = Broke(number, timed_out(self.timeout))
                self.post(late if worker.late else CutOff(number))
                self.ended(worker)

    async def arrival(self, send: Send, request: ChatRequest) -> Arrival:
        """How one request ended, unless it was cancelled."""
        try:
            replies = await asked(self.model, request, len(send.calls), self.timeout)
        except ModelError as error:
            return Broke(send.number, error)
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            self.post(CutOff(send.number))
            return Crashed(error)
        return Replied(send.number, send.calls, replies)

    def ended(self, worker: Worker) -> None:
        """A request is no longer under way."""
        if worker.send is not None:
            del self.workers[worker.send.number]
        worker.send = worker.request = None

    def cut(self, number: int, *, late: bool = False) -> None:
        """Cut a request off, if it is one of these and has not ended."""
        worker = self.workers.get(number)
        if worker is not None and worker.future is not None:
            worker.leaving, worker.late = True, late
            self.chore(self.pool.cancel(worker.future))

    async def close(self) -> int:
        """Cut off all that is under way; how much it was."""
        if self.timer is not None:
            self.timer.cancel()
        waiting = [*self.workers.values()]
        workers = [*waiting, *self.idle]
        for worker in workers:
            worker.leaving = True
        await self.pool.cancel(*[worker.future for worker in workers if worker.future is not None])
        return len(waiting)

    # Deadlines. All requests have the same time, so they come in the order of their starts.

    def watch(self, number: int) -> None:
        """Note when a request is late."""
        deadlines = self.deadlines
        while deadlines and deadlines[0][1] not in self.workers:
            deadlines.popleft()
        deadlines.append((self.loop.time() + self.timeout + GRACE, number))
        if self.timer is None:
            self.timer = self.loop.call_at(deadlines[0][0], self.look)

    def look(self) -> None:
        """Cut off what is late."""
        self.timer = None
        now = self.loop.time()
        while self.deadlines and (self.deadlines[0][0] <= now or self.deadlines[0][1] not in self.workers):
            _, number = self.deadlines.popleft()
            self.cut(number, late=True)
        if self.deadlines:
            self.timer = self.loop.call_at(self.deadlines[0][0], self.look)
