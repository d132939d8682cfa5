"""Closed forms and published values of the intervals for 0/1 scores."""

import math

import pytest

from tgl.statistics import Interval, PairedCounts, mcnemar_exact, paired_proportions, wilson


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),  # Newcombe 1998, Statistics in Medicine 17:857, table I
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (29, 29, 0.8830, 1.0),
    ],
)
def test_wilson_published_values(successes: int, n: int, low: float, high: float):
    interval = wilson(successes, n)
    assert interval.low == pytest.approx(low, abs=5e-5)
    assert interval.high == pytest.approx(high, abs=5e-5)


@pytest.mark.parametrize("n", [1, 7, 240])
def test_wilson_contains_the_estimate_and_is_symmetric(n: int):
    for successes in range(n + 1):
        one, other = wilson(successes, n), wilson(n - successes, n)
        assert one.holds(successes / n)
        assert one.low == pytest.approx(1 - other.high)


@pytest.mark.parametrize(("successes", "n"), [(1, 0), (-1, 5), (6, 5)])
def test_wilson_refuses_impossible_counts(successes: int, n: int):
    with pytest.raises(ValueError, match="successes"):
        wilson(successes, n)


def test_wilson_covers():
    """The exact coverage, summed over all outcomes, stays near 95 % for p away from the ends."""
    n = 60
    for p in (0.2, 0.5, 0.7, 0.9):
        weights = [math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)]
        coverage = sum(w for k, w in enumerate(weights) if wilson(k, n).holds(p))
        assert 0.92 < coverage < 0.98


def test_paired_interval_published_value():
    """Newcombe 1998, Statistics in Medicine 17:2635, table II, method 10."""
    interval = paired_proportions(PairedCounts(both=36, first_only=12, second_only=2, neither=0))
    assert interval.low == pytest.approx(0.0569, abs=5e-5)
    assert interval.high == pytest.approx(0.3404, abs=5e-5)


def test_paired_interval_turns_round_with_its_arguments():
    one = paired_proportions(PairedCounts(both=30, first_only=12, second_only=5, neither=13))
    other = paired_proportions(PairedCounts(both=30, first_only=5, second_only=12, neither=13))
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low))


def test_four_discordant_examples_are_no_difference():
    counts = PairedCounts(both=56, first_only=4, second_only=0, neither=0)
    assert paired_proportions(counts).holds(0.0)
    assert mcnemar_exact(4, 0) == 0.125


def test_paired_interval_covers():
    """Exact coverage over the multinomial of a small table."""
    n, cells = 24, (0.45, 0.25, 0.1, 0.2)
    truth = cells[1] - cells[2]
    covered = 0.0
    for a in range(n + 1):
        for b in range(n + 1 - a):
            for c in range(n + 1 - a - b):
                d = n - a - b - c
                ways = math.factorial(n) // (
                    math.factorial(a) * math.factorial(b) * math.factorial(c) * math.factorial(d)
                )
                weight = ways * cells[0] ** a * cells[1] ** b * cells[2] ** c * cells[3] ** d
                covered += weight * paired_proportions(PairedCounts(a, b, c, d)).holds(truth)
    assert 0.92 < covered < 0.98


@pytest.mark.parametrize(
    ("b", "c", "p"),
    [(0, 0, 1.0), (5, 5, 1.0), (6, 0, 0.03125), (0, 6, 0.03125), (1, 9, 22 / 1024), (12, 2, 212 / 16384)],
)
def test_mcnemar_closed_forms(b: int, c: int, p: float):
    assert mcnemar_exact(b, c) == pytest.approx(p)


def test_interval_ends_belong_to_it():
    assert Interval(0.0, 1.0).holds(0.0)
    assert not Interval(0.1, 1.0).holds(0.0)
