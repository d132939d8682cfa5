"""What a store is."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Protocol, runtime_checkable

from tgl.storage.journal import JournalRecord
from tgl.storage.records import StoredFailure, StoredResponse


class ReadOnlyResponses(Protocol):
    """Responses that can be looked up. Never fails for an identity that is not there."""

    def read(self, identities: Sequence[str]) -> dict[str, StoredResponse]:
        """Those of `identities` that are stored. Blocks on the disk.

        Raises:
            StoreError: the store can't be read.
        """
        ...

    def identities(self) -> list[str]:
        """All stored identities, sorted."""
        ...

    def records(self) -> Iterator[StoredResponse]:
        """All stored responses, sorted by identity."""
        ...


class ResponseStore(ReadOnlyResponses, Protocol):
    """Responses that can be looked up and added.

    Thread-safe. Accepted means safe: what `put` took is committed even if nobody awaits it, unless the
    process is killed first.
    """

    async def get_many(self, identities: Sequence[str]) -> dict[str, StoredResponse]:
        """As `read`, off the event loop."""
        ...

    def put(self, records: Sequence[StoredResponse]) -> Awaitable[tuple[StoredResponse, ...]]:
        """Accept records now; the awaitable ends after their transaction has committed.

        Needs a running event loop. Returns, in order, the response that counts for each record's
        identity: the first that was ever stored.

        Raises:
            StoreError: (when awaited) nothing of this batch was stored.
        """
        ...

    def write(self, records: Sequence[StoredResponse]) -> tuple[StoredResponse, ...]:
        """As `put`, blocking."""
        ...


class Transcript(Protocol):
    """Where search journals are kept. A search is named by a key: the hash of program, seed and options."""

    def journal_read(self, search: str) -> tuple[JournalRecord, ...]:
        """The records of a search, in order; empty if there is none."""
        ...

    def journal_append(self, search: str, seq: int, kind: str, payload: str) -> None:
        """Commit one record. `seq` counts from 0 without a gap.

        Raises:
            StoreError: it could not be committed.
            ValueError: that place is taken.
        """
        ...

    def journal_clear(self, search: str) -> None:
        """Forget a search."""
        ...

    def searches(self) -> list[str]:
        """The searches that have a journal, sorted."""
        ...

    def count(self, name: str, *, add: int = 0) -> int:
        """The value of a named counter after `add` was added (semantics.md 5: reads of the test split)."""
        ...

    def counters(self) -> Mapping[str, int]:
        """All counters, sorted by name."""
        ...

    def note_get(self, name: str) -> str | None:
        """A short text that was kept under a name (what a probe of a model found); None if there is none.

        Raises:
            StoreError: the store can't be read.
        """
        ...

    def note_put(self, name: str, text: str) -> None:
        """Keep a short text under a name, committed on return; an older one is replaced.

        Raises:
            StoreError: it could not be committed.
        """
        ...

    def note_clear(self, name: str) -> None:
        """Forget a note, if there is one.

        Raises:
            StoreError: it could not be committed.
        """
        ...

    def notes(self) -> Mapping[str, str]:
        """All notes, sorted by name."""
        ...


@runtime_checkable
class Store(ResponseStore, Transcript, Protocol):
    """All that a project keeps: responses, failures, journals, counters and notes. A context manager."""

    def failures(self) -> list[StoredFailure]:
        """The failed calls that came with recordings, sorted by identity."""
        ...

    def write_failures(self, failures: Iterable[StoredFailure]) -> int:
        """Add failed calls, committed on return; the first of an identity stays. How many were new.

        Raises:
            StoreError: none was stored.
        """
        ...

    def remove(self, identities: Sequence[str]) -> int:
        """Forget responses and failures, and give their room back. How many responses there were.

        Raises:
            StoreError: nothing was forgotten.
        """
        ...

    def close(self) -> None:
        """Commit what was accepted and let go of everything. Idempotent."""
        ...

    def __enter__(self) -> Store: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
