"""The points of a front as plain text, at most 80 columns wide but for long names."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from tgl.diagnostics import plural
from tgl.emit import amount_text
from tgl.evaluate import BaselineReport, Difference, FrontReport, PointReport
from tgl.report.columns import INDENT, columns
from tgl.report.scores import difference_text, estimate_text, figure_text
from tgl.report.table import (
    ENDINGS,
    dollars_text,
    interval_words,
    metric_words,
    select_text,
    test_text,
)

WIDTH = 80
LAST = 22
"""Columns that are left for the names of simpler programs."""


def front_table(front: FrontReport, *, title: str) -> str:
    """The whole text of a front.

    Args:
        front: what was found.
        title: what it is called, such as the folder it was written to.
    """
    report, metric = front.points[-1].report, front.metric
    lines = [*wrapped(f"{title}: {summary(front)}"), "", *points(front), "", *comparisons(front), ""]
    about = (
        f"{metric.title} with its {interval_words(report)}, n {report.winner.n} (test, fresh draws)"
        f"{metric_words(report)}; {', '.join(front.prices)}: the mean of a question there; "
        f"{report.unit_note}; gain: over the best point on select that is no dearer; difference: to the best "
        "simpler program on select that is no dearer there; both "
        + ("in points, " if metric.is_share else "")
        + "paired by question, with their 95 % interval"
    )
    lines += wrapped(about, INDENT)
    return "\n".join([*lines, "", *facts(front)]) + "\n"


def summary(front: FrontReport) -> str:
    """How many points there are, over which range, and which of them a simpler program equals."""
    metric, count = front.metric, len(front.points)
    better = [one for one in front.points if beats(one, front)]
    ends = sorted(one.report.winner.accuracy.value for one in front.points)
    span = f"{metric.title} {figure_text(ends[0], metric)}"
    span += f" to {figure_text(ends[-1], metric)}" if count > 1 else ""
    words = f"{count} point{'s' if count > 1 else ''}, {span}"
    others = [
        f"{one.name} ({f'is {one.same_as}' if one.same_as else rival_name(one)})"
        for one in front.points
        if not beats(one, front)
    ]
    if not others:
        return f"{words}; each is better than the best simpler program that is no dearer"
    which = "not" if better else "none of them" if count > 1 else "it is not"
    return f"{words}; {which} better than the best simpler program that is no dearer: {', '.join(others)}"


def rival(point: PointReport) -> BaselineReport | None:
    """The best simpler program that is no dearer than a point."""
    return next((one for one in point.report.baselines if one.best), None)


def rival_name(point: PointReport) -> str:
    """Its name."""
    found = rival(point)
    return "none was measured" if found is None else found.name


def beats(point: PointReport, front: FrontReport) -> bool:
    """Whether a point is distinguishably better than every simpler program that is no dearer."""
    found = rival(point)
    if found is None or found.difference is None or not point.report.distinguishable:
        return False
    return (found.difference.estimate.value > 0) is (front.metric.better == "higher")


def points(front: FrontReport) -> list[str]:
    """The figure and the prices of each point."""
    unit = front.points[-1].report.unit_name
    titles = {"cost": f"cost, {unit}", "latency": "latency, s"}
    rows = [["point", front.metric.title, *(titles.get(name, name) for name in front.prices)]]
    for one in front.points:
        figure = estimate_text(one.report.winner.accuracy, front.metric)
        rows.append([one.name, figure, *(amount_text(price.value) for price in one.test)])
    return columns(rows)


def comparisons(front: FrontReport) -> list[str]:
    """What each point gains over the one before, and over the best simpler program."""

    def text(difference: Difference | None) -> str:
        return difference_text(difference, front.metric)

    rows = [["point", "gain", "over", "difference", "best simpler program"]]
    for one in front.points:
        found = rival(one)
        name = f"is {one.same_as}" if one.same_as and found is None else rival_name(one)
        first, *more = textwrap.wrap(name, LAST)
        rows.append(
            [one.name, text(one.gain), one.over, "" if found is None else text(found.difference), first]
        )
        rows += [["", "", "", "", line] for line in more]
    return columns(rows)


def facts(front: FrontReport) -> list[str]:
    """Everything else that a reader needs in order to trust the figures."""
    report = front.points[-1].report
    spend, chosen = report.spend, report.selection
    cap = f" of {spend.calls_cap}" if spend.calls_cap is not None else ""
    dollars = f", {dollars_text(spend)}" if spend.dollars or spend.dollars_cap is not None else ""
    stages = ", ".join(f"{name} {calls}" for name, calls in spend.stages)
    lines = [
        f"selection: {plural(chosen.finalists, 'finalist')} on select (n {chosen.n}); "
        "a point is kept if it scores more than one standard error above every kept point that is no dearer",
        f"search: {report.method}, seed {report.seed}, {plural(report.candidates, 'candidate')} in "
        f"{plural(report.rounds, 'round')} on {report.sizes[0]} train questions; {ENDINGS[report.ending]}",
        f"spend: {spend.calls} calls{cap}{dollars} ({stages})",
    ]
    lines += [
        f"limit {limit.limit} of {one.name}: {select_text(limit)}, {test_text(limit)} — NOT MET ON TEST"
        for one in front.points
        for limit in one.report.limits
        if not limit.met
    ]
    for one in front.points:
        winner = one.report.winner
        counts = [("failed", winner.failed), ("ended without an answer", winner.unanswered)]
        lines += [
            f"{one.name}: {count} of {winner.n} questions {words}, counted as wrong"
            for words, count in counts
            if count
        ]
    lines += [f"note: {note}" for note in report.notes]
    return [part for line in lines for part in wrapped(line)]


def wrapped(text: str, indent: str = "") -> list[str]:
    """A line as several of at most `WIDTH` columns, those behind the first set in."""
    return textwrap.wrap(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent or INDENT, break_on_hyphens=False
    )


def decided(programs: Sequence[tuple[str, Sequence[tuple[str, str]]]]) -> list[str]:
    """What all points have in common, then what is decided in each.

    Args:
        programs: name, and addresses with values, of each point.
    """
    common = set[tuple[str, str]](programs[0][1]).intersection(*(one for _, one in programs))
    lines: list[str] = []
    if common:
        told = ", ".join(
            f"{address} = {value}" for address, value in programs[0][1] if (address, value) in common
        )
        lines += wrapped(f"decided{' in all points' if len(programs) > 1 else ''}: {told}")
    for name, decisions in programs:
        own = [f"{address} = {value}" for address, value in decisions if (address, value) not in common]
        if own:
            lines += wrapped(f"decided in {name}: {', '.join(own)}")
    return lines
