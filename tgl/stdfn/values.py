"""What flows along the edges of a run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

from pydantic import JsonValue

from tgl.keys import Answer, clusters, number_key


@dataclass(frozen=True, slots=True)
class Record:
    """Named values, in the order of their declaration: what a record reply was read as."""

    fields: tuple[tuple[str, Value], ...]

    def get(self, name: str) -> Value:
        """The value of a field, None (absent) if there is none of that name."""
        return next((value for field, value in self.fields if field == name), None)


@dataclass(frozen=True, slots=True)
class Tagged:
    """One variant of a tagged type with what it holds: `ASK(text)`."""

    tag: str
    value: Value


@dataclass(frozen=True, slots=True)
class ReplyFacts:
    """What is recorded of the reply that a message is.

    `whole`: it came to an end, and was not cut at `max_tokens`. `tokens` are those of the completion, as
    recorded. `logprobs` are of the tokens of its text, natural logarithms; None where nobody asked for them.
    """

    whole: bool
    tokens: int
    logprobs: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """What a node said. `value` is None where the text could not be read (language.md G18).

    `reply` tells of the model's reply that it is, and is None for what a function made. It is no part of what
    was said: messages that say the same are equal.
    """

    text: str
    value: Answer | float | str | Record | Tagged | tuple[Value, ...] | None
    reply: ReplyFacts | None = field(default=None, compare=False, repr=False)


Value: TypeAlias = "Message | Record | Tagged | bool | int | float | str | tuple[Value, ...] | None"
"""A run-time value; None is absent (G15). Messages come from nodes, the rest from fields and constants."""


def text_of(value: Message | Record | Tagged | bool | int | float | str) -> str:
    """What a prompt shows (G10). Numbers are plain decimals, so that 3.0 reads "3"; a record is JSON."""
    match value:
        case Message(text=text):
            return text
        case Record():
            return json.dumps(json_of(value), ensure_ascii=False)
        case Tagged(tag=tag, value=inner):
            return tag if inner is None else f"{tag}: {shown(inner)}"
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return number_key(value)


def shown(value: Value) -> str:
    """The text of any present value; of a list, the texts with an empty line between them."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        return "\n\n".join(shown(member) for member in value if member is not None)
    return text_of(value)


def json_of(value: Value) -> JsonValue:
    """A value as JSON."""
    match value:
        case Record(fields=fields):
            return {name: json_of(inner) for name, inner in fields}
        case tuple():
            return [json_of(member) for member in value if member is not None]
        case None | bool() | int() | float() | str():
            return value
        case Message() | Tagged():
            return text_of(value)


def plain(value: Value) -> Value:
    """What a message was read as, or the value itself."""
    match value:
        case Message(value=Answer(text=text)):
            return text
        case Message(value=read):
            return None if isinstance(read, Answer) else read
        case _:
            return value


def vote_key(value: Value) -> str | None:
    """Under which two values are the same vote; None for what is absent or unread."""
    match value:
        case Message(value=read):
            return read.key if isinstance(read, Answer) else vote_key(read)
        case bool() | int() | float():
            return text_of(value)
        case str():
            return value.strip() or None
        case Record() | Tagged():
            return text_of(value)
        case _:
            return None


def answer_keys(votes: Sequence[Value]) -> list[str]:
    """The key of each vote; of answers that mean the same (the key `embedding`), that of the first of them.

    Raises:
        ValueError: answers have to be compared, and there are no vectors of them.
    """
    keys = [vote_key(vote) or "" for vote in votes]
    read = [(at, vote.value) for at, vote in enumerate(votes) if isinstance(vote, Message)]
    meant = [(at, one) for at, one in read if isinstance(one, Answer) and one.alike is not None]
    if meant:
        firsts = clusters([answer for _, answer in meant])
        for (at, _), first in zip(meant, firsts, strict=True):
            keys[at] = meant[first][1].key
    return keys


def number_in(value: Value) -> Decimal | None:
    """The number that a value is, if it is one."""
    match value:
        case Message(value=Answer(key=key)):
            return decimal_of(key)
        case Message(value=read):
            return None if isinstance(read, Answer) else number_in(read)
        case bool():
            return None
        case int() | float():
            return Decimal(number_key(value))
        case _:
            return None


def decimal_of(key: str) -> Decimal | None:
    """The number with this key, if the key is that of a number."""
    try:
        value = Decimal(key)
        return value if value.is_finite() and number_key(value) == key else None
    except ArithmeticError:
        return None


def listed(value: Value) -> Value:
    """A message that was read as a list, as that list."""
    return value.value if isinstance(value, Message) and isinstance(value.value, tuple) else value


def spliced(value: Value) -> list[Value]:
    """The present members of a value, lists within lists spliced in place (G14b)."""
    if value is None:
        return []
    if not isinstance(value, tuple):
        return [value]
    members: list[Value] = []
    for member in value:
        members.extend(spliced(member))
    return members


def present(values: Iterable[Value]) -> list[Value]:
    """All present members of several values."""
    return [member for value in values for member in spliced(value)]


def message_of(value: Value) -> Message | None:
    """A value as the message of the node that computed it.

    Raises:
        ValueError: a list of several is no message.
    """
    match value:
        case None | Message():
            return value
        case bool() | str():
            return Message(text_of(value), text_of(value))
        case int() | float():
            return Message(text_of(value), float(value))
        case Record() | Tagged():
            return Message(text_of(value), value)
        case tuple():
            if len(value) > 1:
                raise ValueError("a list is no message")
            return message_of(value[0]) if value else None
