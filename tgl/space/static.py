"""Evaluation of static expressions while some choices are still open.

A value is `UNKNOWN` as long as an open choice matters to it: `false and ?` is false (Kleene). `None`
stands for absent.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Final, TypeAlias

from pydantic import JsonValue

from tgl.ir import Const, Expr, ListOf, ModelName, Op, Scalar, WhatName, subset_places


class Unknown(Enum):
    """The type of `UNKNOWN`."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN

Static: TypeAlias = "Scalar | ModelName | WhatName | tuple[Static, ...]"


COMPARED: Final[Mapping[str, Callable[[int, int], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


def operate(op: str, args: Sequence[Static | Unknown]) -> Static | Unknown:
    """The value of a built-in operator, `UNKNOWN` if an unknown argument matters.

    Raises:
        ValueError: for an operator that does not exist or arguments it does not take.
    """
    match op:
        case "and" | "or":
            decisive = op == "or"
            if any(arg is decisive for arg in args):
                return decisive
            if any(arg is UNKNOWN for arg in args):
                return UNKNOWN
            return None if any(arg is None for arg in args) else not decisive
        case _:
            compared = COMPARED.get(op)
            if compared is not None and type(left := args[0]) is int and type(right := args[1]) is int:
                return compared(left, right)  # by far the most frequent: `3 <= count`
    known = [arg for arg in args if not isinstance(arg, Unknown)]
    if len(known) < len(args):
        return UNKNOWN
    if op == "when":
        return known[1] if known[0] is True else None
    if op == "else":
        return next((arg for arg in known if arg is not None), None)
    if op in ("max", "min"):
        return _extreme(op, known)
    if op == "holds":
        return known[0] is True
    if any(arg is None for arg in known):
        return None
    match op, known:
        case "not", [bool(value)]:
            return not value
        case "==", [left, right]:
            return _plain(left) == _plain(right)
        case "!=", [left, right]:
            return _plain(left) != _plain(right)
        case "in", [item, tuple(items)]:
            return any(_plain(item) == _plain(other) for other in items)
        case "at", [tuple(items), int(index)]:
            return items[index - 1] if 1 <= index <= len(items) else None
        case "<" | "<=" | ">" | ">=", [str(left), str(right)]:
            return _ordered(op, (left > right) - (left < right))
        case "<" | "<=" | ">" | ">=", [int(left) | float(left), int(right) | float(right)]:
            return _ordered(op, (left > right) - (left < right))
        case "range", [int(low), int(high)]:
            return tuple(range(low, high + 1))
        case "subset", [tuple(items), int(size), salt]:
            return tuple(items[place] for place in subset_places(len(items), size, _salt(salt)))
        case "size", [tuple(items)]:
            return len(items)
        case "neg", [int(value) | float(value)]:
            return -value
        case "+", [str(left), str(right)]:
            return left + right
        case "+" | "-" | "*" | "/", [int(left) | float(left), int(right) | float(right)]:
            return _arithmetic(op, left, right)
        case _:
            raise ValueError(f"operator {op} does not take {known!r}")


def _extreme(op: str, args: Sequence[Static]) -> Static:
    """The largest or smallest number, lists spliced; None without any."""
    numbers: list[int | float] = []
    for arg in args:
        for item in arg if isinstance(arg, tuple) else (arg,):
            if isinstance(item, int | float) and not isinstance(item, bool):
                numbers.append(item)
            elif item is not None:
                raise ValueError(f"operator {op} does not take {item!r}")
    return (max if op == "max" else min)(numbers) if numbers else None


def _salt(value: Static) -> list[JsonValue]:
    """The salt of a subset, as JSON values."""
    match value:
        case tuple():
            return [part for item in value for part in _salt(item)]
        case ModelName() | WhatName():
            return [value.name]
        case _:
            return [value]


def supposing(condition: Expr, *, acyclic: bool) -> Expr:
    """An edge's condition if the edge closes no circle, or if it does."""
    if not isinstance(condition, Op):
        return condition
    if condition.op == "acyclic":
        return Const(value=acyclic)
    args = [supposing(arg, acyclic=acyclic) for arg in condition.args]
    if condition.op not in ("and", "or"):
        return Op(op=condition.op, args=tuple(args))
    decisive = Const(value=condition.op == "or")
    if decisive in args:
        return decisive
    kept = tuple(arg for arg in args if arg != Const(value=condition.op == "and"))
    if len(kept) < 2:
        return kept[0] if kept else Const(value=condition.op == "and")
    return Op(op=condition.op, args=kept)


def as_expr(value: Static) -> Expr:
    """The literal of a value."""
    match value:
        case ModelName() | WhatName():
            return value
        case tuple():
            return ListOf(items=tuple(as_expr(item) for item in value))
        case _:
            return Const(value=value)


def _plain(value: Static) -> tuple[str, Static]:
    """A value that can be compared: a name is its text, and 1 is 1.0 but not true."""
    match value:
        case ModelName() | WhatName():
            return "text", value.name
        case bool():
            return "truth", value
        case str():
            return "text", value
        case tuple():
            return "list", tuple(as_expr(item).model_dump_json() for item in value)
        case _:
            return "number", value


def _ordered(op: str, sign: int) -> bool:
    match op:
        case "<":
            return sign < 0
        case "<=":
            return sign <= 0
        case ">":
            return sign > 0
        case _:
            return sign >= 0


def _arithmetic(op: str, left: float, right: float) -> float | None:
    match op:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case _:
            return left / right if right else None
