"""From files to the rows that count, or everything that is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from tgl.data.decoding import CAPS, Caps
from tgl.data.fields import is_kept, with_fields
from tgl.data.file_problems import NoSuchFile, TooLarge
from tgl.data.files import DataFile, DataFiles, read_files
from tgl.data.formats import ENDS, IDS, detected, file_rows
from tgl.data.problems import Findings, NoExamples, NothingLeft, NotReadableValue, Problem
from tgl.data.repeat_problems import RepeatedIds
from tgl.data.values import Row, as_text, is_scalar, kind_of, shortened
from tgl.diagnostics import Severity
from tgl.ir import DataFormat, DataSpec

USUAL_IDS = ("id", "task_id", "unique_id")
"""Fields that tell rows apart in most data; a repeat in one is a warning, since nobody declared it."""


@dataclass(frozen=True, slots=True)
class ReadRows:
    """The rows of a data set.

    Args:
        name: as the user knows it.
        format: in which they were read; None if that could not be told.
        rows: those that count, in order.
        found: how many were read before the filter.
        files: how many files they come from.
        ignored: files of a folder that hold no rows by their names.
        hash: `sha256:…` of the files' bytes.
        problems: what is wrong; errors and warnings.
    """

    name: str
    format: DataFormat | None
    rows: tuple[Row, ...]
    found: int
    files: int
    ignored: tuple[str, ...]
    hash: str
    problems: tuple[Problem, ...]

    @property
    def is_usable(self) -> bool:
        """Whether no problem is an error."""
        return all(one.diagnostic().severity is not Severity.ERROR for one in self.problems)


def read_data(path: Path, spec: DataSpec | None = None, *, caps: Caps = CAPS) -> ReadRows:
    """The rows of a file or a folder. Never raises on content.

    Args:
        path: of the file or folder.
        spec: how they are read; None: as the names of the files tell.
        caps: the most that is read.
    """
    chosen = DataSpec() if spec is None else spec
    ends = None if chosen.format is None else ENDS[chosen.format]
    files = read_files(path, ends=ends, caps=caps)
    if isinstance(files, NoSuchFile | TooLarge):
        return ReadRows(str(path), chosen.format, (), 0, 0, (), "", (files,))
    return rows_of(files, chosen, caps=caps)


def content_rows(content: bytes, name: str, spec: DataSpec) -> ReadRows:
    """The rows of the bytes of one file; JSONL if neither the spec nor the name tells the format."""
    file = DataFile(name, name.replace("\\", "/").split("/")[-1], content)
    data = DataFiles(name, (file,))
    kind = detected(data) if spec.format is None else spec.format
    known = kind if isinstance(kind, str) else "jsonl"
    return rows_of(data, spec.model_copy(update={"format": known}))


def rows_of(data: DataFiles, spec: DataSpec, *, caps: Caps = CAPS) -> ReadRows:
    """The rows of files that are read already."""
    if not data.files:
        empty = NoExamples(data.name, data.ignored, data.is_folder)
        return ReadRows(data.name, spec.format, (), 0, 0, data.ignored, data.hash, (empty,))
    kind = detected(data) if spec.format is None else spec.format
    if not isinstance(kind, str):
        return ReadRows(data.name, None, (), 0, len(data.files), data.ignored, data.hash, (kind,))
    used = tuple(file for file in data.files if not data.is_folder or file.end in ENDS[kind])
    ignored = (*data.ignored, *(file.path for file in data.files if file not in used))
    findings = Findings()
    rows: list[Row] = []
    found = 0
    for file in used:
        for row in file_rows(file, kind, findings, caps):
            found += 1
            complete = with_fields(row, spec.fields, findings)
            if complete is not None and is_kept(complete, spec.where, findings):
                rows.append(complete)
    repeated_ids(rows, spec.id or IDS.get(kind), findings)
    problems = findings.problems()
    if not problems and not rows:
        problems = (NothingLeft(data.name, found) if found else NoExamples(data.name),)
    return ReadRows(data.name, kind, tuple(rows), found, len(used), ignored, data.hash, problems)


def repeated_ids(rows: Sequence[Row], declared: str | None, findings: Findings) -> None:
    """Add rows that have the id of an earlier one, and values that are no ids."""
    for field in usual_ids(rows) if declared is None else (declared,):
        first: dict[str, Row] = {}
        for row in rows:
            value = row.values.get(field)
            if declared is not None and not is_id(value):
                found = "not there" if field not in row.values else kind_of(value)
                findings.add(NotReadableValue(field, row.place, found))
                continue
            earlier = first.setdefault(as_text(value), row)
            if earlier is not row:
                shown = shortened(as_text(value))
                findings.add(
                    RepeatedIds(field, shown, earlier.place, row.place, is_declared=declared is not None)
                )


def usual_ids(rows: Iterable[Row]) -> tuple[str, ...]:
    """The usual names of ids that all rows have."""
    every = list(rows)
    return tuple(name for name in USUAL_IDS if every and all(is_id(row.values.get(name)) for row in every))


def is_id(value: JsonValue) -> bool:
    """Whether a value can tell rows apart."""
    return is_scalar(value) and not isinstance(value, bool) and value != ""
