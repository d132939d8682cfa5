"""Candidates on train, behind the search loop's barrier, and the best of them on select."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from tgl.evaluate.bench import Bench
from tgl.evaluate.budget import NO_LATER, Later, Planner
from tgl.evaluate.evaluation import Evaluation
from tgl.evaluate.front import Prices
from tgl.evaluate.ledger import NOTHING, Forecast, Need
from tgl.evaluate.measure import FINAL_SALT
from tgl.evaluate.selection import Finalist, finalists, rank
from tgl.ir import Assignment, Candidate
from tgl.search import Measured, ProgramSpace


class TrainLab:
    """The laboratory of the search loop: all candidates on the same train examples.

    Args:
        bench: what the stages share.
        space: gives each assignment its candidate.
        planner: tells what to keep back for the later stages.
        finalists: number of candidates that go to select.
        on_batch: told when candidates have been measured.
        prices: what is weighed against the score, where a front is looked for.
    """

    def __init__(
        self,
        bench: Bench,
        space: ProgramSpace,
        planner: Planner,
        finalists: int,
        on_batch: Callable[[], None] = lambda: None,
        prices: Prices | None = None,
    ) -> None:
        self._bench, self._space, self._planner = bench, space, planner
        self._finalists, self._on_batch, self._prices = finalists, on_batch, prices
        self.evaluations: dict[str, Evaluation] = {}
        self.later: Later = NO_LATER

    def forecast(self, assignment: Assignment) -> Forecast:
        """The most that a candidate adds on train."""
        return self._bench.evaluator.forecast_train(self._space.resolution(assignment).candidate)

    def reserve(self, assignment: Assignment) -> bool:
        """Set aside the worst case of a candidate on train."""
        return self._bench.ledger.reserve(self.forecast(assignment))

    async def measure(self, assignments: Sequence[Assignment]) -> list[Measured]:
        """Measure candidates on train, and keep back what the later stages need by what was seen."""
        bench = self._bench
        resolutions = [self._space.resolution(assignment) for assignment in assignments]
        for resolution in resolutions:
            bench.spending.register(resolution)
        candidates = [resolution.candidate for resolution in resolutions]
        evaluations = await bench.evaluator.on_train(candidates)
        bench.settle(evaluations)
        for evaluation in evaluations:
            self.evaluations[evaluation.candidate.digest] = evaluation
            bench.spending.score(evaluation)
            if bench.meter.feasible(evaluation):
                bench.best_score = max(bench.best_score or 0.0, evaluation.score)
        seen = list(self.evaluations.values())
        leading = self.promising() or self.leading()[: self._finalists]
        points = [] if self._prices is None else self._prices.points(leading)
        self.later = self._planner.later(leading, seen, points)
        bench.ledger.keep(self._planner.kept(self.later))
        self._on_batch()
        return [
            Measured(
                one.score,
                bench.meter.violation(one),
                # Of a dropped candidate not all is known, and what is would pass for cheap.
                () if self._prices is None or one.dropped else self._prices.of(one),
            )
            for one in evaluations
        ]

    def promising(self) -> list[Evaluation]:
        """The feasible candidates that would go to select now."""
        meter = self._bench.meter
        feasible = [one for one in self.evaluations.values() if meter.feasible(one)]
        if self._prices is not None:
            return self._prices.promising(feasible, self._finalists)
        return finalists(feasible, meter.cost, self._finalists)

    def leading(self) -> list[Evaluation]:
        """All candidates, the least beyond the limits first, then by score."""
        meter = self._bench.meter
        return sorted(
            self.evaluations.values(), key=lambda one: (meter.violation(one), *rank(one, meter.cost))
        )


async def select_finalists(
    bench: Bench,
    candidates: Sequence[tuple[Assignment, Candidate]],
    later: Later,
    points: Need = NOTHING,
    wanted: Need | None = None,
) -> list[Finalist]:
    """Measure candidates on select, in order of promise, each only if its own test fits as well.

    What the comparisons need is kept back too, and what the test of several `points` does; where no candidate
    fits beside that, it is not.

    Args:
        bench: of the search.
        candidates: with their assignments.
        later: what the later stages need, as far as it fits.
        points: what the test of several points needs.
        wanted: what the comparisons would need in full, for telling which `spend` would be enough; None
            where nobody knows, since more of it would be explored with first.
    """
    evaluator = bench.evaluator
    done: dict[str, Evaluation] = {}
    most = [points]
    for comparisons, tests in ((later.comparisons, points), (NOTHING, NOTHING)):
        most = [tests]

        def forecast(
            candidate: Candidate, comparisons: Need = comparisons, most: list[Need] = most
        ) -> Forecast:
            # The test is kept back, not needed now: whoever wins has to fit there.
            most[0] = most[0].most(evaluator.forecast_test(candidate, FINAL_SALT).need)
            bench.ledger.keep(most[0] + comparisons)
            return evaluator.forecast_select(candidate)

        done = await bench.run_as_fits(
            [candidate for _, candidate in candidates], forecast, evaluator.on_select
        )
        if done:
            break
    if len(done) < len(candidates):
        left = [candidate for _, candidate in candidates if candidate.digest not in done]
        calls = None if wanted is None else enough_calls(bench, left, most[0] + wanted)
        bench.notes.append(
            f"{len(left)} of {len(candidates)} finalists were not measured on select: "
            "their worst case did not fit what was left of `spend`"
            + ("; raise it" if calls is None else f"; `spend calls <= {calls}` would be enough for them")
        )
    return [
        Finalist(assignment, done[candidate.digest])
        for assignment, candidate in candidates
        if candidate.digest in done
    ]


def enough_calls(bench: Bench, candidates: Sequence[Candidate], kept: Need) -> int | None:
    """Calls of `spend` with which candidates fit on select, beside what is kept back.

    None if they are not capped, or dollars are too: then another number of calls alone may not help.
    """
    if bench.ledger.calls_cap is None or bench.ledger.dollars_cap is not None:
        return None
    needs = sum(bench.evaluator.forecast_select(one).need.calls for one in candidates)
    return 100 * math.ceil((bench.ledger.spent.calls + needs + kept.calls) / 100)
