"""Rows of Parquet files, and of the Arrow files that Hugging Face `datasets` saves with `save_to_disk`.

Both are read by pyarrow, which is an extra (`tgl[parquet]`) and is imported only here, and only when such a
file is read. `datasets` itself is not needed: what it saves are streams of Arrow's format.
"""

from __future__ import annotations

import datetime
import decimal
import importlib
import math
from collections.abc import Iterator
from types import ModuleType as Library
from typing import Any

from pydantic import JsonValue

from tgl.data.decoding import Caps
from tgl.data.file_problems import Damaged, NoArrow, TooLarge
from tgl.data.files import DataFile
from tgl.data.places import RowPlace
from tgl.data.problems import Findings
from tgl.data.values import Row, refuse_surrogates

BATCH = 1024


def arrow_rows(file: DataFile, what: str, findings: Findings, caps: Caps) -> Iterator[Row]:
    """The rows of a file in order; dates and decimals become texts, what is not finite becomes None.

    Args:
        file: its bytes.
        what: `Parquet` or `Arrow`.
        findings: where problems go.
        caps: the most that is read.
    """
    try:
        arrow = importlib.import_module("pyarrow")
        importlib.import_module("pyarrow.ipc")
        parquet = importlib.import_module("pyarrow.parquet")
    except ImportError:
        findings.add_whole(NoArrow(file.name))
        return
    number = 0
    size = 0
    try:
        batches = (
            parquet_batches(arrow, parquet, file, caps) if what == "Parquet" else stream_batches(arrow, file)
        )
        if isinstance(batches, TooLarge):
            findings.add_whole(batches)
            return
        for batch in batches:
            size += int(batch.nbytes)
            if size > caps.total:
                findings.add_whole(TooLarge(file.name, "the content", size, caps.total))
                return
            for values in batch.to_pylist():
                number += 1
                row = {str(name): plain(value) for name, value in values.items()}
                refuse_surrogates(row)
                yield Row(row, RowPlace(file.name, number, "row"))
    except (arrow.ArrowException, OSError, ValueError, TypeError, OverflowError) as error:
        findings.add_whole(Damaged(file.name, what, reason_of(error)))


def parquet_batches(arrow: Library, parquet: Library, file: DataFile, caps: Caps) -> Iterator[Any] | TooLarge:
    """The batches of a Parquet file, or why there are too many."""
    opened = parquet.ParquetFile(arrow.BufferReader(file.content))
    groups = opened.metadata
    size = sum(int(groups.row_group(at).total_byte_size) for at in range(int(groups.num_row_groups)))
    if size > caps.total:
        return TooLarge(file.name, "the content", size, caps.total)
    return opened.iter_batches(batch_size=BATCH)


def stream_batches(arrow: Library, file: DataFile) -> Iterator[Any]:
    """The batches of an Arrow file, of either kind."""
    source = arrow.BufferReader(file.content)
    if file.content.startswith(b"ARROW1"):
        opened = arrow.ipc.open_file(source)
        yield from (opened.get_batch(at) for at in range(opened.num_record_batches))
        return
    yield from arrow.ipc.open_stream(source)


def reason_of(error: Exception) -> str:
    """The first line of what pyarrow says, in the tone of a sentence that goes on."""
    words = (str(error).splitlines() or [type(error).__name__])[0].strip().rstrip(".")
    if "magic bytes" in words or "Parquet file size" in words:
        return "it is no Parquet file, or only a part of one"
    if "flatbuffer" in words.lower() or "Expected to read" in words or "message" in words.lower():
        return "it is no Arrow file, or only a part of one"
    return words[:1].lower() + words[1:160]


def plain(value: object) -> JsonValue:
    """A value as JSON has it. Bytes that are no text become a note of their number."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else None
        case list() | tuple():
            return [plain(one) for one in value]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        case dict():
            return {str(name): plain(one) for name, one in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        case decimal.Decimal():
            return str(value)
        case datetime.date() | datetime.time():
            return value.isoformat()
        case bytes():
            return {"bytes": len(value)}
        case _:
            return str(value)
