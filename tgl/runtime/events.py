"""What a watcher is told while calls are answered. For progress only: nothing may be decided on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from tgl.models import ErrorKind


@dataclass(frozen=True, slots=True)
class CallsNeeded:
    """So many distinct calls have become known that were not needed before; `shared` asks needed old ones."""

    count: int
    shared: int = 0


@dataclass(frozen=True, slots=True)
class FromStore:
    """So many of them are stored."""

    count: int


@dataclass(frozen=True, slots=True)
class Issued:
    """An attempt (from 1) went out to a model."""

    model: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """An attempt failed; the next one follows after `delay` seconds."""

    model: str
    kind: ErrorKind
    delay: float


@dataclass(frozen=True, slots=True)
class Settled:
    """A call has ended: its response is stored, or it has failed for good."""

    model: str
    ok: bool


RuntimeEvent: TypeAlias = CallsNeeded | FromStore | Issued | Waiting | Settled
