"""The questions that a simulated model knows: their answers, wrong answers, difficulty and kind."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Literal, cast

from tgl.models.simulated.chance import normal, uniform
from tgl.models.simulated.profile import FittedItem

ANCHOR = 16
"""Last characters of a question by which it is looked for in a prompt."""
WRONG = 8
"""Wrong answers that are made up for a question that names none."""
WORD = re.compile(r"[\w+\-]+(?:[.,]\d+)*")
NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")


class ItemsError(ValueError):
    """A bank that can't be read; one line."""


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of a bank's rows. `distractors`, `difficulty` and `kind` may be missing from a row."""

    question: str = "question"
    answer: str = "answer"
    kind: str = "kind"
    distractors: str = "distractors"
    difficulty: str = "difficulty"


@dataclass(frozen=True, slots=True)
class Item:
    """A question.

    Args:
        question: its text, white space collapsed.
        answers: the right one, then wrong ones by falling popularity; at least two.
        difficulty: in logits.
        kind: "" if the bank tells none.
    """

    question: str
    answers: tuple[str, ...]
    difficulty: float
    kind: str

    @property
    def digest(self) -> str:
        """Names the question."""
        return item_digest(self.question)


def collapsed(text: str) -> str:
    """A text with single spaces."""
    return " ".join(text.split())


def item_digest(question: str) -> str:
    """16 hex digits that name a question, whatever its white space."""
    return hashlib.sha256(collapsed(question).encode()).hexdigest()[:16]


def plain(text: str) -> str:
    """Words and numbers of a text in lower case, with a space before, between and after them."""
    return f" {' '.join(WORD.findall(text.casefold()))} "


@dataclass(frozen=True)
class ItemBank:
    """Questions, found in prompts.

    `form` tells how answers are written: "" as they are, else so that a task's key of that name reads them.
    """

    items: tuple[Item, ...]
    form: Literal["", "math", "code"] = ""

    @cached_property
    def content(self) -> str:
        """Sha-256 over all questions, whatever their order; part of a simulated model's identity."""
        rows = sorted([one.question, *one.answers, repr(one.difficulty), one.kind] for one in self.items)
        said = json.dumps(rows) if not self.form else json.dumps([self.form, rows])
        return hashlib.sha256(said.encode()).hexdigest()

    @cached_property
    def anchors(self) -> Mapping[str, tuple[Item, ...]]:
        """Questions by their last characters, longest first."""
        found: dict[str, list[Item]] = {}
        for one in self.items:
            found.setdefault(one.question[-ANCHOR:], []).append(one)
        return {key: tuple(sorted(group, key=lambda one: -len(one.question))) for key, group in found.items()}

    @cached_property
    def anchor_lengths(self) -> tuple[int, ...]:
        """Lengths of the anchors, falling."""
        return tuple(sorted({len(key) for key in self.anchors}, reverse=True))

    def find(self, text: str) -> Item | None:
        """The question that stands last in a text with collapsed white space; the longest of those."""
        best: tuple[int, int, Item] | None = None
        anchors = self.anchors
        for length in self.anchor_lengths:
            for end in range(len(text), length - 1, -1):
                if best is not None and end < best[0]:
                    break
                for item in anchors.get(text[end - length : end], ()):
                    size = len(item.question)
                    if text.endswith(item.question, 0, end) and (best is None or (end, size) > best[:2]):
                        best = (end, size, item)
                        break
        return None if best is None else best[2]

    def fitted(self, found: Mapping[str, FittedItem]) -> ItemBank:
        """The bank with what a fit found about its questions."""
        if not found:
            return self
        return replace(self, items=tuple(with_fit(one, found.get(one.digest)) for one in self.items))


def with_fit(item: Item, fit: FittedItem | None) -> Item:
    """A question with fitted difficulty; observed wrong answers come before made-up ones."""
    if fit is None:
        return item
    right = plain(item.answers[0])
    seen = dict.fromkeys(wrong for wrong in (*fit.wrong, *item.answers[1:]) if plain(wrong) != right)
    return replace(item, difficulty=fit.difficulty, answers=(item.answers[0], *seen)[: WRONG + 1])


def read_bank(path: Path, fields: Fields) -> ItemBank:
    """The bank of a JSONL file.

    Raises:
        ItemsError: it can't be read, or a row lacks its question or answer.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise ItemsError(f"the items {path} can't be read: {error.strerror}") from None
    except ValueError:
        raise ItemsError(f"the items {path} are not UTF-8") from None
    rows: list[Mapping[str, object]] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row: object = json.loads(line)
        except (ValueError, RecursionError):
            raise ItemsError(f"{path}, line {number}: no JSON") from None
        if not isinstance(row, dict):
            raise ItemsError(f"{path}, line {number}: no JSON object")
        made = cast("dict[str, object]", row)
        for name in (fields.question, fields.answer):
            if not isinstance(made.get(name), str | int | float) or not shown(made[name]).strip():
                raise ItemsError(f"{path}, line {number}: no text or number in the field `{name}`")
        rows.append(made)
    if not rows:
        raise ItemsError(f"{path} holds no rows")
    return bank_of(rows, fields)


def shown(value: object) -> str:
    """A field as a text; JSON for what is none."""
    return value if isinstance(value, str) else json.dumps(value)


def bank_of(rows: Iterable[Mapping[str, object]], fields: Fields) -> ItemBank:
    """The bank of rows that have a question and an answer; of rows that ask the same, the first counts."""
    known: dict[str, tuple[Mapping[str, object], str, str]] = {}
    for row in rows:
        question = collapsed(shown(row[fields.question]))
        kind = row.get(fields.kind)
        known.setdefault(
            question, (row, collapsed(shown(row[fields.answer])), "" if kind is None else shown(kind))
        )
    by_kind: dict[str, dict[str, None]] = {}
    for _, answer, kind in known.values():
        by_kind.setdefault(kind, {})[answer] = None
    pools = {kind: tuple(sorted(answers)) for kind, answers in by_kind.items()}
    return ItemBank(
        tuple(
            item_of(question, answer, kind, row, fields, pools[kind])
            for question, (row, answer, kind) in known.items()
        )
    )


def item_of(
    question: str, answer: str, kind: str, row: Mapping[str, object], fields: Fields, pool: Sequence[str]
) -> Item:
    """One question of a bank. `pool` are the answers of its kind."""
    listed = row.get(fields.distractors)
    wrong = (
        [collapsed(shown(one)) for one in cast("list[object]", listed)] if isinstance(listed, list) else []
    )
    right = plain(answer)
    kept = [one for one in dict.fromkeys(wrong) if one and plain(one) != right]
    level = row.get(fields.difficulty)
    return Item(
        question,
        (answer, *(kept or made_up(question, answer, pool))),
        float(level) if isinstance(level, int | float) else normal("difficulty", question),
        kind,
    )


def made_up(question: str, answer: str, pool: Sequence[str]) -> tuple[str, ...]:
    """Wrong answers of a question that names none: near numbers, or other answers of its kind."""
    if NUMBER.fullmatch(answer.replace(",", "")):
        return near_numbers(question, answer.replace(",", ""))
    right = plain(answer)
    others = [one for one in pool if plain(one) != right]
    start = int(uniform("wrong", question) * len(others)) if others else 0
    step = 1 + int(uniform("step", question) * 7)
    found = dict.fromkeys(
        others[(start + place * step) % len(others)] for place in range(min(WRONG, len(others)))
    )
    return tuple(found) or (f"not {answer}",)


def near_numbers(question: str, answer: str) -> tuple[str, ...]:
    """Numbers that a slip makes of a number: off by one, by ten, digits exchanged, a factor of ten."""
    places = len(answer.partition(".")[2])
    value = float(answer)
    unit = 10.0**-places
    slips = [value + unit, value - unit, value + 10 * unit, value - 10 * unit, value * 10, value + 2 * unit]
    texts = [f"{slip:.{places}f}" for slip in slips]
    digits = [
        at for at in range(len(answer) - 1) if answer[at : at + 2].isdigit() and answer[at] != answer[at + 1]
    ]
    if digits:
        at = digits[-1]
        texts.append(answer[:at] + answer[at + 1] + answer[at] + answer[at + 2 :])
    right = float(answer)
    kept = [text for text in dict.fromkeys(texts) if float(text) != right]
    return tuple(sorted(kept, key=lambda text: uniform("slip", question, text)))[:WRONG]
