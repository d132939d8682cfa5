"""The responses of a search: which there were, and the latest of them whole.

Texts are kept in bounded room, however many calls a search makes. What was let go is asked of the store
again, which has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from tgl.runtime.digests import Digests
from tgl.storage import ReadOnlyResponses, StoredResponse

ROOM = 4_000_000
"""Bytes that half of the responses may take, more or less."""
WEIGHT = 400
"""Bytes that a response takes beside its text, more or less."""
NUMBER = 32
"""Bytes that a log-probability takes, more or less."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What runs need of a response. `seconds` is the recorded service time, `finish` why it ended."""

    identity: str
    text: str
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    finish: Literal["stop", "length", "refused"] = "stop"
    logprobs: tuple[float, ...] | None = None


Response: TypeAlias = StoredResponse | Reply


class Known:
    """All identities that were answered, and the latest responses: between one and two times `ROOM`."""

    def __init__(self, store: ReadOnlyResponses, room: int = ROOM) -> None:
        self.store = store
        self.room = room
        self.seen = Digests()
        self.young: dict[str, Reply] = {}
        self.old: dict[str, Reply] = {}
        self.size = 0

    def __len__(self) -> int:
        return len(self.seen)

    def __contains__(self, identity: str) -> bool:
        return identity in self.seen

    def __iter__(self) -> Iterator[str]:
        """All identities, in the order in which they were first answered."""
        return iter(self.seen)

    def add(self, response: StoredResponse) -> None:
        """Note a response; the first of an identity counts."""
        self.seen.add(response.identity)
        if self.get(response.identity) is None:
            self.hold(
                Reply(
                    response.identity,
                    response.text,
                    response.prompt_tokens,
                    response.completion_tokens,
                    response.seconds,
                    response.finish,
                    response.logprobs,
                )
            )

    def get(self, identity: str) -> Reply | None:
        """A response, if it is still here."""
        found = self.young.get(identity)
        if found is None:
            found = self.old.get(identity)
            if found is not None:
                self.hold(found)
        return found

    def fetch(self, identity: str) -> Reply | None:
        """A response that was seen, from the store if it was let go. That blocks on the disk.

        Raises:
            StoreError: the store can't be read.
        """
        if self.get(identity) is None and identity in self.seen:
            for response in self.store.read([identity]).values():
                self.add(response)
        return self.get(identity)

    def hold(self, reply: Reply) -> None:
        """Keep a response for now: what was not asked for since the last turn goes at the next."""
        self.young[reply.identity] = reply
        self.size += WEIGHT + len(reply.text) + NUMBER * len(reply.logprobs or ())
        if self.size > self.room:
            self.old, self.young, self.size = self.young, {}, 0
