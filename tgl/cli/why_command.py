"""`tglc why`: which part of a request changed when a stored response is not used. Asks no model."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from tgl.cli.running import add_trust, positive, run_async, workspace_of
from tgl.pipeline.stop import Exit, Stop
from tgl.pipeline.trouble import placeless
from tgl.pipeline.why import Why, only_program, why
from tgl.report import SilentProgress


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("node", metavar="NODE", help="a node of the graph")
    parser.add_argument(
        "file",
        metavar="PROGRAM",
        nargs="?",
        help="by default the only (resolved) one here",
    )
    parser.add_argument(
        "--example", type=positive, metavar="N", help="row N of the task's data, in place of a whole split"
    )
    parser.add_argument("--store", help="the store of responses: a path, or KIND:ADDRESS")
    parser.add_argument(
        "--no-recorded", action="store_true", help="leave out the responses that travel with the program"
    )
    add_trust(parser)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run(options: argparse.Namespace) -> int:
    """0 all is stored, 3 something is missing."""
    if options.file is None:
        options.file = only_program(sorted(str(path) for path in Path().glob("*.tgl")))
    if options.file is None:
        raise Stop(
            Exit.USAGE,
            placeless(
                "E0754", "it is not clear which program is meant", help="name it: tglc why NODE PROGRAM"
            ),
        )
    found = run_async(
        why(
            options.file,
            options.node,
            workspace_of(options),
            example=options.example,
            recorded=not options.no_recorded,
            trust=options.trust,
        ),
        SilentProgress(),
    )
    if options.json:
        print(json.dumps({"all_stored": found.all_stored, **asdict(found)}, indent=2))
    else:
        print("\n".join(text_lines(found)))
    return Exit.DONE if found.all_stored else Exit.OUTSIDE


def text_lines(found: Why) -> list[str]:
    """A line for each node, then what differs."""
    rows = "1 example" if found.examples == 1 else f"{found.examples} examples"
    lines = [f"{found.program}: {rows} ({found.split})"]
    if found.at_mode:
        lines.append("  each choice at its likeliest option; `tglc why NODE` of a resolved program is exact")
    width = max(len(node.node) for node in found.nodes)
    for node in found.nodes:
        counts = {
            "stored": node.stored,
            "failed before": node.failed,
            "missing": node.missing,
            "waiting for other nodes": node.waiting,
        }
        told = ", ".join(f"{count} {name}" for name, count in counts.items() if count) or "never asked"
        mark = "*" if node.node in found.asked else " "
        lines.append(f"{mark} {node.node.ljust(width)}  on {node.model}: {told}")
    for reason in found.reasons:
        difference = reason.difference
        lines.append(f"{reason.node}, {reason.count} missing, the first in row {reason.example}:")
        lines.append(f"  {difference.part}: {difference.text}")
        if difference.what and difference.what not in difference.text:
            lines.append(f"  differs in: {difference.what}")
        lines.append(f"  stored  {difference.stored or '-'}")
        lines.append(f"  asked   {difference.asked or '-'}")
    if found.all_stored:
        lines.append("all of it is stored: no model would be asked")
    return lines
