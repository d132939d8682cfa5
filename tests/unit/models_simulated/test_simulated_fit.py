"""Fitting finds what a simulation was made of, and says how well."""

from __future__ import annotations

from statistics import fmean

import pytest

from tgl.models.simulated.agreement import agreement
from tgl.models.simulated.chance import STANDARD, logistic, lognormal, normal, uniform
from tgl.models.simulated.estimates import plane
from tgl.models.simulated.fitting import Fit, TooLittle, fit
from tgl.models.simulated.samples import Sample

ABILITY = {("weak", "x"): -0.8, ("weak", "y"): 0.6, ("strong", "x"): 1.4, ("strong", "y"): 0.2}
DRAWS = 0.5
ITEMS = 300


def reply(model: str, item: int, temperature: float, draw: int) -> Sample:
    """A reply of a known model: own lasting effect, half of the variance new in each draw."""
    kind = "xy"[item % 2]
    question = f"q{item}"
    chance = logistic(ABILITY[model, kind] - 0.5 * temperature - 1.5 * normal("b", question))
    fresh = 1 - (1 - DRAWS) ** temperature
    z = (1 - fresh) ** 0.5 * normal(model, question) + fresh**0.5 * normal(model, question, str(draw))
    right = STANDARD.cdf(z) < chance
    rank = 1 if uniform("rank", model, question) < 0.6 else 2 + int(5 * uniform("other", model, question))
    unreadable = uniform("format", model, question, str(draw)) < 0.05
    completion = max(1, round(lognormal(30, 0.4, model, question, str(draw))))
    return Sample(
        model, question, kind, 0, temperature,
        None if unreadable else "yes" if right else f"no{rank}", right and not unreadable,
        (0, 0), "brief", (2, 100 + item, 2 * 5 + (100 + item) // 3), completion,
        (0.3 + 0.02 * completion) * lognormal(1, 0.2, "s", model, question, str(draw)),
    )  # fmt: skip


@pytest.fixture(scope="module")
def made() -> Fit:
    drawn = [
        reply(model, item, temperature, draw)
        for model in ("weak", "strong")
        for item in range(ITEMS)
        for temperature, draws in ((0.0, 1), (1.0, 4))
        for draw in range(draws)
    ]
    return fit(drawn)


def test_abilities_differ_as_they_did(made):
    def kinds(model: str) -> dict[str, float]:
        return dict(made.file.profiles[model].ability.kinds)

    for kind in "xy":
        found = kinds("strong")[kind] - kinds("weak")[kind]
        assert found == pytest.approx(ABILITY["strong", kind] - ABILITY["weak", kind], abs=0.8)


def test_difficulties_go_with_the_true_ones(made):
    pairs = [(made.file.items[f"q{item}"].difficulty, normal("b", f"q{item}")) for item in range(ITEMS)]
    xs, ys = zip(*pairs, strict=True)
    mean_x, mean_y = fmean(xs), fmean(ys)
    covariance = fmean((x - mean_x) * (y - mean_y) for x, y in pairs)
    spread = (fmean((x - mean_x) ** 2 for x in xs) * fmean((y - mean_y) ** 2 for y in ys)) ** 0.5
    assert covariance / spread > 0.7


def test_the_fit_is_better_than_the_base_rate_on_cells_it_did_not_see(made):
    assert made.held_out > 100
    assert made.log_loss < made.base_loss
    assert made.gain[1] > 0
    assert made.gain[0] == pytest.approx(made.base_loss - made.log_loss)


def test_expected_accuracies_lie_in_the_intervals_of_the_observed(made):
    assert {one.model for one in made.models} == {"weak", "strong"}
    for one in made.models:
        assert one.low <= one.expected <= one.high
        assert one.n > 1300


def test_how_replies_go_together_and_what_they_cost_is_found(made):
    profile = made.file.profiles["weak"]
    assert profile.sampling.draws == pytest.approx(DRAWS, abs=0.15)
    assert profile.sampling.cost == pytest.approx(0.5, abs=0.3)
    assert profile.errors.shared == 0.0
    assert 0.8 < profile.errors.concentration < 2.2
    assert profile.faults.unreadable == pytest.approx(0.05, abs=0.02)
    assert profile.tokens.turn == pytest.approx(5, abs=0.6)
    assert profile.tokens.bytes_per_token == pytest.approx(3, abs=0.1)
    assert profile.tokens.brief == pytest.approx(30, abs=3)
    assert profile.tokens.sigma == pytest.approx(0.4, abs=0.05)
    assert profile.latency.base == pytest.approx(0.3, abs=0.1)
    assert profile.latency.per_token == pytest.approx(0.02, abs=0.004)
    assert profile.latency.sigma == pytest.approx(0.2, abs=0.04)


def test_wrong_answers_are_listed_by_frequency(made):
    listed = [item.wrong for item in made.file.items.values() if item.wrong]
    assert fmean(wrong[0] == "no1" for wrong in listed) > 0.5
    assert not any("yes" in wrong for wrong in listed)


def test_too_few_replies_are_not_fitted():
    with pytest.raises(TooLittle, match=r"`weak` \(31\)"):
        fit([reply("weak", item, 0.0, 0) for item in range(32)])
    with pytest.raises(TooLittle, match="any model"):
        fit([])


@pytest.mark.parametrize(
    ("first", "second", "correlation", "same"),
    [(0.5, 0.5, 0.0, 0.5), (0.5, 0.5, 0.5, 2 / 3), (0.3, 0.3, 0.999, 1.0), (0.2, 0.9, 0.0, 0.26)],
)
def test_agreement_under_the_copula(first, second, correlation, same):
    assert agreement(first, second, correlation) == pytest.approx(same, abs=0.02)


def test_a_plane_through_points_and_through_points_on_a_line():
    assert plane([(1, 10), (2, 5), (3, 9)], [12, 9, 15]) == pytest.approx((2, 1))
    assert plane([(1, 10), (2, 20)], [5, 10]) == pytest.approx((0, 0.5))
