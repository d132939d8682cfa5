"""Sets of members: what is listed, in any order."""

from __future__ import annotations

import pytest

from tgl.ir import KeySpec
from tgl.keys import agrees, expected, read_answer

SET = KeySpec(kind="set")


@pytest.mark.parametrize(
    ("reply", "target", "same"),
    [
        ("Rome, Oslo", "Oslo, Rome", True),
        ("[Rome; the Oslo]", "oslo, rome", True),
        ("Rome, rome, Oslo.", ["Oslo", "Rome"], True),
        ("Rome", "Oslo, Rome", False),
        ("Rome, Oslo, Bern", "Oslo, Rome", False),
        ("3, 1, 2", [1, 2, 3], True),
        ("Rome\nOslo", "Rome, Oslo", False),
        ("Rome Oslo", "Rome, Oslo", False),
        ("ROMA\u0301", "rom\u00e1", True),
    ],
)
def test_sets_are_the_same_if_their_members_are(reply, target, same):
    answer, wanted = read_answer(SET, reply), expected(SET, target)
    assert answer is not None
    assert wanted is not None
    assert agrees(answer, wanted) is same


@pytest.mark.parametrize("value", ["", ",;,", "[]", [], [None], [["a"]], {"a": 1}, None, "...", "\n"])
def test_what_lists_nothing_is_no_set(value):
    assert expected(SET, value) is None
    if isinstance(value, str):
        assert read_answer(SET, value) is None


def test_a_huge_list_is_read():
    answer = read_answer(SET, ", ".join(str(n) for n in range(50_000)))
    assert answer is not None
    assert answer.key.count("\x1f") == 49_999
