"""Baselines on select: what a simpler program reaches for no more than the winner's cost (semantics.md 8).

For each reachable model its greedy answer in the variant of the base role that is best on select, and a vote
of the largest k whose mean cost is at most the winner's; on the best of these models the best of k by the
standard grader, and a majority of 3 even if it is dearer than the winner (then it is shown, and does not
count); the best greedy model and variant for each group, where the task has groups; the program at its prior
mode; and a random feasible program, the first feasible one that was drawn from the prior.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tgl.evaluate.cost import CostModel
from tgl.evaluate.data import Example
from tgl.evaluate.evaluation import Evaluation
from tgl.evaluate.report import BaselineKind
from tgl.evaluate.selection import mean_cost
from tgl.ir import Candidate

LARGEST_K = 16
"""Samples beyond which a vote is not tried."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """A simpler program, with its evaluation on select.

    `routes` (the greedy program by group) is set for the router. `dear`: it costs more than the winner, so it
    informs and is no rival. Without an evaluation, `why` tells why there is none.
    """

    kind: BaselineKind
    name: str
    models: tuple[str, ...] = ()
    k: int = 1
    candidate: Candidate | None = None
    routes: tuple[tuple[str, str], ...] = ()
    on_select: Evaluation | None = None
    dear: bool = False
    why: str = ""


@dataclass(slots=True)
class Affordable:
    """The search for the largest k whose mean cost is at most `ceiling`.

    The mean cost grows with k and about evenly, so the first guess is taken from the greedy answer, and
    then corrected one by one; samples are nested, so smaller k ask for nothing new.
    """

    ceiling: float
    guess: int
    measured: dict[int, float] = field(default_factory=dict)

    @property
    def next(self) -> int | None:
        """The k to measure next, None when the answer is known."""
        if not self.measured:
            return self.first if self.first >= 2 else None
        fits = [k for k, cost in self.measured.items() if cost <= self.ceiling]
        if not fits:
            lower = min(self.measured) - 1
            return lower if lower >= 2 else None
        upper = max(fits) + 1
        return upper if upper <= LARGEST_K and upper not in self.measured else None

    @property
    def first(self) -> int:
        """The first guess, within bounds."""
        return min(LARGEST_K, max(self.guess, 2 if self.ceiling > 0 else 0))

    @property
    def largest(self) -> int | None:
        """The largest measured k that fits, None if there is none."""
        return max((k for k, cost in self.measured.items() if cost <= self.ceiling), default=None)


def first_guess(ceiling: float, greedy_cost: float, calls_each: int = 1) -> int:
    """How many samples of about the greedy answer's cost fit the ceiling."""
    return LARGEST_K if greedy_cost <= 0 else int(ceiling / (greedy_cost * calls_each))


def routes_of(
    greedy: Sequence[tuple[str, Evaluation]], examples: Sequence[Example], cost: CostModel
) -> tuple[tuple[str, str], ...]:
    """The best greedy program of each group (ties: the cheaper, then the earlier), groups sorted."""
    groups = sorted({one.group for one in examples if one.group is not None})
    routes: list[tuple[str, str]] = []
    for group in groups:
        places = [place for place, one in enumerate(examples) if one.group == group]

        def rank(item: tuple[str, Evaluation], places: Sequence[int] = places) -> tuple[float, float]:
            costs = item[1].costs(cost)
            results = item[1].results
            own = sum(results[place].score * results[place].weight for place in places)
            return -own, sum(costs[place] for place in places)

        routes.append((group, min(greedy, key=rank)[0]))
    return tuple(routes)


def best_of_baselines(
    baselines: Sequence[Baseline], cost: CostModel, keep: Callable[[Baseline], bool] = lambda _: True
) -> Baseline | None:
    """The rival with the highest score on select (ties: the cheaper, then the earlier)."""
    found = [
        (-one.on_select.score, mean_cost(one.on_select, cost), place)
        for place, one in enumerate(baselines)
        if one.on_select is not None and not one.dear and keep(one)
    ]
    return baselines[min(found)[2]] if found else None
