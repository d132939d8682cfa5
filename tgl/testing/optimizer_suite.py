"""What every optimizer has to do, as checks that raise `AssertionError`: run them on your own.

An optimizer is made by a factory from a space and a seed. The checks need no model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from tgl.ir import Assignment
from tgl.search import Ask, Optimizer, Outcome, Propose, SearchSpace

OptimizerFactory: TypeAlias = Callable[[SearchSpace, int], Optimizer]
Scoring: TypeAlias = Callable[[Assignment], float]


def proposals(asked: Ask) -> Propose:
    """The proposals of an optimizer that consults nobody."""
    assert isinstance(asked, Propose), "these checks serve no consultations"
    return asked


def outcomes(space: SearchSpace, asked: Propose, score: Scoring) -> list[Outcome]:
    """What becomes of proposals if all are measured."""
    return [
        Outcome(trial=trial, assignment=assignment, key=space.key(assignment), score=score(assignment))
        for trial, assignment in enumerate(asked.assignments, asked.first)
    ]


def journal(optimizer: Optimizer, space: SearchSpace, score: Scoring, rounds: int) -> list[Outcome]:
    """Serve an optimizer for some rounds; every outcome in trial order."""
    told: list[Outcome] = []
    for _ in range(rounds):
        made = outcomes(space, proposals(optimizer.ask()), score)
        optimizer.tell(made)
        told += made
    return told


def check_asking_changes_nothing(factory: OptimizerFactory, space: SearchSpace, score: Scoring) -> None:
    """Two asks in a row, without a tell between them, propose the same."""
    optimizer = factory(space, 1)
    journal(optimizer, space, score, 2)
    assert optimizer.ask() == optimizer.ask()


def check_proposals_lie_in_the_space(factory: OptimizerFactory, space: SearchSpace, score: Scoring) -> None:
    """Every proposal can be made by the program's own sampler."""
    for outcome in journal(factory(space, 2), space, score, 4):
        decided = {decision.address for decision in space.decisions(outcome.assignment, space.prior)}
        assert decided == set(outcome.assignment), f"{outcome.assignment} is not in the space"


def check_trials_are_numbered_in_order(factory: OptimizerFactory, space: SearchSpace, score: Scoring) -> None:
    """Each round starts where the last one ended."""
    trials = [outcome.trial for outcome in journal(factory(space, 3), space, score, 3)]
    assert trials == list(range(len(trials)))


def check_order_of_telling_plays_no_part(
    factory: OptimizerFactory, space: SearchSpace, score: Scoring
) -> None:
    """Outcomes told one by one, backwards, twice, or all at once lead to the same proposals."""
    told = journal(factory(space, 4), space, score, 3)
    together, apart = factory(space, 4), factory(space, 4)
    together.tell(told)
    for outcome in [*reversed(told), *told]:
        apart.tell([outcome])
    assert together.ask() == apart.ask()


def check_a_journal_restores_it(factory: OptimizerFactory, space: SearchSpace, score: Scoring) -> None:
    """A fresh optimizer that is told a journal proposes what the old one would."""
    old = factory(space, 5)
    told = journal(old, space, score, 3)
    restored = [Outcome.model_validate_json(outcome.model_dump_json()) for outcome in told]
    fresh = factory(space, 5)
    fresh.tell(restored)
    assert fresh.ask() == old.ask()


def check_seeds_differ(factory: OptimizerFactory, space: SearchSpace, score: Scoring) -> None:
    """Another seed searches elsewhere."""
    del score
    assert factory(space, 6).ask() != factory(space, 7).ask()


def check_unmeasured_trials_are_survived(
    factory: OptimizerFactory, space: SearchSpace, score: Scoring
) -> None:
    """Trials that did not fit, rounds told in part, ties and violated limits leave it valid."""
    optimizer = factory(space, 8)
    for round_ in range(5):
        made = outcomes(space, proposals(optimizer.ask()), score)
        match round_:
            case 0:
                made = [outcome.model_copy(update={"score": None, "reason": "too dear"}) for outcome in made]
            case 1:
                made = made[:1]
            case 2:
                made = [outcome.model_copy(update={"score": 0.5}) for outcome in made]
            case 3:
                made = [outcome.model_copy(update={"violation": 1e9}) for outcome in made]
            case _:
                pass
        optimizer.tell(made)
        for assignment in proposals(optimizer.ask()).assignments:
            assert space.key(assignment)


def check_new_candidates_come_first(factory: OptimizerFactory, space: SearchSpace, score: Scoring) -> None:
    """In a space that is large enough, the first rounds repeat nothing."""
    keys = [outcome.key for outcome in journal(factory(space, 9), space, score, 2)]
    assert len(set(keys)) == len(keys)


CHECKS: Sequence[Callable[[OptimizerFactory, SearchSpace, Scoring], None]] = (
    check_asking_changes_nothing,
    check_proposals_lie_in_the_space,
    check_trials_are_numbered_in_order,
    check_order_of_telling_plays_no_part,
    check_a_journal_restores_it,
    check_seeds_differ,
    check_unmeasured_trials_are_survived,
    check_new_candidates_come_first,
)
"""The suite: call each with a factory, a space with many candidates, and a score in [0, 1]."""
