"""The end of a search: who wins on select, what simpler programs reach, and the measurement on test.

One program is chosen, or, where a score is weighed against prices, the points of a front. What is said of a
winner holds for each point, with rivals of its own: simple programs that are no dearer than it on select.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pydantic import JsonValue

from tgl.evaluate.baselines import Baseline
from tgl.evaluate.bench import DOES_NOT_FIT, Bench
from tgl.evaluate.budget import Later, Planner
from tgl.evaluate.comparing import Comparing, Rivals
from tgl.evaluate.evaluation import Evaluation
from tgl.evaluate.final import Contest, FinalFigures, final_measurements
from tgl.evaluate.front import Prices, choose_points, price_values
from tgl.evaluate.front_report import FrontReport, PointReport, point_report
from tgl.evaluate.ledger import NOTHING
from tgl.evaluate.limits import Meter
from tgl.evaluate.measure import FINAL_SALT, responses_hash
from tgl.evaluate.outcomes import NothingFeasible
from tgl.evaluate.report import SearchReport
from tgl.evaluate.reporting import search_report
from tgl.evaluate.selection import Choice, Finalist, choose, mean_cost
from tgl.ir import Assignment, MetricSpec, PriceName
from tgl.search import Explored, ProgramSpace
from tgl.space import Resolution
from tgl.statistics import Resampler

BASELINES, TEST = ("baselines", 0.55), ("test", 0.65)
"""Stages, with the share of a search that is done when they begin."""


@dataclass(frozen=True, slots=True)
class Found:
    """A result: the winner as the program under `resolution`, and the report."""

    resolution: Resolution
    report: SearchReport

    @property
    def assignment(self) -> Assignment:
        """The decided values."""
        return self.resolution.assignment


@dataclass(frozen=True, slots=True)
class FoundFront:
    """A front: its points, the cheapest first, and what is told of them together."""

    points: tuple[Found, ...]
    report: FrontReport


@dataclass(frozen=True, slots=True)
class Ending:
    """What the end of a search needs.

    Args:
        bench: of the search.
        data: hash of the data.
        space: gives each assignment its program.
        prices: what is weighed against the score, where a front is looked for.
        rivals: what baselines are made from.
        explored: the rounds on train.
        planner: tells what would have been enough.
        wanted: what the stages from now on were said to need.
        later: the part of it that fits what is left.
    """

    bench: Bench
    data: str
    space: ProgramSpace
    prices: Prices | None
    rivals: Rivals
    explored: Explored
    planner: Planner
    wanted: Later
    later: Later

    async def run(self, finalists: Sequence[Finalist]) -> Found | FoundFront | NothingFeasible:
        """Choose, compare, measure."""
        bench, task = self.bench, self.bench.ir.task
        assert task is not None
        choices = self.choices(finalists)
        if not choices:
            ranked = [one.evaluation for one in finalists]
            return nothing_feasible("select", ranked, bench.meter, task.metric)
        digests = [one.winner.evaluation.candidate.digest for one in choices]
        bench.end("selected", digests[0] if self.prices is None else [*digests])
        # The first winner's test always has to fit; of a front this is the end with the best score.
        first = choices[0].winner.evaluation.candidate
        tests = bench.evaluator.forecast_test(first, FINAL_SALT).need
        if self.prices is not None:
            tests = tests.most(self.later.winner)
        bench.ledger.keep(tests + self.later.rivals)
        bench.tell(*BASELINES)
        seen: dict[str, Evaluation] = {}
        tables = [await self.compared(one.winner.evaluation, seen) for one in choices]
        names: list[JsonValue] = [[one.name for one in table] for table in tables]
        bench.end("compared", names[0] if self.prices is None else names)
        bench.tell(*TEST)
        finals = await final_measurements(
            bench,
            [
                Contest(one.winner.evaluation.candidate, table)
                for one, table in zip(choices, tables, strict=True)
            ],
            lambda done: bench.tell("test", TEST[1] + (1.0 - TEST[1]) * done),
            NOTHING if self.prices is None else self.later.rivals,
        )
        bench.end("measured", responses_hash([one.winner for one in finals if one is not None]))
        self.tell_missing(tables, finals)
        reports = [
            None
            if final is None
            else search_report(bench, self.data, self.explored, choice, len(finalists), table, final)
            for choice, table, final in zip(choices, tables, finals, strict=True)
        ]
        bench.tell("done", 1.0)
        if self.prices is None:
            [report] = reports
            assert report is not None
            return Found(self.space.resolution(choices[0].winner.assignment), report)
        return self.front(self.prices, choices, tables, finals, reports, task.metric)

    def choices(self, finalists: Sequence[Finalist]) -> list[Choice]:
        """The winner, or the points of the front, in the order in which they are measured on test."""
        bench, spec = self.bench, self.bench.ir.optimize
        assert spec is not None
        draws = Resampler(spec.seed, ("select",))
        if self.prices is None:
            choice = choose(finalists, bench.meter, draws)
            return [] if choice is None else [choice]
        points = choose_points(finalists, bench.meter, self.prices, draws)
        of = {one.winner.evaluation.candidate.digest: one for one in points}
        return [
            of[one.candidate.digest] for one in self.prices.worth([one.winner.evaluation for one in points])
        ]

    async def compared(self, winner: Evaluation, seen: dict[str, Evaluation]) -> list[Baseline]:
        """The baselines of a winner on select; a point has only those for rivals that are no dearer."""
        cost, prices = self.bench.cost, self.prices
        if prices is None:
            return await Comparing(self.bench, self.rivals, mean_cost(winner, cost)).all()
        # Samples of a vote run beside each other, so latency is no ceiling for them.
        counted: list[PriceName] = [name for name in prices.names if name != "latency"]
        name: PriceName = counted[0] if counted else "cost"

        def price(evaluation: Evaluation) -> float:
            values = price_values(name, evaluation, cost)
            return sum(values) / len(values)

        table = await Comparing(self.bench, self.rivals, price(winner), price=price, seen=seen).all()
        return [
            replace(one, dear=True)
            if one.on_select is not None and not prices.affords(winner, one.on_select)
            else one
            for one in table
        ]

    def tell_missing(
        self, tables: Sequence[Sequence[Baseline]], finals: Sequence[FinalFigures | None]
    ) -> None:
        """Say which lines of the tables are missing, and what would have been enough."""
        names = {
            one.name: None
            for table, final in zip(tables, finals, strict=True)
            if final is not None
            for place, one in enumerate(table)
            if DOES_NOT_FIT in (one.why, final.skipped.get(place))
        }
        points = sum(final is None for final in finals)
        if points:
            names[f"{points} more point{'s' if points > 1 else ''} of the front"] = None
        if not names:
            return
        enough = self.planner.enough(self.wanted)
        told = "" if enough is None else f"; `spend calls <= {enough}` would be enough"
        self.bench.notes.append(f"not in the table for lack of `spend`: {', '.join(names)}{told}")

    def front(
        self,
        prices: Prices,
        choices: Sequence[Choice],
        tables: Sequence[Sequence[Baseline]],
        finals: Sequence[FinalFigures | None],
        reports: Sequence[SearchReport | None],
        metric: MetricSpec,
    ) -> FoundFront:
        """The points that were measured on test, the cheapest first, numbered from 1."""
        order = sorted(range(len(choices)), key=lambda at: prices.order(choices[at].winner.evaluation))
        selected = [choices[at].winner.evaluation for at in order]
        tested = [None if (final := finals[at]) is None else final.winner for at in order]
        there = [place for place, one in enumerate(tested) if one is not None]
        names = {place: str(number) for number, place in enumerate(there, 1)}
        found: list[Found] = []
        points: list[PointReport] = []
        for place in there:
            report = reports[order[place]]
            assert report is not None
            digest = selected[place].candidate.digest
            same = next(
                (
                    one.name
                    for one in tables[order[place]]
                    if one.candidate is not None
                    and one.candidate.digest == digest
                    and one.kind not in ("mode", "random")
                ),
                "",
            )
            if same and report.best_baseline is None:
                report = report.model_copy(update={"verdict": f"this is itself a simple program: {same}"})
            points.append(point_report(place, tested, selected, names, prices, report, metric, same))
            found.append(Found(self.space.resolution(choices[order[place]].winner.assignment), report))
        told = FrontReport(
            prices=prices.names, metric=metric, points=tuple(points), missing=len(order) - len(there)
        )
        return FoundFront(tuple(found), told)


def nothing_feasible(
    split: str, ranked: list[Evaluation], meter: Meter, metric: MetricSpec
) -> NothingFeasible:
    """Which limits the closest candidate breaks."""
    closest = min(ranked, key=lambda one: (meter.violation(one), -one.score, one.candidate.digest))
    return NothingFeasible(
        split,
        len(ranked),
        meter.broken(closest),
        metric.figure(closest.score),
        metric.title,
        tuple(closest.failures) if meter.broken_by_failures(closest) else (),
    )
