"""`tglc eval`: the figures of a resolved program, on its test split or on new data."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from tgl.cli.bill import bill_json, bill_lines
from tgl.cli.outcome import exposed, label, labels_json, show
from tgl.cli.running import (
    add_run_options,
    add_unsafe,
    calls_line,
    progress_of,
    run_async,
    run_options,
    workspace_of,
)
from tgl.emit import score_text
from tgl.pipeline.evaluating import EvalOutcome, evaluate
from tgl.pipeline.resolved import load_resolved
from tgl.pipeline.stop import Exit
from tgl.pipeline.watch import Watch
from tgl.report import cuts_line, failure_lines, failures_json, judge_line, verdict_words


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("file", metavar="FILE", help="a resolved program")
    parser.add_argument("--graph", help="which graph, if there are several")
    parser.add_argument(
        "--data", type=Path, help="measure on all rows of this file instead, read as the task says"
    )
    add_run_options(parser)
    add_unsafe(parser)


def run(options: argparse.Namespace) -> int:
    """Measure and print."""
    program = load_resolved(options.file, graph=options.graph)
    progress = progress_of(options)
    watch = Watch(progress)
    risky = exposed(program.ir, options)
    outcome = run_async(
        evaluate(program, workspace_of(options), run_options(options), watch, data=options.data), progress
    )
    show(outcome.warnings, as_json=False)
    if options.json:
        print(json.dumps({**labels_json(program.ir, risky=risky), **as_json(outcome)}, indent=2))
    else:
        label(program.ir, risky=risky)
        print("\n".join(text_lines(outcome)))
    return Exit.DONE


def text_lines(outcome: EvalOutcome) -> list[str]:
    """The figures as the `measured` block writes them, then what they rest on."""
    metric = outcome.metric
    lines = [" ".join(line.split(" ", 1)) for line in outcome.lines]
    for group in outcome.figures.groups:
        share = group.accuracy
        lines.append(
            f"{group.name}: {score_text(share.value, metric)}, "
            f"ci: [{score_text(share.low, metric)}, {score_text(share.high, metric)}], n: {group.n}"
        )
    if outcome.figures.cuts:
        lines.append(cuts_line(outcome.figures))
    if outcome.figures.failed:
        classes = ", ".join(f"{name} {count}" for name, count in sorted(outcome.figures.failures.items()))
        lines.append(f"failed: {outcome.figures.failed}, counted as wrong ({classes})")
    if outcome.figures.verdicts:
        lines.append(f"code of the answers: {verdict_words(outcome.figures.verdicts)}")
    if outcome.figures.judged is not None:
        lines.append(judge_line(outcome.figures.judged, "the answers"))
    if outcome.figures.unanswered:
        lines.append(f"without an answer: {outcome.figures.unanswered}, counted as wrong")
    lines += failure_lines(outcome.failures, outcome.faults, of="this measurement")
    lines.append(outcome.unit_note)
    if outcome.own_unit:
        lines.append(
            "no `measured` block names the unit, so it was measured now, with this program's own role"
        )
    lines.append(f"{outcome.asked} calls asked of models, {outcome.replayed} answered from stored responses")
    lines.append(calls_line(outcome.counts))
    return lines + bill_lines(outcome.bill)


def as_json(outcome: EvalOutcome) -> dict[str, object]:
    """The same as JSON values."""
    return {
        outcome.metric.name: outcome.figures.accuracy.value,
        "n": outcome.figures.n,
        "figures": outcome.figures.model_dump(mode="json"),
        "measured": list(outcome.lines),
        "unit": outcome.unit.model_dump(mode="json"),
        "unit_note": outcome.unit_note,
        "data": outcome.data,
        "responses": outcome.responses,
        "failures": failures_json(outcome.failures, outcome.faults),
        "calls": {"asked": outcome.asked, "replayed": outcome.replayed, **asdict(outcome.counts)},
        "bill": bill_json(outcome.bill),
    }
