"""`@frozen` makes what `@dataclass(frozen=True, slots=True)` makes."""

from __future__ import annotations

import copy
import inspect
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace
from typing import Any

import pytest

from tgl.text import frozen


@frozen
class Base:
    place: int = field(default=0, compare=False, kw_only=True)


@frozen
class Made(Base):
    name: str
    items: list[int] = field(default_factory=list[int])
    note: str = "none"


@frozen
class Empty:
    pass


@frozen
class Own:
    """With methods of its own."""

    size: int
    double: int = field(init=False)

    def __post_init__(self) -> None:
        if self.size < 0:
            raise ValueError("negative")
        object.__setattr__(self, "double", 2 * self.size)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Own) and self.size % 10 == other.size % 10

    def __hash__(self) -> int:
        return self.size % 10

    def __repr__(self) -> str:
        return f"<{self.size}>"


@dataclass(frozen=True, slots=True)
class UsualBase:
    place: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Usual(UsualBase):
    name: str
    items: list[int] = field(default_factory=list[int])
    note: str = "none"


def test_it_takes_what_a_dataclass_takes() -> None:
    mine, usual = (inspect.signature(kind).parameters for kind in (Made, Usual))
    assert list(mine) == list(usual)
    assert [mine[name].kind for name in mine] == [usual[name].kind for name in usual]
    for arguments, named in [((), {}), (("a", [], "n", 3), {}), (("a",), {"other": 1})]:
        for kind in (Made, Usual):
            with pytest.raises(TypeError):
                kind(*arguments, **named)  # pyright: ignore[reportCallIssue]


def test_it_is_shown_and_compared_as_a_dataclass() -> None:
    assert repr(Made("a", [1], place=2)) == repr(Usual("a", [1], place=2)).replace("Usual", "Made")
    assert Made("a", place=1) == Made("a", place=2)
    assert Made("a") != Made("b")
    assert Made("a") != Usual("a")
    assert Empty() == Empty()
    assert hash(Base(place=1)) == hash(Base(place=2))
    assert hash(Empty()) == hash(Empty())


def test_what_a_factory_makes_is_made_each_time() -> None:
    assert Made("a").items == []
    assert Made("a").items is not Made("a").items


@pytest.mark.parametrize("change", [lambda it: setattr(it, "note", "x"), lambda it: delattr(it, "note")])
def test_it_stays_as_it_was_made(change: Callable[[Any], None]) -> None:
    made = Made("a")
    with pytest.raises(FrozenInstanceError, match="note"):
        change(made)
    assert made.note == "none"
    assert not hasattr(made, "__dict__")


@pytest.mark.parametrize(
    "again",
    [copy.copy, copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it)), replace],
    ids=["copy", "deepcopy", "pickle", "replace"],
)
def test_a_copy_has_all_fields(again: Callable[[Any], Any]) -> None:
    made = Made("a", [1], "n", place=4)
    found = again(made)
    assert [getattr(found, each.name) for each in fields(made)] == [4, "a", [1], "n"]


def test_it_is_taken_apart_by_place_and_changed_by_name() -> None:
    match replace(Made("a"), note="n"):
        case Made(name, [], note):
            assert (name, note) == ("a", "n")
        case _:
            pytest.fail("no match")


def test_methods_of_its_own_are_kept() -> None:
    assert Own(3) == Own(13)
    assert hash(Own(3)) == hash(Own(13))
    assert repr(Own(3)) == "<3>"
    assert Own(3).double == 6
    with pytest.raises(ValueError, match="negative"):
        Own(-1)
