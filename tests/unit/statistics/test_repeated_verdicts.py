"""Intervals of figures that a judge gave: they hold the meant share as often as they say."""

from __future__ import annotations

import numpy as np
import pytest

from tgl.statistics import Interval, Repeats, moved_out, paired_counts, paired_proportions, wilson

RUNS = 1500
TOLERANCE = 0.015
"""Below 95 %: three standard errors of a coverage of 0.95 over `RUNS` runs are 0.017."""


def coverage(meant: float, error: float, n: int, share: float, seed: int) -> tuple[float, float]:
    """How often the interval holds the meant share, moved out and as it was."""
    rng = np.random.default_rng(seed)
    held = plain = 0
    for _ in range(RUNS):
        truth = rng.random(n) < meant
        first, second = (truth ^ (rng.random(n) < error) for _ in range(2))
        again = rng.random(n) < share
        repeats = Repeats(int((first != second)[again].sum()), int(again.sum()))
        alone = wilson(int(first.sum()), n)
        held += moved_out(float(first.mean()), alone, [(repeats, 1.0)]).holds(meant)
        plain += alone.holds(meant)
    return held / RUNS, plain / RUNS


@pytest.mark.parametrize(
    ("meant", "error", "n", "share"),
    [
        (0.8, 0.0, 60, 0.2),
        (0.8, 0.1, 60, 0.2),
        (0.9, 0.1, 200, 0.5),
        (0.95, 0.15, 100, 1.0),
        (0.5, 0.2, 100, 0.5),
        (0.1, 0.05, 300, 0.2),
        (0.85, 0.3, 150, 0.3),
    ],
)
def test_the_interval_holds_the_meant_share_as_often_as_it_says(
    meant: float, error: float, n: int, share: float
) -> None:
    assert coverage(meant, error, n, share, 5)[0] >= 0.95 - TOLERANCE


def test_without_the_repeats_it_would_not() -> None:
    moved, plain = coverage(0.95, 0.15, 200, 0.5, 7)
    assert plain < 0.2
    assert moved >= 0.95 - TOLERANCE


def test_a_difference_of_two_judged_programs_is_held_too() -> None:
    rng = np.random.default_rng(11)
    held = 0
    n, error = 120, 0.12
    for _ in range(RUNS):
        truths = rng.random(n) < 0.9, rng.random(n) < 0.6
        seen = [one ^ (rng.random(n) < error) for one in truths]
        again = [one ^ (rng.random(n) < error) for one in truths]
        repeats = [Repeats(int((a != b)[:40].sum()), 40) for a, b in zip(seen, again, strict=True)]
        scores = [[float(one) for one in judged] for judged in seen]
        alone = paired_proportions(paired_counts(*scores))
        value = float(seen[0].mean() - seen[1].mean())
        held += moved_out(value, alone, [(one, 1.0) for one in repeats], least=-1.0).holds(0.3)
    assert held / RUNS >= 0.95 - TOLERANCE


@pytest.mark.parametrize(("differing", "count", "rate"), [(0, 40, 0.0), (18, 100, 0.1), (90, 100, 0.5)])
def test_the_rate_is_that_of_which_two_verdicts_differ_so_often(
    differing: int, count: int, rate: float
) -> None:
    repeats = Repeats(differing, count)
    assert repeats.rate == pytest.approx(rate, abs=1e-9)
    assert repeats.rate <= repeats.most() <= 0.5


def test_more_repeats_that_agree_leave_less_doubt_and_none_leave_all() -> None:
    alone = wilson(30, 40)
    widths = [
        (ends := moved_out(0.75, alone, [(Repeats(0, count), 1.0)])).high - ends.low
        for count in (0, 10, 40, 400)
    ]
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] - (alone.high - alone.low) < 0.005
    assert moved_out(0.75, alone, [(Repeats(0, 0), 1.0)]) == Interval(pytest.approx(0.23, abs=0.02), 1.0)


def test_what_no_judge_decided_is_as_it_was() -> None:
    alone = wilson(30, 40)
    ends = moved_out(0.75, alone, [(Repeats(5, 10), 0.0)])
    assert (ends.low, ends.high) == (pytest.approx(alone.low), pytest.approx(alone.high))


def test_the_ends_stay_where_scores_can_be() -> None:
    ends = moved_out(0.98, wilson(49, 50), [(Repeats(9, 10), 1.0)])
    assert 0.0 <= ends.low <= 0.98 <= ends.high <= 1.0


def test_counts_that_can_not_be_are_refused() -> None:
    with pytest.raises(ValueError, match="differing"):
        Repeats(3, 2)
