"""The formats by name: which files hold the rows, how they are read, what is added to each row.

| format    | files             | fields                                                                |
|-----------|-------------------|-----------------------------------------------------------------------|
| jsonl     | .jsonl, .ndjson   | those of the objects, one on each line                                |
| json      | .json             | those of the object of the file, or of each object of its list        |
| csv, tsv  | .csv, .tsv        | named by the first row; all texts                                     |
| parquet   | .parquet          | the columns                                                           |
| datasets  | .arrow            | the columns; a folder that `save_to_disk` wrote                       |
| math      | .json, by subject | problem, solution, type, level (a number, null if unknown), subject,  |
|           |                   | id                                                                    |
| mmlu      | .csv, by subject  | question, A, B, C, D, answer, subject, choices (a list)               |
| gsm8k     | .jsonl            | question, solution (as given), answer (the number behind `####`)      |
| humaneval | .jsonl            | prompt, entry_point, test, canonical_solution, task_id                |

All text formats may be packed with gzip. Without a format the ends of the names tell; the last four have to
be named, since their files look like any others.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from tgl.data.arrow_rows import arrow_rows
from tgl.data.decoding import Caps, text_of, unpacked
from tgl.data.file_problems import FormatUnclear, Packed, SeveralSets, TooLarge
from tgl.data.files import FORMATS_BY_END, PACKED_ENDS, DataFile, DataFiles
from tgl.data.json_rows import json_file_rows, jsonl_rows, long_line
from tgl.data.problems import Findings, MissingField, NoMarker, NotText
from tgl.data.table_rows import mmlu_rows, table_rows
from tgl.data.values import Row
from tgl.ir import DataFormat

ENDS: Mapping[DataFormat, tuple[str, ...]] = {
    "jsonl": (".jsonl", ".ndjson"),
    "json": (".json",),
    "csv": (".csv",),
    "tsv": (".tsv",),
    "parquet": (".parquet",),
    "datasets": (".arrow",),
    "math": (".json",),
    "mmlu": (".csv",),
    "gsm8k": (".jsonl",),
    "humaneval": (".jsonl",),
}
"""The ends of the names of files that hold rows, in a folder."""

IDS: Mapping[DataFormat, str] = {"math": "id", "humaneval": "task_id"}
"""The field that tells rows apart, of formats that have one."""

NEEDED: Mapping[DataFormat, tuple[str, ...]] = {
    "math": ("problem", "level", "type", "solution"),
    "gsm8k": ("question", "answer"),
    "humaneval": ("task_id", "prompt", "entry_point", "canonical_solution", "test"),
}
"""The fields that each row has to have."""

MARKER = "####"
LEVEL = re.compile(r"\s*(?:Level\s*)?(\d+)\s*")
SPLIT_SUFFIX = re.compile(r"_(?:test|dev|val|train|auxiliary_train)$")
SAVED = ("state.json", "dataset_info.json", "dataset_dict.json")
"""What `save_to_disk` writes beside the rows."""


def detected(data: DataFiles) -> DataFormat | FormatUnclear | SeveralSets | Packed:
    """The format that the names of the files tell."""
    paths = {file.path for file in data.files}
    if data.is_folder and "dataset_dict.json" in paths:
        sets = {path.split("/")[0] for path in paths if path.endswith(".arrow") and "/" in path}
        return SeveralSets(data.name, tuple(sorted(sets)))
    has_arrow = any(file.end == ".arrow" for file in data.files)
    files = [file for file in data.files if not (has_arrow and file.path.split("/")[-1] in SAVED)]
    found = {FORMATS_BY_END.get(file.end, "") for file in files}
    if len(found) == 1 and (known := found.pop()):
        return next(name for name in ENDS if name == known)
    if not data.is_folder and data.name.lower().endswith(PACKED_ENDS):
        return Packed(data.name)
    return FormatUnclear(data.name, Counter(file.end for file in files), data.is_folder)


def file_rows(file: DataFile, kind: DataFormat, findings: Findings, caps: Caps) -> Iterator[Row]:
    """The rows of one file in order, with what the format adds; problems go to `findings`."""
    if kind in ("parquet", "datasets"):
        yield from arrow_rows(file, "Parquet" if kind == "parquet" else "Arrow", findings, caps)
        return
    content = file.content
    if file.is_gzip:
        plain = unpacked(content, file.name, caps.total)
        if not isinstance(plain, bytes):
            findings.add_whole(plain)
            return
        content = plain
    if kind not in ("json", "math") and long_line(content, caps.row):
        findings.add_whole(TooLarge(file.name, "a line", 0, caps.row))
        return
    text = text_of(content, file.name)
    if isinstance(text, NotText):
        findings.add_whole(text)
        return
    for row in text_rows(text, file, kind, findings, caps):
        complete = added(row, file, kind, findings)
        if complete is not None:
            yield complete


def text_rows(text: str, file: DataFile, kind: DataFormat, findings: Findings, caps: Caps) -> Iterator[Row]:
    """The rows of a file of text."""
    match kind:
        case "csv" | "tsv":
            return table_rows(text, file.name, "," if kind == "csv" else "\t", findings)
        case "mmlu":
            return mmlu_rows(text, file.name, subject_of(file.path), findings)
        case "json" | "math":
            return json_file_rows(text, file.name, findings, caps)
        case _:
            return jsonl_rows(text, file.name, findings)


def subject_of(path: str) -> str:
    """The subject that the name of a file of MMLU tells: `abstract_algebra_test.csv`."""
    name = path.split("/")[-1].removesuffix(".gz").removesuffix(".csv")
    return SPLIT_SUFFIX.sub("", name)


def added(row: Row, file: DataFile, kind: DataFormat, findings: Findings) -> Row | None:
    """The row with what the format adds, or None after adding what it lacks."""
    missing = [name for name in NEEDED.get(kind, ()) if name not in row.values]
    for name in missing:
        findings.add(MissingField(name, row.place, 0, tuple(row.values), f"`format: {kind}`"))
    if missing:
        return None
    values: dict[str, JsonValue] = dict(row.values)
    match kind:
        case "math":
            path = file.path.removesuffix(".gz").removesuffix(".json")
            level = LEVEL.fullmatch(str(values["level"]))
            values |= {
                "level": None if level is None else int(level[1]),
                "subject": path.split("/")[-2] if "/" in path else values["type"],
                "id": path if row.place.unit == "file" else f"{path}/{row.place.number}",
            }
        case "mmlu":
            values["choices"] = [values[letter] for letter in "ABCD"]
        case "gsm8k":
            solution = values["answer"]
            if not isinstance(solution, str) or MARKER not in solution:
                findings.add(NoMarker("answer", MARKER, row.place))
                return None
            values |= {
                "solution": solution,
                "answer": solution.rpartition(MARKER)[2].strip().replace(",", ""),
            }
        case _:
            return row
    return Row(values, row.place)
