"""Every mistake of the corpus is found at its line, and nothing else is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tgl.diagnostics import Diagnostic, code_info
from tgl.semantics import MemoryLoader, check
from tgl.text import SourceFile

CORPUS = Path(__file__).parents[2] / "corpus" / "invalid"
CASES = sorted(
    path
    for path in CORPUS.glob("*/*.tgl")
    if path.parent.name[:3] not in ("E01", "R01") or path.parent.name.startswith("E0190")
)
CASES = [path for path in CASES if not path.name.startswith("_")]
MARK = re.compile(r"#~ (\w+) ?(.*)$")


def diagnose(path: Path) -> tuple[Diagnostic, ...]:
    folder = {other.name: other.read_text() for other in path.parent.glob("*.tgl")}
    return check(SourceFile(path.name, folder[path.name]), MemoryLoader(folder)).problems


def line_of(problem: Diagnostic) -> int:
    assert problem.primary is not None
    return problem.primary.source.text.count("\n", 0, problem.primary.span.start) + 1


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_mistake_is_found_at_its_line_and_nothing_else(path):
    wanted = [
        (number, found.group(1), found.group(2).strip())
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if (found := MARK.search(line))
    ]
    problems = [p for p in diagnose(path) if p.primary is not None and p.primary.source.name == path.name]
    assert [(line_of(p), p.code) for p in problems] == [(number, code) for number, code, _ in wanted]
    for problem, (_, _, fragment) in zip(problems, wanted, strict=True):
        words = f"{problem.message} {problem.primary.text if problem.primary else ''}"
        assert fragment in words


def test_every_code_of_the_corpus_is_registered_with_its_slug():
    for folder in sorted({path.parent.name for path in CASES} - {"several"}):
        code, _, slug = folder.partition("-")
        assert code_info(code).slug == slug, folder


def test_circular_imports_are_told_as_a_path():
    (problem,) = diagnose(CORPUS / "E0202-import-cycle" / "circle.tgl")
    assert problem.code == "E0202"
    assert "circle.tgl → _other.tgl → circle.tgl" in problem.message


def test_the_same_mistakes_are_found_in_any_order_of_files():
    path = CORPUS / "several" / "five.tgl"
    codes = [problem.code for problem in diagnose(path)]
    assert codes == ["E0301", "E0203", "E0309", "E0305", "E0302"]
