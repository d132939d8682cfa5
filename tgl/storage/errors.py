"""What can go wrong with a store, in words."""

from __future__ import annotations

import errno
import sqlite3
from enum import StrEnum
from pathlib import Path

WRITING = frozenset(
    {
        sqlite3.SQLITE_IOERR_WRITE,
        sqlite3.SQLITE_IOERR_FSYNC,
        sqlite3.SQLITE_IOERR_DIR_FSYNC,
        sqlite3.SQLITE_IOERR_TRUNCATE,
        sqlite3.SQLITE_IOERR_SHMSIZE,
    }
)
"""Failures of SQLite's that come of writing, though it knows no more than that."""


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


def is_locked(error: sqlite3.Error) -> bool:
    """Whether another connection is in the way, which passes."""
    code = getattr(error, "sqlite_errorcode", None) or 0
    return code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def store_error(error: sqlite3.Error, path: Path) -> StoreError:
    """What SQLite refused, as a typed error."""
    name = str(path)
    extended = getattr(error, "sqlite_errorcode", None) or 0
    match extended & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StoreError(
                StoreErrorKind.LOCKED,
                name,
                f"{name} is in use by another process",
                help="wait until the other tglc has ended, or give another store with --store",
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            return read_only_error(path)
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
            return no_store(path)
        case sqlite3.SQLITE_IOERR if extended in WRITING:
            return StoreError(
                StoreErrorKind.DISK_FULL,
                name,
                f"the disk takes no more: {name} could not be written",
                help="free some space or raise the limit on files, and resume; what was stored is kept",
            )
        case sqlite3.SQLITE_IOERR:
            return StoreError(
                StoreErrorKind.UNREADABLE, name, f"{name} can't be read: {error}", help="check the disk"
            )
        case _:
            return StoreError(
                StoreErrorKind.DAMAGED,
                name,
                f"{name} can't be used: {error}",
                help="move the file away; `tglc store import` restores an exported copy",
            )


def read_only_error(path: Path) -> StoreError:
    """What a file is that may only be read."""
    return StoreError(
        StoreErrorKind.READ_ONLY,
        str(path),
        f"{path} can't be written",
        help="make the file and its folder writable, or give another store with --store",
    )


def no_store(path: Path) -> StoreError:
    """What a file is that SQLite did not write."""
    return StoreError(
        StoreErrorKind.NOT_A_STORE,
        str(path),
        f"{path} is not a store of tglc",
        help="move the file away, or give another store with --store",
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
