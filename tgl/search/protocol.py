"""What an optimizer is: it asks, it is told, it calls nothing (semantics.md 9).

An optimizer's next `ask` is a pure function of (space, what it was told, seed). It keeps no other state:
asking twice without being told gives the same proposals, the order of telling plays no part, and telling
a journal to a fresh optimizer puts it where the old one was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from pydantic import Field, JsonValue

from tgl.ir import Assignment, ChoicePoint, Frozen


class Outcome(Frozen):
    """What became of one proposal, as it stands in a journal.

    Args:
        trial: number of the proposal in the search, from 0, in ask order.
        assignment: the decided values.
        key: identity of the candidate; assignments that make the same program share it.
        score: mean score in [0, 1] on the examples that all trials share; None if it was not measured.
        violation: how far measured limits are exceeded, relative to the limit; 0 if none is.
        prices: mean figures that are to be low, where a search weighs several; in the order of `pareto`.
        replicate: whether the candidate was known before, so that nothing new was measured.
        reason: why it was not measured; empty if it was.
    """

    trial: int
    assignment: Assignment
    key: str
    score: float | None
    violation: float = 0.0
    prices: tuple[float, ...] = Field(default=(), exclude_if=lambda prices: not prices)
    replicate: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Propose:
    """Assignments to measure, in order; the study numbers them from `first`."""

    first: int
    assignments: tuple[Assignment, ...]


@dataclass(frozen=True, slots=True)
class Consult:
    """A question to a model, to be answered by the study through the runtime.

    `messages` are (role, text) pairs; `schema` is the JSON schema that the reply has to satisfy.
    """

    messages: tuple[tuple[str, str], ...]
    schema: dict[str, JsonValue]


Ask: TypeAlias = Propose | Consult


class Optimizer(Protocol):
    """Proposes assignments and learns from their outcomes."""

    def ask(self) -> Ask:
        """The next proposals, or a question. Changes nothing."""
        ...

    def tell(self, outcomes: Sequence[Outcome]) -> None:
        """Take note of outcomes, in any order; an outcome told twice counts once."""
        ...


class Decision(Protocol):
    """One local decision of a sampled assignment.

    `allowed_atoms` are indices into the choice's atoms, `probabilities` belong to them in order and add
    up to 1, `atom_index` is the one taken.
    """

    @property
    def address(self) -> str: ...
    @property
    def atom_index(self) -> int: ...
    @property
    def allowed_atoms(self) -> Sequence[int]: ...
    @property
    def probabilities(self) -> Sequence[float]: ...


class Policy(Protocol):
    """Relative weights of a choice's atoms, all > 0."""

    def weights(self, choice: ChoicePoint) -> Sequence[float]: ...


class SearchSpace(Protocol):
    """What an optimizer sees of a program: no model, no example, no text."""

    @property
    def choices(self) -> Sequence[ChoicePoint]:
        """All choice points; an assignment holds the active ones."""
        ...

    @property
    def prior(self) -> Policy:
        """The weights that the program declares."""
        ...

    def sample(self, seed: int, name: Sequence[str | int], policy: Policy) -> Assignment:
        """A valid assignment drawn by `policy`; the same for the same seed and name."""
        ...

    def decisions(self, assignment: Assignment, policy: Policy) -> Sequence[Decision]:
        """The local decisions, in order, that make this assignment."""
        ...

    def key(self, assignment: Assignment) -> str:
        """Identity of the candidate that the assignment makes."""
        ...
