"""What an optimizer was told: the only state it has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tgl.ir import Assignment
from tgl.search.protocol import Outcome, Policy, SearchSpace


class Told:
    """Outcomes by trial number, independent of the order of telling."""

    def __init__(self) -> None:
        self._outcomes: dict[int, Outcome] = {}

    def add(self, outcomes: Sequence[Outcome]) -> None:
        """Take note; a trial that is known already keeps its first outcome."""
        for outcome in outcomes:
            self._outcomes.setdefault(outcome.trial, outcome)

    def rounds(self, size: int) -> Iterator[tuple[Outcome, ...]]:
        """Outcomes by round of `size` proposals, rounds and trials in ascending order."""
        groups: dict[int, list[Outcome]] = {}
        for trial in sorted(self._outcomes):
            groups.setdefault(trial // size, []).append(self._outcomes[trial])
        for group in groups.values():
            yield tuple(group)

    def next_round(self, size: int) -> int:
        """Number of the first round of which nothing was told."""
        return max(self._outcomes) // size + 1 if self._outcomes else 0

    @property
    def keys(self) -> frozenset[str]:
        """Candidates that need no more measuring."""
        return frozenset(outcome.key for outcome in self._outcomes.values())


def novel_proposals(
    space: SearchSpace,
    policy: Policy,
    seed: int,
    name: str,
    round_: int,
    size: int,
    known: frozenset[str],
    tries: int,
) -> tuple[Assignment, ...]:
    """`size` draws; each is drawn up to `tries` times until its candidate is new.

    The last draw stands if none was new: it becomes a replicate, which the optimizer learns from and which
    costs nothing.
    """
    seen = set(known)
    proposals: list[Assignment] = []
    for index in range(size):
        for attempt in range(tries):
            assignment = space.sample(seed, (name, round_, index, attempt), policy)
            if (key := space.key(assignment)) not in seen:
                seen.add(key)
                break
        else:
            assignment = space.sample(seed, (name, round_, index, 0), policy)
        proposals.append(assignment)
    return tuple(proposals)
