"""Simulated vectors: texts that share words, and parts of words, point the same way.

No meaning is in them. A text is the sum of a direction for each word (weight 1) and for each three letters in
a row of it (together weight 1/2), each told by a hash; so `the pipe is blocked` is near `a blocked pipe`, and
`colour` nearer to `color` than to `bread`, while `sofa` is as far from `couch` as from `bread`.

Reference: Weinberger et al. (2009), Feature Hashing for Large Scale Multitask Learning, ICML.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from tgl.models.fingerprint import digest
from tgl.models.protocol import (
    Capabilities,
    ChatReply,
    ChatRequest,
    ErrorKind,
    Feature,
    ModelError,
    TextVector,
)

COORDINATES = 256
VECTORS_VERSION = 1
"""Of the rule; a change of it bumps it, and changes all identities."""
SECONDS = 0.01
"""Latency that is reported."""
PARTS = 0.5
"""Weight of the parts of a word together, in that of the word."""
BYTES_PER_TOKEN = 4


def simulated_vector(text: str) -> tuple[float, ...]:
    """The vector of a text: a pure function. All zeros for a text without words."""
    found = [0.0] * COORDINATES
    for feature, weight in features(text):
        hashed = hashlib.sha256(feature.encode("utf-8", "surrogatepass")).digest()
        place = int.from_bytes(hashed[:4], "big") % COORDINATES
        found[place] += weight if hashed[4] % 2 else -weight
    return tuple(found)


def features(text: str) -> Iterator[tuple[str, float]]:
    """The words of a text and their parts, with weights."""
    for word in text.casefold().split():
        yield f"word {word}", 1.0
        padded = f"<{word}>"
        parts = [padded[at : at + 3] for at in range(len(padded) - 2)]
        for part in parts:
            yield f"part {part}", (PARTS / len(parts)) ** 0.5


def vectors_identity() -> str:
    """The identity of the rule."""
    return digest({"kind": "simulated vectors", "version": str(VECTORS_VERSION)})


class SimulatedVectors:
    """A back-end that makes simulated vectors; it answers no prompt.

    Args:
        name: what the program calls it.
        capabilities: the number of its slots.
    """

    def __init__(self, name: str, capabilities: Capabilities) -> None:
        self.name = name
        self.declared = capabilities

    @property
    def fingerprint(self) -> str:
        """Of the rule: all simulated vectors are one model."""
        return vectors_identity()

    @property
    def capabilities(self) -> Capabilities:
        """Vectors."""
        return Capabilities(
            self.declared.options, self.declared.max_concurrency, features=frozenset({Feature.EMBED})
        )

    async def vector(self, text: str, *, timeout: float) -> TextVector:
        """The vector of a text, as `VectorSource.vector`."""
        del timeout
        tokens = -(-len(text.encode("utf-8", "replace")) // BYTES_PER_TOKEN)
        return TextVector(simulated_vector(text), tokens, SECONDS)

    async def complete(self, request: ChatRequest, *, timeout: float) -> ChatReply:
        """Nothing.

        Raises:
            ModelError: always.
        """
        raise ModelError(ErrorKind.BAD_REQUEST, f"model `{self.name}` makes vectors, and no replies")

    async def complete_many(self, request: ChatRequest, n: int, *, timeout: float) -> tuple[ChatReply, ...]:
        """Nothing.

        Raises:
            ModelError: always.
        """
        return (await self.complete(request, timeout=timeout),) * n

    async def close(self) -> None:
        """Nothing is held. Idempotent."""
