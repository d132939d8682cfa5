"""The most calls that a candidate can make on one example, told before the run.

Guards (or parts of them) that read given fields alone are decided here, so that of three routes only the
one taken counts; everything else about a guard is taken to hold.
"""

from __future__ import annotations

from collections.abc import Mapping

from tgl.evaluate.data import Given
from tgl.ir import CallNode, Candidate, Const, Expr, Input, ListOf, Op
from tgl.stdfn import EvaluationError, evaluate


class GivenFields:
    """What an expression sees before a run: the given fields, and no node."""

    def __init__(self, given: Mapping[str, Given]) -> None:
        self._given = given

    def node(self, node: str) -> None:
        """Never asked: expressions over nodes are not evaluated here."""
        del node

    def field(self, port: str) -> Given | None:
        """A given field."""
        return self._given.get(port)


def worst_calls(candidate: Candidate, given: Mapping[str, Given]) -> int:
    """An upper bound on the calls of a candidate on one example, re-asks included."""
    fields = GivenFields(given)
    return sum(asks(node) for node in candidate.calls if may_hold(node.guard, fields))


def asks(node: CallNode) -> int:
    """How often a node may be asked; a greedy reply would only repeat itself."""
    return 1 if node.temperature == 0 else 1 + node.retry


def may_hold(guard: Expr | None, fields: GivenFields) -> bool:
    """Whether a guard can hold on this example."""
    match guard:
        case None:
            return True
        case Op(op="and", args=args):
            return all(may_hold(arg, fields) for arg in args)
        case Op(op="or", args=args):
            return any(may_hold(arg, fields) for arg in args)
        case _ if reads_given_only(guard):
            try:
                return evaluate(guard, fields) is True
            except EvaluationError:
                return True
        case _:
            return True


def reads_given_only(expr: Expr) -> bool:
    """Whether an expression reads nothing but given fields and constants."""
    match expr:
        case Const() | Input():
            return True
        case ListOf(items=parts) | Op(args=parts):
            return all(reads_given_only(part) for part in parts)
        case _:
            return False
