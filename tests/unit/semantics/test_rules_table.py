"""tests/RULES.md names a test for every rule of the reference, and these tests exist."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[2]
TABLE = (TESTS / "RULES.md").read_text()
ROWS = dict(re.findall(r"^\| ([CGLPR]\d+b?) \| (.*) \|$", TABLE, re.MULTILINE))


def test_every_rule_has_a_row() -> None:
    reference = (TESTS.parent / "docs" / "language.md").read_text()
    rules = set(re.findall(r"^\| ([CGLPR]\d+b?) \|", reference, re.MULTILINE))
    assert rules
    assert rules == set(ROWS)


def test_every_test_and_case_that_is_named_exists() -> None:
    for named in re.findall(r"`(tests/[^`]+)`", TABLE):
        path, _, test = named.partition("::")
        place = TESTS.parent / path
        assert place.exists(), named
        assert f"def {test}(" in (place.read_text() if test else f"def {test}("), named
