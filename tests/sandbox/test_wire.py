"""What a program sends is data, whatever bytes it sends."""

from __future__ import annotations

import math
from collections import Counter, OrderedDict, deque
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tgl.sandbox.inside.wire import Decoder, encode

PLAIN = {
    type(None), bool, int, float, complex, str, bytes, list, tuple, set, frozenset, dict,
    Counter, OrderedDict, deque, Decimal, Fraction, date, timedelta, range, bytearray,
}  # fmt: skip
keys = st.none() | st.booleans() | st.integers() | st.text() | st.binary() | st.fractions() | st.dates()
leaves = keys | st.floats() | st.complex_numbers() | st.timedeltas() | st.sets(keys) | st.frozensets(keys)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(keys, inner),
    max_leaves=20,
)


class Handle:
    """An object of the other side."""


def no_handle(value: object) -> tuple[bytes, int]:
    raise AssertionError(value)


@given(values)
def test_values_come_back(value: object) -> None:
    out = bytearray()
    encode(value, out, no_handle)
    back = Decoder(bytes(out), lambda tag, key: Handle()).value()
    assert shown(back) == shown(value)


def shown(value: object) -> object:
    """A value with its types; sets in order, numbers to the last bit."""
    if isinstance(value, set | frozenset):
        return type(value), sorted(map(repr, value))
    if isinstance(value, list | tuple):
        return type(value), [shown(one) for one in value]
    if isinstance(value, dict):
        return [(shown(key), shown(one)) for key, one in value.items()]
    return type(value), repr(value)


@given(
    st.binary()
    | st.lists(st.sampled_from([b"l", b"d", b"x", b"S", b"N", b"\0\0\0\1", b"\0\0\0\7", b"Counter"])).map(
        b"".join
    )
)
def test_any_bytes_are_plain_data_or_none(data: bytes) -> None:
    try:
        value = Decoder(data, lambda tag, key: Handle()).value()
    except Exception:
        return
    left = [value]
    while left:
        one = left.pop()
        assert type(one) in PLAIN | {Handle}
        if isinstance(one, dict):
            left += [*one, *one.values()]
        elif isinstance(one, list | tuple | set | frozenset | deque):
            left += one


@pytest.mark.parametrize("name", ["eval", "Popen", "os", "Counter.__init__", "", "object"])
def test_only_known_types_are_built(name: str) -> None:
    data = b"x" + len(name).to_bytes(4, "big") + name.encode() + b"t\0\0\0\0"
    with pytest.raises(Exception, match=r"^$"):
        Decoder(data, lambda tag, key: Handle()).value()


def test_a_subclass_is_sent_as_what_it_extends() -> None:
    class Text(str):
        __slots__ = ()

        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = str.__hash__

    out = bytearray()
    encode([Text("a"), True, math.pi], out, no_handle)
    back = Decoder(bytes(out), lambda tag, key: Handle()).value()
    assert [type(one) for one in back] == [str, bool, float]
