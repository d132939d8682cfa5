"""What a search remembers of its calls: bounded texts, and a few bytes of each identity."""

import hashlib

import pytest

from tgl.models import Usage
from tgl.runtime import RunStatus
from tgl.runtime.digests import Digests, Spend, Spent
from tgl.runtime.known import Known
from tgl.storage import MemoryStore, Origin, StoredResponse


def name(number):
    return hashlib.sha256(str(number).encode()).hexdigest()


def response(number, text="4"):
    origin = Origin(model="m", messages="m", options="{}", draw=0, salt="")
    return StoredResponse(
        identity=name(number),
        origin=origin,
        text=text,
        finish="stop",
        prompt_tokens=10,
        completion_tokens=2,
        latency=30,
    )


def test_identities_are_a_set_in_the_order_of_arrival():
    found, names = Digests(), [name(number % 700) for number in range(2000)]
    # Some that begin alike, so that they want the same slot.
    names += ["00" * 6 + name(number)[12:] for number in range(50)]
    numbers = [found.add(one) for one in names]
    unique = list(dict.fromkeys(names))
    assert list(found) == unique
    assert len(found) == 750
    assert [unique[number] for number in numbers] == names
    assert all(one in found for one in names)
    assert found.number(name(700)) is None
    for nothing in ("", "a", "zz" * 32, name(1) + "00"):
        with pytest.raises(ValueError, match=r"fromhex|hex digits"):
            found.add(nothing)


def test_a_spend_says_what_a_mapping_would():
    spend, mapping = Spend(), {}
    for number in range(300):
        spent = Spent(f"m{number % 3}", number, 2**33 + number)
        one = name(number % 200)
        spend.add(one, spent.model, spent.prompt_tokens, spent.completion_tokens)
        mapping.setdefault(one, spent)
    assert spend == mapping
    assert list(spend.items()) == list(mapping.items())
    assert name(250) not in spend


def test_texts_are_let_go_and_read_again():
    store = MemoryStore([response(number, "x" * 1000) for number in range(100)])
    known = Known(store, room=14_000)
    for number in range(100):
        known.add(response(number, "x" * 1000))
    assert len(known) == 100
    here = [number for number in range(100) if known.get(name(number)) is not None]
    assert 10 <= len(here) <= 22
    assert here[-1] == 99
    assert known.get(name(3)) is None
    assert known.fetch(name(3)).text == "x" * 1000
    assert known.get(name(3)) is not None
    assert known.fetch(name(100)) is None


def test_what_is_asked_for_again_and_again_stays():
    known = Known(MemoryStore(), room=4000)
    for number in range(100):
        known.add(response(number))
        assert known.get(name(0)) is not None


@pytest.mark.parametrize("live", [True, False])
def test_a_search_that_let_its_responses_go_finds_them_again_and_counts_them_as_shared(
    make, on_virtual_time, live
):
    """A later batch needs calls of the first: they come from the store, and nothing else tells of it."""
    told = []
    store = MemoryStore()
    chain = make.candidate(make.call("a"), make.call("b", "a"), make.call("c", "b"))
    jobs = make.jobs(chain, *map(str, range(20)))
    on_virtual_time(make.executor(make.model(), store).run_all(jobs))
    for room in (10**6, 1000):
        model = make.model()
        executor = make.executor(model if live else None, store)
        executor.known.room = room

        async def main(executor=executor):
            results = [await executor.run_all(jobs), await executor.run_all(jobs)]
            return results, [executor.foreseen(job) for job in jobs]

        results, foreseen = on_virtual_time(main())
        assert results[0] == results[1]
        assert {result.status for result in results[0]} == {RunStatus.OK}
        told.append((repr(results), executor.counts, foreseen, list(executor.known)))
    assert told[0] == told[1]
    assert told[0][1].stored == 40


def test_what_a_call_leaves_behind_is_small():
    """Beside the bounded texts: some 100 bytes a call, spare room included."""
    import tracemalloc

    from tgl.ir import ModelSpec
    from tgl.runtime import Ledger
    from tgl.runtime.jobs import CallUse, RunResult

    known, ledger = Known(MemoryStore(), room=10_000), Ledger({"m": ModelSpec(name="m", provider="local")})
    ledger.price("m", Usage(1, 1))
    tracemalloc.start()
    try:
        for number in range(20_000):
            known.add(response(number))
            use = CallUse(name(number), "n", "m", 10, 2, 0.1, 0, "live")
            ledger.charge([RunResult(RunStatus.OK, None, "", None, "", (use,), 0.1, ())])
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 20_000 * 160
