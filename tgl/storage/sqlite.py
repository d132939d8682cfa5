"""The store at the project's root: one SQLite file for responses, failures, journals, counters and notes.

One thread owns the connection, so the event loop never waits for the disk. Writes group themselves:
what arrives while a transaction commits goes into the next one, so nothing waits longer than a commit
takes (a few milliseconds), and a burst costs one commit.

`synchronous=FULL`: a response may have cost money, and a journal must never know more than the
responses that it was derived from. The grouping pays for the flush to disk.
"""

from __future__ import annotations

import asyncio
import math
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from tgl.storage.errors import StoreError, StoreErrorKind, is_locked, read_only_error, store_error
from tgl.storage.journal import JournalRecord
from tgl.storage.records import StoredFailure, StoredResponse
from tgl.storage.rows import (
    ADD_TO_COUNTER,
    CHUNK,
    DELETE_FAILURE,
    DELETE_RESPONSE,
    IDENTITIES,
    INSERT_FAILURE,
    INSERT_RESPONSE,
    PUT_NOTE,
    SEARCHES,
    SELECT_FAILURES,
    SELECT_NOTE,
    columns_of,
    response_of,
    select_responses,
)
from tgl.storage.schema import LOCK_WAIT, PAUSE, SCHEMA, connect, connect_to_read

T = TypeVar("T")
PATIENCE = 60.0
"""Seconds that accepted responses wait for another process: they may have cost money."""


class SqliteStore:
    """All of a store in one file, made if missing. A context manager.

    Thread-safe. What was accepted is committed before the process ends, unless it is killed.

    Args:
        path: the file.
        read_only: write nothing, not even what brings an older file up to date; the file has to be there.
        patience: seconds that accepted responses wait for another process, in steps of `LOCK_WAIT`.

    Raises:
        StoreError: by every method; the kind says why.
    """

    def __init__(self, path: Path, *, read_only: bool = False, patience: float = PATIENCE) -> None:
        self.path = path
        self.read_only = read_only
        # SQLite itself waits for `LOCK_WAIT` in each, so no clock is needed.
        self.tries = max(1, math.ceil(patience / LOCK_WAIT))
        self.pending: list[tuple[tuple[StoredResponse, ...], Future[tuple[StoredResponse, ...]]]] = []
        self.lock = threading.Lock()
        self.worker = ThreadPoolExecutor(1, thread_name_prefix="tgl-store")
        self.closed = False
        self.schema = SCHEMA
        try:
            self.connection: sqlite3.Connection = self.worker.submit(self.open).result()
        except BaseException:
            self.worker.shutdown()
            raise

    def __enter__(self) -> SqliteStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Commit what was accepted and let the file go. Idempotent."""
        if not self.closed:
            self.closed = True
            self.worker.submit(self.connection.close).result()
            self.worker.shutdown()

    def read(self, identities: Sequence[str]) -> dict[str, StoredResponse]:
        return self.run(lambda: self.select(identities))

    async def get_many(self, identities: Sequence[str]) -> dict[str, StoredResponse]:
        return await asyncio.wrap_future(self.submit(lambda: self.select(identities)))

    def put(self, records: Sequence[StoredResponse]) -> Awaitable[tuple[StoredResponse, ...]]:
        return asyncio.wrap_future(self.accept(records))

    def write(self, records: Sequence[StoredResponse]) -> tuple[StoredResponse, ...]:
        return self.accept(records).result()

    def identities(self) -> list[str]:
        return self.run(lambda: [row[0] for row in self.connection.execute(IDENTITIES)])

    def records(self) -> Iterator[StoredResponse]:
        names = self.identities()
        for start in range(0, len(names), CHUNK):
            chunk = names[start : start + CHUNK]
            found = self.read(chunk)
            yield from (found[name] for name in chunk if name in found)

    def journal_read(self, search: str) -> tuple[JournalRecord, ...]:
        query = "SELECT seq, kind, payload FROM journal WHERE search = ? ORDER BY seq"
        return self.run(
            lambda: tuple(JournalRecord(*row) for row in self.connection.execute(query, (search,)))
        )

    def journal_append(self, search: str, seq: int, kind: str, payload: str) -> None:
        self.change(lambda: self.append(search, seq, kind, payload))

    def journal_clear(self, search: str) -> None:
        self.change(lambda: self.transact("DELETE FROM journal WHERE search = ?", (search,)))

    def count(self, name: str, *, add: int = 0) -> int:
        return (self.change if add else self.run)(lambda: self.counted(name, add))

    def note_get(self, name: str) -> str | None:
        found = self.rows(SELECT_NOTE, (name,), since=2)
        return found[0][0] if found else None

    def note_put(self, name: str, text: str) -> None:
        self.change(lambda: self.transact(PUT_NOTE, (name, text)))

    def note_clear(self, name: str) -> None:
        self.change(lambda: self.transact("DELETE FROM notes WHERE name = ?", (name,)))

    def notes(self) -> Mapping[str, str]:
        return dict(self.rows("SELECT name, value FROM notes ORDER BY name", since=2))

    def counters(self) -> Mapping[str, int]:
        return dict(self.rows("SELECT name, value FROM counters ORDER BY name"))

    def searches(self) -> list[str]:
        return [row[0] for row in self.rows(SEARCHES)]

    def failures(self) -> list[StoredFailure]:
        return [
            StoredFailure(identity=identity, failure=failure, detail=detail)
            for identity, failure, detail in self.rows(SELECT_FAILURES, since=2)
        ]

    def write_failures(self, failures: Iterable[StoredFailure]) -> int:
        values = [(failure.identity, failure.failure, failure.detail) for failure in failures]
        return self.change(lambda: self.changed(INSERT_FAILURE, values))

    def remove(self, identities: Sequence[str]) -> int:
        return self.change(lambda: self.removed(identities))

    def rows(self, query: str, values: tuple[str, ...] = (), *, since: int = 1) -> list[tuple[Any, ...]]:
        """The rows of a query on a table that came with schema `since`; none in an older file."""
        if self.schema < since:
            return []
        return self.run(lambda: self.connection.execute(query, values).fetchall())

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Run `work` in the store's thread."""
        self.check_open()
        return self.worker.submit(self.guarded, work)

    def run(self, work: Callable[[], T]) -> T:
        """The result of `work`, run in the store's thread."""
        return self.submit(work).result()

    def change(self, work: Callable[[], T]) -> T:
        """The result of `work` that writes."""
        self.check_writable()
        return self.run(work)

    def check_writable(self) -> None:
        """Refuse what would write into a store that is only read."""
        if self.read_only:
            raise read_only_error(self.path)

    def check_open(self) -> None:
        """Refuse work after `close`."""
        if self.closed:
            raise StoreError(StoreErrorKind.CLOSED, str(self.path), f"{self.path} is already closed")

    def guarded(self, work: Callable[[], T]) -> T:
        """`work`, with SQLite's refusals as typed errors."""
        try:
            return work()
        except sqlite3.Error as error:
            raise store_error(error, self.path) from error

    def accept(self, records: Sequence[StoredResponse]) -> Future[tuple[StoredResponse, ...]]:
        """Queue records for the next transaction."""
        self.check_open()
        self.check_writable()
        accepted: Future[tuple[StoredResponse, ...]] = Future()
        accepted.set_running_or_notify_cancel()  # whoever stops waiting takes nothing back
        with self.lock:
            self.pending.append((tuple(records), accepted))
            first = len(self.pending) == 1
        if first:
            self.submit(self.commit_pending)
        return accepted

    # What follows runs in the store's thread only.

    def open(self) -> sqlite3.Connection:
        """A connection; `schema` is then what the file holds."""
        try:
            if self.read_only:
                connection, self.schema = connect_to_read(self.path)
                return connection
            return connect(self.path)
        except sqlite3.Error as error:
            raise store_error(error, self.path) from error

    def select(self, identities: Sequence[str]) -> dict[str, StoredResponse]:
        """Those of `identities` that are stored."""
        found: dict[str, StoredResponse] = {}
        for start in range(0, len(identities), CHUNK):
            chunk = identities[start : start + CHUNK]
            for row in self.connection.execute(select_responses(len(chunk), self.schema), chunk):
                found[row[0]] = response_of(row)
        return found

    def commit_pending(self) -> None:
        """One transaction with all that was accepted so far; what arrives meanwhile is the next one's."""
        with self.lock:
            batch, self.pending = self.pending, []
        try:
            outcomes = self.commit_patiently([records for records, _ in batch])
        except sqlite3.Error as error:
            for _, accepted in batch:
                accepted.set_exception(store_error(error, self.path))
            return
        except Exception as error:  # a fault of ours: never a silent wait
            for _, accepted in batch:
                accepted.set_exception(error)
            return
        for (_, accepted), outcome in zip(batch, outcomes, strict=True):
            if isinstance(outcome, Exception):
                accepted.set_exception(outcome)
            else:
                accepted.set_result(outcome)

    def commit_patiently(
        self, batch: Sequence[tuple[StoredResponse, ...]]
    ) -> list[tuple[StoredResponse, ...] | Exception]:
        """`commit`, again while another process holds the file."""
        for _ in range(self.tries - 1):
            try:
                return self.commit(batch)
            except sqlite3.Error as error:
                if not is_locked(error):
                    raise
            threading.Event().wait(PAUSE)  # some refusals come at once
        return self.commit(batch)

    def commit(
        self, batch: Sequence[tuple[StoredResponse, ...]]
    ) -> list[tuple[StoredResponse, ...] | Exception]:
        """For each group of records what is stored now, or why one of them can't be; the others are."""
        faults: dict[int, Exception] = {}
        kept: list[str] = []
        before = self.connection.total_changes
        with Transaction(self.connection):
            for place, records in enumerate(batch):
                for record in records:
                    try:
                        self.connection.execute(INSERT_RESPONSE, columns_of(record))
                    except sqlite3.Error:
                        raise
                    except Exception as error:  # a value that SQLite has no room for: only this record fails
                        faults.setdefault(place, error)
                    else:
                        kept.append(record.identity)
        truth: dict[str, StoredResponse] = {}
        if self.connection.total_changes - before < len(kept):  # some identities were stored already
            truth = self.select(kept)
        return [
            faults.get(place) or tuple([truth.get(record.identity, record) for record in records])
            for place, records in enumerate(batch)
        ]

    def append(self, search: str, seq: int, kind: str, payload: str) -> None:
        """Commit one step of a journal."""
        with Transaction(self.connection):
            query = "SELECT count(*) FROM journal WHERE search = ?"
            (length,) = self.connection.execute(query, (search,)).fetchone()
            if seq != length:
                raise ValueError(f"the next step of this journal is {length}, not {seq}")
            self.connection.execute("INSERT INTO journal VALUES (?, ?, ?, ?)", (search, seq, kind, payload))

    def counted(self, name: str, add: int) -> int:
        """The counter after the addition."""
        query = "SELECT value FROM counters WHERE name = ?"
        if not add:
            row = self.connection.execute(query, (name,)).fetchone()
            return 0 if row is None else int(row[0])
        with Transaction(self.connection):
            self.connection.execute(ADD_TO_COUNTER, (name, add))
            return int(self.connection.execute(query, (name,)).fetchone()[0])

    def changed(self, statement: str, values: Sequence[tuple[str, ...]]) -> int:
        """How many rows a statement changed in all, in one transaction."""
        with Transaction(self.connection):
            return self.connection.executemany(statement, values).rowcount if values else 0

    def removed(self, identities: Sequence[str]) -> int:
        """How many responses are forgotten now."""
        names = [(identity,) for identity in identities]
        with Transaction(self.connection):
            self.connection.executemany(DELETE_FAILURE, names)
            count = self.connection.executemany(DELETE_RESPONSE, names).rowcount
        self.connection.execute("VACUUM")
        self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return max(count, 0)

    def transact(self, statement: str, values: tuple[str | int, ...]) -> None:
        """One statement, committed."""
        with Transaction(self.connection):
            self.connection.execute(statement, values)


class Transaction:
    """All or nothing. `IMMEDIATE`, so that the wait for another writer happens at the start."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def __enter__(self) -> None:
        self.connection.execute("BEGIN IMMEDIATE")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self.connection.execute("COMMIT")
        finally:
            # A commit that was refused leaves the transaction open; a full disk may have rolled back already.
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
