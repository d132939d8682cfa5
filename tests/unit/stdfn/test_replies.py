"""Signals of a reply: by hand, and of what is no reply."""

from __future__ import annotations

import math
from itertools import product

import pytest

from tgl.stdfn import FUNCTIONS, HANDED_ON, Message, Record, ReplyFacts, Value, call_function, spliced


def reply(*chances: float, whole: bool = True, text: str = "4", value: object = "4") -> Message:
    """A reply of a model whose tokens had these probabilities; it took one token more, for its end."""
    logprobs = tuple(math.log(chance) for chance in chances)
    return Message(text, value, ReplyFacts(whole, len(chances) + 1, logprobs))  # type: ignore[arg-type]


def signal(name: str, *args: Value, **named: Value) -> Value:
    ports = {port: [value] for port, value in named.items()}
    return call_function(f"std.signals:{name}", args, ports)


SURE = reply(0.9, 0.4, 0.6)


@pytest.mark.parametrize(
    ("mean", "by_hand"),
    [
        (None, (0.9 * 0.4 * 0.6) ** (1 / 3)),
        ("geometric", (0.9 * 0.4 * 0.6) ** (1 / 3)),
        ("arithmetic", (0.9 + 0.4 + 0.6) / 3),
        ("min", 0.4),
    ],
)
def test_confidence_is_a_mean_of_the_tokens_probabilities(mean: str | None, by_hand: float) -> None:
    told = signal("confidence", SURE) if mean is None else signal("confidence", SURE, mean=mean)
    assert told == pytest.approx(by_hand, rel=1e-12)


def test_perplexities_are_those_of_each_token() -> None:
    told = signal("perplexities", SURE)
    assert told == pytest.approx((1 / 0.9, 1 / 0.4, 1 / 0.6), rel=1e-12)
    assert signal("share_below", told, 2.0) == pytest.approx(2 / 3)
    assert signal("share_below", told, limit=1.0) == 0.0


def test_a_share_is_of_numbers_strictly_below() -> None:
    assert signal("share_below", (1.0, 2.0, None, 3.0), 2) == pytest.approx(1 / 3)
    assert signal("share_below", (), 2) is None
    assert signal("share_below", None, 2) is None
    with pytest.raises(ValueError, match="numbers"):
        signal("share_below", ("a",), 2)


def test_a_token_that_could_not_have_come_and_one_that_is_surer_than_sure_are_numbers() -> None:
    odd = Message("x", "x", ReplyFacts(True, 2, (-9999.0, 1e-9)))
    impossible, sure = spliced(signal("perplexities", odd))
    assert isinstance(impossible, float)
    assert math.isfinite(impossible)
    assert sure == 1.0
    assert signal("confidence", odd) == 0.0
    assert signal("confidence", Message("x", "x", ReplyFacts(True, 1, (1e-9,)))) == 1.0


@pytest.mark.parametrize("whole", [True, False])
def test_ended_and_tokens_are_as_recorded(whole: bool) -> None:
    said = reply(0.5, 0.5, whole=whole)
    assert (signal("ended", said), signal("tokens", said)) == (whole, 3)


def test_a_reply_that_could_not_be_read_has_its_signals() -> None:
    unread = reply(0.25, whole=False, value=None)
    told = [signal(name, unread) for name in ("confidence", "ended", "tokens")]
    assert told == [pytest.approx(0.25), False, 2]


NO_REPLIES: tuple[Value, ...] = (None, "4", 4, Message("4", "4"), Record((("a", "4"),)), ())


@pytest.mark.parametrize(
    ("name", "value"), [*product(("confidence", "perplexities", "ended", "tokens"), NO_REPLIES)], ids=str
)
def test_of_what_is_no_reply_every_signal_is_absent(name: str, value: Value) -> None:
    assert signal(name, value) is None


def test_a_reply_that_nobody_asked_for_log_probabilities_has_no_confidence() -> None:
    plain = Message("4", "4", ReplyFacts(True, 2))
    assert (signal("confidence", plain), signal("tokens", plain)) == (None, 2)
    assert signal("confidence", Message("", None, ReplyFacts(True, 1, ()))) is None


def test_several_messages_and_an_unknown_mean_are_errors() -> None:
    with pytest.raises(ValueError, match="one message"):
        signal("confidence", (SURE, SURE))
    with pytest.raises(ValueError, match="geometric, arithmetic, min"):
        signal("confidence", SURE, mean="harmonic")


def test_what_a_reply_took_is_no_part_of_what_was_said() -> None:
    assert reply(0.5) == reply(0.9)
    assert Message("4", "4") == reply(0.9)


GRADES = Message("3", 3.0)
GIVEN: dict[str, Value] = {
    "by": (GRADES, GRADES),
    "k": 1,
    "condition": True,
    "sep": "; ",
    "t": 1,
    "limit": 1,
    "size": 50,
    "about": "4",
    "order": (1, 2),
    "words": ("4",),
    "salt": "s",
    "mean": "min",
}
"""What ports get that hold no messages to be handed on."""


def found_in(value: Value) -> list[Message]:
    """The replies in a value, those in a record's lists too."""
    if isinstance(value, Record):
        return [one for _, inner in value.fields for one in found_in(inner)]
    return [one for one in spliced(value) if isinstance(one, Message) and one.reply is not None]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_just_the_functions_that_are_listed_hand_replies_on(name: str) -> None:
    """The list tells which models are asked for log-probabilities: one that lacks a function asks too few."""
    function = FUNCTIONS[name]
    numbers = Message("3", 3.0, SURE.reply)
    handing = False
    for member in (SURE, numbers):
        named = {port: [GIVEN.get(port, (member, member))] for port in function.ports}
        try:
            handing |= bool(found_in(call_function(name, (), named)))
        except ValueError:
            named = {port: [GIVEN.get(port, member)] for port in function.ports}
            try:
                handing |= bool(found_in(call_function(name, (), named)))
            except ValueError:
                continue
    assert handing == (name in HANDED_ON)
