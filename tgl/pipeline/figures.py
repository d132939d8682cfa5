"""From evaluation's figures to those of the `measured` block."""

from __future__ import annotations

from collections.abc import Sequence

from tgl.emit import BaselineFigures, Hashes, Interval, MeasuredBlock, MeasuredFigures
from tgl.evaluate import Estimate, ProgramFigures, SearchReport
from tgl.ir import ACCURACY, MetricSpec, UnitSpec


def interval(estimate: Estimate) -> Interval:
    """The interval of an estimate."""
    return Interval(estimate.low, estimate.high)


def measured_figures(
    figures: ProgramFigures,
    unit: UnitSpec,
    unit_tokens: float | None,
    *,
    simulated: bool,
    deploy: int | None,
    metric: MetricSpec = ACCURACY,
    others: Sequence[MetricSpec] = (),
) -> MeasuredFigures:
    """A program's figures as the block shows them.

    `simulated`: some of its models are. `deploy`: how many calls of a question run at a time.
    """
    return MeasuredFigures(
        n=figures.n,
        accuracy=figures.accuracy.value,
        accuracy_ci=interval(figures.accuracy),
        failed=figures.failed,
        unit=unit,
        unit_tokens=unit_tokens,
        cost=figures.cost.value,
        cost_ci=interval(figures.cost),
        cost_max=figures.cost_max,
        latency_p50=figures.latency_p50,
        latency_p95=figures.latency_p95,
        simulated=simulated,
        deploy=deploy,
        metric=metric,
        others=tuple(
            (one, figure.value, interval(figure)) for one, figure in zip(others, figures.others, strict=True)
        ),
    )


def measured_block(report: SearchReport, *, program: str, imports: str) -> MeasuredBlock:
    """The block that tells what was measured.

    Args:
        report: of the search.
        program: hash of the resolved program.
        imports: hash of what it imports.
    """
    return MeasuredBlock(
        graph=report.graph,
        task=report.task,
        figures=measured_figures(
            report.winner,
            report.unit,
            report.unit_tokens,
            simulated=bool(report.simulated),
            deploy=report.deploy,
            metric=report.metric,
            others=report.others,
        ),
        method=report.method,
        method_args=report.method_args,
        seed=report.seed,
        spend=report.spend.calls,
        candidates=report.candidates,
        baselines=tuple(
            BaselineFigures(
                name=baseline.name,
                accuracy=baseline.test.accuracy.value,
                cost=baseline.test.cost.value,
                difference=baseline.difference.estimate.value,
                ci=interval(baseline.difference.estimate),
                best=baseline.best,
                others=tuple(figure.value for figure in baseline.test.others),
            )
            for baseline in report.baselines
            if baseline.test is not None and baseline.difference is not None
        ),
        hashes=Hashes(program=program, imports=imports, data=report.data, responses=report.responses),
        draws=report.salt,
    )
