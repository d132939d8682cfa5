"""`tglc optimize`: search a program's choices and write the resolved program beside it."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from dataclasses import asdict
from pathlib import Path

from tgl.cli.bill import bill_json, bill_lines
from tgl.cli.found import outcome_json
from tgl.cli.outcome import agreed, exposed, label, labels_json, show
from tgl.cli.running import (
    add_run_options,
    add_unsafe,
    calls_line,
    progress_of,
    run_async,
    run_options,
    workspace_of,
)
from tgl.pipeline.fronts import default_front, refuse_to_lose_front, write_front
from tgl.pipeline.home import home_of
from tgl.pipeline.money import worst_bill
from tgl.pipeline.outputs import default_output, refuse_to_lose, refuse_to_record
from tgl.pipeline.searching import SearchOutcome, SearchPlan, prepare, search
from tgl.pipeline.session import load_shots
from tgl.pipeline.sources import write_file
from tgl.pipeline.stop import Exit, Stop
from tgl.pipeline.task import lengths_of, split_task
from tgl.pipeline.trouble import placeless
from tgl.pipeline.watch import Watch
from tgl.report import decided, failure_lines, failures_json, front_table, ledger_table, search_table


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("file", metavar="FILE", help="a program with choices (`~`)")
    parser.add_argument("--graph", help="which graph, if several have an `optimize` block")
    parser.add_argument(
        "--output",
        type=Path,
        help="the file to write, by default FILE with .opt.tgl; of a front the folder, FILE.pareto",
    )
    parser.add_argument("--force", action="store_true", help="overwrite a result that was edited by hand")
    parser.add_argument("--resume", action="store_true", help="go on with an interrupted search")
    parser.add_argument(
        "--again", action="store_true", help="search again even if nothing has changed since the last time"
    )
    parser.add_argument("--ledger", action="store_true", help="show the spend by node and by choice")
    parser.add_argument("--yes", action="store_true", help="don't ask before a search that may cost money")
    parser.add_argument(
        "--record", type=Path, metavar="FILE", help="write the responses that the search needed (.jsonl[.gz])"
    )
    add_run_options(parser)
    add_unsafe(parser)


def run(options: argparse.Namespace) -> int:
    """Search and write."""
    plan = prepare(options.file, graph=options.graph)
    for_front = plan.ir.optimize is not None and bool(plan.ir.optimize.pareto)
    output = options.output or (default_front if for_front else default_output)(options.file)
    if for_front:
        refuse_to_lose_front(output, force=options.force)
    else:
        refuse_to_lose(output, options.file, force=options.force)
    if options.record is not None:
        refuse_to_record(options.record, plan, output)
    show(plan.data.warnings, as_json=False)
    risky = exposed(plan.ir, options)
    if options.live and plan.paid and not options.yes:
        confirm(plan)
    progress = progress_of(options)
    spend = plan.ir.optimize.spend_calls if plan.ir.optimize is not None else None
    watch = Watch(progress, spend)
    try:
        outcome = run_async(
            search(
                plan,
                workspace_of(options),
                run_options(options),
                watch,
                resume=options.resume,
                record=options.record,
                again=options.again,
            ),
            progress,
        )
    except KeyboardInterrupt:
        print(interrupted(options), file=sys.stderr)
        return Exit.INTERRUPTED
    if outcome.front is None:
        write_file(output, outcome.text)
    else:
        write_front(output, outcome.files)
    if options.json:
        print(json.dumps({**labels_json(plan.ir, risky=risky), **result_json(outcome, output)}, indent=2))
    else:
        label(plan.ir, risky=risky)
        print(result_text(outcome, output, options.file), end="")
        if options.ledger:
            print("\n" + ledger_table(outcome.report.ledger, outcome.report.unit_name), end="")
    return Exit.DONE


def interrupted(options: argparse.Namespace) -> str:
    """What an interrupted person can do, with the options that were given."""
    if not options.live:
        return "interrupted: nothing was asked, and nothing is lost; the same command starts again"
    again = shlex.join(["tglc", *sys.argv[1:], *([] if options.resume else ["--resume"])])
    return f"interrupted: all responses so far are saved; go on with: {again}"


def confirm(plan: SearchPlan) -> None:
    """State the worst case and ask.

    Raises:
        Stop: no, or nobody is there to ask.
    """
    texts = lengths_of(plan.ir, split_task(plan.data), load_shots(plan.ir, plan.folder))
    most = worst_bill(plan.ir, texts)
    statement = f"this search may ask {', '.join(plan.paid)} for {most}"
    if not sys.stdin.isatty():
        raise Stop(
            Exit.USAGE,
            placeless(
                "R0309",
                statement,
                help="--yes confirms it without a question; a model of your own is free with "
                "`price prompt: $0/Mtok, completion: $0/Mtok`",
            ),
        )
    print(statement, file=sys.stderr)
    if not agreed("Go on?"):
        raise Stop(Exit.USAGE, placeless("R0309", "not confirmed; nothing was asked"))


def sources(outcome: SearchOutcome) -> str:
    """Where the responses came from, in words."""
    if not outcome.asked:
        origin = (
            "recorded responses of real models, replayed"
            if outcome.recorded and not outcome.report.simulated
            else "stored responses, replayed"
        )
        return f"{outcome.replayed} calls answered by {origin}; no model was asked"
    return f"{outcome.asked} calls asked of models, {outcome.replayed} from the store"


def result_text(outcome: SearchOutcome, output: Path, source: str) -> str:
    """The table, what was decided, and where it stands."""
    front = outcome.front
    lines = [
        search_table(outcome.report, title=output.name)
        if front is None
        else front_table(front, title=output.name)
    ]
    lines += [f"responses: {sources(outcome)}\n", f"{calls_line(outcome.counts)}\n"]
    lines += [f"{line}\n" for line in bill_lines(outcome.bill)]
    failed = failure_lines(outcome.report.failures, outcome.faults, of="the whole search")
    lines += [f"{line}\n" for line in failed]
    if outcome.unchanged:
        lines += [
            "nothing has changed since that search, so it is shown again: `tglc verify` re-derives it, "
            "`--again` searches\n"
        ]
    times = "once" if outcome.test_reads == 1 else f"{outcome.test_reads} times"
    lines += [f"the test split of `{outcome.report.task}` was read {times} from this store\n"]
    if front is None:
        lines += ["decided:\n"]
        width = max((len(address) for address, _ in outcome.decisions), default=0)
        lines += [f"  {address.ljust(width)}  {value}\n" for address, value in outcome.decisions]
        lines += [f"written to {output}\n"]
    else:
        told = decided([(point.name, point.decisions) for point in outcome.points])
        names = ", ".join(outcome.files)
        lines += [f"{line}\n" for line in [*told, f"written to {output}{os.sep}: {names}"]]
    home = home_of(Path(source))
    if output.resolve().parent != home.resolve():
        lines += [
            f"its paths are relative to the folder of {source}, as in that program: it runs there alone\n"
        ]
    return "".join(lines)


def result_json(outcome: SearchOutcome, output: Path) -> dict[str, object]:
    """The same as JSON values."""
    return {
        "simulated": bool(outcome.report.simulated),
        "unchanged": outcome.unchanged,
        "output": str(output),
        **outcome_json(outcome),
        "failures": failures_json(outcome.report.failures, outcome.faults),
        "responses": {
            "replayed": outcome.replayed,
            "asked": outcome.asked,
            "recorded": outcome.recorded,
            "calls": asdict(outcome.counts),
        },
        "bill": bill_json(outcome.bill),
        "test_reads": outcome.test_reads,
    }
