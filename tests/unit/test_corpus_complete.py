"""The corpus is whole: a case and a picture for each code that a check gives, and enough programs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tgl.diagnostics import CODES, code_info, page_of

HERE = Path(__file__).parent
TESTS = HERE.parent
CORPUS = TESTS / "corpus"
INVALID = CORPUS / "invalid"
MARK = re.compile(r"#~ ([A-Z]\d{4})")

BY_A_COMMAND = re.compile(r"E0510|E0515|E0604|E075\d|E08\d\d|W0101|W0601|W0701|W085\d")
"""Codes that a check of one file cannot give: they need data, a command or a graph that is run."""

CHECKED = [entry for entry in CODES if entry.code[0] != "R"]


@pytest.fixture(scope="module")
def named_in_tests() -> set[str]:
    """The codes that a test file outside of this one and of the pages' names."""
    texts = [path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py") if path.parent != HERE]
    return {code for text in texts for code in re.findall(r"\b[EW]\d{4}\b", text)}


@pytest.mark.parametrize("entry", CHECKED, ids=lambda entry: entry.code)
def test_a_code_has_a_case(entry, named_in_tests):
    if BY_A_COMMAND.fullmatch(entry.code):
        assert entry.code in named_in_tests
        return
    cases = list((INVALID / f"{entry.code}-{entry.slug}").glob("*.tgl"))
    marks = {code for path in cases for code in MARK.findall(path.read_bytes().decode("utf-8", "replace"))}
    assert entry.code in marks


@pytest.mark.parametrize("entry", CHECKED, ids=lambda entry: entry.code)
def test_a_code_has_a_picture_if_its_page_has_a_wrong_program(entry):
    picture = CORPUS / "rendered" / f"{entry.code}.txt"
    shows = re.search(r"^```\w+ wrong$", page_of(entry.code) or "", re.MULTILINE) is not None
    assert picture.is_file() == (shows or entry.code < "E0150")
    if picture.is_file():
        kind = code_info(entry.code).severity
        assert picture.read_text(encoding="utf-8").startswith(f"{kind}[{entry.code}]: ")


def test_folders_are_named_after_codes_that_there_are():
    for folder in INVALID.iterdir():
        code, _, slug = folder.name.partition("-")
        if code != "several" and slug != "several":
            assert code_info(code).slug == slug


def test_no_code_of_a_command_has_a_case_that_is_never_looked_at():
    assert not any(BY_A_COMMAND.match(folder.name) for folder in INVALID.iterdir())


def test_there_are_enough_programs_and_those_of_the_design_are_among_them():
    valid = list((CORPUS / "valid").rglob("*.tgl"))
    invalid = list(INVALID.rglob("*.tgl"))
    assert len(valid) + len(invalid) >= 150
    numbers = {path.name[:2] for path in valid if path.parent.name == "design" and path.name[:2].isdigit()}
    assert numbers == {f"{number:02}" for number in range(27)}


def test_a_page_is_named_after_its_code():
    pages = (TESTS.parent / "tgl" / "diagnostics" / "explain").glob("*.md")
    assert all(page.read_text(encoding="utf-8").startswith(f"# {page.stem} ") for page in pages)
