"""Who is right: Rasch's model with covariates, fitted by Newton steps under normal priors.

P(right) = logistic(theta(model, kind) + shots * ln(1 + n) - cost * temperature - b(question))
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, pstdev

from tgl.models.simulated.chance import logistic
from tgl.models.simulated.samples import Cell

SWEEPS = 25

PRIOR_ABILITY = 3.0

PRIOR_SLOPE = 0.7


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
