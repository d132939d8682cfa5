"""The calls that failed for good: kept in the journal of their search, since failures are not stored."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from pydantic import JsonValue

from tgl.emit import imports_hash, program_hash
from tgl.evaluate import FAILURES, failures_in
from tgl.pipeline.loading import import_texts
from tgl.pipeline.resolved import ResolvedProgram
from tgl.pipeline.session import Session, shots_hashes
from tgl.storage import Journal, Store, StoredFailure
from tgl.version import VERSION


def journal_key(text: str, imports: tuple[str, ...], data: str, graph: str, shots: Mapping[str, str]) -> str:
    """Names a program's journal in the store: hash of program, imports, data, shots and version."""
    parts: list[JsonValue] = [VERSION, program_hash(text), imports_hash(imports), data, graph]
    if shots:
        parts.append(dict(shots))
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


async def recall_failures(session: Session, key: str, *, resume: bool, live: bool) -> None:
    """Let calls fail again that failed in a search that goes on or is replayed: failures are not stored.

    Raises:
        StoreError: the journal can't be read.
    """
    if live and not resume:
        return
    failed = journalled_failures(session.store, key) if resume else await failed_before(session, key)
    for identity, failure, detail in failed:
        session.executor.assume_failed(identity, failure, detail)


async def failed_before(session: Session, key: str) -> list[tuple[str, str, str]]:
    """The failed calls that a replay repeats: identity, class, detail; the last of an identity counts.

    What has been answered since is believed. What travels with a program counts before the store, failures
    too.

    Raises:
        StoreError: the store can't be read.
    """
    seen = [*journalled_failures(session.store, key), *map(as_tuple, session.store.failures())]
    answered = await session.executor.store.get_many([identity for identity, _, _ in seen])
    return [*(one for one in seen if one[0] not in answered), *map(as_tuple, session.failures)]


def resolved_key(program: ResolvedProgram, data: str) -> str:
    """Names the journal in which a search left the failed calls of the program that it wrote.

    Args:
        program: the resolved program.
        data: hash of the data that it is measured on.
    """
    shots = shots_hashes(program.ir, program.folder)
    return journal_key(program.text, import_texts(program.checked), data, program.ir.graph.name, shots)


def journalled_failures(store: Store, key: str) -> list[tuple[str, str, str]]:
    """The failed calls in a journal: identity, class, detail.

    Raises:
        StoreError: the journal can't be read.
    """
    steps = (step for step in store.journal_read(key) if step.kind == FAILURES)
    return [failed for step in steps for failed in failures_in(step.value)]


def as_tuple(failed: StoredFailure) -> tuple[str, str, str]:
    """A failed call as journals hold it."""
    return failed.identity, failed.failure, failed.detail


def failed_calls(session: Session) -> list[StoredFailure]:
    """The calls that have failed for good in this session."""
    return [
        StoredFailure(identity=name, failure=one.failure, detail=one.detail)
        for name, one in session.executor.failed.items()
    ]


def leave_failures(session: Session, key: str) -> None:
    """Let `eval` and `verify` of a resolved program know the calls that failed.

    Args:
        session: in which they did.
        key: names the journal of the program that was written, as `resolved_key`.

    Raises:
        StoreError: the store can't be written.
    """
    session.store.journal_clear(key)
    failed = session.executor.failed
    if failed:
        rows: list[JsonValue] = [[name, failed[name].failure, failed[name].detail] for name in sorted(failed)]
        Journal(session.store, key, resume=False).record(FAILURES, rows)
