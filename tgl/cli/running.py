"""What the commands that run programs share: options, progress, and the event loop."""

from __future__ import annotations

import _thread
import argparse
import asyncio
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from tgl.pipeline.session import RunOptions
from tgl.pipeline.workspace import Workspace, find_workspace
from tgl.report import JsonProgress, LineProgress, Progress, SilentProgress, TerminalProgress

if TYPE_CHECKING:
    from tgl.runtime import Counts

T = TypeVar("T")
Handler: TypeAlias = "Callable[[int, FrameType | None], object] | int | None"


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """The options of every command that runs a program."""
    parser.add_argument(
        "--live",
        action="store_true",
        help="ask the models for what is not stored (without it nothing is asked)",
    )
    parser.add_argument(
        "--store", help="the store of responses: a path (by default .tglc/store.sqlite) or KIND:ADDRESS"
    )
    parser.add_argument(
        "--no-recorded", action="store_true", help="leave out the responses that travel with the program"
    )
    parser.add_argument("--concurrency", type=positive, metavar="N", help="simultaneous calls of each model")
    parser.add_argument(
        "--max-bill", type=bill, metavar="CAP", help="stop before requesting more than CAP calls, or $CAP"
    )
    parser.add_argument(
        "--hedge",
        type=quantile,
        metavar="Q",
        help="ask a second time, once, what takes longer than the share Q of a model's calls (it costs more)",
    )
    add_trust(parser)
    parser.add_argument(
        "--json", action="store_true", help="print the result as JSON, progress as JSON lines"
    )
    parser.add_argument("--quiet", action="store_true", help="show no progress")


def add_unsafe(parser: argparse.ArgumentParser) -> None:
    """The option that lets the code of models run where there is no sandbox."""
    parser.add_argument(
        "--unsafe-exec",
        action="store_true",
        help="where there is no sandbox, run programs that models write as you, with all that you may do",
    )


def add_trust(parser: argparse.ArgumentParser) -> None:
    """The option that lets a program's own Python run."""
    parser.add_argument(
        "--trust", action="store_true", help="run the functions in Python that the program names"
    )


def positive(text: str) -> int:
    """A whole number above zero."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("it has to be a whole number, at least 1")
    return int(text)


def quantile(text: str) -> float:
    """A number between 0 and 1, neither of them."""
    try:
        share = float(text)
    except ValueError:
        share = math.nan
    if not 0 < share < 1:
        raise argparse.ArgumentTypeError("write a quantile between 0 and 1, such as 0.95")
    return share


def bill(text: str) -> tuple[int | None, float | None]:
    """`500` is a number of calls, `$2.50` an amount of money."""
    try:
        calls, dollars = (None, float(text[1:])) if text.startswith("$") else (int(text), None)
    except ValueError:
        raise argparse.ArgumentTypeError("write a number of calls (500) or an amount ($2.50)") from None
    if (calls or 0) < 0 or not 0 <= (dollars or 0.0) < math.inf:
        raise argparse.ArgumentTypeError("a cap is a finite amount, at least 0")
    return calls, dollars


def run_options(options: argparse.Namespace) -> RunOptions:
    """From arguments to options."""
    calls, dollars = options.max_bill or (None, None)
    return RunOptions(
        live=options.live,
        recorded=not options.no_recorded,
        concurrency=options.concurrency,
        max_bill_calls=calls,
        max_bill_dollars=dollars,
        hedge=options.hedge,
        trust=options.trust,
        unsafe=getattr(options, "unsafe_exec", False),
    )


def calls_line(counts: Counts) -> str:
    """What was asked for and who answered, in words."""
    line = (
        f"calls: needed {counts.needed}, shared {counts.shared}, "
        f"from store {counts.stored}, issued {counts.issued}"
    )
    if not counts.requests:
        return line
    return (
        f"{line} (requests {counts.requests}, retries {counts.retries}, "
        f"hedged {counts.hedged}, cancelled {counts.cancelled})"
    )


def workspace_of(options: argparse.Namespace) -> Workspace:
    """The workspace of the program that the arguments name."""
    program = Path.cwd() / "stdin.tgl" if options.file == "-" else Path(options.file)
    return find_workspace(program, os.environ, store=options.store)


def progress_of(options: argparse.Namespace) -> Progress:
    """A bar on a terminal, lines elsewhere, JSON lines on request; always on standard error."""
    if options.quiet:
        return SilentProgress()
    if options.json:
        return JsonProgress(sys.stderr, time.monotonic)
    if sys.stderr.isatty():
        return TerminalProgress(sys.stderr)
    return LineProgress(sys.stderr, time.monotonic)


def run_async(work: Coroutine[object, object, T], progress: Progress) -> T:
    """Run to the end; the progress is taken down however it ends.

    Raises:
        KeyboardInterrupt: Ctrl-C, or SIGTERM; everything that was paid for is stored by then.
    """
    try:
        return asyncio.run(stoppable(work))
    finally:
        progress.close()


async def stoppable(work: Coroutine[object, object, T]) -> T:
    """Let Ctrl-C and SIGTERM end the work: a search in the background has no Ctrl-C."""
    task = asyncio.ensure_future(work)
    with Stopping(task, asyncio.get_running_loop()):
        try:
            return await task
        except asyncio.CancelledError as stop:
            if stop.args == (STOPPED,):
                raise KeyboardInterrupt from None
            raise


STOPPED = "stopped by a signal"
PATIENCE = 0.4
"""Seconds that a signal waits for the loop's next turn before it ends the calculation that holds it up."""


class Stopping:
    """The handler of SIGINT and SIGTERM while a task runs.

    The task is cancelled, so that it puts away what it has. Where a long calculation gives the loop no turn,
    the signal is raised in it as KeyboardInterrupt, and so is a second signal.
    """

    def __init__(self, task: asyncio.Future[T], loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.end: Callable[[str], bool] = task.cancel
        self.asked = self.cancelled = self.insists = False
        self.before: dict[signal.Signals, Handler] = {}

    def __enter__(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        for number in (signal.SIGINT, signal.SIGTERM):
            handler = signal.getsignal(number)
            if handler is not signal.SIG_IGN:
                self.before[number] = handler
                signal.signal(number, self.handle)

    def __exit__(self, *_: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Ask once, then end it where it stands."""
        del number, frame
        if self.insists and self.cancelled:
            self.insists = False  # its turn came after all
            return
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        self.loop.call_soon_threadsafe(self.cancel)
        waiting = threading.Timer(PATIENCE, self.insist)
        waiting.daemon = True
        waiting.start()

    def cancel(self) -> None:
        """The loop's turn."""
        self.cancelled = True
        self.end(STOPPED)

    def insist(self) -> None:
        """In a thread of its own: the signal once more if the loop had no turn."""
        if not self.cancelled:
            self.insists = True
            _thread.interrupt_main(signal.SIGINT if signal.SIGINT in self.before else signal.SIGTERM)
