"""What is told of a vote before all have spoken, against every way in which it can end."""

import itertools
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tgl.ir import Const, Expr, Fn, ListOf, NodeRef, Op
from tgl.keys import Answer
from tgl.stdfn import (
    RULES,
    EvaluationError,
    Message,
    Open,
    Range,
    Truth,
    call_function,
    evaluate,
    foretold,
    foretold_call,
    foretold_guard,
    holds,
    is_settled,
)

A, A2, A3 = (Message(text, Answer(text, "a")) for text in ("a", "A", "a."))
B, B2 = Message("b", Answer("b", "b")), Message("B", Answer("B", "b"))
C, UNREAD = Message("c", Answer("c", "c")), Message("?", None)
FRESH = [Message(f"new {place}", Answer(f"new {place}", f"new {place}")) for place in range(4)]
ARRIVED = (A, A2, B, UNREAD, None, Open.ONE)
VOTES = [name for name in RULES if name.startswith("std.")]


def later(place: int) -> tuple[Message | None, ...]:
    """What an open member may turn out to be: known answers, one that nobody else gives, or none."""
    return (FRESH[place], A3, B2, C, UNREAD, None)


def endings(ballot: tuple) -> list[tuple]:
    """All completions."""
    return list(
        itertools.product(*(later(place) if x is Open.ONE else (x,) for place, x in enumerate(ballot)))
    )


@cache
def outcome(name: str, ballot: tuple):
    return call_function(name, [ballot], {})


@pytest.mark.parametrize("name", [name for name in VOTES if name != "std.signals:ran"])
def test_what_is_told_early_is_how_every_ballot_ends(name: str):
    told_early = 0
    for size in range(1, 5):
        for ballot in itertools.product(ARRIVED, repeat=size):
            if Open.ONE not in ballot:
                continue
            told = foretold_call(name, [ballot], {})
            ends = {outcome(name, ending) for ending in endings(ballot)}
            match told:
                case Range(low=low, high=high, absent=absent):
                    numbers = ends - {None}
                    assert (low, high, absent) == (min(numbers), max(numbers), None in ends), ballot
                case Open.ONE:
                    assert len(ends) > 1, f"{ballot} is settled: {ends}"
                case _:
                    assert ends == {told}, ballot
                    told_early += 1
    assert told_early > 0 or name.startswith("std.signals:")


@pytest.mark.parametrize("x", [(A, Open.ONE), (Open.ONE,), (None, Open.ONE), (UNREAD, Open.ONE), Open.ONE])
def test_something_ran_as_soon_as_one_message_is_there(x):
    ballot = x if isinstance(x, tuple) else (x,)
    told = foretold_call("std.signals:ran", [x], {})
    ends = {outcome("std.signals:ran", (ending,)) for ending in endings(ballot)}
    assert {True: {True}, Truth.YES | Truth.NO: {True, False}}[told] == ends


@pytest.mark.parametrize("name", VOTES)
def test_nothing_is_told_of_what_may_be_an_error(name: str):
    assert foretold_call(name, [(A, Open.ANY, A)], {}) is Open.ANY
    assert foretold_call(name, [], {"xs": [A, Open.ANY]}) is Open.ANY


def test_functions_without_a_rule_wait_for_all():
    assert foretold_call("std.reduce:join", [(A, Open.ONE)], {}) is Open.ANY
    assert foretold_call("std.reduce:best", [(A, Open.ONE), (1, 2)], {}) is Open.ANY
    assert foretold_call("std.reduce:best", [(A, B), (1, 2)], {}) == B


class World:
    """Four nodes, some of them open."""

    def __init__(self, said: dict) -> None:
        self.all = said

    def said(self, node: str):
        return self.all.get(node)

    def node(self, node: str):
        assert self.all.get(node) is not Open.ONE, "an open node was read"
        return self.all.get(node)

    def field(self, port: str):
        return {"kind": "x", "n": 3}.get(port)


NODES = "wxyz"
votes = st.lists(st.sampled_from(NODES), min_size=1, max_size=4).map(
    lambda names: ListOf(items=tuple(NodeRef(id=name) for name in names))
)


def exprs() -> st.SearchStrategy[Expr]:
    numbers = st.sampled_from([0, 0.25, 0.4, 0.5, 2 / 3, 1, 2, "b", True]).map(lambda v: Const(value=v))
    signal = st.builds(
        lambda name, xs: Fn(fn=name, args=(xs,)),
        st.sampled_from(
            ["std.signals:agreement", "std.signals:size", "std.signals:ran", "std.reduce:majority"]
        ),
        votes,
    )
    plain = st.one_of(signal, numbers, st.sampled_from(NODES).map(lambda name: NodeRef(id=name)))

    def grown(parts: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
        two = st.tuples(parts, parts)
        return st.one_of(
            st.builds(
                lambda op, args: Op(op=op, args=args),
                st.sampled_from(["<", "<=", ">", ">=", "==", "!=", "and", "or", "when", "+", "in"]),
                two,
            ),
            parts.map(lambda part: Op(op="not", args=(part,))),
            two.map(lambda items: ListOf(items=items)),
            two.map(lambda args: Fn(fn="std.reduce:first", args=args)),
            two.map(lambda args: Fn(fn="std.reduce:majority", args=(ListOf(items=args),))),
        )

    return st.recursive(plain, grown, max_leaves=5)


ERROR = "an error"


def ended(expr: Expr, said: dict):
    try:
        return evaluate(expr, World(said))
    except EvaluationError:
        return ERROR


def guarded(expr: Expr, said: dict):
    try:
        return holds(expr, World(said))
    except EvaluationError:
        return ERROR


said_so_far = st.fixed_dictionaries(
    {name: st.sampled_from([A, B, UNREAD, None, Open.ONE, Open.ONE]) for name in NODES}
)


@given(exprs(), said_so_far)
def test_an_expression_that_is_settled_has_that_value_in_every_ending(expr: Expr, said: dict):
    ends = [dict(zip(said, ending, strict=True)) for ending in endings(tuple(said.values()))]
    told = foretold(expr, World(said))
    found = [ended(expr, end) for end in ends]
    if is_settled(told):
        assert all(value == told and type(value) is type(told) for value in found)
    elif isinstance(told, Truth):
        outcomes = {True: Truth.YES, False: Truth.NO, None: Truth.ABSENT, ERROR: Truth.ERROR}
        assert all(outcomes[value] in told for value in found)
    elif isinstance(told, Range):
        assert all(
            value is None if not isinstance(value, int | float) else told.low <= value <= told.high
            for value in found
        )
        assert told.absent or None not in found
    elif told is Open.ONE:
        assert not any(isinstance(value, tuple) or value is ERROR for value in found)
    guard = foretold_guard(expr, World(said))
    if guard is not None:
        assert {guarded(expr, end) for end in ends} == {guard}


def share(op: str, bound: float, names: str = "wxyz") -> Op:
    xs = ListOf(items=tuple(NodeRef(id=name) for name in names))
    return Op(op=op, args=(Fn(fn="std.signals:agreement", args=(xs,)), Const(value=bound)))


@pytest.mark.parametrize(
    ("guard", "said", "told"),
    [
        (share("<", 0.7), {"w": A, "x": A, "y": A, "z": Open.ONE}, False),
        (share("<", 0.7), {"w": A, "x": B, "y": Open.ONE, "z": None}, True),
        (share("<", 0.7), {"w": A, "x": A, "y": Open.ONE, "z": Open.ONE}, None),
        (share("==", 0.6), {"w": A, "x": B, "y": Open.ONE, "z": Open.ONE}, None),
        (share("==", 0.9), {"w": A, "x": B, "y": B, "z": Open.ONE}, False),
        # Nobody may give a readable answer: then the share is absent, and so is `not`.
        (Op(op="not", args=(share(">=", 2),)), {"w": Open.ONE}, None),
        (Op(op="not", args=(share(">=", 2),)), {"w": A, "x": Open.ONE}, True),
        (Op(op="or", args=(Const(value=True), share("<", 0.1))), {"w": Open.ONE}, True),
        (Op(op="and", args=(NodeRef(id="w"), Const(value=False))), {"w": Open.ONE}, None),
        (Op(op="and", args=(Const(value=False), NodeRef(id="w"))), {"w": Open.ONE}, False),
    ],
)
def test_guards(guard: Expr, said: dict, told: bool | None):
    assert foretold_guard(guard, World(said)) is told
