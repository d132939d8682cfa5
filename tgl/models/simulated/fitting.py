"""Profiles from what real models replied: regularised item response theory by plain Newton steps.

The model is Rasch's with covariates, fitted to one-question replies without drafts:

    P(right) = logistic(theta(model, kind) + shots * ln(1 + n) - cost * temperature - b(question))

with normal priors on all parameters. The deviation of the prior of b is chosen on held-out cells, other
held-out cells tell the log-loss against the base rate. How draws and prompts go together is matched to the
agreement of pairs of replies under the Gaussian copula of `answering`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median, pstdev

from tgl.models.simulated.chance import STANDARD, logistic, uniform, zipf
from tgl.models.simulated.items import WRONG
from tgl.models.simulated.profile import (
    Ability,
    Drafts,
    Errors,
    Faults,
    FittedItem,
    Latency,
    Profile,
    ProfileFile,
    Sampling,
    Tokens,
)
from tgl.models.simulated.reading import Kind
from tgl.statistics import wilson

SPREADS = (0.3, 0.6, 1.0, 1.5, 2.2, 3.0)
"""Deviations of difficulty that are tried."""
SWEEPS = 25
PRIOR_ABILITY = 3.0
PRIOR_SLOPE = 0.7
LIKENESS = 0.7
"""Correlation of draws of one cell that their weight assumes: n draws count as n / (1 + (n - 1) * 0.7)."""
TUNING, HELD = 0.15, 0.35
"""Cells whose place falls below the first choose the spread; those up to the second tell the log-loss."""
NODES = tuple(STANDARD.inv_cdf((place + 0.5) / 24) for place in range(24))
FEWEST = 40
"""Replies of a model below which nothing is fitted."""
FEWEST_PAIRS = 20


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


@dataclass(frozen=True, slots=True)
class Curve:
    """Fitted parameters."""

    theta: Mapping[tuple[str, str], float]
    shots: Mapping[str, float]
    cost: Mapping[str, float]
    b: Mapping[str, float]

    def chance(self, cell: Cell) -> float:
        """P(right) of a cell."""
        theta = self.theta.get((cell.model, cell.kind), 0.0)
        theta += self.shots.get(cell.model, 0.0) * math.log1p(cell.shots)
        theta -= self.cost.get(cell.model, 0.0) * cell.temperature
        return logistic(theta - self.b.get(cell.item, 0.0))


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


@dataclass(slots=True)
class Newton:
    """Sums of a Newton step of one parameter: gradient and curvature of the log-posterior."""

    gradient: float = 0.0
    curvature: float = 0.0

    def add(self, slope: float, error: float, information: float) -> None:
        """A cell whose logit moves by `slope` with the parameter."""
        self.gradient += slope * error
        self.curvature += slope * slope * information

    def step(self, value: float, deviation: float) -> float:
        """The parameter's next value under a normal prior around 0."""
        precision = deviation**-2
        change = (self.gradient - value * precision) / (self.curvature + precision)
        return value + min(max(change, -1.0), 1.0)


def curve(cells: Sequence[Cell], spread: float) -> Curve:
    """Parameters of highest posterior density, by sweeps of one Newton step for each in turn."""
    theta = dict.fromkeys(sorted({(cell.model, cell.kind) for cell in cells}), 0.0)
    shots = dict.fromkeys(sorted({cell.model for cell in cells}), 0.0)
    cost = dict(shots)
    b = dict.fromkeys(sorted({cell.item for cell in cells}), 0.0)
    found = Curve(theta, shots, cost, b)
    for _ in range(SWEEPS):
        by_item: dict[str, Newton] = {}
        for cell, error, information in residuals(cells, found):
            by_item.setdefault(cell.item, Newton()).add(-1.0, error, information)
        b.update({item: sums.step(b[item], spread) for item, sums in by_item.items()})
        by_ability: dict[tuple[str, str], Newton] = {}
        for cell, error, information in residuals(cells, found):
            by_ability.setdefault((cell.model, cell.kind), Newton()).add(1.0, error, information)
        theta.update({key: sums.step(theta[key], PRIOR_ABILITY) for key, sums in by_ability.items()})
        by_shots = {model: Newton() for model in shots}
        by_cost = {model: Newton() for model in shots}
        for cell, error, information in residuals(cells, found):
            by_shots[cell.model].add(math.log1p(cell.shots), error, information)
            by_cost[cell.model].add(-cell.temperature, error, information)
        shots.update({model: sums.step(shots[model], PRIOR_SLOPE) for model, sums in by_shots.items()})
        cost.update({model: max(0.0, sums.step(cost[model], PRIOR_SLOPE)) for model, sums in by_cost.items()})
    return found


def residuals(cells: Iterable[Cell], found: Curve) -> Iterable[tuple[Cell, float, float]]:
    """Each cell with its weighted error and information."""
    for cell in cells:
        chance, weight = found.chance(cell), cell.weight
        yield cell, weight * (cell.right / cell.n - chance), weight * chance * (1 - chance)


def base_rate(cells: Iterable[Cell]) -> Callable[[Cell], float]:
    """The share of right answers of model and kind, with one right and one wrong answer added."""
    right: Counter[tuple[str, str]] = Counter()
    count: Counter[tuple[str, str]] = Counter()
    for cell in cells:
        right[cell.model, cell.kind] += cell.right
        count[cell.model, cell.kind] += cell.n
    return lambda cell: (right[cell.model, cell.kind] + 1) / (count[cell.model, cell.kind] + 2)


def loss(cell: Cell, chance: float) -> float:
    """Mean log-loss of a cell's replies, in nats."""
    kept = min(max(chance, 1e-9), 1 - 1e-9)
    share = cell.right / cell.n
    return -(share * math.log(kept) + (1 - share) * math.log(1 - kept))


def mean_loss(cells: Sequence[Cell], chance: Callable[[Cell], float]) -> float:
    """Mean of `loss` over questions, each the mean over its cells; 0 for none."""
    by_item: dict[str, list[float]] = {}
    for cell in cells:
        by_item.setdefault(cell.item, []).append(loss(cell, chance(cell)))
    return fmean(map(fmean, by_item.values())) if by_item else 0.0


def gain(
    cells: Sequence[Cell], chance: Callable[[Cell], float], base: Callable[[Cell], float]
) -> tuple[float, float, float]:
    """Base loss minus loss with its 95 % interval; cells of one question count as one."""
    by_item: dict[str, list[float]] = {}
    for cell in cells:
        by_item.setdefault(cell.item, []).append(loss(cell, base(cell)) - loss(cell, chance(cell)))
    means = [fmean(values) for values in by_item.values()]
    if len(means) < 2:
        return (0.0, -math.inf, math.inf)
    half = 1.96 * pstdev(means) / math.sqrt(len(means) - 1)
    return (fmean(means), fmean(means) - half, fmean(means) + half)


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


def drafts_of(own: Sequence[Sample], found: Curve) -> Drafts:
    """What shown answers do, as far as enough replies tell it."""
    shown = [one for one in own if one.drafts[1] and one.answer is not None]

    def alone(one: Sample) -> float:
        return found.chance(Cell(one.model, one.item, one.kind, one.shots, one.temperature, 1, 0))

    bad = [one for one in shown if one.drafts[0] == 0]
    good = [one for one in shown if one.drafts[0] == one.drafts[1]]
    default = Drafts()
    repair, keep = default.repair, default.keep
    if len(bad) >= FEWEST:
        repair = min(2.0, fmean(one.right for one in bad) / max(fmean(map(alone, bad)), 1e-6))
    if len(good) >= FEWEST:
        fresh = fmean(min(1.0, repair * alone(one)) for one in good)
        keep = min(max((fmean(one.right for one in good) - fresh) / max(1 - fresh, 1e-6), 0.0), 1.0)
    return Drafts(repair=round(repair, 4), keep=round(keep, 4), length_cost=0.0)


def tokens_of(own: Sequence[Sample]) -> Tokens:
    """Lengths: least squares of prompt tokens on messages and bytes, medians of replies by their kind."""
    turn, share = plane([(one.prompt[0], one.prompt[1]) for one in own], [one.prompt[2] for one in own])
    medians: dict[Kind, float] = {}
    for mode in ("brief", "reasoned", "text"):
        lengths = [one.completion for one in own if one.mode == mode and one.completion > 0]
        if lengths:
            medians[mode] = float(median(lengths))
    logs = [
        math.log(one.completion / medians[one.mode])
        for one in own
        if one.completion > 0 and one.mode in medians
    ]
    default = Tokens()
    return Tokens(
        turn=round(min(max(turn, 0.0), 16.0), 3),
        bytes_per_token=round(min(max(1 / max(share, 0.05), 1.0), 20.0), 4),
        brief=medians.get("brief", default.brief),
        reasoned=medians.get("reasoned", default.reasoned),
        text=medians.get("text", default.text),
        sigma=round(min(pstdev(logs), 3.0), 4) if len(logs) > 1 else default.sigma,
    )


def latency_of(own: Sequence[Sample]) -> Latency:
    """Service times: base and seconds a token by least squares, the deviation of what is left."""
    timed = [(one.completion, one.latency) for one in own if one.latency > 0]
    if len(timed) < FEWEST:
        return Latency()
    mean_x, mean_y = fmean(x for x, _ in timed), fmean(y for _, y in timed)
    spread = sum((x - mean_x) ** 2 for x, _ in timed)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in timed) / spread if spread else 0.0
    slope = min(max(slope, 0.0), mean_y / max(mean_x, 1e-9))
    base = max(mean_y - slope * mean_x, 0.0)
    logs = [math.log(y / max(base + slope * x, 1e-6)) for x, y in timed]
    factor = math.exp(median(logs))
    return Latency(
        base=round(base * factor, 5),
        per_token=round(slope * factor, 6),
        sigma=round(min(pstdev(logs), 3.0), 4),
    )


def plane(points: Sequence[tuple[float, float]], values: Sequence[float]) -> tuple[float, float]:
    """Least squares of values on two variables without a constant; (0, mean ratio) where they are alike."""
    xx = sum(x * x for x, _ in points)
    xy = sum(x * y for x, y in points)
    yy = sum(y * y for _, y in points)
    xv = sum(x * value for (x, _), value in zip(points, values, strict=True))
    yv = sum(y * value for (_, y), value in zip(points, values, strict=True))
    determinant = xx * yy - xy * xy
    if determinant <= 1e-9 * max(xx * yy, 1.0):
        return 0.0, yv / max(yy, 1e-9)
    return (xv * yy - yv * xy) / determinant, (xx * yv - xy * xv) / determinant


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
