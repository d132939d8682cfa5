"""Named randomness: a draw is a pure function of a seed and a name.

Neither the order of the draws nor a draw added elsewhere changes another draw, and neither does the
process (`PYTHONHASHSEED`).
"""

from __future__ import annotations

from hashlib import blake2b

_UNIT = 2.0**-53


class Stream:
    """A source of uniform numbers, each with a name.

    `Stream(7, "trial", 3)` and `Stream(7).child("trial", 3)` are the same stream.
    """

    __slots__ = ("_hash",)

    def __init__(self, seed: int, *path: str | int) -> None:
        self._hash = blake2b(digest_size=8, person=b"tgl.stream")
        self._hash.update(_encoded((seed, *path)))

    def uniform(self, *name: str | int) -> float:
        """A number in [0, 1) with 53 random bits, the same each time for the same name."""
        hasher = self._hash.copy()
        hasher.update(_encoded(name))
        return (int.from_bytes(hasher.digest(), "big") >> 11) * _UNIT

    def child(self, *name: str | int) -> Stream:
        """The stream of a sub-name."""
        made = Stream.__new__(Stream)
        made._hash = self._hash.copy()
        made._hash.update(_encoded(name))
        return made


def _encoded(name: tuple[str | int, ...]) -> bytes:
    """The parts, each with its type and length, so that no two names read the same."""
    parts: list[bytes] = []
    for part in name:
        text = str(part).encode()
        kind = "s" if isinstance(part, str) else "i"
        parts.append(f"{kind}{len(text)}:".encode())
        parts.append(text)
    return b"".join(parts)
