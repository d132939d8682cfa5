"""What every store has to prove. Subclass a suite in a test module and give it its one fixture.

    class TestMine(StoreSuite):
        @pytest.fixture
        def store(self, tmp_path):
            with Mine(tmp_path) as store:
                yield store

`ResponseStoreSuite` is for what only keeps responses, `StoreSuite` for all that a project keeps (a kind of
store that `--store NAME:…` opens), and `StoreFaultSuite` for those whose faults can be brought about.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import pytest

from tgl.storage import (
    Journal,
    JournalMismatch,
    Origin,
    ResponseStore,
    Store,
    StoredFailure,
    StoredResponse,
    StoreError,
    StoreErrorKind,
)

T = TypeVar("T")
BringAbout: TypeAlias = Callable[[], AbstractContextManager[None]]
"""Makes a fault last as long as the context."""

THREADS = 8
MANY = 100_000


def sample_response(number: int, text: object = "4", **changes: object) -> StoredResponse:
    """A response whose identity is a number."""
    made = StoredResponse(
        identity=f"{number:064x}",
        origin=Origin(model="m" * 16, messages="p" * 16, options='{"temperature":0.7}', draw=0, salt=""),
        text="",
        finish="stop",
        prompt_tokens=12,
        completion_tokens=3,
        latency=250,
    )
    return StoredResponse.model_validate({**made.model_dump(), "text": text, **changes})


def in_threads(work: Callable[[int], T]) -> list[T]:
    """What some threads make of their numbers, at the same time."""
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(work, range(THREADS)))


class ResponseStoreSuite:
    """Responses: the first that is stored is the truth, and accepted means safe."""

    def test_the_first_stored_response_is_the_truth(self, store: ResponseStore) -> None:
        first, second = sample_response(1, "first"), sample_response(1, "second")
        assert store.write([first]) == (first,)
        assert store.write([second, sample_response(2)]) == (first, sample_response(2))
        assert store.read([first.identity]) == {first.identity: first}

    def test_one_batch_may_hold_an_identity_twice(self, store: ResponseStore) -> None:
        twice = [sample_response(1, "a"), sample_response(2), sample_response(1, "b")]
        assert store.write(twice) == (twice[0], twice[1], twice[0])

    def test_what_is_not_stored_is_left_out(self, store: ResponseStore) -> None:
        assert store.read([sample_response(1).identity]) == {}
        assert store.read([]) == {}
        assert store.write([]) == ()
        assert (store.identities(), list(store.records())) == ([], [])

    @pytest.mark.parametrize(
        "changes",
        [
            {"text": ""},
            {"text": 'line\r\n\t\0 and \u2028 π 漢 😀 "quoted" \\'},
            {"text": "x" * 100_000},
            {"finish": "length", "latency": 0, "prompt_tokens": 0, "completion_tokens": 0},
            {"finish": "refused", "latency": 2**40},
            {"reasoning": "first this,\nthen that"},
            {"logprobs": (-0.1, -1e-300, 0.0, -9999.0)},
            {"logprobs": ()},
            {"origin": Origin(model="", messages="", options="{}", draw=2**40, salt="π", parts="s0 u1")},
        ],
    )
    def test_every_field_is_kept(self, store: ResponseStore, changes: dict[str, object]) -> None:
        record = sample_response(1, **changes)
        assert store.write([record]) == (record,)
        assert store.read([record.identity]) == {record.identity: record}
        assert list(store.records()) == [record]

    def test_all_are_listed_sorted_by_identity(self, store: ResponseStore) -> None:
        records = [sample_response(number) for number in range(1500, 0, -1)]
        store.write(records)
        assert list(store.records()) == records[::-1]
        assert store.identities() == [record.identity for record in records[::-1]]

    def test_a_hundred_thousand_identities_in_one_look_up(self, store: ResponseStore) -> None:
        records = [sample_response(number) for number in range(0, MANY, 97)]
        store.write(records)
        found = asyncio.run(store.get_many([f"{number:064x}" for number in range(MANY)]))
        assert found == {record.identity: record for record in records}

    def test_put_answers_in_order_with_what_counts(self, store: ResponseStore) -> None:
        async def put() -> tuple[StoredResponse, ...]:
            await store.put([sample_response(2, "first")])
            return await store.put([sample_response(3), sample_response(2, "late"), sample_response(1)])

        assert [record.text for record in asyncio.run(put())] == ["4", "first", "4"]

    def test_what_was_accepted_is_safe_without_a_wait(self, store: ResponseStore) -> None:
        async def leave_early() -> None:
            store.put([sample_response(1)])
            waiting = asyncio.ensure_future(store.put([sample_response(2)]))
            waiting.cancel()
            await asyncio.wait([waiting])

        asyncio.run(leave_early())
        assert store.identities() == [sample_response(1).identity, sample_response(2).identity]

    def test_many_puts_at_once(self, store: ResponseStore) -> None:
        async def put(number: int) -> tuple[StoredResponse, ...]:
            return await store.put([sample_response(number % 50, f"by {number}")])

        async def together() -> list[tuple[StoredResponse, ...]]:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(put(number)) for number in range(200)]
            return [task.result() for task in tasks]

        answers = asyncio.run(together())
        truth = store.read(store.identities())
        assert len(truth) == 50
        assert [record for (record,) in answers] == [truth[record.identity] for (record,) in answers]

    def test_threads_agree_on_the_truth(self, store: ResponseStore) -> None:
        def write(thread: int) -> tuple[StoredResponse, ...]:
            records = [sample_response(number, f"by {thread}") for number in range(100)]
            return tuple(stored for record in records for stored in store.write([record]))

        answers = in_threads(write)
        assert all(answer == answers[0] for answer in answers)
        assert tuple(store.records()) == answers[0]


class StoreSuite(ResponseStoreSuite):
    """All that a project keeps."""

    def test_a_journal_is_replayed_and_checked(self, store: Store) -> None:
        journal = Journal(store, "search", resume=False)
        journal.record("ask", {"b": [1], "a": "π"})
        journal.record("tell", 0.5)
        again = Journal(store, "search", resume=True)
        again.record("ask", {"a": "π", "b": [1]})
        with pytest.raises(JournalMismatch):
            again.record("tell", 0.6)
        again.record("tell", 0.5)
        again.record("ask", 3)
        assert [(step.seq, step.kind) for step in store.journal_read("search")] == [
            (0, "ask"),
            (1, "tell"),
            (2, "ask"),
        ]
        assert store.journal_read("other") == ()

    def test_a_journal_has_no_gap_and_no_step_twice(self, store: Store) -> None:
        for seq in (1, -1):
            with pytest.raises(ValueError, match="next step"):
                store.journal_append("search", seq, "ask", "1")
        store.journal_append("search", 0, "ask", "1")
        with pytest.raises(ValueError, match="next step"):
            store.journal_append("search", 0, "ask", "2")
        assert [step.payload for step in store.journal_read("search")] == ["1"]

    def test_of_several_who_take_a_step_one_wins(self, store: Store) -> None:
        def take(thread: int) -> bool:
            try:
                store.journal_append("search", 0, "ask", str(thread))
            except ValueError:
                return False
            return True

        taken = in_threads(take)
        assert sum(taken) == 1
        assert [step.payload for step in store.journal_read("search")] == [str(taken.index(True))]

    def test_journals_are_listed_and_forgotten(self, store: Store) -> None:
        assert store.searches() == []
        for name in ("b", "a"):
            store.journal_append(name, 0, "ask", "1")
        assert store.searches() == ["a", "b"]
        store.journal_clear("b")
        store.journal_clear("never")
        assert (store.searches(), store.journal_read("b")) == (["a"], ())
        store.journal_append("b", 0, "ask", "2")

    def test_counters_add_up_across_threads(self, store: Store) -> None:
        assert store.count("test") == 0
        assert store.counters() == {}
        values = in_threads(lambda _: [store.count("test", add=1) for _ in range(20)])
        assert sorted(value for part in values for value in part) == list(range(1, 20 * THREADS + 1))
        assert store.count("a", add=3) == 3
        assert list(store.counters().items()) == [("a", 3), ("test", 20 * THREADS)]

    def test_the_last_note_counts(self, store: Store) -> None:
        assert (store.note_get("probe"), store.notes()) == (None, {})
        for text in ("old", "", "π\n\0"):
            store.note_put("probe", text)
            assert store.note_get("probe") == text
        store.note_put("a", "b")
        assert list(store.notes()) == ["a", "probe"]
        store.note_clear("a")
        store.note_clear("none")
        assert list(store.notes()) == ["probe"]

    def test_failures_are_no_responses(self, store: Store) -> None:
        failed = [
            StoredFailure(identity=sample_response(number).identity, failure="timeout", detail="π")
            for number in (2, 1)
        ]
        assert store.failures() == []
        assert store.write_failures(failed) == 2
        assert store.write_failures([failed[0].model_copy(update={"detail": "later"})]) == 0
        assert store.write_failures([]) == 0
        assert store.failures() == failed[::-1]
        assert (store.identities(), store.read([failed[0].identity])) == ([], {})
        store.write([sample_response(1)])
        assert len(store.read([sample_response(1).identity])) == 1

    def test_what_is_removed_is_gone_and_may_come_back(self, store: Store) -> None:
        store.write([sample_response(number) for number in range(4)])
        gone = [sample_response(number).identity for number in (1, 3, 9)]
        store.write_failures([StoredFailure(identity=gone[2], failure="timeout", detail="")])
        assert store.remove(gone) == 2
        assert store.remove(gone) == 0
        assert store.failures() == []
        assert store.identities() == [sample_response(0).identity, sample_response(2).identity]
        assert store.write([sample_response(1, "new")]) == (sample_response(1, "new"),)

    def test_closing_twice_is_no_error(self, store: Store) -> None:
        store.close()
        store.close()


@dataclass(frozen=True, slots=True)
class FaultyStore:
    """A store whose faults can be brought about for a while; None for one that it can't have."""

    store: Store
    failing_writes: BringAbout | None = None
    failing_reads: BringAbout | None = None
    locked: BringAbout | None = None


class StoreFaultSuite:
    """A fault is told, never swallowed; nothing that was stored is lost; and it ends with its cause."""

    def during(
        self, fault: Callable[[], AbstractContextManager[None]] | None
    ) -> AbstractContextManager[None]:
        """The fault, if the store can have it."""
        if fault is None:
            pytest.skip("this store can't have that fault")
        return fault()

    def unharmed(self, store: Store, stored: Sequence[StoredResponse]) -> None:
        """All is there and goes on."""
        assert list(store.records()) == list(stored)
        assert [step.payload for step in store.journal_read("search")] == ["1"]
        assert store.counters() == {"test": 1}
        added = sample_response(900, "after")
        assert store.write([added]) == (added,)
        store.journal_append("search", 1, "tell", "2")
        assert store.count("test", add=1) == 2

    def prepare(self, store: Store) -> list[StoredResponse]:
        """Something to lose."""
        records = [sample_response(number) for number in range(3)]
        store.write(records)
        store.journal_append("search", 0, "ask", "1")
        store.count("test", add=1)
        return records

    def test_no_write_failure_is_silent(self, faulty: FaultyStore) -> None:
        stored = self.prepare(faulty.store)
        large = [sample_response(number, "x" * 20_000) for number in range(100, 200)]

        async def put() -> None:
            await faulty.store.put(large)

        with self.during(faulty.failing_writes):
            for use in (
                lambda: faulty.store.write(large),
                lambda: asyncio.run(put()),
                lambda: faulty.store.journal_append("search", 1, "tell", "x" * 2_000_000),
                lambda: faulty.store.note_put("probe", "x" * 2_000_000),
            ):
                with pytest.raises(StoreError) as caught:
                    use()
                assert caught.value.message
        assert faulty.store.note_get("probe") is None
        self.unharmed(faulty.store, stored)

    def test_what_can_not_be_read_is_not_taken_for_missing(self, faulty: FaultyStore) -> None:
        stored = self.prepare(faulty.store)
        wanted = [record.identity for record in stored]
        with self.during(faulty.failing_reads):
            for use in (
                lambda: faulty.store.read(wanted),
                lambda: asyncio.run(faulty.store.get_many(wanted)),
                lambda: list(faulty.store.records()),
                lambda: faulty.store.journal_read("search"),
            ):
                with pytest.raises(StoreError):
                    use()
        self.unharmed(faulty.store, stored)

    def test_a_store_that_another_process_holds_is_told(self, faulty: FaultyStore) -> None:
        stored = self.prepare(faulty.store)
        with self.during(faulty.locked):
            for use in (
                lambda: faulty.store.write([sample_response(500)]),
                lambda: faulty.store.journal_append("search", 1, "tell", "2"),
                lambda: faulty.store.count("test", add=1),
            ):
                with pytest.raises(StoreError) as caught:
                    use()
                assert caught.value.kind is StoreErrorKind.LOCKED
        self.unharmed(faulty.store, stored)
