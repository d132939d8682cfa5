"""Profiles from what real models replied: regularised item response theory by plain Newton steps.

The deviation of the prior of difficulty is chosen on held-out cells; other held-out cells tell the log-loss
against the base rate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from tgl.models.simulated.agreement import (
    Pair,
    concentrated,
    correlated,
    draw_pairs,
    prompt_pairs,
    wrong_answers,
)
from tgl.models.simulated.estimates import FEWEST, drafts_of, latency_of, tokens_of
from tgl.models.simulated.profile import Ability, Errors, Faults, FittedItem, Profile, ProfileFile, Sampling
from tgl.models.simulated.rasch import Curve, base_rate, curve, gain, mean_loss
from tgl.models.simulated.samples import Cell, Sample, cells_of, plain_answer
from tgl.statistics import wilson

SPREADS = (0.3, 0.6, 1.0, 1.5, 2.2, 3.0)
"""Deviations of difficulty that are tried."""

TUNING, HELD = 0.15, 0.35


@dataclass(frozen=True, slots=True)
class ModelFit:
    """How a model's fit compares with what was observed.

    `observed` is the share of right answers among `n` readable replies without drafts with its 95 % Wilson
    interval; `expected` the mean chance of the fitted model on the same.
    """

    model: str
    n: int
    observed: float
    low: float
    high: float
    expected: float


@dataclass(frozen=True, slots=True)
class Fit:
    """Profiles and how good they are.

    `log_loss` and `base_loss` are of `held_out` cells of model and question that were not fitted to
    (the base rate is that of model and kind); `gain` is their difference, its 95 % interval over questions.
    `pairs` of repeated draws, `prompt_pairs` of greedy replies to other prompts, and `wrong_pairs` of
    wrong answers of different models are what the correlations rest on.
    """

    file: ProfileFile
    models: tuple[ModelFit, ...]
    questions: int
    spread: float
    held_out: int
    log_loss: float
    base_loss: float
    gain: tuple[float, float, float]
    pairs: int
    prompt_pairs: int
    wrong_pairs: int


class TooLittle(ValueError):
    """Not enough replies to fit anything; one line."""


def fit(samples: Sequence[Sample]) -> Fit:
    """Profiles of the models that replied.

    Raises:
        TooLittle: a model has too few replies.
    """
    counts = Counter(one.model for one in samples if plain_answer(one))
    few = sorted({one.model for one in samples if counts[one.model] < FEWEST})
    if few or not samples:
        named = ", ".join(f"`{model}` ({counts[model]})" for model in few) or "any model"
        raise TooLittle(f"at least {FEWEST} readable replies to known questions are needed of {named}")
    cells = cells_of(samples)
    tuning = [cell for cell in cells if cell.place < TUNING]
    held = [cell for cell in cells if TUNING <= cell.place < HELD]
    training = [cell for cell in cells if cell.place >= HELD]
    spread = min(SPREADS, key=lambda one: mean_loss(tuning, curve(training, one).chance) if tuning else one)
    before = curve([*training, *tuning], spread)
    base = base_rate([*training, *tuning])
    whole = curve(cells, spread)
    pairs = draw_pairs(cells, whole)
    names = sorted(counts)
    wrong = wrong_answers(samples)
    concentration, wrong_pairs = concentrated(samples)
    prompts = prompt_pairs(cells, whole)
    profiles = {
        name: profile_of(name, samples, cells, whole, pairs, prompts, concentration) for name in names
    }
    items = {
        item: FittedItem(difficulty=round(clipped(level, 10), 4), wrong=wrong.get(item, ()))
        for item, level in sorted(whole.b.items())
    }
    return Fit(
        file=ProfileFile(profiles=profiles, items=items),
        models=tuple(model_fit(name, cells, whole) for name in names),
        questions=len(items),
        spread=spread,
        held_out=len(held),
        log_loss=mean_loss(held, before.chance),
        base_loss=mean_loss(held, base),
        gain=gain(held, before.chance, base),
        pairs=len(pairs),
        prompt_pairs=len(prompts),
        wrong_pairs=wrong_pairs,
    )


def profile_of(
    name: str,
    samples: Sequence[Sample],
    cells: Sequence[Cell],
    found: Curve,
    draws: Sequence[Pair],
    prompts: Sequence[Pair],
    concentration: float,
) -> Profile:
    """The profile of one model. What its replies tell nothing about keeps the default."""
    own = [one for one in samples if one.model == name]
    repeated = correlated([pair for pair in draws if pair.model == name])
    reprompted = correlated([pair for pair in prompts if pair.model == name])
    kinds = {
        kind: round(clipped(value, 10), 4) for (model, kind), value in found.theta.items() if model == name
    }
    weights = Counter(cell.kind for cell in cells if cell.model == name)
    level = sum(kinds[kind] * count for kind, count in weights.items()) / sum(weights.values())
    return Profile(
        about=f"fitted to {len(own)} replies",
        ability=Ability(
            level=round(level, 4),
            kinds={} if set(kinds) == {""} else kinds,
            shots=round(clipped(found.shots[name], 2), 4),
        ),
        sampling=Sampling(
            cost=round(min(found.cost[name], 5.0), 4),
            draws=0.4 if repeated is None else round(min(max(1 - repeated, 0.0), 0.99), 4),
        ),
        errors=Errors(
            shared=0.0,  # what models have in common is in the difficulties
            prompt=0.2 if reprompted is None else round(1 - reprompted, 4),
            concentration=round(concentration, 3),
        ),
        drafts=drafts_of(own, found),
        faults=Faults(
            unreadable=round(fmean(one.answer is None and not one.refused for one in own), 5),
            refused=round(fmean(one.refused for one in own), 5),
        ),
        tokens=tokens_of(own),
        latency=latency_of(own),
    )


def model_fit(name: str, cells: Sequence[Cell], found: Curve) -> ModelFit:
    """Observed and expected accuracy of one model."""
    own = [cell for cell in cells if cell.model == name]
    n, right = sum(cell.n for cell in own), sum(cell.right for cell in own)
    interval = wilson(right, n)
    return ModelFit(
        name, n, right / n, interval.low, interval.high, sum(found.chance(cell) * cell.n for cell in own) / n
    )


def clipped(value: float, bound: float) -> float:
    """A value kept within [-bound, bound]."""
    return min(max(value, -bound), bound)
