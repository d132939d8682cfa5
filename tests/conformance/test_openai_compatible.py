"""The client of OpenAI-compatible servers, against a real server on loopback, well behaved and not."""

import pytest

from tgl.models import Capabilities, Feature, OpenAICompatible
from tgl.testing import ChatModelSuite, EndpointFaultSuite, FaultyServer, Manners, talkative_model

MANNERS = {
    "all at once": Manners(),
    "three at a time, others refused": Manners(max_n=3, thoughts="tags", continues="echo", most_texts=7),
    "one for all": Manners(max_n=1, beyond="ignore", thoughts="reasoning"),
}


class TestBehaviour(ChatModelSuite):
    timeout = 5.0
    thinks = True

    @pytest.fixture(scope="class", params=MANNERS)
    @classmethod
    def make_model(cls, request):
        with FaultyServer(talkative_model, key="sk-right", manners=MANNERS[request.param]) as server:
            capabilities = Capabilities(max_concurrency=4, max_n=8, features=frozenset(Feature))
            yield lambda: OpenAICompatible("fake", "", server.base_url, "sk-right", capabilities)


class TestFaults(EndpointFaultSuite):
    @pytest.fixture(scope="class")
    @classmethod
    def make_endpoint(cls):
        return lambda url, key: OpenAICompatible(
            "fake", "", url, key, Capabilities(), name="fake", key_source="FAKE_KEY"
        )
