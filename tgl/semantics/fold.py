"""Operators on values that are known before the run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tgl.ir import Const, Expr, Fn, Input, ListOf, ModelName, NodeRef, Op, Scalar, WhatName

ABSENT: Final = Const(value=None)
"""The value of what does not exist, such as `worker[0]` (language.md G15)."""


class FoldError(Exception):
    """Values that an operator cannot take; the message says so in the user's words."""


def op(name: str, *args: Expr) -> Expr:
    """The operator applied to its arguments, folded to a value where these are known.

    Args:
        name: as in `tgl.ir.Op`.
        args: operands.

    Raises:
        FoldError: if the operands are known and of the wrong type.
    """
    match name:
        case "and" | "or":
            return junction(name, args)
        case "not":
            return negation(args[0])
        case "==" | "!=":
            same = equal(args[0], args[1])
            return Op(op=name, args=args) if same is None else Const(value=same == (name == "=="))
        case "in":
            return member(args[0], args[1])
        case "at":
            return item(args[0], args[1])
        case "acyclic":
            return Op(op=name)
        case "range" | "subset":
            return Op(op=name, args=args)
        case "count":
            if all(isinstance(arg, Const) for arg in args):
                return Const(value=sum(arg == Const(value=True) for arg in args))
        case "size":
            if isinstance(args[0], ListOf):
                return Const(value=len(args[0].items))
        case "when":
            if isinstance(args[0], Const):
                return args[1] if args[0].value is True else ABSENT
        case "else":
            kept = tuple(arg for arg in args if arg != ABSENT)
            return kept[0] if len(kept) == 1 else Op(op=name, args=kept) if kept else ABSENT
        case "holds" | "get" | "tagged":
            pass
        case "max" | "min":
            return extreme(name, args)
        case "neg":
            if isinstance(args[0], Const):
                return Const(value=-number(args[0].value))
        case _:
            left, right = args
            if isinstance(left, Const) and isinstance(right, Const):
                return Const(value=binary(name, left.value, right.value))
    return Op(op=name, args=args)


def extreme(name: str, args: tuple[Expr, ...]) -> Expr:
    """The largest or smallest of some numbers and of those in lists; what is absent is skipped."""
    flat: list[Expr] = []
    for arg in args:
        flat += arg.items if isinstance(arg, ListOf) else (arg,)
    kept = [arg for arg in flat if arg != ABSENT]
    if not all(isinstance(arg, Const) for arg in kept):
        return Op(op=name, args=tuple(kept))
    numbers = [number(arg.value) for arg in kept if isinstance(arg, Const)]
    return Const(value=(max if name == "max" else min)(numbers)) if numbers else ABSENT


def junction(name: str, args: tuple[Expr, ...]) -> Expr:
    """`and` or `or`, three-valued: absent stays unless the other side decides (language.md G16)."""
    decisive = name == "or"
    left: list[Expr] = []
    for arg in args:
        parts = arg.args if isinstance(arg, Op) and arg.op == name else (arg,)
        for part in parts:
            if isinstance(part, Const) and isinstance(part.value, bool):
                if part.value is decisive:
                    return part
                continue
            if isinstance(part, Const) and part.value is not None:
                raise FoldError(f"`{name}` joins conditions, and {shown(part)} is none")
            left.append(part)
    if not left:
        return Const(value=not decisive)
    return left[0] if len(left) == 1 else Op(op=name, args=tuple(left))


def negation(arg: Expr) -> Expr:
    if isinstance(arg, Const):
        if arg.value is None:
            return ABSENT
        if not isinstance(arg.value, bool):
            raise FoldError(f"`not` takes a condition, and {shown(arg)} is none")
        return Const(value=not arg.value)
    return Op(op="not", args=(arg,))


def equal(left: Expr, right: Expr) -> bool | None:
    """Whether two values are the same; None if that is not known yet. Texts and names never equal numbers."""
    a, b = plain(left), plain(right)
    if a is None or b is None:
        return None
    return a == b


def plain(value: Expr) -> tuple[str, Scalar] | None:
    """A value that can be compared: a name is its text, and `1` is `1.0` but not `true`."""
    match value:
        case Const(value=None):
            return None
        case Const(value=bool(inner)):
            return ("bool", inner)
        case Const(value=str(inner)) | ModelName(name=inner) | WhatName(name=inner):
            return ("text", inner)
        case Const(value=inner):
            return ("number", inner)
        case _:
            return None


def member(value: Expr, items: Expr) -> Expr:
    if not isinstance(items, ListOf):
        if isinstance(items, Const) and items.value is not None:
            raise FoldError(f"`in` looks into a list, and {shown(items)} is none")
        return Op(op="in", args=(value, items))
    found = [equal(value, other) for other in items.items]
    if any(found):
        return Const(value=True)
    if all(same is False for same in found):
        return Const(value=False)
    return Op(op="in", args=(value, items))


def item(items: Expr, index: Expr) -> Expr:
    """The item at a 1-based index; absent outside of the list."""
    if isinstance(items, ListOf) and isinstance(index, Const):
        at = index.value
        if not isinstance(at, int) or isinstance(at, bool):
            raise FoldError(f"an index is a whole number, and {shown(index)} is none")
        return items.items[at - 1] if 1 <= at <= len(items.items) else ABSENT
    return Op(op="at", args=(items, index))


ARITHMETIC: Final[dict[str, Callable[[float, float], float]]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def binary(name: str, left: Scalar, right: Scalar) -> Scalar:
    """Arithmetic and order of numbers; `+` joins texts; absent stays absent."""
    if left is None or right is None:
        return None
    if name == "+" and isinstance(left, str) and isinstance(right, str):
        return left + right
    a, b = number(left), number(right)
    if name == "/":
        if b == 0:
            raise FoldError("this divides by zero")
        exact = isinstance(a, int) and isinstance(b, int) and a % b == 0
        return int(a // b) if exact else a / b
    return ARITHMETIC[name](a, b)


def number(value: Scalar) -> int | float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise FoldError(f"a number is needed here, and {shown(Const(value=value))} is none")
    return value


def shown(value: Expr) -> str:
    """A value in words, for messages."""
    match value:
        case Const(value=None):
            return "something absent"
        case Const(value=bool(inner)):
            return f"`{str(inner).lower()}`"
        case Const(value=str(inner)):
            return f'`"{inner}"`'
        case Const(value=inner):
            return f"`{inner}`"
        case ModelName(name=name) | WhatName(name=name):
            return f"`{name}`"
        case ListOf():
            return "a list"
        case _:
            return "this"


def parts(expr: Expr) -> tuple[Expr, ...]:
    """The expressions directly inside."""
    match expr:
        case ListOf(items=items):
            return items
        case Op(args=args):
            return args
        case Fn(args=args, named=named):
            return (*args, *(value for _, value in named))
        case _:
            return ()


def every(expr: Expr) -> list[Expr]:
    """The expression and all inside it."""
    return [expr, *(inner for part in parts(expr) for inner in every(part))]


def closing(value: Expr) -> Expr:
    """What an edge's condition is worth if the edge would close a circle."""
    match value:
        case Op(op="acyclic"):
            return Const(value=False)
        case Op(op=name, args=args):
            return op(name, *map(closing, args))
        case _:
            return value


def is_static(expr: Expr) -> bool:
    """Whether the value is decided with the program, before any run."""
    return not any(isinstance(found, (Input, NodeRef, Fn)) for found in every(expr))
