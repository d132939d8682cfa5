import json
from dataclasses import dataclass

import pytest

from tgl.diagnostics import CODES, Diagnostic, Label, Severity, code_info, collect, render_json, report
from tgl.text import SourceFile, Span

MAIN, OTHER = SourceFile("main.tgl", "abc\ndef\n"), SourceFile("a_other.tgl", "xyz\n")


@dataclass(frozen=True)
class Found:
    where: tuple[SourceFile, int] | None
    code: str = "E0101"

    def diagnostic(self) -> Diagnostic:
        at = self.where
        return report(self.code, "m", None if at is None else Label(at[0], Span(at[1], at[1] + 1)))


def test_sorted_by_source_of_first_appearance_then_place_each_once() -> None:
    problems = [
        Found((MAIN, 4)),
        Found((OTHER, 1)),
        Found((MAIN, 0), "E0102"),
        Found((MAIN, 0)),
        Found(None),
        Found((MAIN, 4)),
    ]
    found = [
        (entry.primary and (entry.primary.source.name, entry.primary.span.start), entry.code)
        for entry in collect(problems)
    ]
    assert found == [
        (None, "E0101"),
        (("main.tgl", 0), "E0101"),
        (("main.tgl", 0), "E0102"),
        (("main.tgl", 4), "E0101"),
        (("a_other.tgl", 1), "E0101"),
    ]


def test_codes_are_unique_and_well_formed() -> None:
    assert len({code.code for code in CODES}) == len({code.slug for code in CODES}) == len(CODES)
    for code in CODES:
        assert code.code[0] in "EWR"
        assert len(code.code) == 5
        assert code.code[1:].isdigit()
        assert code.slug == code.slug.lower().replace(" ", "-")
        assert code.summary
        assert not code.summary.endswith(".")
        assert (code.severity is Severity.WARNING) == (code.code[0] == "W")


def test_severity_comes_from_the_registry_and_unknown_codes_are_refused() -> None:
    assert report("E0101", "m").severity is code_info("E0101").severity is Severity.ERROR
    with pytest.raises(ValueError, match="E9999"):
        report("E9999", "m")


def test_json_gives_places_in_lines_and_offsets() -> None:
    entry = report(
        "E0101",
        "a \ud800",
        Label(MAIN, Span(5, 7), "here"),
        secondary=[Label(OTHER, Span(0, 0))],
        notes=["n"],
        hint="h",
    )
    text = render_json([entry])
    assert text.isascii()
    (value,) = json.loads(text)
    assert value["primary"] == {
        "file": "main.tgl",
        "start": {"line": 2, "column": 2, "offset": 5},
        "end": {"line": 2, "column": 4, "offset": 7},
        "text": "here",
    }
    assert value["secondary"][0]["file"] == "a_other.tgl"
    assert {key: value[key] for key in ("code", "slug", "severity", "notes", "help")} == {
        "code": "E0101",
        "slug": "unexpected-word",
        "severity": "error",
        "notes": ["n"],
        "help": "h",
    }
