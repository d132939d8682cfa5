"""What each of several replies took."""

import pytest

from tgl.models.counting import completion_counts, split


@pytest.mark.parametrize(
    ("total", "sizes", "listed", "ended", "counts"),
    [
        (9, (4,), (None,), (True,), (9,)),
        (9, (4,), (3,), (True,), (9,)),
        (7, (5, 9), (3, 4), (False, False), (3, 4)),
        (9, (5, 9), (3, 4), (True, True), (4, 5)),
        (8, (5, 9), (3, 4), (False, True), (3, 5)),
        (14, (5, 9), (3, 4), (False, True), (6, 8)),
        (10, (1, 2, 3), (None, None, None), (True,) * 3, (2, 3, 5)),
        (10, (1, 2, 3), (4, None, 2), (True,) * 3, (2, 3, 5)),
        (2, (0, 0), (None, None), (True, True), (1, 1)),
        (6, (5, 9), (3, 4), (True, True), None),
        (1, (5, 9), (None, None), (True, True), None),
    ],
)
def test_counts(total, sizes, listed, ended, counts):
    assert completion_counts(total, sizes, listed, ended) == counts


@pytest.mark.parametrize("total", range(0, 40, 3))
@pytest.mark.parametrize("weights", [(1,), (1, 1), (3, 0, 5), (7, 11, 13, 1), (0, 0, 0)])
def test_a_split_keeps_the_total_and_is_fair(total, weights):
    parts = split(total, weights)
    whole = sum(weights) or len(weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights if sum(weights) else (1,) * len(weights), strict=True):
        assert abs(part - total * weight / whole) < 1
