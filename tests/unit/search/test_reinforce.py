"""What the gradient does to the policy."""

from __future__ import annotations

import pytest

from tgl.search import Outcome, Reinforce, ReinforceConfig
from tgl.testing.landscapes import landscape

LAND = landscape("separable", 1)


def told(config: ReinforceConfig, *rewards: tuple[int, float | None, float]) -> list[float]:
    """Weights of the first choice after one round of (its option, score, violation)."""
    optimizer = Reinforce(LAND, 1, config)
    optimizer.tell(
        [
            Outcome(
                trial=trial,
                assignment={f"v{i}": option if i == 0 else 0 for i in range(9)},
                key=str(trial),
                score=score,
                violation=violation,
            )
            for trial, (option, score, violation) in enumerate(rewards)
        ]
    )
    return list(optimizer.policy().weights(LAND.choices[0]))


CONFIG = ReinforceConfig(samples=4)


def test_what_scores_above_the_others_becomes_more_probable():
    weights = told(CONFIG, (0, 0.9, 0.0), (1, 0.3, 0.0), (0, 0.8, 0.0), (2, 0.3, 0.0))
    assert weights[0] > 1 / 3 > max(weights[1:])


def test_equal_scores_teach_nothing():
    weights = told(CONFIG, (0, 0.5, 0.0), (1, 0.5, 0.0), (2, 0.5, 0.0))
    assert weights == pytest.approx([1 / 3] * 3)


def test_a_violated_limit_costs_reward():
    weights = told(CONFIG, (0, 0.9, 0.8), (1, 0.6, 0.0), (2, 0.2, 0.0))
    assert weights[1] > weights[0]
    unpunished = told(ReinforceConfig(samples=4, penalty=0.0), (0, 0.9, 0.8), (1, 0.6, 0.0), (2, 0.2, 0.0))
    assert unpunished[0] > unpunished[1]


def test_unmeasured_trials_teach_nothing():
    assert told(CONFIG, (0, None, 0.0), (1, 0.9, 0.0), (2, None, 0.0)) == pytest.approx([1 / 3] * 3)


def test_a_round_that_is_told_more_is_learned_again():
    first = Outcome(trial=0, assignment={f"v{i}": 0 for i in range(9)}, key="a", score=0.9)
    second = Outcome(trial=1, assignment={f"v{i}": 1 for i in range(9)}, key="b", score=0.1)
    later, at_once = Reinforce(LAND, 1, CONFIG), Reinforce(LAND, 1, CONFIG)
    later.tell([first])
    later.ask()
    later.tell([second])
    at_once.tell([first, second])
    assert later.ask() == at_once.ask()
    assert later.policy().weights(LAND.choices[0])[0] > 1 / 3


@pytest.mark.parametrize("bad", [{"samples": 1}, {"rate": 0.0}, {"penalty": -1.0}, {"tries": 0}])
def test_settings_out_of_range_are_refused(bad: dict[str, float]):
    with pytest.raises(ValueError, match="out of range"):
        ReinforceConfig(**bad)  # type: ignore[arg-type]
