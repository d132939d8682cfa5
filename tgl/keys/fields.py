"""JSON answers: the last object of a reply, by some of its fields."""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from tgl.keys.numbers import number_key

MOST_STARTS = 64
"""Places at which an object is looked for, from the end."""
LARGEST = 100_000
"""Code points of a reply that are read, from the end."""
DEEPEST = 40


def fields_in(names: Sequence[str], text: str) -> str | None:
    """The canonical text of the last object in a reply that has all the fields; None if there is none.

    Args:
        names: the fields that count; none: all that are there.
        text: the reply.
    """
    tail = text[-LARGEST:]
    decoder = json.JSONDecoder(parse_constant=refused)
    last: str | None = None
    at, starts = tail.find("{"), 0
    while at >= 0 and starts < MOST_STARTS:
        starts += 1
        try:
            value, end = decoder.raw_decode(tail, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            last = canonical_fields(names, value) or last
        at = tail.find("{", end)
    return last


def canonical_fields(names: Sequence[str], value: JsonValue) -> str | None:
    """An object's fields as text, whatever their order, how numbers are written, and space around texts."""
    if not isinstance(value, dict) or not value or any(name not in value for name in names):
        return None
    try:
        kept = {name: canonical(value[name], 0) for name in (names or sorted(value))}
    except ValueError:
        return None
    return json.dumps(kept, sort_keys=True, ensure_ascii=False)


def refused(name: str) -> object:
    """NaN and infinities are no JSON."""
    raise ValueError(name)


def canonical(value: JsonValue, depth: int) -> JsonValue:
    """A value with numbers as their decimals and texts in NFKC, stripped.

    Raises:
        ValueError: it is nested too deeply, or holds a number that has no decimals or too many.
    """
    if depth > DEEPEST:
        raise ValueError("nested too deeply")
    match value:
        case bool() | None:
            return value
        case str():
            return unicodedata.normalize("NFKC", value).strip()
        case int() | float():
            if not math.isfinite(value) or abs(value) > 1e300:
                raise ValueError("a number out of bounds")
            return {"number": number_key(value)}
        case list():
            return [canonical(member, depth + 1) for member in value]
        case Mapping():
            return {name: canonical(member, depth + 1) for name, member in value.items()}
