"""The honest table: what a search found, beside what simpler programs reach, as plain text."""

from __future__ import annotations

from collections.abc import Sequence

from tgl.emit import amount_text
from tgl.evaluate import BaselineReport, Difference, Estimate, ProgramFigures, SearchReport
from tgl.report.columns import INDENT, columns


def percent(estimate: Estimate) -> str:
    """A share with its interval: `72.3 % [67.0, 77.1]`."""
    return f"{100 * estimate.value:.1f} % [{100 * estimate.low:.1f}, {100 * estimate.high:.1f}]"


def points(difference: Difference | None) -> str:
    """A paired difference in points with its interval: `+8.3 [+3.1, +13.5]`."""
    if difference is None:
        return ""
    by = difference.estimate
    return f"{100 * by.value:+.1f} [{100 * by.low:+.1f}, {100 * by.high:+.1f}]"


def cost(figures: ProgramFigures, unit: str) -> str:
    """Mean cost of a question: `1.42 units`."""
    text = amount_text(figures.cost.value)
    return f"${text}" if unit == "$" else f"{text} {unit}"


def search_table(report: SearchReport, *, title: str) -> str:
    """The whole text of a search's outcome.

    Args:
        report: what was found.
        title: what the winner is called, such as the file it was written to.
    """
    lines = [f"{title}: {report.verdict}", ""]
    lines += comparison(report, title)
    lines += groups(report, title)
    lines += [
        "",
        f"{INDENT}accuracy with its 95 % Wilson interval, n {report.winner.n} (test, fresh draws);",
        f"{INDENT}{report.unit_note};",
    ]
    lines += [
        f"{INDENT}difference: winner minus the other, in points, paired by question, with its 95 % interval"
    ]
    lines += ["", *facts(report)]
    return "\n".join(lines) + "\n"


def comparison(report: SearchReport, title: str) -> list[str]:
    """The winner and every baseline, one a line."""
    unit = report.unit_name
    rows: list[list[str]] = [["program", "accuracy", "cost a question", "difference", "select"]]
    rows.append(
        [
            title,
            percent(report.winner.accuracy),
            cost(report.winner, unit),
            "",
            f"{100 * report.selection.raw:.1f} %",
        ]
    )
    unmeasured: list[str] = []
    for baseline in report.baselines:
        if baseline.test is None:
            unmeasured.append(f"{INDENT}{baseline.name}: not measured on test, {baseline.why}")
            continue
        rows.append(
            [
                baseline.name + (" *" if baseline.best else ""),
                percent(baseline.test.accuracy),
                cost(baseline.test, unit),
                points(baseline.difference),
                "" if baseline.select_accuracy is None else f"{100 * baseline.select_accuracy:.1f} %",
            ]
        )
    return [
        *columns(rows),
        *unmeasured,
        f"{INDENT}* the best simpler program on select (n {report.selection.n})",
    ]


def groups(report: SearchReport, title: str) -> list[str]:
    """Accuracy by group, where the task has groups."""
    if not report.winner.groups:
        return []
    shown: list[tuple[str, ProgramFigures]] = [(title, report.winner)]
    shown += [(each.name, each.test) for each in told_by_group(report.baselines) if each.test is not None]
    head = ["by group", *(f"{group.name} (n {group.n})" for group in report.winner.groups)]
    rows = [
        head,
        *([name, *(percent(group.accuracy) for group in figures.groups)] for name, figures in shown),
    ]
    return ["", *columns(rows)]


def told_by_group(baselines: Sequence[BaselineReport]) -> list[BaselineReport]:
    """The baselines whose groups say something: single models and the router."""
    return [each for each in baselines if each.kind in ("greedy", "router")]


def facts(report: SearchReport) -> list[str]:
    """Everything else that a reader needs in order to trust the figures."""
    chosen = report.selection
    spend = report.spend
    cap = f" of {spend.calls_cap}" if spend.calls_cap is not None else ""
    dollars = f", ${amount_text(spend.dollars)}" if spend.dollars else ""
    stages = ", ".join(f"{name} {calls}" for name, calls in spend.stages)
    lines = [
        f"selection: {chosen.finalists} finalists on select (n {chosen.n}); the best of them scored "
        f"{100 * chosen.best:.1f} %,",
        f"{INDENT}the winner (the cheapest within one standard error of it) {percent(chosen.raw_interval)};",
        f"{INDENT}corrected for having chosen the best of {chosen.finalists}: {100 * chosen.corrected:.1f} %",
        *routes(report.baselines),
        f"search: {report.method}, seed {report.seed}, {report.candidates} candidates in {report.rounds} "
        f"rounds on {report.sizes[0]} train questions; {ENDINGS[report.ending]}",
        f"spend: {spend.calls} calls{cap}{dollars} ({stages})",
        latency_line(report),
    ]
    lines += [
        f"limit {limit.limit}: {amount_text(limit.select)} on select, {amount_text(limit.test)} on test"
        + ("" if limit.met else " — NOT MET ON TEST")
        for limit in report.limits
    ]
    if report.winner.fallbacks:
        classes = ", ".join(f"{name} {count}" for name, count in sorted(report.winner.fallbacks.items()))
        lines.append(f"failed calls whose node was left out (`on_failure absent`): {classes}")
    if report.winner.failed:
        classes = ", ".join(f"{name} {count}" for name, count in sorted(report.winner.failures.items()))
        lines.append(
            f"failed: {report.winner.failed} of {report.winner.n} questions, counted as wrong ({classes})"
        )
    if report.winner.unanswered:
        lines.append(
            f"without an answer: {report.winner.unanswered} of {report.winner.n} questions, counted as wrong"
        )
    return [*lines, *(f"note: {note}" for note in report.notes)]


def latency_line(report: SearchReport) -> str:
    """The latency of the winner, and what it rests on."""
    winner = report.winner
    basis = "recorded service times along the graph"
    if report.deploy is not None:
        basis += f", {report.deploy} call{'s' if report.deploy > 1 else ''} of a question at a time"
    if winner.calls_saved:
        saved = f"{amount_text(winner.calls_saved)} of {amount_text(winner.calls_mean)}"
        basis += f"; saved by quorum: {saved} calls of a question"
    return (
        f"latency of one question: p50 {amount_text(winner.latency_p50)} s, "
        f"p95 {amount_text(winner.latency_p95)} s ({basis})"
    )


def routes(baselines: Sequence[BaselineReport]) -> list[str]:
    """Which program the router sends each group to, as it was chosen on select."""
    return [
        f"{each.name}, as chosen on select: "
        + "; ".join(f"{group}: {program}" for group, program in each.routes)
        for each in baselines
        if each.routes
    ]


ENDINGS = {
    "rounds": "all rounds were run",
    "trials": "all trials were run",
    "spend": "it ended because nothing more fitted into `spend`",
    "stale": "it ended because nothing new was proposed",
}
