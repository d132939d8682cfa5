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
            tasks = [group.create_task(pool.run(lambda name=name: work(name))) for name in range(10)]
        assert max(peak) == 3
        assert pool.active == 0
        return [task.result() for task in tasks], asyncio.get_running_loop().time()

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
            await pool.run(broken)
        return await pool.run(whole)

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

        tasks = [asyncio.ensure_future(pool.run(lambda name=name: work(name))) for name in "ab"]
        for _ in range(steps):
            await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        assert all(task.cancelled() for task in tasks)
        assert pool.active == 0
        assert seen.count("a begins") == seen.count("a ends")
        assert seen.count("b begins") == seen.count("b ends")
        before = len(seen)
        await asyncio.sleep(200)
        assert len(seen) == before
        async with asyncio.timeout(100):
            await pool.run(lambda: work("c"))
        assert seen[-1] == "c ends"

    on_virtual_time(main())


def test_cancelled_work_may_clean_up_before_the_cancellation_returns(on_virtual_time):
    async def main() -> float:
        pool: CallPool[None] = CallPool(1)

        async def work() -> None:
            try:
                await asyncio.sleep(60)
            finally:
                await asyncio.sleep(3)

        task = asyncio.ensure_future(pool.run(work))
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        return asyncio.get_running_loop().time()

    assert on_virtual_time(main()) == pytest.approx(4.0)


def test_a_pool_of_none_is_refused():
    with pytest.raises(ValueError, match="runs nothing"):
        CallPool(0)
