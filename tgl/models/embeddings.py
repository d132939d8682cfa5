"""The body of a reply to a request for embeddings."""

from __future__ import annotations

from math import isfinite

from pydantic import BaseModel, ConfigDict, ValidationError

from tgl.models.failures import Origin


class Vector(BaseModel):
    """One text's vector; `index` is the text's place in the request."""

    model_config = ConfigDict(frozen=True)

    index: int
    embedding: tuple[float, ...]


class Vectors(BaseModel):
    """The parts of a body that are used."""

    model_config = ConfigDict(frozen=True)

    data: tuple[Vector, ...]


def read_vectors(text: str, n: int, origin: Origin) -> list[tuple[float, ...]]:
    """The `n` vectors that a body with status 200 holds, in the order of the texts.

    Raises:
        ModelError: BROKEN if there is not one finite vector for each text.
    """
    try:
        body = Vectors.model_validate_json(text)
    except ValidationError:
        raise origin.broken("the server's answer is not the JSON of embeddings") from None
    found = sorted(body.data, key=lambda vector: vector.index)
    if [vector.index for vector in found] != list(range(n)):
        raise origin.broken(f"the server's answer does not hold one vector for each of {n} texts")
    if not all(vector.embedding and all(map(isfinite, vector.embedding)) for vector in found):
        raise origin.broken("the server's answer holds an empty vector, or one with no number in it")
    return [vector.embedding for vector in found]
