"""A small real HTTP server on loopback with OpenAI's API, which misbehaves on command or by chance.

It answers with any `ChatModel`, in a thread and an event loop of its own, or in another process:

    python -m tgl.testing.faulty_server --port 0 --mix limited=0.01,reset=0.01 --seed 7 --log served.jsonl

Planned faults meet the next requests, in order; those by chance depend on seed and arrival alone.
"""

from tgl.testing.faulty_server.answers import LATER_SECONDS
from tgl.testing.faulty_server.faults import COMPLETE, FREE, Fault, FaultMix, parse_mix
from tgl.testing.faulty_server.manners import Manners
from tgl.testing.faulty_server.served import Served
from tgl.testing.faulty_server.server import FaultyServer

__all__ = [
    "COMPLETE",
    "FREE",
    "LATER_SECONDS",
    "Fault",
    "FaultMix",
    "FaultyServer",
    "Manners",
    "Served",
    "parse_mix",
]
