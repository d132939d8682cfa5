"""Sampling, log-probability, mode and enumeration of assignments."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from tgl.ir import Assignment, ProgramIR
from tgl.space.bound import Bound
from tgl.space.compile import space_of
from tgl.space.domains import PRIOR, Policy
from tgl.space.errors import DeadEnd, EmptySpace, OutsideSpace, UnknownValue
from tgl.space.oracles import Decision, Mode, Replay, Sampler, Script
from tgl.space.streams import Stream
from tgl.space.walk import Walk, walk

ATTEMPTS = 200
"""How often `sample` starts again after a dead end."""


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
    end: DeadEnd | None = None
    for attempt in range(ATTEMPTS):
        sampler = Sampler(stream if attempt == 0 else stream.child("again", attempt), policy)
        try:
            walked = walk(space_of(ir), sampler, bound)
        except DeadEnd as dead:
            end = dead
        else:
            return Sampled(walked.facts.assignment, sampler.log_prob)
    raise EmptySpace(f"{ATTEMPTS} draws found no program that can be completed; the last failed at {end}")


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
        raise OutsideSpace(dead.address, "has no option left after the earlier decisions") from None
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
    """The log-probability that the walk makes an assignment; -inf outside the space.

    Raises:
        ValueError: for an address that the program does not have, or a value of the wrong type.
    """
    try:
        return math.fsum(decision.log_prob for decision in decisions(ir, assignment, policy, bound))
    except UnknownValue:
        raise
    except (OutsideSpace, EmptySpace):
        return -math.inf


def mode(ir: ProgramIR, policy: Policy = PRIOR, bound: Bound | None = None) -> Assignment:
    """The assignment that takes the most probable option at each decision, in order.

    Raises:
        EmptySpace: if there is none.
    """
    try:
        return walk(space_of(ir), Mode(policy), bound).facts.assignment
    except DeadEnd as dead:
        raise EmptySpace(str(dead)) from None


def enumerate_assignments(
    ir: ProgramIR, policy: Policy = PRIOR, bound: Bound | None = None
) -> Iterator[tuple[Assignment, float]]:
    """All assignments with their probabilities, in the order of the decisions.

    One walk an assignment: only for small spaces. A range of reals counts each of its decimals.
    """
    for script in _leaves(ir, policy, bound, frozenset()):
        chances = math.exp(math.fsum(decision.log_prob for decision in script[1]))
        yield script[0], chances


def count_assignments(ir: ProgramIR, limit: int, bound: Bound | None = None) -> int | None:
    """The number of assignments, None if it is more than `limit`.

    Choices that no structure reads multiply, so the cost is one walk a structure, at most `limit`.
    """
    space = space_of(ir)
    loose = frozenset(
        address
        for address, choice in space.choices.items()
        if not choice.structural and not (bound is not None and address in space.priced)
    )
    total = 0
    for _, path in _leaves(ir, PRIOR, bound, loose):
        total += math.prod(
            sum(len(atom.values) for atom in space.choices[decision.address].atoms)
            for decision in path
            if decision.address in loose
        )
        if total > limit:
            return None
    return total


def _leaves(
    ir: ProgramIR, policy: Policy, bound: Bound | None, whole: frozenset[str]
) -> Iterator[tuple[Assignment, list[Decision]]]:
    """Depth first over the tree of decisions: repeat the walk with the last decision moved on."""
    space = space_of(ir)
    script: list[tuple[int, int]] | None = []
    while script is not None:
        oracle = Script(script, policy, whole)
        try:
            walked = walk(space, oracle, bound)
        except DeadEnd:
            pass
        except EmptySpace:
            return
        else:
            yield walked.facts.assignment, oracle.decisions
        script = _following(oracle)


def _following(oracle: Script) -> list[tuple[int, int]] | None:
    taken = [
        oracle.script[step] if step < len(oracle.script) else options[0]
        for step, options in enumerate(oracle.options)
    ]
    for step in range(len(taken) - 1, -1, -1):
        options = oracle.options[step]
        place = options.index(taken[step]) + 1
        if place < len(options):
            return [*taken[:step], options[place]]
    return None
