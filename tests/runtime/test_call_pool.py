"""The adapter over asyncio-pool, and the traps that it stays out of."""

import asyncio

import pytest

from tgl.runtime import CallPool


def test_never_more_than_its_size_and_in_order_of_arrival(on_virtual_time):
    started: list[int] = []

    async def main() -> tuple[list[int], float]:
        pool: CallPool[int] = CallPool(3)
        peak: list[int] = []

        async def work(name: int) -> int:
            started.append(name)
            peak.append(pool.active)
            await asyncio.sleep(1 + name / 100)
            return name * name

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(pool.start(lambda name=name: work(name))) for name in range(10)]
        futures = [task.result() for task in tasks]
        await asyncio.wait(futures)
        assert max(peak) == 3
        assert pool.active == 0
        return [future.result() for future in futures], asyncio.get_running_loop().time()

    results, elapsed = on_virtual_time(main())
    assert results == [name * name for name in range(10)]
    assert started == list(range(10))
    assert elapsed == pytest.approx(4.18, abs=0.1)


def test_an_error_comes_out_and_frees_its_slot(on_virtual_time):
    async def main() -> str:
        pool: CallPool[str] = CallPool(1)

        async def broken() -> str:
            raise LookupError("no")

        async def whole() -> str:
            return "yes"

        with pytest.raises(LookupError, match="no"):
            await (await pool.start(broken))
        return await (await pool.start(whole))

    assert on_virtual_time(main()) == "yes"


@pytest.mark.parametrize("steps", range(6))
def test_cancelling_goes_through_at_any_moment(on_virtual_time, steps):
    """The running call, and one that waits for its slot, both end; no slot is lost, nothing runs on."""
    seen: list[str] = []

    async def main() -> None:
        pool: CallPool[None] = CallPool(1)

        async def work(name: str) -> None:
            seen.append(f"{name} begins")
            try:
                await asyncio.sleep(60)
            finally:
                seen.append(f"{name} ends")

        running = await pool.start(lambda: work("a"))
        waiting = asyncio.ensure_future(pool.start(lambda: work("b")))
        for _ in range(steps):
            await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
        assert waiting.cancelled()
        await pool.cancel(running)
        assert pool.active == 0
        assert seen == ["a begins", "a ends"]
        await asyncio.sleep(200)
        assert len(seen) == 2
        async with asyncio.timeout(100):
            await (await pool.start(lambda: work("c")))
        assert seen[-1] == "c ends"

    on_virtual_time(main())


def test_work_that_is_cancelled_as_soon_as_it_is_started_frees_its_slot(on_virtual_time):
    async def main() -> int:
        pool: CallPool[None] = CallPool(2)
        futures = [await pool.start(lambda: asyncio.sleep(60)) for _ in range(2)]
        await pool.cancel(*futures)
        assert all(future.done() for future in futures)
        return pool.active

    assert on_virtual_time(main()) == 0


def test_cancelled_work_may_clean_up_before_the_cancellation_returns(on_virtual_time):
    async def main() -> float:
        pool: CallPool[None] = CallPool(1)

        async def work() -> None:
            try:
                await asyncio.sleep(60)
            finally:
                await asyncio.sleep(3)

        future = await pool.start(work)
        await asyncio.sleep(1)
        await pool.cancel(future)
        assert future.done()
        return asyncio.get_running_loop().time()

    assert on_virtual_time(main()) == pytest.approx(4.0)


def test_a_pool_of_none_is_refused():
    with pytest.raises(ValueError, match="runs nothing"):
        CallPool(0)
