"""From the stages of a search to its report."""

from __future__ import annotations

from tgl.evaluate.baselines import Baseline, best_of_baselines
from tgl.evaluate.bench import Bench
from tgl.evaluate.cost import CostModel
from tgl.evaluate.evaluation import Evaluation
from tgl.evaluate.final import FinalFigures
from tgl.evaluate.limits import Meter, limit_text, sign_of
from tgl.evaluate.measure import (
    FINAL_SALT,
    WINNER,
    difference,
    estimate,
    figures,
    report_draws,
    responses_hash,
    score_of,
    verdict,
)
from tgl.evaluate.report import BaselineReport, LimitReport, SearchReport, Selection, SpendReport
from tgl.evaluate.selection import Choice, mean_cost
from tgl.ir import Limit, TaskSpec
from tgl.search import Explored
from tgl.statistics import Resampler, wilson


def search_report(
    bench: Bench,
    data: str,
    explored: Explored,
    choice: Choice,
    finalists: int,
    baselines: list[Baseline],
    final: FinalFigures,
) -> SearchReport:
    """The whole account of a search.

    Args:
        bench: of the search; its program has a task and a goal.
        data: hash of the data.
        explored: the rounds on train.
        choice: the program that is told about, among those that it was chosen from.
        finalists: how many were measured on select.
        baselines: of that program.
        final: its measurement on test, and that of its baselines.
    """
    spec, task = bench.ir.optimize, bench.ir.task
    assert spec is not None
    assert task is not None
    cost, resampler = bench.cost, report_draws(spec.seed)
    metric = task.metric
    winner = figures(final.winner, final.examples, cost, resampler.child(WINNER), metric, task.others)
    key = choice.winner.evaluation.candidate.digest

    place_of = {id(one): place for place, one in enumerate(baselines)}

    def differs(one: Baseline) -> bool:
        return one.candidate is None or one.candidate.digest != key

    def counts(one: Baseline) -> bool:
        return differs(one) and place_of[id(one)] in final.baselines

    leader = best_of_baselines(baselines, cost, counts)
    promised = best_of_baselines(baselines, cost, differs)
    unmeasured = None if promised is None or promised is leader else promised.name
    reports = tuple(
        baseline_report(one, final, place, cost, resampler.child(place), task, best=one is leader)
        for place, one in enumerate(baselines)
    )
    best = next((one for one in reports if one.best), None)
    sentence, distinguishable = verdict(winner, best, cost.name, unmeasured, metric)
    select = choice.winner.evaluation
    return SearchReport(
        graph=spec.graph,
        task=task.name,
        objective=spec.objective,
        method=spec.method,
        method_args=spec.method_args,
        seed=spec.seed,
        unit=task.unit,
        unit_name=cost.name,
        unit_note=cost.note,
        unit_tokens=cost.reference_tokens,
        verdict=sentence,
        distinguishable=distinguishable,
        best_baseline=None if best is None else best.name,
        winner=winner,
        winner_assignment=choice.winner.assignment,
        winner_key=key,
        selection=Selection(
            n=select.n,
            finalists=finalists,
            best=metric.figure(choice.best.evaluation.score),
            raw=metric.figure(select.score),
            raw_interval=score_of(
                select.scores,
                select.weights,
                metric,
                resampler.child("select"),
                None if (repeats := select.repeats) is None else (repeats, select.judged_share()),
            ),
            corrected=metric.figure(choice.corrected),
            winner_is_best=choice.winner is choice.best,
        ),
        baselines=reports,
        limits=tuple(
            limit_report(bench.meter, limit, select, final.winner, resampler.child("limit", place))
            for place, limit in enumerate(bench.meter.measured)
        ),
        spend=SpendReport(
            calls=bench.ledger.spent.calls,
            dollars=bench.ledger.spent.dollars,
            calls_cap=bench.ledger.calls_cap,
            dollars_cap=bench.ledger.dollars_cap,
            stages=tuple(bench.stages),
        ),
        ledger=bench.spending.report(),
        failures=bench.tally.report(),
        rounds=explored.rounds,
        candidates=explored.candidates,
        replicates=sum(outcome.replicate for outcome in explored.outcomes),
        ending=explored.ending,
        sizes=bench.evaluator.sizes,
        data=data,
        responses=responses_hash([final.winner]),
        salt=FINAL_SALT,
        simulated=bench.ir.simulated_models,
        deploy=spec.deploy,
        metric=metric,
        others=task.others,
        notes=tuple(bench.notes),
    )


def limit_report(
    meter: Meter, limit: Limit, select: Evaluation, test: Evaluation, draws: Resampler
) -> LimitReport:
    """A measured limit of a program; that on test is with an interval where it is a share or a metric."""
    on_test = meter.value(limit, test)
    interval = None
    if limit.what == "metric":
        metric, scored = meter.scored(limit, test)
        interval = score_of(scored.scores, scored.weights, metric, draws)
    elif limit.stat == "chance":
        interval = estimate(on_test, wilson(round(on_test * test.n), test.n))
    return LimitReport(
        limit=limit_text(limit),
        bound=limit.bound,
        select=meter.value(limit, select),
        test=on_test,
        met=limit.met_by(on_test),
        interval=interval,
        sign=sign_of(limit),
    )


def baseline_report(
    one: Baseline,
    final: FinalFigures,
    place: int,
    cost: CostModel,
    resampler: Resampler,
    task: TaskSpec,
    *,
    best: bool,
) -> BaselineReport:
    """A baseline's figures on select and, where it was measured there, on test."""
    metric, others = task.metric, task.others
    tested = final.baselines.get(place)
    why = one.why or final.skipped.get(place, "")
    differs = (
        None if tested is None else difference(final.winner, tested, resampler.child("difference"), metric)
    )
    return BaselineReport(
        kind=one.kind,
        name=one.name,
        models=one.models,
        k=one.k,
        select_accuracy=None if one.on_select is None else metric.figure(one.on_select.score),
        select_cost=None if one.on_select is None else mean_cost(one.on_select, cost),
        routes=one.routes,
        dear=one.dear,
        test=None if tested is None else figures(tested, final.examples, cost, resampler, metric, others),
        difference=differs,
        best=best,
        why=why,
    )
