"""From what a command raised to what a person reads and the exit code. No traceback reaches a user."""

from __future__ import annotations

import argparse
import errno
import json
import os
import signal
import sys
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, TextIO

from tgl.diagnostics import Diagnostic, render_json, render_text
from tgl.pipeline.saying import placeless
from tgl.pipeline.sources import reason
from tgl.pipeline.stop import Exit, Stop
from tgl.version import VERSION

if TYPE_CHECKING:
    from tgl.ir import ProgramIR

NO_ISOLATION = (
    "NO ISOLATION: programs that models write run as you, with all that you may do (docs/sandbox.md)"
)


UNWRITABLE = (errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""Why what is printed may get nowhere."""


def show(diagnostics: Sequence[Diagnostic], *, as_json: bool) -> None:
    """Diagnostics, to standard error as text or to standard output as JSON."""
    if as_json:
        print(json.dumps({"diagnostics": json.loads(render_json(diagnostics))}, indent=2))
        return
    color = sys.stderr.isatty() and "NO_COLOR" not in os.environ
    for diagnostic in diagnostics:
        print(render_text(diagnostic, color=color), file=sys.stderr, end="\n")


def label(ir: ProgramIR, *, risky: bool = False, result_only: bool = False) -> None:
    """Say above all figures that they are simulated, or what they were got by, if so.

    Args:
        ir: the program.
        risky: whether programs that models write were `exposed`.
        result_only: whether standard output is for a result alone, so that the label has to go elsewhere.
    """
    from tgl.report import simulation_label  # takes long, and `tglc check` has no figures

    text = simulation_label(ir)
    for line in (text, NO_ISOLATION if risky else None):
        if line is not None:
            print(line, file=sys.stderr if result_only else sys.stdout)


def exposed(ir: ProgramIR, options: argparse.Namespace) -> bool:
    """Whether programs that models write run without a sandbox, which the user accepted; said at once."""
    if ir.task is None or ir.task.key.kind != "code" or not options.unsafe_exec:
        return False
    from tgl.sandbox import NoSandbox, find_sandbox  # only programs with the key `code` need it

    found = find_sandbox()
    if isinstance(found, NoSandbox):
        print(f"{NO_ISOLATION}\n  {found.reason}", file=sys.stderr)
        return True
    return False


def labels_json(ir: ProgramIR, *, risky: bool) -> dict[str, object]:
    """What `label` says, as JSON values."""
    simulated: dict[str, object] = {"simulated": bool(ir.simulated_models)}
    return {**simulated, "no_isolation": True} if risky else simulated


def agreed(question: str) -> bool:
    """Whether the person says yes. Asked on standard error: standard output is for the result."""
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


@contextmanager
def terminable() -> Generator[None]:
    """Let SIGTERM end a command as Ctrl-C does, in whatever it is: what it began to write is put away."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGTERM)
    ours = threading.current_thread() is threading.main_thread() and before is signal.SIG_DFL
    if ours:
        signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        if ours:
            signal.signal(signal.SIGTERM, before)


def open_streams() -> None:
    """Put nothing in the place of standard streams that are closed (`tglc … >&-`).

    Files would get their numbers otherwise, and what goes to a stream would go into a file.
    """
    # In the order of their numbers: a file gets the lowest that is free.
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - open to the end


def drop_output(stream: TextIO) -> None:
    """Let what is still to be written to a stream go nowhere, also when the interpreter ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def guarded(options: argparse.Namespace) -> int:
    """Run `options.run(options)`; turn every way out into a message and an exit code."""
    open_streams()
    try:
        code = ended(options)
        sys.stdout.flush()  # a reader that went away, or a full disk, shows here, not at exit
        return code
    except BrokenPipeError:
        # The reader went away (`tglc … | head`): nothing to tell it.
        drop_output(sys.stdout)
        return 0
    except OSError as error:
        drop_output(sys.stdout)
        why, hint = f"the output can't be written: {reason(error)}", "make room, or write elsewhere"
        try:
            show([placeless("R0305", why, help=hint)], as_json=False)
        except OSError:  # standard error has no room either
            drop_output(sys.stderr)
        return Exit.OUTSIDE


def ended(options: argparse.Namespace) -> int:
    """Run a command to its end.

    Raises:
        OSError: nobody reads what it prints, or there is no room for it.
    """
    try:
        with terminable():
            return int(options.run(options))
    except Stop as stop:
        show(stop.diagnostics, as_json=bool(getattr(options, "json", False)))
        if stop.message:
            print(stop.message, file=sys.stderr)
        return stop.exit_code
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except Exception as error:  # our fault: never a bare traceback, always a way to report it
        if isinstance(error, OSError) and error.errno in UNWRITABLE:
            raise
        if os.environ.get("TGLC_TRACEBACK"):
            import traceback

            traceback.print_exc()
        print(
            f"internal error in tglc {VERSION}: {type(error).__name__}: {error}\n"
            "  = help: this is a bug; please report it with the program, and run again with"
            " TGLC_TRACEBACK=1 for the details",
            file=sys.stderr,
        )
        return 70
