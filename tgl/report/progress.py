"""What a person sees while a search runs: a bar on a terminal, plain lines elsewhere, or JSON lines."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Protocol, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Where a search stands; `fraction` is the share of the work that is done.

    Counts are of distinct calls, but `shared` is how often one was needed that another had brought up.
    `waiting` tells of a model that answers nobody, and why.
    """

    stage: str = "starting"
    fraction: float = 0.0
    needed: int = 0
    shared: int = 0
    stored: int = 0
    issued: int = 0
    spend: int = 0
    spend_limit: int | None = None
    best: str | None = None
    waiting: str | None = None


class Progress(Protocol):
    """Something that shows snapshots. `close` is idempotent and leaves the terminal as it was."""

    def show(self, snapshot: Snapshot) -> None:
        """Show the newest state; cheap enough to be called for every call."""
        ...

    def close(self) -> None:
        """Stop showing."""
        ...


class SilentProgress:
    """Shows nothing."""

    def show(self, snapshot: Snapshot) -> None:
        """Ignore it."""

    def close(self) -> None:
        """Nothing to do."""


def describe(snapshot: Snapshot, seconds_left: float | None) -> str:
    """One line of plain text, the same facts as the bar."""
    spend = f"{snapshot.spend}" + (f"/{snapshot.spend_limit}" if snapshot.spend_limit else "")
    parts = [
        snapshot.stage,
        f"calls needed {snapshot.needed + snapshot.shared}, shared {snapshot.shared}, "
        f"from store {snapshot.stored}, issued {snapshot.issued}",
        f"spend {spend}",
        f"best {snapshot.best}" if snapshot.best else "",
        f"about {seconds_left:.0f} s left" if seconds_left is not None and not snapshot.waiting else "",
        f"waiting for {snapshot.waiting}" if snapshot.waiting else "",
    ]
    return " · ".join(part for part in parts if part)


class _Pace:
    """Time left, from the share done since the start."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.start = clock()

    def seconds_left(self, fraction: float) -> float | None:
        elapsed = self.clock() - self.start
        if fraction <= 0.02 or elapsed < 1.0:
            return None
        return elapsed * (1.0 - fraction) / fraction


class LineProgress:
    """A plain line when the stage changes or a wait begins, and at most one each `every` seconds between."""

    def __init__(self, stream: TextIO, clock: Callable[[], float], *, every: float = 10.0) -> None:
        self.stream = stream
        self.pace = _Pace(clock)
        self.every = every
        self.stage = ""
        self.waiting: str | None = None
        self.last = clock()

    def show(self, snapshot: Snapshot) -> None:
        """Write a line if it is time."""
        now = self.pace.clock()
        begun = snapshot.waiting is not None and self.waiting is None
        if snapshot.stage == self.stage and not begun and now - self.last < self.every:
            return
        self.stage, self.last, self.waiting = snapshot.stage, now, snapshot.waiting
        self.stream.write(describe(snapshot, self.pace.seconds_left(snapshot.fraction)) + "\n")
        self.stream.flush()

    def close(self) -> None:
        """Nothing is held."""


class JsonProgress:
    """As `LineProgress`, each line a JSON object."""

    def __init__(self, stream: TextIO, clock: Callable[[], float], *, every: float = 1.0) -> None:
        self.stream = stream
        self.clock = clock
        self.every = every
        self.stage = ""
        self.last = clock()

    def show(self, snapshot: Snapshot) -> None:
        """Write an object if it is time."""
        now = self.clock()
        if snapshot.stage == self.stage and now - self.last < self.every:
            return
        self.stage, self.last = snapshot.stage, now
        self.stream.write(json.dumps(asdict(snapshot)) + "\n")
        self.stream.flush()

    def close(self) -> None:
        """Nothing is held."""


class TerminalProgress:
    """A rich bar on a terminal; redrawn at most ten times a second by rich itself."""

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self.bar: RichProgress | None = Progress(
            TextColumn("{task.fields[stage]}", style="bold"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[facts]}"),
            TimeRemainingColumn(),
            console=Console(file=stream),
            transient=True,
        )
        self.task: TaskID = self.bar.add_task("search", total=1.0, stage="starting", facts="")
        self.bar.start()

    def show(self, snapshot: Snapshot) -> None:
        """Update the bar."""
        if self.bar is None:
            return
        spend = f"{snapshot.spend}" + (f"/{snapshot.spend_limit}" if snapshot.spend_limit else "")
        facts = f"calls {snapshot.needed} (store {snapshot.stored}, issued {snapshot.issued}) · spend {spend}"
        if snapshot.best:
            facts += f" · best {snapshot.best}"
        if snapshot.waiting:
            facts += f" · waiting for {snapshot.waiting}"
        self.bar.update(self.task, completed=snapshot.fraction, stage=snapshot.stage, facts=facts)

    def close(self) -> None:
        """Take the bar down and give the cursor back."""
        if self.bar is not None:
            self.bar.stop()
            self.bar = None
