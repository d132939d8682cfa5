"""What can be known of a value that is still open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, Flag
from typing import TypeAlias

from tgl.stdfn.values import Value


class Open(Enum):
    """A value that is not known yet."""

    ONE = "one value or nothing, never a list and never an error"
    ANY = "anything, an error too"


class Truth(Flag):
    """The outcomes that a condition can still have."""

    YES = 1
    NO = 2
    ABSENT = 4
    ERROR = 8


@dataclass(frozen=True, slots=True)
class Range:
    """A number in [low, high], both of which can come out; `absent`: or none at all."""

    low: float
    high: float
    absent: bool = False


Partial: TypeAlias = "Value | Open | Truth | Range | tuple[Partial, ...]"
"""A run-time value, or what is known of one."""


def is_settled(value: Partial) -> bool:
    """Whether nothing of a value is open."""
    if isinstance(value, tuple):
        return all(is_settled(member) for member in value)
    return not isinstance(value, Open | Truth | Range)


def may_fail(value: Partial) -> bool:
    """Whether a value may turn out to be an error."""
    match value:
        case tuple():
            return any(map(may_fail, value))
        case Truth():
            return bool(value & Truth.ERROR)
        case _:
            return value is Open.ANY


def settled_all(values: Iterable[Partial]) -> list[Value] | None:
    """Values of which nothing is open, or None."""
    found: list[Value] = []
    for value in values:
        if isinstance(value, tuple):
            members = settled_all(value)
            if members is None:
                return None
            found.append(tuple(members))
        elif isinstance(value, Open | Truth | Range):
            return None
        else:
            found.append(value)
    return found
