"""Operators on known values."""

from __future__ import annotations

import pytest

from tgl.ir import ChoiceRef, Const, ListOf, ModelName, Op
from tgl.semantics import ABSENT, FoldError, apply_operator

LATER = ChoiceRef(address="x")


def const(value):
    return (
        value if value is ABSENT or isinstance(value, (ListOf, ModelName, ChoiceRef)) else Const(value=value)
    )


@pytest.mark.parametrize(
    ("op", "args", "value"),
    [
        ("+", (1, 2), 3),
        ("+", ("a", "b"), "ab"),
        ("-", (1, 2), -1),
        ("*", (2, 1.5), 3.0),
        ("/", (6, 3), 2),
        ("/", (1, 2), 0.5),
        ("neg", (3,), -3),
        ("<", (1, 2), True),
        ("<=", (2, 2), True),
        (">", (1, 2), False),
        (">=", (1, 2), False),
        ("==", (1, 1.0), True),
        ("==", ("1", 1), False),
        ("==", (True, 1), False),
        ("==", (ModelName(name="m"), ModelName(name="m")), True),
        ("!=", ("a", "b"), True),
        ("not", (True,), False),
        ("and", (True, False), False),
        ("or", (False, True), True),
        # three-valued, after Kleene: what is absent decides nothing (language.md G16)
        ("and", (ABSENT, False), False),
        ("and", (False, ABSENT), False),
        ("or", (True, ABSENT), True),
        ("and", (ABSENT, True), None),
        ("or", (False, ABSENT), None),
        ("not", (ABSENT,), None),
        ("<", (ABSENT, 1), None),
    ],
)
def test_known_values_fold(op, args, value):
    found = apply_operator(op, *map(const, args))
    assert found == Const(value=value)
    assert type(found.value) is type(value)


def test_items_and_membership():
    xs = ListOf(items=(Const(value="a"), Const(value="b")))
    assert apply_operator("at", xs, Const(value=2)) == Const(value="b")
    assert apply_operator("at", xs, Const(value=3)) == ABSENT
    assert apply_operator("in", Const(value="b"), xs) == Const(value=True)
    assert apply_operator("in", Const(value="c"), xs) == Const(value=False)


def test_what_is_not_known_stays():
    assert apply_operator("+", LATER, Const(value=1)) == Op(op="+", args=(LATER, Const(value=1)))
    assert apply_operator("and", Const(value=True), LATER) == LATER
    assert apply_operator("or", LATER, Const(value=True)) == Const(value=True)
    nested = apply_operator("and", apply_operator("and", LATER, LATER), LATER)
    assert nested == Op(op="and", args=(LATER, LATER, LATER))


@pytest.mark.parametrize(
    ("op", "args"),
    [
        ("+", (1, "a")),
        ("<", ("a", "b")),
        ("and", (1, True)),
        ("not", (3,)),
        ("/", (1, 0)),
        ("-", (True, 1)),
        ("in", (1, 2)),
    ],
)
def test_wrong_kinds_of_values_are_refused_with_words(op, args):
    with pytest.raises(FoldError, match=r"\w+ \w+"):
        apply_operator(op, *map(const, args))
