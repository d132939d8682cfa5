"""The value of static expressions: of the IR under an assignment, of the tree under index variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias, assert_never

from tgl.ir import (
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
    Value,
    WhatName,
    subset_places,
)
from tgl.syntax import ast


class Unknown(Enum):
    """Stands for a value that the program alone does not tell."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN
Known: TypeAlias = "Value | Unknown"


@dataclass(frozen=True, slots=True)
class Facts:
    """What static expressions of the IR read: decisions by address, what and model of a node by its id.

    A what is its name and the file that declares it.
    """

    decided: Callable[[str], Known]
    what: Callable[[str], tuple[str, str] | None]
    model: Callable[[str], str | None]


def static_value(expr: Expr, facts: Facts) -> Known:
    """The value of an expression of the IR; `and` and `or` do not need both sides."""
    match expr:
        case Const(value=value):
            return value
        case ModelName(name=name) | WhatName(name=name):
            return name
        case ChoiceRef(address=address):
            return facts.decided(address)
        case Is(node=node, what=what, home=home):
            return facts.what(node) == (what, home)
        case ModelOf(node=node):
            return facts.model(node)
        case ListOf(items=items):
            values = [static_value(item, facts) for item in items]
            return UNKNOWN if UNKNOWN in values else [value for value in values if value is not UNKNOWN]
        case Op(op=op, args=args):
            return operation(op, [static_value(arg, facts) for arg in args])
        case Input() | NodeRef() | Fn():
            return UNKNOWN
        case _:
            assert_never(expr)


def operation(op: str, values: list[Known]) -> Known:
    """The value of a built-in operator."""
    if op == "and":
        return False if False in values else UNKNOWN if UNKNOWN in values else True
    if op == "or":
        return True if True in values else UNKNOWN if UNKNOWN in values else False
    if op == "when":
        return UNKNOWN if values[0] is UNKNOWN else values[1] if values[0] is True else None
    if op == "else":
        return next((value for value in values if value is not None), None)
    if UNKNOWN in values:
        return UNKNOWN
    match op, values:
        case "not", [bool() as value]:
            return not value
        case "==", [left, right]:
            return left == right
        case "!=", [left, right]:
            return left != right
        case "in", [left, list() as right]:
            return left in right
        case "range", [int() as low, int() as high]:
            return [*range(low, high + 1)]
        case "subset", [list() as items, int() as size, list() as salt]:
            return [items[place] for place in subset_places(len(items), size, salt)]
        case "size", [list() as items]:
            return len(items)
        case "at", [list() as items, int() as index]:
            return items[index - 1] if 1 <= index <= len(items) else UNKNOWN
        case "max" | "min", _:
            return extreme(op, values)
        case "neg" | "-", [int() | float() as value]:
            return -value
        case _, [int() | float() as left, int() | float() as right]:
            return arithmetic(op, left, right)
        case _:
            return UNKNOWN


def extreme(op: str, values: list[Known]) -> Known:
    """The largest or smallest number, lists spliced."""
    flat = [item for value in values for item in (value if isinstance(value, list) else [value])]
    numbers = [item for item in flat if isinstance(item, int | float) and not isinstance(item, bool)]
    if len(numbers) < len([item for item in flat if item is not None]) or not numbers:
        return UNKNOWN
    return (max if op == "max" else min)(numbers)


def arithmetic(op: str, left: float, right: float) -> Known:
    match op:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left / right if right else UNKNOWN
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case ">=":
            return left >= right
        case _:
            return UNKNOWN


def undecided(_: ast.Choice) -> Known:
    """What a choice means where nobody tells."""
    return UNKNOWN


def tree_value(
    expr: ast.Expr, names: Mapping[str, Known], decided: Callable[[ast.Choice], Known] = undecided
) -> Known:
    """The value of an index as it stands in the text: numbers, `names` and arithmetic; else unknown.

    Of a list that holds something else than numbers, those items are None: its size is known all the same.
    """

    def value(part: ast.Expr) -> Known:
        return tree_value(part, names, decided)

    match expr:
        case ast.Number(value=number, unit=""):
            return number
        case ast.Name(id=name):
            return names.get(name, UNKNOWN)
        case ast.Choice():
            return decided(expr)
        case ast.ListExpr(items=items):
            known = [value(item) for item in items]
            return [None if item is UNKNOWN else item for item in known]
        case ast.Unary(op="-", operand=operand):
            return operation("neg", [value(operand)])
        case ast.Binary(op=op, left=left, right=right):
            return operation(op, [value(left), value(right)])
        case ast.Call(func=ast.Name(id="size"), args=(ast.Arg(value=listed, when=None),)):
            return operation("size", [value(listed)])
        case ast.Call(func=ast.Name(id="max" | "min" as name), args=args):
            return operation(name, [value(arg.value) for arg in args])
        case ast.Index(base=base, args=(ast.Arg(value=index, when=None),)):
            found = operation("at", [value(base), value(index)])
            return UNKNOWN if found is None else found
        case _:
            return UNKNOWN
