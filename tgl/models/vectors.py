"""A model that `embeds`: it makes vectors of texts, and its vectors are its replies.

To the runtime it is a model like others. So its calls are limited, retried, stored, replayed, hedged and
billed as all are, and the first vector that was stored for a text is the one that counts, whatever a server
says the next time. One request is for one text: what each takes is counted exactly, and one that a server
refuses fails alone.
"""

from __future__ import annotations

from dataclasses import replace

from tgl.keys import unit_vector, vector_text
from tgl.models.fingerprint import vectors_fingerprint
from tgl.models.protocol import (
    Capabilities,
    ChatModel,
    ChatReply,
    ChatRequest,
    ErrorKind,
    Feature,
    Finish,
    ModelError,
    Usage,
    VectorSource,
)


class VectorModel:
    """A `ChatModel` whose reply to a text is its vector, of length 1, as JSON.

    Args:
        model: the back-end.
        name: what the program calls it.

    Raises:
        ModelError: MISSING if that back-end makes no vectors.
    """

    def __init__(self, model: ChatModel, name: str) -> None:
        if not isinstance(model, VectorSource):
            raise ModelError(
                ErrorKind.MISSING,
                f"model `{name}` is declared with `embeds yes`, and its provider makes no vectors of texts",
                help="the providers openai, local and simulated make vectors",
            )
        self.model = model
        self.source: VectorSource = model
        self.name = name

    @property
    def fingerprint(self) -> str:
        """Of the back-end, as a maker of vectors."""
        return vectors_fingerprint(self.model.fingerprint)

    @property
    def capabilities(self) -> Capabilities:
        """Vectors, and nothing else; one at a time."""
        return replace(self.model.capabilities, max_n=1, features=frozenset({Feature.EMBED}))

    async def complete(self, request: ChatRequest, *, timeout: float) -> ChatReply:
        """The vector of the one message of a request.

        Raises:
            ModelError: BAD_REQUEST for a conversation, BROKEN for a vector without a direction.
        """
        if len(request.messages) != 1 or not request.messages[0].content.strip():
            raise ModelError(
                ErrorKind.BAD_REQUEST,
                f"model `{self.name}` embeds: it makes a vector of one text, and answers no prompt",
                help="let another model answer",
            )
        found = await self.source.vector(request.messages[0].content, timeout=timeout)
        vector = unit_vector(found.values)
        if vector is None:
            raise ModelError(
                ErrorKind.BROKEN,
                f"model `{self.name}`: the vector of a text has no direction (all zeros, or no numbers)",
                help="check that the model is made for embeddings",
                unknown_usage=True,
            )
        return ChatReply(vector_text(vector), Finish.STOP, Usage(found.tokens, 0), found.latency)

    async def complete_many(self, request: ChatRequest, n: int, *, timeout: float) -> tuple[ChatReply, ...]:
        """The same vector `n` times: there is nothing to draw."""
        return (await self.complete(request, timeout=timeout),) * n

    async def close(self) -> None:
        """Close the back-end. Idempotent."""
        await self.model.close()
