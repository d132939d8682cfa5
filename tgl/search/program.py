"""A program as a search space."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tgl.ir import Assignment, ChoicePoint, ProgramIR
from tgl.search.protocol import Decision, Policy
from tgl.space import PRIOR, Bound, Resolution, Stream, decisions, mode, resolve, sample


class ProgramSpace:
    """The candidates of a program that keep `bound` by construction.

    Args:
        ir: the program.
        bound: a worst-case limit, or None.
    """

    def __init__(self, ir: ProgramIR, bound: Bound | None = None) -> None:
        self.ir, self.bound = ir, bound
        self._resolved: dict[str, Resolution] = {}

    @property
    def choices(self) -> Sequence[ChoicePoint]:
        """All choice points of the program."""
        return self.ir.choices

    @property
    def prior(self) -> Policy:
        """The program's own weights."""
        return PRIOR

    def sample(self, seed: int, name: Sequence[str | int], policy: Policy) -> Assignment:
        """A valid assignment.

        Raises:
            EmptySpace: if nothing meets the bound.
        """
        return sample(self.ir, Stream(seed, *name), policy, self.bound).assignment

    def decisions(self, assignment: Assignment, policy: Policy) -> Sequence[Decision]:
        """The local decisions that make an assignment.

        Raises:
            OutsideSpace: if it is not in the space.
        """
        return decisions(self.ir, assignment, policy, self.bound)

    def mode(self) -> Assignment:
        """The most probable option of each decision, in order.

        Raises:
            EmptySpace: if nothing meets the bound.
        """
        return mode(self.ir, PRIOR, self.bound)

    def resolution(self, assignment: Assignment) -> Resolution:
        """The program under an assignment; remembered, since a search asks often.

        Raises:
            OutsideSpace: if it is not in the space.
        """
        name = json.dumps(assignment, sort_keys=True)
        found = self._resolved.get(name)
        if found is None:
            found = self._resolved[name] = resolve(self.ir, assignment, self.bound)
        return found

    def key(self, assignment: Assignment) -> str:
        """The candidate's digest: assignments that make the same program share it."""
        return self.resolution(assignment).candidate.digest
