import itertools
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tgl.ir import ChoiceRef, Const, Expr, Fn, Frozen, Input, ListOf, NodeRef, Op
from tgl.keys import Answer
from tgl.stdfn import (
    FUNCTIONS,
    EvaluationError,
    Message,
    Value,
    call_function,
    evaluate,
    holds,
    message_of,
    spliced,
    text_of,
    vote_key,
)


def said(text: str, key: str | None = "") -> Message:
    """A message; its key is its text unless told, None is unread."""
    return Message(text, None if key is None else Answer(text, key or text))


@dataclass
class World:
    nodes: dict[str, Message | None] = field(default_factory=dict)
    fields: dict[str, Value] = field(default_factory=dict)

    def node(self, node: str) -> Message | None:
        return self.nodes.get(node)

    def field(self, port: str) -> Value:
        return self.fields.get(port)


def call(name: str, *args: Value, **named: Value) -> Value:
    room = "std.signals" if name in {"agreement", "ran", "size"} else "std.reduce"
    return call_function(f"{room}:{name}", args, {port: [value] for port, value in named.items()})


A, A2, B, B2, UNREAD = said("a"), said("A!", "a"), said("b"), said("B", "b"), said("?", None)


@pytest.mark.parametrize(
    ("xs", "winner"),
    [
        ((A, B, B2), B),
        ((B, A, A2), A),
        ((A2, A), A2),
        ((A, B), A),
        ((B, A), B),
        ((B, A, A2, B2), B),
        ((UNREAD, UNREAD, B), B),
        ((None, UNREAD, None, A), A),
        (((A, B), (B2,)), B),
        ((UNREAD,), None),
        ((None,), None),
        ((), None),
        (A, A),
        (None, None),
    ],
)
def test_majority(xs, winner):
    assert call("majority", xs) is winner


@given(st.lists(st.sampled_from([A, A2, B, B2, UNREAD, None]), max_size=9))
def test_majority_has_the_most_votes_and_agreement_is_its_share(xs):
    votes = [vote_key(x) for x in xs if vote_key(x) is not None]
    winner = call("majority", tuple(xs))
    if not votes:
        assert winner is None
        assert call("agreement", tuple(xs)) is None
    else:
        assert votes.count(vote_key(winner)) == max(map(votes.count, votes))
        assert call("agreement", tuple(xs)) == votes.count(vote_key(winner)) / len(votes)


@pytest.mark.parametrize(
    ("name", "args", "named", "result"),
    [
        ("first", ((None, UNREAD, A),), {}, UNREAD),
        ("first", (None, B, A), {}, B),
        ("first", ((),), {}, None),
        ("last", ((A, B, None),), {}, B),
        ("last", (None,), {}, None),
        ("agreement", ((A, A2, B, UNREAD, None),), {}, 2 / 3),
        ("agreement", ((A, A2),), {}, 1.0),
        ("ran", (A,), {}, True),
        ("ran", (UNREAD,), {}, True),
        ("ran", (None,), {}, False),
        ("ran", ((None,),), {}, False),
        ("size", ((A, None, (B, UNREAD)),), {}, 3),
        ("best", ((A, B),), {"by": (Message("1", 1.0), Message("2", 2.0))}, B),
        ("best", ((A, B), (2, 2)), {}, A),
        ("best", ((A, None, B), (1, 9, None)), {}, A),
        ("best", ((A, B), (said("3", "3"), said("10", "10"))), {}, B),
        ("best", ((A,), (UNREAD,)), {}, None),
        ("best", (A, 1), {}, A),
        ("join", ((A, None, UNREAD),), {}, Message("a\n\n?", "a\n\n?")),
        ("join", ((A, B), ", "), {}, Message("a, b", "a, b")),
        ("join", ((A, 3, 2.0),), {"sep": " "}, Message("a 3 2", "a 3 2")),
        ("join", ((None,),), {}, None),
    ],
)
def test_functions(name, args, named, result):
    assert call(name, *args, **named) == result


def test_a_nodes_inputs_may_name_the_first_port_otherwise():
    assert call_function("std.reduce:majority", (), {"drafts": [(A, B), B2]}) is B
    assert call_function("std.reduce:majority", (), {}) is None
    assert call_function("size", ((A, None),), {}) == 1


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("std.reduce:most", ((),)),
        ("std.reduce:best", ((A,),)),
        ("std.reduce:best", ((A, B), (1,))),
        ("std.signals:ran", (1, 2)),
    ],
)
def test_wrong_calls(name, args):
    with pytest.raises(ValueError, match=r"registered|needs|grades|takes"):
        call_function(name, args, {})


def test_every_function_stands_under_its_name():
    assert all(name == function.name for name, function in FUNCTIONS.items())


T, F, U = True, False, None
KLEENE_AND = {
    (T, T): T,
    (T, F): F,
    (F, T): F,
    (F, F): F,
    (T, U): U,
    (U, T): U,
    (F, U): F,
    (U, F): F,
    (U, U): U,
}


@pytest.mark.parametrize("pair", list(KLEENE_AND))
def test_kleene_tables(pair):
    x, y = (Const(value=value) for value in pair)
    conjunction = KLEENE_AND[pair]
    negated = tuple(None if value is None else not value for value in pair)
    disjunction = None if KLEENE_AND[negated] is None else not KLEENE_AND[negated]
    assert evaluate(Op(op="and", args=(x, y)), World()) is conjunction
    assert evaluate(Op(op="or", args=(x, y)), World()) is disjunction
    assert evaluate(Op(op="not", args=(x,)), World()) is negated[0]
    assert holds(Op(op="and", args=(x, y)), World()) is (conjunction is True)


def test_no_guard_lets_a_node_run():
    assert holds(None, World())


OPERATORS = ("<", "<=", ">", ">=", "==", "!=", "in", "+", "-", "*", "/")


@pytest.mark.parametrize("op", OPERATORS)
@pytest.mark.parametrize(
    "silent", [NodeRef(id="absent"), NodeRef(id="unread"), Input(instance="g", port="none")]
)
def test_an_operator_on_what_is_not_known_is_absent(op, silent):
    world = World(nodes={"unread": UNREAD, "absent": None})
    other = ListOf(items=(Const(value=1),)) if op == "in" else Const(value=1)
    assert evaluate(Op(op=op, args=(silent, other)), world) is None
    assert evaluate(Op(op="neg", args=(silent,)), world) is None


WORLD = World(
    nodes={
        "three": Message("so 3.0", Answer("3.0", "3")),
        "word": said("Oslo"),
        "score": Message("7/10", 7.0),
    },
    fields={"kind": "numbers", "level": 2, "tags": ("x", "y"), "hard": True},
)
NODE = {name: NodeRef(id=name) for name in WORLD.nodes}
FIELD = {name: Input(instance="solve", port=name) for name in WORLD.fields}


def op(name: str, *args: Expr | float | str | bool) -> Op:
    return Op(
        op=name,
        args=tuple(arg if isinstance(arg, Frozen) else Const(value=arg) for arg in args),
    )


@pytest.mark.parametrize(
    ("expr", "result"),
    [
        (("==", FIELD["kind"], "numbers"), True),
        (("==", FIELD["kind"], "Numbers"), False),
        (("!=", FIELD["kind"], "numbers"), False),
        (("==", FIELD["level"], 2.0), True),
        (("==", FIELD["level"], "2"), False),
        (("==", FIELD["hard"], True), True),
        (("==", FIELD["hard"], 1), False),
        (("==", NODE["three"], 3), True),
        (("<", NODE["three"], NODE["score"]), True),
        (("==", NODE["word"], "Oslo"), True),
        (("==", NODE["word"], NODE["three"]), False),
        (("==", NODE["three"], NODE["three"]), True),
        (("<", "a", "b"), True),
        ((">=", NODE["score"], 7), True),
        (("<=", 1, 1), True),
        ((">", 0.3, 0.2), True),
        (("in", "x", FIELD["tags"]), True),
        (("in", "z", FIELD["tags"]), False),
        (("+", 0.1, 0.2), 0.3),
        (("+", "a", "b"), "ab"),
        (("-", 5, 3), 2),
        (("*", 2, 1.5), 3),
        (("/", 7, 2), 3.5),
        (("neg", 2), -2),
        (("at", FIELD["tags"], 1), "x"),
        (("at", FIELD["tags"], 0), None),
        (("at", FIELD["tags"], 3), None),
    ],
)
def test_operators(expr, result):
    value = evaluate(op(*expr), WORLD)
    assert (type(value), value) == (type(result), result)


@pytest.mark.parametrize(
    ("expr", "reason"),
    [
        (("<", FIELD["kind"], 3), "compares a text with a number"),
        (("<", FIELD["hard"], 3), "compares a yes or no with a number"),
        (("<", NODE["word"], 3), "compares a message with a number"),
        (("+", FIELD["kind"], 3), "joins a text and a number"),
        (("/", 1, 0), "division by zero"),
        (("and", FIELD["kind"], True), "a condition is a text"),
        (("not", NODE["three"]), "a condition is a message"),
        (("in", 1, 2), "looks into a number"),
        (("at", 1, 1), "has no member"),
        (("xor", 1, 1), "no operator"),
    ],
)
def test_operands_that_do_not_go_together(expr, reason):
    with pytest.raises(EvaluationError, match=reason):
        evaluate(op(*expr), WORLD)


def test_functions_in_expressions():
    world = World(nodes={"a": A, "b": A2, "c": B})
    votes = ListOf(items=tuple(NodeRef(id=name) for name in ("a", "b", "c", "gone")))
    share = Fn(fn="std.signals:agreement", args=(votes,))
    assert evaluate(Op(op="<", args=(share, Const(value=0.7))), world) is True
    grades = ListOf(items=(Const(value=1), Const(value=2), Const(value=3), Const(value=4)))
    assert evaluate(Fn(fn="std.reduce:best", args=(votes,), named=(("by", grades),)), world) is B
    with pytest.raises(EvaluationError, match="registered"):
        evaluate(Fn(fn="nothing"), world)


def test_a_static_part_is_a_bug():
    with pytest.raises(ValueError, match="choice"):
        evaluate(ChoiceRef(address="solve.n"), World())


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, None),
        ((), None),
        (A, A),
        ((A,), A),
        (0.5, Message("0.5", 0.5)),
        (2, Message("2", 2.0)),
        (True, Message("true", "true")),
        ("x", Message("x", "x")),
    ],
)
def test_a_value_as_a_message(value, message):
    assert message_of(value) == message


def test_a_list_is_no_message():
    with pytest.raises(ValueError, match="list"):
        message_of((A, B))


def test_lists_are_spliced_in_place():
    assert spliced((A, (None, (B,)), 3)) == [A, B, 3]
    assert [text_of(x) for x in spliced((A, 3.0, 0.5, False))] == ["a", "3", "0.5", "false"]


def test_votes_for_numbers_and_texts():
    pairs = [
        (3, "3"),
        (3.0, "3"),
        (" a ", "a"),
        ("", None),
        (Message("x", 3.0), "3"),
        (Message("x", "y "), "y"),
    ]
    assert [vote_key(value) for value, _ in pairs] == [key for _, key in pairs]
    assert len(set(itertools.chain([vote_key(3), vote_key(3.0), vote_key(Message("t", 3.0))]))) == 1
