"""What every model that embeds has to prove: its back-end's vectors, as the runtime asks for them.

class TestMine(VectorModelSuite):
    @pytest.fixture(scope="class")
    @classmethod
    def make_model(cls):
        return lambda: VectorModel(Mine(...), "mine")
"""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from typing import ClassVar

import pytest

from tgl.keys import similarity, vector_in
from tgl.models import ChatMessage, ChatRequest, Decoding, ErrorKind, Feature, ModelError, Role
from tgl.testing.subject import MakeModel, Subject

APPLE, RIVER = "an apple", "a long river in the north"


def embedded(*texts: str) -> ChatRequest:
    """A request for the vector of a text, as votes and scores make it."""
    messages = tuple(ChatMessage(Role.USER, text) for text in texts)
    return ChatRequest(messages, Decoding(temperature=0.0, max_tokens=0), seed=0)


class VectorModelSuite:
    """Vectors of texts: of one length, the same for the same text, and counted.

    Needs a class-scoped fixture `make_model`, which gives a function that makes a `VectorModel`. `timeout` is
    what an ordinary call may take, in seconds.
    """

    timeout: ClassVar[float] = 60.0

    @pytest.fixture(scope="class")
    @classmethod
    def make_model(cls) -> MakeModel:
        """To be overridden."""
        raise NotImplementedError("give the suite a fixture `make_model`")

    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, make_model: MakeModel) -> Generator[Subject]:
        """The model, made once, closed at the end."""
        with asyncio.Runner() as runner:
            subject = Subject(make_model(), runner, cls.timeout)
            yield subject
            subject.run(subject.model.close())

    def test_it_says_that_it_embeds_and_nothing_else(self, subject: Subject) -> None:
        assert subject.model.capabilities.features == {Feature.EMBED}
        assert subject.model.capabilities.max_n == 1

    def test_a_vector_has_length_1_and_is_counted(self, subject: Subject) -> None:
        reply = subject.ask(embedded(APPLE))
        vector = vector_in(reply.text)
        assert abs(similarity(vector, vector) - 1.0) < 1e-4
        assert reply.usage.prompt_tokens > 0
        assert reply.usage.completion_tokens == 0

    def test_equal_texts_are_alike_and_others_less(self, subject: Subject) -> None:
        asked = [embedded(text) for text in (APPLE, RIVER, APPLE)]
        one, other, again = (vector_in(reply.text) for reply in subject.ask_all(asked))
        assert len(one) == len(other) == len(again)
        assert similarity(one, again) > 0.999
        assert similarity(one, other) < similarity(one, again)

    def test_a_vector_does_not_hang_on_what_is_asked_beside_it(self, subject: Subject) -> None:
        texts = ["a blocked pipe", "the pipe is blocked", "a leaking oil filter", "Paris"]
        together = [vector_in(reply.text) for reply in subject.ask_all([embedded(text) for text in texts])]
        apart = [vector_in(subject.ask(embedded(text)).text) for text in texts]
        for one, other in zip(together, apart, strict=True):
            assert similarity(one, other) > 0.999

    def test_what_is_no_single_text_is_refused(self, subject: Subject) -> None:
        for texts in ((APPLE, RIVER), ("  ",)):
            with pytest.raises(ModelError) as caught:
                subject.ask(embedded(*texts))
            assert caught.value.kind is ErrorKind.BAD_REQUEST

    def test_texts_of_every_kind_have_vectors(self, subject: Subject) -> None:
        texts = ["ä", "日本語のこたえ", "x" * 3000, "line\nline", '{"a": [1, 2]}']
        for reply in subject.ask_all([embedded(text) for text in texts]):
            assert vector_in(reply.text)
