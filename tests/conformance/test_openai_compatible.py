"""The client of OpenAI-compatible servers, against a real server on loopback, well behaved and not."""

import pytest

from tgl.models import Capabilities, OpenAICompatible
from tgl.testing import ChatModelSuite, EndpointFaultSuite, FaultyServer, talkative_model


class TestBehaviour(ChatModelSuite):
    timeout = 5.0

    @pytest.fixture(scope="class")
    @classmethod
    def make_model(cls):
        with FaultyServer(talkative_model, key="sk-right") as server:
            capabilities = Capabilities(max_concurrency=4)
            yield lambda: OpenAICompatible("fake", "", server.base_url, "sk-right", capabilities)


class TestFaults(EndpointFaultSuite):
    @pytest.fixture(scope="class")
    @classmethod
    def make_endpoint(cls):
        return lambda url, key: OpenAICompatible(
            "fake", "", url, key, Capabilities(), name="fake", key_source="FAKE_KEY"
        )
