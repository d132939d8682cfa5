"""What is certain of a function's value while some of its arguments are open.

Each rule is proved over all completions of all small ballots (tests/unit/stdfn/test_early.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType

from tgl.keys import Answer
from tgl.stdfn.faults import FunctionError
from tgl.stdfn.opened import Open, Partial, Range, Truth, may_fail, settled_all
from tgl.stdfn.registry import NO_FUNCTIONS, StdFunction, call_function
from tgl.stdfn.values import Message, vote_key


def foretold_call(
    name: str,
    args: Sequence[Partial],
    named: Mapping[str, Sequence[Partial]],
    own: Mapping[str, StdFunction] = NO_FUNCTIONS,
) -> Partial:
    """What is certain of a function's value; arguments as `call_function` takes them."""
    values = settled_all(args)
    by_port = {port: settled_all(members) for port, members in named.items()}
    ports = {port: members for port, members in by_port.items() if members is not None}
    if values is not None and len(ports) == len(named):
        try:
            return call_function(name, values, ports, own)
        except (FunctionError, ValueError):
            return Open.ANY
    rule = RULES.get(name)
    given = (*args, *(member for members in named.values() for member in members))
    # A wrong number of arguments is an error whatever they are.
    if rule is None or may_fail(given) or (name == "std.signals:ran" and len(given) != 1):
        return Open.ANY
    members = open_spliced(given)
    # Where answers are one by what they mean, an open one may join others: nothing is told of a vote.
    return Open.ANY if any(map(is_meant, members)) else rule(members)


def is_meant(value: Partial) -> bool:
    """Whether a value is an answer under the key `embedding`."""
    return isinstance(value, Message) and isinstance(value.value, Answer) and value.value.alike is not None


def open_spliced(values: Iterable[Partial]) -> list[Partial]:
    """The members that are or may be present, lists within lists spliced in place."""
    members: list[Partial] = []
    for value in values:
        match value:
            case tuple():
                members.extend(open_spliced(value))
            case Truth() | Range():
                members.append(Open.ONE)
            case None:
                pass
            case _:
                members.append(value)
    return members


def settled_majority(members: Sequence[Partial]) -> Partial:
    """The winner's first message, once no open vote can overtake it or stand before it."""
    votes = counted(members)
    waiting = [place for place, member in enumerate(members) if member is Open.ONE]
    if not votes:
        return Open.ONE
    # The first vote of an answer breaks ties; open votes give ties to whom they stand before.
    winner, (count, first) = max(votes.items(), key=lambda vote: (vote[1][0], -vote[1][1]))
    if waiting[0] < first:
        return Open.ONE
    for answer, (others, place) in votes.items():
        most = others + len(waiting)
        if answer != winner and (most > count or (most == count and place < first)):
            return Open.ONE
    return members[first] if len(waiting) <= count else Open.ONE


def counted(members: Sequence[Partial]) -> dict[str, tuple[int, int]]:
    """Votes and place of the first one, by answer, in order of the first."""
    votes: dict[str, tuple[int, int]] = {}
    for place, member in enumerate(members):
        key = None if isinstance(member, Open | Truth | Range | tuple) else vote_key(member)
        if key is not None:
            count, first = votes.get(key, (0, place))
            votes[key] = (count + 1, first)
    return votes


def ranged_agreement(members: Sequence[Partial]) -> Partial:
    """From all open votes against the leader, or for answers of their own, to all for it."""
    sizes = [count for count, _ in counted(members).values()]
    total, most = sum(sizes), max(sizes, default=0)
    waiting = sum(member is Open.ONE for member in members)
    return Range(least_share(sizes, waiting), (most + waiting) / (total + waiting), absent=not total)


def least_share(sizes: Sequence[int], waiting: int) -> float:
    """The least that the leader's share can be with up to `waiting` further votes."""
    most = max(sizes, default=1)
    return most / (sum(sizes) + waiting)


def settled_first(members: Sequence[Partial]) -> Partial:
    """The first message, once nothing open stands before it."""
    return members[0]


def settled_last(members: Sequence[Partial]) -> Partial:
    """The last message, once nothing open stands behind it."""
    return members[-1]


def settled_ran(members: Sequence[Partial]) -> Partial:
    """True as soon as one message is there."""
    return True if any(member is not Open.ONE for member in members) else Truth.YES | Truth.NO


def ranged_size(members: Sequence[Partial]) -> Partial:
    """From those that are there to all."""
    waiting = sum(member is Open.ONE for member in members)
    return Range(len(members) - waiting, len(members))


RULES: Mapping[str, Callable[[Sequence[Partial]], Partial]] = MappingProxyType(
    {
        "std.reduce:majority": settled_majority,
        "std.reduce:first": settled_first,
        "std.reduce:last": settled_last,
        "std.signals:agreement": ranged_agreement,
        "std.signals:ran": settled_ran,
        "std.signals:size": ranged_size,
        "size": ranged_size,
    }
)
"""What is certain of a function's value with some members open, at least one; absent members are left out."""
