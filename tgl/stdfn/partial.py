"""What is certain of an expression while some of the messages it reads are still open.

A value is *settled* here if every completion, that is every message, unread reply or absence that the open
nodes may still turn out to be, gives the same value and none is an error. So a vote can end, and a guard be
told, before all have spoken, and nothing that comes out differs (methods.md B38).

What is not settled is described as closely as is of use: one open message, the outcomes that a condition
can still have, the range of a number. Nothing here raises: what may be an error is told as `Open.ANY`, and
comes out when all is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tgl.ir import Expr, Fn, ListOf, NodeRef, Op
from tgl.stdfn.early import foretold_call
from tgl.stdfn.evaluate import Scope, evaluate, functions_of, operated
from tgl.stdfn.faults import EvaluationError
from tgl.stdfn.opened import Open, Partial, Range, Truth, is_settled, may_fail, settled_all
from tgl.stdfn.values import Value

UNTOLD = Truth.YES | Truth.NO | Truth.ABSENT
ANYTHING = UNTOLD | Truth.ERROR
NOT_TRUE = Truth.NO | Truth.ABSENT


class PartialScope(Protocol):
    """What an expression can see of a run that goes on."""

    def said(self, node: str) -> Value | Open:
        """The value of a node, None if it is absent, open if it is not decided.

        `Open.ONE` for a node that makes a message, `Open.ANY` for one that may hold a list.
        """
        ...

    def node(self, node: str) -> Value:
        """As in a scope, for nodes that are decided."""
        ...

    def field(self, port: str) -> Value:
        """A given field of the example."""
        ...


def foretold(expr: Expr, scope: PartialScope) -> Partial:
    """What is certain of an expression's value."""
    match expr:
        case NodeRef(id=node):
            return scope.said(node)
        case ListOf(items=items):
            return tuple(foretold(item, scope) for item in items)
        case Fn(fn=name, args=args, named=named):
            return foretold_call(
                name,
                [foretold(arg, scope) for arg in args],
                {port: [foretold(arg, scope)] for port, arg in named},
                functions_of(scope),
            )
        case Op():
            return foretold_operation(expr, scope)
        case _:
            return sure(expr, scope)


def sure(expr: Expr, scope: Scope) -> Partial:
    """The value of an expression that reads no open node."""
    try:
        return evaluate(expr, scope)
    except (EvaluationError, ValueError):
        return Open.ANY


def foretold_guard(guard: Expr | None, scope: PartialScope) -> bool | None:
    """Whether a guard lets its node run; None while that is not certain."""
    outcomes = Truth.YES if guard is None else truths(foretold(guard, scope))
    if outcomes is Truth.YES:
        return True
    return None if outcomes & ~NOT_TRUE else False


def foretold_operation(expr: Op, scope: PartialScope) -> Partial:
    """What is certain of an operator's value."""
    parts = [foretold(arg, scope) for arg in expr.args]
    match expr.op:
        case "and" | "or":
            return told(combined(parts, decisive=Truth.YES if expr.op == "or" else Truth.NO))
        case "not":
            return told(negated(truths(parts[0])))
        case "when":
            return passed(truths(parts[0]), parts[1])
        case "else":
            return first_present(parts)
        case "holds":
            outcomes = truths(parts[0])
            no = Truth.NO if outcomes & NOT_TRUE else Truth(0)
            return told((outcomes & (Truth.YES | Truth.ERROR)) | no)
        case "<" | "<=" | ">" | ">=" | "==" | "!=" | "in":
            return compared(expr.op, *parts)
        case _:
            return applied(expr.op, parts)


def truths(value: Partial) -> Truth:
    """The outcomes that a value can have as a condition."""
    match value:
        case Truth():
            return value
        case bool():
            return Truth.YES if value else Truth.NO
        case None:
            return Truth.ABSENT
        case Open():
            return ANYTHING
        case _:
            return Truth.ERROR


def told(outcomes: Truth) -> Partial:
    """A condition as a value, if only one outcome is left."""
    match outcomes:
        case Truth.YES | Truth.NO:
            return outcomes is Truth.YES
        case Truth.ABSENT:
            return None
        case Truth.ERROR:
            return Open.ANY
        case _:
            return outcomes


def combined(parts: Sequence[Partial], *, decisive: Truth) -> Truth:
    """Kleene's `and` and `or`, in order: what stands behind a decisive operand is not looked at."""
    ended = Truth(0)
    known, unknown = True, False  # what may be so far: all known and none decisive; one of them absent
    for part in parts:
        outcomes = truths(part)
        if known or unknown:
            ended |= outcomes & (decisive | Truth.ERROR)
        neutral, absent = bool(outcomes & negated(decisive)), bool(outcomes & Truth.ABSENT)
        unknown = (unknown and (neutral or absent)) or (known and absent)
        known = known and neutral
    left = negated(decisive) if known else Truth(0)
    return ended | left | (Truth.ABSENT if unknown else Truth(0))


def negated(outcomes: Truth) -> Truth:
    """The outcomes of `not`."""
    swapped = outcomes & (Truth.ABSENT | Truth.ERROR)
    if outcomes & Truth.YES:
        swapped |= Truth.NO
    if outcomes & Truth.NO:
        swapped |= Truth.YES
    return swapped


def passed(condition: Truth, message: Partial) -> Partial:
    """A message behind a condition."""
    if condition is Truth.YES:
        return message
    if not condition & ~NOT_TRUE:
        return None
    if condition & Truth.ERROR or isinstance(message, tuple | Truth) or message is Open.ANY:
        return Open.ANY
    return Open.ONE


def first_present(parts: Sequence[Partial]) -> Partial:
    """The first operand that is present, once nothing open stands before it."""
    if any(map(may_fail, parts)):
        return Open.ANY
    present = [part for part in parts if part is not None]
    if not present or is_settled(present[0]):
        return present[0] if present else None
    return Open.ANY if any(isinstance(part, tuple) for part in present) else Open.ONE


def compared(op: str, left: Partial, right: Partial) -> Partial:
    """What is certain of a comparison."""
    if is_settled(left) and is_settled(right):
        return applied(op, (left, right))
    match left, right:
        case Range(), int() | float():
            ends = [applied(op, (left.low, right)), applied(op, (left.high, right))]
            between, absent = left.low < right < left.high, left.absent
        case int() | float(), Range():
            ends = [applied(op, (left, right.low)), applied(op, (left, right.high))]
            between, absent = right.low < left < right.high, right.absent
        case _:
            return UNTOLD if op in ("==", "!=") and not (may_fail(left) or may_fail(right)) else ANYTHING
    # Between its ends an order holds as at both; equality may hold anywhere.
    outcomes = truths(ends[0]) | truths(ends[1])
    if op in ("==", "!=") and between:
        outcomes |= Truth.YES | Truth.NO
    return told(outcomes | (Truth.ABSENT if absent else Truth(0)))


def applied(op: str, parts: Sequence[Partial]) -> Partial:
    """An operator on settled operands; anything on others."""
    values = settled_all(parts)
    if values is None:
        return Open.ANY
    try:
        return operated(op, values)
    except (EvaluationError, ValueError):
        return Open.ANY
