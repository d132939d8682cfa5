"""What the stages of a search share: the evaluator, the ledger, the limits, the journal, and remarks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue

from tgl.evaluate.attribution import Attribution
from tgl.evaluate.cost import CostModel, Price
from tgl.evaluate.evaluation import Evaluation
from tgl.evaluate.evaluator import Evaluator
from tgl.evaluate.failures import FailureTally
from tgl.evaluate.ledger import NOTHING, Forecast, Ledger, Need
from tgl.evaluate.limits import Meter
from tgl.ir import ACCURACY, Candidate, MetricSpec, ProgramIR
from tgl.search import JournalWriter

DOES_NOT_FIT = "its worst case did not fit what was left of `spend`"
FAILURES = "failures"
"""Kind of the journal's steps that hold failed calls, as [identity, class, detail]."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Where a search stands. `best` is the best train figure of a feasible candidate so far, of `metric`."""

    stage: str
    fraction: float
    spend: Need
    best: float | None = None
    metric: MetricSpec = ACCURACY


Notify = Callable[[Notice], None]


@dataclass(slots=True)
class Bench:
    """What the stages share.

    `spending` and `tally` tell who the spend was for, and what failed.
    `stages` is the settled spend in calls at the end of each stage; `notes` are remarks for the report;
    `missing` are lines of the table that did not fit `spend`, with what they would have needed.
    """

    ir: ProgramIR
    evaluator: Evaluator
    ledger: Ledger
    meter: Meter
    dollars: Mapping[str, Price]
    journal: JournalWriter
    notify: Notify
    notes: list[str] = field(default_factory=list)
    stages: list[tuple[str, int]] = field(default_factory=list)
    missing: dict[str, Need] = field(default_factory=dict[str, Need])
    best_score: float | None = None
    failures: set[str] = field(default_factory=set[str])
    fraction: float = 0.0
    spending: Attribution = field(init=False)
    tally: FailureTally = field(default_factory=FailureTally)

    def __post_init__(self) -> None:
        """Open the accounts."""
        self.spending = Attribution(self.ir, self.meter.cost, self.dollars)

    @property
    def cost(self) -> CostModel:
        """The task's unit."""
        return self.meter.cost

    async def run_as_fits(
        self,
        candidates: Sequence[Candidate],
        forecast: Callable[[Candidate], Forecast],
        run: Callable[[Sequence[Candidate]], Awaitable[list[Evaluation]]],
    ) -> dict[str, Evaluation]:
        """Run candidates in order, as many at a time as fit `spend` together, by digest.

        What does not fit beside the others waits until they are settled; what does not fit alone is left
        out, and those behind it still have their turn.
        """
        done: dict[str, Evaluation] = {}
        waiting = list({one.digest: one for one in candidates}.values())
        while waiting:
            batch: list[Candidate] = []
            while waiting and self.ledger.reserve(forecast(waiting[0])):
                batch.append(waiting.pop(0))
            if not batch:
                waiting.pop(0)
                continue
            evaluations = await run(batch)
            self.settle(evaluations)
            done.update((one.candidate.digest, one) for one in evaluations)
        return done

    def settle(self, evaluations: Sequence[Evaluation]) -> None:
        """Book what evaluations needed; all that was set aside is released. Failed calls are journalled.

        Failures are never stored, so a search that goes on elsewhere has to be told which it saw.
        """
        fresh = sorted(set(self.evaluator.failed) - self.failures)
        if fresh:
            self.failures.update(fresh)
            seen = self.evaluator.failed
            self.journal.record(FAILURES, [[one, seen[one].failure, seen[one].detail] for one in fresh])
        self.spending.add(evaluations)
        self.tally.add(evaluations)
        charges: dict[str, float] = {}
        for evaluation in evaluations:
            charges.update(evaluation.charges(self.dollars))
        self.ledger.settle(charges)

    def tell(self, stage: str, fraction: float) -> None:
        """Notify of what runs from now on; the share that is done never falls."""
        self.fraction = max(self.fraction, fraction)
        metric = self.evaluator.metric
        best = None if self.best_score is None else metric.figure(self.best_score)
        self.notify(Notice(stage, self.fraction, self.ledger.spent, best, metric))

    def miss(self, name: str, need: Need) -> str:
        """Note that a line of the table does not fit, and by how much. Returns why."""
        self.missing[name] = self.missing.get(name, NOTHING) + need
        return DOES_NOT_FIT

    def end(self, stage: str, payload: JsonValue) -> None:
        """Note a stage's end in the journal."""
        calls = self.ledger.spent.calls - sum(count for _, count in self.stages)
        self.stages.append((stage, calls))
        self.journal.record(stage, payload)


def failures_in(payload: JsonValue) -> list[tuple[str, str, str]]:
    """The failed calls of a journal's step of kind `FAILURES`: identity, class, detail."""
    rows = payload if isinstance(payload, list) else []
    return [
        (str(row[0]), str(row[1]), str(row[2])) for row in rows if isinstance(row, list) and len(row) == 3
    ]
