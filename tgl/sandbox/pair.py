"""One run: the program's process, the tests' process, and what is made of how they end.

The program never meets its tests. It runs in a process of its own and answers calls over a socket; the tests
run in another one, and theirs alone is the pipe by which the verdict leaves. A program that exits, prints,
redefines `check`, walks frames or kills what it can reach has no verdict to forge.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import selectors
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from tgl.sandbox.verdicts import LONGEST_DETAIL, Check, Limits, Outcome, Verdict

INSIDE = Path(__file__).parent / "inside"
CODE = "import sys; sys.path[:0] = [{root!r}]; from tgl.sandbox.inside.{side} import main; main()"
OPTIONS = ("-s", "-S", "-B", "-P")
"""Of the interpreter: no user's packages, no site-packages, no bytecode written, no script's folder."""
KEPT = 4096
"""Bytes of what is printed that are looked at."""
GRACE_S = 1.0
"""For a process that has closed its end of the socket to be gone."""


class Box(Protocol):
    """How a process is started, apart from everything or not."""

    def command(self, limits: Limits, python: list[str]) -> AbstractContextManager[Started]:
        """The command line for an interpreter's arguments; what it needs is open while the context is."""
        ...

    @property
    def root(self) -> str:
        """The folder, as the process sees it, that holds `tgl/sandbox/inside`."""
        ...


@dataclass(frozen=True, slots=True)
class Started:
    """A command line, descriptors that it inherits, its environment and folder."""

    command: list[str]
    descriptors: tuple[int, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    folder: str | None = None


@dataclass(frozen=True, slots=True)
class Ran:
    """A verdict, and the first of what was printed on the way."""

    verdict: Verdict
    printed: str


def run_pair(box: Box, check: Check, limits: Limits) -> Ran:
    """Run a program against its tests. Blocks until all processes are gone or told to go."""
    deadline = time.monotonic() + limits.wall_s
    try:
        program, tests = check.program.encode(), f"{check.entry}\n{check.tests}".encode()
    except UnicodeEncodeError:
        return Ran(Verdict(Outcome.ERROR, "the program holds halves of surrogate pairs"), "")
    ours, theirs = socket.socketpair()
    try:
        with (
            ours,
            theirs,
            side(box, "worker", ours, limits, program) as worker,
            side(box, "judge", theirs, limits, tests, apart=True) as judge,
        ):
            # While this process holds them, neither side learns that the other is gone.
            ours.close()
            theirs.close()
            reached, said, printed = listen(worker, judge, limits.output_bytes, deadline)
            verdict = concluded(reached, said, printed, worker, judge)
    except OSError as error:
        return Ran(Verdict(Outcome.NOT_STARTED, f"no process was started: {error.strerror}"), "")
    return Ran(verdict, printed)


@contextlib.contextmanager
def side(
    box: Box, name: str, channel: socket.socket, limits: Limits, text: bytes, *, apart: bool = False
) -> Generator[subprocess.Popen[bytes]]:
    """One side's process with a text as its standard input; killed with its group at the end.

    Args:
        box: how it is started.
        name: its module in `inside`.
        channel: its end of the socket.
        limits: what it may use.
        text: what it reads.
        apart: whether standard error is a pipe of its own.
    """
    numbers = (channel.fileno(), limits.cpu_s, limits.memory_mb, limits.processes, limits.files_mb)
    python = [*OPTIONS, "-c", CODE.format(root=box.root, side=name), *map(str, numbers)]
    with box.command(limits, python) as started, as_input(text) as stdin:
        process = subprocess.Popen(
            started.command,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if apart else subprocess.STDOUT,
            pass_fds=(channel.fileno(), *started.descriptors),
            env=dict(started.environment),
            cwd=started.folder,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            for stream in (process.stdout, process.stderr):
                if stream is not None:
                    stream.close()


@contextlib.contextmanager
def as_input(text: bytes) -> Generator[IO[bytes]]:
    """A text as a file that can be read, and no longer be found. A pipe might block its writer."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(text)
        file.flush()
        with open(file.name, "rb") as readable:
            yield readable


def listen(
    worker: subprocess.Popen[bytes], judge: subprocess.Popen[bytes], most: int, deadline: float
) -> tuple[Outcome | None, str, str]:
    """Read until the verdict is in or a limit reached: the limit, the verdict, what was printed first."""
    assert judge.stdout is not None
    assert judge.stderr is not None
    assert worker.stdout is not None
    said, printed, count, verdict = bytearray(), bytearray(), 0, judge.stdout
    with selectors.DefaultSelector() as selector:
        for stream in (verdict, worker.stdout, judge.stderr):
            selector.register(stream, selectors.EVENT_READ)
        while count <= most:
            complete = verdict not in selector.get_map()
            # What was printed before the verdict lies in the pipes by now, and counts.
            ready = selector.select(0 if complete else max(0.0, deadline - time.monotonic()))
            if not ready:
                return None if complete else Outcome.TIMEOUT, text_of(said), text_of(printed)
            for key, _ in ready:
                part = os.read(key.fd, 65536)
                if not part:
                    selector.unregister(key.fileobj)
                    if key.fileobj is verdict and not said:
                        with contextlib.suppress(subprocess.TimeoutExpired):
                            judge.wait(GRACE_S)  # so that it has said why
                elif key.fileobj is verdict:
                    said += part
                else:
                    count += len(part)
                    printed += part[: KEPT - len(printed)]
    return Outcome.OUTPUT, text_of(said), text_of(printed)


def text_of(data: bytes | bytearray) -> str:
    return data.decode("utf-8", "replace")


def concluded(
    reached: Outcome | None,
    said: str,
    printed: str,
    worker: subprocess.Popen[bytes],
    judge: subprocess.Popen[bytes],
) -> Verdict:
    """The verdict from what the tests' side said and how the processes ended."""
    if reached is not None:
        return Verdict(reached, "" if reached is Outcome.TIMEOUT else "it prints too much")
    begun, _, rest = said.partition("\n")
    if begun != "begun":
        return Verdict(Outcome.NOT_STARTED, short(f"the sandbox did not start: {first_line(printed)}"))
    outcome, _, detail = rest.partition("\n")
    match outcome:
        case "":
            return ended(judge, "its tests were ended")
        case "lost":
            return ended(worker, detail)
        case _:
            return Verdict(Outcome(outcome), short(detail))


def ended(process: subprocess.Popen[bytes], detail: str) -> Verdict:
    """The verdict on a side that is gone, by its exit status. Bubblewrap adds 128 to a signal's number."""
    try:
        status = process.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        return Verdict(Outcome.ERROR, detail)
    number = -status if status < 0 else status - 128
    if number == signal.SIGXCPU:
        return Verdict(Outcome.TIMEOUT, "processor time")
    if number == signal.SIGKILL:
        return Verdict(Outcome.KILLED)
    if number in set(signal.Signals):
        return Verdict(Outcome.ERROR, f"it crashed: {signal.Signals(number).name}")
    return Verdict(Outcome.ERROR, f"{detail}, exit status {status}")


@functools.cache
def judge() -> str:
    """A name of the code that runs in the boxes: verdicts of another one may differ."""
    sources = b"".join(path.read_bytes() for path in sorted(INSIDE.glob("*.py")))
    return f"judge {hashlib.sha256(sources).hexdigest()[:12]}"


def first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "no word of why")


def short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_DETAIL else text[: LONGEST_DETAIL - 1] + "…"
