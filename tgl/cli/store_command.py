"""`tglc store`: recorded responses as a file that can be read, compared and shipped."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from tgl.pipeline.store import count_responses, export_responses, import_responses
from tgl.pipeline.workspace import find_workspace


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--store", type=Path, help="the store; by default the project's (.tglc/store.sqlite)")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    exporter = actions.add_parser("export", help="write all responses to FILE (.jsonl or .jsonl.gz)")
    exporter.add_argument("file", type=Path)
    importer = actions.add_parser("import", help="add the responses of FILE; what is stored already stays")
    importer.add_argument("file", type=Path)
    actions.add_parser("stats", help="count what is stored")


def run(options: argparse.Namespace) -> int:
    """Do it."""
    store = find_workspace(Path.cwd() / "program.tgl", os.environ, store=options.store).store
    match options.action:
        case "export":
            print(f"{export_responses(store, options.file)} responses written to {options.file}")
        case "import":
            print(f"{import_responses(store, options.file)} new responses in {store}")
        case _:
            print(f"{count_responses(store)} responses in {store}")
    return 0
