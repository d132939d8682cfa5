"""Which candidates become points of a front: planted ones, noisy ones, long chains, several prices."""

from __future__ import annotations

import numpy as np
import pytest

from tgl.evaluate import (
    MOST_POINTS,
    CostModel,
    Evaluation,
    ExampleResult,
    Finalist,
    Meter,
    Price,
    Prices,
    choose,
    choose_points,
    deficit,
)
from tgl.ir import Candidate, Const, Limit, TextPlace, UnitSpec
from tgl.runtime import CallUse, RunStatus
from tgl.statistics import Resampler

CALLS = CostModel(UnitSpec(kind="calls"), {"m": Price(1.0, 0.0, 0.0)})
PRICES = Prices(("calls",), CALLS)
DRAWS = Resampler(1, ("test",))


def evaluation(name: str, scores: str, calls: int = 1, latency: float = 1.0) -> Evaluation:
    """Scores as a text of 0 and 1."""
    use = CallUse("i", "n", "m", 5, 5, 1.0, 0, "store")
    results = [ExampleResult(float(mark), RunStatus.OK, None, "", latency, (use,) * calls) for mark in scores]
    return Evaluation(Candidate(nodes=(), output=Const(value=name)), tuple(results))


def right(count: int, of: int = 60) -> str:
    """The first `count` questions answered: of two such programs one never wins where the other loses."""
    return "1" * count + "0" * (of - count)


def name(one: Evaluation) -> str:
    assert isinstance(one.candidate.output, Const)
    return str(one.candidate.output.value)


def names(found: list[Evaluation]) -> list[str]:
    return [name(one) for one in found]


PLANTED = [
    evaluation("cheap", right(20), 1),
    evaluation("dominated by cheap", right(15), 2),
    evaluation("middle", right(35), 3),
    evaluation("as good as middle", right(35), 4),
    evaluation("one question more than middle", right(36), 5),
    evaluation("best", right(55), 9),
    evaluation("worse and dearer than best", right(50), 16),
    evaluation("one question more than best", right(56), 25),
]


def test_the_planted_front_is_found_with_both_ends_and_nothing_else() -> None:
    shuffled = [PLANTED[place] for place in np.random.default_rng(1).permutation(len(PLANTED))]
    assert names(PRICES.points(shuffled)) == ["cheap", "middle", "best"]


def test_more_than_noise_earns_a_point() -> None:
    points = PRICES.points([*PLANTED, evaluation("three more than best", right(58), 30)])
    assert names(points)[-1] == "three more than best"


def test_many_small_steps_do_not_lose_the_best_end() -> None:
    chain = [evaluation(f"step {at}", right(20 + at), 1 + at) for at in range(30)]
    points = PRICES.points(chain, most=100)
    assert name(points[0]) == "step 0"
    best = max(chain, key=lambda one: one.score)
    assert deficit(best, points[-1]).within(1.0)
    assert 5 < len(points) < 20


@pytest.mark.parametrize("seed", range(30))
def test_whatever_is_dropped_a_point_stands_for_it(seed: int) -> None:
    draw = np.random.default_rng(seed)
    prices = Prices(("calls", "latency"), CALLS) if seed % 2 else PRICES
    made = [
        evaluation(
            str(at),
            "".join("01"[draw.random() < 0.3 + 0.03 * calls] for _ in range(40)),
            calls,
            float(draw.uniform(1, 9)),
        )
        for at in range(14)
        for calls in [int(draw.integers(1, 13))]
    ]
    points = prices.points(made, most=100)
    for one in made:
        assert any(prices.affords(one, point) and deficit(one, point).within(1.0) for point in points) or any(
            prices.affords(one, other) and other.score >= one.score for other in points
        )
    for point in points:
        others = [other for other in points if other is not point and prices.affords(point, other)]
        assert not any(deficit(point, other).within(1.0) for other in others)


def test_there_are_not_too_many_points_and_the_ends_stay() -> None:
    steep = [evaluation(f"{at}", right(3 * at, 60), at + 1) for at in range(20)]
    points = PRICES.points(steep)
    assert len(points) == MOST_POINTS
    assert names(points)[0] == "0"
    assert names(points)[-1] == "19"
    assert [PRICES.of(one) for one in points] == sorted(PRICES.of(one) for one in points)


def test_with_too_many_points_the_smallest_gains_go() -> None:
    steps = [(1, 10), (2, 14), (3, 24), (4, 38), (5, 58)]
    front = [evaluation(str(calls), right(count), calls) for calls, count in steps]
    assert names(PRICES.points(front, most=4)) == ["1", "3", "4", "5"]


def test_a_program_that_is_quick_and_dear_stands_beside_one_that_is_slow_and_cheap() -> None:
    quick = evaluation("quick", right(40), 4, latency=1.0)
    slow = evaluation("slow", right(40), 2, latency=5.0)
    neither = evaluation("neither", right(40), 4, latency=5.0)
    both = Prices(("calls", "latency"), CALLS)
    assert names(both.points([quick, neither, slow])) == ["slow", "quick"]
    assert names(PRICES.points([quick, neither, slow])) == ["slow"]


def test_prices_that_differ_by_chance_are_one_price() -> None:
    both = Prices(("calls", "latency"), CALLS)
    plain = evaluation("plain", right(40), 3, latency=1.004)
    lucky = evaluation("lucky", right(40), 4, latency=1.001)  # dearer, and quicker by nothing
    quicker = evaluation("quicker", right(40), 4, latency=0.9)
    assert names(both.points([plain, lucky])) == ["plain"]
    assert names(both.points([plain, quicker])) == ["plain", "quicker"]
    better = evaluation("better", right(50), 3, latency=1.005)
    assert names(both.points([plain, better])) == ["better"]  # no dearer, on the grid
    # Whatever is no dearer on the grid is looked at first, by a hair dearer or not.
    slow = Prices(("latency", "calls"), CALLS)
    first = evaluation("first by a hair", right(41), 5, latency=1.000)
    assert names(slow.points([first, evaluation("cheap", right(40), 3, latency=1.002)])) == ["cheap"]


def test_the_finalists_are_the_front_its_ends_first_then_the_next_front() -> None:
    found = names(PRICES.promising(PLANTED, 7))
    assert found[:2] == ["one question more than best", "cheap"]
    assert set(found[:5]) == {
        "one question more than best",
        "cheap",
        "middle",
        "best",
        "one question more than middle",
    }
    assert set(found[5:]) == {"dominated by cheap", "worse and dearer than best"}  # the ends of the next
    assert names(PRICES.promising(PLANTED, 2)) == found[:2]


def meter(*limits: Limit) -> Meter:
    return Meter(limits, CALLS, {}, 0.02)


def test_the_last_point_is_near_the_winner_of_a_search_for_one_program() -> None:
    finalists = [Finalist({}, one) for one in PLANTED]
    winner = choose(finalists, meter(), DRAWS)
    points = choose_points(finalists, meter(), PRICES, DRAWS)
    assert winner is not None
    assert points[-1].winner is winner.winner


def test_limits_still_hold_and_a_point_is_corrected_for_those_it_was_chosen_from() -> None:
    place = TextPlace(source="p", start=0, end=0)
    most = Limit(what="calls", stat="mean", value=5.0, place=place)
    finalists = [Finalist({}, one) for one in PLANTED]
    points = choose_points(finalists, meter(most), PRICES, DRAWS)
    assert [name(one.winner.evaluation) for one in points] == ["cheap", "middle"]
    assert points[0].best is points[0].winner  # nothing is cheaper
    assert points[0].corrected == pytest.approx(20 / 60, abs=0.02)
    tight = Limit(what="calls", stat="mean", value=0.5, place=place)
    assert choose_points(finalists, meter(tight), PRICES, DRAWS) == []
