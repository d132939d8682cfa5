"""Resolution: an assignment becomes a candidate, and the account of what became of each instance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tgl.ir import Assignment, Candidate, KeySpec, ProgramIR
from tgl.space.bound import Bound
from tgl.space.concretise import Concretiser, InstanceResolution
from tgl.space.domains import Policy
from tgl.space.draw import drawn, replay
from tgl.space.facts import Effort
from tgl.space.streams import Stream
from tgl.space.trim import trim
from tgl.space.vectors import with_vectors

RESOLVED = 60
"""Steps of work for each node of a program that is made from its decisions, and told apart from others."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """A decided program: the assignment, the candidate it makes, and its instances by template path."""

    assignment: Assignment
    candidate: Candidate
    instances: Mapping[str, InstanceResolution]


def resolve(ir: ProgramIR, assignment: Assignment, bound: Bound | None = None) -> Resolution:
    """The program under an assignment.

    Raises:
        OutsideSpace: with the address and the reason, if the assignment is not in the space.
        EmptySpace: if the space holds nothing at all.

    Determinism: pure; isomorphic assignments of relabelled replicas give equal candidates.
    """
    walked, _ = replay(ir, assignment, None, bound)
    concretiser = Concretiser(walked.facts)
    candidate = with_vectors(concretiser.candidate(trim(walked.root, walked.facts)), key_of(ir))
    return Resolution(dict(assignment), candidate, MappingProxyType(concretiser.instances))


def key_of(ir: ProgramIR) -> KeySpec | None:
    """The key of a program's task, None without one."""
    return None if ir.task is None else ir.task.key


def drawn_candidate(
    ir: ProgramIR, stream: Stream, policy: Policy, bound: Bound | None, effort: Effort
) -> Candidate:
    """The program that `sample` draws, without a second walk; the work is added to `effort`.

    Raises:
        EmptySpace: as `sample` does.
    """
    walked, _ = drawn(ir, stream, policy, bound, effort)
    concretiser = Concretiser(walked.facts)
    candidate = with_vectors(concretiser.candidate(trim(walked.root, walked.facts)), key_of(ir))
    effort.steps += RESOLVED * sum(len(one.live) for one in concretiser.instances.values())
    return candidate
