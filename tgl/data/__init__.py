"""Readers of data: files of several formats to rows with their places (docs/data.md)."""

from tgl.data.card import FieldCard, Spread, TargetCard, field_cards, target_card
from tgl.data.decoding import CAPS, Caps, text_of
from tgl.data.file_problems import NoSuchFile
from tgl.data.formats import ENDS
from tgl.data.json_rows import jsonl_rows
from tgl.data.near import Near, near_pairs
from tgl.data.places import RowPlace
from tgl.data.problems import (
    Findings,
    MissingField,
    NoExamples,
    NoMarker,
    NotAnObject,
    NotJson,
    NotReadableValue,
    NotText,
    Problem,
    UnreadableTarget,
)
from tgl.data.reading import ReadRows, content_rows, read_data
from tgl.data.repeat_problems import NearPair, NearRepeats, RepeatedRows
from tgl.data.values import Row, as_text, is_scalar, kind_of, shortened

__all__ = [
    "CAPS",
    "ENDS",
    "Caps",
    "FieldCard",
    "Findings",
    "MissingField",
    "Near",
    "NearPair",
    "NearRepeats",
    "NoExamples",
    "NoMarker",
    "NoSuchFile",
    "NotAnObject",
    "NotJson",
    "NotReadableValue",
    "NotText",
    "Problem",
    "ReadRows",
    "RepeatedRows",
    "Row",
    "RowPlace",
    "Spread",
    "TargetCard",
    "UnreadableTarget",
    "as_text",
    "content_rows",
    "field_cards",
    "is_scalar",
    "jsonl_rows",
    "kind_of",
    "near_pairs",
    "read_data",
    "shortened",
    "target_card",
    "text_of",
]
