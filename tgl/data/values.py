"""The values of a row, and what they are called."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue, TypeAdapter

from tgl.data.places import RowPlace

ROW: TypeAdapter[dict[str, JsonValue]] = TypeAdapter(dict[str, JsonValue])

JSON_WORDS = {
    "Extra data": "something follows the object",
    "Expecting property name enclosed in double quotes": "a name in double quotes should stand here",
    "Expecting value": "a value should stand here",
    "Expecting ':' delimiter": "`:` is missing after a name",
    "Expecting ',' delimiter": "`,` or a closing bracket is missing",
    "Illegal trailing comma before end of object": "nothing follows the last comma",
    "Illegal trailing comma before end of array": "nothing follows the last comma",
    "Unterminated string starting at": "a text has no closing quote",
    "Invalid control character at": "a control character stands in a text",
}


@dataclass(frozen=True, slots=True)
class Row:
    """The fields of one row, and where it stands."""

    values: Mapping[str, JsonValue]
    place: RowPlace


def parsed(text: str) -> object:
    """A JSON text's value.

    Raises:
        ValueError: it is none; a `JSONDecodeError` has the place.
        RecursionError: it is nested too deeply.
    """
    return json.loads(
        text, parse_constant=refuse_constant, parse_float=refuse_infinite, object_pairs_hook=refuse_repeats
    )


def refuse_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Of two fields of one name one would be left out silently."""
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        again = next(name for at, name in enumerate(names) if name in names[:at])
        raise ValueError(f"an object names `{shortened(again, 40)}` twice")
    return made


def refuse_constant(name: str) -> object:
    """NaN and infinities are no JSON."""
    raise ValueError(f"`{name}` is no JSON value")


def refuse_infinite(text: str) -> float:
    """A number such as 1e999 has no value that could be kept."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"the number {shortened(text, 20)} is too large")
    return value


def json_reason(error: json.JSONDecodeError) -> str:
    """Why a line is no JSON, in words."""
    if not error.doc[error.pos :].strip():
        return "it ends before the object is complete"
    words = JSON_WORDS.get(error.msg, error.msg[:1].lower() + error.msg[1:])
    return f"{words} (column {error.colno})"


def refuse_surrogates(row: Mapping[str, JsonValue]) -> None:
    r"""A `\ud800` without its other half is JSON, but no text that could be asked or stored."""
    try:
        json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ValueError("a text holds half of a surrogate pair") from None


def is_scalar(value: JsonValue) -> bool:
    """Whether a program can read it as one value."""
    return isinstance(value, str | int | float | bool)


def kind_of(value: object) -> str:
    """A JSON value's kind in words."""
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
        case _:
            return "an object"


def shortened(text: str, limit: int = 60) -> str:
    """`text`, cut to `limit` code points."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def as_text(value: JsonValue) -> str:
    """A value as text: a text stays, others are written as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
