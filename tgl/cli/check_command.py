"""`tglc check`: all that is wrong with programs, known before the first call."""

from __future__ import annotations

import argparse
import json

from tgl.cli.outcome import show
from tgl.diagnostics import Diagnostic, Severity
from tgl.pipeline.checking import CheckReport, check_file, lowered_json
from tgl.pipeline.stop import Exit, Stop


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="programs; `-` is standard input")
    parser.add_argument("--json", action="store_true", help="print diagnostics as JSON")
    parser.add_argument("--emit", choices=["ir"], help="print the program's intermediate representation")


def run(options: argparse.Namespace) -> int:
    """0 if no program has an error, else 1."""
    reports: list[CheckReport] = []
    found: list[Diagnostic] = []
    code = Exit.DONE
    for name in options.files:
        try:
            report = check_file(name)
        except Stop as stop:
            found += stop.diagnostics
            code = max(code, stop.exit_code)
        else:
            reports.append(report)
            found += report.diagnostics
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
    return code or (Exit.FAILED if errors else Exit.DONE)


def plural(count: int, noun: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{count} {noun}" + ("" if count == 1 else "s")
