"""What a run needs over a whole space: least and most of any of its programs, usual of one that is drawn.

A space that can be listed is: its figures are those of its programs, exactly. Of another, `least` and `most`
are bounds from the program with its choices (interval analysis: each choice at its dearest by itself, so no
program need reach them), and `usual` is the mean over programs that are drawn, with its standard error.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tgl.ir import Candidate, ProgramIR
from tgl.space.bound import Bound
from tgl.space.bounds import CandidateBounds, Known, candidate_bounds, declared
from tgl.space.count import within_budget
from tgl.space.domains import PRIOR
from tgl.space.draw import count_assignments, enumerate_assignments
from tgl.space.facts import Effort
from tgl.space.opened import Opened
from tgl.space.ranges import (
    NO_BOUNDS,
    Amount,
    Bounds,
    Range,
    bounds_of,
    largest_of,
    mean_of,
    smallest_of,
)
from tgl.space.resolve import drawn_candidate, resolve
from tgl.space.streams import Stream

LISTED = 2000
"""Programs of which every one is looked at."""
DRAWS = 200
"""Programs that are drawn from a larger space, where they are not too much work."""
LISTING = 200_000
"""Steps of work (`Effort`) of finding out whether a space can be listed, and at most of a list's walks."""
DRAWING = 450_000
"""Steps of work after which no further program is drawn, but for `FEWEST`."""
MEASURED = 100
"""Steps of work for each node of a program that is measured."""


@dataclass(frozen=True, slots=True)
class GroupBounds:
    """The bounds of a declared node, replicas and rounds together (`solve.worker[]`)."""

    name: str
    bounds: Bounds


@dataclass(frozen=True, slots=True)
class SpaceBounds:
    """What a run of any program of a space needs.

    `exact`: all programs were looked at. `drawn`: how many were, if not all. `error`: standard error of the
    usual number of calls, 0 if exact.
    `unbounded`: nodes with something that nothing bounds, and why.
    """

    total: Bounds
    nodes: tuple[GroupBounds, ...]
    path: Range
    exact: bool
    error: float
    unbounded: tuple[tuple[str, str], ...]
    drawn: int = 0


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A program's bounds, and how often it is drawn."""

    bounds: CandidateBounds
    weight: float


def space_bounds(
    ir: ProgramIR,
    known: Known,
    bound: Bound | None = None,
    *,
    seed: int = 0,
    listed: int = LISTED,
    draws: int = DRAWS,
) -> SpaceBounds:
    """What a run of any program of the space needs.

    Args:
        ir: the program.
        known: what is known before a run.
        bound: a limit that is kept by construction, or None.
        seed: of the draws.
        listed: up to how many programs each is looked at.
        draws: how many are drawn where there are more.

    Raises:
        EmptySpace: nothing is in it.
    """
    counted = count_assignments(ir, listed, bound, walks=listed, steps=LISTING)
    seen: dict[str, _Drawn] = {}
    if counted is not None:
        for assignment, share in enumerate_assignments(ir, bound=bound):
            _note(seen, resolve(ir, assignment, bound).candidate, share, known)
    else:
        stream, effort = Stream(seed, "bounds"), Effort()
        made: list[Candidate] = []
        while within_budget(len(made), draws, effort, DRAWING):
            made.append(drawn_candidate(ir, stream.child(len(made)), PRIOR, bound, effort))
            effort.steps += MEASURED * len(made[-1].nodes)
        draws = len(made)
        for candidate in made:
            _note(seen, candidate, 1.0 / draws, known)
    found = list(seen.values())
    usual = _mean([one.bounds.total.calls.usual for one in found], [one.weight for one in found])
    if counted is not None:
        return SpaceBounds(
            _over([_three(one.bounds.total) for one in found], [one.weight for one in found]),
            tuple(_listed_groups(found)),
            _paths(found),
            True,
            0.0,
            _unbounded(found),
        )
    spread = _mean(
        [(one.bounds.total.calls.usual - usual) ** 2 for one in found], [one.weight for one in found]
    )
    opened = Opened(ir, known)
    mean = mean_of([(_at(one.bounds.total, 1), one.weight) for one in found])
    drawn = [dict(one.bounds.groups) for one in found]
    groups: list[GroupBounds] = []
    for name, most in opened.groups().items():
        shares = [
            (_at(own.get(name, NO_BOUNDS), 1), one.weight) for own, one in zip(drawn, found, strict=True)
        ]
        groups.append(GroupBounds(name, bounds_of(most.times(0.0), mean_of(shares), most)))
    paths = _paths(found)
    longest = opened.path(opened.space.root)
    return SpaceBounds(
        bounds_of(opened.least(), mean, opened.most()),
        tuple(groups),
        Range(0.0 if paths.least == 0 else min(paths.least, 1.0), min(paths.usual, longest), longest),
        False,
        math.sqrt(spread / draws),
        opened.unbounded(),
        draws,
    )


def _note(seen: dict[str, _Drawn], candidate: Candidate, share: float, known: Known) -> None:
    before = seen.get(candidate.digest)
    bounds = candidate_bounds(candidate, known) if before is None else before.bounds
    seen[candidate.digest] = _Drawn(bounds, share + (0.0 if before is None else before.weight))


def _at(bounds: Bounds, place: int) -> Amount:
    parts = [None if part is None else (part.least, part.usual, part.most)[place] for part in bounds.parts]
    calls, prompt, completion, dollars, flops = parts
    return Amount(calls or 0.0, prompt or 0.0, completion or 0.0, dollars, flops)


def _three(bounds: Bounds) -> tuple[Amount, Amount, Amount]:
    return _at(bounds, 0), _at(bounds, 1), _at(bounds, 2)


def _over(parts: Sequence[tuple[Amount, Amount, Amount]], weights: Sequence[float]) -> Bounds:
    least = smallest_of([low for low, _, _ in parts])
    usual = mean_of([(mid, weight) for (_, mid, _), weight in zip(parts, weights, strict=True)])
    return bounds_of(least, usual, largest_of([high for _, _, high in parts]))


def _listed_groups(found: Sequence[_Drawn]) -> Iterable[GroupBounds]:
    names = dict.fromkeys(name for one in found for name, _ in one.bounds.groups)
    weights = [one.weight for one in found]
    groups = [dict(one.bounds.groups) for one in found]
    for name in names:
        own = [group.get(name, NO_BOUNDS) for group in groups]
        yield GroupBounds(name, _over([_three(bounds) for bounds in own], weights))


def _paths(found: Sequence[_Drawn]) -> Range:
    paths = [one.bounds.path.calls for one in found]
    return Range(
        min(path.least for path in paths),
        _mean([path.usual for path in paths], [one.weight for one in found]),
        max(path.most for path in paths),
    )


def _mean(values: Sequence[float], weights: Sequence[float]) -> float:
    return math.fsum(value * weight for value, weight in zip(values, weights, strict=True)) / math.fsum(
        weights
    )


def _unbounded(found: Sequence[_Drawn]) -> tuple[tuple[str, str], ...]:
    reasons = {
        (declared(node.id), node.reason): None for one in found for node in one.bounds.nodes if node.reason
    }
    return tuple(reasons)
