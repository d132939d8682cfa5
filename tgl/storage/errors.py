"""What can go wrong with a store, in words."""

from __future__ import annotations

import errno
import sqlite3
from enum import StrEnum
from pathlib import Path


class StoreErrorKind(StrEnum):
    """Classes of trouble with a store or a file of recorded responses."""

    LOCKED = "locked"
    READ_ONLY = "read_only"
    DISK_FULL = "disk_full"
    NOT_A_STORE = "not_a_store"
    NEWER = "newer"
    DAMAGED = "damaged"
    UNREADABLE = "unreadable"
    MALFORMED = "malformed"
    CLOSED = "closed"


class StoreError(Exception):
    """A store that can't be used.

    Args:
        kind: class of trouble.
        path: the file as the user knows it.
        message: one line for the person.
        help: what can be done, one line.
        line: 1-based line in a file of recorded responses, where there is one.
    """

    def __init__(
        self,
        kind: StoreErrorKind,
        path: str,
        message: str,
        *,
        help: str = "",
        line: int | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.path = path
        self.message = message
        self.help = help
        self.line = line


class JournalMismatch(Exception):
    """A search that does not repeat what its journal says: program, data, store or version changed."""

    def __init__(self, seq: int, stored: str, found: str) -> None:
        super().__init__(f"step {seq} of the search differs from its journal")
        self.seq = seq
        self.stored = stored
        self.found = found
        self.help = "start the search afresh, without --resume"


def store_error(error: sqlite3.Error, path: Path) -> StoreError:
    """What SQLite refused, as a typed error."""
    name = str(path)
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    match code:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StoreError(
                StoreErrorKind.LOCKED,
                name,
                f"{name} is in use by another process",
                help="wait until the other tglc has ended, or give another store with --store",
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            return StoreError(
                StoreErrorKind.READ_ONLY,
                name,
                f"{name} can't be written",
                help="make the file and its folder writable, or give another store with --store",
            )
        case sqlite3.SQLITE_CANTOPEN:
            return StoreError(
                StoreErrorKind.READ_ONLY,
                name,
                f"{name} can't be opened or made",
                help="make its folder writable, or give another store with --store",
            )
        case sqlite3.SQLITE_FULL:
            return StoreError(
                StoreErrorKind.DISK_FULL,
                name,
                f"the disk is full: {name} could not be written",
                help="free some space and resume; every response before this one is kept",
            )
        case sqlite3.SQLITE_NOTADB:
            return StoreError(
                StoreErrorKind.NOT_A_STORE,
                name,
                f"{name} is not a store of tglc",
                help="move the file away, or give another store with --store",
            )
        case _:
            return StoreError(
                StoreErrorKind.DAMAGED,
                name,
                f"{name} can't be used: {error}",
                help="move the file away; `tglc store import` restores an exported copy",
            )


def file_error(error: OSError, path: Path) -> StoreError:
    """What the file system refused, as a typed error."""
    name = str(path)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StoreError(
            StoreErrorKind.DISK_FULL,
            name,
            f"the disk is full: {name} could not be written",
            help="free some space",
        )
    reason = (error.strerror or str(error)).lower()
    return StoreError(StoreErrorKind.UNREADABLE, name, f"{name}: {reason}", help="check the path")
