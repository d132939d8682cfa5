"""Weighted means, their intervals and errors, and the unbiased pass@k."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from tgl.statistics import (
    Resampler,
    bootstrap_weighted,
    bounded_mean,
    compare,
    corrected_best,
    pass_at,
    ratio_error,
    weighted_mean,
    wilson,
)

DRAWS = Resampler(3, ("test",))
HALVES = [1.0, 0.0] * 20


@pytest.mark.parametrize(
    ("values", "weights", "mean"),
    [
        ([1.0, 0.0], None, 0.5),
        ([1.0, 0.0], [3.0, 1.0], 0.75),
        ([0.2, 0.8], [1.0, 1.0], 0.5),
        ([1.0], [1e-9], 1.0),
    ],
)
def test_a_weighted_mean(values, weights, mean):
    assert weighted_mean(values, weights) == pytest.approx(mean)


@pytest.mark.parametrize(
    "weights", [[1.0], [1.0, 0.0], [1.0, -1.0], [1.0, float("nan")], [1.0, float("inf")]]
)
def test_weights_that_are_none(weights):
    for use in (
        lambda: weighted_mean([1.0, 0.0], weights),
        lambda: bootstrap_weighted([1.0, 0.0], weights, DRAWS),
        lambda: corrected_best([[1.0, 0.0]], DRAWS, weights=weights),
    ):
        with pytest.raises(ValueError, match=r"weight|value"):
            use()


def test_a_repeated_example_is_one_of_twice_the_weight():
    assert weighted_mean([1.0, 0.0, 0.0], [1.0, 1.0, 1.0]) == weighted_mean([1.0, 0.0], [1.0, 2.0])


def test_the_interval_of_a_ratio_covers_about_as_often_as_it_says():
    generator = np.random.default_rng(5)
    held = 0
    for at in range(150):
        weights = generator.integers(1, 6, 60).astype(float)
        scores = (generator.random(60) < 0.3 + 0.08 * weights).astype(float)
        true = sum((0.3 + 0.08 * w) * w for w in range(1, 6)) / sum(range(1, 6))
        found = bootstrap_weighted(scores.tolist(), weights.tolist(), DRAWS.child(at), resamples=800)
        held += found.holds(true)
    assert 0.88 <= held / 150 <= 0.99


def test_the_error_of_a_ratio_is_that_of_the_bootstrap():
    generator = np.random.default_rng(6)
    scores, weights = generator.random(80).tolist(), generator.uniform(0.5, 4.0, 80).tolist()
    width = bootstrap_weighted(scores, weights, DRAWS)
    assert ratio_error(scores, weights) == pytest.approx((width.high - width.low) / 3.92, rel=0.08)
    assert ratio_error(HALVES, None) == pytest.approx(float(np.std(HALVES, ddof=1)) / 40**0.5)


@pytest.mark.parametrize(
    ("values", "weights", "low", "high"),
    [
        (HALVES, None, wilson(20, 40).low, wilson(20, 40).high),
        ([1.0] * 8, [1.0] * 8, wilson(8, 8).low, 1.0),
        ([1.0] * 8, [5.0] * 8, wilson(8, 8).low, 1.0),
        ([0.0] * 8, [1.0] * 8, 0.0, wilson(0, 8).high),
    ],
)
def test_intervals_that_are_wilsons(values, weights, low, high):
    found = bounded_mean(values, weights, DRAWS)
    assert (found.low, found.high) == pytest.approx((low, high))


def test_equal_scores_are_no_certainty():
    found = bounded_mean([0.5] * 5, None, DRAWS)
    assert found.low < 0.25
    assert found.high > 0.75


def test_scores_outside_of_0_to_1_have_no_such_interval():
    with pytest.raises(ValueError, match="0, 1"):
        bounded_mean([0.5, 1.5], None, DRAWS)


def test_weights_change_what_is_compared():
    first, second = [1.0, 0.0] * 10, [0.0, 1.0] * 10
    assert compare(first, second, DRAWS).difference == 0.0
    heavy = compare(first, second, DRAWS, weights=[9.0, 1.0] * 10)
    assert heavy.difference == pytest.approx(0.8)
    assert heavy.method == "bootstrap"
    assert heavy.distinguishable


def test_the_best_of_weighted_candidates_is_corrected_by_weight():
    rows = [[1.0, 0.0] * 20, [0.0, 1.0] * 20]
    heavy = corrected_best(rows, DRAWS, weights=[9.0, 1.0] * 20)
    assert heavy.raw == pytest.approx(0.9)
    assert 0.8 < heavy.corrected < 0.95


@pytest.mark.parametrize(("draws", "right", "k"), [(5, 2, 1), (5, 2, 3), (6, 0, 2), (4, 4, 4), (5, 3, 3)])
def test_pass_at_k_is_the_share_of_all_choices_of_k_runs_that_hold_a_right_one(draws, right, k):
    runs = [place < right for place in range(draws)]
    choices = [any(chosen) for chosen in itertools.combinations(runs, k)]
    assert pass_at(draws, right, k) == pytest.approx(sum(choices) / len(choices))


@pytest.mark.parametrize(("draws", "right", "k"), [(5, 6, 1), (5, -1, 1), (5, 1, 0), (5, 1, 6)])
def test_pass_at_k_of_what_can_not_be(draws, right, k):
    with pytest.raises(ValueError, match="k"):
        pass_at(draws, right, k)
