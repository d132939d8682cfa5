"""Many identities in little room: what a search of 10^5 calls remembers of each of them for good.

An identity takes 32 bytes and two to four slots of 4 bytes, where an entry of a dictionary with its text
takes more than 200; and nothing here is an object that a garbage collector has to look at.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

SIZE = 32
"""Bytes of an identity."""


class Digests:
    """Identities (64 hex digits), numbered from 0 in the order in which they were added.

    A hash table with open addressing: an identity is a hash already. At most half of its slots are taken.
    """

    def __init__(self) -> None:
        self.digests = bytearray()
        self.slots = array("I", [0]) * 16
        self.count = 0

    def __len__(self) -> int:
        return self.count

    def __contains__(self, identity: str) -> bool:
        return self.number(identity) is not None

    def __iter__(self) -> Iterator[str]:
        for start in range(0, len(self.digests), SIZE):
            yield self.digests[start : start + SIZE].hex()

    def number(self, identity: str) -> int | None:
        """The number of an identity, None if it is not here.

        Raises:
            ValueError: it is none.
        """
        found = self.slots[self.place(key_of(identity))]
        return found - 1 if found else None

    def add(self, identity: str) -> int:
        """The number of an identity that is here then.

        Raises:
            ValueError: it is none.
        """
        key = key_of(identity)
        place = self.place(key)
        if self.slots[place]:
            return self.slots[place] - 1
        self.digests += key
        self.count += 1
        self.slots[place] = self.count
        if 2 * self.count > len(self.slots):
            self.grow()
        return self.count - 1

    def place(self, key: bytearray) -> int:
        """The slot that holds a key, or would."""
        slots, digests, last = self.slots, self.digests, len(self.slots) - 1
        at = int.from_bytes(key[:6], "big") & last
        while number := slots[at]:
            end = number * SIZE
            if digests[end - SIZE : end] == key:
                break
            at = at + 1 & last
        return at

    def grow(self) -> None:
        """Double the slots."""
        self.slots = array("I", [0]) * (2 * len(self.slots))
        for number in range(self.count):
            self.slots[self.place(self.digests[number * SIZE : (number + 1) * SIZE])] = number + 1


@dataclass(frozen=True, slots=True)
class Spent:
    """One distinct call of the search."""

    model: str
    prompt_tokens: int
    completion_tokens: int


class Spend(Mapping[str, Spent]):
    """The distinct calls that a search needed, by identity, in the order in which they were charged."""

    def __init__(self) -> None:
        self.identities = Digests()
        self.names: list[str] = []
        self.models = array("I")
        self.tokens = array("Q")

    def __len__(self) -> int:
        return len(self.identities)

    def __iter__(self) -> Iterator[str]:
        return iter(self.identities)

    def __contains__(self, identity: object) -> bool:
        return isinstance(identity, str) and identity in self.identities

    def __getitem__(self, identity: str) -> Spent:
        number = self.identities.number(identity)
        if number is None:
            raise KeyError(identity)
        prompt, completion = self.tokens[2 * number : 2 * number + 2]
        return Spent(self.names[self.models[number]], prompt, completion)

    def add(self, identity: str, model: str, prompt_tokens: int, completion_tokens: int) -> None:
        """Charge a call, if it is new."""
        if self.identities.add(identity) < len(self.models):
            return
        if model not in self.names:
            self.names.append(model)
        self.models.append(self.names.index(model))
        self.tokens.extend((prompt_tokens, completion_tokens))


def key_of(identity: str) -> bytearray:
    """An identity's bytes.

    Raises:
        ValueError: it is none.
    """
    key = bytearray.fromhex(identity)
    if len(key) != SIZE:
        raise ValueError(f"an identity has {2 * SIZE} hex digits; this has {len(identity)}")
    return key
