"""Every code has a page; its wrong program gives that code and no other, its right one gives nothing.

A page shows programs in fenced blocks: `tgl wrong`, and `tgl right` or, in place of lines of the wrong one,
`tgl line-5` and `tgl line-5-6`. A block with another name is a file that both use.
"""

from __future__ import annotations

import json
import re

import pytest

from tgl.cli.main import main
from tgl.diagnostics import CODES, codes_by_room, page_of, room_of
from tgl.pipeline.checking import check_file
from tgl.semantics import lower

FENCE = re.compile(r"^```tgl (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

IN_A_COMMAND = "found by the command that reads the data or runs the search, not by a check of the program"
IN_A_RUN = "depends on a server, the store or files, and not on the program"
NEEDS_SIZE = "an example would be too long for a page, or is no text; the corpus has one"
NO_PROGRAM = {
    **dict.fromkeys(("E0110", "E0111", "E0518"), NEEDS_SIZE),
    **{code.code: IN_A_COMMAND for code in CODES if re.match(r"E075|E08|W085|W0601", code.code)},
    **{code.code: IN_A_RUN for code in CODES if code.code[0] == "R"},
    "W0701": "compares a hash of the program as it was measured",
}
"""Codes whose page shows no program that can be checked, each with the reason."""


def shown(page: str) -> dict[str, str]:
    return dict(FENCE.findall(page))


def corrected(blocks: dict[str, str]) -> str:
    """The right program of a page."""
    if "right" in blocks:
        return blocks["right"]
    lines = blocks["wrong"].splitlines(keepends=True)
    (label,) = [label for label in blocks if label.startswith("line-")]
    first, _, last = label.removeprefix("line-").partition("-")
    lines[int(first) - 1 : int(last or first)] = [blocks[label]]
    return "".join(lines)


def codes_of(text, files, folder, *, lowered):
    """The codes that `tglc check` gives, and those of lowering where only a graph that is run gives them."""
    for name, body in files.items():
        (folder / name).write_text(body, encoding="utf-8")
    program = folder / "page.tgl"
    program.write_text(text, encoding="utf-8")
    report = check_file(str(program))
    found = {problem.code for problem in report.diagnostics}
    if lowered and report.checked.ok:
        found |= {problem.code for problem in lower(report.checked).problems}
    return found


@pytest.mark.parametrize("entry", CODES, ids=lambda entry: entry.code)
def test_every_code_has_a_short_page(entry):
    page = page_of(entry.code)
    assert page is not None, f"write tgl/diagnostics/explain/{entry.code}.md"
    lines = page.splitlines()
    assert lines[0] == f"# {entry.code} {entry.slug}"
    assert "Why: " in page
    assert len(lines) <= 50
    assert max(map(len, lines)) <= 130
    assert page.endswith("\n")


@pytest.mark.parametrize(
    "entry", [entry for entry in CODES if entry.code not in NO_PROGRAM], ids=lambda entry: entry.code
)
def test_the_wrong_program_gives_its_code_and_the_right_one_nothing(entry, tmp_path):
    blocks = shown(page_of(entry.code) or "")
    files = {name: text for name, text in blocks.items() if name.endswith(".tgl")}
    lowered = entry.code in ("E0510", "E0515")
    assert codes_of(blocks["wrong"], files, tmp_path, lowered=lowered) == {entry.code}
    assert codes_of(corrected(blocks), {}, tmp_path, lowered=lowered) == set()


def test_no_page_is_left_over_and_no_exemption_either():
    assert set(NO_PROGRAM) <= {entry.code for entry in CODES}
    for code in NO_PROGRAM:
        assert "wrong" not in shown(page_of(code) or ""), f"{code} shows a program: take it off the list"


def test_every_code_is_in_one_room():
    assert sorted(entry.code for _, room in codes_by_room() for entry in room) == sorted(
        entry.code for entry in CODES
    )
    assert room_of("E0203") == "names and imports"
    with pytest.raises(ValueError, match="Q0001"):
        room_of("Q0001")


@pytest.mark.parametrize("word", ["E0203", "e0203", "unknown-name"])
def test_explain_prints_the_page(word, capsys):
    assert main(["explain", word]) == 0
    assert capsys.readouterr().out == page_of("E0203")


def test_explain_as_json(capsys):
    assert main(["explain", "E0203", "--json"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert value == {
        "code": "E0203",
        "slug": "unknown-name",
        "severity": "error",
        "room": "names and imports",
        "summary": "a name that nothing declares",
        "page": page_of("E0203"),
    }


def test_explain_lists_all_codes_by_room(capsys):
    assert main(["explain"]) == 0
    out = capsys.readouterr().out
    for entry in CODES:
        assert re.search(rf"^  {entry.code}  {entry.slug} +{re.escape(entry.summary)}$", out, re.MULTILINE)
    assert out.index("\nnames and imports\n") < out.index("E0203") < out.index("\nwarnings\n")
    assert main(["explain", "--json"]) == 0
    assert {row["code"] for row in json.loads(capsys.readouterr().out)["codes"]} == {c.code for c in CODES}


@pytest.mark.parametrize(
    ("word", "near"),
    [("E0230", "`E0203`"), ("unknwon-name", "`unknown-name`"), ("e0230", "`E0203`"), ("banana", "lists all")],
)
def test_an_unknown_code_is_refused_with_what_is_near(word, near, capsys):
    assert main(["explain", word]) == 2
    told = capsys.readouterr()
    assert f"there is no code `{word}`" in told.err
    assert near in told.err
    assert told.out == ""
