"""Reading an answer out of a reply, by the task's key.

| key    | what is read from a reply                              | two answers are the same if      |
|--------|--------------------------------------------------------|----------------------------------|
| exact  | its first line that is not blank                       | the stripped lines are equal     |
| text   | the same                                               | ... or their normal forms are    |
| number | its last number; the first one behind `after`          | the decimals are equal           |

With `after`, only the text behind its last occurrence counts, and a reply without it is unread. A first
line, because a small model that has answered tends to go on with a question of its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import assert_never

from pydantic import JsonValue

from tgl.ir import KeySpec
from tgl.keys.normalise import normalised
from tgl.keys.numbers import FoundNumber, first_number, last_number, number_key


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it was written. Two answers are the same iff their keys are equal."""

    text: str
    key: str


def read_answer(spec: KeySpec, text: str) -> Answer | None:
    """The answer in a reply, or None if the reply can't be read. Pure."""
    if spec.after is None:
        return answer_in(spec, text, last=True)
    _, found, behind = text.rpartition(spec.after)
    return answer_in(spec, behind, last=False) if found else None


def expected(spec: KeySpec, value: JsonValue) -> Answer | None:
    """The answer that a task's target stands for, or None if the value is no answer under this key.

    `after` plays no part: a target is the answer itself. A JSON number is also a text ("3").
    """
    match value:
        case str():
            return answer_in(spec, value, last=True)
        case bool():
            return answer_in(spec, "true" if value else "false", last=True)
        case int():
            return answer_in(spec, str(value), last=True)
        case float():
            return answer_in(spec, number_key(value), last=True) if math.isfinite(value) else None
        case _:
            return None


def answer_in(spec: KeySpec, text: str, *, last: bool) -> Answer | None:
    """The answer in a text from which `after` is already cut."""
    match spec.kind:
        case "number":
            number: FoundNumber | None = last_number(text) if last else first_number(text)
            return None if number is None else Answer(number.literal, number.key)
        case "exact" | "text":
            line = first_line(text)
            normal = spec.kind == "text" and spec.match == "normalised"
            key = normalised(line) if normal else line
            return Answer(line, key) if key else None
        case _:
            assert_never(spec.kind)


def first_line(text: str) -> str:
    """The first line that is not blank, stripped; "" if there is none."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")
