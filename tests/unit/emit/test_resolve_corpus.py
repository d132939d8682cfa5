"""Program + assignment -> resolved text: a folder for each case, the expected text beside the program."""

import json
from pathlib import Path

import pytest

from tgl.emit import decided, resolve_text
from tgl.ir import Assignment, ProgramIR
from tgl.semantics import Checked, MemoryLoader, check, lower
from tgl.space import Resolution, resolve
from tgl.syntax import format_source
from tgl.text import SourceFile

CORPUS = Path(__file__).parents[2] / "corpus" / "resolve"
CASES = sorted(path.name for path in CORPUS.iterdir() if path.is_dir())


def files_of(case: str) -> dict[str, str]:
    return {
        path.name: path.read_text() for path in (CORPUS / case).glob("*.tgl") if path.name != "expected.tgl"
    }


def checked_text(text: str, case: str) -> tuple[Checked, ProgramIR]:
    checked = check(SourceFile("program.tgl", text), MemoryLoader(files_of(case)))
    assert checked.ok, [f"{problem.code} {problem.message}" for problem in checked.problems]
    ir = lower(checked, "solve").ir
    assert ir is not None
    return checked, ir


def decide(case: str) -> tuple[Checked, ProgramIR, Resolution]:
    checked, ir = checked_text(files_of(case)["program.tgl"], case)
    assignment: Assignment = json.loads((CORPUS / case / "assignment.json").read_text())
    return checked, ir, resolve(ir, assignment)


@pytest.mark.parametrize("case", CASES)
def test_the_resolved_text_is_the_expected_one(case: str) -> None:
    assert resolve_text(*decide(case)) == (CORPUS / case / "expected.tgl").read_text()


@pytest.mark.parametrize("case", CASES)
def test_the_expected_text_means_the_decided_candidate(case: str) -> None:
    text = (CORPUS / case / "expected.tgl").read_text()
    assert "~" not in text
    assert format_source(SourceFile("program.tgl", text)) == text
    _, ir = checked_text(text, case)
    assert ir.is_resolved
    again, decided_one = resolve(ir, {}).candidate, decide(case)[2].candidate
    assert again.structure == decided_one.structure
    assert again.digest == decided_one.digest


def test_what_was_decided_is_listed_in_order_of_declaration() -> None:
    _, ir, resolution = decide("vectors_and_edges")
    assert decided(ir, resolution.assignment) == (
        ("solve.worker.count", "3"),
        ("solve.worker[1].what", "assistant"),
        ("solve.worker[2].what", "assistant"),
        ("solve.worker[3].what", "fuser"),
        ("solve.worker[1].model", "gemma"),
        ("solve.worker[2].model", "gemma"),
        ("solve.worker[3].model", "smol"),
        ("solve.worker[1]->worker[2]", "false"),
        ("solve.worker[1]->worker[3]", "true"),
        ("solve.worker[2]->worker[3]", "true"),
        ("solve.worker[1]->final", "true"),
        ("solve.worker[2]->final", "true"),
        ("solve.worker[3]->final", "true"),
    )


def test_texts_and_numbers_are_listed_as_they_are_written() -> None:
    _, ir, resolution = decide("role_settings")
    listed = dict(decided(ir, resolution.assignment))
    assert listed["solver.prompt"] == '"Think first. {{ question }} {{ format }}"'
    assert listed["solver.temperature"] == "0.7"
    assert "checker.temperature" not in listed
