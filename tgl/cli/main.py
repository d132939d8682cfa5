"""The command `tglc`: arguments, environment, exit codes. Every command lives in a file of its own.

Exit codes: 0 done, 1 the program or its check failed, 2 the command was used wrongly, 3 outside trouble
(network, server, a missing recorded response), 4 undecided, 130 interrupted.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import sys
from collections.abc import Sequence, Set

COMMANDS: tuple[tuple[str, str], ...] = (
    ("check", "check programs; say all that is wrong with them"),
    ("fmt", "format programs"),
    ("graph", "draw a program with its choices, or one candidate: Mermaid, DOT, SVG"),
    ("plan", "say what a program needs and what a search may spend, before the first call"),
    ("data", "say what a task's data, or a file of data, holds"),
    ("doc", "say what a module of the standard library, or a file, offers"),
    ("optimize", "search a program's choices and write the resolved program"),
    ("sample", "print a random resolved program from the space"),
    ("run", "run a resolved program on one input"),
    ("eval", "measure a resolved program on its task, or on new data"),
    ("verify", "re-derive the measured block of a resolved program from the store"),
    ("simulate", "run, serve or fit statistical models in place of real ones"),
    ("models", "list models that can be pulled, and pull them"),
    ("store", "count, export, import, merge and prune recorded responses"),
    ("explain", "say what a code such as E0203 means, with an example; or list all codes"),
    ("lsp", "the language server, for editors: docs/editors.md"),
    ("why", "say which part of a node's requests changed when stored responses are not used"),
)
"""Name and help line; `tgl.cli.NAME_command` has `arguments(parser)` and `run(options) -> int`."""

COLLECT = (200_000, 20, 100)
"""When Python looks for circles of values that nobody uses: seldom, since a program has none. With the usual
thresholds the looking takes half of the time of compiling 10,000 nodes, and a larger part of more."""


def build_parser(wanted: str | None, *, alone: bool = False) -> argparse.ArgumentParser:
    """The parser; only the wanted command's module is imported, so that `tglc check` starts at once.

    Args:
        wanted: the command whose arguments it knows.
        alone: the other commands are not listed: they cannot be asked for, nor their help.
    """
    parser = argparse.ArgumentParser(
        prog="tglc",
        description="Compiler and search engine for multi-LLM collaboration graphs.",
        epilog="`tglc COMMAND --help` explains a command.",
    )
    parser.add_argument("--version", action="store_true", help="print the version")
    parser.set_defaults(usage=parser.error)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, text in COMMANDS:
        if alone and name != wanted:
            continue
        sub = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        if name == wanted:
            module = importlib.import_module(f"tgl.cli.{name}_command")
            module.arguments(sub)
            sub.set_defaults(run=module.run, usage=sub.error)
    return parser


def unknown(word: str, names: Set[str]) -> int:
    """Say that there is no such command; the exit code."""
    from tgl.diagnostics import nearest_names

    near = nearest_names(word, names, limit=1)
    meant = f"did you mean `tglc {near[0]}`?" if near else "`tglc --help` lists the commands"
    if word.endswith(".tgl"):
        meant = f"name the command first: `tglc check {word}`"
    print(f"there is no command `{word}`\n  = help: {meant}", file=sys.stderr)
    return 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    gc.set_threshold(*COLLECT)
    gc.disable()
    names = {name for name, _ in COMMANDS}
    if arguments and not arguments[0].startswith("-") and arguments[0] not in names:
        return unknown(arguments[0], names)
    wanted = next((word for word in arguments if word in names), None)
    # Nobody's plugin of pydantic looks on as we read programs: checking runs no code, and finding them takes
    # 4 ms of every command.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        parser = build_parser(wanted, alone=arguments[:1] == [wanted])
    except ImportError as error:
        print(f"tglc is not installed whole: {error}\n  = help: install it again", file=sys.stderr)
        return 70
    except KeyboardInterrupt:  # what a command imports takes a second on a slow disk
        print("interrupted", file=sys.stderr)
        return 130
    finally:
        if argv is None:
            gc.freeze()  # what was imported stays; looking through it takes a tenth of a small check
        gc.enable()
    options, unread = parser.parse_known_args(arguments)
    if unread:
        options.usage(f"unrecognized arguments: {' '.join(unread)}")
    if options.version:
        try:
            return version(options)
        except OSError:  # told as of any command, by what only trouble imports
            options.run = version
    elif options.command is None:
        parser.print_help()
        return 2
    from tgl.cli.outcome import guarded

    return guarded(options)


def version(_: argparse.Namespace) -> int:
    """Print the version; the exit code."""
    from tgl.version import VERSION

    print(f"tglc {VERSION}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
