"""Two processes that call each other's functions over a socket; only data and handles cross it."""

from __future__ import annotations

import _operator
import builtins
import os

from tgl.sandbox.inside.wire import LENGTH, Decoder, encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import NoReturn

    from tgl.sandbox.inside.wire import Value

LARGEST = 16 * 2**20
"""Bytes of one message."""
LONGEST = 160
"""Code points of an exception's text."""


class Lost(BaseException):
    """The other side is gone, or sends what is no message. No `except Exception` of a test swallows it."""


class Ended(Lost):
    """The other side asked to exit."""


class TooLarge(Lost):
    """The other side sends more than a message may hold."""


class Remote:
    """An object of the other side.

    It is equal to nothing but what the other side holds equal among its own objects: a class whose `__eq__`
    always says yes is equal to no expected value. It has no arithmetic and no order, for the same reason.
    """

    __slots__ = ("remote_key", "remote_peer")
    remote_peer: Peer
    remote_key: int

    def __init__(self, peer: Peer, key: int) -> None:
        object.__setattr__(self, "remote_peer", peer)
        object.__setattr__(self, "remote_key", key)

    def __getattr__(self, name: str) -> Value:
        if name.startswith("__") and name not in {"__name__", "__doc__"}:
            raise AttributeError(name)
        return self.remote_peer.ask("getattr", self, name)

    def __setattr__(self, name: str, value: object) -> None:
        self.remote_peer.ask("setattr", self, name, value)

    def __call__(self, *arguments: Value, **named: Value) -> Value:
        value, after = self.remote_peer.ask("call", self, list(arguments), named)
        for mine, theirs in zip((*arguments, *named.values()), after, strict=False):
            put_back(mine, theirs)
        return value

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Remote):
            return self.remote_key == other.remote_key or self.remote_peer.ask("eq", self, other) is True
        return False

    def __hash__(self) -> int:
        return hash(self.remote_key)

    def __bool__(self) -> bool:
        return self.remote_peer.ask("bool", self) is True

    def __str__(self) -> str:
        return str(self.remote_peer.ask("str", self))

    def __repr__(self) -> str:
        return str(self.remote_peer.ask("repr", self))

    def __len__(self) -> int:
        return self.remote_peer.ask("len", self)

    def __getitem__(self, key: object) -> Value:
        return self.remote_peer.ask("getitem", self, key)

    def __setitem__(self, key: object, value: object) -> None:
        self.remote_peer.ask("setitem", self, key, value)

    def __iter__(self) -> Iterator[Value]:
        return self.remote_peer.ask("iter", self)

    def __next__(self) -> Value:
        return self.remote_peer.ask("next", self)


def put_back(mine: Value, theirs: Value) -> None:
    """What a function did to an argument in its own process, done to the argument here."""
    if type(mine) is not type(theirs) or isinstance(mine, str | bytes | tuple) or mine == theirs:
        return
    if isinstance(mine, list | bytearray):
        mine[:] = theirs
    elif isinstance(mine, dict):
        mine.clear()
        for key in theirs:  # a Counter's `update` and `|=` count
            mine[key] = theirs[key]
    elif isinstance(mine, set):
        mine.clear()
        mine |= theirs
    elif type(mine).__name__ == "deque":
        mine.clear()
        mine.extend(theirs)


def is_mutable(value: Value) -> bool:
    return isinstance(value, list | dict | set | bytearray) or type(value).__name__ == "deque"


def called(function: Value, arguments: list[Value], named: dict[str, Value]) -> tuple[Value, list[Value]]:
    value = function(*arguments, **named)
    given = [*arguments, *named.values()]
    return value, given if any(is_mutable(one) for one in given) else []


OPERATIONS: dict[str, Callable[..., Value]] = {
    "call": called,
    "getattr": getattr,
    "setattr": setattr,
    "eq": _operator.eq,
    "bool": bool,
    "str": str,
    "repr": repr,
    "len": len,
    "getitem": _operator.getitem,
    "setitem": _operator.setitem,
    "iter": iter,
    "next": next,
}


class Peer:
    """This side of the socket.

    Args:
        channel: the socket's file descriptor.
        allowed: whether the other side may do this operation with this object of ours.
        named: what the other side's question for a name answers.
    """

    def __init__(
        self,
        channel: int,
        allowed: Callable[[str, list[Value]], bool],
        named: Callable[[str], object],
    ) -> None:
        self.channel = channel
        self.allowed = allowed
        self.named = named
        self.held: dict[int, object] = {}
        self.keys: dict[int, int] = {}
        self.lost: Lost | None = None
        self.raised: BaseException | None = None

    def ask(self, operation: str, *operands: object) -> Value:
        """What the other side answers.

        Raises:
            Lost: it is gone.
            Exception: what it raised, as the nearest built-in class.
        """
        if self.lost is not None:
            raise self.lost
        self.send(("ask", operation, *operands))
        while True:
            match self.receive():
                case ("is", value):
                    return value
                case ("raised", str(name), str(text)):
                    # Out of a call it would end a `map` of the tests as if there were no more cases.
                    ends = name == "StopIteration" and operation != "next"
                    self.raised = RuntimeError(f"it raised {name}") if ends else rebuilt(name, text)
                    raise self.raised
                case ("ended", str(text)):
                    self.lose(Ended(text))
                case ("ask", str(asked), *given):
                    self.send(self.answer(asked, given))
                case _:
                    self.lose(Lost("it broke the protocol"))

    def answer(self, operation: str, operands: list[Value]) -> tuple[object, ...]:
        """Do what the other side asks for."""
        try:
            if operation == "name":
                return ("is", self.named(*operands))
            if operation not in OPERATIONS or not self.allowed(operation, operands):
                raise TypeError("out of bounds")
            return ("is", OPERATIONS[operation](*operands))
        except (SystemExit, KeyboardInterrupt) as error:
            return ("ended", f"it raised {type(error).__name__}")
        except Exception as error:
            return ("raised", *described(error))

    def serve(self) -> None:
        """Answer until the other side is gone."""
        while self.lost is None:
            try:
                match self.receive():
                    case ("ask", str(operation), *operands):
                        self.send(self.answer(operation, operands))
                    case _:
                        self.lose(Lost("it broke the protocol"))
            except Lost:
                return

    def lose(self, loss: Lost) -> NoReturn:
        self.lost = loss
        raise loss

    def export(self, value: object) -> tuple[bytes, int]:
        if isinstance(value, Remote):
            return b"y", value.remote_key
        key = self.keys.setdefault(id(value), len(self.keys))
        self.held[key] = value
        return b"m", key

    def imported(self, tag: bytes, key: int) -> object:
        match tag:
            case b"m":
                return Remote(self, key)
            case b"y":
                return self.held[key]
            case _:
                raise ValueError(tag)

    def send(self, message: tuple[object, ...]) -> None:
        """Write one message; one that can't be encoded becomes what went wrong."""
        out = bytearray(4)
        try:
            encode(message, out, self.export)
            if len(out) > LARGEST:
                raise OverflowError("a value of more than 16 MiB")
        except Exception as error:
            if message[0] == "ask":
                raise
            out = bytearray(4)
            encode(("raised", *described(error)), out, self.export)
        LENGTH.pack_into(out, 0, len(out) - 4)
        left = memoryview(out)
        try:
            while left:
                left = left[os.write(self.channel, left) :]
        except OSError:
            self.lose(Lost("it ended"))

    def receive(self) -> Value:
        """Read one message."""
        size = LENGTH.unpack(self.read(4))[0]
        if size > LARGEST:
            self.lose(TooLarge("a value of more than 16 MiB"))
        decoder = Decoder(self.read(size), self.imported)
        try:
            return decoder.value()
        except MemoryError:
            raise
        except Exception:
            self.lose(Lost("it broke the protocol"))

    def read(self, size: int) -> bytes:
        parts: list[bytes] = []
        while size:
            try:
                part = os.read(self.channel, min(size, 1 << 20))
            except OSError:
                part = b""
            if not part:
                self.lose(Lost("it ended"))
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


def rebuilt(name: str, text: str) -> Exception:
    """A built-in exception; a RuntimeError in place of what is none, or can't be made of a text."""
    kind = getattr(builtins, name, None)
    if isinstance(kind, type) and issubclass(kind, Exception):
        try:
            return kind(text)
        except TypeError:
            pass
    return RuntimeError(text)


def described(error: BaseException) -> tuple[str, str]:
    """The nearest built-in class of an exception, and its text."""
    name = next((kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins"), "Exception")
    try:
        text = str(error)[:LONGEST]
    except Exception:
        text = ""
    own = type(error).__name__
    return name, text if name == own else f"{own}: {text}"[:LONGEST]
