"""Named randomness."""

import pytest

from tgl.space import Stream


def test_a_draw_depends_on_seed_and_name_alone() -> None:
    stream = Stream(7)
    stream.uniform("elsewhere")
    assert stream.uniform("trial", 3) == Stream(7, "trial").uniform(3) == Stream(7).child("trial").uniform(3)
    assert stream.uniform("a") == 0.17332940928727847


@pytest.mark.parametrize(
    ("one", "other"),
    [(("ab",), ("a", "b")), (("1",), (1,)), ((12, 3), (1, 23)), (("a",), ("a", ""))],
)
def test_different_names_are_different_draws(
    one: tuple[str | int, ...], other: tuple[str | int, ...]
) -> None:
    assert Stream(7).uniform(*one) != Stream(7).uniform(*other)


def test_draws_look_uniform() -> None:
    draws = [Stream(1).uniform("x", k) for k in range(4000)]
    assert all(0.0 <= value < 1.0 for value in draws)
    counts = [sum(low <= 10 * value < low + 1 for value in draws) for low in range(10)]
    assert sum((count - 400) ** 2 / 400 for count in counts) < 27.9  # chi-square, 9 degrees, 0.1 %
