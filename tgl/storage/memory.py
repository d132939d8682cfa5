"""A store that lives and dies with its process."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Generator, Iterable, Iterator, Mapping, Sequence
from types import TracebackType

from tgl.storage.journal import JournalRecord
from tgl.storage.records import StoredFailure, StoredResponse


class MemoryStore:
    """All of a store in dictionaries. Thread-safe: a step is locked, or one operation on a dictionary."""

    def __init__(self, records: Sequence[StoredResponse] = ()) -> None:
        self.responses: dict[str, StoredResponse] = {}
        self.journals: dict[str, list[JournalRecord]] = {}
        self.failed: dict[str, StoredFailure] = {}
        self.counted: dict[str, int] = {}
        self.noted: dict[str, str] = {}
        self.lock = threading.Lock()
        self.write(records)

    def __enter__(self) -> MemoryStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Do nothing: there is no file to let go."""

    def read(self, identities: Sequence[str]) -> dict[str, StoredResponse]:
        return {key: found for key in identities if (found := self.responses.get(key)) is not None}

    def identities(self) -> list[str]:
        return sorted(self.responses)

    def records(self) -> Iterator[StoredResponse]:
        return (self.responses[identity] for identity in self.identities())

    def write(self, records: Sequence[StoredResponse]) -> tuple[StoredResponse, ...]:
        return tuple(self.responses.setdefault(record.identity, record) for record in records)

    async def get_many(self, identities: Sequence[str]) -> dict[str, StoredResponse]:
        return self.read(identities)

    def put(self, records: Sequence[StoredResponse]) -> Awaitable[tuple[StoredResponse, ...]]:
        return Settled(self.write(records))

    def journal_read(self, search: str) -> tuple[JournalRecord, ...]:
        return tuple(self.journals.get(search, ()))

    def journal_append(self, search: str, seq: int, kind: str, payload: str) -> None:
        with self.lock:
            steps = self.journals.setdefault(search, [])
            if seq != len(steps):
                raise ValueError(f"the next step of this journal is {len(steps)}, not {seq}")
            steps.append(JournalRecord(seq, kind, payload))

    def journal_clear(self, search: str) -> None:
        self.journals.pop(search, None)

    def searches(self) -> list[str]:
        return sorted(search for search, steps in self.journals.items() if steps)

    def count(self, name: str, *, add: int = 0) -> int:
        with self.lock:
            value = self.counted.get(name, 0) + add
            if add:
                self.counted[name] = value
            return value

    def counters(self) -> Mapping[str, int]:
        return dict(sorted(self.counted.items()))

    def note_get(self, name: str) -> str | None:
        return self.noted.get(name)

    def note_put(self, name: str, text: str) -> None:
        self.noted[name] = text

    def note_clear(self, name: str) -> None:
        self.noted.pop(name, None)

    def notes(self) -> Mapping[str, str]:
        return dict(sorted(self.noted.items()))

    def failures(self) -> list[StoredFailure]:
        return [self.failed[identity] for identity in sorted(self.failed)]

    def write_failures(self, failures: Iterable[StoredFailure]) -> int:
        with self.lock:
            before = len(self.failed)
            for failure in failures:
                self.failed.setdefault(failure.identity, failure)
            return len(self.failed) - before

    def remove(self, identities: Sequence[str]) -> int:
        with self.lock:
            for identity in identities:
                self.failed.pop(identity, None)
            return sum(self.responses.pop(identity, None) is not None for identity in identities)


class Settled:
    """An awaitable whose value is already there (a coroutine would warn if nobody awaited it)."""

    def __init__(self, value: tuple[StoredResponse, ...]) -> None:
        self.value = value

    def __await__(self) -> Generator[None, None, tuple[StoredResponse, ...]]:
        yield from ()
        return self.value
