"""The F1 of shared words."""

from __future__ import annotations

import pytest

from tgl.keys import token_f1


@pytest.mark.parametrize(
    ("answer", "target", "score"),
    [
        ("stone bridge", "stone bridge", 1.0),
        ("The Stone-Bridge!", "stone bridge", 1.0),
        ("bridge", "stone bridge", 2 / 3),
        ("old stone bridge", "stone bridge", 0.8),
        ("wood", "stone bridge", 0.0),
        ("a", "the", 0.0),
        ("no no no", "no", 0.5),
        ("no", "no no no", 0.5),
        ("", "bridge", 0.0),
        ("bridge", "", 0.0),
        ("", "", 1.0),
        ("…", "!", 1.0),
        ("CAFE\u0301", "café", 1.0),
        ("\ud83d\ude00", "x", 0.0),
        ("\x00", "x", 0.0),
    ],
)
def test_f1(answer, target, score):
    assert token_f1(answer, target) == pytest.approx(score)
    assert token_f1(target, answer) == pytest.approx(score)


def test_a_huge_answer_takes_no_time_that_matters():
    assert 0.0 < token_f1("word " * 200_000, "word") < 1e-4
