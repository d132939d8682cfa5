"""How large a space is: its assignments, and the different programs that they make.

Programs are counted by classes (`classes`), assignments by the structures that they make: exact within a
budget of walks. Elsewhere the number of assignments is estimated by random walks (Knuth 1975, Estimating the
efficiency of backtrack programs): the product of the numbers of possibilities along a walk that takes each
with equal probability is an unbiased estimate. Of the programs only bounds are then known: at least those
that were seen (with those that Chao adds, 1984, as the value), and at most one for each assignment.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tgl.ir import ChoicePoint, ProgramIR
from tgl.space.bound import Bound
from tgl.space.classes import count_programs
from tgl.space.compile import space_of
from tgl.space.domains import atoms
from tgl.space.draw import count_assignments
from tgl.space.errors import DeadEnd, EmptySpace
from tgl.space.facts import Effort
from tgl.space.oracles import Sampler
from tgl.space.resolve import drawn_candidate
from tgl.space.streams import Stream
from tgl.space.walk import walk

WALKS = 20_000
"""Walks that may be spent on listing a space."""

CLASSES = 5_000
"""Walks that may be spent on telling programs apart, which takes about a millisecond for each."""

DRAWS = 400
"""Draws of an estimate."""

FEWEST = 24
"""Draws of an estimate where each is so much work that more would take too long."""

COUNTING = 600_000
"""Steps of work (`Effort`) of listing a space: a walk under a limit or a requirement may have thousands."""

TELLING_APART = 1_600_000
"""Steps of telling programs apart where it is known that this many walks do; `COUNTING` elsewhere."""

MOST_EXACT = 1_000_000
"""Candidates of a space that is counted to the end, and walks of it, where that is asked for."""

ESTIMATING = 420_000
"""Steps of one estimate by draws."""

_ANY = 1 << 4096
"""More than any number of assignments that can be listed."""

_WIDTH = 2.0
"""Standard errors on either side of an estimate."""


@dataclass(frozen=True, slots=True)
class Size:
    """A number of things, between `low` and `high`; exact if they are the same and it was counted."""

    value: float
    low: float
    high: float
    exact: bool


@dataclass(frozen=True, slots=True)
class SpaceSize:
    """The assignments of a space (candidates as a search names them), and the different programs."""

    assignments: Size
    programs: Size


class _Even:
    """All values equally likely: a cell of reals weighs as many as it holds."""

    def weights(self, choice: ChoicePoint) -> Sequence[float]:
        return [len(atom.values) for atom in atoms(choice.domain)]


def space_size(
    ir: ProgramIR,
    seed: int = 0,
    bound: Bound | None = None,
    *,
    walks: int = WALKS,
    draws: int = DRAWS,
    exact: bool = False,
    on_walk: Callable[[int], None] = lambda _: None,
) -> SpaceSize:
    """The size of a program's space.

    Args:
        ir: the program.
        seed: of the estimates.
        bound: a limit that is kept by construction, or None.
        walks: how many may be spent on an exact count.
        draws: how many to estimate from, where that is not enough.
        exact: count a space of up to `MOST_EXACT` candidates to the end, however long that takes.
        on_walk: is told how many walks were made of such a count.

    Raises:
        EmptySpace: if nothing is in it.
    """
    size = _usual_size(ir, seed, bound, walks, draws)
    if not exact or size.programs.exact or size.assignments.low > MOST_EXACT:
        return size
    programs = count_programs(ir, bound, walks=MOST_EXACT, steps=None, counted=False, on_walk=on_walk)
    if programs is None or size.assignments.exact:
        return size if programs is None else SpaceSize(size.assignments, _counted(programs))
    assignments = count_assignments(ir, _ANY, bound, walks=MOST_EXACT, on_walk=on_walk)
    return size if assignments is None else SpaceSize(_counted(assignments), _counted(programs))


def _usual_size(ir: ProgramIR, seed: int, bound: Bound | None, walks: int, draws: int) -> SpaceSize:
    assignments = _assignments(ir, seed, bound, walks, draws)
    steps = TELLING_APART if assignments.exact else COUNTING
    counted = count_programs(ir, bound, walks=min(walks, CLASSES), steps=steps, counted=assignments.exact)
    if counted is not None:
        return SpaceSize(assignments, _counted(counted))
    return SpaceSize(assignments, _programs(ir, seed, bound, draws, assignments))


def _counted(number: int) -> Size:
    return Size(number, number, number, exact=True)


def _assignments(ir: ProgramIR, seed: int, bound: Bound | None, walks: int, draws: int) -> Size:
    counted = count_assignments(ir, _ANY, bound, walks=walks, steps=COUNTING)
    if counted == 0:
        raise EmptySpace("no choice leads to a program")
    if counted is not None:
        return _counted(counted)
    stream = Stream(seed, "size")
    # the probability of an evenly drawn walk is one over the product of the possibilities on its way
    effort = Effort()
    logs: list[float] = []
    while within_budget(len(logs), draws, effort, ESTIMATING):
        logs.append(_possibilities(ir, stream.child(len(logs)), bound, effort))
    draws = len(logs)
    top = max(logs)
    if top == -math.inf:
        raise EmptySpace(f"none of {draws} walks arrived at a program")
    parts = [math.exp(log - top) for log in logs]
    mean = math.fsum(parts) / draws
    error = math.sqrt(math.fsum((part - mean) ** 2 for part in parts) / (draws - 1) / draws)
    scale = _exp(top)
    low = max(mean - _WIDTH * error, 1.0 / scale)
    return Size(mean * scale, low * scale, (mean + _WIDTH * error) * scale, exact=False)


def within_budget(done: int, draws: int, effort: Effort, steps: int) -> bool:
    """Whether another draw is made: `draws` in all, fewer (but `FEWEST`) where they are much work."""
    return done < draws and (done < FEWEST or effort.steps < steps)


def _possibilities(ir: ProgramIR, stream: Stream, bound: Bound | None, effort: Effort) -> float:
    """The logarithm of the product of the possibilities along a walk; of 0 if it ends in a dead end."""
    sampler = Sampler(stream, _Even())
    try:
        walk(space_of(ir), sampler, bound, effort)
    except DeadEnd:
        return -math.inf
    return -sampler.log_prob


def _exp(log: float) -> float:
    return math.exp(log) if log < 700.0 else math.inf


def _programs(ir: ProgramIR, seed: int, bound: Bound | None, draws: int, assignments: Size) -> Size:
    stream = Stream(seed, "programs")
    effort = Effort()
    seen: Counter[str] = Counter()
    while within_budget(seen.total(), draws, effort, ESTIMATING):
        found = drawn_candidate(ir, stream.child(seen.total()), _Even(), bound, effort)
        seen[found.digest] += 1
    draws = seen.total()
    once = sum(count == 1 for count in seen.values())
    twice = sum(count == 2 for count in seen.values())
    unseen = (draws - 1) / draws * once * (once - 1) / (2 * (twice + 1))
    return Size(min(len(seen) + unseen, assignments.high), len(seen), assignments.high, exact=False)
