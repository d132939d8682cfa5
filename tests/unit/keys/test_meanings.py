"""Answers that mean the same: vectors, and the clusters that votes count."""

from __future__ import annotations

import itertools
import math

import pytest

from tgl.ir import KeySpec
from tgl.keys import (
    Answer,
    NoVector,
    clusters,
    expected,
    read_answer,
    similarity,
    unit_vector,
    vector_in,
    vector_text,
)

KEY = KeySpec(kind="embedding", embedder="vectors", similarity=0.9)


def at(angle: float, name: str, alike: float = 0.9) -> Answer:
    """An answer whose vector points at so many degrees."""
    turned = math.radians(angle)
    return Answer(name, name, alike=alike, vector=(math.cos(turned), math.sin(turned)))


@pytest.mark.parametrize(
    ("values", "made"),
    [
        ((3.0, 4.0), (0.6, 0.8)),
        ((1e308, 1e308), (0.707107, 0.707107)),
        ((1e-300, 0.0), (1.0, 0.0)),
        ((-2.0, 0.0), (-1.0, 0.0)),
        ((0.0, 0.0), None),
        ((), None),
        ((math.inf, 1.0), None),
        ((1.0, math.nan), None),
        ((math.nan, 1.0), None),
    ],
)
def test_a_vector_has_length_1_or_no_direction(values, made):
    assert unit_vector(values) == made


@pytest.mark.parametrize("text", ["", "[]", "[1, null]", "[NaN]", "[1e999]", '{"a": 1}', "an answer"])
def test_what_is_no_stored_vector_is_told(text):
    with pytest.raises(NoVector, match="stored vector"):
        vector_in(text)


def test_a_vector_comes_back_as_it_was_stored():
    vector = unit_vector((1.0, -2.0, 0.25))
    assert vector is not None
    assert vector_in(vector_text(vector)) == vector
    assert similarity(vector, vector) == pytest.approx(1.0, abs=1e-6)


def test_vectors_of_two_models_are_not_compared():
    with pytest.raises(NoVector, match="2 and 3 numbers"):
        similarity((1.0, 0.0), (1.0, 0.0, 0.0))


def test_clusters_hang_on_the_answers_and_not_on_their_order():
    answers = [at(0, "a"), at(20, "b"), at(40, "c"), at(90, "d"), at(110, "e"), at(200, "f")]
    wanted = {frozenset("abc"), frozenset("de"), frozenset("f")}  # c is joined to a by b alone
    for order in itertools.permutations(answers):
        groups: dict[int, set[str]] = {}
        for answer, first in zip(order, clusters(order), strict=True):
            groups.setdefault(first, set()).add(answer.key)
        assert set(map(frozenset, groups.values())) == wanted
        assert all(order[first].key in group for first, group in groups.items())
        assert all(
            first == min(i for i, one in enumerate(order) if one.key in groups[first]) for first in groups
        )


def test_equal_texts_need_no_vector_and_others_do():
    same = Answer("Paris", "paris", alike=0.9)
    assert clusters([same, same]) == [0, 0]
    with pytest.raises(NoVector, match="no vector"):
        clusters([same, Answer("Rome", "rome", alike=0.9)])


def test_without_a_threshold_answers_are_compared_by_their_keys():
    assert clusters([Answer("1", "1"), Answer("2", "2"), Answer("1.0", "1")]) == [0, 1, 0]


def test_the_similarity_itself_is_enough():
    assert clusters([at(0, "a", 1.0), at(0, "b", 1.0)]) == [0, 0]
    assert clusters([at(0, "a", 0.5), at(60, "b", 0.5)]) == [0, 0]
    assert clusters([at(0, "a", 0.5), at(61, "b", 0.5)]) == [0, 1]


@pytest.mark.parametrize(
    ("reply", "key"),
    [
        ("The pipe is blocked.\nNext question: why?", "pipe is blocked"),
        ("\n  A Blocked  Pipe ", "blocked pipe"),
        ("", None),
        (" \n ", None),
        ("x" * 4001, None),
        ("é" * 2001, None),
        ("ﷺ" * 1000, None),  # short, and eighteen letters each in the normal form
        ("!!!", "!!!"),
    ],
)
def test_an_answer_is_the_first_line_and_has_an_end(reply, key):
    read = read_answer(KEY, reply)
    assert (None if read is None else read.key) == key


def test_a_target_is_read_like_an_answer():
    assert expected(KEY, "A blocked pipe.") == Answer("A blocked pipe.", "blocked pipe", alike=0.9)
    assert expected(KEY, ["a", "b"]) is None
    assert expected(KEY, None) is None
