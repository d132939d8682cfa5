"""Functions of lists, words and numbers: what they give for absent and unread values, closed forms."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tgl.ir import Const, Fn, ListOf
from tgl.keys import Answer
from tgl.space.lengths import Measure
from tgl.stdfn import Message, Record, Value, call_function, text_of


def said(text: str, value: object = "") -> Message:
    return Message(text, Answer(text, text) if value == "" else value)


def call(name: str, *args: Value) -> Value:
    return call_function(name, args, {})


UNREAD = said("?", None)


@pytest.mark.parametrize(
    ("name", "args", "expected"),
    [
        ("core:max", (3, 5.5, None), 5.5),
        ("core:max", ((3, (4, None)), 2), 4),
        ("core:max", (said("7"), UNREAD, 2), 7),
        ("core:max", (said("many"), 2), 2),
        ("core:min", (said("7"), 2.0), 2),
        ("core:min", ((),), None),
        ("core:max", (None,), None),
        ("core:empty", (None,), True),
        ("core:empty", ((),), True),
        ("core:empty", ((None, ()),), True),
        ("core:empty", (UNREAD,), False),
        ("core:empty", (said("[]", ()),), True),
        ("core:empty", (said("[1]", (1.0,)),), False),
        ("core:empty", ("",), False),
        ("std.reduce:pick", (True, "a", "b"), "a"),
        ("std.reduce:pick", ((False,), "a", "b"), "b"),
        ("std.reduce:pick", (None, "a", "b"), None),
        ("std.reduce:pick", ((), "a", "b"), None),
        ("std.reduce:pick", (True, None, "b"), None),
        ("std.signals:length", ("",), 0),
        ("std.signals:length", (UNREAD,), 1),
        ("std.signals:length", ("naïve",), 5),
        ("std.signals:length", ((),), None),
        ("std.signals:length", (None,), None),
        ("std.signals:mentions", ("Wait, so", ("wait",)), (True,)),
        ("std.signals:mentions", ("awaits", ("wait",)), (False,)),
        ("std.signals:mentions", ("hold\non.", ("hold on", "stop")), (True,)),
        ("std.signals:mentions", ("c++ (sic)", ("C++", "(sic)")), (True,)),
        ("std.signals:mentions", (("a", None, "b"), ("b", "")), (False, True)),
        ("std.signals:mentions", (said("[]", ("b", "a")), ("b",)), (True, False)),
        ("std.signals:mentions", ("a", ()), (False,)),
        ("std.signals:mentions", ((None,), ("a",)), None),
        ("std.signals:streak", ((True, False, True, True),), 2),
        ("std.signals:streak", ((True, None, True),), 2),
        ("std.signals:streak", ((True, False),), 0),
        ("std.signals:streak", ((),), 0),
        ("std.list:restore", ((2, 1), (3, 1, 2)), said("[1, 3]", (1, 3))),
        ("std.list:restore", (said("[2]", (2.0,)), (3, 1, 2)), said("[1]", (1,))),
        ("std.list:restore", ((0, 4, 1.5), (3, 1, 2)), None),
        ("std.list:restore", (None, (3, 1, 2)), None),
        ("std.list:restore", (UNREAD, (3, 1, 2)), None),
        ("std.list:restore", ((1,), ()), None),
    ],
)
def test_values(name, args, expected):
    found = call(name, *args)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("core:max", ("a", 1)),
        ("core:min", (True, 1)),
        ("std.reduce:pick", ("yes", 1, 2)),
        ("std.signals:streak", (("yes",),)),
        ("std.list:restore", ((1,), ("a",))),
        ("std.list:restore", ((1,), (1.5,))),
    ],
)
def test_what_a_function_does_not_take_is_an_error(name, args):
    with pytest.raises(ValueError, match="takes"):
        call(name, *args)


texts = st.lists(st.text(max_size=4), max_size=6).map(tuple)


@given(texts, st.one_of(st.none(), st.text(max_size=3)))
def test_what_is_shuffled_is_restored(items, salt):
    mixed = call("std.list:shuffle", items, salt)
    assert isinstance(mixed, Record)
    shown, order = mixed.get("items"), mixed.get("order")
    assert isinstance(shown, tuple)
    assert [items[place - 1] for place in order] == list(shown)
    assert sorted(order) == list(range(1, len(items) + 1))
    back = call("std.list:restore", tuple(range(1, len(items) + 1)), order)
    assert (() if back is None else back.value) == order
    assert mixed == call("std.list:shuffle", items, salt)


def test_each_order_is_as_likely_as_any_other():
    drawn = Counter(call("std.list:shuffle", ("a", "b", "c"), salt).get("order") for salt in range(6000))
    assert len(drawn) == 6
    assert sum((count - 1000) ** 2 / 1000 for count in drawn.values()) < 20.5  # chi-square, 5 degrees, 0.001


@given(texts)
def test_what_shuffle_says_is_no_longer_than_its_bound(items):
    mixed = text_of(call("std.list:shuffle", items))
    wired = Fn(fn="std.list:shuffle", args=(ListOf(items=tuple(Const(value=item) for item in items)),))
    bound = Measure({}, lambda *_: None, "x").size(wired)
    assert len(mixed.encode()) <= bound.whole
