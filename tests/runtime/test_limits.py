"""What a server bears and allows: the limits, alone and seen from a server on virtual time."""

import asyncio

import pytest

from tgl.models import Capabilities, ErrorKind, ModelError
from tgl.runtime import CallPolicy, Issued, RunStatus
from tgl.runtime.limits import MINUTE, AdaptiveLimit, MinuteBucket

PATIENT = CallPolicy(attempts=50, deadline=1e6, base=0.5, cap=8.0)


def test_a_limit_shrinks_once_in_a_round_trip_and_grows_by_one_for_each_limit_full():
    limit = AdaptiveLimit(64)
    for number in range(11, 65):
        limit.refused(number, 64, active=64)
    assert limit.slots == int(64 * 0.7)
    limit.refused(65, 65, active=10)
    assert limit.slots == 7
    for _ in range(7):
        limit.succeeded(1, active=7)
    assert limit.value == pytest.approx(8.0, abs=0.1)
    before = limit.value
    limit.succeeded(1, active=3)
    assert limit.value == before


def test_a_limit_stays_between_one_and_its_ceiling():
    limit = AdaptiveLimit(2)
    for number in range(1, 20):
        limit.refused(number, number, active=1)
    assert limit.slots == 1
    for _ in range(20):
        limit.succeeded(1, active=2)
    assert limit.value == 2.0


def test_a_bucket_holds_in_every_minute_and_believes_what_things_came_to():
    bucket = MinuteBucket(100)
    first = bucket.add(0.0, 60)
    assert bucket.free_at(1.0, 40) == 1.0
    assert bucket.free_at(1.0, 41) == MINUTE
    bucket.correct(first, 10)
    assert bucket.free_at(1.0, 90) == 1.0
    bucket.add(30.0, 90)
    assert bucket.free_at(31.0, 10) == MINUTE
    assert bucket.free_at(31.0, 11) == 30.0 + MINUTE
    assert bucket.free_at(31.0, 500) == 30.0 + MINUTE
    assert bucket.free_at(91.0, 500) == 91.0
    bucket.correct(first, 5)
    assert bucket.free_at(91.0, 100) == 91.0


class Crowded:
    """Refuses what is above its capacity, at once or when asked; otherwise takes a second."""

    def __init__(self, base, capacity, **details):
        self.base, self.capacity, self.details = base, capacity, details
        self.running, self.peaks, self.refusals, self.sent = 0, [], 0, []
        self.fingerprint = base.fingerprint
        self.capabilities = Capabilities()

    async def complete(self, request, *, timeout):
        now = asyncio.get_running_loop().time()
        self.sent.append(now)
        if self.running >= self.capacity:
            self.refusals += 1
            await asyncio.sleep(0.05)
            raise ModelError(ErrorKind.RATE_LIMIT, "too many", **self.details)
        self.running += 1
        self.peaks.append((now, self.running))
        try:
            await asyncio.sleep(1.0)
            return await self.base.complete(request, timeout=timeout)
        finally:
            self.running -= 1

    async def close(self):
        pass


def test_concurrency_finds_what_the_server_bears(make, on_virtual_time):
    """64 are declared and 10 are borne: throughput comes near 10 a second, refusals stay rare."""
    server = Crowded(make.model(), 10)
    executor = make.executor(server, concurrency=64, policy=PATIENT)
    jobs = make.jobs(make.candidate(make.call("a")), *map(str, range(1500)))
    values = []

    async def main():
        task = asyncio.ensure_future(executor.run_all(jobs))
        while not task.done():
            await asyncio.sleep(1.0)
            values.append(executor.gates["smol"].limit.value)
        return await task, asyncio.get_running_loop().time()

    results, elapsed = on_virtual_time(main())
    assert {result.status for result in results} == {RunStatus.OK}
    assert 150 <= elapsed <= 150 * 1.25
    settled = values[15:-5]
    assert 6.5 <= min(settled) <= max(settled) <= 12.5
    assert max(settled) > 10 > min(settled)
    assert server.refusals < 200


def test_a_server_that_refuses_everything_is_left_alone_until_the_time_it_names(make, on_virtual_time):
    server = Crowded(make.model(), 0, retry_after=20.0)
    executor = make.executor(server, concurrency=4, policy=PATIENT)

    async def main():
        asyncio.get_running_loop().call_later(50.0, setattr, server, "capacity", 4)
        jobs = make.jobs(make.candidate(make.call("a")), *map(str, range(100)))
        return await executor.run_all(jobs)

    results = on_virtual_time(main())
    assert {result.status for result in results} == {RunStatus.OK}
    early = [at for at in server.sent if at < 50.0]
    assert early[:4] == [0.0] * 4
    assert len(early) <= 4 + 3 + 3, "after a few requests"
    assert not [at for at in early if 0.1 < at < 20.0 or 20.2 < at < 40.0]


@pytest.mark.parametrize("width", [1, 4])
def test_a_stray_refusal_holds_its_own_call_back_and_no_other(make, on_virtual_time, width):
    asked = []

    def reply(request):
        asked.append((asyncio.get_running_loop().time(), request.messages[-1].content))
        first = [text for _, text in asked].count("3") == 1
        if asked[-1][1] == "3" and first:
            return ModelError(ErrorKind.RATE_LIMIT, "not now", retry_after=20.0)
        return "4"

    executor = make.executor(make.model(reply, latency=1.0), concurrency=width, policy=PATIENT)
    on_virtual_time(executor.run_all(make.jobs(make.candidate(make.call("a")), *map(str, range(12)))))
    refused, again = [at for at, text in asked if text == "3"]
    assert again >= refused + 20.0
    assert max(at for at, text in asked if text != "3") <= 14.0


def test_a_timeout_shrinks_the_limit_and_a_broken_reply_does_not(make, on_virtual_time):
    slots = {}
    for kind in ("timeout", "broken"):
        left = [ModelError(ErrorKind(kind), "no", unknown_usage=True)]
        model = make.model(lambda request, left=left: left.pop() if left else "4", latency=1.0)
        executor = make.executor(model, concurrency=16, policy=PATIENT)
        on_virtual_time(executor.run_all(make.jobs(make.vote(16), "q")))
        slots[kind] = executor.gates["smol"].limit.slots
    assert slots["timeout"] < slots["broken"] == 16


def test_a_call_that_backs_off_holds_no_slot(make, on_virtual_time):
    """One slot: while the first call waits 8 seconds or more, the others go through."""
    policy = CallPolicy(attempts=3, base=16.0, cap=16.0)
    refused = []

    def reply(request):
        if request.messages[-1].content == "0" and not refused:
            refused.append(request)
            return ModelError(ErrorKind.SERVER, "no")
        return "4"

    model = make.model(reply, latency=1.0)
    executor = make.executor(model, concurrency=1, policy=policy)

    async def main():
        await executor.run_all(make.jobs(make.candidate(make.call("a")), *map(str, range(6))))
        return asyncio.get_running_loop().time()

    elapsed = on_virtual_time(main())
    asked = [request.messages[-1].content for request in model.requests]
    assert asked == ["0", "1", "2", "3", "4", "5", "0"]
    assert elapsed < 1 + 16 + 1.01


def test_a_server_that_only_fails_is_not_stormed(make, on_virtual_time):
    """An outage of 30 s with 500 questions waiting: few calls meet it, and no example fails."""

    def reply(request):
        down = 10.0 < asyncio.get_running_loop().time() < 40.0
        return ModelError(ErrorKind.SERVER, "down") if down else "4"

    model = make.model(reply, latency=0.1)
    executor = make.executor(model, concurrency=4, policy=CallPolicy(attempts=12, cap=8.0))
    jobs = make.jobs(make.candidate(make.call("a")), *map(str, range(500)))
    results = on_virtual_time(executor.run_all(jobs))
    assert {result.status for result in results} == {RunStatus.OK}
    assert executor.counts.retries < 100


def test_failures_among_replies_pause_nobody(make, on_virtual_time):
    """Every eighth request fails; the others take no notice."""
    served = []

    def reply(request):
        served.append(request)
        return ModelError(ErrorKind.SERVER, "no") if len(served) % 8 == 0 else "4"

    executor = make.executor(make.model(reply, latency=1.0), concurrency=4, policy=PATIENT)

    async def main():
        await executor.run_all(make.jobs(make.candidate(make.call("a")), *map(str, range(400))))
        return asyncio.get_running_loop().time()

    assert on_virtual_time(main()) <= 1.05 * len(served) / 4


@pytest.mark.parametrize(("declared", "elapsed"), [({"rpm": 10}, 121.0), ({"tpm": 600}, 121.0), ({}, 5.0)])
def test_requests_and_tokens_of_a_minute_are_the_searchs(make, on_virtual_time, declared, elapsed):
    """30 calls in two batches; each takes at most 60 tokens by its worst case, and 20 really."""
    model = make.model(lambda request: "a b c d e f g h i j k l m n o p q r s t")
    executor = make.executor(model, concurrency=30, spec=declared)
    sent = []
    executor.notify = lambda event: (
        sent.append(asyncio.get_running_loop().time()) if isinstance(event, Issued) else None
    )
    node = make.call("a", max_tokens=43)

    async def main():
        for part in (range(15), range(15, 30)):
            await executor.run_all(make.jobs(make.candidate(node), *map(str, part)))
        return asyncio.get_running_loop().time()

    took = on_virtual_time(main())
    assert took <= elapsed
    limit = declared.get("rpm", 30)
    assert all(sum(at <= other < at + MINUTE for other in sent) <= limit for at in sent)
    if declared:
        assert took >= 60.0
