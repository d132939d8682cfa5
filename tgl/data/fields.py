"""Fields that are made from the fields of a file, and the condition on rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

from pydantic import JsonValue

from tgl.data.problems import BadFilter, Findings, MissingField
from tgl.data.values import Row, as_text, is_scalar, kind_of, shortened
from tgl.ir import SLOT, Const, Expr, FieldSpec, Input, ListOf, Op

Truth: TypeAlias = bool | None


class UndecidedError(Exception):
    """A condition that has no value for a row; the message says why."""


def with_fields(row: Row, made: Sequence[FieldSpec], findings: Findings) -> Row | None:
    """The row with made fields, or None after adding which fields it lacks.

    All are made from the fields of the file, so that two may change places.
    """
    if not made:
        return row
    values: dict[str, JsonValue] = dict(row.values)
    missing: dict[str, str] = {}
    for field in made:
        missing |= {name: field.name for name in field.sources if name not in row.values}
        if any(name not in row.values for name in field.sources):
            continue
        values[field.name] = (
            filled(field.source, row.values) if field.is_template else row.values[field.source]
        )
    for name, field in missing.items():
        asked = f"`fields {field}: …` in the task"
        findings.add(MissingField(name, row.place, 0, tuple(row.values), asked))
    return None if missing else Row(values, row.place)


def filled(template: str, values: Mapping[str, JsonValue]) -> str:
    """A template with the values of fields as texts."""
    return SLOT.sub(lambda slot: as_text(values[slot[1]]), template)


def is_kept(row: Row, where: Expr | None, findings: Findings) -> bool:
    """Whether a row counts. A condition that is not decided, as on a field that is null, does not hold."""
    if where is None:
        return True
    try:
        return truth(where, row) is True
    except MissingError as error:
        findings.add(MissingField(error.field, row.place, 0, tuple(row.values), "`where` in the task"))
    except UndecidedError as error:
        findings.add(BadFilter(row.place, str(error)))
    return False


class MissingError(Exception):
    """A row has no field of a name."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def truth(expr: Expr, row: Row) -> Truth:
    """Three-valued, as everywhere in the language: null on a side makes a comparison undecided.

    Raises:
        UndecidedError: values of different kinds are compared.
        MissingError: the row lacks a field.
    """
    match expr:
        case Op(op="and" | "or" as name, args=args):
            decisive = name == "or"
            found = [truth(arg, row) for arg in args]
            return decisive if decisive in found else None if None in found else not decisive
        case Op(op="not", args=(inner,)):
            found_one = truth(inner, row)
            return None if found_one is None else not found_one
        case Op(op="in", args=(left, ListOf(items=items))):
            each = [compared("==", value_of(left, row), value_of(item, row), left) for item in items]
            return True if True in each else None if None in each else False
        case Op(op=name, args=(left, right)):
            return compared(name, value_of(left, row), value_of(right, row), left)
        case _:
            value = value_of(expr, row)
            if value is None or isinstance(value, bool):
                return value
            raise UndecidedError(f"{named(expr)} is {kind_of(value)}, not true or false")


def value_of(expr: Expr, row: Row) -> JsonValue:
    """A field's value, or a constant."""
    match expr:
        case Const(value=value):
            return value
        case Input(port=port):
            if port not in row.values:
                raise MissingError(port)
            return row.values[port]
        case _:
            raise UndecidedError("it compares fields with values only")


def compared(op: str, left: JsonValue, right: JsonValue, named_by: Expr) -> Truth:
    """A comparison of two values; a text that is a number is one beside a number (all of CSV is text)."""
    if left is None or right is None:
        return None
    if not is_scalar(left) or not is_scalar(right):
        raise UndecidedError(f"{named(named_by)} is {kind_of(left if not is_scalar(left) else right)}")
    if isinstance(left, bool) or isinstance(right, bool):
        pair = (truth_value(left), truth_value(right))
        if op not in ("==", "!=") or None in pair:
            raise UndecidedError(f"{named(named_by)} is {kind_of(left)}, compared with {kind_of(right)}")
        return (pair[0] == pair[1]) == (op == "==")
    if isinstance(left, str) and isinstance(right, str):
        return ordered(op, (left > right) - (left < right))
    numbers = (number(left), number(right))
    if numbers[0] is None or numbers[1] is None:
        shown = shortened(as_text(left if numbers[0] is None else right), 30)
        raise UndecidedError(f"{named(named_by)} is the text “{shown}”, compared with a number")
    return ordered(op, (numbers[0] > numbers[1]) - (numbers[0] < numbers[1]))


def ordered(op: str, sign: int) -> bool:
    """What a comparison says of the sign of a difference."""
    match op:
        case "==":
            return sign == 0
        case "!=":
            return sign != 0
        case "<":
            return sign < 0
        case "<=":
            return sign <= 0
        case ">":
            return sign > 0
        case _:
            return sign >= 0


def truth_value(value: JsonValue) -> bool | None:
    """True or false, also as the words that tables hold."""
    if isinstance(value, bool):
        return value
    words = {"true": True, "false": False}
    return words.get(value.strip().lower()) if isinstance(value, str) else None


def number(value: JsonValue) -> Decimal | None:
    """The number that a value is, exactly."""
    if isinstance(value, int | float):
        return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    try:
        found = Decimal(value.strip()) if isinstance(value, str) else None
    except InvalidOperation:
        return None
    return found if found is not None and found.is_finite() else None


def named(expr: Expr) -> str:
    """A side of a comparison in words."""
    return f"`{expr.port}`" if isinstance(expr, Input) else "a value"
