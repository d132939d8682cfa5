"""The fake that unit tests use, against the suite that real back-ends have to pass."""

import pytest

from tgl.testing import ChatModelSuite, talkative_model


class TestScripted(ChatModelSuite):
    timeout = 5.0

    @pytest.fixture(scope="class")
    @classmethod
    def make_model(cls):
        return talkative_model
