"""Reading an answer out of a reply, by the task's key.

| key    | what is read from a reply                              | two answers are the same if             |
|--------|--------------------------------------------------------|-----------------------------------------|
| exact  | its first line that is not blank                       | the stripped lines are equal            |
| text   | the same                                               | ... or their normal forms are           |
| number | its last number; the first one behind `after`          | the decimals are equal, or within       |
|        |                                                        | `tolerance` of the target               |
| math   | its final answer: boxed, "the answer is", ...          | they mean the same (`mathematics`)      |
| choice | the option that it picks                               | it is the same option                   |
| json   | its last object that has the fields                    | the fields have equal values            |
| set    | the members that its first line lists                  | they are the same members, in any order |
| code   | all of it: which program it is, its prompt tells too   | the programs differ in layout alone     |
| judge  | all of it, up to 4000 bytes                            | their normal forms are equal            |
| embedding | its first line that is not blank                    | their normal forms are equal, or their  |
|        |                                                        | vectors alike (`meanings`)              |

With `after`, only the text behind its last occurrence counts, and a reply without it is unread. A first
line, because a small model that has answered tends to go on with a question of its own.

Votes count answers by `key`, which is an equivalence. `agrees` is what a reply is scored with: a tolerance
and units that one side leaves out are no equivalence (12 cm is 12, and 12 is 12 m). Code is scored by its
tests, where it can run (`tgl.sandbox`), and answers under `judge` and `embedding` with a model, not here.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import assert_never

from pydantic import JsonValue

from tgl.ir import KeySpec
from tgl.keys.choice import alone, read_option
from tgl.keys.code import code_key, program_in
from tgl.keys.fields import canonical_fields, fields_in
from tgl.keys.mathematics import final_answer, meaning, written_answer
from tgl.keys.normalise import normalised
from tgl.keys.numbers import FoundNumber, first_number, last_number, number_key


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it was written. Answers with equal keys are one answer in a vote.

    Args:
        text: as it was written.
        key: equal for equal answers.
        also: other keys that it may be meant as (25 % is 25, and 1/4).
        says: what may be left out, but not contradicted: a unit, a variable's name.
        within: of a target, the smallest and the largest number that agree with it.
        alike: under `embedding`, the least cosine of two answers that are one.
        vector: what stands for its meaning there, of length 1; None where none was asked for.
    """

    text: str
    key: str
    also: tuple[str, ...] = ()
    says: tuple[tuple[str, str], ...] = ()
    within: tuple[Decimal, Decimal] | None = None
    alike: float | None = None
    vector: tuple[float, ...] | None = field(default=None, compare=False, repr=False)


def agrees(answer: Answer, target: Answer) -> bool:
    """Whether an answer is right."""
    if target.within is not None:
        return target.within[0] <= Decimal(answer.key) <= target.within[1]
    said = dict(target.says)
    if any(said.get(what, value) != value for what, value in answer.says):
        return False
    return answer.key == target.key or answer.key in target.also or target.key in answer.also


def read_answer(spec: KeySpec, text: str) -> Answer | None:
    """The answer in a reply, or None if the reply can't be read. Pure."""
    if spec.after is None:
        return answer_in(spec, text, last=True)
    _, found, behind = text.rpartition(spec.after)
    return answer_in(spec, behind, last=False) if found else None


def expected(spec: KeySpec, value: JsonValue) -> Answer | None:
    """The answer that a task's target stands for, or None if the value is no answer under this key.

    `after` plays no part: a target is the answer itself, or for `math` a worked solution with it. A JSON
    number is also a text ("3"). An object is a target of the key `json` alone.
    """
    match value:
        case str():
            return target_in(spec, value)
        case bool():
            return target_in(spec, "true" if value else "false")
        case int():
            return target_in(spec, str(value)) if abs(value) < 10**400 else None
        case float():
            return target_in(spec, number_key(value)) if math.isfinite(value) else None
        case list() if spec.kind == "set" and all(isinstance(item, str | int | float) for item in value):
            return set_answer("; ".join(str(item) for item in value))
        case dict() if spec.kind == "json":
            key = canonical_fields(spec.fields, value)
            return None if key is None else Answer(key, key)
        case _:
            return None


def target_in(spec: KeySpec, text: str) -> Answer | None:
    """The answer that a target's text is."""
    match spec.kind:
        case "math":
            return mathematical(written_answer(text))
        case "choice":
            option = alone(spec.options, text)
            return None if option is None else Answer(option, option)
        case "number":
            answer = answer_in(spec, text, last=True)
            return answer if answer is None else with_tolerance(spec, answer)
        case _:
            return answer_in(spec, text, last=True)


def with_tolerance(spec: KeySpec, answer: Answer) -> Answer:
    """A target with the numbers that agree with it, bounds included."""
    if spec.tolerance is None:
        return answer
    value, allowed = Decimal(answer.key), Decimal(repr(spec.tolerance))
    off = abs(value) * allowed if spec.relative else allowed
    return Answer(answer.text, answer.key, within=(value - off, value + off))


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
        case "math":
            return mathematical(
                final_answer(text) if last else final_answer(first_line(text)) or final_answer(text)
            )
        case "choice":
            option = read_option(spec.options, text if last else first_line(text))
            return None if option is None else Answer(option, option)
        case "json":
            found = fields_in(spec.fields, text)
            return None if found is None else Answer(found, found)
        case "set":
            return set_answer(first_line(text))
        case "code":
            return code_answer(text if last else text.lstrip())
        case "judge":
            return judged_answer(text.strip())
        case "embedding":
            whole = judged_answer(first_line(text))
            # A vector is of the normal form: answers that are equal in it are one, and need none.
            if whole is None or len(whole.key.encode("utf-8", "replace")) > MOST_JUDGED:
                return None
            return replace(whole, alike=spec.similarity)
        case _:
            assert_never(spec.kind)


def mathematical(text: str | None) -> Answer | None:
    """An answer by what it means."""
    found = None if text is None else meaning(text)
    return None if text is None or found is None else Answer(text, found.key, found.also, found.says)


MEMBERS = re.compile(r"[,;]")


def set_answer(line: str) -> Answer | None:
    """The members that a line lists with commas or semicolons, in their normal form; none twice."""
    inside = line.strip().removeprefix("[").removesuffix("]").removeprefix("{").removesuffix("}")
    members = sorted({normal for one in MEMBERS.split(inside) if (normal := normalised(one))})
    return Answer(line, "\x1f".join(members)) if members else None


MOST_JUDGED = 4000
"""UTF-8 bytes of a text that is judged, so that what a judge is shown has an end."""


def judged_answer(text: str) -> Answer | None:
    """The whole of a reply, unless it is too long to be shown to a judge."""
    if len(text) > MOST_JUDGED or len(text.encode("utf-8", "replace")) > MOST_JUDGED:
        return None
    key = normalised(text) or text
    return Answer(text, key) if key else None


def code_answer(text: str) -> Answer | None:
    """A reply with code. It is kept whole: what it stands for depends on the row's prompt (`program_in`)."""
    program = program_in(text, "", "")
    return Answer(text, code_key(text if program is None else program)) if text.strip() else None


def first_line(text: str) -> str:
    """The first line that is not blank, stripped; "" if there is none."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")
