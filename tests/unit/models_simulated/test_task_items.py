"""The questions that a simulated model takes from a task's data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tgl.ir import DataSpec, KeySpec
from tgl.models.simulated.items import Fields, ItemsError
from tgl.models.simulated.slips import slips
from tgl.models.simulated.task_items import TaskItems, read_task_bank

PROMPT = 'def add(a, b):\n    """Add."""\n'


def write(path: Path, *rows: dict[str, object]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_of_a_worked_solution_the_final_answer_is_known(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", {"question": "What is 1 + 2?", "answer": r"1 + 2 = \boxed{3}"})
    bank = read_task_bank(path, Fields(), TaskItems(DataSpec(), KeySpec(kind="math")))
    assert bank.form == "math"
    assert bank.items[0].answers[0] == "3"
    assert "3" not in bank.items[0].answers[1:]


def test_the_wrong_answers_of_a_choice_are_its_other_options(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", {"question": "Which?", "answer": "B"})
    task = TaskItems(DataSpec(), KeySpec(kind="choice", options=("A", "B", "C")))
    assert read_task_bank(path, Fields(), task).items[0].answers == ("B", "A", "C")


def test_a_program_is_its_prompt_and_the_solution_and_slips_are_other_programs(tmp_path: Path) -> None:
    row: dict[str, object] = {"task_id": "1", "prompt": PROMPT, "solution": "    return a + b\n"}
    task = TaskItems(DataSpec(), KeySpec(kind="code", prompt="prompt"))
    bank = read_task_bank(
        write(tmp_path / "a.jsonl", row), Fields(question="prompt", answer="solution"), task
    )
    right, *wrong = bank.items[0].answers
    names: dict[str, object] = {}
    exec(right, names)
    assert names["add"](2, 3) == 5  # pyright: ignore[reportCallIssue]
    assert any("a - b" in program for program in wrong)
    assert right not in wrong


@pytest.mark.parametrize("program", ["def f(:", "x\0", "def f(x):\n    g(x)\n"])
def test_a_program_without_a_place_for_a_slip_has_one_that_does_nothing(program: str) -> None:
    assert slips(program) == ("pass  # unfinished",)


@pytest.mark.parametrize("rows", [(), ({"other": 1},), ({"question": "x", "answer": "no number"},)])
def test_a_bank_without_questions_is_told(tmp_path: Path, rows: tuple[dict[str, object], ...]) -> None:
    path = write(tmp_path / "a.jsonl", *rows)
    with pytest.raises(ItemsError, match="items"):
        read_task_bank(path, Fields(), TaskItems(DataSpec(), KeySpec(kind="number")))
