"""Conditions of which parts are decided: what is left of a `when`, and whether that is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from tgl.emit.statics import tree_value
from tgl.syntax import ast

Texts: TypeAlias = "list[str | None]"
"""One text for each copy, None where the copy has none."""


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy of a place: where its choices' addresses begin, and its index variables before and after."""

    prefix: str
    old: Mapping[str, int] = field(default_factory=dict[str, int])
    new: Mapping[str, int] = field(default_factory=dict[str, int])


class Rendering(Protocol):
    """Renders expressions."""

    def texts(self, expr: ast.Expr, copies: Sequence[Copy], *, shared: bool) -> Texts:
        """The expression for each copy."""
        ...

    def one(self, expr: ast.Expr, copy: Copy) -> str | None:
        """The expression for a single copy."""
        ...

    def with_parts(self, expr: ast.Expr, *parts: tuple[ast.Expr, str]) -> str:
        """The source of an expression with parts replaced."""
        ...


def settled(
    on: Rendering, expr: ast.Expr, copies: Sequence[Copy], *, positive: bool, shared: bool
) -> list[str | bool]:
    """A part of a `when`; what is absent keeps the whole from holding, so under a `not` it is `true`."""
    match expr:
        case ast.Unary(op="not", operand=operand):
            inner = settled(on, operand, copies, positive=not positive, shared=shared)
            return [
                not part if isinstance(part, bool) else on.with_parts(expr, (operand, part)) for part in inner
            ]
        case ast.Binary(op="and" | "or" as op, left=left, right=right):
            sides = [settled(on, side, copies, positive=positive, shared=shared) for side in (left, right)]
            return [joint(on, expr, op == "or", *row) for row in zip(*sides, strict=True)]
        case ast.Call(func=ast.Name(id="ran"), args=(ast.Arg(value=value, when=None),)):
            texts = on.texts(value, copies, shared=shared)
            return [False if text is None else on.with_parts(expr, (value, text)) for text in texts]
        case _:
            texts = on.texts(expr, copies, shared=shared)
            return [not positive if text is None else text for text in texts]


def outcome(on: Rendering, expr: ast.Expr, copy: Copy, *, positive: bool) -> bool | None:
    """Whether what is left of a `when` holds, None if the run tells."""
    match expr:
        case ast.Unary(op="not", operand=operand):
            inner = outcome(on, operand, copy, positive=not positive)
            return None if inner is None else not inner
        case ast.Binary(op="and" | "or" as op, left=left, right=right):
            sides = [outcome(on, side, copy, positive=positive) for side in (left, right)]
            decisive = op == "or"
            return decisive if decisive in sides else None if None in sides else not decisive
        case ast.Call(func=ast.Name(id="ran"), args=(ast.Arg(value=value, when=None),)):
            return None if on.one(value, copy) is not None else False
        case _:
            value = tree_value(expr, copy.old)
            return value if isinstance(value, bool) else None if on.one(expr, copy) else not positive


def joint(on: Rendering, expr: ast.Binary, decisive: bool, left: str | bool, right: str | bool) -> str | bool:
    """Two conditions in one, of which some may be known."""
    if left is decisive or right is decisive:
        return decisive
    if isinstance(left, bool):
        return right
    if isinstance(right, bool):
        return left
    return on.with_parts(expr, (expr.left, left), (expr.right, right))
