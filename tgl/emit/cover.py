"""Edges that are listed one by one, as few statements as a simple grouping finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tgl.emit.members import Members


@dataclass(frozen=True, slots=True)
class End:
    """A node (`id` is its template id) or an input of the graph (`id` is its name) at the end of an edge."""

    group: str
    id: str


@dataclass(frozen=True, slots=True)
class Cover:
    """Groups edges by their ends; `order` are the nodes as they are declared."""

    members: Mapping[str, Members]
    order: Sequence[str]

    def products(
        self, pairs: Sequence[tuple[End, End]], single_source: bool, single_target: bool
    ) -> list[tuple[list[End], list[End]]]:
        """The pairs as few products of sources and targets as a simple grouping finds, in order.

        `single_*`: that end has a port behind it, so it cannot span groups.
        """
        by_target = self.grouped([(target, source) for source, target in pairs], single_target, single_source)
        by_source = self.grouped(pairs, single_source, single_target)
        if len(by_source) < len(by_target):
            return by_source
        return [(sources, targets) for targets, sources in by_target]

    def grouped(
        self, pairs: Sequence[tuple[End, End]], single_key: bool, single_other: bool
    ) -> list[tuple[list[End], list[End]]]:
        """Keys with the same others, together; in order of the first key."""
        others: dict[tuple[End, str], list[End]] = {}
        for key, other in pairs:
            others.setdefault((key, other.group if single_other else ""), []).append(other)
        found: dict[tuple[str, tuple[End, ...]], list[End]] = {}
        for key, _ in sorted(others, key=lambda item: (self.rank(item[0]), item[1])):
            for kind in sorted({kind for k, kind in others if k == key}):
                rest = tuple(sorted(set(others[key, kind]), key=self.rank))
                keys = found.setdefault((key.group if single_key else "", rest), [])
                if key not in keys:
                    keys.append(key)
        return [(keys, list(rest)) for (_, rest), keys in found.items()]

    def rank(self, end: End) -> tuple[int, tuple[int, ...]]:
        """Order of nodes: of their declarations, then of their positions in the resolved text."""
        if end.group not in self.members:
            return -1, ()
        return self.order.index(end.group), self.members[end.group].new[end.id]

    def ends(self, ends: Sequence[End]) -> str:
        pieces: list[str] = []
        for group in dict.fromkeys(end.group for end in sorted(ends, key=self.rank)):
            chosen = [end.id for end in ends if end.group == group]
            pieces += self.members[group].references(chosen) if group in self.members else [group]
        return pieces[0] if len(pieces) == 1 else f"[{', '.join(pieces)}]"
