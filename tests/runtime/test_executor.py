"""The part that awaits, on an event loop with virtual time."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tgl.ir import KeySpec
from tgl.keys import Answer
from tgl.models import Capabilities, ErrorKind, ModelError, share
from tgl.runtime import (
    BillCap,
    BillReached,
    CallPolicy,
    CallsNeeded,
    FromStore,
    Issued,
    MissingResponses,
    ModelRefused,
    RunStatus,
    Settled,
    Waiting,
)
from tgl.storage import MemoryStore, SqliteStore, StoreError, StoreErrorKind, export, why_missing

PATIENT = CallPolicy(attempts=3, base=1.0, cap=8.0, timeout=30.0)


def some_number(request):
    """1, 2 or 3, as the request decides."""
    return f"it is {1 + int(share(request) * 3)}"


def some_latency(request):
    return 0.5 + share(request, "latency") * 20


def broken(kind: str, **details):
    return ModelError(ErrorKind(kind), f"it says {kind}", **details)


class Flaky:
    """Fails the first `times` requests that `match`, then answers."""

    def __init__(self, times, error, reply=some_number, match=lambda request: True):
        self.left, self.error, self.reply, self.match = times, error, reply, match

    def __call__(self, request):
        if self.left and self.match(request):
            self.left -= 1
            return self.error
        return self.reply(request)


def asks(text):
    return lambda request: text in request.messages[-1].content


def panel(make):
    """Three votes, a fuser that reads them, and a majority."""
    names = ("w0", "w1", "w2")
    calls = [make.call(name, draw=draw, retry=1) for draw, name in enumerate(names)]
    return make.candidate(
        *calls, make.call("fuse", *names, draw=3), make.fn("final", "std.reduce:majority", *names, "fuse")
    )


QUESTIONS = tuple(f"question {number}" for number in range(12))


def test_nothing_depends_on_concurrency_order_or_what_was_stored(make, on_virtual_time, tmp_path):
    model = make.model(
        lambda request: some_number(request) if share(request, "read") < 0.7 else "?", latency=some_latency
    )
    jobs = [*make.jobs(panel(make), *QUESTIONS), *make.jobs(make.vote(5), *QUESTIONS[::-1])]
    outputs, spends, files, elapsed = [], [], [], []
    for concurrency in (1, 4, 64):
        store = MemoryStore()
        executor = make.executor(model, store, concurrency=concurrency)

        async def main(executor=executor):
            results = await executor.run_all(jobs)
            return results, asyncio.get_running_loop().time()

        results, took = on_virtual_time(main())
        export(store, tmp_path / f"{concurrency}.jsonl")
        outputs.append(
            repr(
                [
                    [result.answer, result.latency, [use.identity for use in result.calls]]
                    for result in results
                ]
            )
        )
        spends.append(list(executor.ledger.spend.items()))
        files.append((tmp_path / f"{concurrency}.jsonl").read_bytes())
        elapsed.append(took)
        half = MemoryStore([record for record in store.records() if record.identity < "8"])
        assert on_virtual_time(make.executor(model, half, concurrency=concurrency).run_all(jobs)) == results
        replayed = make.executor(None, store, live=False)
        assert on_virtual_time(replayed.run_all(jobs)) == results
        assert list(replayed.ledger.spend.items()) == spends[-1]
        assert replayed.ledger.billed_calls == 0
    assert len(set(outputs)) == 1
    assert spends[0] == spends[1] == spends[2]
    assert files[0] == files[1] == files[2]
    assert elapsed[0] > 2 * elapsed[1] > 4 * elapsed[2]


def test_results_come_in_job_order(make, on_virtual_time):
    model = make.model(lambda request: request.messages[-1].content, latency=some_latency)
    questions = [str(number) for number in range(20)]
    results = on_virtual_time(
        make.executor(model).run_all(make.jobs(make.candidate(make.call("a")), *questions))
    )
    assert [result.text for result in results] == questions


def test_one_flight_for_all_who_wait(make, on_virtual_time):
    model = make.model(latency=5.0)
    shared = [*make.jobs(make.vote(3), "q"), *make.jobs(make.vote(2), "q"), *make.jobs(panel(make), "q")]
    executor = make.executor(model, concurrency=64)
    results = on_virtual_time(executor.run_all(shared))
    assert len(model.requests) == 4
    assert executor.ledger.spent_calls == 4
    assert [len(result.calls) for result in results] == [3, 2, 4]


def test_batches_of_one_executor_take_turns(make, on_virtual_time):
    model = make.model(latency=5.0)
    executor = make.executor(model)

    async def main():
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(executor.run_all(make.jobs(make.vote(3), "q"))) for _ in range(3)]
        return [task.result() for task in tasks]

    first, *others = on_virtual_time(main())
    assert others == [first, first]
    assert len(model.requests) == 3


def test_greedy_replicates_are_one_response_charged_to_each(make, on_virtual_time):
    model = make.model()
    names = ("a", "b", "c")
    candidate = make.candidate(
        *(make.call(name, temperature=0.0) for name in names), make.fn("m", "std.reduce:majority", *names)
    )
    executor = make.executor(model)
    (result,) = on_virtual_time(executor.run_all(make.jobs(candidate, "q")))
    assert (len(model.requests), executor.ledger.spent_calls) == (1, 1)
    assert [use.node for use in result.calls] == ["a", "b", "c"]
    assert len({use.identity for use in result.calls}) == 1


def test_the_request_is_what_the_node_says(make, on_virtual_time):
    model = make.model()
    node = make.call(
        "a", system="Be brief.", temperature=0.3, top_p=0.9, max_tokens=7, stop=("\n", "Q:"), draw=2
    )
    executor = make.executor(model)
    (result,) = on_virtual_time(executor.run_all(make.jobs(make.candidate(node), "how many?")))
    (request,) = model.requests
    assert [(message.role, message.content) for message in request.messages] == [
        ("system", "Be brief."),
        ("user", "how many?"),
    ]
    decoding = request.decoding
    assert (decoding.temperature, decoding.top_p, decoding.max_tokens, decoding.stop) == (
        0.3,
        0.9,
        7,
        ("\n", "Q:"),
    )
    (record,) = executor.store.records()
    assert record.identity == result.calls[0].identity
    assert (record.origin.draw, record.origin.salt) == (2, "")


def test_a_ceiling_is_never_passed_and_a_back_end_may_lower_it(make, on_virtual_time):
    peaks = {}
    for name, concurrency, slots in [("ours", 3, None), ("its", 9, 2)]:
        running, peak = 0, 0

        class Counting(type(make.model())):
            async def complete(self, request, *, timeout):
                nonlocal running, peak
                running += 1
                peak = max(peak, running)
                try:
                    return await super().complete(request, timeout=timeout)
                finally:
                    running -= 1

        model = Counting("smol", some_number, latency=some_latency)
        model.declared = Capabilities(max_concurrency=slots)
        on_virtual_time(
            make.executor(model, concurrency=concurrency).run_all(make.jobs(make.vote(4), *QUESTIONS))
        )
        peaks[name] = peak
    assert peaks == {"ours": 3, "its": 2}


def test_calls_go_out_in_job_order(make, on_virtual_time):
    model = make.model(latency=1.0)
    on_virtual_time(make.executor(model, concurrency=2).run_all(make.jobs(make.vote(2), *QUESTIONS)))
    asked = [request.messages[-1].content for request in model.requests]
    assert asked == [question for question in QUESTIONS for _ in range(2)]


# Failures.


@pytest.mark.parametrize("kind", ["connection", "timeout", "rate_limit", "server", "broken"])
def test_a_passing_failure_is_retried(make, on_virtual_time, kind):
    model = make.model(Flaky(2, broken(kind, unknown_usage=kind == "timeout")))
    executor = make.executor(model, policy=PATIENT)
    (result,) = on_virtual_time(executor.run_all(make.jobs(make.candidate(make.call("a")), "q")))
    line = executor.ledger.bill["smol"]
    assert result.status is RunStatus.OK
    assert (line.attempts, line.broken, line.unknown) == (3, 2, 2 if kind == "timeout" else 0)
    assert executor.ledger.spent_calls == len(executor.store.identities()) == 1


def test_a_server_that_names_its_time_is_waited_for(make, on_virtual_time):
    async def main():
        model = make.model(Flaky(1, broken("rate_limit", retry_after=45.0)))
        waits = []
        executor = make.executor(model, policy=PATIENT, on_event=waits.append)
        await executor.run_all(make.jobs(make.candidate(make.call("a")), "q"))
        return asyncio.get_running_loop().time(), [event for event in waits if isinstance(event, Waiting)]

    elapsed, waits = on_virtual_time(main())
    assert elapsed == pytest.approx(45.0)
    assert waits == [Waiting("smol", ErrorKind.RATE_LIMIT, 45.0)]


def test_one_failed_example_does_not_sink_the_others(make, on_virtual_time):
    model = make.model(Flaky(99, broken("server"), match=asks("question 3")), latency=some_latency)
    executor = make.executor(model, policy=PATIENT)
    results = on_virtual_time(executor.run_all(make.jobs(make.vote(3), *QUESTIONS)))
    assert [result.status for result in results].count(RunStatus.FAILED) == 1
    failed = results[3]
    assert (failed.failure, failed.detail, failed.answer) == ("server", "w0: it says server", None)
    assert len(executor.store.identities()) == 3 * 11
    assert executor.ledger.bill["smol"].broken == 9


def test_a_failure_stays_for_the_search_and_is_not_stored(make, on_virtual_time):
    model = make.model(Flaky(3, broken("server")))
    store = MemoryStore()
    executor = make.executor(model, store, policy=PATIENT)
    jobs = make.jobs(make.candidate(make.call("a")), "q")

    async def main():
        return await executor.run_all(jobs), await executor.run_all(jobs)

    (first,), (second,) = on_virtual_time(main())
    assert first == second
    assert (first.status, store.identities()) == (RunStatus.FAILED, [])
    (third,) = on_virtual_time(make.executor(model, store, policy=PATIENT).run_all(jobs))
    assert third.status is RunStatus.OK
    assert first.failed_call == third.calls[0].identity
    assert third.failed_call is None


def test_a_journalled_failure_is_replayed_even_if_the_call_was_answered_later(make, on_virtual_time):
    model = make.model(Flaky(3, broken("server")))
    store = MemoryStore()
    jobs = make.jobs(make.candidate(make.call("a")), "q")
    (failed,) = on_virtual_time(make.executor(model, store, policy=PATIENT).run_all(jobs))
    on_virtual_time(make.executor(model, store).run_all(jobs))
    replay = make.executor(None, store, live=False)
    replay.assume_failed(failed.failed_call, failed.failure, "it says server")
    assert on_virtual_time(replay.run_all(jobs)) == [failed]


def test_a_failure_is_shared_by_all_runs_of_the_batch(make, on_virtual_time):
    """Also by a run that comes to ask for the call only after it has failed."""
    reply = Flaky(1, broken("server"), reply=lambda request: "4", match=asks("q ["))
    model = make.model(reply, latency=lambda request: request.decoding.max_tokens)
    first = make.candidate(make.call("a"), make.call("b", "a"))
    later = make.candidate(make.call("a", max_tokens=99), make.call("b", "a"))
    executor = make.executor(model, policy=CallPolicy(attempts=1, exact=True))
    results = on_virtual_time(executor.run_all([*make.jobs(first, "q"), *make.jobs(later, "q")]))
    assert [result.failure for result in results] == ["server", "server"]
    assert len(model.requests) == 3


@pytest.mark.parametrize("kind", ["auth", "bad_request", "not_found", "missing"])
def test_a_model_that_will_never_answer_stops_the_batch(make, on_virtual_time, kind):
    model = make.model(lambda request: broken(kind, help="do this"), latency=1.0)
    executor = make.executor(model, policy=PATIENT)
    with pytest.raises(ModelRefused) as caught:
        on_virtual_time(executor.run_all(make.jobs(make.vote(3), *QUESTIONS)))
    assert (caught.value.kind, caught.value.model, caught.value.help) == (ErrorKind(kind), "smol", "do this")
    assert "it says" in caught.value.message
    assert len(model.requests) == 4


def test_what_was_under_way_when_a_batch_stops_is_kept(make, on_virtual_time):
    model = make.model(
        lambda request: broken("auth") if asks("question 2")(request) else "4",
        latency=lambda request: 1.0 if asks("question 2")(request) else 10.0,
    )
    executor = make.executor(model, policy=PATIENT, concurrency=4)
    with pytest.raises(ModelRefused):
        on_virtual_time(executor.run_all(make.jobs(make.candidate(make.call("a")), *QUESTIONS)))
    assert len(executor.store.identities()) == 3
    assert executor.ledger.spent_calls == 0


def test_nobody_waits_for_a_back_off_once_the_batch_stops(make, on_virtual_time):
    model = make.model(
        lambda request: (
            broken("auth") if asks("question 1")(request) else broken("rate_limit", retry_after=100.0)
        )
    )

    async def main():
        with pytest.raises(ModelRefused):
            await make.executor(model).run_all(make.jobs(make.candidate(make.call("a")), *QUESTIONS[:2]))
        return asyncio.get_running_loop().time(), len(model.requests)

    elapsed, requests = on_virtual_time(main())
    assert (elapsed < 1, requests) == (True, 2)


def test_the_bill_has_a_cap(make, on_virtual_time):
    model = make.model(latency=1.0)
    store = MemoryStore()
    capped = make.executor(model, store, cap=BillCap(calls=10))
    jobs = make.jobs(make.vote(3), *QUESTIONS)
    with pytest.raises(BillReached, match="10 calls"):
        on_virtual_time(capped.run_all(jobs))
    assert len(model.requests) == len(store.identities()) == 10
    assert len(on_virtual_time(make.executor(model, store).run_all(jobs))) == 12
    assert len(model.requests) == 36


def test_a_back_end_that_forgets_its_timeout_is_cut_off(make, on_virtual_time):
    class Endless(type(make.model())):
        async def complete(self, request, *, timeout):
            await asyncio.sleep(1e6)

    async def main():
        executor = make.executor(
            Endless("smol", some_number), policy=CallPolicy(attempts=1), spec={"timeout": 20.0}
        )
        (result,) = await executor.run_all(make.jobs(make.candidate(make.call("a")), "q"))
        return result.failure, executor.ledger.bill["smol"].unknown, asyncio.get_running_loop().time()

    assert on_virtual_time(main()) == ("timeout", 1, 25.0)


def test_cancelling_keeps_what_was_replied_and_lists_what_was_under_way(make, on_virtual_time):
    model = make.model(latency=10.0)
    store = MemoryStore()
    executor = make.executor(model, store, concurrency=4)
    jobs = make.jobs(make.vote(3), *QUESTIONS)

    async def main():
        task = asyncio.ensure_future(executor.run_all(jobs))
        await asyncio.sleep(25)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        return asyncio.get_running_loop().time(), len(asyncio.all_tasks())

    assert on_virtual_time(main()) == (25.0, 1)
    assert len(store.identities()) == 8
    line = executor.ledger.bill["smol"]
    assert (line.attempts, line.unknown) == (12, 4)
    uninterrupted = on_virtual_time(make.executor(make.model(latency=10.0)).run_all(jobs))
    assert on_virtual_time(make.executor(model, store).run_all(jobs)) == uninterrupted


def test_an_executor_goes_on_after_a_batch_was_cancelled(make, on_virtual_time):
    model = make.model(latency=10.0)
    executor = make.executor(model, concurrency=2)

    async def main():
        task = asyncio.ensure_future(executor.run_all(make.jobs(make.vote(3), *QUESTIONS)))
        await asyncio.sleep(15)
        task.cancel()
        await asyncio.wait([task])
        return await executor.run_all(make.jobs(make.vote(3), *QUESTIONS))

    assert len(on_virtual_time(main())) == 12


# The store.


def test_the_first_stored_response_wins_over_a_later_reply(make, on_virtual_time):
    """Another process stored its own reply while ours was on its way."""
    store = MemoryStore()
    jobs = make.jobs(make.candidate(make.call("a")), "q")
    other = MemoryStore()
    on_virtual_time(make.executor(make.model(lambda request: "7"), other).run_all(jobs))

    def late(request):
        store.write(list(other.records()))
        return "4"

    (result,) = on_virtual_time(make.executor(make.model(late), store).run_all(jobs))
    assert result.answer == Answer("7", "7")


def test_a_store_that_fails_stops_the_batch(make, on_virtual_time):
    class Full(MemoryStore):
        def put(self, records):
            async def fail():
                raise StoreError(StoreErrorKind.DISK_FULL, "s", "the disk is full", help="free some")

            return fail()

    with pytest.raises(StoreError, match="disk is full"):
        on_virtual_time(make.executor(make.model(), Full()).run_all(make.jobs(make.vote(3), *QUESTIONS)))


def test_a_store_that_fails_while_calls_are_under_way_keeps_what_was_paid(make, on_virtual_time):
    """A look-up of the second wave fails; the slow call of the first one is waited for and stored."""

    class Locked(MemoryStore):
        lookups = 0

        async def get_many(self, identities):
            self.lookups += 1
            if self.lookups > 1:
                raise StoreError(StoreErrorKind.LOCKED, "s", "it is in use", help="wait")
            return await super().get_many(identities)

    store = Locked()
    model = make.model(latency=lambda request: 60.0 if "slow" in request.messages[-1].content else 1.0)
    jobs = make.jobs(make.candidate(make.call("a"), make.call("b", "a")), "quick", "slow")
    executor = make.executor(model, store)
    with pytest.raises(StoreError, match="in use"):
        on_virtual_time(executor.run_all(jobs))
    assert len(store.identities()) == 2
    assert executor.ledger.bill["smol"].broken == 0


def test_a_live_run_on_disk_is_replayed_from_disk(make, tmp_path):
    path = tmp_path / "s.sqlite"
    jobs = make.jobs(panel(make), *QUESTIONS)
    with SqliteStore(path) as store:
        live = asyncio.run(make.executor(make.model(some_number), store).run_all(jobs))
    with SqliteStore(path) as store:
        assert asyncio.run(make.executor(None, store, live=False).run_all(jobs)) == live


RESUMED = """
import asyncio, os, signal, sys
from pathlib import Path
sys.path.insert(0, {folder!r})
from conftest import Make
from tgl.storage import SqliteStore

make = Make()
done = 0
def reply(request):
    global done
    done += 1
    if done > 20:
        os.kill(os.getpid(), signal.SIGKILL)
    return "4"

jobs = make.jobs(make.vote(3), *{questions!r})
asyncio.run(make.executor(make.model(reply), SqliteStore(Path({path!r})), concurrency=2).run_all(jobs))
"""


@pytest.mark.slow
def test_a_killed_run_goes_on_where_it_was(make, tmp_path):
    path = tmp_path / "s.sqlite"
    script = RESUMED.format(folder=str(Path(__file__).parent), questions=QUESTIONS, path=str(path))
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -9
    jobs = make.jobs(make.vote(3), *QUESTIONS)
    model = make.model()
    with SqliteStore(path) as store:
        kept = len(store.identities())
        assert 12 <= kept <= 20, "four limit-fulls of replies may wait for their commit"
        resumed = asyncio.run(make.executor(model, store).run_all(jobs))
    assert len(model.requests) == 36 - kept
    assert resumed == asyncio.run(make.executor(make.model()).run_all(jobs))


REPEATED = """
import asyncio, sys
sys.path.insert(0, {folder!r})
from conftest import Make
from tgl.models import share

make = Make()
model = make.model(lambda request: str(int(share(request) * 3)), latency=lambda request: share(request) / 9)
executor = make.executor(model)
names = ("w0", "w1", "w2")
calls = [make.call(name, draw=draw) for draw, name in enumerate(names)]
candidate = make.candidate(*calls, make.fn("m", "std.reduce:majority", *names))
results = asyncio.run(executor.run_all(make.jobs(candidate, *{questions!r})))
print(repr(results), list(executor.ledger.spend))
print([record.model_dump_json() for record in executor.store.records()])
"""


@pytest.mark.slow
def test_another_process_with_another_hash_seed_gives_the_same_bytes():
    script = REPEATED.format(folder=str(Path(__file__).parent), questions=QUESTIONS)
    outputs = [
        subprocess.run(
            [sys.executable, "-c", script],
            check=True,
            capture_output=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    ]
    assert outputs[0] == outputs[1] != b""


# Replay.


def test_misses_are_gathered_by_node_and_explained(make, on_virtual_time):
    store = MemoryStore()
    on_virtual_time(make.executor(make.model(), store).run_all(make.jobs(make.vote(2), *QUESTIONS[:3])))
    offline = make.executor(None, store, live=False)
    with pytest.raises(MissingResponses) as caught:
        on_virtual_time(offline.run_all(make.jobs(panel(make), *QUESTIONS[:5])))
    miss = caught.value
    assert (miss.total, miss.by_model) == (9, {"smol": 9})
    assert miss.by_node == {"w2": 5, "w0": 2, "w1": 2}
    assert "5 of w2, 2 of w0, 2 of w1" in miss.message
    assert "not draw 2" in why_missing(miss.origin, store.records())
    assert offline.ledger.spent_calls == offline.ledger.billed_calls == 0


def test_a_model_that_is_not_there_is_a_miss_even_live(make, on_virtual_time):
    executor = make.executor(None, live=True)
    with pytest.raises(MissingResponses, match="1 response is not recorded"):
        on_virtual_time(executor.run_all(make.jobs(make.candidate(make.call("a")), "q")))


def test_a_missing_call_counts_once_however_many_wait(make, on_virtual_time):
    with pytest.raises(MissingResponses) as caught:
        on_virtual_time(make.executor(None, live=False).run_all([*make.jobs(make.vote(3), "q")] * 5))
    assert caught.value.total == 3


def test_replay_makes_no_task_and_looks_up_once_a_wave(make, on_virtual_time):
    class Watched(MemoryStore):
        lookups = 0

        async def get_many(self, identities):
            self.lookups += 1
            return await super().get_many(identities)

    store = Watched()
    jobs = make.jobs(panel(make), *QUESTIONS)
    on_virtual_time(make.executor(make.model(), store).run_all(jobs))
    store.lookups = 0
    made = []

    async def main():
        loop = asyncio.get_running_loop()
        loop.set_task_factory(
            lambda loop, coro, **options: made.append(coro) or asyncio.Task(coro, loop=loop, **options)
        )
        executor = make.executor(None, store, live=False)
        await executor.run_all(jobs)
        assert store.lookups == 2
        await executor.run_all(jobs)
        assert made == []

    on_virtual_time(main())
    assert store.lookups == 2


def test_progress_adds_up(make, on_virtual_time):
    store = MemoryStore()
    on_virtual_time(make.executor(make.model(), store).run_all(make.jobs(make.vote(1), *QUESTIONS)))
    seen = []
    flaky = make.model(Flaky(2, broken("server")))
    executor = make.executor(flaky, store, on_event=seen.append, policy=PATIENT, concurrency=1)
    on_virtual_time(executor.run_all(make.jobs(make.vote(3), *QUESTIONS)))
    needed = sum(event.count for event in seen if isinstance(event, CallsNeeded))
    stored = sum(event.count for event in seen if isinstance(event, FromStore))
    issued = [event for event in seen if isinstance(event, Issued)]
    settled = [event for event in seen if isinstance(event, Settled)]
    assert (needed, stored, len(issued)) == (36, 12, 26)
    assert sorted(event.attempt for event in issued) == [1] * 24 + [2] * 2
    assert settled == [Settled("smol", ok=True)] * 24
    assert len([event for event in seen if isinstance(event, Waiting)]) == 2


def test_nothing_to_do(make, on_virtual_time):
    assert on_virtual_time(make.executor(None).run_all([])) == []


def test_the_task_key_reads_the_answer(make, on_virtual_time):
    text = KeySpec(kind="text", match="normalised")
    executor = make.executor(make.model(lambda request: "The Hague."), key=text)
    (result,) = on_virtual_time(executor.run_all(make.jobs(make.candidate(make.call("a")), "q")))
    assert result.answer == Answer("The Hague.", "hague")
