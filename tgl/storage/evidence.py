"""Recorded responses as a file that people can read, compare and ship.

One JSON object a line, sorted by identity, no spaces, UTF-8. The same responses give the same bytes,
gzipped too (no time stamp, no name in the header). A call that had failed for good is a line of its own,
with `identity`, `failure` and `detail`, so that a recording replays a search with its failures.
"""

from __future__ import annotations

import contextlib
import gzip
import heapq
import json
import os
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, TypeAlias

from pydantic import JsonValue, TypeAdapter, ValidationError

from tgl.storage.errors import StoreError, StoreErrorKind, file_error
from tgl.storage.protocol import ReadOnlyResponses
from tgl.storage.records import Origin, StoredFailure, StoredResponse

BATCH = 1000
LONGEST = 64 * 2**20
"""Bytes of the longest line: more is no response, and would only fill the memory."""
FIELDS = TypeAdapter(dict[str, JsonValue])

Line: TypeAlias = StoredResponse | StoredFailure


class RecordedFile:
    """The responses and failures in a `.jsonl` or `.jsonl.gz` file, read once, never written.

    The first line of an identity counts, and a response more than a failure.

    Raises:
        StoreError: the file can't be read, or a line is no response (its number is told).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.responses: dict[str, StoredResponse] = {}
        failed: dict[str, StoredFailure] = {}
        for line in lines_of(path):
            if isinstance(line, StoredResponse):
                self.responses.setdefault(line.identity, line)
            else:
                failed.setdefault(line.identity, line)
        self.failed = {name: failed[name] for name in sorted(failed) if name not in self.responses}

    def read(self, identities: Sequence[str]) -> dict[str, StoredResponse]:
        return {key: found for key in identities if (found := self.responses.get(key)) is not None}

    def identities(self) -> list[str]:
        return sorted(self.responses)

    def records(self) -> Iterator[StoredResponse]:
        return (self.responses[identity] for identity in self.identities())

    def failures(self) -> list[StoredFailure]:
        """The failed calls, sorted by identity."""
        return list(self.failed.values())


def export(
    store: ReadOnlyResponses,
    path: Path,
    identities: Iterable[str] | None = None,
    *,
    failures: Iterable[StoredFailure] = (),
) -> int:
    """Write recorded responses to a file, replaced in one step; gzipped if its name ends in `.gz`.

    Args:
        store: where they are.
        path: the file.
        identities: which ones (those that are not stored are left out); all if None.
        failures: calls that failed; those with a response in the file are left out.

    Returns:
        How many responses were written.

    Raises:
        StoreError: the store can't be read or the file can't be written.
    """
    records = store.records() if identities is None else chosen(store, sorted(set(identities)))
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as raw:
            if path.suffix == ".gz":
                with gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as packed:
                    written = write_lines(packed, records, failures)
            else:
                written = write_lines(raw, records, failures)
            raw.flush()
            os.fsync(raw.fileno())
        part.replace(path)
    except OSError as error:
        raise file_error(error, path) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    return written


def write_lines(
    file: IO[bytes] | gzip.GzipFile, records: Iterator[StoredResponse], failures: Iterable[StoredFailure]
) -> int:
    """Write sorted lines; how many of them are responses."""
    written, last = 0, ""
    failed = sorted(failures, key=identity_of)
    merged: Iterator[Line] = heapq.merge(records, failed, key=identity_of)  # stable: responses first
    for line in merged:
        if isinstance(line, StoredFailure) and line.identity == last:
            continue
        last = line.identity
        written += isinstance(line, StoredResponse)
        file.write(text_of(line).encode())
    return written


def identity_of(line: Line) -> str:
    """What lines are sorted by."""
    return line.identity


def chosen(store: ReadOnlyResponses, identities: Sequence[str]) -> Iterator[StoredResponse]:
    """The stored ones of `identities`, in their order."""
    for start in range(0, len(identities), BATCH):
        chunk = identities[start : start + BATCH]
        found = store.read(chunk)
        yield from (found[identity] for identity in chunk if identity in found)


def text_of(line: Line) -> str:
    """A line of a file. What schema 2 added is left out where it is empty: older files keep their bytes."""
    if isinstance(line, StoredFailure):
        fields = line.model_dump()
    else:
        fields = {
            "identity": line.identity,
            **line.origin.model_dump(exclude_defaults=True),
            **line.model_dump(exclude={"identity", "origin"}, exclude_defaults=True),
        }
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")) + "\n"


def lines_of(path: Path) -> Iterator[Line]:
    """The lines of a file, in order, one at a time: a file may be larger than the memory.

    Raises:
        StoreError: the file can't be read, or a line is no response (its number is told).
    """
    number = 0
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            while data := file.readline(LONGEST):
                number += 1
                if len(data) == LONGEST:
                    raise malformed(path, number, f"line {number} is longer than {LONGEST // 2**20} MiB")
                if data.strip():
                    yield line_in(path, number, data)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise malformed(path, None, "the file is no complete gzip file") from error
    except OSError as error:
        raise file_error(error, path) from error


def line_in(path: Path, number: int, data: bytes) -> Line:
    """What a line says."""
    try:
        fields = FIELDS.validate_json(data.decode())
        if "failure" in fields:
            return StoredFailure.model_validate(fields)
        origin = {name: fields.pop(name) for name in Origin.model_fields if name in fields}
        return StoredResponse.model_validate({**fields, "origin": origin})
    except UnicodeDecodeError as error:
        raise malformed(path, number, f"line {number} is not UTF-8") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = "".join(f"`{part}`: " for part in first["loc"] if part != "origin")
        raise malformed(path, number, f"line {number}: {place}{first['msg'].lower()}") from error


def malformed(path: Path, line: int | None, reason: str) -> StoreError:
    """What a file of recorded responses should not hold."""
    return StoreError(
        StoreErrorKind.MALFORMED,
        str(path),
        f"{path}: {reason}",
        help="write the file again with `tglc store export`",
        line=line,
    )


def is_recording(path: Path) -> bool:
    """Whether a file is empty or starts as a recording does.

    Raises:
        StoreError: it can't be read.
    """
    try:
        next(lines_of(path), None)
    except StoreError as error:
        if error.kind is StoreErrorKind.MALFORMED:
            return False
        raise
    return True
