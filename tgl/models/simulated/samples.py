"""Replies of real models to known questions, and their sums: what a fit is made from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from tgl.models.simulated.chance import uniform
from tgl.models.simulated.reading import Kind

LIKENESS = 0.7
"""Correlation of draws of one cell that their weight assumes: n draws count as n / (1 + (n - 1) * 0.7)."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One reply to a known question.

    Args:
        model: who replied.
        item: digest of the question.
        kind: of the question.
        shots: worked examples shown.
        temperature: as sampled.
        answer: as written; None if the reply can't be read.
        right: whether it is.
        drafts: of answers shown: how many are right, and how many there are.
        mode: what kind of reply was wanted.
        prompt: messages, bytes and tokens of the prompt.
        completion: tokens of the reply.
        latency: seconds.
        refused: whether it is a refusal.
    """

    model: str
    item: str
    kind: str
    shots: int
    temperature: float
    answer: str | None
    right: bool
    drafts: tuple[int, int]
    mode: Kind
    prompt: tuple[int, int, int]
    completion: int
    latency: float
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """Replies of one model to one question under equal conditions: `right` of `n`."""

    model: str
    item: str
    kind: str
    shots: int
    temperature: float
    n: int
    right: int

    @property
    def weight(self) -> float:
        """How many independent replies it counts as."""
        return self.n / (1 + (self.n - 1) * LIKENESS)

    @property
    def place(self) -> float:
        """In (0, 1); the fold of its model and question."""
        return uniform("fold", self.model, self.item)


def plain_answer(one: Sample) -> bool:
    """Whether a reply tells about ability alone: readable, and to a prompt without drafts."""
    return one.answer is not None and not one.drafts[1] and one.mode != "grade"


def cells_of(samples: Iterable[Sample]) -> list[Cell]:
    """Replies without drafts, by model, question and conditions; in sorted order."""
    right: Counter[tuple[str, str, str, int, float]] = Counter()
    count: Counter[tuple[str, str, str, int, float]] = Counter()
    for one in samples:
        if plain_answer(one):
            key = (one.model, one.item, one.kind, one.shots, one.temperature)
            count[key] += 1
            right[key] += one.right
    return [Cell(*key, n=count[key], right=right[key]) for key in sorted(count)]
