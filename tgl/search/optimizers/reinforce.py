"""Policy gradient over the program's choices.

Each round samples programs, measures them on the same examples, and moves the logits of the decisions that
made them by (advantage x exact gradient of the log-probability). Differs from the published gradient mode
(no baseline, biased log-probability, one question a sample): the advantage is the reward less the mean of the
*other* samples of the round, so it is unbiased and a wrong sample teaches too; the log-probability is that of
the constrained sampler itself; all samples answer the same questions.

References: Williams (1992), Machine Learning 8:229; leave-one-out baseline: Kool, van Hoof, Welling (2019),
"Buy 4 REINFORCE samples, get a baseline for free". Differs: proposals that repeat a known program are drawn
again a few times, which tilts the samples towards unseen programs and leaves the gradient slightly biased.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tgl.search.protocol import Outcome, Propose, SearchSpace
from tgl.search.softmax import FlooredSoftmax, Logits
from tgl.search.told import Told, novel_proposals


@dataclass(frozen=True, slots=True)
class ReinforceConfig:
    """Settings.

    Args:
        samples: proposals a round, >= 2.
        rate: step in logits of an advantage of one standard deviation (at least `SPREAD_FLOOR`), > 0.
        floor: share of the declared weights that always stays, in (0, 1].
        penalty: reward lost by a candidate that exceeds a measured limit by 100 % or more, >= 0.
        tries: draws for one new candidate, > 0.
    """

    samples: int = 8
    rate: float = 4.0
    floor: float = 0.1
    penalty: float = 1.0
    tries: int = 20

    def __post_init__(self) -> None:
        if self.samples < 2 or self.rate <= 0 or self.penalty < 0 or self.tries <= 0:
            raise ValueError(f"out of range: {self}")


SPREAD_FLOOR = 0.2
"""Smallest standard deviation of rewards that advantages are divided by.

Dividing by a smaller one would make every landscape look equally steep: where all programs are about equally
good the policy would then learn measurement error (tests/quality, `needle`).
"""


@dataclass(frozen=True, slots=True)
class Folded:
    """The logits after a round, that round's outcomes, and the rewards of all rounds up to it."""

    outcomes: tuple[Outcome, ...]
    logits: Mapping[str, Logits]
    rewards: tuple[float, ...]


NOTHING_FOLDED = Folded((), {}, ())


class Reinforce:
    """REINFORCE with a leave-one-out baseline; see the module for the method.

    Args:
        space: what is searched.
        seed: the search's seed.
        config: settings.
    """

    def __init__(self, space: SearchSpace, seed: int, config: ReinforceConfig | None = None) -> None:
        self._space, self._seed, self._config = space, seed, config or ReinforceConfig()
        self._told = Told()
        self._folded: list[Folded] = []

    def ask(self) -> Propose:
        """The next round, drawn from the policy that the outcomes so far make."""
        size = self._config.samples
        round_ = self._told.next_round(size)
        assignments = novel_proposals(
            self._space,
            self.policy(),
            self._seed,
            "reinforce",
            round_,
            size,
            self._told.keys,
            self._config.tries,
        )
        return Propose(round_ * size, assignments)

    def tell(self, outcomes: Sequence[Outcome]) -> None:
        """Take note; the next `ask` learns from it."""
        self._told.add(outcomes)

    def policy(self) -> FlooredSoftmax:
        """The current policy: all rounds so far, folded in order.

        Folded rounds are remembered with their outcomes, so that a search folds each round once; a round
        that was told more since, and those after it, are folded again.
        """
        rounds = tuple(self._told.rounds(self._config.samples))
        kept = 0
        while kept < min(len(rounds), len(self._folded)) and self._folded[kept].outcomes == rounds[kept]:
            kept += 1
        del self._folded[kept:]
        for outcomes in rounds[kept:]:
            before = self._folded[-1] if self._folded else NOTHING_FOLDED
            self._folded.append(self.fold(before, outcomes))
        last = self._folded[-1] if self._folded else NOTHING_FOLDED
        return FlooredSoftmax(self._space.prior, last.logits, self._config.floor)

    def fold(self, before: Folded, outcomes: tuple[Outcome, ...]) -> Folded:
        """The logits after one more round."""
        rewarded = [(outcome, self.reward(outcome)) for outcome in outcomes if outcome.score is not None]
        rewards = (*before.rewards, *(reward for _, reward in rewarded))
        if len(rewarded) < 2:
            return Folded(outcomes, before.logits, rewards)
        deviation = max(SPREAD_FLOOR, math.sqrt(float(np.var(rewards))))
        policy = FlooredSoftmax(self._space.prior, before.logits, self._config.floor)
        logits = dict(before.logits)
        total = sum(reward for _, reward in rewarded)
        for outcome, reward in rewarded:
            others = (total - reward) / (len(rewarded) - 1)
            step = self._config.rate * (reward - others) / deviation
            for address, slope in policy.score(self._space, outcome.assignment).items():
                change = step * slope / len(rewarded)
                logits[address] = logits[address] + change if address in logits else change
        return Folded(outcomes, logits, rewards)

    def reward(self, outcome: Outcome) -> float:
        """Score less the penalty for measured limits, which grows up to an excess of 100 %."""
        assert outcome.score is not None
        return outcome.score - self._config.penalty * min(1.0, outcome.violation)
