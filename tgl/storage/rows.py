"""Responses as rows of the store's tables, and back."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from typing import Any

from tgl.storage.records import Origin, StoredResponse

CHUNK = 500
"""Identities in one query; SQLite allows 32,766 values, older builds 999."""
COLUMNS = (
    "identity, model, messages, options, draw, salt, text, finish, prompt_tokens, completion_tokens, latency"
)
ADDED = {1: "'', NULL, ''", 2: "reasoning, logprobs, parts"}
"""The columns that came with schema 2, by schema: a file that can't be written is read as it is."""

INSERT_RESPONSE = (
    f"INSERT OR IGNORE INTO responses ({COLUMNS}, reasoning, logprobs, parts) VALUES ({','.join('?' * 14)})"
)
ADD_TO_COUNTER = """
    INSERT INTO counters VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value
"""
PUT_NOTE = "INSERT INTO notes VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
SELECT_NOTE = "SELECT value FROM notes WHERE name = ?"
IDENTITIES = "SELECT identity FROM responses ORDER BY identity"
SELECT_FAILURES = "SELECT identity, failure, detail FROM failures ORDER BY identity"
INSERT_FAILURE = "INSERT OR IGNORE INTO failures VALUES (?, ?, ?)"
DELETE_RESPONSE = "DELETE FROM responses WHERE identity = ?"
DELETE_FAILURE = "DELETE FROM failures WHERE identity = ?"
SEARCHES = "SELECT DISTINCT search FROM journal ORDER BY search"


def select_responses(count: int, schema: int) -> str:
    """The query for `count` identities."""
    return f"SELECT {COLUMNS}, {ADDED[schema]} FROM responses WHERE identity IN ({','.join('?' * count)})"


def columns_of(record: StoredResponse) -> tuple[str | int | bytes | None, ...]:
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
        record.reasoning,
        None if record.logprobs is None else packed(record.logprobs),
        origin.parts,
    )


def response_of(row: tuple[Any, ...]) -> StoredResponse:
    """A row as a response. Rows were checked when they were written."""
    return StoredResponse.model_construct(
        identity=row[0],
        origin=Origin.model_construct(
            model=row[1], messages=row[2], options=row[3], draw=row[4], salt=row[5], parts=row[13]
        ),
        text=row[6],
        finish=row[7],
        prompt_tokens=row[8],
        completion_tokens=row[9],
        latency=row[10],
        reasoning=row[11],
        logprobs=None if row[12] is None else unpacked(row[12]),
    )


def packed(values: Sequence[float]) -> bytes:
    """Numbers as 8 bytes each, little-endian IEEE 754: exact, and smaller than text."""
    numbers = array("d", values)
    if sys.byteorder == "big":  # pragma: no cover - no such machine in CI
        numbers.byteswap()
    return numbers.tobytes()


def unpacked(data: bytes) -> tuple[float, ...]:
    """The numbers that `packed` packed."""
    numbers = array("d", data)
    if sys.byteorder == "big":  # pragma: no cover - no such machine in CI
        numbers.byteswap()
    return tuple(numbers)
