"""Servers that answer everybody with errors for minutes, and prompts that a server always fails on."""

import asyncio
import itertools
from collections import Counter

import pytest

from tgl.models import ErrorKind, ModelError
from tgl.runtime import BillCap, BillReached, CallPolicy, ModelRefused, RunStatus
from tgl.runtime.limits import MINUTE

TROUBLE = {
    "503": ModelError(ErrorKind.SERVER, "down", status=503),
    "502": ModelError(ErrorKind.SERVER, "down", status=502, unknown_usage=True),
    "429": ModelError(ErrorKind.RATE_LIMIT, "busy", status=429),
    "cut": ModelError(ErrorKind.BROKEN, "cut", unknown_usage=True),
    "lost": ModelError(ErrorKind.CONNECTION, "lost", unknown_usage=True),
    "gone": ModelError(ErrorKind.CONNECTION, "gone"),
}
ANSWERED = [name for name in TROUBLE if name != "gone"]
SMALLEST = "q3 xxx"


def bound(count):
    """Seconds within which so many prompts that always fail are given up: far below `CallPolicy.deadline`."""
    return 30.0 + 30.0 * count


class World:
    """Questions `q3 xxx`, each with its length; some always fail, and from `down` to `up` all do.

    Where it is `cached` all are answered that were before, to the letter. After `up` it is `busy`: it refuses
    each question so often first, but for the smallest.
    """

    def __init__(self, make, error="503", *, poison=(), down=0.0, up=0.0, busy=0, cached=False, **options):
        self.error, self.poison, self.down, self.up = TROUBLE[error], poison, down, up
        self.busy, self.late = busy, Counter()
        self.make, self.asked, self.answered, self.cache = make, [], [], set() if cached else None
        self.model = make.model(self.reply, latency=self.latency)
        self.executor = make.executor(self.model, **{"concurrency": 8} | options)
        self.ended = 0.0
        self.marks = []

    def latency(self, request):
        text = request.messages[-1].content
        self.asked.append((asyncio.get_running_loop().time(), text))
        return 0.3 + len(text) % 7 * 0.4

    def reply(self, request):
        text = request.messages[-1].content
        known = self.cache is not None and request in self.cache
        out = self.down < asyncio.get_running_loop().time() < self.up and not known
        if self.up and not out and text != SMALLEST:
            self.late[text] += asyncio.get_running_loop().time() >= self.up
            out = 0 < self.late[text] <= self.busy
        if out or int(text.split()[0][1:]) in self.poison:
            return self.error
        if self.cache is not None:
            self.cache.add(request)
        self.answered.append((asyncio.get_running_loop().time(), text))
        return f"{len(text)}"

    def jobs(self, first, end):
        names = [f"q{number} {'x' * (3 + (number + 4) % 7)}" for number in range(first, end)]
        return self.make.jobs(self.make.candidate(self.make.call("a")), *names)

    async def batches(self, *ends):
        """Batches of questions up to each end; their results."""
        results = []
        for first, end in itertools.pairwise((0, *ends)):
            self.marks.append(len(self.asked))
            results += await self.executor.run_all(self.jobs(first, end))
        self.ended = asyncio.get_running_loop().time()
        return results

    async def late_batch(self, first, last):
        """A batch that begins after the server went out."""
        await self.batches(first)
        await asyncio.sleep(self.down + 5.0 - asyncio.get_running_loop().time())
        return await self.executor.run_all(self.jobs(first, last))

    @property
    def kept(self):
        """What stays of a search, but for the latencies."""
        records = self.executor.store.records()
        return (
            sorted(record.model_copy(update={"latency": 0}).model_dump_json() for record in records),
            self.executor.ledger.spend,
        )


def seen(results):
    return [(result.status, result.answer, result.failure) for result in results]


def failed(results):
    return [number for number, result in enumerate(results) if result.status is not RunStatus.OK]


@pytest.mark.parametrize("error", ANSWERED)
@pytest.mark.parametrize("concurrency", [1, 2, 8, 64])
@pytest.mark.parametrize("poison", [(), (4, 38), (36, 37, 38, 39)])
@pytest.mark.parametrize("down", [4.0, 9.9])
def test_an_outage_of_minutes_leaves_nothing_behind(make, on_virtual_time, error, concurrency, poison, down):
    """All results, responses and the spend are those of a server that was never out, poison or not."""
    calm = World(make, error, poison=poison, concurrency=concurrency)
    expected = on_virtual_time(calm.batches(40, 80))
    world = World(make, error, poison=poison, down=down, up=down + 300.0, concurrency=concurrency)
    results = on_virtual_time(world.batches(40, 80))
    assert failed(results) == list(poison)
    assert seen(results) == seen(expected)
    assert world.kept == calm.kept
    assert world.ended - calm.ended < 330.0 + bound(len(poison))


@pytest.mark.parametrize("error", ANSWERED)
@pytest.mark.parametrize("concurrency", [1, 8])
@pytest.mark.parametrize("count", [1, 2, 3, 12])
def test_poison_at_the_end_is_given_up_at_once(make, on_virtual_time, error, concurrency, count):
    poison = tuple(range(30, 30 + count))
    world = World(make, error, poison=poison, concurrency=concurrency)
    calm = World(make, error, concurrency=concurrency)
    results = on_virtual_time(world.batches(30 + count))
    on_virtual_time(calm.batches(30 + count))
    assert failed(results) == list(poison)
    assert world.ended - calm.ended < bound(count)
    assert len(world.asked) <= 30 + count * (CallPolicy().attempts + 2)


@pytest.mark.parametrize(("answered", "up"), [(30, 0.0), (1, 0.0), (30, 95.0)])
def test_poison_alone_in_a_batch_is_given_up_too(make, on_virtual_time, answered, up):
    """What was answered in batches before tells of the server, too, also after it was out for a while."""
    world = World(make, poison=range(answered, answered + 9), down=5.0, up=up)
    results = on_virtual_time(world.batches(answered, answered + 9))
    assert failed(results) == list(range(answered, answered + 9))
    assert world.ended < answered + up + bound(9)
    assert len(world.asked) - world.marks[-1] <= 9 * (CallPolicy().attempts + 2)


@pytest.mark.parametrize("error", ["503", "gone"])
@pytest.mark.parametrize("last", [22, 23, 24, 28])
def test_a_server_that_is_back_but_busy_gives_all_attempts(make, on_virtual_time, error, last):
    """That a canary, or another call, is answered after an outage says nothing of the attempts before."""
    world = World(make, error, down=20.0, up=320.0, busy=2)
    assert failed(on_virtual_time(world.late_batch(20, last))) == []


def test_the_last_call_of_a_batch_is_waited_for(make, on_virtual_time):
    """Alone, it would be given up after two minutes: the canary tells that it is not to blame."""
    world = World(make, down=20.0, up=320.0)
    assert failed(on_virtual_time(world.late_batch(20, 21))) == []


def test_canaries_are_on_the_bill_alone(make, on_virtual_time):
    world = World(make, "502", poison=(30, 31, 32), down=60.0, up=360.0)
    on_virtual_time(world.batches(30, 33))
    executor = world.executor
    canaries = sum(text == SMALLEST for _, text in world.asked) - 1
    assert canaries >= 1
    assert {text for _, text in world.asked[30:]} == {SMALLEST, "q30 xxxxxxxxx", "q31 xxx", "q32 xxxx"}
    assert executor.ledger.billed_calls == executor.counts.requests == len(world.asked)
    assert executor.ledger.spent_calls == 30
    assert (executor.counts.issued, executor.counts.needed) == (33, 33)
    assert len(list(executor.store.records())) == 30


def test_a_server_that_is_not_reached_is_asked_no_canary(make, on_virtual_time):
    world = World(make, "gone", down=5.0, up=305.0)
    assert failed(on_virtual_time(world.batches(40))) == []
    assert sum(text == SMALLEST for _, text in world.asked) == 1


def test_no_canary_while_others_are_answered(make, on_virtual_time):
    world = World(make, poison=(5,))
    assert failed(on_virtual_time(world.batches(400))) == [5]
    assert len(world.asked) == 399 + CallPolicy().attempts


def test_a_server_that_is_out_is_probed_less_and_less(make, on_virtual_time):
    world = World(make, down=10.0, up=610.0)
    on_virtual_time(world.batches(20))
    on_virtual_time(world.batches(20, 400))
    canaries = [now for now, text in world.asked if text == SMALLEST][1:]
    gaps = [later - earlier for earlier, later in itertools.pairwise(canaries)]
    assert len(canaries) < 60
    assert max(gaps) > 10.0
    assert max(canaries) <= min(now for now, _ in world.answered if now > 610.0)


def test_a_cap_stops_and_decides_nothing(make, on_virtual_time):
    """A canary that does not fit under the cap is no reason to give a call up; nor is the cap ever passed."""
    ended = []
    for cap in range(31, 45):
        world = World(make, poison=(30,), cap=BillCap(calls=cap), concurrency=1)
        try:
            assert failed(on_virtual_time(world.batches(30, 31))) == [30]
            ended.append("given up")
            assert len(world.asked) <= cap
        except BillReached:
            assert not world.executor.failed
            assert len(world.asked) == cap
            ended.append("stopped")
    assert ended == sorted(ended, reverse=True), "what is given up with a cap, is given up with a larger one"
    assert ended.index("given up") == CallPolicy().attempts, "a cap of 36 has room for all attempts alone"


def test_canaries_keep_to_the_requests_of_a_minute(make, on_virtual_time):
    world = World(make, poison=(8, 9, 10), down=130.0, up=430.0, spec={"rpm": 6})
    assert failed(on_virtual_time(world.batches(8, 11))) == [8, 9, 10]
    times = [now for now, _ in world.asked]
    assert sum(text == SMALLEST for _, text in world.asked) > 1
    assert all(later - earlier >= MINUTE - 1e-6 for earlier, later in zip(times, times[6:], strict=False))


@pytest.mark.parametrize(("first", "last"), [(30, 31), (30, 33), (10, 40)])
def test_a_search_that_is_killed_and_resumed_in_an_outage_fails_no_example(
    make, on_virtual_time, first, last
):
    """The new process has met no reply, so it stops; stored replies tell that it may not give up."""
    world = World(make, down=40.0, up=100.0)

    async def killed():
        await world.executor.run_all(world.jobs(0, first))
        await asyncio.sleep(41.0 - asyncio.get_running_loop().time())
        work = asyncio.ensure_future(world.executor.run_all(world.jobs(0, last)))
        await asyncio.sleep(20.0)
        work.cancel()
        await asyncio.wait([work])

    on_virtual_time(killed())
    assert not world.executor.failed
    out = World(make, down=-1.0, up=1e9, store=world.executor.store)
    with pytest.raises(ModelRefused, match="down"):
        on_virtual_time(out.batches(last))
    assert not out.executor.failed
    assert out.asked[-1][0] < bound(1), "a server that was never met is not waited for"
    back = World(make, store=world.executor.store)
    assert failed(on_virtual_time(back.batches(last))) == []
    calm = World(make)
    on_virtual_time(calm.batches(last))
    assert back.kept == calm.kept


@pytest.mark.parametrize("error", TROUBLE)
def test_a_new_process_does_not_wait_for_a_server_that_it_never_met(make, on_virtual_time, error):
    """Stored replies tell nothing of an address."""
    before = World(make)
    on_virtual_time(before.batches(20))
    world = World(make, error, down=-1.0, up=1e9, store=before.executor.store)
    with pytest.raises(ModelRefused):
        on_virtual_time(world.batches(21))
    assert world.asked[-1][0] < bound(1)


def test_poison_alone_after_a_restart_is_given_up(make, on_virtual_time):
    """A stored reply names a canary where nothing was answered in this process."""
    before = World(make)
    on_virtual_time(before.batches(20))
    world = World(make, poison=(20, 21, 22, 23), store=before.executor.store)
    assert failed(on_virtual_time(world.batches(24))) == [20, 21, 22, 23]
    assert world.ended < bound(4)


def test_nobody_waits_for_a_canary_that_nobody_needs(make, on_virtual_time):
    """A vote is decided while another of its members is in doubt, and the canary hangs: the run ends."""
    sent = []

    def latency(request):
        sent.append(request)
        hangs = sum(request.messages[-1].content == "ask" for request in sent) > 1
        return 100.0 if hangs else 15.0 if request.decoding.temperature == 0.1 else 0.2

    def reply(request):
        return TROUBLE["503"] if request.decoding.temperature == 0.2 else "4"

    executor = make.executor(make.model(reply, latency=latency), quorum=True)
    calls = [make.call(name, temperature=warm) for name, warm in (("v", 0.0), ("w", 0.1), ("x", 0.2))]
    vote = make.candidate(*calls, make.fn("final", "std.reduce:majority", "v", "w", "x"))

    async def timed():
        await executor.run_all(make.jobs(make.candidate(make.call("a", temperature=0.0)), "ask"))
        results = await executor.run_all(make.jobs(vote, "a longer question"))
        return results, asyncio.get_running_loop().time()

    [result], seconds = on_virtual_time(timed())
    assert result.status is RunStatus.OK
    assert sum(request.messages[-1].content == "ask" for request in sent) == 2, "the canary was asked"
    assert seconds < 30.0
    assert executor.ledger.under_way == 0


def test_a_cache_in_front_of_a_server_that_is_out_deceives_nobody(make, on_virtual_time):
    world = World(make, down=5.0, up=305.0, cached=True)
    assert failed(on_virtual_time(world.batches(40, 80))) == []
    assert sum(text == SMALLEST for _, text in world.asked) > 1


def test_a_person_s_number_of_attempts_is_kept_to(make, on_virtual_time):
    world = World(make, poison=(20, 21), policy=CallPolicy(attempts=3, exact=True))
    assert failed(on_virtual_time(world.batches(20, 22))) == [20, 21]
    assert len(world.asked) == 20 + 2 * 3
