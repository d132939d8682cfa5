"""The rounds of a search: admission, replicates, endings."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from tgl.ir import Assignment
from tgl.search import (
    Consult,
    Explored,
    Measured,
    NoJournal,
    Outcome,
    Propose,
    RandomSearch,
    StudyConfig,
    explore,
)
from tgl.testing.landscapes import landscape

LAND = landscape("separable", 3)


class Scripted:
    """Proposes fixed rounds."""

    def __init__(self, *rounds: Sequence[Assignment]) -> None:
        self.rounds, self.told = rounds, []

    def ask(self) -> Propose:
        done = sum(len(group) for group in self.told)
        return Propose(done, tuple(self.rounds[len(self.told)]))

    def tell(self, outcomes: Sequence[Outcome]) -> None:
        self.told.append(tuple(outcomes))


class Lab:
    """Each trial's worst case is `worst`, its settled spend `actual`."""

    def __init__(self, spend: int, worst: int, actual: int) -> None:
        self.left, self.worst, self.actual = spend, worst, actual
        self.reserved = 0
        self.batches: list[list[Assignment]] = []

    def reserve(self, assignment: Assignment) -> bool:
        if self.reserved + self.worst > self.left:
            return False
        self.reserved += self.worst
        return True

    async def measure(self, assignments: Sequence[Assignment]) -> list[Measured]:
        self.batches.append(list(assignments))
        self.left -= self.actual * len(assignments)
        self.reserved = 0
        assert self.left >= 0
        return [Measured(LAND.measured(one), 0.0) for one in assignments]


def one(*values: int) -> Assignment:
    return {f"v{i}": values[i] if i < len(values) else 0 for i in range(9)}


def run(optimizer, lab: Lab, journal=None, **config: int) -> Explored:
    return asyncio.run(
        explore(optimizer, LAND, lab, config=StudyConfig(**config), journal=journal or NoJournal())
    )


def test_a_known_candidate_is_a_replicate_and_costs_nothing():
    optimizer = Scripted([one(0), one(1), one(1)], [one(0), one(2)])
    lab = Lab(1000, 10, 10)
    explored = run(optimizer, lab, rounds=2)
    assert [outcome.replicate for outcome in explored.outcomes] == [False, False, True, True, False]
    assert [outcome.trial for outcome in explored.outcomes] == [0, 1, 2, 3, 4]
    assert explored.candidates == 3
    assert sum(len(batch) for batch in lab.batches) == 3
    scores = {outcome.key: outcome.score for outcome in explored.outcomes}
    assert all(outcome.score == scores[outcome.key] for outcome in explored.outcomes)


def test_what_does_not_fit_beside_the_others_waits_for_them():
    lab = Lab(spend=30, worst=10, actual=2)
    explored = run(Scripted([one(i, j) for i in range(3) for j in range(2)]), lab, rounds=1)
    assert [len(batch) for batch in lab.batches] == [3, 2, 1]
    assert all(outcome.score is not None for outcome in explored.outcomes)


def test_a_search_ends_when_nothing_more_fits():
    lab = Lab(spend=25, worst=10, actual=10)
    explored = run(RandomSearch(LAND, 1, samples=4), lab, rounds=9)
    assert explored.ending == "spend"
    assert explored.candidates == 2
    assert lab.left == 5
    refused = [outcome for outcome in explored.outcomes if outcome.score is None]
    assert refused
    assert all("spend" in outcome.reason for outcome in refused)


def test_a_search_ends_when_its_trials_are_used_up():
    explored = run(RandomSearch(LAND, 1, samples=4), Lab(1000, 1, 1), rounds=9, trials=6)
    assert (explored.ending, explored.candidates, explored.rounds) == ("trials", 6, 2)
    assert [outcome.reason for outcome in explored.outcomes if outcome.score is None] == [
        "the number of trials is used up"
    ] * 2


def test_a_search_ends_when_nothing_new_is_proposed():
    explored = run(Scripted(*[[one(0)]] * 9), Lab(1000, 1, 1), rounds=9, stale=2)
    assert (explored.ending, explored.rounds, explored.candidates) == ("stale", 3, 1)


def test_the_journal_holds_proposals_before_and_outcomes_after():
    steps = []

    class Journal:
        def record(self, kind, payload):
            steps.append((kind, payload))

    explored = run(Scripted([one(0), one(1)]), Lab(99, 1, 1), Journal(), rounds=1)
    assert [kind for kind, _ in steps] == ["proposals", "outcomes"]
    assert steps[0][1] == [one(0), one(1)]
    assert tuple(Outcome.model_validate(row) for row in steps[1][1]) == explored.outcomes


def test_consulting_is_not_served_yet():
    class Consulting(Scripted):
        def ask(self):
            return Consult((("user", "?"),), {})

    with pytest.raises(NotImplementedError):
        run(Consulting([]), Lab(9, 1, 1), rounds=1)
