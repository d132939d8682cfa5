"""Near repeats: found across groups, with the same numbers only, whatever the order; measured exactly."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from tgl.data import near_pairs
from tgl.data.near import LEAST

TEXT = (
    "On Monday the baker of the small town sells 12 loaves of bread in the morning and then 30 more in the "
    "late afternoon when people come home from work; how many loaves of bread does he sell on that day?"
)


@pytest.mark.parametrize(
    ("other", "near"),
    [
        (TEXT, True),
        (TEXT.upper().replace(",", "").replace(";", " –"), True),
        (TEXT.replace("Monday", "Tuesday"), True),
        (TEXT.replace("12", "13"), False),  # another question of the same make
        (TEXT.replace("sells 12", "sells 30").replace("then 30", "then 12"), False),
        (TEXT.replace("baker", "grocer").replace("late", "early").replace("work", "school"), False),
        ("What is the capital of the country?", False),
    ],
)
def test_what_is_near(other, near):
    assert bool(near_pairs([TEXT, other], [0, 1])) == near
    assert near_pairs([TEXT, other], [1, 1]) == ()


def test_short_texts_are_not_compared():
    assert near_pairs(["one two three four five six seven"] * 2, [0, 1]) == ()
    assert near_pairs(["one two three four five six seven eight"] * 2, [0, 1]) != ()
    assert near_pairs([], []) == ()


def runs(text: str) -> set[tuple[str, ...]]:
    words = text.split()
    return {tuple(words[at : at + 3]) for at in range(len(words) - 2)}


def test_the_pairs_are_those_of_comparing_each_with_each():
    draw = np.random.default_rng(5)
    words = [f"w{chr(97 + at % 26)}{chr(97 + at // 26)}" for at in range(40)]
    texts = [" ".join(draw.choice(words, draw.integers(10, 41)).tolist()) for _ in range(60)]
    for at in range(40):  # copies with one or two words changed, some of them near and some not
        copied = texts[at].split()
        for _ in range(draw.integers(1, 3)):
            copied[draw.integers(len(copied))] = str(draw.choice(words))
        texts.append(" ".join(copied))
    groups = [int(draw.integers(3)) for _ in texts]
    expected = []
    for first, second in combinations(range(len(texts)), 2):
        own, other = runs(texts[first]), runs(texts[second])
        if groups[first] != groups[second] and len(own & other) / len(own | other) >= LEAST:
            expected.append((first, second, round(len(own & other) / len(own | other), 9)))
    found = [(one.first, one.second, round(one.similarity, 9)) for one in near_pairs(texts, groups)]
    assert found == expected
    assert 5 < len(found) < 40
