"""Batches on virtual time: grouped draws, hedges, dropped jobs, order of issue, counts, and the kept bill."""

import asyncio
import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tgl.models import Capabilities, ErrorKind, ModelError, share
from tgl.runtime import (
    BillCap,
    BillReached,
    CallPolicy,
    Counts,
    Job,
    ModelRefused,
    RunStatus,
)
from tgl.storage import MemoryStore

PATIENT = CallPolicy(attempts=60, deadline=1e6, base=0.2, cap=2.0)
QUESTIONS = tuple(f"question {number}" for number in range(10))


def some_number(request):
    """1, 2, 3 or nothing that can be read, as the request decides."""
    return ("it is 1", "it is 2", "it is 3", "?")[int(share(request) * 4)]


class Several:
    """A server of several replies a request: notes how many each asked for, takes as long as a seed says."""

    def __init__(self, base, max_n, seed=0, trouble=0.0, refuses=None):
        self.base, self.seed, self.trouble, self.refuses = base, seed, trouble, refuses
        self.fingerprint = base.fingerprint
        self.capabilities = Capabilities(max_n=max_n)
        self.sizes, self.identities, self.count = [], [], 0

    async def complete(self, request, *, timeout):
        return (await self.serve(request, 1, timeout))[0]

    async def complete_many(self, request, n, *, timeout):
        assert n > 1
        return await self.serve(request, n, timeout)

    async def serve(self, request, n, timeout):
        self.count += 1
        self.sizes.append(n)
        await asyncio.sleep(share(request, "latency", str(self.seed), str(self.count)) * 3)
        if n > 1 and self.refuses:
            raise ModelError(self.refuses, "one at a time")
        if share(request, "trouble", str(self.seed), str(self.count)) < self.trouble:
            raise ModelError(ErrorKind.RATE_LIMIT, "too fast")
        return await self.base.complete_many(request, n, timeout=timeout)

    async def close(self):
        pass


def programs(make):
    names = ("w0", "w1", "w2")
    return [
        make.vote(5, retry=1),
        make.candidate(
            *(make.call(name, draw=draw, retry=1) for draw, name in enumerate(names)),
            make.call("fuse", *names, draw=3),
            make.fn("final", "std.reduce:majority", *names, "fuse"),
        ),
        make.candidate(make.call("a"), make.call("b", "a", retry=2), make.call("c", "b", draw=1)),
    ]


def two_wrong(group, results):
    """A group is out after its second result that is not 1."""
    return sum(result.answer is None or result.answer.text != "1" for result in results) >= 2


def alone(make, on_virtual_time, jobs):
    """The result of each job, each run by itself; a job after its group is out is dropped."""
    model = make.model(some_number)
    results, seen = [], {}
    for job in jobs:
        before = seen.setdefault(job.group, [])
        if job.group and two_wrong(job.group, before):
            results.append(None)
            continue
        (result,) = on_virtual_time(make.executor(model, policy=PATIENT).run_all([job]))
        before.append(result)
        results.append(result)
    return results


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    concurrency=st.sampled_from([1, 4, 64]),
    max_n=st.sampled_from([1, 4]),
    seed=st.integers(0, 1000),
    trouble=st.sampled_from([0.0, 0.2]),
    hedge=st.sampled_from([None, 0.5]),
    dropping=st.booleans(),
    stored=st.floats(0, 1),
)
def test_a_batch_gives_what_its_jobs_give_alone(
    make, on_virtual_time, concurrency, max_n, seed, trouble, hedge, dropping, stored
):
    """With the same draws, whatever is shared, grouped, doubled, dropped, refused or stored before."""
    jobs = [
        Job(program, {"question": question}, group=f"g{place}" if dropping else "")
        for place, program in enumerate(programs(make))
        for question in QUESTIONS
    ]
    expected = alone(make, on_virtual_time, jobs)
    whole = MemoryStore()
    on_virtual_time(make.executor(make.model(some_number), whole, policy=PATIENT).run_all(jobs))
    part = [record for record in whole.records() if int(record.identity[-4:], 16) < stored * 16**4]
    model = Several(make.model(some_number), max_n, seed, trouble)
    executor = make.executor(model, MemoryStore(part), concurrency=concurrency, policy=PATIENT, hedge=hedge)
    drop = two_wrong if dropping else None
    results = on_virtual_time(executor.run_all(jobs, drop=drop))
    for result, one in zip(results, expected, strict=True):
        if one is None:
            assert (result.status, result.calls) == (RunStatus.DROPPED, ())
        else:
            assert result == one
    needed = {use.identity for one in expected if one is not None for use in one.calls}
    assert set(executor.ledger.spend) == needed
    assert max(model.sizes, default=1) <= max_n
    kept = {record.identity: record for record in executor.store.records()}
    assert [kept[record.identity] for record in part] == part
    counts = executor.counts
    assert counts.requests == executor.ledger.billed_calls == len(model.sizes)
    if not dropping:
        assert counts.needed == sum(len(result.calls) for result in results)
        assert counts.needed - counts.shared == len(needed) == counts.stored + counts.issued


# Groups of draws.


def test_draws_of_one_request_go_out_together_and_spend_as_if_they_did_not(make, on_virtual_time):
    runs = {}
    for max_n in (1, 4):
        model = Several(make.model(some_number), max_n)
        executor = make.executor(model, concurrency=64)
        results = on_virtual_time(executor.run_all(make.jobs(make.vote(6), *QUESTIONS[:3])))
        records = [record.model_copy(update={"latency": 0}) for record in executor.store.records()]
        runs[max_n] = (results, executor.ledger.spend, records)
        line = executor.ledger.bill["smol"]
        if max_n == 1:
            plain = line
        else:
            assert sorted(model.sizes) == [2, 2, 2, 4, 4, 4]
            assert line.attempts == 6
            assert line.prompt_tokens * 3 == plain.prompt_tokens
            assert line.completion_tokens == plain.completion_tokens
    assert runs[1] == runs[4]


def test_a_group_needs_a_slot_for_each_of_its_calls(make, on_virtual_time):
    model = Several(make.model(some_number), 8)
    on_virtual_time(make.executor(model, concurrency=3).run_all(make.jobs(make.vote(7), "q")))
    assert max(model.sizes) == 3


@pytest.mark.parametrize(("kind", "again"), [(ErrorKind.BAD_REQUEST, 0), (ErrorKind.SERVER, 1)])
def test_a_server_that_refuses_several_replies_is_asked_for_one_at_a_time(make, on_virtual_time, kind, again):
    """A bad request ends it for good; a breakdown only for the calls that met it."""
    model = Several(make.model(some_number), 8, refuses=kind)
    executor = make.executor(model, concurrency=8, policy=CallPolicy(attempts=2))

    async def main():
        return [await executor.run_all(make.jobs(make.vote(8), question)) for question in "pq"]

    statuses = [result.status for (result,) in on_virtual_time(main())]
    assert statuses == [RunStatus.OK] * 2
    assert sorted(model.sizes) == [1] * 16 + [8] * (1 + again)


def test_the_salt_and_another_prompt_stand_between_groups(make, on_virtual_time):
    model = Several(make.model(some_number), 8)
    jobs = [*make.jobs(make.vote(2), "q"), *make.jobs(make.vote(2), "q", salt="final")]
    on_virtual_time(make.executor(model, concurrency=8).run_all(jobs))
    assert model.sizes == [2, 2]


# Hedges.


def slow_once(slow):
    """One second a request, but the first request for `slow` takes 100."""
    seen = []

    def latency(request):
        seen.append(request.messages[-1].content)
        return 100.0 if seen.count(slow) == 1 and seen[-1] == slow else 1.0

    return latency


@pytest.mark.parametrize(("hedge", "elapsed"), [(None, 103.0), (0.9, 6.0)])
def test_a_hedge_doubles_what_is_slow_and_the_loser_is_on_the_bill(make, on_virtual_time, hedge, elapsed):
    model = make.model(latency=slow_once("question 9"))
    executor = make.executor(model, concurrency=4, hedge=hedge)

    async def main():
        await executor.run_all(make.jobs(make.candidate(make.call("a")), *QUESTIONS))
        return asyncio.get_running_loop().time(), len(asyncio.all_tasks())

    took, tasks = on_virtual_time(main())
    line, counts = executor.ledger.bill["smol"], executor.counts
    assert took <= elapsed
    assert tasks == 1
    doubled = 1 if hedge else 0
    assert (counts.issued, counts.requests) == (10, 10 + doubled)
    assert (counts.hedged, counts.cancelled) == (doubled, doubled)
    assert (line.attempts, line.broken, line.unknown) == (10 + doubled, doubled, doubled)
    assert executor.ledger.spent_calls == 10


def test_a_quantile_lies_between_0_and_1(make):
    with pytest.raises(ValueError, match="quantile"):
        make.executor(None, hedge=1.0)


# Dropped jobs.


def grouped(make, *groups):
    node = make.call("a", draw=0)
    return [
        Job(make.candidate(replaced(make, node, name)), {"question": question}, group=name)
        for name in groups
        for question in QUESTIONS
    ]


def replaced(make, node, name):
    """The call, with a prompt of its own."""
    return node.model_copy(update={"prompt": name + " {{ question }}"})


def test_what_only_dropped_jobs_wait_for_is_cancelled_through_the_pool(make, on_virtual_time):
    """The third result of the group ends it; the calls of the others are under way for a long time."""

    def latency(request):
        return 1.0 if request.messages[-1].content[-1] in "012" else 1000.0

    model = make.model(lambda request: "2", latency=latency)
    executor = make.executor(model, concurrency=64)

    async def main():
        results = await executor.run_all(grouped(make, "g"), drop=lambda group, results: len(results) == 3)
        pool_tasks = len(asyncio.all_tasks())
        return results, asyncio.get_running_loop().time(), pool_tasks

    results, elapsed, tasks = on_virtual_time(main())
    assert [result.status for result in results] == [RunStatus.OK] * 3 + [RunStatus.DROPPED] * 7
    assert (elapsed, tasks) == (1.0, 1)
    line = executor.ledger.bill["smol"]
    assert (line.attempts, line.unknown, executor.counts.cancelled) == (10, 7, 7)
    assert executor.ledger.spent_calls == 3
    assert len(executor.store.identities()) == 3


def test_a_call_that_another_job_needs_is_not_cancelled_with_a_dropped_one(make, on_virtual_time):
    def latency(request):
        return 1.0 if request.messages[-1].content.endswith("0") else 50.0

    shared = grouped(make, "g")
    kept = [replace(job, group="") for job in shared]
    executor = make.executor(make.model(lambda request: "2", latency=latency), concurrency=64)
    results = on_virtual_time(
        executor.run_all([*shared, *kept], drop=lambda group, results: len(results) == 1)
    )
    assert [result.status for result in results[10:]] == [RunStatus.OK] * 10
    assert (executor.counts.cancelled, executor.counts.requests) == (0, 10)


def test_what_is_dropped_does_not_depend_on_who_was_first(make, on_virtual_time):
    """The last results of a group may come first; they count for nothing once its first ones end it."""
    outcomes = set()
    for seed in range(5):
        model = make.model(some_number, latency=lambda request, seed=seed: share(request, f"{seed}"))
        executor = make.executor(model, concurrency=64)
        results = on_virtual_time(executor.run_all(grouped(make, "g", "h"), drop=two_wrong))
        outcomes.add((repr([result.answer for result in results]), repr(list(executor.ledger.spend))))
    assert len(outcomes) == 1


def test_a_failure_that_only_a_dropped_job_met_is_forgotten(make, on_virtual_time):
    def reply(request):
        if request.messages[-1].content.endswith("9"):
            return ModelError(ErrorKind.SERVER, "no")
        return "2"

    model = make.model(reply, latency=lambda request: 0.1 if "9" in request.messages[-1].content else 9.0)
    executor = make.executor(model, concurrency=64, policy=CallPolicy(attempts=1))
    on_virtual_time(executor.run_all(grouped(make, "g"), drop=two_wrong))
    assert executor.failed == {}


# Order.


def test_jobs_of_higher_priority_go_first_and_long_ways_before_short_ones(make, on_virtual_time):
    model = make.model(latency=1.0)
    short = make.candidate(make.call("a"))
    long = make.candidate(make.call("a", draw=1), make.call("b", "a"), make.call("c", "b", draw=1))
    jobs = [
        Job(short, {"question": "late"}),
        Job(long, {"question": "deep"}),
        Job(short, {"question": "urgent"}, priority=1),
    ]
    on_virtual_time(make.executor(model, concurrency=1).run_all(jobs))
    asked = [request.messages[-1].content.split()[0] for request in model.requests]
    assert asked == ["urgent", "deep", "late", "deep", "deep"]


def test_a_call_goes_first_once_an_urgent_job_needs_it_too(make, on_virtual_time):
    """The urgent job comes to it by way of a first call, when it has long been queued."""
    model = make.model(lambda request: "4", latency=1.0)
    shared = {"prompt": "both ask this", "draw": 5}
    low = make.candidate(make.call("x", **shared))
    urgent = make.candidate(make.call("a"), make.call("x", "a", **shared))
    jobs = [
        *make.jobs(make.candidate(make.call("f", draw=9)), *QUESTIONS),
        *make.jobs(low, "q"),
        Job(urgent, {"question": "q"}, priority=1),
    ]
    on_virtual_time(make.executor(model, concurrency=1).run_all(jobs))
    asked = [request.messages[-1].content for request in model.requests]
    assert (asked.index("both ask this"), len(asked)) == (2, 12)


@pytest.mark.slow
def test_the_makespan_is_close_to_its_bound_on_deep_graphs(make, on_virtual_time):
    """Chains of 40, 10 and 1 calls, listed with the long ones last: no more than 5 % above the bound."""

    def chain(length):
        calls = [make.call("c0", draw=length)]
        calls += [make.call(f"c{place}", f"c{place - 1}") for place in range(1, length)]
        return make.candidate(*calls)

    jobs = [
        *make.jobs(chain(1), *(f"one {number}" for number in range(900))),
        *make.jobs(chain(10), *(f"ten {number}" for number in range(60))),
        *make.jobs(chain(40), *(f"forty {number}" for number in range(12))),
    ]
    model = make.model(lambda request: str(share(request)), latency=lambda r: 0.3 + 0.4 * share(r, "l"))
    executor = make.executor(model, concurrency=32)

    async def main():
        results = await executor.run_all(jobs)
        return results, asyncio.get_running_loop().time()

    results, makespan = on_virtual_time(main())
    work = sum(use.latency for result in results for use in result.calls)
    longest = max(sum(use.latency for use in result.calls) for result in results)
    assert makespan <= 1.05 * max(longest, work / 32)


@pytest.mark.slow
def test_a_very_long_chain_runs(make, on_virtual_time):
    length = 20_000
    nodes = [make.call("c0", max_tokens=8)]
    nodes += [make.fn(f"c{place}", "std.reduce:first", f"c{place - 1}") for place in range(1, length)]
    nodes += [make.call("end", f"c{length - 1}", draw=1)]
    (result,) = on_virtual_time(make.executor(make.model()).run_all(make.jobs(make.candidate(*nodes), "q")))
    assert (result.status, len(result.calls)) == (RunStatus.OK, 2)


# Counts and the bill.


def test_counts_tell_needed_shared_stored_and_issued(make, on_virtual_time):
    store = MemoryStore()
    jobs = make.jobs(make.vote(3), *QUESTIONS)
    first = make.executor(make.model(), store)
    on_virtual_time(first.run_all(make.jobs(make.vote(1), *QUESTIONS)))
    assert first.counts == Counts(needed=10, issued=10, requests=10)
    second = make.executor(make.model(), store)
    on_virtual_time(second.run_all([*jobs, *make.jobs(make.vote(2), *QUESTIONS)]))
    on_virtual_time(second.run_all(jobs))
    assert second.counts == Counts(needed=80, shared=50, stored=10, issued=20, requests=20)


def test_the_bill_is_kept_by_model_and_by_node(make, on_virtual_time):
    executor = make.executor(make.model())
    on_virtual_time(executor.run_all(make.jobs(programs(make)[1], "q")))
    nodes = executor.ledger.nodes
    assert set(nodes) == {"w0", "w1", "w2", "fuse"}
    line = executor.ledger.bill["smol"]
    assert sum(each.attempts for each in nodes.values()) == line.attempts
    assert sum(each.prompt_tokens for each in nodes.values()) == line.prompt_tokens


PRICED = {"prompt_price": 0.001, "completion_price": 0.01}


def test_a_cap_in_dollars_waits_for_what_is_under_way_before_it_stops(make, on_virtual_time):
    """Worst cases fill the cap with 4 calls; settled ones leave room, so that 20 are made, never above it."""
    model = make.model(lambda request: "4", latency=1.0)
    node = make.call("a", max_tokens=100)
    cap = BillCap(dollars=4.5)
    executor = make.executor(model, concurrency=64, spec=PRICED, cap=cap)
    jobs = make.jobs(make.candidate(node), *(f"{number}" for number in range(20)))
    assert len(on_virtual_time(executor.run_all(jobs))) == 20
    assert executor.ledger.dollars < 1.0
    with pytest.raises(BillReached, match=r"\$1"):
        on_virtual_time(make.executor(model, spec=PRICED, cap=BillCap(dollars=1.0)).run_all(jobs))


def test_the_bill_goes_on_in_another_process(make, on_virtual_time):
    """What was under way when it was kept counts with its worst case."""
    jobs = make.jobs(make.candidate(make.call("a")), *QUESTIONS)
    store, kept = MemoryStore(), []
    first = make.executor(make.model(latency=1.0), store, concurrency=2, spec=PRICED, cap=BillCap(calls=6))
    first.keep_bill = lambda: kept.append(json.dumps(first.ledger.snapshot()))
    with pytest.raises(BillReached):
        on_virtual_time(first.run_all(jobs))
    # A cap has it kept before each request that the last note does not count.
    assert len(kept) > 1
    second = make.executor(make.model(), store, spec=PRICED, cap=BillCap(calls=8))
    second.ledger.restore(json.loads(kept[-1]))
    assert second.ledger.bill == first.ledger.bill
    assert second.ledger.dollars == first.ledger.dollars > 0
    with pytest.raises(BillReached, match="8 calls"):
        on_virtual_time(second.run_all(jobs))
    assert len(store.identities()) == 8


def test_the_bill_is_kept_now_and_then_in_a_long_batch(make, on_virtual_time):
    kept = []
    executor = make.executor(make.model(latency=1.0), concurrency=8)
    executor.keep_bill = lambda: kept.append(executor.ledger.billed_calls)
    on_virtual_time(executor.run_all(make.jobs(make.candidate(make.call("a")), *map(str, range(1000)))))
    assert kept[-1] == 1000
    assert len(kept) >= 4


def test_a_back_end_that_breaks_its_word_ends_the_batch_with_its_own_error(make, on_virtual_time):
    """What others replied meanwhile is stored."""

    def reply(request):
        if request.messages[-1].content == "question 3":
            raise LookupError("a bug")
        return "4"

    executor = make.executor(make.model(reply, latency=1.0), concurrency=64)
    with pytest.raises(LookupError, match="a bug"):
        on_virtual_time(executor.run_all(make.jobs(make.candidate(make.call("a")), *QUESTIONS)))
    assert len(executor.store.identities()) >= 3
    assert executor.ledger.under_way == 0


def test_a_stop_lets_grouped_requests_finish(make, on_virtual_time):
    class Refusing(Several):
        async def serve(self, request, n, timeout):
            if "question 1" in request.messages[-1].content:
                raise ModelError(ErrorKind.AUTH, "no key")
            return await super().serve(request, n, timeout)

    executor = make.executor(Refusing(make.model(), 3), concurrency=6)
    with pytest.raises(ModelRefused):
        on_virtual_time(executor.run_all(make.jobs(make.vote(3), *QUESTIONS[:2])))
    assert len(executor.store.identities()) == 3
