"""The corpus is whole: a case and a picture for each code that a check gives, and enough programs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tgl.diagnostics import CODES, code_info, page_of

TESTS = Path(__file__).parents[1]
CORPUS = TESTS / "corpus"
INVALID = CORPUS / "invalid"
MARK = re.compile(r"#~ ([A-Z]\d{4})")

PRODUCT = "product/test_bad_input.py"
DATA = "unit/evaluate/test_data.py"
SEARCH = "unit/evaluate/test_search_end_to_end.py"
ELSEWHERE = {
    **dict.fromkeys(("E0510", "E0515"), "unit/semantics/test_lower.py"),
    **dict.fromkeys(("E0604", "E0751", "E0752", "E0753", "E0857", "W0101"), PRODUCT),
    "E0754": "product/test_review.py",
    **dict.fromkeys(("E0850", "E0851", "E0852", "E0853", "E0854", "E0855", "E0856", "W0850"), DATA),
    "E0858": "unit/evaluate/test_cost_and_ledger.py",
    **dict.fromkeys(("E0859", "E0860", "E0861"), SEARCH),
    "E0862": "unit/search/test_methods.py",
    "W0701": "product/test_examples.py",
}
"""Codes that a check of one file cannot give: they need data, a command or a graph. Where they are tested."""

NO_PICTURE = {
    "E0518": "needs a file of many graphs",
    **dict.fromkeys(("E0751", "E0752", "E0753", "E0754", "E0851", "E0857", "E0858"), "given by a command"),
    **dict.fromkeys(("E0859", "E0860", "E0861", "E0862", "W0701"), "given by a command"),
}

CHECKED = [entry for entry in CODES if entry.code[0] != "R"]


@pytest.mark.parametrize("entry", CHECKED, ids=lambda entry: entry.code)
def test_a_code_has_a_case(entry):
    if entry.code in ELSEWHERE:
        assert entry.code in (TESTS / ELSEWHERE[entry.code]).read_text(encoding="utf-8")
        return
    cases = list((INVALID / f"{entry.code}-{entry.slug}").glob("*.tgl"))
    marks = {code for path in cases for code in MARK.findall(path.read_bytes().decode("utf-8", "replace"))}
    assert entry.code in marks


@pytest.mark.parametrize("entry", CHECKED, ids=lambda entry: entry.code)
def test_a_code_has_a_picture(entry):
    picture = CORPUS / "rendered" / f"{entry.code}.txt"
    assert picture.is_file() != (entry.code in NO_PICTURE)
    if picture.is_file():
        kind = code_info(entry.code).severity
        assert picture.read_text(encoding="utf-8").startswith(f"{kind}[{entry.code}]: ")


def test_folders_are_named_after_codes_that_there_are():
    for folder in INVALID.iterdir():
        code, _, slug = folder.name.partition("-")
        if code != "several" and slug != "several":
            assert code_info(code).slug == slug


def test_exemptions_name_codes_that_there_are():
    codes = {entry.code for entry in CHECKED}
    assert set(ELSEWHERE) | set(NO_PICTURE) <= codes
    assert not any((INVALID / f"{code}-{code_info(code).slug}").exists() for code in ELSEWHERE)


def test_there_are_enough_programs_and_those_of_the_design_are_among_them():
    valid = list((CORPUS / "valid").rglob("*.tgl"))
    invalid = list(INVALID.rglob("*.tgl"))
    assert len(valid) + len(invalid) >= 150
    numbers = {path.name[:2] for path in valid if path.parent.name == "design" and path.name[:2].isdigit()}
    assert numbers == {f"{number:02}" for number in range(27)}


def test_pages_and_codes_are_the_same():
    pages = {path.stem for path in (TESTS.parent / "tgl" / "diagnostics" / "explain").glob("*.md")}
    assert pages == {entry.code for entry in CODES if page_of(entry.code)} == {entry.code for entry in CODES}
