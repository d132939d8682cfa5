"""`tglc verify`: does the `measured` block tell what the stored responses tell? Asks no model."""

from __future__ import annotations

import argparse
import json

from tgl.cli.outcome import exposed, label, labels_json
from tgl.cli.running import add_trust, add_unsafe, run_async, workspace_of
from tgl.pipeline.evaluating import Verification, verify
from tgl.pipeline.resolved import load_resolved
from tgl.pipeline.session import RunOptions
from tgl.pipeline.stop import Exit
from tgl.report import SilentProgress, failure_lines, failures_json


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("file", metavar="FILE", help="a resolved program with a `measured` block")
    parser.add_argument("--graph", help="which graph, if there are several")
    parser.add_argument("--store", help="the store of responses: a path, or KIND:ADDRESS")
    parser.add_argument(
        "--no-recorded", action="store_true", help="leave out the responses that travel with the program"
    )
    add_trust(parser)
    add_unsafe(parser)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run(options: argparse.Namespace) -> int:
    """0 same, 1 differs or no block, 3 can't be derived."""
    program = load_resolved(options.file, graph=options.graph)
    risky = exposed(program.ir, options)
    found = run_async(
        verify(
            program,
            workspace_of(options),
            RunOptions(recorded=not options.no_recorded, trust=options.trust, unsafe=options.unsafe_exec),
        ),
        SilentProgress(),
    )
    if options.json:
        print(json.dumps({**labels_json(program.ir, risky=risky), **as_json(found)}, indent=2))
    else:
        label(program.ir, risky=risky)
        print("\n".join(text_lines(options.file, found)))
    if found.differing:
        return Exit.FAILED
    return Exit.DONE if found.searched else Exit.OUTSIDE


def text_lines(name: str, found: Verification) -> list[str]:
    """The verdict, each difference, then what failed."""
    failed = [] if found.failures is None else failure_lines(found.failures, {}, of="the measurement")
    return [*verdict_lines(name, found), *(f"  {line}" for line in failed)]


def verdict_lines(name: str, found: Verification) -> list[str]:
    """The verdict, then each difference."""
    if found.differing:
        lines = [f"{name}: differs from what the stored responses tell"]
        for key, stands, derived in found.differing:
            lines += [f"  {key}", f"    stands   {stands}", f"    derived  {derived}"]
        return lines
    lines = [f"{name}: its own figures are what the stored responses tell; no model was asked"]
    if found.searched:
        lines.append("  the whole search was replayed and wrote the same bytes")
    else:
        lines.append(
            "  can't be derived: the lines `method`, `search` and `baseline`, and the tokens of one unit "
            f"({found.why_not})"
        )
    return lines


def as_json(found: Verification) -> dict[str, object]:
    """The same as JSON values."""
    return {
        "same": not found.differing,
        "differing": [
            {"key": key, "stands": stands, "derived": derived} for key, stands, derived in found.differing
        ],
        "search_replayed": found.searched,
        "why_not": found.why_not,
        "failures": None if found.failures is None else failures_json(found.failures, {}),
    }
