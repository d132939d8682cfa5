"""Failures by class, as a table beside every result."""

from __future__ import annotations

from collections.abc import Mapping

from tgl.evaluate import FailureLine, FailureReport
from tgl.report.columns import columns
from tgl.runtime import FaultLine


def failure_rows(report: FailureReport, faults: Mapping[str, FaultLine]) -> list[dict[str, str | int]]:
    """One row a class: examples, fallbacks, calls; broken attempts, and how many may have been charged.

    Args:
        report: what failed for good.
        faults: attempts that gave no reply, by class; also those of calls that were answered later.
    """
    known = {line.failure: line for line in report.classes}
    rows: list[dict[str, str | int]] = []
    for name in sorted({*known, *faults}):
        line = known.get(name, FailureLine(failure=name, runs=0, fallbacks=0, calls=0))
        fault = faults.get(name, FaultLine())
        rows.append(
            {
                "class": name,
                "examples": line.runs,
                "fallbacks": line.fallbacks,
                "calls": line.calls,
                "broken_attempts": fault.attempts,
                "maybe_charged": fault.unknown,
            }
        )
    return rows


def failure_lines(report: FailureReport, faults: Mapping[str, FaultLine], *, of: str) -> list[str]:
    """The table as text; nothing where nothing failed.

    Args:
        report: what failed for good.
        faults: attempts that gave no reply, by class.
        of: what the examples are of: `the whole search`, `this program`.
    """
    rows = failure_rows(report, faults)
    lines: list[str] = []
    if rows:
        head = ["class", "failed examples", "fallbacks", "failed calls", "broken attempts", "maybe charged"]
        lines += [f"failures in {of}, by class; a failed example counts as wrong:"]
        lines += columns([head, *([str(value) for value in row.values()] for row in rows)])
    told = [
        (report.failed, "failed"),
        (report.unanswered, "ended without an answer"),
        (report.fell_back, "went on without a failed call (`on_failure absent`)"),
    ]
    if rows:
        words = ", ".join(f"{count} {text}" for count, text in told)
        lines.append(f"of {report.runs} examples run in {of}, {words}")
    if report.dropped:
        lines.append(
            f"{report.dropped} more were not run: so many examples of their candidates had failed "
            "that these were out for certain"
        )
    return lines


def failures_json(report: FailureReport, faults: Mapping[str, FaultLine]) -> dict[str, object]:
    """The same as JSON values."""
    return {
        "runs": report.runs,
        "failed": report.failed,
        "no_answer": report.unanswered,
        "fell_back": report.fell_back,
        "dropped": report.dropped,
        "classes": failure_rows(report, faults),
    }
