"""What a search for a front found, as one value: the table of points and `--json` are made from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tgl.evaluate.evaluation import Evaluation
from tgl.evaluate.front import Prices, price_values
from tgl.evaluate.measure import difference, estimate, report_draws
from tgl.evaluate.report import Difference, Estimate, SearchReport
from tgl.ir import Frozen, MetricSpec, PriceName
from tgl.statistics import Resampler, bootstrap_mean


class PointReport(Frozen):
    """A point of a front.

    `select` are its prices on select, by which it was chosen, `test` those on test, in the order of the
    front's `prices`. `gain` is its figure on test less that of the point `over`, the best one on select that
    is no dearer (None: there is none, or it was not measured on test). `same_as` names a simple program that
    it is. `report` tells of it as of a winner: rivals are simple programs that are no dearer on select.
    """

    name: str
    select: tuple[float, ...]
    test: tuple[Estimate, ...]
    over: str = ""
    gain: Difference | None = None
    same_as: str = ""
    report: SearchReport


class FrontReport(Frozen):
    """The points, the cheapest first; `missing` is how many more did not fit `spend` on test."""

    prices: tuple[PriceName, ...]
    metric: MetricSpec
    points: tuple[PointReport, ...]
    missing: int = 0


def point_report(
    place: int,
    tested: Sequence[Evaluation | None],
    selected: Sequence[Evaluation],
    names: Mapping[int, str],
    prices: Prices,
    report: SearchReport,
    metric: MetricSpec,
    same_as: str,
) -> PointReport:
    """A point's own figures.

    Args:
        place: of the point among those that were chosen.
        tested: their evaluations on test, None where there is none.
        selected: those on select.
        names: of those that were measured on test, by place.
        prices: of the front.
        report: of the point.
        metric: of the task.
        same_as: the name of a simple program that the point is.
    """
    own = tested[place]
    assert own is not None
    draws = report_draws(report.seed)
    others = [other for other in range(place) if prices.affords(selected[place], selected[other])]
    over = max(others, key=lambda other: (selected[other].score, -other), default=None)
    beside = None if over is None else tested[over]
    return PointReport(
        name=names[place],
        select=prices.of(selected[place]),
        test=tuple(price_estimate(name, own, prices, draws) for name in prices.names),
        over="" if over is None else names.get(over, ""),
        gain=None if beside is None else difference(own, beside, draws.child("gain", place), metric),
        same_as=same_as,
        report=report,
    )


def price_estimate(name: PriceName, evaluation: Evaluation, prices: Prices, draws: Resampler) -> Estimate:
    """The mean of a price, with its bootstrap interval."""
    values = list(price_values(name, evaluation, prices.cost))
    return estimate(sum(values) / len(values), bootstrap_mean(values, draws.child("price", name)))
