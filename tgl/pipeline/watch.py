"""From the runtime's events and the search's notices to the snapshots that progress shows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import assert_never

from tgl.evaluate import Notice
from tgl.report import Progress, SilentProgress, Snapshot, figure_text
from tgl.runtime import CallsNeeded, FromStore, Issued, RuntimeEvent, Settled, Waiting


@dataclass(slots=True)
class Watch:
    """The newest snapshot of a command; every event updates it and is shown."""

    progress: Progress
    spend_limit: int | None = None
    snapshot: Snapshot = field(default_factory=Snapshot)

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
            case Waiting():
                pass
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
