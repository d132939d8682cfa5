"""Methods by name, with their arguments."""

from __future__ import annotations

import pytest

from tgl.ir import OptimizeSpec, TextPlace
from tgl.search import BadMethod, Method, RandomSearch, Reinforce, method_of
from tgl.testing.landscapes import landscape


def spec(method: str, **args: int | float | str) -> OptimizeSpec:
    place = TextPlace(source="p", start=0, end=0)
    return OptimizeSpec(graph="g", task="t", method=method, method_args=tuple(args.items()), place=place)


@pytest.mark.parametrize(
    ("method", "args", "words"),
    [
        ("reinforc", {}, "no search method `reinforc`"),
        ("random", {"rate": 2}, "`random` has no argument `rate`"),
        ("reinforce", {"floor": 2}, "`floor` of `reinforce` can't be 2"),
        ("reinforce", {"rounds": 0}, "`rounds` of `reinforce` can't be 0"),
        ("reinforce", {"samples": 1}, "`samples` of `reinforce` can't be 1"),
        ("random", {"samples": 2.5}, "`samples` of `random` can't be 2.5"),
        ("reinforce", {"rate": "fast"}, "can't be fast"),
    ],
)
def test_a_bad_method_is_a_problem(method: str, args: dict[str, int | float | str], words: str):
    bad = method_of(spec(method, **args))
    assert isinstance(bad, BadMethod)
    assert words in bad.diagnostic().message
    assert bad.diagnostic().code == "E0862"


def test_arguments_reach_the_method():
    made = method_of(spec("reinforce", rounds=3, samples=5, rate=0.5, finalists=2))
    assert isinstance(made, Method)
    assert (made.study.rounds, made.finalists, made.reinforce.samples, made.reinforce.rate) == (3, 2, 5, 0.5)
    land = landscape("separable", 1)
    optimizer = made.optimizer(land, 1)
    assert isinstance(optimizer, Reinforce)
    assert len(optimizer.ask().assignments) == 5


def test_trials_make_as_many_rounds_as_they_need():
    made = method_of(spec("random", trials=20))
    assert isinstance(made, Method)
    assert made.study.trials == 20
    assert made.study.rounds * made.samples >= 20


def test_random_takes_one_sample_a_round():
    made = method_of(spec("random", samples=1))
    assert isinstance(made, Method)
    optimizer = made.optimizer(landscape("separable", 1), 1)
    assert isinstance(optimizer, RandomSearch)
    assert len(optimizer.ask().assignments) == 1
