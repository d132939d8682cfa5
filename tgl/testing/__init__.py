"""Suites that an implementation of a contract can prove itself with, and fakes that passed them.

Importing this package needs pytest.
"""

import pytest

pytest.register_assert_rewrite("tgl.testing.model_suite")
pytest.register_assert_rewrite("tgl.testing.store_suite")

from tgl.testing.faulty_server import (  # noqa: E402
    Fault,
    FaultMix,
    FaultyServer,
    Manners,
    Served,
    parse_mix,
)
from tgl.testing.model_suite import (  # noqa: E402
    ChatModelSuite,
    EndpointFaultSuite,
    MakeEndpoint,
    MakeModel,
    Subject,
    talkative_model,
)
from tgl.testing.store_suite import (  # noqa: E402
    FaultyStore,
    ResponseStoreSuite,
    StoreFaultSuite,
    StoreSuite,
)

__all__ = [
    "ChatModelSuite",
    "EndpointFaultSuite",
    "Fault",
    "FaultMix",
    "FaultyServer",
    "FaultyStore",
    "MakeEndpoint",
    "MakeModel",
    "ResponseStoreSuite",
    "StoreFaultSuite",
    "StoreSuite",
    "Manners",
    "Served",
    "Subject",
    "parse_mix",
    "talkative_model",
]
