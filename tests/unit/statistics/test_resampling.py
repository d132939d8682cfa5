"""The bootstrap against closed forms, its reproducibility, and the winner's curse."""

import subprocess
import sys

import numpy as np
import pytest

from tgl.statistics import (
    Resampler,
    bootstrap_difference,
    bootstrap_mean,
    compare,
    corrected_best,
    quantile,
)

ROOT = Resampler(7, ("test",))


def test_indices_are_uniform_and_in_range():
    block = np.concatenate(list(ROOT.blocks(7, 20_000)))
    assert block.shape == (20_000, 7)
    counts = np.bincount(block.ravel(), minlength=7)
    assert counts.size == 7
    assert np.all(abs(counts / 20_000 - 1) < 0.03)


def test_blocks_split_the_same_stream():
    """Asking for fewer resamples gives the first of them: the block size is no part of the result."""
    few = np.concatenate(list(ROOT.blocks(300_000, 3)))
    more = np.concatenate(list(ROOT.blocks(300_000, 9)))
    assert np.array_equal(more[:3], few)


def test_names_make_independent_draws():
    one, other = (next(ROOT.child(name).blocks(50, 10)) for name in "ab")
    assert not np.array_equal(one, other)
    assert np.array_equal(one, next(ROOT.child("a").blocks(50, 10)))


@pytest.mark.slow
def test_same_draws_in_another_process_and_hash_seed():
    code = (
        "from tgl.statistics import Resampler, bootstrap_mean;"
        "print(bootstrap_mean([0.1 * i for i in range(30)], Resampler(7, ('x',)), resamples=500))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    here = bootstrap_mean([0.1 * i for i in range(30)], Resampler(7, ("x",)), resamples=500)
    assert outputs == {f"{here}\n"}


def test_mean_interval_agrees_with_the_normal_one():
    values = np.random.default_rng(3).normal(10.0, 2.0, 400)
    interval = bootstrap_mean(values.tolist(), ROOT, resamples=4000)
    half = 1.96 * values.std() / 20
    assert interval.low == pytest.approx(values.mean() - half, abs=0.03)
    assert interval.high == pytest.approx(values.mean() + half, abs=0.03)


def test_mean_interval_covers():
    rng = np.random.default_rng(5)
    held = sum(
        bootstrap_mean(rng.exponential(1.0, 60).tolist(), ROOT.child(i), resamples=400).holds(1.0)
        for i in range(300)
    )
    assert 0.88 < held / 300 < 0.98


def test_pairing_cancels_what_examples_share():
    rng = np.random.default_rng(1)
    hard = rng.normal(0, 5, 100)
    first, second = hard + 1.0, hard + rng.normal(0, 0.1, 100)
    interval = bootstrap_difference(first.tolist(), second.tolist(), ROOT, resamples=1000)
    assert interval.high - interval.low < 0.1
    assert interval.holds(1.0)


def test_comparison_names_its_method():
    zero_one = compare([1, 1, 0, 0], [0, 1, 0, 0], ROOT)
    graded = compare([0.5, 1, 0, 0], [0, 1, 0, 0], ROOT)
    assert (zero_one.method, zero_one.difference, zero_one.p_value) == ("newcombe", 0.25, 1.0)
    assert (graded.method, graded.difference, graded.p_value) == ("bootstrap", 0.125, None)


@pytest.mark.parametrize(("first", "second"), [([1.0], []), ([], []), ([1.0], [0.0, 1.0])])
def test_comparison_needs_the_same_examples(first: list[float], second: list[float]):
    with pytest.raises(ValueError, match="same examples"):
        compare(first, second, ROOT)


def test_correction_removes_the_winners_curse():
    """Forty equal candidates: the best looks good, and is not; the correction finds the truth."""
    rng = np.random.default_rng(11)
    raws, corrected = [], []
    for i in range(40):
        scores = (rng.random((40, 60)) < 0.6).astype(float)
        best = corrected_best(scores.tolist(), ROOT.child("curse", i), resamples=200)
        raws.append(best.raw)
        corrected.append(best.corrected)
    assert np.mean(raws) > 0.70
    assert np.mean(corrected) == pytest.approx(0.6, abs=0.02)


def test_a_clear_winner_keeps_its_figure():
    rng = np.random.default_rng(2)
    weak = (rng.random((5, 200)) < 0.2).astype(float)
    strong = (rng.random((1, 200)) < 0.9).astype(float)
    best = corrected_best(np.concatenate([weak, strong]).tolist(), ROOT, resamples=300)
    assert best.corrected == pytest.approx(best.raw, abs=0.01)


def test_one_example_has_nothing_left_out():
    best = corrected_best([[1.0], [0.0]], ROOT, resamples=10)
    assert (best.raw, best.corrected) == (1.0, 1.0)


@pytest.mark.parametrize(("q", "value"), [(0.0, 1.0), (0.5, 2.0), (0.95, 4.0), (1.0, 4.0)])
def test_quantiles_are_observed_values(q: float, value: float):
    assert quantile([4.0, 1.0, 2.0, 3.0], q) == value


def test_what_is_no_number_is_refused():
    with pytest.raises(ValueError, match="finite"):
        bootstrap_mean([1.0, float("nan")], ROOT)
    with pytest.raises(ValueError, match="finite"):
        quantile([], 0.5)
