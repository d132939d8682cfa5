"""The functions by registered name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from tgl.ir import ANSWER_TEXT_FN, WITH_VECTOR_FN
from tgl.stdfn.core import above, at_least
from tgl.stdfn.lists import empty, pick, restore, shuffle, streak
from tgl.stdfn.meanings import answer_text, with_vector
from tgl.stdfn.numbers import largest, smallest
from tgl.stdfn.reduce import best, first, join, last, majority, top
from tgl.stdfn.replies import confidence, ended, perplexities, share_below, tokens
from tgl.stdfn.signals import agreement, lead, ran, size
from tgl.stdfn.texts import chunk, flat, length, mentions, paths
from tgl.stdfn.values import Value


@dataclass(frozen=True, slots=True)
class StdFunction:
    """A function with its ports, the first `required` of which have to be filled.

    `spread` tells that several arguments are members of its one port: `first(a, b)` is `first([a, b])`.
    """

    name: str
    ports: tuple[str, ...]
    required: int
    call: Callable[..., Value]
    spread: bool = False


FUNCTIONS: Mapping[str, StdFunction] = MappingProxyType(
    {
        function.name: function
        for function in (
            StdFunction("std.reduce:majority", ("xs",), 1, majority, spread=True),
            StdFunction("std.reduce:first", ("xs",), 1, first, spread=True),
            StdFunction("std.reduce:last", ("xs",), 1, last, spread=True),
            StdFunction("std.reduce:best", ("xs", "by"), 2, best),
            StdFunction("std.reduce:join", ("xs", "sep"), 1, join),
            StdFunction("std.reduce:top", ("xs", "by", "k"), 3, top),
            StdFunction("std.signals:lead", ("xs",), 1, lead, spread=True),
            StdFunction("std.reduce:pick", ("condition", "yes", "no"), 3, pick),
            StdFunction("std.list:shuffle", ("items", "salt"), 1, shuffle),
            StdFunction("std.list:restore", ("places", "order"), 2, restore),
            StdFunction("std.list:flat", ("xs",), 1, flat, spread=True),
            StdFunction("std.list:paths", ("start", "steps"), 2, paths),
            StdFunction("std.text:chunk", ("text", "about", "size"), 3, chunk),
            StdFunction("std.signals:length", ("text",), 1, length),
            StdFunction("std.signals:mentions", ("texts", "words"), 2, mentions),
            StdFunction("std.signals:streak", ("flags",), 1, streak, spread=True),
            StdFunction("core:empty", ("xs",), 1, empty, spread=True),
            StdFunction("core:max", ("xs",), 1, largest, spread=True),
            StdFunction("core:min", ("xs",), 1, smallest, spread=True),
            StdFunction("core:at_least", ("score", "best"), 2, at_least),
            StdFunction("core:above", ("score", "best"), 2, above),
            StdFunction(ANSWER_TEXT_FN, ("x",), 1, answer_text),
            StdFunction(WITH_VECTOR_FN, ("x", "vector"), 2, with_vector),
            StdFunction("std.signals:agreement", ("xs",), 1, agreement, spread=True),
            StdFunction("std.signals:ran", ("x",), 1, ran),
            StdFunction("std.signals:confidence", ("x", "mean"), 1, confidence),
            StdFunction("std.signals:perplexities", ("x",), 1, perplexities),
            StdFunction("std.signals:share_below", ("xs", "limit"), 2, share_below),
            StdFunction("std.signals:ended", ("x",), 1, ended),
            StdFunction("std.signals:tokens", ("x",), 1, tokens),
            StdFunction("std.signals:size", ("xs",), 1, size, spread=True),
        )
    }
)


NO_FUNCTIONS: Mapping[str, StdFunction] = MappingProxyType({})


def call_function(
    name: str,
    args: Sequence[Value],
    named: Mapping[str, Sequence[Value]],
    own: Mapping[str, StdFunction] = NO_FUNCTIONS,
) -> Value:
    """Call a registered function.

    Args:
        name: as registered; `size` is short for `std.signals:size`.
        args: positional arguments, in the order of the ports.
        named: values by port; several values of one port are its members. A node's inputs come this way.
            A name that is no port stands for the first one, which a program may have called otherwise
            (`fn majority(drafts: list)`).
        own: the functions of the program, besides those of the standard library.

    Raises:
        FunctionError: a function of the program failed.
        ValueError: no such function, or arguments that it does not take.
    """
    function = own.get(name) or FUNCTIONS.get("std.signals:size" if name == "size" else name)
    if function is None:
        raise ValueError(f"no function is registered as `{name}`")
    filled: dict[str, list[Value]] = {}
    for position, value in enumerate(args):
        if position >= len(function.ports) and not function.spread:
            raise ValueError(f"`{name}` takes {len(function.ports)} values, not {len(args)}")
        filled.setdefault(function.ports[0 if function.spread else position], []).append(value)
    for port, values in named.items():
        filled.setdefault(port if port in function.ports else function.ports[0], []).extend(values)
    for port in function.ports[: function.required]:
        if port not in filled and not function.spread:
            raise ValueError(f"`{name}` needs `{port}`")
    given = {port: values[0] if len(values) == 1 else tuple(values) for port, values in filled.items()}
    first_port = function.ports[0]
    return function.call(given.pop(first_port, None), **given)
