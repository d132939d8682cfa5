"""The commands on a store as a whole: into a file, out of a file, together with others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from tgl.pipeline.failed_calls import journalled_failures
from tgl.pipeline.sources import reason
from tgl.pipeline.stop import Exit, Stop
from tgl.pipeline.trouble import placeless, store_stop
from tgl.pipeline.workspace import Workspace
from tgl.storage import (
    Merged,
    RecordedFile,
    SqliteStore,
    Store,
    StoredFailure,
    StoreError,
    export,
    import_,
    is_recording,
    merge,
    open_store,
)

SQLITE = b"SQLite format 3\0"


def store_to_read(workspace: Workspace) -> Store:
    """The store, as it is: an older one is not brought up to date, and it need not be writable.

    Raises:
        Stop: there is none yet.
        StoreError: it can't be read.
    """
    return (
        open_store(workspace.address)
        if workspace.address
        else SqliteStore(existing(workspace), read_only=True)
    )


def store_to_write(workspace: Workspace, *, make: bool = False) -> Store:
    """The store; `make` makes a missing one.

    Raises:
        Stop: there is none yet, or its folder can't be made.
        StoreError: it can't be opened.
    """
    if workspace.address:
        return open_store(workspace.address)
    if not make:
        return SqliteStore(existing(workspace))
    try:
        workspace.store.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Stop(
            Exit.OUTSIDE,
            placeless(
                "R0301",
                f"the folder of the store, {workspace.store.parent}, can't be made: {reason(error)}",
                help="name another store with --store",
            ),
        ) from None
    return SqliteStore(workspace.store)


def existing(workspace: Workspace) -> Path:
    """The store's path.

    Raises:
        Stop: there is none yet.
    """
    if not workspace.store.exists():
        raise Stop(
            Exit.OUTSIDE,
            placeless(
                "R0301",
                f"there is no store at {workspace.store}",
                help="a search with --live makes one; `tglc store import FILE` fills one",
            ),
        )
    return workspace.store


@dataclass(frozen=True, slots=True)
class Exported:
    """How many lines a recording got."""

    responses: int
    failures: int


def export_responses(workspace: Workspace, target: Path, *, force: bool = False) -> Exported:
    """Write all responses, and the calls that failed and were never answered, to a file.

    Raises:
        Stop: the store can't be read, or the file can't be written or is no recording (and no `force`).
    """
    try:
        if not force and target.is_file() and not is_recording(target):
            raise Stop(
                Exit.USAGE,
                placeless(
                    "R0305",
                    f"{target} is there, and is no file of recorded responses",
                    help="--force overwrites it; or name another file",
                ),
            )
        with store_to_read(workspace) as store:
            failures = unanswered(store)
            return Exported(export(store, target, failures=failures), len(failures))
    except StoreError as error:
        raise store_stop(error) from None


def unanswered(store: Store) -> list[StoredFailure]:
    """The failed calls of recordings and of journals that have no response, sorted by identity.

    Raises:
        StoreError: the store can't be read.
    """
    found = {failure.identity: failure for failure in store.failures()}
    for search in store.searches():
        for identity, failure, detail in journalled_failures(store, search):
            found.setdefault(identity, StoredFailure(identity=identity, failure=failure, detail=detail))
    answered = store.read(list(found))
    return [found[identity] for identity in sorted(found) if identity not in answered]


def import_responses(workspace: Workspace, file: Path) -> Merged:
    """Add the responses and failures of a file.

    Raises:
        Stop: the file or the store can't be used; a bad line is told with its number, and adds nothing.
    """
    try:
        is_recording(file)  # before a store is made for it
        with store_to_write(workspace, make=True) as store:
            return import_(file, store)
    except StoreError as error:
        raise store_stop(error) from None


def merge_files(workspace: Workspace, files: Sequence[Path]) -> Merged:
    """Add other stores and recordings, in order.

    Raises:
        Stop: one of them can't be read (all are opened before the first is added), or the store not written.
    """
    try:
        for file in files:
            probe(file, workspace)
        with store_to_write(workspace, make=True) as store:
            return total(added(file, store) for file in files)
    except StoreError as error:
        raise store_stop(error) from None


def added(file: Path, store: Store) -> Merged:
    """Add one store or recording."""
    if not is_sqlite(file):
        return import_(file, store)
    with SqliteStore(file, read_only=True) as other:
        return merge(other, store)


def probe(file: Path, workspace: Workspace) -> None:
    """See whether a file is a store or a recording, and not the store itself.

    Raises:
        Stop: it is the store itself.
        StoreError: it can't be read.
    """
    if (
        not workspace.address
        and workspace.store.exists()
        and file.exists()
        and file.samefile(workspace.store)
    ):
        raise Stop(
            Exit.USAGE,
            placeless("R0305", f"{file} is the store itself", help="name other stores, or recordings"),
        )
    if is_sqlite(file):
        SqliteStore(file, read_only=True).close()
    else:
        RecordedFile(file)


def is_sqlite(file: Path) -> bool:
    """Whether a file starts as a SQLite database does."""
    try:
        with file.open("rb") as opened:
            return opened.read(len(SQLITE)) == SQLITE
    except OSError:
        return False


def total(parts: Iterable[Merged]) -> Merged:
    """The sums of some merges."""
    made = list(parts)
    return Merged(**{field.name: sum(getattr(part, field.name) for part in made) for field in fields(Merged)})
