"""The learning policy: its floor, and its gradient against finite differences."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tgl.search import FlooredSoftmax
from tgl.testing.landscapes import FlatDecision, Landscape, landscape


class Filtered:
    """A landscape whose second choice may not take its first option (as constraints do)."""

    def __init__(self, land: Landscape) -> None:
        self.land = land
        self.choices, self.prior = land.choices, land.prior

    def decisions(self, assignment, policy):
        made = self.land.decisions(assignment, policy)
        for place, decision in enumerate(made):
            if decision.address == "v1":
                kept = decision.probabilities[1:]
                made[place] = FlatDecision(
                    "v1", decision.atom_index, decision.allowed_atoms[1:], tuple(p / sum(kept) for p in kept)
                )
        return made


def log_prob(space, assignment, policy) -> float:
    return sum(
        math.log(d.probabilities[d.allowed_atoms.index(d.atom_index)])
        for d in space.decisions(assignment, policy)
    )


@pytest.mark.parametrize("floor", [0.01, 0.3])
def test_gradient_is_exact(floor: float):
    land = landscape("separable", 1)
    space = Filtered(land)
    logits = {f"v{i}": np.array([0.4 * i, -1.0, 0.7]) for i in range(9)}
    assignment = {f"v{i}": 1 + i % 2 for i in range(9)}
    exact = FlooredSoftmax(land.prior, logits, floor).score(space, assignment)
    step = 1e-6
    for address, values in logits.items():
        for atom in range(3):
            slopes = []
            for sign in (1, -1):
                moved = values.copy()
                moved[atom] += sign * step
                policy = FlooredSoftmax(land.prior, {**logits, address: moved}, floor)
                slopes.append(log_prob(space, assignment, policy))
            assert exact[address][atom] == pytest.approx((slopes[0] - slopes[1]) / (2 * step), abs=1e-6)


def test_choices_that_are_not_active_have_no_gradient():
    land = landscape("routed", 1)
    assignment = {f"k{k}.{name}": 0 for k in range(3) for name in ("model", "prompt", "what")}
    gradient = FlooredSoftmax(land.prior, {}, 0.1).score(land, assignment)
    assert set(gradient) == set(assignment)


@pytest.mark.parametrize("logit", [-50.0, 50.0])
def test_no_atom_falls_below_its_floor(logit: float):
    land = landscape("separable", 1)
    policy = FlooredSoftmax(land.prior, {"v0": np.array([logit, 0.0, 0.0])}, 0.3)
    weights = policy.weights(land.choices[0])
    assert sum(weights) == pytest.approx(1.0)
    assert min(weights) >= 0.1 - 1e-12


def test_without_logits_it_is_the_prior():
    land = landscape("separable", 1)
    assert FlooredSoftmax(land.prior, {}, 0.2).weights(land.choices[0]) == pytest.approx([1 / 3] * 3)


@pytest.mark.parametrize("floor", [0.0, 1.1])
def test_floor_is_a_share(floor: float):
    with pytest.raises(ValueError, match="floor"):
        FlooredSoftmax(landscape("separable", 1).prior, {}, floor)
