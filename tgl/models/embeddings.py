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


class Used(BaseModel):
    """Tokens of the request."""

    model_config = ConfigDict(frozen=True)

    prompt_tokens: int


class Vectors(BaseModel):
    """The parts of a body that are used."""

    model_config = ConfigDict(frozen=True)

    data: tuple[Vector, ...]
    usage: Used | None = None


def read_vectors(text: str, n: int, origin: Origin) -> list[tuple[float, ...]]:
    """The `n` vectors that a body with status 200 holds, in the order of the texts.

    Raises:
        ModelError: BROKEN if there is not one finite vector for each text.
    """
    return read_counted(text, n, origin)[0]


def read_counted(text: str, n: int, origin: Origin) -> tuple[list[tuple[float, ...]], int | None]:
    """The same with the tokens of the request, None if the server does not count them.

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
    used = None if body.usage is None or body.usage.prompt_tokens < 0 else body.usage.prompt_tokens
    return [vector.embedding for vector in found], used
