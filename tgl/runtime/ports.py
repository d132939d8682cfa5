"""What a call's ports receive, as its template sees it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pydantic import JsonValue

from tgl.ir import CallNode, PortSpec
from tgl.keys import Answer
from tgl.runtime.prompts import PortValue, RecordText, shown_text
from tgl.stdfn import EvaluationError, Message, Record, Tagged, Value, plain, shown, spliced, text_of


def port_values(node: CallNode, inputs: Iterable[tuple[str, Value]]) -> dict[str, PortValue] | None:
    """What a template sees of a node's ports, or None if a required one receives nothing."""
    values: dict[str, list[Value]] = {}
    for port, value in inputs:
        values.setdefault(port, []).extend(spliced(value))
    ports: dict[str, PortValue] = {}
    for port in node.ports:
        texts = port_texts(port, values.get(port.name, ()))
        if texts is not None:
            ports[port.name] = texts
        elif not port.optional:
            return None
    return ports


def port_texts(port: PortSpec, values: Sequence[Value]) -> PortValue | None:
    """What a template sees of the present values at a port; None if there is nothing.

    A text or list port shows whole texts, a typed port what was read (G10), and a reply that could not be
    read is nothing there. A record shows its text, and its fields by name.

    Raises:
        EvaluationError: several messages at a port that takes one.
    """
    if port.is_list:
        return tuple(port_item(value) for value in values) or None
    if len(values) > 1:
        raise EvaluationError(f"`{port.name}` takes one message and got {len(values)}")
    if not values:
        return None
    value = values[0]
    if port.type == "tagged":
        return tagged_text(value, port.tags) if has_one_of(port.tags, value) else None
    if port.type == "text" or not isinstance(value, Message):
        return port_item(value)
    match value.value:
        case None:
            return None
        case Answer(text=text):
            return text
        case str() | int() | float():
            return text_of(value.value)
        case Record() | Tagged() | tuple():
            return port_item(value)


def has_one_of(tags: Sequence[str], value: Value) -> bool:
    """Whether a value has one of some tags."""
    read = plain(value)
    return isinstance(read, Tagged) and read.tag in tags


def port_item(value: Value) -> str | RecordText:
    """One present value as a template sees it."""
    match value:
        case Message(text=text, value=Record() as record):
            return record_text(text, record)
        case Record():
            return record_text(text_of(value), value)
        case Message(value=Tagged()) | Tagged():
            return tagged_text(value)
        case _:
            return shown(value)


def tagged_text(value: Value, tags: Sequence[str] = ()) -> RecordText:
    """A value with a tag as a template sees it: its text, and by the name of its tag what it holds.

    Under the other `tags` there is an empty text.
    """
    read = plain(value)
    assert isinstance(read, Tagged)
    held: dict[str, PortValue] = dict.fromkeys(tags, "")
    held[read.tag] = "" if read.value is None else port_item(read.value)
    return RecordText(shown(value), tuple(held.items()))


def record_text(text: str, record: Record) -> RecordText:
    """A record as a template sees it: its text, and its fields by name."""
    fields: list[tuple[str, PortValue]] = []
    for name, value in record.fields:
        if isinstance(value, tuple):
            fields.append((name, tuple(port_item(member) for member in value if member is not None)))
        else:
            fields.append((name, port_item(value)))
    return RecordText(text, tuple(fields))


def value_of(field: JsonValue) -> Value:
    """A given field as a run-time value. An object is its JSON text, with fields."""
    match field:
        case list():
            return tuple(value_of(member) for member in field)
        case dict():
            fields = tuple((name, value_of(member)) for name, member in field.items())
            return Message(shown_text(field), Record(fields))
        case _:
            return field
