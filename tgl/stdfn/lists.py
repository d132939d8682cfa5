"""Lists that are mixed and put back, asked whether they are empty, and chosen between."""

from __future__ import annotations

import json
from hashlib import blake2b

from tgl.stdfn.values import Message, Record, Value, listed, number_in, shown, spliced


def empty(xs: Value) -> Value:
    """Whether nothing is there: no message, and no item in a list. As `ran`, it is never absent itself."""
    return not [member for one in spliced(xs) for member in spliced(listed(one))]


def pick(condition: Value, yes: Value, no: Value) -> Value:
    """One of two values; absent while it is not known which.

    Raises:
        ValueError: the condition is neither true nor false.
    """
    known = alone(condition)
    if known is None or (isinstance(known, Message) and known.value is None):
        return None
    if not isinstance(known, bool):
        raise ValueError("`pick` takes a condition first")
    return yes if known else no


def streak(flags: Value) -> Value:
    """How many of the last members are true, back to the last that is not; absent ones are skipped.

    Raises:
        ValueError: a member is neither true nor false.
    """
    count = 0
    for flag in reversed(spliced(flags)):
        if not isinstance(flag, bool):
            raise ValueError("`streak` takes a list of yes and no, such as `mentions(texts, words)`")
        if not flag:
            break
        count += 1
    return count


def shuffle(items: Value, salt: Value = None) -> Value:
    """The present items in an order drawn by chance, and the place (from 1) that each had before.

    The order follows from the texts of the items and of `salt` alone, so that a run can be repeated.
    """
    members = spliced(listed(items))
    spelled = json.dumps([shown(salt), *map(shown, members)]).encode()

    def rank(place: int) -> bytes:
        return blake2b(spelled + str(place).encode(), digest_size=8, person=b"tgl.shuffle").digest()

    order = sorted(range(len(members)), key=rank)
    return Record(
        (("items", tuple(members[place] for place in order)), ("order", tuple(place + 1 for place in order)))
    )


def restore(places: Value, order: Value) -> Value:
    """Places in a shuffled list as places in the list before; what is no place of it is left out.

    `order` is that of `shuffle`. Absent if no place is left.

    Raises:
        ValueError: `order` is no list of whole numbers.
    """
    before = [number_in(one) for one in spliced(listed(alone(order)))]
    if any(one is None or one != one.to_integral_value() for one in before):
        raise ValueError("`restore` takes the `order` of a `shuffle`")
    wanted = [number_in(one) for one in spliced(listed(alone(places)))]
    found = [int(before[int(one) - 1] or 0) for one in wanted if one in range(1, len(before) + 1) and one]
    return Message(json.dumps(found), tuple(found)) if found else None


def alone(value: Value) -> Value:
    """What stands alone in a list, as a value or nothing arrives at a function."""
    while isinstance(value, tuple) and len(value) < 2:
        value = value[0] if value else None
    return value
