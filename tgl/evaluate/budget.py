"""How a search's `spend` is shared out before it starts: comparisons come before extra exploration.

`spend` caps everything: exploring on train, choosing on select, baselines, and the final measurement. What
the later stages will need is kept back while exploring. It is told from train: the distinct calls that the
later stages' programs would need there (programs share calls), times the examples of their split over those
of train:

    select:  the finalists so far; greedy answers of each model in all variants; votes, best-of-k, mode
    test:    the dearest of these finalists (of a front: all points that it would have now); greedy answers;
             the best vote, best-of-k, mode, random

`MARGIN` more is kept for what a split's examples differ by, and on test what the winner could ask beyond
what it did on train, since its worst case has to fit. At most `LARGEST_SHARE` of the cap is kept back, so
that something is left to explore with; with less than that, lines of the table may be missing, and the report
says what would be enough.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tgl.evaluate.base_roles import BaseRole
from tgl.evaluate.baselines import LARGEST_K
from tgl.evaluate.bench import Bench
from tgl.evaluate.comparing import SHOWN_K
from tgl.evaluate.evaluation import Evaluation
from tgl.evaluate.ledger import NOTHING, Need
from tgl.evaluate.selection import mean_cost
from tgl.evaluate.simple_programs import greedy, vote
from tgl.ir import Candidate
from tgl.space import worst_calls

LARGEST_SHARE = 0.75
POINTS_SHARE = 0.4
"""Of the cap, kept back for the test of all points of a front."""
MARGIN = 1.05


@dataclass(frozen=True, slots=True)
class Later:
    """What later stages need: `finalists` and `baselines` on select, `rivals` and `winner` on test.

    `winner` is what test needs for the winner alone, `rivals` what the baselines add to it.
    """

    finalists: Need
    baselines: Need
    rivals: Need
    winner: Need

    @property
    def comparisons(self) -> Need:
        """All that baselines need."""
        return self.baselines + self.rivals

    @property
    def total(self) -> Need:
        """All of it."""
        return self.finalists + self.comparisons + self.winner

    def within(self, left: Need | None) -> Later:
        """The same, so that it fits what is left (None: no cap): all but `winner` in proportion."""
        if left is None:
            return self
        free, wanted = left - self.winner, self.finalists + self.comparisons
        part = min(1.0, free.calls / wanted.calls if wanted.calls else 1.0)
        if wanted.dollars > 0:
            part = min(part, free.dollars / wanted.dollars)
        return Later(
            self.finalists.share(part), self.baselines.share(part), self.rivals.share(part), self.winner
        )


NO_LATER = Later(NOTHING, NOTHING, NOTHING, NOTHING)


@dataclass(slots=True)
class Planner:
    """Tells what the later stages need, from evaluations on train."""

    bench: Bench
    variants: tuple[BaseRole, ...]
    models: tuple[str, ...]
    mode: Candidate
    asked: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])

    def later(
        self, leading: Sequence[Evaluation], seen: Sequence[Evaluation], points: Sequence[Evaluation] = ()
    ) -> Later:
        """What is to be kept back.

        Args:
            leading: those that would go to select now.
            seen: all evaluations on train so far, for the price of a call.
            points: those of them that would be points of a front now, where one is looked for.
        """
        bench = self.bench
        if not bench.ledger.capped or not leading:
            return NO_LATER
        train, select, test = bench.evaluator.sizes
        ceiling = mean_cost(leading[0], bench.cost)
        most = {model: self.samples(model, ceiling, seen) for model in self.models}
        singles = self.union(greedy(bench.ir, base, model) for base in self.variants for model in self.models)
        votes = [
            self.asks(vote(bench.ir, base, model, most[model]))
            for base in self.variants[:1]
            for model in self.models
        ]
        # A grader's prompts depend on replies, so its calls can't be shared.
        graded = max((k // 2 for k in most.values()), default=0) * train if votes else 0
        judging = 0.0 if bench.evaluator.judging is None else bench.evaluator.judging.usual
        programs = (len(self.variants) + 1) * len(self.models) + 2
        judged = math.ceil(judging * train * programs)
        own = singles | self.asks(self.mode) | self.needed(self.random(seen))
        final = [self.needed(one) for one in leading]
        finalists = frozenset[str]().union(*final)
        baselines = len(own.union(*votes) - finalists) + graded + judged
        winner = max(sum(self.worst(one)) for one in leading)
        rivals = max(len((own | voted) - one) for one in final for voted in votes or [own]) + graded
        rivals += math.ceil(judging * train * (len(self.models) + 3)) if judging else 0
        each = self.dollars(seen)

        def scaled(calls: int, size: int) -> Need:
            count = math.ceil(MARGIN * calls * size / train)
            return Need(count, count * each)

        return Later(
            scaled(len(finalists), select),
            scaled(baselines, select),
            scaled(rivals, test),
            scaled(winner, test).most(self.bounded(scaled(self.together(points), test))),
        )

    def together(self, points: Sequence[Evaluation]) -> int:
        """The calls that several programs need on train, shared ones once.

        With the most that one could ask beyond its own: they can be measured one after the other.
        """
        needed = [self.needed(one) for one in points]
        beyond = [sum(self.worst(one)) - len(own) for one, own in zip(points, needed, strict=True)]
        return len(frozenset[str]().union(*needed)) + max(beyond, default=0)

    def bounded(self, need: Need) -> Need:
        """What is kept back for the points of a front: not more than leaves room for comparisons."""
        ledger = self.bench.ledger
        return need.within(
            Need(
                need.calls if ledger.calls_cap is None else int(ledger.calls_cap * POINTS_SHARE),
                need.dollars if ledger.dollars_cap is None else ledger.dollars_cap * POINTS_SHARE,
            )
        )

    def kept(self, later: Later) -> Need:
        """What is kept back of the caps."""
        ledger, wanted = self.bench.ledger, later.total
        return wanted.within(
            Need(
                wanted.calls if ledger.calls_cap is None else int(ledger.calls_cap * LARGEST_SHARE),
                wanted.dollars if ledger.dollars_cap is None else ledger.dollars_cap * LARGEST_SHARE,
            )
        )

    def enough(self, later: Later) -> int | None:
        """Calls of `spend` that would have been enough for the whole table, None if it is not capped."""
        ledger = self.bench.ledger
        if ledger.calls_cap is None:
            return None
        missing = sum(need.calls for need in self.bench.missing.values())
        wanted = max(ledger.spent.calls + missing, math.ceil(later.total.calls / LARGEST_SHARE))
        return 100 * math.ceil(max(wanted, ledger.calls_cap + missing) / 100)

    def samples(self, model: str, ceiling: float, seen: Sequence[Evaluation]) -> int:
        """About how many samples of a model a vote of at most `ceiling` has, and one more that is tried."""
        prices = [
            self.bench.cost.of([use])
            for one in seen
            for result in one.results
            for use in result.calls
            if use.model == model
        ]
        if not prices or not sum(prices):
            return SHOWN_K
        return min(LARGEST_K, max(SHOWN_K, int(ceiling * len(prices) / sum(prices)) + 1))

    def asks(self, candidate: Candidate) -> frozenset[str]:
        """The foreseen calls of a candidate on train, as if nothing was spent."""
        found = self.asked.get(candidate.digest)
        if found is None:
            found = self.asked[candidate.digest] = self.bench.evaluator.asks_on_train(candidate)
        return found

    def random(self, seen: Sequence[Evaluation]) -> Evaluation:
        """The random program, as far as it is known: the first feasible one besides the prior mode."""
        others = [one for one in seen if one.candidate.digest != self.mode.digest]
        feasible = [one for one in others if self.bench.meter.feasible(one)]
        return [*feasible, *others, *seen][0]

    def union(self, candidates: Iterable[Candidate]) -> frozenset[str]:
        """The foreseen calls of several."""
        return frozenset[str]().union(*(self.asks(one) for one in candidates))

    def needed(self, evaluation: Evaluation) -> frozenset[str]:
        """The calls that an evaluation needed."""
        return frozenset(use.identity for result in evaluation.results for use in result.needed)

    def worst(self, evaluation: Evaluation) -> list[int]:
        """The most calls of each train example."""
        evaluator = self.bench.evaluator
        runs = evaluator.metric.draws
        scalars = [
            {name: value for name, value in one.given.items() if not isinstance(value, list)}
            for one in evaluator.train
        ]
        judging = evaluator.judging
        judged = [0 if judging is None else judging.most([one.given]) for one in evaluator.train]
        own = [worst_calls(evaluation.candidate, given) for given in scalars]
        return [runs * (calls + more) for calls, more in zip(own, judged, strict=True)]

    def dollars(self, seen: Sequence[Evaluation]) -> float:
        """Mean dollars of a call."""
        charges = {name: value for one in seen for name, value in one.charges(self.bench.dollars).items()}
        return sum(charges.values()) / len(charges) if charges else 0.0
