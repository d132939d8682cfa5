import hashlib
import json

import pytest

from tgl.models import ChatMessage, Decoding, Role
from tgl.runtime import call_key, canonical_messages, canonical_options, origin_of

MESSAGES = (ChatMessage(Role.SYSTEM, "Short."), ChatMessage(Role.USER, "2 + 2 = ?\nπ \ud800"))
DECODING = Decoding(temperature=0.7, max_tokens=16, stop=("\n",))
PARTS = {
    "fingerprint": "f" * 64,
    "messages": canonical_messages(MESSAGES),
    "options": canonical_options(DECODING),
    "salt": "",
    "draw": 0,
}


def test_the_identity_is_the_hash_of_the_documented_list():
    request = [
        1,
        "f" * 64,
        [["system", "Short."], ["user", "2 + 2 = ?\nπ \ud800"]],
        {"max_tokens": 16, "stop": ["\n"], "temperature": 0.7},
        "s",
    ]
    hashes = [
        hashlib.sha256(json.dumps(parts, separators=(",", ":")).encode())
        for parts in (request, [*request, 5])
    ]
    key = call_key(**PARTS | {"salt": "s", "draw": 5})
    assert key.identity == hashes[1].hexdigest()
    assert key.seed == (int(hashes[0].hexdigest(), 16) + 5) % 2**31


def test_golden_identity():
    # A change here makes every recorded response unreachable: bump VERSION and the store's schema.
    key = call_key(**PARTS)
    assert key.identity == "813f50cfd6310756c7f48e9b6e06a759fdfd02cbbad8c6e2bceb01b336feb2d3"
    assert key.seed == 1369655657


@pytest.mark.parametrize(
    "change",
    [
        {"fingerprint": "e" * 64},
        {"messages": canonical_messages(MESSAGES[1:])},
        {"messages": canonical_messages([ChatMessage(Role.USER, "Short."), MESSAGES[1]])},
        {"options": canonical_options(Decoding(temperature=0.70001, max_tokens=16, stop=("\n",)))},
        {"options": canonical_options(Decoding(temperature=0.7, max_tokens=16))},
        {"options": canonical_options(Decoding(temperature=0.7, max_tokens=16, stop=("\n",), top_p=1.0))},
        {"salt": "final"},
        {"draw": 1},
    ],
)
def test_every_part_counts(change):
    assert call_key(**PARTS | change).identity != call_key(**PARTS).identity


def test_consecutive_draws_fit_one_request_with_n():
    seeds = [call_key(**PARTS | {"draw": draw}).seed for draw in range(50)]
    assert seeds == [(seeds[0] + draw) % 2**31 for draw in range(50)]
    assert len({call_key(**PARTS | {"draw": draw}).identity for draw in range(50)}) == 50


def test_options_that_are_not_sent_are_not_part_of_it():
    assert canonical_options(Decoding()) == "{}"
    assert canonical_options(Decoding(temperature=0.0, top_p=0.9)) == '{"temperature":0.0,"top_p":0.9}'


def test_an_origin_keeps_no_prompt():
    origin = origin_of(**PARTS | {"draw": 3})
    assert (origin.model, origin.draw, origin.options) == ("f" * 16, 3, PARTS["options"])
    assert origin.messages == hashlib.sha256(PARTS["messages"].encode()).hexdigest()[:16]
    assert "Short" not in origin.model_dump_json()
