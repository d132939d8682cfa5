"""Candidates on train, behind the search loop's barrier, and the best of them on select."""

from __future__ import annotations

from collections.abc import Sequence

from tgl.evaluate.bench import Bench
from tgl.evaluate.budget import later_stages
from tgl.evaluate.evaluator import Evaluation
from tgl.evaluate.ledger import Need
from tgl.evaluate.selection import Finalist, mean_cost
from tgl.ir import Assignment, Candidate
from tgl.search import Measured, ProgramSpace


class TrainLab:
    """The laboratory of the search loop: all candidates on the same train examples."""

    def __init__(self, bench: Bench, space: ProgramSpace, finalists: int, models: int) -> None:
        self._bench, self._space = bench, space
        self._finalists, self._models = finalists, models
        self.evaluations: dict[str, Evaluation] = {}

    def reserve(self, assignment: Assignment) -> bool:
        """Set aside the worst case of a candidate on train."""
        bench = self._bench
        candidate = self._space.resolution(assignment).candidate
        return bench.ledger.reserve(bench.evaluator.train_need(candidate))

    async def measure(self, assignments: Sequence[Assignment]) -> list[Measured]:
        """Measure candidates on train, and keep back what the later stages need by what was seen."""
        bench = self._bench
        candidates = [self._space.resolution(assignment).candidate for assignment in assignments]
        evaluations = await bench.evaluator.on_train(candidates)
        bench.settle(evaluations)
        for evaluation in evaluations:
            self.evaluations[evaluation.candidate.digest] = evaluation
            if bench.meter.feasible(evaluation):
                bench.best_score = max(bench.best_score or 0.0, evaluation.score)
        self.keep_back()
        return [Measured(one.score, bench.meter.violation(one)) for one in evaluations]

    def keep_back(self) -> None:
        """Keep back what the later stages need if a typical one of the finalists so far wins."""
        bench = self._bench
        leading = self.leading(self._finalists)
        calls = sum(sum(one.calls) / one.n for one in leading) / len(leading)
        dollars = sum(sum(one.charges(bench.dollars).values()) / one.n for one in leading) / len(leading)
        bench.ledger.keep(
            later_stages(bench.ledger, bench.evaluator.sizes, self._finalists, self._models, calls, dollars)
        )

    def leading(self, count: int) -> list[Evaluation]:
        """The most promising candidates on train.

        Feasible ones first (else those least beyond the limits), then by score, the cheaper first, then by
        digest.
        """
        meter = self._bench.meter

        def rank(one: Evaluation) -> tuple[float, float, float, str]:
            return meter.violation(one), -one.score, mean_cost(one, meter.cost), one.candidate.digest

        return sorted(self.evaluations.values(), key=rank)[:count]


async def select_finalists(
    bench: Bench, candidates: Sequence[tuple[Assignment, Candidate]]
) -> list[Finalist]:
    """Measure candidates on select, in order of promise, each only if its own test fits as well."""
    evaluator = bench.evaluator

    def need(candidate: Candidate) -> Need:
        # The test is kept back, not needed now: whoever wins has to fit there.
        bench.ledger.keep(evaluator.test_need(candidate))
        return evaluator.select_need(candidate)

    done = await bench.run_as_fits([candidate for _, candidate in candidates], need, evaluator.on_select)
    if len(done) < len(candidates):
        bench.notes.append(
            f"{len(candidates) - len(done)} of {len(candidates)} finalists were not measured on select: "
            "their worst case did not fit what was left of `spend`"
        )
    return [
        Finalist(assignment, done[candidate.digest])
        for assignment, candidate in candidates
        if candidate.digest in done
    ]
