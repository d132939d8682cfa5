"""The loop that serves an optimizer: rounds of proposals, measured behind a barrier.

A candidate is measured once; a proposal that makes a known one is a replicate, answered from the record at
no cost. Trials start in ask order while their worst case fits; those that do not fit beside the others of
their round wait until the others are settled, and only one that does not fit alone is turned down.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from pydantic import JsonValue

from tgl.ir import Assignment
from tgl.search.protocol import Optimizer, Outcome, Propose, SearchSpace

TOO_DEAR = "its worst case does not fit what is left of `spend`"
TOO_MANY = "the number of trials is used up"


@dataclass(frozen=True, slots=True)
class Measured:
    """A candidate's figures on the examples that all trials share (see `Outcome`)."""

    score: float
    violation: float
    prices: tuple[float, ...] = ()


class Laboratory(Protocol):
    """What measures candidates. It knows models and money; the study does not."""

    def reserve(self, assignment: Assignment) -> bool:
        """Set aside the worst case of a trial; False if it does not fit beside what is set aside."""
        ...

    async def measure(self, assignments: Sequence[Assignment]) -> Sequence[Measured]:
        """Measure reserved trials, in order, and settle what was set aside."""
        ...


class JournalWriter(Protocol):
    """Where a search's steps are kept; a resumed search has to repeat them."""

    def record(self, kind: str, payload: JsonValue) -> None:
        """Take a step; returns after it is safe."""
        ...


class NoJournal:
    """Keeps nothing."""

    def record(self, kind: str, payload: JsonValue) -> None:
        """Forget the step."""


@dataclass(frozen=True, slots=True)
class StudyConfig:
    """When to stop.

    Args:
        rounds: at most so many rounds, > 0.
        stale: stop after so many rounds in a row without a new candidate, > 0.
        trials: at most so many distinct candidates, > 0; None is no limit.
    """

    rounds: int = 12
    stale: int = 3
    trials: int | None = None


Ending = Literal["rounds", "trials", "spend", "stale"]


@dataclass(frozen=True, slots=True)
class Explored:
    """Every outcome in trial order, the number of distinct candidates measured, and why it ended.

    `ending` is `rounds` or `trials` (all done), `spend` (nothing more fits) or `stale` (nothing new is
    proposed).
    """

    outcomes: tuple[Outcome, ...]
    candidates: int
    rounds: int
    ending: Ending

    @property
    def short(self) -> bool:
        """Whether more `spend` would have been explored with."""
        return self.ending == "spend" or self.refused > 0

    @property
    def refused(self) -> int:
        """How many distinct candidates were proposed and never measured, since they did not fit `spend`."""
        measured = {outcome.key for outcome in self.outcomes if outcome.score is not None}
        return len({outcome.key for outcome in self.outcomes if outcome.reason == TOO_DEAR} - measured)


@dataclass(slots=True)
class _Record:
    """Candidates measured so far, by key."""

    known: dict[str, Measured] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)


async def explore(
    optimizer: Optimizer,
    space: SearchSpace,
    laboratory: Laboratory,
    *,
    config: StudyConfig,
    journal: JournalWriter,
    on_round: Callable[[int, int], None] | None = None,
) -> Explored:
    """Run the rounds of a search.

    Args:
        optimizer: proposes and is told; a `Consult` is not served yet.
        space: gives each assignment its identity.
        laboratory: measures.
        config: when to stop.
        journal: is given each round's proposals before they are measured, and its outcomes after.
        on_round: told the number of rounds done and of candidates measured, after each round.

    Raises:
        NotImplementedError: if the optimizer consults a model.
    """
    record = _Record()
    outcomes: list[Outcome] = []
    stale = 0
    for done in range(config.rounds):
        asked = optimizer.ask()
        if not isinstance(asked, Propose):
            raise NotImplementedError("optimizers that consult a model are not served yet")
        journal.record("proposals", [dict(assignment) for assignment in asked.assignments])
        before = len(record.known)
        room = None if config.trials is None else config.trials - before
        told = await _round(asked, space, laboratory, record, room)
        optimizer.tell(told)
        outcomes += told
        journal.record("outcomes", [outcome.model_dump(mode="json") for outcome in told])
        if on_round is not None:
            on_round(done + 1, len(record.known))
        fresh = len(record.known) - before
        if config.trials is not None and len(record.known) >= config.trials:
            return Explored(tuple(outcomes), len(record.known), done + 1, "trials")
        if fresh == 0 and any(outcome.reason for outcome in told):
            return Explored(tuple(outcomes), len(record.known), done + 1, "spend")
        stale = 0 if fresh else stale + 1
        if stale >= config.stale:
            return Explored(tuple(outcomes), len(record.known), done + 1, "stale")
    return Explored(tuple(outcomes), len(record.known), config.rounds, "rounds")


async def _round(
    asked: Propose, space: SearchSpace, laboratory: Laboratory, record: _Record, room: int | None
) -> tuple[Outcome, ...]:
    """Measure what is new in a round, at most `room` candidates, and the outcomes of all its proposals."""
    keys = [space.key(assignment) for assignment in asked.assignments]
    known_before = set(record.known)
    firsts: dict[str, Assignment] = {}
    for key, assignment in zip(keys, asked.assignments, strict=True):
        if key not in known_before and key not in record.refused:
            firsts.setdefault(key, assignment)
    waiting = list(firsts.items())[:room]
    while waiting:
        batch: list[tuple[str, Assignment]] = []
        while waiting and laboratory.reserve(waiting[0][1]):
            batch.append(waiting.pop(0))
        if not batch:
            record.refused.add(waiting.pop(0)[0])
            continue
        figures = await laboratory.measure([assignment for _, assignment in batch])
        for (key, _), measured in zip(batch, figures, strict=True):
            record.known[key] = measured
    told: list[Outcome] = []
    seen: set[str] = set()
    for trial, (key, assignment) in enumerate(zip(keys, asked.assignments, strict=True), asked.first):
        measured = record.known.get(key)
        reason = "" if measured is not None else TOO_DEAR if key in record.refused else TOO_MANY
        told.append(
            Outcome(
                trial=trial,
                assignment=assignment,
                key=key,
                score=None if measured is None else measured.score,
                violation=0.0 if measured is None else measured.violation,
                prices=() if measured is None else measured.prices,
                replicate=measured is not None and (key in known_before or key in seen),
                reason=reason,
            )
        )
        seen.add(key)
    return tuple(told)
