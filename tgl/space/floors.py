"""The floors of several limits, each kept by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tgl.space.bound import Bound
from tgl.space.facts import Facts
from tgl.space.feasible import Feasibility
from tgl.space.floor import Floor

if TYPE_CHECKING:
    from tgl.space.trim import Trimmed


@dataclass(frozen=True, slots=True)
class Floors:
    """Of each limit its floor, under the same facts."""

    parts: tuple[Floor, ...]

    def fits(self) -> bool:
        """Whether a completion may be within all of them."""
        return all(part.bound.allows(part.total()) for part in self.parts)

    def refused(self) -> str | None:
        """Why no completion is within all of them, None if one may be."""
        for part in self.parts:
            least = part.total()
            if not part.bound.allows(least):
                return part.bound.too_dear(least)
        return None

    def keeps(self, trimmed: Trimmed) -> bool:
        """Whether a program of which all is decided is within all of them."""
        return all(part.bound.allows(part.exact(trimmed)) for part in self.parts)


def floors(facts: Facts, bound: Bound, feasibility: Feasibility) -> Floors:
    """The floors of a bound's limits under some facts."""
    return Floors(tuple(Floor(facts, part, feasibility) for part in bound.parts))
