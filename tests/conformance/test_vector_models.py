"""Models that embed: simulated, behind a server on loopback, and over real weights."""

from __future__ import annotations

from pathlib import Path

import pytest

from tgl.ir import ModelSpec
from tgl.keys import similarity, vector_in
from tgl.models import Capabilities, Feature, LocalModel, OpenAICompatible, VectorModel, build, settings_of
from tgl.testing import FaultyServer, Manners, Subject, VectorModelSuite, talkative_model
from tgl.testing.vector_suite import embedded


class TestSimulated(VectorModelSuite):
    @pytest.fixture(scope="class")
    @classmethod
    def make_model(cls):
        spec = ModelSpec(name="vectors", provider="simulated", embeds=True)
        return lambda: build(settings_of(spec), lambda _: None, Path("nowhere"))


class TestServer(VectorModelSuite):
    timeout = 5.0

    @pytest.fixture(scope="class")
    @classmethod
    def make_model(cls):
        capabilities = Capabilities(max_concurrency=4, features=frozenset(Feature))
        with FaultyServer(talkative_model, key="sk-right", manners=Manners(vector=5)) as server:
            yield lambda: VectorModel(
                OpenAICompatible("fake", "", server.base_url, "sk-right", capabilities), "fake"
            )


@pytest.mark.live
@pytest.mark.slow
class TestLocal(VectorModelSuite):
    @pytest.fixture(scope="class")
    @classmethod
    def make_model(cls, live_pack):
        pack, path = live_pack("smollm2-135m-instruct")
        return lambda: VectorModel(LocalModel(pack, path, Capabilities(max_concurrency=4), embeds=True), "m")

    def test_the_same_thing_in_other_words_is_nearer(self, subject: Subject) -> None:
        texts = ("blocked inlet pipe", "inlet pipe is blocked", "leaking oil filter", "paris")
        vectors = [vector_in(reply.text) for reply in subject.ask_all([embedded(text) for text in texts])]
        same, other, far = (similarity(vectors[0], one) for one in vectors[1:])
        assert same > other > far
