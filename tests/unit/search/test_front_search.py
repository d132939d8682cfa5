"""The search for a front: both ends, and what lies between them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tgl.ir import Assignment, OptimizeSpec, TextPlace
from tgl.search import (
    BadMethod,
    FrontSearch,
    Optimizer,
    Outcome,
    Propose,
    RandomSearch,
    Reinforce,
    ReinforceConfig,
    caps_between,
    directions,
    method_of,
)
from tgl.testing.landscapes import landscape, taken, uniform

LAND = landscape("separable", 1)
CONFIG = ReinforceConfig()
ROUNDS = 21


def planted(assignment: Assignment) -> tuple[float, float]:
    """Score and price: two choices pay, each at its price; seven only cost."""
    options = [taken(assignment, f"v{i}") for i in range(9)]
    score = 0.2 + 0.35 * (options[0] == 2) + 0.35 * (options[1] == 2)
    price = 1.0 + sum(options[2:]) + 3.0 * (options[0] == 2) + 9.0 * (options[1] == 2)
    return score, price


def searched(optimizer: Optimizer, rounds: int = ROUNDS) -> list[Outcome]:
    """What an optimizer was told, with a measurement error of the size that train has."""
    told: list[Outcome] = []
    for _ in range(rounds):
        asked = optimizer.ask()
        assert isinstance(asked, Propose)
        outcomes: list[Outcome] = []
        for trial, assignment in enumerate(asked.assignments, asked.first):
            score, price = planted(assignment)
            noise = 0.05 * (uniform("noise", LAND.key(assignment)) - 0.5)
            outcomes.append(
                Outcome(
                    trial=trial,
                    assignment=assignment,
                    key=LAND.key(assignment),
                    score=score + noise,
                    prices=(price,),
                )
            )
        optimizer.tell(outcomes)
        told += outcomes
    return told


def volume(outcomes: list[Outcome]) -> float:
    """The area under the staircase of the best true score at each price up to 28."""
    found = [planted(one.assignment) for one in outcomes]
    return sum(max((s for s, p in found if p <= budget), default=0.0) for budget in range(1, 29)) / 28


def front(seed: int) -> FrontSearch:
    return FrontSearch(LAND, seed, 1, CONFIG)


MAKERS: dict[str, Callable[[int], Optimizer]] = {
    "random": lambda seed: RandomSearch(LAND, seed, samples=CONFIG.samples),
    "score alone": lambda seed: Reinforce(LAND, seed, CONFIG),
}


@pytest.mark.parametrize("other", MAKERS)
def test_it_covers_more_of_a_planted_front_than_the_same_number_of_other_proposals(other: str) -> None:
    seeds = range(6)
    own = sum(volume(searched(front(seed))) for seed in seeds) / len(seeds)
    theirs = sum(volume(searched(MAKERS[other](seed))) for seed in seeds) / len(seeds)
    assert own > theirs + 0.02


def test_it_finds_both_ends() -> None:
    for seed in range(4):
        found = [planted(one.assignment) for one in searched(front(seed))]
        assert max(score for score, _ in found) == pytest.approx(0.9)
        assert min(price for _, price in found) <= 4.0


def test_it_is_a_function_of_what_it_was_told() -> None:
    one = front(3)
    told = searched(one, 7)
    again, backwards = front(3), front(3)
    again.tell(told)
    for outcome in reversed(told):
        backwards.tell([outcome])
    assert one.ask() == one.ask() == again.ask() == backwards.ask()
    assert front(4).ask() != front(3).ask()


def test_a_new_cheapest_moves_the_caps_and_all_that_was_learnt_under_them() -> None:
    kept, late = front(5), front(5)
    told = searched(kept, 5)
    cheaper = told[-1].model_copy(update={"prices": (0.01,)})
    late.tell(told[:-1])
    late.ask()
    late.tell([cheaper])
    fresh = front(5)
    fresh.tell([*told[:-1], cheaper])
    assert late.ask() == fresh.ask()


def test_candidates_that_were_not_measured_have_no_price() -> None:
    search = front(6)
    told = [one.model_copy(update={"score": None, "prices": ()}) for one in searched(front(6), 2)]
    search.tell(told)
    assert isinstance(search.ask(), Propose)


@pytest.mark.parametrize(("least", "greatest"), [(1.0, 1.0), (0.0, 5.0), (2.0, 54.0)])
def test_caps_go_from_the_least_upwards(least: float, greatest: float) -> None:
    caps = caps_between(least, greatest)
    assert caps[0] == least
    assert list(caps) == sorted(caps)
    assert caps[-1] <= greatest


def test_a_front_has_more_rounds_and_finalists_and_lets_each_direction_have_its_turn() -> None:
    place = TextPlace(source="p", start=0, end=0)
    plain = method_of(OptimizeSpec(graph="g", task="t", place=place))
    wide = method_of(OptimizeSpec(graph="g", task="t", pareto=("cost", "latency"), place=place))
    assert not isinstance(plain, BadMethod)
    assert not isinstance(wide, BadMethod)
    assert directions(2) == 7
    assert wide.study.rounds > plain.study.rounds
    assert wide.study.stale >= directions(2)  # one direction that has nothing new does not end the others
    assert wide.finalists > plain.finalists
    assert isinstance(wide.optimizer(LAND, 1), FrontSearch)
    assert isinstance(plain.optimizer(LAND, 1), Reinforce)
