"""How the replicas of a declared node are called in the resolved text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

Position = tuple[int, ...]
"""1-based index of a replica, one number for each dimension; empty if the node is not replicated."""


@dataclass(frozen=True, slots=True)
class Members:
    """A declared node after resolution.

    `alive` are template ids in the order of the text; `old` and `new` are their positions in the user's text
    and in the resolved one. `singles`: each survivor has become a node of its own, `name_2`. `idle` are
    replicas that nothing reads and that the text declares nevertheless, as rows are of one length.
    `stem` begins the names of such nodes, where that is not the name.
    """

    name: str
    alive: tuple[str, ...]
    old: Mapping[str, Position]
    new: Mapping[str, Position]
    singles: bool = False
    idle: tuple[str, ...] = ()
    stem: str = ""

    @property
    def is_replicated(self) -> bool:
        """Whether the user gave it dimensions."""
        return any(self.old.values())

    @property
    def dims(self) -> int:
        """How many dimensions the user gave it."""
        return max(map(len, self.old.values()), default=0)

    @property
    def is_unmoved(self) -> bool:
        """Whether every replica is declared and keeps its position."""
        return all(self.new.get(member) == position for member, position in self.old.items())

    @property
    def keeps_places(self) -> bool:
        """Whether every replica that is alive keeps its position."""
        return not self.singles and all(self.new[member] == self.old[member] for member in self.alive)

    def at_old(self, position: Position) -> str | None:
        """The replica with a position in the user's text, if it is alive."""
        return next((member for member in self.alive if self.old[member] == position), None)

    def at_new(self, position: Position) -> str | None:
        """The replica that the resolved text declares at a position."""
        declared = (*self.alive, *self.idle)
        return next((member for member in declared if self.new[member] == position), None)

    def single_name(self, member: str) -> str:
        """The name of a survivor that has become a node of its own."""
        return "_".join([self.stem or self.name, *map(str, self.old[member])])

    def reference(self, member: str) -> str:
        """How the text refers to one replica."""
        if self.singles:
            return self.single_name(member)
        position = self.new[member]
        return f"{self.name}[{', '.join(map(str, position))}]" if position else self.name

    def references(self, members: Iterable[str]) -> tuple[str, ...]:
        """How the text refers to some replicas, as few words as can be: `w`, `w[1..2]`, `w[1]`, in order."""
        wanted = set(members)
        chosen = [member for member in self.alive if member in wanted]
        if not self.singles and not self.idle and chosen and len(chosen) == len(self.alive):
            return (self.name,)
        if self.singles or any(len(self.new[member]) != 1 for member in chosen):
            return tuple(self.reference(member) for member in chosen)
        return tuple(self.run_text(run) for run in runs([self.new[member][0] for member in chosen]))

    def run_text(self, run: Sequence[int]) -> str:
        return f"{self.name}[{run[0]}]" if len(run) == 1 else f"{self.name}[{run[0]}..{run[-1]}]"


def runs(numbers: Sequence[int]) -> list[list[int]]:
    """Ascending numbers cut into runs without gaps.

    >>> runs([1, 2, 4])
    [[1, 2], [4]]
    """
    pairs = groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0])
    return [[number for _, number in run] for _, run in pairs]
