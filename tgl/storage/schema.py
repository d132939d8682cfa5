"""The tables of a store, and the way from one version of them to the next.

A change bumps `SCHEMA` and adds a step to `STEPS`; a file of the older version stays in `tests/compat` as a
witness. A file is brought up to date in one transaction, so a process that is killed on the way leaves the
old file or the new one.
"""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

from tgl.storage.errors import StoreError, StoreErrorKind, file_error, no_store

SCHEMA = 2
MAGIC = b"SQLite format 3\0"
"""How every file of SQLite's starts, but an empty one."""
LOCK_WAIT = 5.0
"""Seconds that a write waits for another process."""
PAUSE = 0.05
"""Seconds between two tries of what SQLite does not wait for by itself."""

TABLES = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE responses (
        identity TEXT PRIMARY KEY, model TEXT NOT NULL, messages TEXT NOT NULL, options TEXT NOT NULL,
        draw INTEGER NOT NULL, salt TEXT NOT NULL, text TEXT NOT NULL, finish TEXT NOT NULL,
        prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL, latency INTEGER NOT NULL
    ) WITHOUT ROWID""",
    """CREATE TABLE journal (
        search TEXT NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL,
        PRIMARY KEY (search, seq)
    ) WITHOUT ROWID""",
    "CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
)
"""The first version; a new file goes through the same steps as an old one, so both end up alike."""
STEPS: dict[int, tuple[str, ...]] = {
    2: (
        "ALTER TABLE responses ADD COLUMN reasoning TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE responses ADD COLUMN logprobs BLOB",
        "ALTER TABLE responses ADD COLUMN parts TEXT NOT NULL DEFAULT ''",
        "CREATE TABLE notes (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
        """CREATE TABLE failures (
            identity TEXT PRIMARY KEY, failure TEXT NOT NULL, detail TEXT NOT NULL
        ) WITHOUT ROWID""",
    ),
}
"""What leads to each later version."""


def schema_of(connection: sqlite3.Connection, path: Path) -> int:
    """The version of a file's tables; 0 if it holds none yet.

    Raises:
        sqlite3.Error: SQLite refuses.
        StoreError: the file belongs to a later version, or to another program.
    """
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not tables:
        return 0
    foreign = StoreError(
        StoreErrorKind.NOT_A_STORE,
        str(path),
        f"{path} is a database of another program",
        help="give another store with --store",
    )
    if not {"meta", "responses", "journal"} <= tables:
        raise foreign
    row = connection.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()
    if row is None or not str(row[0]).isdecimal():
        raise foreign
    version = int(row[0])
    if version > SCHEMA:
        raise StoreError(
            StoreErrorKind.NEWER,
            str(path),
            f"{path} was written by a later version of tglc (schema {version}, this one knows {SCHEMA})",
            help="update tglc, or give another store with --store",
        )
    return version


def connect(path: Path) -> sqlite3.Connection:
    """A connection to a file of this version's schema; it is made, or brought up to date.

    Raises:
        sqlite3.Error: SQLite refuses.
        StoreError: the path is a folder, or the file belongs to a later version or to another program.
    """
    refuse_other_files(path)
    connection = sqlite3.connect(path, timeout=LOCK_WAIT, isolation_level=None, check_same_thread=False)
    try:
        found = schema_of(connection, path)  # before anything is written to a file that may not be ours
        switch_to_log(connection)
        connection.execute("PRAGMA synchronous = FULL")
        if found < SCHEMA:
            migrate(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def switch_to_log(connection: sqlite3.Connection) -> None:
    """Let readers and a writer work at a time. SQLite itself does not wait for this when two open a new file.

    Raises:
        sqlite3.Error: SQLite refuses.
    """
    for left in reversed(range(round(LOCK_WAIT / PAUSE))):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if not left or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            threading.Event().wait(PAUSE)


def connect_to_read(path: Path) -> tuple[sqlite3.Connection, int]:
    """A connection that writes nothing, and the file's schema.

    Raises:
        sqlite3.Error: SQLite refuses.
        StoreError: as `connect`; or the file is empty.
    """
    refuse_other_files(path)
    log = path.with_name(path.name + "-wal")
    # Where no process has the file open there is no log, and SQLite need not make one: that also works in a
    # folder that can't be written.
    mode = "mode=ro" if log.exists() and log.stat().st_size else "mode=ro&immutable=1"
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{mode}",
        uri=True,
        timeout=LOCK_WAIT,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        found = schema_of(connection, path)
        if not found:
            raise StoreError(StoreErrorKind.NOT_A_STORE, str(path), f"{path} is empty", help="check the path")
    except BaseException:
        connection.close()
        raise
    return connection, found


def refuse_other_files(path: Path) -> None:
    """Say what stands there, where SQLite would only say that it can't open, or would overwrite a short file.

    Raises:
        StoreError: the path is a folder, or a file that SQLite did not write.
    """
    if path.is_dir():
        raise StoreError(
            StoreErrorKind.UNREADABLE,
            str(path),
            f"{path} is a folder",
            help="name a file in it, such as store.sqlite",
        )
    try:
        with path.open("rb") as file:
            start = file.read(len(MAGIC))
    except FileNotFoundError:
        return
    except PermissionError:
        return  # SQLite knows the reason
    except OSError as error:
        raise file_error(error, path) from error
    if start and start != MAGIC:
        raise no_store(path)


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Make or extend the tables, all or nothing.

    Raises:
        sqlite3.Error: SQLite refuses.
        StoreError: as `schema_of`.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = schema_of(connection, path)  # again: another process may have been here
        if version == 0:
            for statement in TABLES:
                connection.execute(statement)
            connection.execute("INSERT INTO meta VALUES ('schema', '1')")
            version = 1
        for step in range(version + 1, SCHEMA + 1):
            for statement in STEPS[step]:
                connection.execute(statement)
        connection.execute("UPDATE meta SET value = ? WHERE name = 'schema'", (str(SCHEMA),))
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
