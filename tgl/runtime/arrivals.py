"""What arrives at a batch's loop: replies, commits, look-ups, and what went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from tgl.models import ChatReply, ChatRequest
from tgl.runtime.traffic import Broke, Call, CutOff, Halted
from tgl.runtime.union import Ask
from tgl.storage import StoredResponse


@dataclass(frozen=True, slots=True)
class Content:
    """What a call asks, for whom."""

    ask: Ask
    request: ChatRequest


@dataclass(frozen=True, slots=True)
class Replied:
    """A request was answered; nothing is stored yet."""

    number: int
    calls: tuple[Call, ...]
    replies: tuple[ChatReply, ...]


@dataclass(frozen=True, slots=True)
class Stored:
    """Responses have been committed."""

    responses: tuple[StoredResponse, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What a look-up brought."""

    asks: Sequence[Ask]
    responses: dict[str, StoredResponse]


@dataclass(frozen=True, slots=True)
class Crashed:
    """Something ended in a way that nobody foresaw."""

    error: BaseException


Arrival: TypeAlias = Replied | Broke | CutOff | Stored | Found | Halted | Crashed
