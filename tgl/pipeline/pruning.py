"""What may go from a store, and letting it go."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tgl.evaluate import NoPrice, measure_alone
from tgl.pipeline.failed_calls import recall_failures, resolved_key
from tgl.pipeline.finished import PREFIX
from tgl.pipeline.guard import outside_trouble
from tgl.pipeline.loading import load_program, lower_program
from tgl.pipeline.resolved import load_resolved
from tgl.pipeline.searching import prepare, search
from tgl.pipeline.session import RunOptions, open_session
from tgl.pipeline.stop import Exit, Stop
from tgl.pipeline.store import store_to_read, store_to_write
from tgl.pipeline.task import evaluator_of, load_task, split_task
from tgl.pipeline.trouble import placeless, store_stop
from tgl.pipeline.watch import Watch
from tgl.pipeline.workspace import Workspace
from tgl.report import SilentProgress
from tgl.storage import RecordedFile, StoreError

SHORTEST = 4
"""Digits of a fingerprint that are enough to name a model."""


@dataclass(frozen=True, slots=True)
class Prunable:
    """What may go: responses by identity, searches whose journal goes, and how many responses stay.

    `notes` go with the journals: what finished searches found, which is only kept to save time.
    """

    identities: tuple[str, ...]
    searches: tuple[str, ...]
    staying: int
    notes: tuple[str, ...] = ()


def of_model(workspace: Workspace, fingerprint: str) -> Prunable:
    """The responses of the model whose fingerprint starts so.

    Raises:
        Stop: no model, or several, have such a fingerprint; or the store can't be read.
    """
    try:
        with store_to_read(workspace) as store:
            origins = {record.identity: record.origin.model for record in store.records()}
    except StoreError as error:
        raise store_stop(error) from None
    found = sorted({model for model in origins.values() if model.startswith(fingerprint)})
    if len(fingerprint) < SHORTEST or len(found) != 1:
        known = ", ".join(sorted(set(origins.values()))) or "none"
        told = "several models have" if len(found) > 1 else "no model has"
        problem = (
            f"{told} responses under a fingerprint that starts with `{fingerprint}`"
            if len(fingerprint) >= SHORTEST
            else f"`{fingerprint}` is too short to name a model"
        )
        raise Stop(Exit.USAGE, placeless("R0305", problem, help=f"fingerprints in this store: {known}"))
    going = tuple(identity for identity, model in origins.items() if model == found[0])
    return Prunable(going, (), len(origins) - len(going))


def of_journals(workspace: Workspace) -> Prunable:
    """All journals, and what finished searches found.

    Raises:
        Stop: the store can't be read.
    """
    try:
        with store_to_read(workspace) as store:
            notes = tuple(name for name in store.notes() if name.startswith(PREFIX))
            return Prunable((), tuple(store.searches()), len(store.identities()), notes)
    except StoreError as error:
        raise store_stop(error) from None


async def unreferenced(workspace: Workspace, programs: Sequence[str], *, trust: bool = False) -> Prunable:
    """The responses that no program needs.

    A program with choices needs those of its search, one without those of its measurement.

    Raises:
        Stop: what a program needs can't be told, since some of it is not stored.
    """
    needed: set[str] = set()
    for name in programs:
        try:
            needed |= await referenced(name, workspace, trust=trust)
        except Stop as stop:
            note = f"nothing was removed: what {name} needs can't be told before it can be replayed"
            raise Stop(stop.exit_code, *stop.diagnostics, message=stop.message or note) from None
    try:
        with store_to_read(workspace) as store:
            stored = store.identities()
    except StoreError as error:
        raise store_stop(error) from None
    going = tuple(identity for identity in stored if identity not in needed)
    return Prunable(going, (), len(stored) - len(going))


async def referenced(name: str, workspace: Workspace, *, trust: bool = False) -> set[str]:
    """The identities that a program needs.

    Raises:
        Stop: it can't be replayed from what is stored.
    """
    if lower_program(load_program(name)).is_resolved:
        return await measured(name, workspace, trust=trust)
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "needed.jsonl"
        await search(
            prepare(name),
            workspace,
            RunOptions(trust=trust),
            Watch(SilentProgress()),
            keep=False,
            record=record,
        )
        return set(RecordedFile(record).identities())


async def measured(name: str, workspace: Workspace, *, trust: bool = False) -> set[str]:
    """The identities that the measurement of a resolved program needs.

    Raises:
        Stop: it can't be replayed from what is stored.
    """
    program = load_resolved(name)
    data = load_task(program.ir, program.folder)
    watch, options = Watch(SilentProgress()), RunOptions(trust=trust)
    async with open_session(program.ir, program.folder, workspace, options, on_event=watch.event) as session:
        with outside_trouble(session.executor.store):
            await recall_failures(session, resolved_key(program, data.dataset.hash), resume=False, live=False)
            alone = await measure_alone(
                program.ir,
                evaluator_of(program.ir, split_task(data, read=("test",)), session, scoring=False),
                purpose="verify",
                seed=program.seed,
                reference_tokens=program.unit_tokens,
            )
        if isinstance(alone, NoPrice):
            raise Stop(Exit.FAILED, alone.diagnostic())
        return set(session.executor.known)


def prune(workspace: Workspace, going: Prunable) -> None:
    """Let go of it.

    Raises:
        Stop: the store can't be written.
    """
    try:
        with store_to_write(workspace) as store:
            for name in going.searches:
                store.journal_clear(name)
            for name in going.notes:
                store.note_clear(name)
            store.remove(going.identities)
    except StoreError as error:
        raise store_stop(error) from None
