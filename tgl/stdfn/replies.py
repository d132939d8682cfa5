"""`std.signals`: what is recorded of a reply beside its text.

A message keeps it as long as it is handed on whole (`HANDED_ON`). What a function made, a text that was put
together, a field of a record and a given field are no reply of a model: of them everything here is absent.
A reply that could not be read is a reply all the same (G18), and has all of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from tgl.stdfn.values import Message, ReplyFacts, Value, number_in, plain, spliced

READING_LOGPROBS = frozenset({"std.signals:confidence", "std.signals:perplexities"})
"""Functions that read the log-probabilities of a message: the models that say it are asked for them."""

HANDED_ON: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "std.reduce:majority": frozenset[str](),
        "std.reduce:first": frozenset[str](),
        "std.reduce:last": frozenset[str](),
        "std.reduce:best": frozenset({"by"}),
        "std.list:flat": frozenset[str](),
        "std.reduce:top": frozenset({"by", "k"}),
        "std.reduce:pick": frozenset({"condition"}),
        "std.list:shuffle": frozenset({"salt"}),
        "core:value": frozenset[str](),
        "core:take": frozenset({"most"}),
        "core:with_vector": frozenset({"vector"}),
    }
)
"""Functions whose result is some of the messages that they get, and the ports that hold none of these."""

LARGEST = 700.0
"""No perplexity is larger than the exponential of this: that of a token that could not have come is not."""


def confidence(x: Value, mean: Value = None) -> Value:
    """How probable its own tokens were to the model that wrote a reply, in [0, 1].

    The geometric mean of the tokens' probabilities (DEER, arXiv 2504.15895), or the `arithmetic` one, or
    the `min`. Absent for what is no reply, and for one without tokens.

    Raises:
        ValueError: `x` is several messages, or there is no such mean.
    """
    word = "geometric" if mean is None else plain(mean)
    made = MEANS.get(word) if isinstance(word, str) else None
    if made is None:
        raise ValueError(f"the mean of a confidence is one of {', '.join(MEANS)}, not {word!r}")
    logprobs = logprobs_of("confidence", x)
    return made(logprobs) if logprobs else None


def geometric(logprobs: Sequence[float]) -> float:
    return math.exp(math.fsum(logprobs) / len(logprobs))


def arithmetic(logprobs: Sequence[float]) -> float:
    return math.fsum(map(math.exp, logprobs)) / len(logprobs)


def least(logprobs: Sequence[float]) -> float:
    return math.exp(min(logprobs))


MEANS: Mapping[str, Callable[[Sequence[float]], float]] = MappingProxyType(
    {"geometric": geometric, "arithmetic": arithmetic, "min": least}
)


def perplexities(x: Value) -> Value:
    """exp(-log-probability) of each token of a reply, >= 1, in order; absent for what is no reply.

    Raises:
        ValueError: `x` is several messages.
    """
    logprobs = logprobs_of("perplexities", x)
    return None if logprobs is None else tuple(math.exp(min(-value, LARGEST)) for value in logprobs)


def logprobs_of(name: str, x: Value) -> tuple[float, ...] | None:
    """The log-probabilities of a reply; rounding does not make a token surer than sure."""
    reply = reply_of(name, x)
    if reply is None or reply.logprobs is None:
        return None
    return tuple(min(value, 0.0) for value in reply.logprobs)


def share_below(xs: Value, limit: Value) -> Value:
    """The share of numbers below `limit`, in [0, 1]; absent without numbers.

    Raises:
        ValueError: something in `xs` is no number.
    """
    members, most = spliced(xs), number_in(limit)
    if not members or most is None:
        return None
    numbers = [number_in(member) for member in members]
    known = [number for number in numbers if number is not None]
    if len(known) < len(numbers):
        raise ValueError("`share_below` takes numbers")
    return sum(number < most for number in known) / len(known)


def ended(x: Value) -> Value:
    """Whether a reply came to an end, and was not cut at `max_tokens`; absent for what is no reply.

    Raises:
        ValueError: `x` is several messages.
    """
    reply = reply_of("ended", x)
    return None if reply is None else reply.whole


def tokens(x: Value) -> Value:
    """The completion tokens of a reply as recorded; absent for what is no reply.

    Raises:
        ValueError: `x` is several messages.
    """
    reply = reply_of("tokens", x)
    return None if reply is None else reply.tokens


def reply_of(name: str, x: Value) -> ReplyFacts | None:
    """What is recorded of a message."""
    members = spliced(x)
    if len(members) > 1:
        raise ValueError(f"`{name}` takes one message, and got {len(members)}")
    match members:
        case [Message(reply=reply)]:
            return reply
        case _:
            return None
