"""Splits: adding, removing and reordering rows moves no row (semantics.md 5)."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tgl.evaluate import Dataset, EmptySplit, Splits, load_dataset, split, split_of
from tgl.ir import KeySpec, TaskSpec, TextPlace, UnitSpec


def task(train: int, select: int, test: int, name: str = "t") -> TaskSpec:
    return TaskSpec(
        name=name,
        data="d.jsonl",
        train=train,
        select=select,
        test=test,
        given=("q",),
        expect="a",
        key=KeySpec(kind="exact"),
        unit=UnitSpec(kind="calls"),
        format="",
        place=TextPlace(source="p", start=0, end=0),
    )


def dataset(questions: list[str], spec: TaskSpec) -> Dataset:
    text = "\n".join(json.dumps({"q": question, "a": "x"}) for question in questions)
    loaded = load_dataset(spec, text.encode(), "d.jsonl").dataset
    assert loaded is not None
    return loaded


def membership(questions: list[str], spec: TaskSpec) -> dict[str, str]:
    return {str(one.given["q"]): split_of(spec, one) for one in dataset(questions, spec).examples}


questions = st.lists(st.integers(0, 10_000).map(str), min_size=1, max_size=40, unique=True)
counts = st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9))


@given(questions, questions, counts)
@settings(max_examples=60, derandomize=True, deadline=None)
def test_added_rows_move_no_row(old: list[str], new: list[str], declared: tuple[int, int, int]):
    spec = task(*declared)
    before, after = membership(old, spec), membership([*new, *old], spec)
    assert all(after[question] == where for question, where in before.items())


@given(questions, st.integers(2, 6), counts)
@settings(max_examples=30, derandomize=True, deadline=None)
def test_only_proportions_matter(rows: list[str], factor: int, declared: tuple[int, int, int]):
    larger = [count * factor for count in declared]
    assert membership(rows, task(*declared)) == membership(rows, task(*larger))


@given(st.permutations([str(i) for i in range(60)]))
@settings(max_examples=20, derandomize=True, deadline=None)
def test_the_order_of_the_file_plays_no_part(rows: list[str]):
    spec = task(5, 5, 5)
    made = split(spec, dataset(rows, spec))
    assert isinstance(made, Splits)
    reference = split(spec, dataset(sorted(rows), spec))
    assert isinstance(reference, Splits)
    for one, other in (
        (made.train, reference.train),
        (made.select, reference.select),
        (made.test.open("final"), reference.test.open("final")),
    ):
        assert [example.given["q"] for example in one] == [example.given["q"] for example in other]


def test_counts_are_upper_bounds_and_splits_disjoint():
    spec = task(30, 30, 60)
    made = split(spec, dataset([str(i) for i in range(400)], spec))
    assert isinstance(made, Splits)
    parts = [
        {str(one.given["q"]) for one in part} for part in (made.train, made.select, made.test.open("final"))
    ]
    assert [len(part) for part in parts] == [30, 30, 60]
    assert len(set().union(*parts)) == 120


def test_proportions_are_kept():
    spec = task(60, 60, 200)
    where = list(membership([str(i) for i in range(4000)], spec).values())
    assert where.count("train") / 4000 == pytest.approx(60 / 320, abs=0.02)
    assert where.count("test") / 4000 == pytest.approx(200 / 320, abs=0.02)


def test_repeated_questions_share_a_split_however_they_are_spaced():
    spec = task(1, 1, 1)
    for i in range(50):
        assert len(set(membership([f"What is {i}?", f" What  is {i}? "], spec).values())) == 1


def test_another_task_splits_otherwise():
    rows = [str(i) for i in range(60)]
    assert membership(rows, task(1, 1, 1, "one")) != membership(rows, task(1, 1, 1, "two"))


def test_an_empty_split_is_a_problem_that_names_it():
    spec = task(1, 1, 1000)
    made = split(spec, dataset(["only"], spec))
    assert isinstance(made, tuple)
    assert [problem.split for problem in made] == ["train", "select"]
    assert all(isinstance(problem, EmptySplit) for problem in made)
    assert made[0].diagnostic().code == "E0857"


def test_openings_of_the_test_split_are_counted():
    spec = task(1, 1, 1)
    made = split(spec, dataset([str(i) for i in range(30)], spec))
    assert isinstance(made, Splits)
    assert made.test.openings == ()
    made.test.open("final")
    made.test.open("verify")
    assert made.test.openings == ("final", "verify")
