"""Random search from the program's own priors: the method that every other one has to beat."""

from __future__ import annotations

from collections.abc import Sequence

from tgl.search.protocol import Outcome, Propose, SearchSpace
from tgl.search.told import Told, novel_proposals


class RandomSearch:
    """Draws from the prior, without replacement as far as `tries` draws find something new.

    Args:
        space: what is searched.
        seed: the search's seed.
        samples: proposals a round, > 0.
        tries: draws for one new candidate, > 0.
    """

    def __init__(self, space: SearchSpace, seed: int, *, samples: int = 8, tries: int = 20) -> None:
        if samples <= 0 or tries <= 0:
            raise ValueError("samples and tries must be positive")
        self._space, self._seed, self._samples, self._tries = space, seed, samples, tries
        self._told = Told()

    def ask(self) -> Propose:
        """The next round."""
        round_ = self._told.next_round(self._samples)
        assignments = novel_proposals(
            self._space,
            self._space.prior,
            self._seed,
            "random",
            round_,
            self._samples,
            self._told.keys,
            self._tries,
        )
        return Propose(round_ * self._samples, assignments)

    def tell(self, outcomes: Sequence[Outcome]) -> None:
        """Remember which candidates are known."""
        self._told.add(outcomes)
