"""The pure scheduler step by step: calls that come, go and come back."""

import pytest

from tgl.ir import ModelSpec
from tgl.models import ErrorKind, ModelError, Usage
from tgl.runtime import CallPolicy, Ledger
from tgl.runtime.counts import Tally
from tgl.runtime.limits import gate_of
from tgl.runtime.scheduler import Scheduler
from tgl.runtime.traffic import Broke, Call, Came, CutOff, CutOut, Kept, Raised, Send, Unwanted, Waits, Wanted

SPEC = ModelSpec(name="m", provider="scripted")
DOWN = ModelError(ErrorKind.SERVER, "down")


@pytest.fixture
def scheduler():
    policy = CallPolicy(base=10.0)
    return Scheduler({"m": gate_of(SPEC, 1)}, Ledger({"m": SPEC}), policy, Tally())


def want(identity, *rank):
    return Wanted(Call(identity, "m", "node", rank, Usage(10, 1), None, 0, None))


def sent(scheduler, now):
    """The calls of the requests that are to be made now."""
    commands = scheduler.commands(now)
    return [call.identity for command in commands if isinstance(command, Send) for call in command.calls]


def test_a_call_that_is_wanted_again_while_it_is_cut_off_is_asked_again(scheduler):
    scheduler.on(want("x", 1), 0.0)
    assert sent(scheduler, 0.0) == ["x"]
    scheduler.on(Unwanted("x"), 1.0)
    assert scheduler.commands(1.0) == [CutOut(1)]
    scheduler.on(want("x", 1), 1.0)
    assert sent(scheduler, 1.0) == []
    scheduler.on(CutOff(1), 2.0)
    assert sent(scheduler, 2.0) == ["x"]
    assert not scheduler.idle


def test_a_reply_that_is_faster_than_its_cancellation_answers_who_wants_it_again(scheduler):
    scheduler.on(want("x", 1), 0.0)
    scheduler.commands(0.0)
    scheduler.on(Unwanted("x"), 1.0)
    scheduler.commands(1.0)
    scheduler.on(want("x", 1), 1.0)
    scheduler.on(Came(1, Usage(5, 1)), 1.5)
    scheduler.on(Kept("m", 1), 1.6)
    assert sent(scheduler, 2.0) == []
    assert scheduler.idle


def test_wanting_a_call_again_does_not_shorten_its_back_off(scheduler):
    scheduler.on(want("x", 1), 0.0)
    scheduler.commands(0.0)
    scheduler.on(Broke(1, DOWN), 1.0)
    (waits,) = scheduler.commands(1.0)
    assert isinstance(waits, Waits)
    scheduler.on(Unwanted("x"), 2.0)
    scheduler.on(want("x", 1), 2.0)
    assert sent(scheduler, 2.0) == []
    assert scheduler.wake == 1.0 + waits.delay
    assert sent(scheduler, 1.0 + waits.delay) == ["x"]


def test_nobody_waits_for_the_back_off_of_a_call_that_nobody_wants(scheduler):
    scheduler.on(want("x", 1), 0.0)
    scheduler.commands(0.0)
    scheduler.on(Broke(1, DOWN), 1.0)
    scheduler.commands(1.0)
    scheduler.on(Unwanted("x"), 2.0)
    assert (sent(scheduler, 2.0), scheduler.wake, scheduler.idle) == ([], None, True)


def test_what_is_taken_back_before_its_turn_is_never_asked(scheduler):
    for identity, rank in (("x", 1), ("y", 2), ("z", 3)):
        scheduler.on(want(identity, rank), 0.0)
    scheduler.on(Unwanted("y"), 0.0)
    order = []
    for number in (1, 2):
        order += sent(scheduler, float(number))
        scheduler.on(Came(number, Usage(5, 1)), float(number))
        scheduler.on(Kept("m", 1), float(number))
    assert order == ["x", "z"]
    assert scheduler.idle


def test_a_raised_call_goes_first_and_once(scheduler):
    for identity, rank in (("x", 1), ("y", 2), ("z", 3)):
        scheduler.on(want(identity, rank), 0.0)
    scheduler.on(Raised("z", (0,)), 0.0)
    order = []
    for number in (1, 2, 3, 4):
        order += sent(scheduler, float(number))
        if number < 4:
            scheduler.on(Came(number, Usage(5, 1)), float(number))
            scheduler.on(Kept("m", 1), float(number))
    assert order == ["z", "x", "y"]


def test_replies_that_are_not_stored_hold_calls_back(scheduler):
    """One slot: four replies may wait for their commit while another call is under way, no more."""
    for number in range(7):
        scheduler.on(want(str(number), number), 0.0)
    for number in range(5):
        assert sent(scheduler, float(number)) == [str(number)]
        scheduler.on(Came(number + 1, Usage(5, 1)), number + 0.5)
    assert sent(scheduler, 5.0) == []
    scheduler.on(Kept("m", 1), 6.0)
    assert sent(scheduler, 6.0) == ["5"]
    scheduler.on(Came(6, Usage(5, 1)), 7.0)
    assert sent(scheduler, 7.0) == []
    scheduler.on(Kept("m", 5), 8.0)
    assert sent(scheduler, 8.0) == ["6"]


def test_a_call_that_is_taken_back_and_wanted_again_still_waits_for_the_time_that_was_named(scheduler):
    scheduler.on(want("x", 1), 0.0)
    (send,) = scheduler.commands(0.0)
    scheduler.on(Broke(send.number, ModelError(ErrorKind.RATE_LIMIT, "no", retry_after=30.0)), 1.0)
    scheduler.commands(1.0)
    scheduler.on(Unwanted("x"), 2.0)
    scheduler.commands(2.0)
    scheduler.on(want("x", 1), 3.0)
    assert scheduler.commands(3.0) == []
    assert scheduler.wake == 31.0
    assert len(scheduler.commands(31.0)) == 1


def test_a_canary_is_asked_once_at_a_time_and_not_again_after_any_reply():
    """It takes longer than the back-off of the call that it is asked for."""
    scheduler = Scheduler({"m": gate_of(SPEC, 2)}, Ledger({"m": SPEC}), CallPolicy(base=1.0), Tally())
    scheduler.on(want("y", 1), 0.0)
    assert sent(scheduler, 0.0) == ["y"]
    scheduler.on(Came(1, Usage(5, 1)), 0.0)
    scheduler.on(Kept("m", 1), 0.0)
    scheduler.on(want("x", 2), 0.0)
    now, asked = 0.0, []
    while len(asked) < 9:
        for command in scheduler.commands(now):
            if isinstance(command, Send):
                asked.append(command)
                if not command.calls[0].canary:
                    scheduler.on(Broke(command.number, DOWN), now)
        now = now if scheduler.wake is None else scheduler.wake
    assert [send.calls[0].identity for send in asked] == ["x"] * 5 + ["y"] + ["x"] * 3
    scheduler.commands(now - 0.1)
    scheduler.on(Came(asked[5].number, Usage(5, 1)), now - 0.1)
    assert sent(scheduler, now - 0.1) == []


def test_a_first_reply_after_an_outage_says_nothing_of_the_attempts_of_others():
    gone = ModelError(ErrorKind.CONNECTION, "gone")
    scheduler = Scheduler({"m": gate_of(SPEC, 2)}, Ledger({"m": SPEC}), CallPolicy(), Tally())
    scheduler.on(want("z", 1), 0.0)
    scheduler.commands(0.0)
    scheduler.on(Came(1, Usage(5, 1)), 0.0)
    scheduler.on(want("x", 2), 0.0)
    scheduler.on(want("y", 3), 0.0)
    now, failures = 0.0, {"x": 0, "y": 0}
    while min(failures.values()) < 8 or len(scheduler.flights) < 2:
        for flight in list(scheduler.flights.values()):
            if failures[flight.calls[0].identity] < 8:
                failures[flight.calls[0].identity] += 1
                scheduler.on(Broke(flight.number, gone), now)
        scheduler.commands(now)
        now = now if scheduler.wake is None else scheduler.wake
    number = {flight.calls[0].identity: flight.number for flight in scheduler.flights.values()}
    scheduler.on(Came(number["y"], Usage(5, 1)), now)
    scheduler.on(Broke(number["x"], DOWN), now)
    assert [type(command) for command in scheduler.commands(now)] == [Waits]
