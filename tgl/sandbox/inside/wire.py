"""Values as bytes. What is decoded is plain data or a handle, whatever bytes arrive: no code is reached.

pickle would run code, marshal trusts its bytes, and JSON knows no tuples, sets or NaN.
"""

from __future__ import annotations

import struct

TYPE_CHECKING = False
# To import `typing`, here and in the modules beside, would be a third of the time that a run takes.
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, TypeAlias

    Value: TypeAlias = Any
    """What crosses is of no type that is known before."""

LENGTH = struct.Struct("!I")
FLOAT = struct.Struct("!d")

CONTAINERS: tuple[tuple[bytes, type], ...] = ((b"l", list), (b"t", tuple), (b"S", set), (b"z", frozenset))
KNOWN: dict[str, tuple[str, Callable[[Value], Iterable[object]]]] = {
    "Counter": ("collections", lambda value: (dict(value),)),
    "OrderedDict": ("collections", lambda value: (list(value.items()),)),
    "deque": ("collections", lambda value: (list(value), value.maxlen)),
    "Decimal": ("decimal", lambda value: (str(value),)),
    "Fraction": ("fractions", lambda value: (value.numerator, value.denominator)),
    "date": ("datetime", lambda value: (value.year, value.month, value.day)),
    "timedelta": ("datetime", lambda value: (value.days, value.seconds, value.microseconds)),
    "range": ("builtins", lambda value: (value.start, value.stop, value.step)),
    "bytearray": ("builtins", lambda value: (bytes(value),)),
}
"""Types of the standard library that cross as themselves: module, and what they are made of again."""


class Garbled(Exception):
    """Bytes that are no value."""


def encode(value: Value, out: bytearray, handle: Callable[[object], tuple[bytes, int]]) -> None:
    """Append a value; `handle` names an object that is no data by a tag and a number.

    A subclass of a type of data is sent as that data: what it redefines stays behind.
    """
    kind = kind_of(value)
    if value is None:
        out += b"N"
    elif kind is bool:
        out += b"T" if value else b"F"
    elif issubclass(kind, int):
        sized(b"i", b"%x" % int(value), out)
    elif issubclass(kind, float):
        out += b"f" + FLOAT.pack(value)
    elif kind is complex:
        out += b"c" + FLOAT.pack(value.real) + FLOAT.pack(value.imag)
    elif issubclass(kind, str):
        sized(b"s", str.encode(value, "utf-8", "surrogatepass"), out)
    elif issubclass(kind, bytes):
        sized(b"b", bytes(value), out)
    elif KNOWN.get(kind.__qualname__, ("", None))[0] == kind.__module__:
        sized(b"x", kind.__qualname__.encode(), out)
        encode(tuple(KNOWN[kind.__qualname__][1](value)), out, handle)
    elif issubclass(kind, dict):
        out += b"d" + LENGTH.pack(len(value))
        for key, item in value.items():
            encode(key, out, handle)
            encode(item, out, handle)
    else:
        for tag, container in CONTAINERS:
            if issubclass(kind, container):
                members: list[object] = list(value)
                out += tag + LENGTH.pack(len(members))
                for member in members:
                    encode(member, out, handle)
                return
        tag, number = handle(value)
        out += tag + LENGTH.pack(number)


def kind_of(value: object) -> type[object]:
    return type(value)


def sized(tag: bytes, data: bytes, out: bytearray) -> None:
    out += tag + LENGTH.pack(len(data)) + data


class Decoder:
    """Reads one value from bytes; `handle` turns a tag and a number into an object."""

    def __init__(self, data: bytes, handle: Callable[[bytes, int], object]) -> None:
        self.data = data
        self.at = 0
        self.handle = handle

    def take(self, size: int) -> bytes:
        taken = self.data[self.at : self.at + size]
        if len(taken) < size:
            raise Garbled
        self.at += size
        return taken

    def length(self) -> int:
        return LENGTH.unpack(self.take(4))[0]

    def floating(self) -> float:
        return FLOAT.unpack(self.take(8))[0]

    def value(self) -> Value:
        """The next value.

        Raises:
            Garbled: there is none; or others, such as TypeError for a key that can't be one.
        """
        match tag := self.take(1):
            case b"N":
                return None
            case b"T" | b"F":
                return tag == b"T"
            case b"i":
                return int(self.take(self.length()), 16)
            case b"f":
                return self.floating()
            case b"c":
                return complex(self.floating(), self.floating())
            case b"s":
                return self.take(self.length()).decode("utf-8", "surrogatepass")
            case b"b":
                return self.take(self.length())
            case b"l":
                return [self.value() for _ in range(self.length())]
            case b"t":
                return tuple([self.value() for _ in range(self.length())])
            case b"S":
                return {self.value() for _ in range(self.length())}
            case b"z":
                return frozenset([self.value() for _ in range(self.length())])
            case b"d":
                return {self.value(): self.value() for _ in range(self.length())}
            case b"x":
                name = self.take(self.length()).decode()
                if name not in KNOWN:
                    raise Garbled
                return getattr(__import__(KNOWN[name][0]), name)(*self.value())
            case _:
                return self.handle(tag, self.length())
