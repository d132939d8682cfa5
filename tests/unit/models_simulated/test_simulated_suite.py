"""Simulated models against the suite that real back-ends have to pass: in process, and over HTTP."""

from __future__ import annotations

import pytest

from tgl.models import Capabilities, Feature, OpenAICompatible
from tgl.models.simulated import SimulatedModel
from tgl.testing import ChatModelSuite

from .conftest import serving, simulation

DECLARED = Capabilities(max_concurrency=8, max_n=4, features=frozenset({Feature.LOGPROBS, Feature.SCHEMA}))


class TestInProcess(ChatModelSuite):
    timeout = 5.0

    @pytest.fixture(scope="class")
    @classmethod
    def make_model(cls):
        return lambda: SimulatedModel(simulation(), sleep=1.0, capabilities=DECLARED)


class TestOverHttp(ChatModelSuite):
    timeout = 5.0

    @pytest.fixture(scope="class")
    @classmethod
    def make_model(cls):
        with serving({"talker": simulation()}, scale=1.0) as (url, _):
            yield lambda: OpenAICompatible("talker", "", url, None, DECLARED)
