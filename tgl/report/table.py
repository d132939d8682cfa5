"""The honest table: what a search found, beside what simpler programs reach, as plain text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tgl.diagnostics import plural
from tgl.emit import amount_text
from tgl.evaluate import BaselineReport, JudgeFigures, LimitReport, ProgramFigures, SearchReport, SpendReport
from tgl.ir import MetricSpec
from tgl.report.columns import INDENT, columns
from tgl.report.scores import difference_text, estimate_text, figure_text


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
    lines = [f"{title}: {report.verdict}", *broken_limits(report), ""]
    lines += comparison(report, title)
    lines += other_metrics(report, title)
    lines += groups(report, title)
    lines += [
        "",
        f"{INDENT}{report.metric.title} with its {interval_words(report)}, n {report.winner.n} "
        f"(test, fresh draws){metric_words(report)};",
        f"{INDENT}{report.unit_note};",
    ]
    points = "in points, " if report.metric.is_share else ""
    lines += [
        f"{INDENT}difference: winner minus the other, {points}paired by question, with its 95 % interval"
    ]
    lines += ["", *facts(report)]
    return "\n".join(lines) + "\n"


def interval_words(report: SearchReport) -> str:
    """Which interval the figures have."""
    if report.winner.judged is not None:
        return "95 % interval (Wilson, moved out by what the judge is unsure of)"
    plain = report.metric.kind == "accuracy" and report.metric.weight is None
    return "95 % Wilson interval" if plain else "95 % interval"


def metric_words(report: SearchReport) -> str:
    """What has to be known of a metric that is no plain accuracy."""
    metric = report.metric
    words: list[str] = []
    if metric.kind == "pass":
        words.append(f"from {metric.draws} runs of each question; cost and latency are of one run")
    if metric.kind == "fn":
        words.append(
            f"from {amount_text(metric.low)} to {amount_text(metric.high)}, {metric.better} is better"
        )
    return "".join(f", {one}" for one in words)


def comparison(report: SearchReport, title: str) -> list[str]:
    """The winner and every baseline, one a line."""
    unit, metric = report.unit_name, report.metric
    rows: list[list[str]] = [["program", metric.title, "cost a question", "difference", "select"]]
    rows.append(
        [
            title,
            estimate_text(report.winner.accuracy, metric),
            cost(report.winner, unit),
            "",
            figure_text(report.selection.raw, metric),
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
                estimate_text(baseline.test.accuracy, metric),
                cost(baseline.test, unit),
                difference_text(baseline.difference, metric),
                "" if baseline.select_accuracy is None else figure_text(baseline.select_accuracy, metric),
            ]
        )
    return [
        *columns(rows),
        *unmeasured,
        f"{INDENT}* the best simpler program on select (n {report.selection.n})",
    ]


def test_text(limit: LimitReport) -> str:
    """What a limit bounds on test: `0.03 [0.01, 0.07] on test`."""
    ends = limit.interval
    if ends is None:
        return f"{limit.sign}{amount_text(limit.test)} on test"
    return f"{amount_text(limit.test)} [{amount_text(ends.low)}, {amount_text(ends.high)}] on test"


def dollars_text(spend: SpendReport) -> str:
    """What was spent at the declared prices, of what may be: `$0.04 of $0.5`."""
    cap = "" if spend.dollars_cap is None else f" of ${amount_text(spend.dollars_cap)}"
    return f"${amount_text(spend.dollars)}{cap}"


def select_text(limit: LimitReport) -> str:
    """What a limit bounds on select: `$0.0002 on select`."""
    return f"{limit.sign}{amount_text(limit.select)} on select"


def broken_limits(report: SearchReport) -> list[str]:
    """What the first lines say of limits that held on select and do not on test."""
    return [
        f"limit {limit.limit} is NOT MET ON TEST: {test_text(limit)}, {select_text(limit)}"
        for limit in report.limits
        if not limit.met
    ]


def other_metrics(report: SearchReport, title: str) -> list[str]:
    """Figures by the task's other metrics, where it has some."""
    if not report.others:
        return []
    shown = [
        (title, report.winner),
        *((one.name, one.test) for one in report.baselines if one.test is not None),
    ]
    head = ["other metrics", *(f"{one.title}{range_words(one)}" for one in report.others)]
    rows = [
        [name, *(estimate_text(value, one) for one, value in zip(report.others, figures.others, strict=True))]
        for name, figures in shown
    ]
    return ["", *columns([head, *rows])]


def range_words(metric: MetricSpec) -> str:
    """The range and the direction of a metric that is no share."""
    if metric.is_share:
        return ""
    return f" ({amount_text(metric.low)} to {amount_text(metric.high)}, {metric.better} is better)"


def groups(report: SearchReport, title: str) -> list[str]:
    """Accuracy by group, where the task has groups."""
    if not report.winner.groups:
        return []
    shown: list[tuple[str, ProgramFigures]] = [(title, report.winner)]
    shown += [(each.name, each.test) for each in told_by_group(report.baselines) if each.test is not None]
    head = ["by group", *(f"{group.name} (n {group.n})" for group in report.winner.groups)]
    rows = [
        head,
        *(
            [name, *(estimate_text(group.accuracy, report.metric) for group in figures.groups)]
            for name, figures in shown
        ),
    ]
    return ["", *columns(rows)]


def told_by_group(baselines: Sequence[BaselineReport]) -> list[BaselineReport]:
    """The baselines whose groups say something: single models and the router."""
    return [each for each in baselines if each.kind in ("greedy", "router")]


def facts(report: SearchReport) -> list[str]:
    """Everything else that a reader needs in order to trust the figures."""
    chosen, metric = report.selection, report.metric
    spend = report.spend
    cap = f" of {spend.calls_cap}" if spend.calls_cap is not None else ""
    dollars = f", {dollars_text(spend)}" if spend.dollars or spend.dollars_cap is not None else ""
    stages = ", ".join(f"{name} {calls}" for name, calls in spend.stages)
    lines = [
        f"selection: {plural(chosen.finalists, 'finalist')} on select (n {chosen.n}); "
        f"the best of them scored {figure_text(chosen.best, metric)},",
        f"{INDENT}the winner (the cheapest within one standard error of it) "
        f"{estimate_text(chosen.raw_interval, metric)};",
        f"{INDENT}corrected for having chosen the best of {chosen.finalists}: "
        f"{figure_text(chosen.corrected, metric)}",
        *routes(report.baselines),
        f"search: {report.method}, seed {report.seed}, {plural(report.candidates, 'candidate')} in "
        f"{plural(report.rounds, 'round')} on {report.sizes[0]} train questions; {ENDINGS[report.ending]}",
        f"spend: {spend.calls} calls{cap}{dollars} ({stages})",
        latency_line(report),
    ]
    lines += [
        f"limit {limit.limit}: {select_text(limit)}, {test_text(limit)}"
        + ("" if limit.met else " — NOT MET ON TEST")
        for limit in report.limits
    ]
    if report.winner.fallbacks:
        classes = ", ".join(f"{name} {count}" for name, count in sorted(report.winner.fallbacks.items()))
        lines.append(f"failed calls whose node was left out (`on_failure absent`): {classes}")
    if report.winner.cuts:
        lines.append(cuts_line(report.winner))
    if report.winner.failed:
        classes = ", ".join(f"{name} {count}" for name, count in sorted(report.winner.failures.items()))
        lines.append(
            f"failed: {report.winner.failed} of {report.winner.n} questions, counted as wrong ({classes})"
        )
    if report.winner.verdicts:
        lines.append(f"code of {title_of(report)}: {verdict_words(report.winner.verdicts)}")
    if report.winner.judged is not None:
        lines.append(judge_line(report.winner.judged, "the winner's answers"))
    if report.winner.unanswered:
        lines.append(
            f"without an answer: {report.winner.unanswered} of {report.winner.n} questions, counted as wrong"
        )
    return [*lines, *(f"note: {note}" for note in report.notes)]


def cuts_line(figures: ProgramFigures) -> str:
    """Where lists were cut, on how many questions, and how much of them was left out (language.md L6)."""
    maps = "; ".join(
        f"`{name}` on {examples} of {figures.n} questions ({items} item{'s' if items > 1 else ''} left out)"
        for name, (examples, items) in sorted(figures.cuts.items())
    )
    return f"lists longer than the bound of their `each`: {maps}"


def judge_line(judged: JudgeFigures, of: str) -> str:
    """How the judge agrees with itself, and what the interval makes of it."""
    told = f"judge of {of}: {judged.contradicts} of {judged.asked} verdicts hung on the order (no credit)"
    if not judged.repeated:
        return f"{told}; none was repeated, so the interval takes any verdict as unsure: raise `repeat`"
    return (
        f"{told}; asked again, {judged.differs} of {judged.repeated} differed, so a verdict is wrong by "
        f"chance in {100 * judged.error:.1f} % (at most {100 * judged.error_high:.1f} %), which the interval "
        "holds; what it is wrong in each time is not known without labels"
    )


def title_of(report: SearchReport) -> str:
    """Whose code it is, in words."""
    runs = report.metric.draws
    return "the winner's answers" if runs == 1 else f"the winner's answers, {runs} to a question"


def verdict_words(verdicts: Mapping[str, int]) -> str:
    """How often code passed its tests, and how it did not."""
    return ", ".join(f"{name} {count}" for name, count in sorted(verdicts.items()))


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
