"""Decided values: where they belong in the text, and how they are spelled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from tgl.emit.figures import decided_number_text
from tgl.ir import ChoicePoint, Const, Expr, ListOf, ModelName, Options, ProgramIR, TextPlace, Value, WhatName
from tgl.syntax import ast, quoted
from tgl.text import Span


@dataclass(frozen=True)
class Decisions:
    """The choice points of a program and what was decided; inactive ones have no value."""

    ir: ProgramIR
    assignment: Mapping[str, Value]

    @cached_property
    def by_place(self) -> Mapping[tuple[str, int, int], tuple[ChoicePoint, ...]]:
        """Choice points by their `~` expression; a place that is copied has several (C2)."""
        found: dict[tuple[str, int, int], tuple[ChoicePoint, ...]] = {}
        for point in self.ir.choices:
            key = (point.place.source, point.place.start, point.place.end)
            found[key] = (*found.get(key, ()), point)
        return found

    @cached_property
    def by_address(self) -> Mapping[str, ChoicePoint]:
        return {point.address: point for point in self.ir.choices}

    def at(self, source: str, span: Span, prefix: str) -> ChoicePoint | None:
        """The active choice point of one copy of a place: the one whose address lies at or below `prefix`."""
        for point in self.by_place.get((source, span.start, span.end), ()):
            if point.address in self.assignment and is_below(point.address, prefix):
                return point
        return None

    def is_active(self, source: str, span: Span) -> bool:
        """Whether any copy of a place is decided."""
        return any(
            point.address in self.assignment
            for point in self.by_place.get((source, span.start, span.end), ())
        )


def is_below(address: str, prefix: str) -> bool:
    """Whether an address is `prefix` or continues it with a name, a number or an ordinal.

    >>> is_below("solve.a->b.port", "solve.a->b"), is_below("solve.a->bc", "solve.a->b")
    (True, False)
    """
    return address.startswith(prefix) and address[len(prefix) : len(prefix) + 1] in ("", ".", "#")


def option_position(point: ChoicePoint, value: Value) -> int | None:
    """Which of the options `value` is, from 0; None for a range or a yes/no."""
    if not isinstance(point.domain, Options):
        return None
    return next(
        (k for k, other in enumerate(point.domain.values) if other == value and type(other) is type(value)),
        None,
    )


def written_options(domain: ast.Expr) -> tuple[ast.Expr, ...] | None:
    """The options of a domain that lists them; None for a range, a name, a probability."""
    match domain:
        case ast.ListExpr(items=items):
            return items
        case ast.Weights(items=items):
            return tuple(value for value, _ in items)
        case ast.Call(func=ast.ListExpr() | ast.Weights() as listed):  # all with the same arguments
            return written_options(listed)
        case _:
            return None


Spell: TypeAlias = Callable[[ModelName | WhatName, str], str]
"""Names a model or a what in the file that is written; the second argument is the file that speaks of it."""


def value_text(point: ChoicePoint, value: Value, spell: Spell) -> str:
    """A decided value in the words of the language."""
    position = option_position(point, value)
    if position is not None and isinstance(point.domain, Options):
        return expr_text(point.domain.options[position], lambda name: spell(name, point.place.source))
    return literal_text(value)


def expr_text(expr: Expr, spell: Callable[[ModelName | WhatName], str]) -> str:
    """An option that is a literal, a name or a list of such."""
    match expr:
        case ModelName() | WhatName():
            return spell(expr)
        case ListOf(items=items):
            return "[" + ", ".join(expr_text(item, spell) for item in items) + "]"
        case Const(value=value):
            return literal_text(value)
        case _:
            raise TypeError(f"an option of a choice is a value, not {expr.kind}")


def literal_text(value: Value) -> str:
    """A number, text, yes/no or list of them."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return decided_number_text(value)
        case str():
            return quoted(value)
        case list():
            return "[" + ", ".join(literal_text(item) for item in value) + "]"
        case None | dict():
            raise TypeError(f"{value!r} is no value of the language")


def decided(ir: ProgramIR, assignment: Mapping[str, Value]) -> tuple[tuple[str, str], ...]:
    """What was chosen: address and value as text of each active choice, in order of declaration."""
    return tuple(
        (point.address, value_text(point, assignment[point.address], lambda name, _: name.name))
        for point in ir.choices
        if point.address in assignment
    )


def lies_in(place: TextPlace, source: str, span: Span) -> bool:
    """Whether a place lies within a span of a source."""
    return place.source == source and span.start <= place.start and place.end <= span.end
