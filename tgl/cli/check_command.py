"""`tglc check`: all that is wrong with programs, known before the first call."""

from __future__ import annotations

import argparse
import json

from tgl.cli.outcome import show
from tgl.diagnostics import Severity
from tgl.pipeline.checking import check_file, lowered_json


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="programs; `-` is standard input")
    parser.add_argument("--json", action="store_true", help="print diagnostics as JSON")
    parser.add_argument("--emit", choices=["ir"], help="print the program's intermediate representation")


def run(options: argparse.Namespace) -> int:
    """0 if no program has an error, else 1."""
    reports = [check_file(name) for name in options.files]
    found = [diagnostic for report in reports for diagnostic in report.diagnostics]
    errors = sum(diagnostic.severity is Severity.ERROR for diagnostic in found)
    if options.json or found:
        show(found, as_json=options.json)
    if not options.json:
        warnings = len(found) - errors
        if options.emit and not errors:
            for report in reports:
                print(json.dumps(lowered_json(report), indent=2))
        elif errors:
            print(f"{plural(errors, 'error')}, {plural(warnings, 'warning')}")
        else:
            names = ", ".join(options.files)
            print(f"{names}: no errors" + (f", {plural(warnings, 'warning')}" if warnings else ""))
    return 1 if errors else 0


def plural(count: int, noun: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{count} {noun}" + ("" if count == 1 else "s")
