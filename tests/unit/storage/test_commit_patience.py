"""Replies that were paid for: neither a busy file nor a bad neighbour drops them."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tgl.storage import SqliteStore, StoredResponse, StoreError, StoreErrorKind
from tgl.testing.store_suite import sample_response


async def put_each(store: SqliteStore, records: list[StoredResponse]) -> list[object]:
    """What each put of one record gives, all accepted at once."""
    waits = [asyncio.ensure_future(store.put([record])) for record in records]
    await asyncio.wait(waits)
    return [wait.exception() or wait.result() for wait in waits]


def hold(path: Path) -> sqlite3.Connection:
    """Another writer, in the middle of its transaction."""
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    return other


def at_each_try(store: SqliteStore, do: Callable[[int], object]) -> None:
    """Let SQLite refuse at once, and call `do` with the number of each try as it starts."""
    count = 0

    def traced(statement: str) -> None:
        nonlocal count
        if statement == "BEGIN IMMEDIATE":
            count += 1
            do(count)

    store.run(lambda: store.connection.execute("PRAGMA busy_timeout = 0"))
    store.run(lambda: store.connection.set_trace_callback(traced))


def test_replies_wait_for_another_writer_and_are_all_stored(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    records = [sample_response(number) for number in range(40)]
    with SqliteStore(path) as store:
        other = hold(path)
        at_each_try(store, lambda number: other.execute("ROLLBACK") if number == 4 else None)
        assert asyncio.run(put_each(store, records)) == [(record,) for record in records]
        assert list(store.records()) == records
        other.close()


@pytest.mark.parametrize(("patience", "tries"), [(0.0, 1), (5.0, 1), (11.0, 3), (None, 12)])
def test_patience_ends(tmp_path: Path, patience: float | None, tries: int) -> None:
    """Each try stands for the 5 s that SQLite waits in it."""
    path = tmp_path / "store.sqlite"
    with SqliteStore(path) if patience is None else SqliteStore(path, patience=patience) as store:
        other = hold(path)
        seen: list[int] = []
        at_each_try(store, seen.append)
        with pytest.raises(StoreError) as caught:
            store.write([sample_response(1)])
        assert caught.value.kind is StoreErrorKind.LOCKED
        assert seen == list(range(1, tries + 1))
        other.execute("ROLLBACK")
        other.close()
        assert store.write([sample_response(1)]) == (sample_response(1),)


def test_what_was_accepted_is_stored_though_the_store_is_closed_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    with SqliteStore(path) as store:
        other = hold(path)
        at_each_try(store, lambda number: other.execute("ROLLBACK") if number == 3 else None)
        accepted = store.accept([sample_response(1)])
    assert accepted.result() == (sample_response(1),)
    other.close()
    with SqliteStore(path) as store:
        assert list(store.records()) == [sample_response(1)]


def test_a_commit_that_a_reader_refuses_leaves_no_transaction_open(tmp_path: Path) -> None:
    """Where a file system knows no log, a reader stops the commit itself."""
    path = tmp_path / "store.sqlite"
    with SqliteStore(path, patience=0) as store:
        store.run(lambda: store.connection.execute("PRAGMA journal_mode = DELETE"))
        store.run(lambda: store.connection.execute("PRAGMA busy_timeout = 0"))
        reader = sqlite3.connect(path, isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM notes").fetchall()
        with pytest.raises(StoreError) as caught:
            store.write([sample_response(1)])
        assert caught.value.kind is StoreErrorKind.LOCKED
        reader.close()
        assert store.write([sample_response(1)]) == (sample_response(1),)


@pytest.mark.parametrize("bad", [{"completion_tokens": 2**63}, {"text": "\ud800"}])
def test_only_the_reply_that_cannot_be_stored_fails(tmp_path: Path, bad: dict[str, object]) -> None:
    known, poison = sample_response(1, "known"), sample_response(2).model_copy(update=bad)
    with SqliteStore(tmp_path / "store.sqlite") as store:
        store.write([known])
        records = [sample_response(1, "again"), sample_response(3), poison, sample_response(4)]
        first, second, refused, last = asyncio.run(put_each(store, records))
        assert (first, second, last) == ((known,), (sample_response(3),), (sample_response(4),))
        assert isinstance(refused, OverflowError | UnicodeEncodeError)
        with pytest.raises((OverflowError, UnicodeEncodeError)):
            store.write([sample_response(5), poison, sample_response(6)])
        assert list(store.records()) == [known, *(sample_response(number) for number in (3, 4, 5, 6))]


def test_a_note_is_read_without_the_others(tmp_path: Path) -> None:
    """Memos are megabytes each; here one that can't be read at all shows that it is not touched."""
    path = tmp_path / "store.sqlite"
    with SqliteStore(path) as store:
        store.note_put("mine", "1")
        store.run(lambda: store.connection.execute("INSERT INTO notes VALUES ('other', CAST(x'ff' AS TEXT))"))
        assert store.note_get("mine") == "1"
        assert store.note_get("none") is None
        with pytest.raises(StoreError):
            store.notes()
