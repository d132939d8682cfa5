"""Answers that mean the same: vectors of texts, how alike two are, and which answers are one.

Two answers are alike if their normal forms are equal, or if the cosine of their vectors is at least the
key's `similarity`. That is no equivalence: a may be like b and b like c, and a not like c. Votes need one, so
they count *clusters*: answers that a chain of alike ones joins (single linkage). The clusters of a set of
answers hang on nothing but the set: not on who arrived first, and not on the order of the messages, as with
leaders to which later answers are added. The price is that chains may join what is not alike; a vote is over
few answers, and the higher `similarity`, the shorter the chains.

A vector is stored with length 1 and 6 decimals, as text: what was stored first is the truth, whatever a
server says the next time.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

from pydantic import TypeAdapter, ValidationError

from tgl.keys.answers import Answer

DECIMALS = 6
ROUNDING = 1e-6
"""What rounding may take from a cosine: a text is like itself under `similarity: 1`."""
NUMBERS = TypeAdapter(tuple[float, ...])

Vector = tuple[float, ...]


class NoVector(ValueError):
    """Two answers can't be compared, since there are no vectors of them that go together."""


def unit_vector(values: Sequence[float]) -> Vector | None:
    """A vector of length 1 in a direction, each coordinate with 6 decimals; None if there is no direction."""
    largest = max(map(abs, values), default=0.0)
    if not 0 < largest < math.inf or any(map(math.isnan, values)):
        return None
    scaled = [value / largest for value in values]  # else the squares of huge and tiny numbers are lost
    length = math.hypot(*scaled)
    return tuple(round(value / length, DECIMALS) + 0.0 for value in scaled)


def vector_text(vector: Vector) -> str:
    """A vector as it is stored."""
    return json.dumps(vector, separators=(",", ":"))


def vector_in(text: str) -> Vector:
    """A stored vector.

    Raises:
        NoVector: the text holds none.
    """
    try:
        found = NUMBERS.validate_json(text)
    except ValidationError:
        found = ()
    if not found or not all(map(math.isfinite, found)):
        raise NoVector(
            "a stored vector is none: the model of the key `embedding` was asked for something else"
        )
    return found


def similarity(one: Vector, other: Vector) -> float:
    """The cosine of two vectors of length 1, in [-1, 1].

    Raises:
        NoVector: they have different numbers of coordinates.
    """
    if len(one) != len(other):
        raise NoVector(
            f"two answers have vectors of {len(one)} and {len(other)} numbers: one name stands for several "
            "models at the server"
        )
    return min(1.0, max(-1.0, math.fsum(a * b for a, b in zip(one, other, strict=True))))


def clusters(answers: Sequence[Answer]) -> list[int]:
    """For each answer the place of the first one that is the same; see above.

    Raises:
        NoVector: answers have to be compared whose vectors are missing, or do not go together.
    """
    firsts: dict[str, int] = {}
    for place, answer in enumerate(answers):
        firsts.setdefault(answer.key, place)
    places = [*firsts.values()]
    joined = {place: place for place in places}
    for at, place in enumerate(places):
        for earlier in places[:at]:
            if joined[earlier] != joined[place] and are_alike(answers[earlier], answers[place]):
                low, high = sorted((joined[earlier], joined[place]))
                joined = {one: low if root == high else root for one, root in joined.items()}
    return [joined[firsts[answer.key]] for answer in answers]


def are_alike(one: Answer, other: Answer) -> bool:
    """Whether two answers are one, without others between them.

    Raises:
        NoVector: their vectors are missing, or do not go together.
    """
    if one.key == other.key:
        return True
    if one.alike is None or other.alike is None:
        return False
    if one.vector is None or other.vector is None:
        raise NoVector("an answer has no vector: under the key `embedding` votes count replies of roles")
    return similarity(one.vector, other.vector) >= min(one.alike, other.alike) - ROUNDING
