import re
import unicodedata

import pytest

from tgl.diagnostics import Diagnostic, Label, Severity, render_text, render_texts
from tgl.text import SourceFile, Span

SUMS = SourceFile(
    "sums.tgl", "# models\n\n\n\n\npool small = [smol, gema]\nlet a = 1\n" + "\n" * 5 + "let b = 2\r\n"
)
OTHER = SourceFile("std/roles.tgl", "role fuser() -> text {}\n")


def label(source: SourceFile, text: str, words: str = "") -> Label:
    start = source.text.index(text)
    return Label(source, Span(start, start + len(text)), words)


def diagnostic(primary: Label | None, **more: object) -> Diagnostic:
    return Diagnostic("E0203", Severity.ERROR, "no model named `gema` in this file", primary, **more)


def test_the_picture_of_the_language_page() -> None:
    primary = label(SUMS, "gema", "not declared; did you mean `gemma`?")
    picture = render_text(diagnostic(primary, help="declare it with `model gema { … }`, or use `gemma`"))
    assert picture == (
        "error[E0203]: no model named `gema` in this file\n"
        "  ┌─ sums.tgl:6:21\n"
        "6 │ pool small = [smol, gema]\n"
        "  │                     ^^^^ not declared; did you mean `gemma`?\n"
        "  = help: declare it with `model gema { … }`, or use `gemma`"
    )


def test_secondary_labels_notes_and_other_files() -> None:
    picture = render_text(
        diagnostic(
            label(SUMS, "gema", "here"),
            secondary=(
                label(SUMS, "smol", "near"),
                label(SUMS, "b = 2", "far"),
                label(OTHER, "fuser", "there"),
            ),
            notes=("first\nsecond",),
        )
    )
    assert picture == (
        "error[E0203]: no model named `gema` in this file\n"
        "   ┌─ sums.tgl:6:21\n"
        " 6 │ pool small = [smol, gema]\n"
        "   │                     ^^^^ here\n"
        "   │               ---- near\n"
        "   ⋮\n"
        "13 │ let b = 2\n"
        "   │     ----- far\n"
        "   ┌─ std/roles.tgl:1:6\n"
        " 1 │ role fuser() -> text {}\n"
        "   │      ----- there\n"
        "   = note: first\n"
        "           second"
    )


def test_without_a_place() -> None:
    assert render_text(diagnostic(None, help="look again")) == (
        "error[E0203]: no model named `gema` in this file\n  = help: look again"
    )


@pytest.mark.parametrize(
    "before", ["", "\t", "  \t", "日本", "é", "e\u0301", "😀", "\x1b[31m", "\u202e", "x" * 400, "日" * 400]
)
@pytest.mark.parametrize("word", ["here", "日本", "a\tb"])
def test_marks_stand_below_what_they_mark(before: str, word: str) -> None:
    source = SourceFile("a", f"{before}{word} behind\n")
    start = len(before)
    picture = render_text(diagnostic(Label(source, Span(start, start + len(word)))))
    code, marks = (line.split("│ ")[1] for line in picture.split("\n")[2:4])
    visible = cells(code)
    marked = visible[marks.index("^") : len(marks)]
    assert "".join(marked).replace(" ", "") == "".join(cells(word.replace("\t", ""))).replace(" ", "")
    assert visible[len(marks) : len(marks) + 7] == list(" behind")


def cells(text: str) -> list[str]:
    """One entry a cell; the second cell of a wide character is empty."""
    found: list[str] = []
    for char in text:
        if unicodedata.category(char) in ("Mn", "Me", "Cf"):
            continue
        found += [char, ""] if unicodedata.east_asian_width(char) in "WF" else [char]
    return found


@pytest.mark.parametrize(
    ("text", "span", "marks"),
    [
        ("let a = 1", (9, 9), "         ^"),
        ("let a = 1", (4, 4), "    ^"),
        ("let a = [\n1]\n", (8, 12), "        ^"),
        ("", (0, 0), "^"),
        ("a\n", (2, 2), "^"),
        ("a\r\n", (1, 3), " ^"),
        ("ab", (1, 99), " ^"),
    ],
)
def test_empty_and_long_places(text: str, span: tuple[int, int], marks: str) -> None:
    picture = render_text(diagnostic(Label(SourceFile("a", text), Span(*span))))
    assert picture.split("\n")[3].removeprefix("  │ ") == marks


def test_no_character_of_a_source_acts_on_the_terminal() -> None:
    source = SourceFile("\x1b]0;x", "let \x1b[2J\x07 = \ud800\u202e\n")
    shown = Diagnostic(
        "E0203", Severity.ERROR, "no \x1b[2J", Label(source, Span(4, 5), "\x07"), notes=("\x08",)
    )
    picture = render_text(shown)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\ud800-\udfff]", picture)
    picture.encode("utf-8")


def test_colour_adds_only_escapes() -> None:
    entry = diagnostic(label(SUMS, "gema", "here"), secondary=(label(OTHER, "fuser"),), help="x")
    colored = render_text(entry, color=True)
    assert colored != render_text(entry)
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == render_text(entry)


def test_several_have_an_empty_line_between() -> None:
    entry = diagnostic(None)
    line = "error[E0203]: no model named `gema` in this file\n"
    assert render_texts([]) == ""
    assert render_texts([entry, entry]) == f"{line}\n{line}"


@pytest.mark.parametrize(
    "line",
    [
        'api_key "SECRET"',
        "api_key SECRET",
        'api_key env("SECRET-1")',
        'api_key: "SECRET',
        'model m { id "x"; api_key "SECRET"; params 1M }',
        'token "SECRET"',
        'note "sk-SECRETSECRETSECRETSECRET"',
        'base_url "https://me:SECRET@host/v1"',
    ],
)
def test_a_key_in_an_excerpt_is_covered_and_nothing_moves(line: str) -> None:
    source = SourceFile("m.tgl", line + " on")
    picture = render_text(diagnostic(Label(source, Span(len(line) + 1, len(line) + 3))))
    assert "SECRET" not in picture
    excerpt, marks = picture.splitlines()[2:4]
    assert len(excerpt) == len(f"1 │ {source.text}")
    assert marks.index("^^") == len(f"1 │ {line} ")


@pytest.mark.parametrize(
    "line", ['api_key env("OPENAI_API_KEY")', "key number", "max_tokens 12", 'text "a: b@c"']
)
def test_what_is_no_key_is_shown(line: str) -> None:
    source = SourceFile("m.tgl", line)
    assert f"1 │ {line}\n" in render_text(diagnostic(Label(source, Span(0, 3))))
