"""A model that embeds: its vectors are its replies."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tgl.ir import ModelSpec
from tgl.keys import similarity, vector_in
from tgl.models import (
    Capabilities,
    ChatMessage,
    ChatRequest,
    Decoding,
    ErrorKind,
    Feature,
    ModelError,
    OpenAICompatible,
    Role,
    ScriptedModel,
    TextVector,
    VectorModel,
    build,
    fingerprint_of,
    settings_of,
)
from tgl.testing import FaultyServer, Manners


class Source(ScriptedModel):
    """Says which vectors it was told to."""

    def __init__(self, values: Sequence[float]) -> None:
        super().__init__("source", lambda _: "")
        self.values = tuple(values)

    async def vector(self, text: str, *, timeout: float) -> TextVector:
        return TextVector(self.values, len(text), 0.5)


NOWHERE = Path("nowhere")


def asked(text: str, *more: str) -> ChatRequest:
    return ChatRequest(
        tuple(ChatMessage(Role.USER, one) for one in (text, *more)), Decoding(0.0, None, 0), seed=0
    )


def spec(**settings: object) -> ModelSpec:
    return ModelSpec.model_validate({"name": "vectors", "provider": "simulated", "embeds": True} | settings)


def make(one: ModelSpec) -> VectorModel:
    made = build(settings_of(one), lambda _: None, NOWHERE)
    assert isinstance(made, VectorModel)
    return made


def test_the_reply_is_the_vector_with_what_it_took():
    reply = asyncio.run(VectorModel(Source((3.0, 4.0)), "m").complete(asked("four"), timeout=1.0))
    assert (json.loads(reply.text), reply.usage.prompt_tokens, reply.latency) == ([0.6, 0.8], 4, 0.5)


@pytest.mark.parametrize("values", [(0.0, 0.0), (), (math.nan, 1.0), (math.inf,)])
def test_a_vector_without_a_direction_is_a_broken_reply(values):
    with pytest.raises(ModelError, match="no direction") as caught:
        asyncio.run(VectorModel(Source(values), "m").complete(asked("text"), timeout=1.0))
    assert caught.value.kind is ErrorKind.BROKEN


@pytest.mark.parametrize("texts", [("one", "two"), (" ",)])
def test_it_answers_no_prompt(texts):
    with pytest.raises(ModelError, match="answers no prompt"):
        asyncio.run(VectorModel(Source((1.0,)), "m").complete(asked(*texts), timeout=1.0))


def test_a_provider_without_vectors_is_told_before_anything_is_asked():
    with pytest.raises(ModelError, match="makes no vectors") as caught:
        VectorModel(ScriptedModel("chat", lambda _: ""), "m")
    assert caught.value.kind is ErrorKind.MISSING


def test_its_identity_is_not_that_of_the_model_that_answers():
    plain = ModelSpec(name="m", provider="openai", id="one")
    vectors = plain.model_copy(update={"embeds": True})
    assert fingerprint_of(settings_of(plain)) != fingerprint_of(settings_of(vectors))
    assert make(vectors.model_copy(update={"base_url": "http://127.0.0.1:9"})).fingerprint == fingerprint_of(
        settings_of(vectors)
    )
    assert make(spec()).fingerprint == fingerprint_of(settings_of(spec(name="other")))


def vector_of(text: str) -> tuple[float, ...]:
    return vector_in(asyncio.run(make(spec()).complete(asked(text), timeout=1.0)).text)


def test_simulated_vectors_tell_shared_words_and_parts_of_words():
    pipe = vector_of("blocked pipe")
    assert pipe == vector_of("blocked pipe")
    assert similarity(pipe, vector_of("pipe is blocked")) > 0.75
    assert similarity(pipe, vector_of("broken belt")) < 0.4
    assert similarity(vector_of("colour"), vector_of("color")) > similarity(
        vector_of("colour"), vector_of("bread")
    )


def from_server(manners: Manners, check: Callable[[VectorModel], None]) -> list[str]:
    """What a server was asked for."""
    with FaultyServer(lambda: ScriptedModel("chat", lambda _: "hello"), manners=manners) as server:
        client = OpenAICompatible(
            "fake", "", server.base_url, None, Capabilities(features=frozenset(Feature)), name="fake"
        )
        check(VectorModel(client, "fake"))
        return ["asked" for _ in server.log]


def test_a_server_without_embeddings_is_told_at_once():
    def check(model: VectorModel) -> None:
        with pytest.raises(ModelError, match="makes no vectors of texts") as caught:
            asyncio.run(closing(model))
        # Not retried: no further request would fare better.
        assert caught.value.kind is ErrorKind.NOT_FOUND
        assert "--embeddings" in caught.value.help

    assert len(from_server(Manners(vector=0), check)) == 1


async def closing(model: VectorModel) -> str:
    try:
        return (await model.complete(asked("text"), timeout=5.0)).text
    finally:
        await model.close()


def test_a_server_with_embeddings_is_asked_one_text_at_a_time():
    def check(model: VectorModel) -> None:
        assert len(vector_in(asyncio.run(closing(model)))) == 3

    assert len(from_server(Manners(vector=3), check)) == 1
