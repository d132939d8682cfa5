"""A whole search: calibrate, explore on train, choose on select, compare, measure on test once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from tgl.evaluate.base_roles import base_role, base_variants
from tgl.evaluate.bench import Bench, Notice, Notify
from tgl.evaluate.bounds import one_bound, worst_bound
from tgl.evaluate.budget import Planner
from tgl.evaluate.calibration import calibrated, reference_program
from tgl.evaluate.comparing import Rivals
from tgl.evaluate.cost import NoPrice, dollar_prices
from tgl.evaluate.ending import Ending, Found, FoundFront, nothing_feasible
from tgl.evaluate.evaluator import Evaluator
from tgl.evaluate.exploring import TrainLab, select_finalists
from tgl.evaluate.front import Prices
from tgl.evaluate.ledger import NOTHING, Forecast, Ledger, Need
from tgl.evaluate.limits import Meter, limit_text
from tgl.evaluate.measure import (
    FINAL_SALT,
)
from tgl.evaluate.outcomes import NoCandidate, NothingFeasible, SpendTooSmall
from tgl.evaluate.simple_programs import reachable_models, standard_grader
from tgl.ir import Assignment, Candidate, OptimizeSpec, ProgramIR, TaskSpec
from tgl.search import BadMethod, Explored, JournalWriter, Method, NoJournal, ProgramSpace, explore, method_of
from tgl.space import EmptySpace, OpenBounds

NotFound: TypeAlias = NothingFeasible | NoCandidate | SpendTooSmall | NoPrice | BadMethod
SearchResult: TypeAlias = Found | FoundFront | NotFound


def unwatched(notice: Notice) -> None:
    """Tell nobody."""
    del notice


@dataclass(frozen=True, slots=True)
class Search:
    """One search of a program.

    Args:
        ir: the program; it has a task and an `optimize` block.
        evaluator: the task's examples and what runs them. Its `dollars` should be `dollar_prices(ir.models)`.
        data: hash of the data, for the report.
        journal: keeps the search's steps.
        notify: told where the search stands.
    """

    ir: ProgramIR
    evaluator: Evaluator
    data: str
    journal: JournalWriter = field(default_factory=NoJournal)
    notify: Notify = unwatched

    async def run(self) -> SearchResult:
        """Search. A pure function of program, data and recorded responses.

        Raises:
            ValueError: if the program has no task or no `optimize` block.
            BatchStopped: from the runtime: a response is missing, or a model refuses.
        """
        task, spec = self.ir.task, self.ir.optimize
        if task is None or spec is None:
            raise ValueError("a search needs a task and an `optimize` block")
        method = method_of(spec)
        if isinstance(method, BadMethod):
            return method
        ledger = Ledger(spec.spend_calls, spec.spend_dollars)
        base = base_role(self.ir, task)
        reference = reference_program(self.ir, task, base)
        unit = Forecast() if reference is None else self.evaluator.forecast_train(reference)
        if not ledger.reserve(unit):
            return too_small("measure what one unit is", unit.need, ledger)
        if reference is not None and (need := self.surely_over(spec, unit)) is not None:
            return too_small(MODE_STEP, need, ledger)
        self.notify(Notice("calibrate", 0.0, ledger.spent))
        unit_evaluation, cost = await calibrated(self.ir, task, self.evaluator, base)
        if isinstance(cost, NoPrice):
            return cost
        dollars = dollar_prices(self.ir.models)
        meter = Meter(spec.limits, cost, dollars, task.failures, task.metrics)
        bench = Bench(self.ir, self.evaluator, ledger, meter, dollars, self.journal, self.notify)
        bench.settle([] if unit_evaluation is None else [unit_evaluation])
        bench.end("calibrated", cost.reference_tokens)
        worst = OpenBounds(self.ir, self.evaluator.lengths)
        space = ProgramSpace(self.ir, one_bound(worst_bound(spec.limits, worst, cost, dollars)))
        return await Pursuit(self, task, spec, method, bench, space).run()

    def surely_over(self, spec: OptimizeSpec, unit: Forecast) -> Need | None:
        """What the program at its prior mode needs on train, if `spend` has less: no unit is measured then.

        None where that is seen only later: which program it is hangs on the unit if a worst case is limited,
        and replies that it shares with the `unit` need not be asked for again, once they could be read.
        """
        if any(limit.stat == "worst" for limit in spec.limits):
            return None
        space = ProgramSpace(self.ir)
        try:
            mode = space.resolution(space.mode()).candidate
        except EmptySpace:
            return None
        found = self.evaluator.forecast_train(mode)
        if found.unknown != NOTHING and found.known.keys() & unit.known.keys():
            return None
        return None if Ledger(spec.spend_calls, spec.spend_dollars).fits(found.need) else found.need


def too_small(step: str, need: Need, ledger: Ledger) -> SpendTooSmall:
    """A step that does not fit."""
    return SpendTooSmall(step, need, ledger.spent, ledger.calls_cap, ledger.dollars_cap)


MODE_STEP = "measure even the program at its prior mode on train"
TRAIN, SELECT = ("train", 0.02), ("select", 0.4)
"""Stages, with the share of a search that is done when they begin: as calls fall in a typical one."""


@dataclass(frozen=True, slots=True)
class Pursuit:
    """The stages after the unit is known."""

    search: Search
    task: TaskSpec
    spec: OptimizeSpec
    method: Method
    bench: Bench
    space: ProgramSpace

    async def run(self) -> SearchResult:
        """Explore, choose, compare, measure."""
        bench, evaluator = self.bench, self.bench.evaluator
        bench.tell(*TRAIN)
        models = tuple(model.name for model in reachable_models(bench.ir))
        variants = base_variants(bench.ir, self.task)
        try:
            mode = self.space.mode()
            planner = Planner(bench, variants, models, self.candidate(mode))
            lab = TrainLab(
                bench,
                self.space,
                planner,
                self.method.finalists,
                on_batch=lambda: bench.tell("train", bench.fraction),
                prices=self.prices,
            )
            if not lab.reserve(mode):
                return too_small(MODE_STEP, lab.forecast(mode).need, bench.ledger)
            await lab.measure([mode])
            explored = await self.explore(lab)
        except EmptySpace as error:
            texts = [limit_text(limit) for limit in self.spec.limits if limit.stat == "worst"]
            return NoCandidate(texts, str(error))
        chosen = lab.promising()
        if not chosen:
            return nothing_feasible("train", lab.leading(), bench.meter, self.task.metric)
        assignments = {self.space.key(one.assignment): one.assignment for one in reversed(explored.outcomes)}
        mode_key = self.space.key(mode)
        assignments[mode_key] = mode
        of_mode = lab.evaluations[mode_key]
        if bench.meter.feasible(of_mode) and all(one is not of_mode for one in chosen):
            chosen.append(of_mode)
        bench.tell(*SELECT)
        later = lab.later.within(bench.ledger.left)
        finalists = await select_finalists(
            bench,
            [(assignments[one.candidate.digest], one.candidate) for one in chosen],
            later,
            NOTHING if self.prices is None else later.winner,
            # More is explored with first where it ran short there, and a front keeps a share of it back.
            lab.later.comparisons if self.prices is None and not explored.short else None,
        )
        if not finalists:
            first = chosen[0].candidate
            needed = evaluator.forecast_select(first).need + evaluator.forecast_test(first, FINAL_SALT).need
            return too_small("measure any candidate on select and test", needed, bench.ledger)
        rivals = Rivals(
            variants=variants,
            models=models,
            grader=standard_grader(),
            mode=self.candidate(mode),
            random=self.random(explored),
            known={one.evaluation.candidate.digest: one.evaluation for one in finalists},
            examples=evaluator.select,
        )
        ending = Ending(
            bench=bench,
            data=self.search.data,
            space=self.space,
            prices=self.prices,
            rivals=rivals,
            explored=explored,
            planner=planner,
            wanted=lab.later,
            later=later,
        )
        return await ending.run(finalists)

    @property
    def prices(self) -> Prices | None:
        """What is weighed against the score, where a front is looked for."""
        return Prices(self.spec.pareto, self.bench.cost) if self.spec.pareto else None

    async def explore(self, lab: TrainLab) -> Explored:
        """The rounds on train."""
        study = self.method.study

        def on_round(done: int, candidates: int) -> None:
            share = max(done / study.rounds, 0.0 if study.trials is None else candidates / study.trials)
            self.bench.tell("train", TRAIN[1] + (SELECT[1] - TRAIN[1]) * min(1.0, share))

        explored = await explore(
            self.method.optimizer(self.space, self.spec.seed),
            self.space,
            lab,
            config=self.method.study,
            journal=self.bench.journal,
            on_round=on_round,
        )
        self.bench.end("explored", explored.ending)
        if explored.refused:
            self.bench.notes.append(
                f"{explored.refused} proposed candidate{'s were' if explored.refused > 1 else ' was'} not "
                "measured on train: the worst case did not fit what `spend` has beside what select, the "
                "comparisons and test need; raise it, or bound re-asks and replies (`retry`, `max_tokens`)"
            )
        return explored

    def candidate(self, assignment: Assignment) -> Candidate:
        """The program under an assignment."""
        return self.space.resolution(assignment).candidate

    def random(self, explored: Explored) -> Candidate | None:
        """The first feasible candidate of the first round, which is drawn from the prior."""
        size = self.method.samples if self.method.name == "random" else self.method.reinforce.samples
        for outcome in explored.outcomes[:size]:
            if outcome.score is not None and outcome.violation == 0.0:
                return self.candidate(outcome.assignment)
        return None
