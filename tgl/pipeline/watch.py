"""From the runtime's events and the search's notices to the snapshots that progress shows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import assert_never

from tgl.evaluate import Notice
from tgl.models import ErrorKind
from tgl.report import Progress, SilentProgress, Snapshot, figure_text
from tgl.runtime import CallsNeeded, FromStore, Issued, RuntimeEvent, Settled, Waiting

SEVERAL = 5
"""So many attempts that fail with no reply between are told: fewer are every server's daily life."""

WHY = {
    ErrorKind.CONNECTION: "no connection",
    ErrorKind.TIMEOUT: "no reply in time",
    ErrorKind.RATE_LIMIT: "it asks for fewer calls, 429",
    ErrorKind.SERVER: "it answers with errors",
    ErrorKind.BROKEN: "its replies break off",
}


@dataclass(slots=True)
class Watch:
    """The newest snapshot of a command; every event updates it and is shown."""

    progress: Progress
    spend_limit: int | None = None
    snapshot: Snapshot = field(default_factory=Snapshot)
    failing: dict[str, int] = field(default_factory=dict[str, int])

    def event(self, event: RuntimeEvent) -> None:
        """Take note of what the runtime did."""
        now = self.snapshot
        match event:
            case CallsNeeded(count=count, shared=shared):
                self.snapshot = replace(now, needed=now.needed + count, shared=now.shared + shared)
            case FromStore(count=count):
                self.snapshot = replace(now, stored=now.stored + count)
            case Issued(attempt=attempt):
                if attempt == 1:
                    self.snapshot = replace(now, issued=now.issued + 1)
            case Waiting(model=model, kind=kind):
                self.failing[model] = self.failing.get(model, 0) + 1
                if self.failing[model] >= SEVERAL:
                    self.snapshot = replace(now, waiting=f"`{model}`: {WHY.get(kind, kind.value)}")
            case Settled(model=model, ok=True):
                if self.failing.pop(model, 0) >= SEVERAL:
                    self.snapshot = replace(now, waiting=None)
            case Settled():
                pass
            case _:
                assert_never(event)
        self.show()

    def notice(self, notice: Notice) -> None:
        """Take note of where the search stands."""
        best = None if notice.best is None else f"{figure_text(notice.best, notice.metric)} on train"
        self.snapshot = replace(
            self.snapshot,
            stage=notice.stage,
            fraction=notice.fraction,
            spend=notice.spend.calls,
            spend_limit=self.spend_limit,
            best=best,
        )
        self.show()

    def show(self) -> None:
        """Show the newest snapshot; a reader that went away ends the showing, not the search."""
        try:
            self.progress.show(self.snapshot)
        except OSError:
            self.progress = SilentProgress()
