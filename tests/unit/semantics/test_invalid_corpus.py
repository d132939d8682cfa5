"""Every mistake of the corpus is found at its line, and nothing else is.

A case is `corpus/invalid/CODE-slug/NAME.tgl` with `#~ CODE words` at the lines of its mistakes; files whose
names begin with `_` are imported by cases.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tgl.diagnostics import CODES, Diagnostic, code_info
from tgl.semantics import MemoryLoader, check, lower
from tgl.text import SourceFile

CORPUS = Path(__file__).parents[2] / "corpus" / "invalid"
CASES = sorted(
    path
    for path in CORPUS.glob("*/*.tgl")
    if path.parent.name >= "E0150" and not path.name.startswith("_") and path.parent.name[:3] != "E08"
)
MARK = re.compile(r"#~ (\w+) ?([^#]*)")
# In tests/unit/semantics/test_lower.py and tests/product: they are not found by `check` itself.
ELSEWHERE = {"E0510", "E0515", "E0604", "E0751", "E0752", "E0753", "E0754", "E0755", "E0756"}


def diagnose(path: Path) -> tuple[Diagnostic, ...]:
    folder = {other.name: other.read_text() for other in path.parent.glob("*.tgl")}
    return check(SourceFile(path.name, folder[path.name]), MemoryLoader(folder)).problems


def marks(text: str) -> list[tuple[int, str, str]]:
    """Line, code and words of each mark."""
    return [
        (number, code, words.strip())
        for number, line in enumerate(text.splitlines(), 1)
        for code, words in MARK.findall(line)
    ]


def line_of(problem: Diagnostic) -> int:
    assert problem.primary is not None
    return problem.primary.source.text.count("\n", 0, problem.primary.span.start) + 1


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_mistake_is_found_at_its_line_and_nothing_else(path):
    problems = diagnose(path)
    sources = {p.primary.source.name: p.primary.source.text for p in problems if p.primary is not None}
    sources.setdefault(path.name, path.read_text())
    for name, text in sources.items():
        found = [p for p in problems if p.primary is not None and p.primary.source.name == name]
        wanted = marks(text)
        assert [(line_of(p), p.code) for p in found] == [(line, code) for line, code, _ in wanted], name
        for problem, (_, _, fragment) in zip(found, wanted, strict=True):
            assert fragment in f"{problem.message} {problem.primary.text if problem.primary else ''}"


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_what_has_errors_is_not_lowered(path):
    folder = {other.name: other.read_text() for other in path.parent.glob("*.tgl")}
    checked = check(SourceFile(path.name, folder[path.name]), MemoryLoader(folder))
    assert checked.ok == all(code_info(p.code).severity == "warning" for p in checked.problems)
    if not checked.ok:
        assert lower(checked).ir is None


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_message_stands_alone_on_one_line_and_is_at_the_mistake(path):
    for problem in diagnose(path):
        assert "\n" not in problem.message
        assert problem.primary is not None
        assert problem.primary.span.start < problem.primary.span.end or problem.code < "E0150"
        assert problem.severity == code_info(problem.code).severity


def test_every_code_of_these_stages_has_a_case_with_its_slug():
    folders = {path.parent.name for path in CASES} - {"several"}
    for folder in sorted(folders):
        code, _, slug = folder.partition("-")
        assert code_info(code).slug == slug, folder
    mine = re.compile(r"E0190|E0[2-7]\d\d|W0[2-5]\d\d")
    wanted = {entry.code for entry in CODES if mine.fullmatch(entry.code)} - ELSEWHERE
    assert wanted - {folder[:5] for folder in folders} == set()


def test_circular_imports_are_told_as_a_path():
    (problem,) = diagnose(CORPUS / "E0202-import-cycle" / "circle.tgl")
    assert problem.code == "E0202"
    assert "circle.tgl → _other.tgl → circle.tgl" in problem.message


def test_the_place_of_a_mistake_is_the_wrong_word_itself():
    problems = diagnose(CORPUS / "several" / "five.tgl")
    words = [p.primary.source.text[p.primary.span.start : p.primary.span.end] for p in problems if p.primary]
    assert words == ["parms", "gema", "qestion", "heat: 1", "nubmer"]


def test_a_second_place_is_shown_where_there_is_one():
    problems = diagnose(CORPUS / "E0204-duplicate-name" / "names.tgl")
    assert all(problem.secondary for problem in problems if problem.code == "E0204")
    assert {label.text for p in problems for label in p.secondary} == {"first declared here"}
