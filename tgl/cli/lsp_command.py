"""`tglc lsp`: the language server on standard input and output."""

from __future__ import annotations

import argparse
import logging
import os
import sys

from tgl.pipeline.stop import Exit, Stop


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--stdio", action="store_true", help="the default, and the only way; editors pass it")
    parser.add_argument("--log", metavar="FILE", help="write what the server does to a file")


def run(options: argparse.Namespace) -> int:
    """0 when the editor is gone.

    Raises:
        Stop: the server's library is not installed, or a person started it by hand.
    """
    try:
        from tgl.lsp import make_server
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("pygls", "lsprotocol"):
            raise
        message = (
            "the language server needs the package pygls, which is not installed\n"
            "  = help: install it with `pip install 'tgl[lsp]'`"
        )
        raise Stop(Exit.OUTSIDE, message=message) from None
    if sys.stdin.isatty():
        message = "`tglc lsp` is started by an editor\n  = help: docs/editors.md tells how to set one up"
        raise Stop(Exit.USAGE, message=message)
    if options.log:
        logging.basicConfig(filename=options.log, level=logging.INFO)
    else:
        logging.disable(logging.CRITICAL)
    # The protocol has the pipe for itself: whatever else is printed goes where a person may see it.
    pipe = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    make_server().start_io(stdout=pipe)
    return Exit.DONE
