"""Programs as files: those that must be fine, those that must be refused, and how refusals look.

`invalid/CODE-slug/*.tgl` mark the lines where a problem is expected with `#~ CODE`; the marks are compared
with what is reported both ways. A mark is looked for in the raw text, so it also works inside an unclosed
string. Pictures of syntax (up to E0149) are of parsing alone, all others of the whole front end.

To rewrite the pictures in `rendered/`, run with TGL_UPDATE_CORPUS=1 and review the difference.
"""

import os
import re
from pathlib import Path

import pytest

from tgl.diagnostics import CODES, Code, Diagnostic, collect, render_texts
from tgl.syntax import format_source, parse
from tgl.text import LineIndex, SourceFile

HERE = Path(__file__).parent
VALID = sorted((HERE / "valid").rglob("*.tgl"))
# Codes from E0150 on belong to later stages; their cases are checked in tests/unit/semantics.
INVALID = sorted(path for path in (HERE / "invalid").rglob("*.tgl") if path.parent.name < "E0150")
RENDERED = sorted((HERE / "rendered").glob("*.tgl"))
MARK = re.compile(r"#~ ([A-Z]\d{4})")

# Those that the canonical layout changes: their columns are not quite even.
NOT_LAID_OUT = {
    "00_sums.tgl",
    "00_sums.opt.tgl",
    "01_published_space.tgl",
    "21_pipeline_tts.tgl",
    "24_decompose_map_fuse.tgl",
    "25_topology_choice.tgl",
    "26_quickstart_sketch.tgl",
    "common.tgl",
    "std_roles.tgl",
}


def read_source(path: Path) -> SourceFile:
    return SourceFile(path.name, path.read_bytes().decode("utf-8"))


def check_file(path: Path, *, syntax_only: bool) -> tuple[Diagnostic, ...]:
    """What the front end reports for a file, in the order in which a person sees it."""
    source = read_source(path)
    if syntax_only:
        return collect(parse(source).problems)
    semantics = pytest.importorskip("tgl.semantics")
    return semantics.check(source, semantics.NO_FILES).problems


def name(path: Path) -> str:
    return str(path.relative_to(HERE))


@pytest.mark.parametrize("path", VALID, ids=name)
def test_valid_programs_are_read_without_a_problem(path: Path) -> None:
    assert check_file(path, syntax_only=True) == ()


@pytest.mark.parametrize("path", VALID, ids=name)
def test_valid_programs_are_in_canonical_layout(path: Path) -> None:
    source = read_source(path)
    text = format_source(source)
    assert isinstance(text, str)
    assert (text == source.text) == (path.name not in NOT_LAID_OUT)
    assert format_source(SourceFile(path.name, text)) == text


@pytest.mark.parametrize("path", INVALID, ids=name)
def test_each_mark_is_reported_and_nothing_else(path: Path) -> None:
    source = read_source(path)
    index = LineIndex(source.text)
    marked = [
        (line, code)
        for line in range(1, len(index.starts) + 1)
        for code in MARK.findall(index.line_text(line))
    ]
    found = check_file(path, syntax_only=True)
    assert marked, "a case without a mark tests nothing"
    reported = [(index.position(entry.primary.span.start)[0], entry.code) for entry in found if entry.primary]
    assert reported == marked


@pytest.mark.parametrize("path", INVALID, ids=name)
def test_a_file_with_a_mistake_is_not_formatted(path: Path) -> None:
    assert not isinstance(format_source(read_source(path)), str)


@pytest.mark.parametrize("path", RENDERED, ids=name)
def test_pictures(path: Path) -> None:
    found = check_file(path, syntax_only=path.stem < "E0150")
    picture = render_texts(found)
    expected = path.with_suffix(".txt")
    if os.environ.get("TGL_UPDATE_CORPUS"):
        expected.write_text(picture, encoding="utf-8")
    assert {entry.code for entry in found} == {path.stem}
    assert picture == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("code", [code for code in CODES if code.code < "E0150"], ids=lambda code: code.code)
def test_each_code_of_syntax_has_cases_and_a_picture(code: Code) -> None:
    assert any((HERE / "invalid" / f"{code.code}-{code.slug}").glob("*.tgl"))
    assert (HERE / "rendered" / f"{code.code}.txt").is_file()
