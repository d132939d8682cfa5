"""The tables of a store, and the way in and out of them.

A change bumps `SCHEMA`; `prepare` then has to bring older files up to date, and an old file stays in
`tests/compat` as a witness.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from tgl.storage.errors import StoreError, StoreErrorKind
from tgl.storage.records import Origin, StoredResponse

SCHEMA = 1
CHUNK = 500
"""Identities in one query; SQLite allows 32,766 values, older builds 999."""

TABLES = (
    "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE IF NOT EXISTS responses (
        identity TEXT PRIMARY KEY, model TEXT NOT NULL, messages TEXT NOT NULL, options TEXT NOT NULL,
        draw INTEGER NOT NULL, salt TEXT NOT NULL, text TEXT NOT NULL, finish TEXT NOT NULL,
        prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL, latency INTEGER NOT NULL
    ) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS journal (
        search TEXT NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL,
        PRIMARY KEY (search, seq)
    ) WITHOUT ROWID""",
    "CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
)
INSERT_RESPONSE = "INSERT OR IGNORE INTO responses VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
ADD_TO_COUNTER = """
    INSERT INTO counters VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value
"""
IDENTITIES = "SELECT identity FROM responses ORDER BY identity"


def prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Bring a file to this version's schema.

    Raises:
        sqlite3.Error: SQLite refuses.
        StoreError: the file belongs to a later version, or to another program.
    """
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if tables and "meta" not in tables:
        raise StoreError(
            StoreErrorKind.NOT_A_STORE,
            str(path),
            f"{path} is a database of another program",
            help="give another store with --store",
        )
    if "meta" in tables:
        row = connection.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()
        if row is not None and int(row[0]) > SCHEMA:
            raise StoreError(
                StoreErrorKind.NEWER,
                str(path),
                f"{path} was written by a later version of tglc (schema {row[0]}, this one knows {SCHEMA})",
                help="update tglc, or give another store with --store",
            )
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    if "counters" not in tables:
        # One transaction, so that a process killed here leaves no half-made store.
        connection.execute("BEGIN IMMEDIATE")
        for statement in TABLES:
            connection.execute(statement)
        connection.execute("INSERT OR IGNORE INTO meta VALUES ('schema', ?)", (str(SCHEMA),))
        connection.execute("COMMIT")


def select_responses(count: int) -> str:
    """The query for `count` identities."""
    return f"SELECT * FROM responses WHERE identity IN ({','.join('?' * count)})"


def columns_of(record: StoredResponse) -> tuple[str | int, ...]:
    """A response as a row."""
    origin = record.origin
    return (
        record.identity,
        origin.model,
        origin.messages,
        origin.options,
        origin.draw,
        origin.salt,
        record.text,
        record.finish,
        record.prompt_tokens,
        record.completion_tokens,
        record.latency,
    )


def response_of(row: tuple[Any, ...]) -> StoredResponse:
    """A row as a response. Rows were checked when they were written."""
    return StoredResponse.model_construct(
        identity=row[0],
        origin=Origin.model_construct(
            model=row[1], messages=row[2], options=row[3], draw=row[4], salt=row[5]
        ),
        text=row[6],
        finish=row[7],
        prompt_tokens=row[8],
        completion_tokens=row[9],
        latency=row[10],
    )
