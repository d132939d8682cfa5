"""Sampling, log-probability, mode and enumeration of assignments."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from tgl.ir import Assignment, ProgramIR, Requirement
from tgl.space.bound import Bound
from tgl.space.compile import space_of
from tgl.space.domains import PRIOR, Policy
from tgl.space.errors import DeadEnd, EmptySpace, OutsideSpace, UnknownValue
from tgl.space.facts import Effort
from tgl.space.oracles import Decision, Mode, Replay, Sampler, Script
from tgl.space.plan import Space
from tgl.space.streams import Stream
from tgl.space.walk import Walk, walk

ATTEMPTS = 200
"""How often `sample` starts again after a dead end."""

ATTEMPTS_REQUIRED = 1000
"""The same where there are requirements: that fewer than one walk in so many satisfies them is an error."""

MOST_WALKS = 4096
"""Most walks of which the probabilities are added up to normalise one."""

ARRIVAL_STEPS = 1_000_000
"""Most steps of work (see `Effort`) that these may take together."""


@dataclass(frozen=True, slots=True)
class Sampled:
    """A drawn assignment and the log-probability of drawing it (natural logarithm)."""

    assignment: Assignment
    log_prob: float


def sample(ir: ProgramIR, stream: Stream, policy: Policy = PRIOR, bound: Bound | None = None) -> Sampled:
    """A valid assignment drawn by the policy, constrained by construction.

    Each choice draws from `stream` by its address. After a dead end (see `walk`) the draw starts again on
    a sub-stream; `log_prob` is that of the walk without such repeats.

    Raises:
        EmptySpace: if there is no candidate, or `ATTEMPTS` walks found none.
    """
    walked, chance = drawn(ir, stream, policy, bound)
    return Sampled(walked.facts.assignment, chance)


def drawn(
    ir: ProgramIR, stream: Stream, policy: Policy, bound: Bound | None, effort: Effort | None = None
) -> tuple[Walk, float]:
    """The walk of `sample` and its log-probability; what it took, repeats included, is added to `effort`."""
    space = space_of(ir)
    attempts = ATTEMPTS_REQUIRED if space.has_requirements else ATTEMPTS
    ends: Counter[tuple[str, Requirement | None]] = Counter()
    for attempt in range(attempts):
        sampler = Sampler(stream if attempt == 0 else stream.child("again", attempt), policy)
        try:
            walked = walk(space, sampler, bound, effort)
        except DeadEnd as dead:
            ends[dead.address if dead.requirement is None else "", dead.requirement] += 1
        else:
            return walked, sampler.log_prob
    raise nothing_found(ends, attempts)


def nothing_found(ends: Counter[tuple[str, Requirement | None]], attempts: int) -> EmptySpace:
    """What to raise when every walk ended in a dead end."""
    [((address, requirement), count)] = ends.most_common(1)
    if requirement is not None:
        reason = f"`{requirement.text}` ended {count} of {attempts} draws, and none was left"
        return EmptySpace(reason, requirement)
    return EmptySpace(f"{attempts} draws found no program that can be completed; most failed at {address}")


def replay(
    ir: ProgramIR, assignment: Assignment, policy: Policy | None, bound: Bound | None
) -> tuple[Walk, list[Decision]]:
    """The walk that an assignment describes (its decisions are noted if there is a policy).

    Raises:
        OutsideSpace: if it is not in the space, or holds a choice that is not active.
        EmptySpace: if nothing is.
    """
    space = space_of(ir)
    for address in assignment:
        if address not in space.choices:
            raise UnknownValue(address, "no such choice in the program")
    oracle = Replay(assignment, policy)
    try:
        walked = walk(space, oracle, bound)
    except DeadEnd as dead:
        reason = "has no option left after the earlier decisions"
        if dead.requirement is not None:
            reason = f"breaks `{dead.requirement.text}`"
        raise OutsideSpace(dead.address, reason) from None
    for address in assignment:
        if address not in walked.facts.assignment:
            raise OutsideSpace(address, "is not active under the other decisions")
    return walked, oracle.decisions


def decisions(
    ir: ProgramIR, assignment: Assignment, policy: Policy = PRIOR, bound: Bound | None = None
) -> tuple[Decision, ...]:
    """The exact sequence of local decisions that make an assignment.

    Raises:
        OutsideSpace: if the assignment is not in the space.
    """
    return tuple(replay(ir, assignment, policy, bound)[1])


def log_prob(
    ir: ProgramIR, assignment: Assignment, policy: Policy = PRIOR, bound: Bound | None = None
) -> float:
    """The log-probability that `sample` makes an assignment; -inf outside the space.

    Requirements may end a walk, which then starts again: the probability is divided by that of a walk to
    arrive. That is known where at most `MOST_WALKS` walks show it, of `ARRIVAL_STEPS` steps of work;
    elsewhere this constant is left out.

    Raises:
        ValueError: for an address that the program does not have, or a value of the wrong type.
    """
    try:
        walked = math.fsum(decision.log_prob for decision in decisions(ir, assignment, policy, bound))
        arrives = arrival(ir, policy, bound)
        return walked if arrives is None else walked - math.log(arrives)
    except UnknownValue:
        raise
    except (OutsideSpace, EmptySpace):
        return -math.inf


def mode(ir: ProgramIR, policy: Policy = PRIOR, bound: Bound | None = None) -> Assignment:
    """The assignment that takes the most probable option at each decision, in order.

    Where that ends in a dead end, the last decision that has another option takes its next best, and so on.

    Raises:
        EmptySpace: if there is none, or `ATTEMPTS_REQUIRED` walks found none.
    """
    space = space_of(ir)
    ends: Counter[tuple[str, Requirement | None]] = Counter()
    oracle = Mode(policy)
    for _ in range(ATTEMPTS_REQUIRED):
        try:
            return walk(space, oracle, bound).facts.assignment
        except DeadEnd as dead:
            ends[dead.address if dead.requirement is None else "", dead.requirement] += 1
        following = _following(oracle.options, oracle.taken)
        if following is None:
            break
        oracle = Mode(policy, following)
    raise nothing_found(ends, sum(ends.values()))


def enumerate_assignments(
    ir: ProgramIR, policy: Policy = PRIOR, bound: Bound | None = None
) -> Iterator[tuple[Assignment, float]]:
    """All assignments with their probabilities, in the order of the decisions.

    One walk an assignment: only for small spaces. A range of reals counts each of its decimals.
    """
    leaves = _leaves(ir, policy, bound, frozenset())
    found = (
        (assignment, math.exp(math.fsum(decision.log_prob for decision in path)))
        for assignment, path in leaves
    )
    if not space_of(ir).has_requirements:
        yield from found
        return
    listed = list(found)
    total = math.fsum(chance for _, chance in listed)
    for assignment, chance in listed:
        yield assignment, chance / total


def arrival(ir: ProgramIR, policy: Policy = PRIOR, bound: Bound | None = None) -> float | None:
    """The probability that a walk satisfies all requirements, None if too many would tell it.

    One where there are none. Dead ends of other kinds, which are rare, are not looked for.
    """
    space = space_of(ir)
    if not space.has_requirements:
        return 1.0
    return _prior_arrival(space) if policy is PRIOR and bound is None else _arrival(ir, policy, bound)


@lru_cache(maxsize=32)
def _prior_arrival(space: Space) -> float | None:
    return _arrival(space.ir, PRIOR, None)


def _arrival(ir: ProgramIR, policy: Policy, bound: Bound | None) -> float | None:
    loose = _loose(ir, bound)
    chances: list[float] = []
    effort = Effort()
    for walks, leaf in enumerate(_walks(ir, policy, bound, loose, effort)):
        if walks >= MOST_WALKS or effort.steps > ARRIVAL_STEPS:
            return None
        if leaf is not None:
            parts = [decision.log_prob for decision in leaf[1] if decision.address not in loose]
            chances.append(math.exp(math.fsum(parts)))
    return math.fsum(chances) or None


def count_assignments(
    ir: ProgramIR,
    limit: int,
    bound: Bound | None = None,
    *,
    walks: int | None = None,
    steps: int | None = None,
    apart: frozenset[str] = frozenset(),
    on_walk: Callable[[int], None] = lambda _: None,
) -> int | None:
    """The number of assignments, None if it is more than `limit`, or more than `walks` walks would tell it.

    `steps`: the most steps of work, if any; of the choices `apart` all values count as one. `on_walk` is
    told how many walks were made.

    Choices that no structure reads multiply, so the cost is one walk a structure, at most `limit`.
    """
    space = space_of(ir)
    loose = _loose(ir, bound)
    total = 0
    effort = Effort()
    for done, leaf in enumerate(_walks(ir, PRIOR, bound, loose, effort)):
        on_walk(done)
        if (walks is not None and done >= walks) or (steps is not None and effort.steps > steps):
            return None
        if leaf is None:
            continue
        _, path = leaf
        total += math.prod(
            sum(len(atom.values) for atom in space.choices[decision.address].atoms)
            for decision in path
            if decision.address in loose and decision.address not in apart
        )
        if total > limit:
            return None
    return total


def _loose(ir: ProgramIR, bound: Bound | None) -> frozenset[str]:
    """The choices that change neither what else is decided nor what is allowed there."""
    space = space_of(ir)
    return frozenset(
        address
        for address, choice in space.choices.items()
        if not choice.structural
        and address not in space.required
        and not (bound is not None and bound.heeds(space, address))
    )


_Leaf: TypeAlias = tuple[Assignment, list[Decision]]


def _leaves(ir: ProgramIR, policy: Policy, bound: Bound | None, whole: frozenset[str]) -> Iterator[_Leaf]:
    """The walks that arrive."""
    return (leaf for leaf in _walks(ir, policy, bound, whole) if leaf is not None)


def _walks(
    ir: ProgramIR,
    policy: Policy,
    bound: Bound | None,
    whole: frozenset[str],
    effort: Effort | None = None,
) -> Iterator[_Leaf | None]:
    """Depth first over the tree of decisions: repeat the walk with the last decision moved on.

    None for one that ends in a dead end.
    """
    for walked, oracle in _scripted(ir, policy, bound, whole, effort):
        yield None if walked is None else (walked.facts.assignment, oracle.decisions)


def walks_of(
    ir: ProgramIR, bound: Bound | None, whole: frozenset[str], effort: Effort
) -> Iterator[Walk | None]:
    """All walks, None for a dead end; of the choices `whole` the first option stands for all."""
    return (walked for walked, _ in _scripted(ir, PRIOR, bound, whole, effort))


def _scripted(
    ir: ProgramIR,
    policy: Policy,
    bound: Bound | None,
    whole: frozenset[str],
    effort: Effort | None,
) -> Iterator[tuple[Walk | None, Script]]:
    space = space_of(ir)
    script: list[tuple[int, int]] | None = []
    while script is not None:
        oracle = Script(script, policy, whole)
        try:
            walked = walk(space, oracle, bound, effort)
        except DeadEnd:
            yield None, oracle
        except EmptySpace:
            return
        else:
            yield walked, oracle
        script = _following(oracle.options, oracle.taken)


def _following(
    options: Sequence[Sequence[tuple[int, int]]], taken: Sequence[tuple[int, int]]
) -> list[tuple[int, int]] | None:
    for step in range(len(taken) - 1, -1, -1):
        place = options[step].index(taken[step]) + 1
        if place < len(options[step]):
            return [*taken[:step], options[step][place]]
    return None
