"""A store with recorded files above it."""

from __future__ import annotations

import heapq
from collections.abc import Awaitable, Generator, Iterator, Sequence

from tgl.storage.protocol import ReadOnlyResponses, ResponseStore
from tgl.storage.records import StoredResponse


class Layered:
    """Looks into the recorded files first, in order, then into the store; writes into the store.

    Recorded files win: they are what a program names as its evidence, so a store that grew another
    response for the same identity does not change what the program shows.
    """

    def __init__(self, store: ResponseStore, *recorded: ReadOnlyResponses) -> None:
        self.store = store
        self.recorded = recorded

    def overlay(self, identities: Sequence[str]) -> tuple[dict[str, StoredResponse], list[str]]:
        """What the recorded files know, and the identities they lack."""
        found: dict[str, StoredResponse] = {}
        wanted = list(identities)
        for layer in self.recorded:
            found.update(layer.read(wanted))
            wanted = [identity for identity in wanted if identity not in found]
        return found, wanted

    def read(self, identities: Sequence[str]) -> dict[str, StoredResponse]:
        found, wanted = self.overlay(identities)
        return found | self.store.read(wanted) if wanted else found

    async def get_many(self, identities: Sequence[str]) -> dict[str, StoredResponse]:
        found, wanted = self.overlay(identities)
        return found | await self.store.get_many(wanted) if wanted else found

    def identities(self) -> list[str]:
        layers = (self.store, *self.recorded)
        return sorted({identity for layer in layers for identity in layer.identities()})

    def records(self) -> Iterator[StoredResponse]:
        streams = [layer.records() for layer in (*self.recorded, self.store)]
        last = ""
        for record in heapq.merge(
            *streams, key=lambda record: record.identity
        ):  # stable: a recorded one first
            if record.identity != last:
                last = record.identity
                yield record

    def write(self, records: Sequence[StoredResponse]) -> tuple[StoredResponse, ...]:
        stored = self.store.write(records)
        return self.counting(stored)

    def put(self, records: Sequence[StoredResponse]) -> Awaitable[tuple[StoredResponse, ...]]:
        return Counting(self, self.store.put(records))

    def counting(self, stored: Sequence[StoredResponse]) -> tuple[StoredResponse, ...]:
        """The response that counts for each: a recorded one before a stored one."""
        found, _ = self.overlay([record.identity for record in stored])
        return tuple(found.get(record.identity, record) for record in stored)


class Counting:
    """Awaits a store, then lets the recorded files win. Unlike a coroutine it may be left unawaited."""

    def __init__(self, layers: Layered, accepted: Awaitable[tuple[StoredResponse, ...]]) -> None:
        self.layers = layers
        self.accepted = accepted

    def __await__(self) -> Generator[object, None, tuple[StoredResponse, ...]]:
        return self.layers.counting((yield from self.accepted.__await__()))
