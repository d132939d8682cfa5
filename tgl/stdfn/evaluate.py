"""Evaluation of the run-time expressions of a candidate: arguments, guards, outputs.

Three-valued (language.md G15, G16): absent is "not known", and so is the value of a reply that could
not be read. `false and ?` is false, `true or ?` is true, every other operator on it is absent.
A guard runs its node only if it is true.

What a check should have refused (an order between a text and a number, a division by zero) is an
`EvaluationError`, not absent: absence is a meaning, not a way to hide mistakes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Protocol, assert_never, runtime_checkable

from tgl.ir import (
    PYTHON_FN,
    ChoiceRef,
    Const,
    Expr,
    Fn,
    Input,
    Is,
    ListOf,
    ModelName,
    ModelOf,
    NodeRef,
    Op,
    WhatName,
)
from tgl.stdfn.faults import EvaluationError
from tgl.stdfn.registry import NO_FUNCTIONS, StdFunction, call_function
from tgl.stdfn.values import (
    Message,
    Record,
    Tagged,
    Value,
    answer_keys,
    number_in,
    plain,
    spliced,
    vote_key,
)


class Scope(Protocol):
    """What an expression can see of a run."""

    def node(self, node: str) -> Value:
        """The value of a decided node; None if it is absent or not in the candidate."""
        ...

    def field(self, port: str) -> Value:
        """A given field of the example; None if the example has none."""
        ...


@runtime_checkable
class WithFunctions(Protocol):
    """A scope whose program has functions of its own."""

    @property
    def functions(self) -> Mapping[str, StdFunction]:
        """The functions that the user wrote, by registered name."""
        ...


def functions_of(scope: object) -> Mapping[str, StdFunction]:
    """The functions that a scope has besides those of the standard library."""
    return scope.functions if isinstance(scope, WithFunctions) else NO_FUNCTIONS


def holds(expr: Expr | None, scope: Scope) -> bool:
    """Whether a guard lets its node run. No guard does; false and absent do not."""
    return expr is None or truth(evaluate(expr, scope)) is True


def evaluate(expr: Expr, scope: Scope) -> Value:
    """The value of an expression, None if it is absent.

    Raises:
        EvaluationError: the operands do not go together, or a function failed.
        ValueError: the expression holds a static part, which no candidate has.
    """
    match expr:
        case NodeRef(id=node):
            return scope.node(node)
        case Const(value=value):
            return value
        case Input(port=port):
            return scope.field(port)
        case ListOf(items=items):
            return tuple(evaluate(item, scope) for item in items)
        case Fn(fn=name, args=args, named=named):
            values = [evaluate(arg, scope) for arg in args]
            ports = {port: [evaluate(arg, scope)] for port, arg in named}
            own = functions_of(scope) if name.startswith(PYTHON_FN) else NO_FUNCTIONS
            try:
                return call_function(name, values, ports, own)
            except ValueError as error:
                raise EvaluationError(str(error)) from error
        case Op():
            return operate(expr, scope)
        case ModelName(name=name) | WhatName(name=name):
            return name
        case ChoiceRef() | Is() | ModelOf():
            raise ValueError(f"a candidate holds no `{expr.kind}`")
        case _:
            assert_never(expr)


def operate(expr: Op, scope: Scope) -> Value:
    """The value of an operator."""
    match expr.op:
        case "and" | "or":
            return combine(expr, scope, decisive=expr.op == "or")
        case "not":
            known = truth(evaluate(expr.args[0], scope))
            return None if known is None else not known
        case "when":
            return evaluate(expr.args[1], scope) if truth(evaluate(expr.args[0], scope)) is True else None
        case _:
            return operated(expr.op, [evaluate(arg, scope) for arg in expr.args])


def operated(op: str, values: Sequence[Value]) -> Value:
    """The value of an operator that looks at all of its operands."""
    match op:
        case "neg":
            return arithmetic("-", 0, values[0])
        case "else":
            return next((value for value in values if value is not None), None)
        case "holds":
            return truth(values[0]) is True
        case "get":
            return part(values[0], name_in(values[1]))
        case "tagged":
            return has_tag(values[0], name_in(values[1]))
        case _:
            left, right = values
            return None if unknown(left) or unknown(right) else binary(op, left, right)


def name_in(value: Value) -> str:
    """The name of a field or tag, as lowering writes it."""
    if not isinstance(value, str):
        raise ValueError("a field is named by a text")
    return value


def part(value: Value, name: str) -> Value:
    """A field of a record, or what a tag holds; of a list, of each member. Absent where there is none."""
    if isinstance(value, tuple):
        return tuple(part(member, name) for member in value)
    match plain(value):
        case tuple() as members:
            return part(members, name)
        case Record() as record:
            return record.get(name)
        case Tagged(tag=tag, value=inner):
            return (inner if inner is not None else "") if tag == name else None
        case None:
            return None
        case _:
            raise EvaluationError(f"{named(value)} has no field `{name}`")


def has_tag(value: Value, tag: str) -> Value:
    """Whether a value has a tag, absent if the value is."""
    match plain(value):
        case Tagged(tag=found):
            return found == tag
        case None:
            return None
        case _:
            raise EvaluationError(f"{named(value)} has no tags")


def unknown(value: Value) -> bool:
    """Whether a value is absent, or a reply without a value (G18): what it would say is not known."""
    return value is None or (isinstance(value, Message) and value.value is None)


def combine(expr: Op, scope: Scope, *, decisive: bool) -> Value:
    """Kleene's `and` (decided by a false) and `or` (by a true), over any number of operands."""
    open_end = False
    for arg in expr.args:
        known = truth(evaluate(arg, scope))
        if known is decisive:
            return decisive
        open_end = open_end or known is None
    return None if open_end else not decisive


def truth(value: Value) -> bool | None:
    """A value as a condition: only a boolean is one."""
    if value is None or isinstance(value, bool):
        return value
    raise EvaluationError(f"a condition is {named(value)}, not true or false")


def binary(op: str, left: Value, right: Value) -> Value:
    """An operator on two present operands."""
    match op:
        case "==" | "!=":
            return same(left, right) is (op == "==")
        case "<" | "<=" | ">" | ">=":
            return ordered(op, left, right)
        case "in":
            if not isinstance(right, tuple):
                raise EvaluationError(f"`in` looks into {named(right)}, which is no list")
            return any(same(left, member) for member in spliced(right))
        case "+" | "-" | "*" | "/":
            return arithmetic(op, left, right)
        case "at":
            return member_at(left, right)
        case _:
            raise EvaluationError(f"there is no operator `{op}`")


def same(left: Value, right: Value) -> bool:
    """Whether two values are equal: by key if both are messages, else by what the message was read as."""
    if isinstance(left, Message) and isinstance(right, Message):
        if vote_key(left) is None or vote_key(right) is None:
            return False
        one, other = answer_keys((left, right))
        return one == other
    if isinstance(left, tuple) and isinstance(right, tuple):
        return len(left) == len(right) and all(same(x, y) for x, y in zip(left, right, strict=True))
    a, b = plain(left), plain(right)
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    x, y = number_in(left), number_in(right)
    return x == y if x is not None and y is not None else type(a) is type(b) and a == b


def ordered(op: str, left: Value, right: Value) -> bool:
    """An order between two numbers or two texts."""
    a, b = plain(left), plain(right)
    x, y = number_in(left), number_in(right)
    if x is not None and y is not None:
        return in_order(op, (x > y) - (x < y))
    if isinstance(a, str) and isinstance(b, str):
        return in_order(op, (a > b) - (a < b))
    raise EvaluationError(f"`{op}` compares {named(left)} with {named(right)}")


def in_order(op: str, sign: int) -> bool:
    """Whether `op` holds for operands whose difference has this sign."""
    match op:
        case "<":
            return sign < 0
        case "<=":
            return sign <= 0
        case ">":
            return sign > 0
        case _:
            return sign >= 0


def arithmetic(op: str, left: Value, right: Value) -> Value:
    """A sum of texts or lists, or a calculation."""
    if unknown(left) or unknown(right):
        return None
    if op == "+" and isinstance(left, tuple) and isinstance(right, tuple):
        return (*left, *right)
    a, b = plain(left), plain(right)
    x, y = number_in(left), number_in(right)
    if x is not None and y is not None:
        return calculated(op, x, y)
    if op == "+" and isinstance(a, str) and isinstance(b, str):
        return a + b
    raise EvaluationError(f"`{op}` joins {named(left)} and {named(right)}")


def calculated(op: str, x: Decimal, y: Decimal) -> int | float:
    """A result of decimal arithmetic: whole numbers stay whole."""
    match op:
        case "+":
            exact = x + y
        case "-":
            exact = x - y
        case "*":
            exact = x * y
        case _:
            if not y:
                raise EvaluationError("a division by zero")
            exact = x / y
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def member_at(values: Value, index: Value) -> Value:
    """The member at a 1-based index, absent beyond the ends (G7)."""
    if not isinstance(values, tuple) or isinstance(index, bool) or not isinstance(index, int):
        raise EvaluationError(f"{named(values)} has no member {named(index)}")
    return values[index - 1] if 1 <= index <= len(values) else None


def named(value: Value) -> str:
    """What kind of thing a value is, for an error."""
    match value:
        case Message():
            return "a message"
        case bool():
            return "a yes or no"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case tuple():
            return "a list"
        case Record():
            return "a record"
        case Tagged():
            return "a tagged value"
        case None:
            return "nothing"
