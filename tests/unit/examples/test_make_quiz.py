"""The quickstart's data: what `examples/make_quiz.py` writes, and what the quickstart counts on."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[3] / "examples"
FILES = ("quiz.jsonl", "quiz_shots.jsonl")
KINDS = {"numbers", "capitals", "opposites"}


def rows(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (EXAMPLES / name).read_text("utf-8").splitlines()]


@pytest.mark.parametrize("hash_seed", ["0", "1"])
def test_the_script_writes_the_committed_bytes(tmp_path: Path, hash_seed: str) -> None:
    subprocess.run(
        [sys.executable, str(EXAMPLES / "make_quiz.py"), str(tmp_path)],
        check=True,
        env=os.environ | {"PYTHONHASHSEED": hash_seed},
    )
    assert {path.name for path in tmp_path.iterdir()} == set(FILES)
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (EXAMPLES / name).read_bytes()


def test_each_kind_has_enough_questions_for_the_three_splits() -> None:
    counts = Counter(row["kind"] for row in rows("quiz.jsonl"))
    assert counts.keys() == KINDS
    assert min(counts.values()) >= 150
    assert counts.total() >= 480


def test_questions_are_distinct_however_they_are_written() -> None:
    plain = [re.sub(r"\W+", " ", row["question"].casefold()).strip() for row in rows("quiz.jsonl")]
    assert [text for text, count in Counter(plain).items() if count > 1] == []


def test_ids_are_distinct_and_in_file_order() -> None:
    quiz = rows("quiz.jsonl")
    assert [row["id"] for row in quiz] == [f"q{place:03}" for place in range(1, len(quiz) + 1)]


@pytest.mark.parametrize(("name", "fields"), [(FILES[0], {"id"}), (FILES[1], set[str]())])
def test_every_line_has_the_promised_fields_as_text(name: str, fields: set[str]) -> None:
    for row in rows(name):
        assert row.keys() == fields | {"question", "kind", "answer"}
        assert all(isinstance(value, str) and value.strip() == value != "" for value in row.values())
        assert row["kind"] in KINDS


def test_worked_examples_serve_every_kind_and_are_no_questions() -> None:
    shots = rows("quiz_shots.jsonl")
    assert min(Counter(shot["kind"] for shot in shots).values()) >= 5
    assert {shot["kind"] for shot in shots} == KINDS
    assert len({shot["question"] for shot in shots}) == len(shots)
    assert {shot["question"] for shot in shots}.isdisjoint(row["question"] for row in rows("quiz.jsonl"))


def test_worked_examples_give_no_answer_away() -> None:
    for kind in KINDS:
        asked = {row["answer"] for row in rows("quiz.jsonl") if row["kind"] == kind}
        shown = {row["answer"] for row in rows("quiz_shots.jsonl") if row["kind"] == kind}
        assert asked.isdisjoint(shown)


def test_a_reversed_pair_of_opposites_reads_the_same_both_ways() -> None:
    asks = {
        row["question"].split('"')[1]: row["answer"]
        for row in rows("quiz.jsonl")
        if row["kind"] == "opposites"
    }
    shared = [word for word, answer in asks.items() if answer in asks and asks[answer] != word]
    assert shared == []


def test_numbers_in_words_read_back_as_their_answer() -> None:
    ones = """one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen"""
    tens = "twenty thirty forty fifty sixty seventy eighty ninety"
    values = {word: value for value, word in enumerate(ones.split(), start=1)}
    values |= {word: 10 * value for value, word in enumerate(tens.split(), start=2)}
    for row in rows("quiz.jsonl") + rows("quiz_shots.jsonl"):
        if row["kind"] != "numbers":
            continue
        total = part = 0
        for word in re.findall(
            r"[a-z]+", row["question"].removeprefix("What is ").removesuffix(" in digits?")
        ):
            match word:
                case "and":
                    pass
                case "hundred":
                    part *= 100
                case "thousand":
                    total, part = part * 1000, 0
                case _:
                    part += values[word]
        assert str(total + part) == row["answer"]
