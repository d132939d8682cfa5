"""Resolution: an assignment becomes a candidate, and the account of what became of each instance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tgl.ir import Assignment, Candidate, ProgramIR
from tgl.space.bound import Bound
from tgl.space.concretise import Concretiser, InstanceResolution
from tgl.space.draw import replay
from tgl.space.trim import trim


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
    candidate = concretiser.candidate(trim(walked.root, walked.facts))
    return Resolution(dict(assignment), candidate, MappingProxyType(concretiser.instances))
