"""Policy gradient for a whole front: the best score for each of several caps on a price.

Rounds take turns between *directions*: one is after the score alone, the others after the score under a cap
on one of the prices (epsilon-constraint method: Haimes, Lasdon, Wismer (1971), IEEE Trans. SMC 1:296). The
caps of a price stand at even ratios between the least and the greatest figure that was measured, the lowest
at the least. Weighted sums would be simpler and can't reach the hollow parts of a front. Each direction has a
policy of its own, which learns from its own rounds and from the first, drawn from the prior; so none pulls
another away from what it found, and the gradient stays on-policy. What others have measured is not asked for
again (`novel_proposals`). NSGA-II and MOEA/D would breed from a population, which crosses programs whose
choices do not exist in one another.
"""

from __future__ import annotations

from collections.abc import Sequence

from tgl.search.optimizers.reinforce import Reinforce, ReinforceConfig
from tgl.search.protocol import Outcome, Propose, SearchSpace
from tgl.search.told import Told, novel_proposals

CAPS = 3
"""Caps of each price."""


def directions(prices: int) -> int:
    """How many directions there are for so many prices."""
    return 1 + CAPS * prices


def caps_between(least: float, greatest: float) -> tuple[float, ...]:
    """`CAPS` caps of a price from `least` up, at even ratios (even steps if `least` is 0).

    >>> caps_between(1.0, 8.0)
    (1.0, 2.0, 4.0)
    """
    parts = [place / CAPS for place in range(CAPS)]
    if least <= 0.0:
        return tuple(least + part * (greatest - least) for part in parts)
    return tuple(least * (greatest / least) ** part for part in parts)


class FrontSearch:
    """REINFORCE in turns under different caps; see the module for the method.

    Args:
        space: what is searched.
        seed: the search's seed.
        prices: how many prices each outcome has, > 0.
        config: settings of each direction.
    """

    def __init__(
        self, space: SearchSpace, seed: int, prices: int, config: ReinforceConfig | None = None
    ) -> None:
        self._space, self._seed, self._prices = space, seed, prices
        self._config = config or ReinforceConfig()
        self._told = Told()
        self._learners: dict[int, tuple[float | None, Reinforce]] = {}

    def ask(self) -> Propose:
        """The next round, drawn from the policy of the direction whose turn it is."""
        size = self._config.samples
        round_ = self._told.next_round(size)
        assignments = novel_proposals(
            self._space,
            self.learner(round_).policy(),
            self._seed,
            "front",
            round_,
            size,
            self._told.keys,
            self._config.tries,
        )
        return Propose(round_ * size, assignments)

    def tell(self, outcomes: Sequence[Outcome]) -> None:
        """Take note; the next `ask` learns from it."""
        self._told.add(outcomes)

    def learner(self, round_: int) -> Reinforce:
        """What the direction of a round has learnt; round 0 is nobody's, so its policy is the prior."""
        if round_ == 0:
            return Reinforce(self._space, self._seed, self._config)
        way = (round_ - 1) % directions(self._prices)
        cap = self.cap(way)
        before = self._learners.get(way)
        # Where a new least or greatest figure moved the cap, all that was learnt under the old one is.
        kept = before[1] if before is not None and before[0] == cap else None
        learner = Reinforce(self._space, self._seed, self._config) if kept is None else kept
        for outcomes in self._told.rounds(self._config.samples):
            number = outcomes[0].trial // self._config.samples
            if number == 0 or (number - 1) % directions(self._prices) == way:
                learner.tell([self.under(cap, way, outcome) for outcome in outcomes])
        self._learners[way] = cap, learner
        return learner

    def cap(self, way: int) -> float | None:
        """The cap of a direction, by all figures so far; None for the one that has none."""
        if way == 0:
            return None
        price, place = divmod(way - 1, CAPS)
        figures = [
            outcome.prices[price]
            for outcomes in self._told.rounds(self._config.samples)
            for outcome in outcomes
            if outcome.prices
        ]
        return caps_between(min(figures), max(figures))[place] if figures else None

    def under(self, cap: float | None, way: int, outcome: Outcome) -> Outcome:
        """An outcome as a direction sees it: what is beyond its cap exceeds a limit."""
        if cap is None or not outcome.prices:
            return outcome
        figure = outcome.prices[(way - 1) // CAPS]
        if figure <= cap:
            return outcome
        beyond = figure / cap - 1.0 if cap > 0.0 else 1.0
        return outcome.model_copy(update={"violation": outcome.violation + beyond})
