"""From a search's report to the `measured` block of the resolved program."""

from __future__ import annotations

from tgl.emit import BaselineFigures, Hashes, Interval, MeasuredBlock
from tgl.evaluate import Estimate, SearchReport


def interval(estimate: Estimate) -> Interval:
    """The interval of an estimate."""
    return Interval(estimate.low, estimate.high)


def measured_block(report: SearchReport, *, program: str, imports: str) -> MeasuredBlock:
    """The block that tells what was measured.

    Args:
        report: of the search.
        program: hash of the resolved program.
        imports: hash of what it imports.
    """
    winner = report.winner
    return MeasuredBlock(
        graph=report.graph,
        task=report.task,
        n=winner.n,
        accuracy=winner.accuracy.value,
        accuracy_ci=interval(winner.accuracy),
        failed=winner.failed,
        unit=report.unit,
        unit_tokens=report.unit_tokens,
        cost=winner.cost.value,
        cost_ci=interval(winner.cost),
        cost_max=winner.cost_max,
        latency_p50=winner.latency_p50,
        latency_p95=winner.latency_p95,
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
            )
            for baseline in report.baselines
            if baseline.test is not None and baseline.difference is not None
        ),
        hashes=Hashes(program=program, imports=imports, data=report.data, responses=report.responses),
        draws=report.salt,
    )
