"""Recorded responses as a file that people can read, compare and ship.

One JSON object a line, sorted by identity, no spaces, UTF-8. The same responses give the same bytes,
gzipped too (no time stamp, no name in the header).
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pydantic import JsonValue, TypeAdapter, ValidationError

from tgl.storage.errors import StoreError, StoreErrorKind, file_error
from tgl.storage.protocol import ReadOnlyResponses, ResponseStore
from tgl.storage.records import Origin, StoredResponse

BATCH = 1000
FIELDS = TypeAdapter(dict[str, JsonValue])


class RecordedFile:
    """The responses in a `.jsonl` or `.jsonl.gz` file, read once, never written.

    Raises:
        StoreError: the file can't be read, or a line is no response (its number is told).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.responses = {record.identity: record for record in reversed(list(lines_of(path)))}

    def read(self, identities: Sequence[str]) -> dict[str, StoredResponse]:
        return {key: found for key in identities if (found := self.responses.get(key)) is not None}

    def identities(self) -> list[str]:
        return sorted(self.responses)

    def records(self) -> Iterator[StoredResponse]:
        return (self.responses[identity] for identity in self.identities())


def export(store: ReadOnlyResponses, path: Path, identities: Iterable[str] | None = None) -> int:
    """Write recorded responses to a file, replaced in one step; gzipped if its name ends in `.gz`.

    Args:
        store: where they are.
        path: the file.
        identities: which ones (those that are not stored are left out); all if None.

    Returns:
        How many were written.

    Raises:
        StoreError: the store can't be read or the file can't be written.
    """
    records = store.records() if identities is None else chosen(store, sorted(set(identities)))
    part = path.with_name(f".{path.name}.part")
    written = 0
    try:
        with part.open("wb") as raw:
            packed = (
                gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) if path.suffix == ".gz" else raw
            )
            for record in records:
                packed.write(line_of(record).encode())
                written += 1
            if packed is not raw:
                packed.close()
            raw.flush()
            os.fsync(raw.fileno())
        part.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise file_error(error, path) from error
    return written


def import_(path: Path, store: ResponseStore) -> int:
    """Add a file's responses to a store; what is stored already stays as it is.

    Returns:
        How many the store did not have.

    Raises:
        StoreError: the file can't be read, a line is no response (then nothing was added), or the store
            can't be written.
    """
    records = list(RecordedFile(path).records())
    known = store.read([record.identity for record in records])
    for start in range(0, len(records), BATCH):
        store.write(records[start : start + BATCH])
    return len(records) - len(known)


def chosen(store: ReadOnlyResponses, identities: Sequence[str]) -> Iterator[StoredResponse]:
    """The stored ones of `identities`, in their order."""
    for start in range(0, len(identities), BATCH):
        chunk = identities[start : start + BATCH]
        found = store.read(chunk)
        yield from (found[identity] for identity in chunk if identity in found)


def line_of(record: StoredResponse) -> str:
    """A response as a line of a file."""
    # What schema 2 added is left out where it says nothing: older files keep their bytes.
    fields = {
        "identity": record.identity,
        **record.origin.model_dump(exclude_defaults=True),
        **record.model_dump(exclude={"identity", "origin"}, exclude_defaults=True),
    }
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")) + "\n"


def lines_of(path: Path) -> Iterator[StoredResponse]:
    """The responses of a file, in order."""
    data = b""
    try:
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gzip.decompress(data)
        text = data.decode()
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise malformed(path, None, "the file is no complete gzip file") from error
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise malformed(path, line, f"line {line} is not UTF-8") from error
    except OSError as error:
        raise file_error(error, path) from error
    for number, line in enumerate(io.StringIO(text, newline="\n"), start=1):
        if line.strip():
            yield response_in(path, number, line)


def response_in(path: Path, number: int, line: str) -> StoredResponse:
    """The response on a line."""
    try:
        fields = FIELDS.validate_json(line)
        origin = {name: fields.pop(name) for name in Origin.model_fields if name in fields}
        return StoredResponse.model_validate({**fields, "origin": origin})
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
