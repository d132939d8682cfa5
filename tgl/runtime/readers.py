"""How a reply becomes a value (the role's type)."""

from __future__ import annotations

from typing import assert_never

from tgl.ir import KeySpec, Reader
from tgl.keys import Answer, first_number, last_number, normalised, read_answer


def read_reply(reader: Reader, key: KeySpec, text: str) -> Answer | float | str | None:
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
        case _:
            assert_never(reader.kind)


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
