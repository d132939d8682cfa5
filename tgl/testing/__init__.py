"""Suites that an implementation of a contract can prove itself with, and fakes that passed them.

Importing this package needs pytest.
"""

import pytest

pytest.register_assert_rewrite(
    "tgl.testing.model_suite", "tgl.testing.model_features", "tgl.testing.endpoint_suite"
)
pytest.register_assert_rewrite("tgl.testing.store_suite", "tgl.testing.vector_suite")

from tgl.testing.endpoint_suite import EndpointFaultSuite  # noqa: E402
from tgl.testing.faulty_server import (  # noqa: E402
    Fault,
    FaultMix,
    FaultyServer,
    Manners,
    Served,
    parse_mix,
)
from tgl.testing.model_suite import ChatModelSuite  # noqa: E402
from tgl.testing.store_suite import (  # noqa: E402
    FaultyStore,
    ResponseStoreSuite,
    StoreFaultSuite,
    StoreSuite,
)
from tgl.testing.subject import MakeEndpoint, MakeModel, Subject, talkative_model  # noqa: E402
from tgl.testing.vector_suite import VectorModelSuite  # noqa: E402

__all__ = [
    "ChatModelSuite",
    "EndpointFaultSuite",
    "Fault",
    "FaultMix",
    "FaultyServer",
    "FaultyStore",
    "MakeEndpoint",
    "MakeModel",
    "Manners",
    "ResponseStoreSuite",
    "Served",
    "StoreFaultSuite",
    "StoreSuite",
    "Subject",
    "VectorModelSuite",
    "parse_mix",
    "talkative_model",
]
