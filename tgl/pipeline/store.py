"""The commands on recorded responses."""

from __future__ import annotations

from pathlib import Path

from tgl.pipeline.stop import Exit, Stop
from tgl.pipeline.trouble import placeless, store_stop
from tgl.storage import RecordedFile, SqliteStore, StoreError, export, import_


def existing(store: Path) -> Path:
    """The store's path.

    Raises:
        Stop: there is none yet.
    """
    if not store.exists():
        raise Stop(
            Exit.OUTSIDE,
            placeless(
                "R0301",
                f"there is no store at {store}",
                help="a search with --live makes one; `tglc store import FILE` fills one",
            ),
        )
    return store


def export_responses(store: Path, target: Path) -> int:
    """Write all responses to a file; how many."""
    try:
        with SqliteStore(existing(store)) as responses:
            return export(responses, target)
    except StoreError as error:
        raise store_stop(error) from None


def import_responses(store: Path, file: Path) -> int:
    """Add the responses of a file; how many were new."""
    try:
        RecordedFile(file)  # before a store is made for it
        store.parent.mkdir(parents=True, exist_ok=True)
        with SqliteStore(store) as responses:
            return import_(file, responses)
    except StoreError as error:
        raise store_stop(error) from None


def count_responses(store: Path) -> int:
    """How many responses are stored."""
    try:
        with SqliteStore(existing(store)) as responses:
            return len(responses.identities())
    except StoreError as error:
        raise store_stop(error) from None
