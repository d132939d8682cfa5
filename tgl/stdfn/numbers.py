"""`max` and `min`, which programs have without a `use`."""

from __future__ import annotations

from decimal import Decimal

from tgl.keys import Answer
from tgl.stdfn.values import Message, Value, listed, number_in, spliced


def largest(xs: Value) -> Value:
    """The largest of some numbers; absent and unread ones are skipped, and answers that are no numbers."""
    return whole(max(numbers("max", xs), default=None))


def smallest(xs: Value) -> Value:
    """The smallest of some numbers, else as `largest`."""
    return whole(min(numbers("min", xs), default=None))


def numbers(name: str, xs: Value) -> list[Decimal]:
    """The numbers among some values.

    Raises:
        ValueError: one of them is something else than a number.
    """
    found: list[Decimal] = []
    for member in spliced(listed(xs)):
        number = number_in(member)
        if number is not None:
            found.append(number)
        elif not (isinstance(member, Message) and (member.value is None or isinstance(member.value, Answer))):
            raise ValueError(f"`{name}` takes numbers")
    return found


def whole(number: Decimal | None) -> int | float | None:
    """A number as programs have it: whole ones stay whole."""
    if number is None:
        return None
    return int(number) if number == number.to_integral_value() else float(number)
