"""How replies go together: matched to the agreement of pairs under the Gaussian copula of `answering`."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from tgl.models.simulated.chance import STANDARD, zipf
from tgl.models.simulated.items import WRONG
from tgl.models.simulated.rasch import Curve
from tgl.models.simulated.samples import Cell, Sample, plain_answer

NODES = tuple(STANDARD.inv_cdf((place + 0.5) / 24) for place in range(24))

FEWEST_PAIRS = 20


@dataclass(frozen=True, slots=True)
class Pair:
    """Two replies that go together: chances of being right, observed agreement, how much they differ.

    `exponent` is the power of the correlation sought: the temperature, for draws.
    """

    model: str
    chances: tuple[float, float]
    agreement: float
    exponent: float = 1.0


def draw_pairs(cells: Iterable[Cell], found: Curve) -> list[Pair]:
    """Cells of several draws; agreement is that of two draws without replacement."""
    pairs: list[Pair] = []
    for cell in cells:
        if cell.n > 1 and cell.temperature > 0:
            wrong, n = cell.n - cell.right, cell.n
            same = (cell.right * (cell.right - 1) + wrong * (wrong - 1)) / (n * (n - 1))
            chance = found.chance(cell)
            pairs.append(Pair(cell.model, (chance, chance), same, cell.temperature))
    return pairs


def prompt_pairs(cells: Iterable[Cell], found: Curve) -> list[Pair]:
    """Greedy replies of one model to one question in two prompts."""
    greedy: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells:
        if cell.temperature == 0:
            greedy.setdefault((cell.model, cell.item), []).append(cell)
    return [
        Pair(group[0].model, (found.chance(group[0]), found.chance(group[1])), float(
            (2 * group[0].right >= group[0].n) == (2 * group[1].right >= group[1].n)
        ))
        for group in greedy.values()
        if len(group) > 1
    ]  # fmt: skip


def agreement(first: float, second: float, correlation: float) -> float:
    """P(both right or both wrong) under the Gaussian copula; a midpoint rule of 24 nodes."""
    kept = min(max(correlation, 0.0), 0.999)
    cuts = [STANDARD.inv_cdf(min(max(chance, 1e-6), 1 - 1e-6)) for chance in (first, second)]
    scale, slope = math.sqrt(1 - kept), math.sqrt(kept)
    both = fmean(
        STANDARD.cdf((cuts[0] - slope * node) / scale) * STANDARD.cdf((cuts[1] - slope * node) / scale)
        for node in NODES
    )
    return 1 - first - second + 2 * both


def correlated(pairs: Sequence[Pair]) -> float | None:
    """The correlation at exponent 1 that gives the observed mean agreement; None for too few pairs."""
    if len(pairs) < FEWEST_PAIRS:
        return None
    wanted = fmean(pair.agreement for pair in pairs)
    low, high = 0.0, 0.995
    for _ in range(12):
        middle = (low + high) / 2
        got = fmean(agreement(*pair.chances, middle**pair.exponent) for pair in pairs)
        low, high = (middle, high) if got < wanted else (low, middle)
    return (low + high) / 2


def wrong_answers(samples: Iterable[Sample]) -> dict[str, tuple[str, ...]]:
    """Wrong answers of each question by falling frequency, ties by text."""
    seen: dict[str, Counter[str]] = {}
    for one in samples:
        if one.answer is not None and not one.right and one.answer.strip():
            seen.setdefault(one.item, Counter())[one.answer.strip()] += 1
    return {
        item: tuple(sorted(found, key=lambda text: (-found[text], text))[:WRONG])
        for item, found in seen.items()
    }


def concentrated(samples: Iterable[Sample]) -> tuple[float, int]:
    """The Zipf exponent at which wrong answers of two models agree as often as seen, and its pairs."""
    found: dict[str, dict[str, str]] = {}
    for one in samples:
        if plain_answer(one) and not one.right and one.answer is not None:
            found.setdefault(one.item, {}).setdefault(one.model, one.answer)
    same = [
        answers[first] == answers[second]
        for answers in found.values()
        for place, first in enumerate(sorted(answers))
        for second in sorted(answers)[place + 1 :]
    ]
    if len(same) < FEWEST_PAIRS:
        return 1.0, len(same)
    wanted = fmean(same)
    low, high = 0.0, 5.0
    for _ in range(20):
        middle = (low + high) / 2
        got = sum(weight**2 for weight in zipf(WRONG, middle))
        low, high = (middle, high) if got < wanted else (low, middle)
    return (low + high) / 2, len(same)
