"""`tglc fmt`: programs in canonical layout, comments kept."""

from __future__ import annotations

import argparse
import difflib
import sys
from pathlib import Path

from tgl.cli.outcome import show
from tgl.pipeline.checking import format_program
from tgl.pipeline.sources import STDIN, read_source, write_file


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help="programs; `-` reads standard input and prints"
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file would change")
    parser.add_argument("--diff", action="store_true", help="write nothing; print what would change")


def run(options: argparse.Namespace) -> int:
    """0; 1 if a file has syntax errors (it is left untouched), or would change under --check."""
    failed = False
    for name in options.files:
        source = read_source(name)
        formatted = format_program(source)
        if formatted.text is None:
            show(formatted.diagnostics, as_json=False)
            print(f"{name}: left as it is, it has errors", file=sys.stderr)
            failed = True
            continue
        changed = formatted.text != source.text
        if options.diff:
            sys.stdout.writelines(
                difflib.unified_diff(
                    source.text.splitlines(keepends=True),
                    formatted.text.splitlines(keepends=True),
                    name,
                    f"{name} (formatted)",
                )
            )
        if options.check:
            if changed:
                print(f"{name}: would be reformatted")
                failed = True
        elif name == STDIN and not options.diff:
            sys.stdout.write(formatted.text)
        elif changed and not options.diff:
            write_file(Path(name), formatted.text)
            print(f"{name}: formatted")
    return 1 if failed else 0
