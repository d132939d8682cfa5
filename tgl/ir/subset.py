"""Which items of a list a static `subset` holds: its arguments alone tell, so a text always says the same."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import blake2b

from pydantic import JsonValue


def subset_places(count: int, size: int, salt: Sequence[JsonValue]) -> tuple[int, ...]:
    """The places (from 0, ascending) of `size` of `count` items; all of them if there are no more.

    >>> subset_places(4, 2, [1, 1]) == subset_places(4, 2, [1, 1]), len(subset_places(4, 9, []))
    (True, 4)
    """
    spelled = json.dumps(list(salt)).encode()

    def rank(place: int) -> bytes:
        return blake2b(spelled + str(place).encode(), digest_size=8, person=b"tgl.subset").digest()

    return tuple(sorted(sorted(range(count), key=rank)[: max(size, 0)]))
