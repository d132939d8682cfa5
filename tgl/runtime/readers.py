"""How a reply becomes a value (the role's type)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TypeAlias, assert_never

from pydantic import JsonValue

from tgl.ir import KeySpec, Reader
from tgl.keys import Answer, first_number, last_number, normalised, read_answer
from tgl.stdfn import Message, Record, Tagged, Value, shown

Read: TypeAlias = "Answer | float | str | Record | Tagged | tuple[Value, ...] | None"
"""What a reply is read as; None if it can't be."""

MOST_STARTS = 64
"""Places of a reply at which JSON is looked for."""


def read_reply(reader: Reader, key: KeySpec, text: str) -> Read:
    """The value of a reply, or None if it can't be read.

    With `after`, only the text behind its last occurrence counts, and a reply without it is unread; for an
    `answer`, a role's own `after` comes before the task's. An empty reply is unread, whatever the type.
    """
    if reader.kind == "answer":
        spec = key if reader.after is None else key.model_copy(update={"after": reader.after})
        return read_answer(spec, text)
    behind = text
    if reader.after is not None:
        _, found, behind = text.rpartition(reader.after)
        if not found:
            return None
    match reader.kind:
        case "text":
            return behind.strip() or None
        case "number":
            return read_number(reader, behind)
        case "choice":
            return read_choice(reader, behind)
        case "record" | "list":
            found = [fitted(reader, key, value) for value in json_in(reader, behind)]
            fitting = [value for value in found if value is not None]
            if reader.ranked and not fitting:
                return numbered(behind)
            return read_of(fitting[-1]) if fitting else None
        case "tagged":
            return read_tagged(reader, key, behind)
        case _:
            assert_never(reader.kind)


def read_of(value: Value) -> Read:
    """A record or a list, as it was read."""
    return value if isinstance(value, Record | tuple) else None


def json_in(reader: Reader, text: str) -> Iterator[JsonValue]:
    """The outermost JSON objects or lists in a reply, in order; what stands around them is passed over."""
    opening = "{" if reader.kind == "record" else "["
    decoder = json.JSONDecoder()
    at = text.find(opening)
    for _ in range(MOST_STARTS):
        if at < 0:
            return
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            yield value
        at = text.find(opening, end)


def fitted(reader: Reader, key: KeySpec, value: JsonValue) -> Value:
    """A JSON value read as a type says, None if it does not fit."""
    match reader.kind, value:
        case "text", str():
            return value
        case "text", bool() | int() | float():
            return shown(value)
        case "answer", str() | int() | float():
            text = shown(value)
            read = read_answer(key.model_copy(update={"after": None}), text)
            return None if read is None else Message(text, read)
        case "number", str() | int() | float() if not isinstance(value, bool):
            return read_number(reader, shown(value))
        case "choice", str():
            return read_choice(reader, value)
        case "record", dict():
            return fitted_record(reader, key, value)
        case "list", list():
            inner = reader.item or Reader(kind="text")
            members = [fitted(inner, key, member) for member in value]
            if any(member is None for member in members):
                return None
            return tuple(dict.fromkeys(members)) if reader.ranked else tuple(members)
        case "tagged", str():
            return read_tagged(reader, key, value)
        case "tagged", dict():
            return fitted_tag(reader, key, value)
        case _:
            return None


def fitted_tag(reader: Reader, key: KeySpec, value: dict[str, JsonValue]) -> Tagged | None:
    """`{"ASK": "why?"}`: an object with one of the tags, further fields passed over; two tags are none."""
    [*named] = [(tag, inner) for tag, inner in reader.tags if tag in value]
    if len(named) != 1:
        return None
    [(tag, inner)] = named
    if inner is None:
        return Tagged(tag, None)
    read = fitted(inner, key, value[tag])
    return None if read is None else Tagged(tag, read)


def numbered(text: str) -> tuple[Value, ...] | None:
    """The last list in a text whose lines are numbered from 1 (`1. this`), none twice; None without one."""
    items: list[str] = []
    for number, item in re.findall(r"(?m)^[ \t>*_]*(\d+)[.)][ \t]+(\S.*)$", text):
        if int(number) == 1:
            items = []
        items.append(item.strip(" \t*_"))
    return tuple(dict.fromkeys(item for item in items if item)) or None


def fitted_record(reader: Reader, key: KeySpec, value: dict[str, JsonValue]) -> Record | None:
    """An object with all fields that it has to have; others are passed over."""
    fields: list[tuple[str, Value]] = []
    for name, inner in reader.fields:
        read = fitted(inner, key, value.get(name))
        if read is None and (not inner.optional or value.get(name) is not None):
            return None
        fields.append((name, read))
    return Record(tuple(fields))


def read_tagged(reader: Reader, key: KeySpec, text: str) -> Tagged | None:
    """The last line that begins with a tag, with what stands behind it, up to the end of the reply.

    The tag may be followed by a colon or by its contents in parentheses, and stand in bold type.
    """
    names = "|".join(re.escape(tag) for tag, _ in reader.tags)
    line = rf"(?m)^[ \t>*#`_-]*({names})\b[*`_]*[ \t]*(:|\(|$|(?=\s))"
    inner = dict(reader.tags)
    plain = key.model_copy(update={"after": None})
    for found in reversed(list(re.finditer(line, text))):
        behind = text[found.end() :].strip()
        if found.group(2) == "(":
            behind = behind.removesuffix(")").strip()
        tag = found.group(1)
        payload = inner[tag]
        if payload is None:
            return Tagged(tag, None)
        read = read_reply(payload, plain, behind)
        if read is not None:
            return Tagged(tag, Message(behind, None if isinstance(read, tuple) else read))
    return None


def read_number(reader: Reader, text: str) -> float | None:
    """The last number (the first one behind `after`) if it lies in the range, bounds included."""
    number = last_number(text) if reader.after is None else first_number(text)
    if number is None:
        return None
    value = float(number.value)
    below = reader.low is not None and value < reader.low
    above = reader.high is not None and value > reader.high
    return None if below or above else value


def read_choice(reader: Reader, text: str) -> str | None:
    """The one option that the text is, or else the one option that it names.

    A text that names several options can't be read: guessing between "not ok" and "ok" is no reading.
    """
    normal = normalised(text)
    options = {option: normalised(option) for option in reader.options}
    for option, form in options.items():
        if form == normal:
            return option
    padded = f" {normal} "
    named = [option for option, form in options.items() if form and f" {form} " in padded]
    return named[0] if len(named) == 1 else None
