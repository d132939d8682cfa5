"""The journal of a search: what it decided, in order, committed step by step, checked when replayed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import JsonValue

from tgl.storage.errors import JournalMismatch, StoreError, StoreErrorKind

if TYPE_CHECKING:
    from tgl.storage.protocol import Transcript


@dataclass(frozen=True, slots=True)
class JournalRecord:
    """One step. `payload` is canonical JSON."""

    seq: int
    kind: str
    payload: str

    @property
    def value(self) -> JsonValue:
        """The decoded payload."""
        return json.loads(self.payload)


class Journal:
    """A cursor over the journal of one search.

    A search that goes on replays its steps from the start: a step that is already there must be equal,
    a new one is committed before `record` returns.
    """

    def __init__(self, transcript: Transcript, search: str, *, resume: bool) -> None:
        """Open the journal of `search`; without `resume` an older one is forgotten."""
        self.transcript = transcript
        self.search = search
        if not resume:
            transcript.journal_clear(search)
        self.stored = transcript.journal_read(search)
        self.position = 0

    @property
    def replaying(self) -> bool:
        """Whether the next step was already taken before."""
        return self.position < len(self.stored)

    def peek(self) -> JournalRecord | None:
        """The next stored step, if the search is still replaying."""
        return self.stored[self.position] if self.replaying else None

    def record(self, kind: str, payload: JsonValue) -> None:
        """Take a step.

        Raises:
            JournalMismatch: the journal says something else here.
            StoreError: the step could not be committed, or another process took it.
        """
        text = json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        if (stored := self.peek()) is not None:
            if (stored.kind, stored.payload) != (kind, text):
                raise JournalMismatch(stored.seq, f"{stored.kind} {stored.payload}", f"{kind} {text}")
        else:
            self.append(kind, text)
        self.position += 1

    def append(self, kind: str, payload: str) -> None:
        """Commit a new step."""
        try:
            self.transcript.journal_append(self.search, self.position, kind, payload)
        except ValueError:
            raise StoreError(
                StoreErrorKind.LOCKED,
                "",
                "another tglc is searching this program with this store",
                help="wait until it has ended, or give another store with --store",
            ) from None
