"""`tglc models`: what can be pulled, pulling it, and what a program's models really do."""

from __future__ import annotations

import argparse
import os
import sys

from tgl.cli.outcome import agreed
from tgl.models import Pack, Progress, PullError, installed_path, known_packs, pull, resolve, terms_text
from tgl.pipeline.stop import Exit, Stop
from tgl.pipeline.trouble import placeless, pull_stop
from tgl.pipeline.workspace import models_folder


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="models that can be pulled by name, and whether they are here")
    puller = actions.add_parser("pull", help="fetch a model's weights, check them, keep them")
    puller.add_argument("name", help="a name from `tglc models list`")
    puller.add_argument("--accept-terms", action="store_true", help="agree to the licence without a question")
    prober = actions.add_parser(
        "probe", help="ask a program's models what they do (a dozen short requests each), and keep the answer"
    )
    prober.add_argument("file", metavar="FILE", help="a program")
    prober.add_argument("model", metavar="MODEL", nargs="?", help="one of its models; all if not given")
    prober.add_argument("--graph", help="which graph, if there are several")
    prober.add_argument(
        "--store", help="the store that keeps it: a path (by default .tglc/store.sqlite) or KIND:ADDRESS"
    )
    prober.add_argument("--json", action="store_true", help="print the answers as JSON")


def run(options: argparse.Namespace) -> int:
    """List, pull or probe."""
    if options.action == "probe":
        from tgl.cli.models_probe import probe_program  # it needs more than the others

        return probe_program(options)
    folder = models_folder(os.environ)
    if options.action == "list":
        for pack in known_packs():
            here = "pulled" if installed_path(pack, folder) else "not here"
            print(f"{pack.name:24} {pack.size / 1e6:5.0f} MB  {here:8}  {pack.licence.name}  {pack.title}")
        return Exit.DONE
    found = resolve(options.name)
    if found is None:
        names = ", ".join(pack.name for pack in known_packs())
        raise Stop(
            Exit.USAGE,
            placeless("R0110", f"no model named `{options.name}` can be pulled", help=f"there are {names}"),
        )
    try:
        path = pull(found, folder, accept=lambda pack: accepted(pack, options.accept_terms), progress=meter())
    except PullError as error:
        raise pull_stop(error) from None
    print(f"{found.name}: {path}")
    return Exit.DONE


def accepted(pack: Pack, given: bool) -> bool:
    """Whether the person agrees to the licence; without a terminal only `--accept-terms` counts."""
    if not given and sys.stdin.isatty():
        print(terms_text(pack), file=sys.stderr)
    print(f"{pack.name} comes under: {pack.licence.name}\n  {pack.licence.url}", file=sys.stderr)
    if given:
        return True
    if not sys.stdin.isatty():
        return False
    return agreed("Do you accept these terms?")


def meter() -> Progress:
    """Progress of a pull: a running count on a terminal, nothing elsewhere."""

    def silent(done: int, total: int | None) -> None:
        return

    def show(done: int, total: int | None) -> None:
        whole = f" of {total / 1e6:.0f}" if total else ""
        end = "\n" if total and done >= total else ""
        print(f"\r{done / 1e6:.0f}{whole} MB", end=end, file=sys.stderr, flush=True)

    return show if sys.stderr.isatty() else silent
