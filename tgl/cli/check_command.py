"""`tglc check`: all that is wrong with programs, known before the first call."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tgl.cli.outcome import show
from tgl.diagnostics import Diagnostic, Severity, plural
from tgl.pipeline.checking import CheckReport, check_file, lowered_text
from tgl.pipeline.stop import Exit, Stop
from tgl.pipeline.unpriced import unpriced


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="programs; `-` is standard input")
    parser.add_argument("--json", action="store_true", help="print diagnostics as JSON")
    parser.add_argument("--emit", choices=["ir"], help="print the program's intermediate representation")
    parser.add_argument(
        "--fix",
        action="store_true",
        help="make the fixes of which only one comes into question; `-` prints the program",
    )
    parser.add_argument("--diff", action="store_true", help="write nothing; print what --fix would change")


def run(options: argparse.Namespace) -> int:
    """0 if no program has an error (after the fixes, if they are made), else 1."""
    reports: list[CheckReport] = []
    found: list[Diagnostic] = []
    code = Exit.DONE
    for name in options.files:
        try:
            report = repaired(name, options) if options.fix or options.diff else check_file(name)
        except Stop as stop:
            found += stop.diagnostics
            code = max(code, stop.exit_code)
        else:
            reports.append(report)
            found += report.diagnostics
            found += unpriced(report.checked)
    errors = sum(diagnostic.severity is Severity.ERROR for diagnostic in found)
    if options.json or found:
        show(found, as_json=options.json)
    if not options.json:
        out = sys.stderr if options.diff or (options.fix and "-" in options.files) else sys.stdout
        warnings = len(found) - errors
        if options.emit and not errors:
            for report in reports:
                print(lowered_text(report))
        elif errors:
            print(f"{plural(errors, 'error')}, {plural(warnings, 'warning')}", file=out)
        else:
            names = ", ".join(options.files)
            end = f", {plural(warnings, 'warning')}" if warnings else ""
            print(f"{names}: no errors{end}", file=out)
    return code or (Exit.FAILED if errors else Exit.DONE)


def repaired(name: str, options: argparse.Namespace) -> CheckReport:
    """What is to be said about a program after its safe fixes, or before them if they are only shown."""
    import difflib

    from tgl.pipeline.checking import check_source
    from tgl.pipeline.fixing import fix_source
    from tgl.pipeline.loading import FileLoader
    from tgl.pipeline.sources import STDIN, read_source, write_file

    before = read_source(name)
    fixed = fix_source(before, FileLoader())
    if options.diff:
        sys.stdout.writelines(
            difflib.unified_diff(
                before.text.splitlines(keepends=True),
                fixed.source.text.splitlines(keepends=True),
                name,
                f"{name} (fixed)",
            )
        )
        return check_source(before, FileLoader())
    if name == STDIN:
        sys.stdout.write(fixed.source.text)
    elif fixed.made:
        write_file(Path(name), fixed.source.text)
    for entry, fix in fixed.made:
        print(f"{name}: {entry.code} {entry.message}: {fix.title}", file=sys.stderr)
    return fixed.report
