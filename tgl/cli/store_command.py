"""`tglc store`: what a store holds, into a file, out of files, and what may go."""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from tgl.cli.outcome import agreed
from tgl.cli.running import add_trust, run_async
from tgl.pipeline.pruning import Prunable, of_journals, of_model, prune, unreferenced
from tgl.pipeline.stop import Exit, Stop
from tgl.pipeline.store import export_responses, import_responses, merge_files
from tgl.pipeline.store_stats import StoreStats, store_stats
from tgl.pipeline.trouble import placeless
from tgl.pipeline.workspace import Workspace, find_workspace
from tgl.report import SilentProgress
from tgl.storage import Merged


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "--store", help="the store: a path (by default the project's .tglc/store.sqlite) or KIND:ADDRESS"
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    exporter = actions.add_parser("export", help="write all responses to FILE (.jsonl or .jsonl.gz)")
    exporter.add_argument("file", type=Path)
    exporter.add_argument("--force", action="store_true", help="overwrite a file that is no recording")
    importer = actions.add_parser("import", help="add the responses of FILE; what is stored already stays")
    importer.add_argument("file", type=Path)
    merger = actions.add_parser("merge", help="add other stores and recordings; what is stored already stays")
    merger.add_argument("files", type=Path, nargs="+", metavar="FILE")
    stats = actions.add_parser("stats", help="say what is stored, by model")
    stats.add_argument("--program", help="a program whose names of models are used")
    stats.add_argument("--json", action="store_true", help="print it as JSON")
    pruner = actions.add_parser("prune", help="remove what is no longer needed")
    what = pruner.add_mutually_exclusive_group(required=True)
    what.add_argument("--model", metavar="FINGERPRINT", help="the responses of one model (see `stats`)")
    what.add_argument(
        "--unreferenced-by", nargs="+", metavar="PROGRAM", help="the responses that none of these needs"
    )
    what.add_argument("--journals", action="store_true", help="all journals of searches")
    add_trust(pruner)
    pruner.add_argument("--dry-run", action="store_true", help="only say what would go")
    pruner.add_argument("--yes", action="store_true", help="don't ask")
    for action in (exporter, importer, merger, stats, pruner):
        # Behind the action, too, where other commands have it; not given there, it leaves the other alone.
        action.add_argument("--store", default=argparse.SUPPRESS, help=argparse.SUPPRESS)


def run(options: argparse.Namespace) -> int:
    """Do it."""
    workspace = find_workspace(Path.cwd() / "program.tgl", os.environ, store=options.store)
    match options.action:
        case "export":
            made = export_responses(workspace, options.file, force=options.force)
            failed = f" and {made.failures} failed calls" if made.failures else ""
            print(f"{made.responses} responses{failed} written to {options.file}")
        case "import":
            print(merged_text(import_responses(workspace, options.file), workspace))
        case "merge":
            print(merged_text(merge_files(workspace, options.files), workspace))
        case "stats":
            stats = store_stats(workspace, options.program)
            print(json.dumps(asdict(stats), indent=2) if options.json else stats_text(stats))
        case _:
            return pruned(options, workspace)
    return Exit.DONE


def merged_text(merged: Merged, workspace: Workspace) -> str:
    """What a merge did."""
    lines = [f"{merged.added} new responses in {workspace.store_name}; {merged.known} were there"]
    if merged.differing:
        lines.append(f"{merged.differing} are there with another reply: the first that was stored stays")
    if merged.failures:
        lines.append(f"{merged.failures} new failed calls")
    if merged.journals:
        lines.append(f"{merged.journals} new journals of searches, or new steps of one")
    if merged.other_journals:
        lines.append(f"{merged.other_journals} journals differ: those that were there stay")
    return "\n".join(lines)


def stats_text(stats: StoreStats) -> str:
    """The figures as a table."""
    size = "" if stats.bytes is None else f", {stats.bytes:,} bytes"
    lines = [f"{stats.responses} responses in {stats.store}{size}"]
    width = max((len(model.name) for model in stats.models), default=0)
    for model in stats.models:
        lines.append(
            f"  {model.fingerprint}  {model.name.ljust(width)}  {model.responses} responses,"
            f" {model.prompt_tokens} + {model.completion_tokens} tokens, {model.text_bytes} bytes of text"
        )
    if stats.failures:
        lines.append(f"{stats.failures} calls that failed and were not answered since")
    lines += [
        f"journal {journal.search[:16]}  {journal.steps} steps, {journal.failures} failed calls"
        for journal in stats.journals
    ]
    lines += [f"test split {name} was read {count} times" for name, count in stats.test_reads]
    return "\n".join(lines)


def pruned(options: argparse.Namespace, workspace: Workspace) -> int:
    """Say what goes, ask, and let it go."""
    if options.model is not None:
        going = of_model(workspace, options.model)
    elif options.journals:
        going = of_journals(workspace)
    else:
        going = run_async(
            unreferenced(workspace, options.unreferenced_by, trust=options.trust), SilentProgress()
        )
    statement = going_text(going, workspace)
    if not (going.identities or going.searches or going.notes):
        print(f"nothing to remove from {workspace.store_name}: {going.staying} responses stay")
        return Exit.DONE
    if options.dry_run:
        print(f"would remove {statement}")
        return Exit.DONE
    if not options.yes:
        confirm(statement)
    prune(workspace, going)
    print(f"removed {statement}")
    return Exit.DONE


def going_text(going: Prunable, workspace: Workspace) -> str:
    """What goes and what stays, in words."""
    if going.searches:
        return (
            f"{len(going.searches)} journals from {workspace.store_name}: these searches can't be resumed,"
            f" and their failed calls are forgotten; {going.staying} responses stay"
        )
    if going.notes:
        return (
            f"{len(going.notes)} outcomes of finished searches from {workspace.store_name}: these are made"
            f" again; {going.staying} responses stay"
        )
    return f"{len(going.identities)} responses from {workspace.store_name}; {going.staying} stay"


def confirm(statement: str) -> None:
    """Ask.

    Raises:
        Stop: no, or nobody is there to ask.
    """
    if not sys.stdin.isatty():
        raise Stop(
            Exit.USAGE,
            placeless("R0309", f"this removes {statement}", help="--yes confirms it; --dry-run only tells"),
        )
    print(f"this removes {statement}", file=sys.stderr)
    if not agreed("Go on?"):
        raise Stop(Exit.USAGE, placeless("R0309", "not confirmed; nothing was removed"))
