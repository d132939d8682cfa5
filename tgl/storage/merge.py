"""The union of stores: what one has and the other lacks is added; nothing is ever replaced.

Merging is idempotent, and in any order where no two stores hold different replies to one request (two
machines may have asked the same). Then the first that was stored stays, as everywhere (semantics.md 1),
and the difference is counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from tgl.storage.evidence import BATCH, lines_of
from tgl.storage.protocol import ResponseStore, Store
from tgl.storage.records import StoredFailure, StoredResponse


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge did.

    Args:
        added: responses that were not there.
        known: those that were there, with the same reply.
        differing: those that were there with another reply, which stayed.
        failures: failed calls that were not there.
        journals: journals that were not there, or went on further.
        other_journals: those that were there and say something else; they stayed.
    """

    added: int = 0
    known: int = 0
    differing: int = 0
    failures: int = 0
    journals: int = 0
    other_journals: int = 0


def import_(path: Path, store: Store) -> Merged:
    """Add a recording to a store. It is read twice, so that a bad line is seen before anything is added.

    Raises:
        StoreError: the file can't be read, a line is no response (then nothing was added), or the store
            can't be written.
    """
    for _ in lines_of(path):
        pass
    failed: list[StoredFailure] = []

    def responses() -> Iterator[StoredResponse]:
        for line in lines_of(path):
            if isinstance(line, StoredResponse):
                yield line
            else:
                failed.append(line)

    added, known, differing = add_responses(responses(), store)
    return Merged(added, known, differing, add_failures(failed, store))


def merge(source: Store, store: Store) -> Merged:
    """Add all of `source` to `store`. Counters become the greater of the two; notes that are there stay.

    Raises:
        StoreError: one can't be read, or the other can't be written; what was added so far stays.
    """
    added, known, differing = add_responses(source.records(), store)
    failures = add_failures(source.failures(), store)
    for name, value in source.counters().items():
        if (missing := value - store.count(name)) > 0:
            store.count(name, add=missing)
    for name, text in source.notes().items():
        if store.note_get(name) is None:
            store.note_put(name, text)
    outcomes = [add_journal(source, store, search) for search in source.searches()]
    return Merged(added, known, differing, failures, outcomes.count(True), outcomes.count(False))


def add_responses(records: Iterator[StoredResponse], store: ResponseStore) -> tuple[int, int, int]:
    """Add responses; how many were new, known, and known with another reply."""
    added = known = differing = 0
    while batch := list(islice(records, BATCH)):
        before = store.read([record.identity for record in batch])
        for record, stored in zip(batch, store.write(batch), strict=True):
            if record.identity not in before:
                added += 1
                before[record.identity] = stored
            elif same_reply(record, stored):
                known += 1
            else:
                differing += 1
    return added, known, differing


def same_reply(one: StoredResponse, other: StoredResponse) -> bool:
    """Whether two responses to one request say the same; when and how it was explained plays no part."""
    ignored = {"origin", "latency"}
    return one.model_dump(exclude=ignored) == other.model_dump(exclude=ignored)


def add_failures(failures: Iterable[StoredFailure], store: Store) -> int:
    """Add failed calls that have no response; how many were new."""
    wanted = list(failures)
    answered = store.read([failure.identity for failure in wanted])
    return store.write_failures(failure for failure in wanted if failure.identity not in answered)


def add_journal(source: Store, store: Store, search: str) -> bool | None:
    """Add what a journal has more. True: something; None: nothing; False: the two differ, and ours stays."""
    ours, theirs = store.journal_read(search), source.journal_read(search)
    common = min(len(ours), len(theirs))
    if ours[:common] != theirs[:common]:
        return False
    for step in theirs[common:]:
        store.journal_append(search, step.seq, step.kind, step.payload)
    return True if len(theirs) > common else None
