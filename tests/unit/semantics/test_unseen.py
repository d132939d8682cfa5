"""What nobody sees in a file (E0191), and the fix that shows it."""

from __future__ import annotations

import sys
import unicodedata

import pytest

from tgl.diagnostics import render_texts
from tgl.semantics import NO_FILES, check
from tgl.syntax import format_source, parse
from tgl.syntax.literals import quoted, quoted_text, string_value
from tgl.text import SourceFile, apply_edits, hidden

# Signs of Arabic, Syriac and Kaithi that stand under or over numbers and are seen.
SEEN = frozenset(map(chr, (*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD)))


def problems(text: str):
    return check(SourceFile("p.tgl", text), NO_FILES).problems


def test_all_control_and_format_characters_are_found():
    expected = {
        char
        for char in map(chr, range(sys.maxunicode + 1))
        if unicodedata.category(char) in ("Cc", "Cf") and char not in SEEN and char not in "\t\n"
    }
    assert {char for char in expected if hidden(f"a{char}b") != [1]} == set()
    for char in [*SEEN, "\t", "\n", "\u00e9", "\u05d0", "\u0301"]:
        assert hidden(f"a{char}b") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("\ufeffa\ufeff", [2]),
        ("a\r\nb\r\r\nc\r", []),
        ("a\rb", [1]),
        ("\r\r b", [0, 1]),
        ("\U0001f469\u200d\U0001f4bb", []),
        ("\U0001f469\U0001f3fd\u200d\U0001f4bb", []),
        ("\u2764\ufe0f\u200d\U0001f525", []),
        ("\U0001f469\u200da", [1]),
        ("\u200d\U0001f4bb", [0]),
        ("\u0645\u06cc\u200c\u062e", []),
        ("\u0645\u0650\u200c\u062e", []),
        ("\u0915\u094d\u200d\u0937", []),
        ("a\u200cb", [1]),
        ("\U0001f3f4\U000e0067\U000e0062\U000e007f", []),
        ("a\U000e0067\U000e0062\U000e007f", [1, 2, 3]),
    ],
)
def test_joiners_tags_and_line_ends_are_judged_by_what_is_around_them(text, found):
    assert hidden(text, at_start=True) == found


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ('let a = "x\u202ey\u2066"', 'let a = "x\\u{202E}y\\u{2066}"'),
        ('let a = "x\ry"', 'let a = "x\\ry"'),
        ('let a = """\n  \u200bx\n  y\x0b\n"""', 'let a = """\n  \\u{200B}x\n  y\\u{B}\n"""'),
        ("let a = 1  # no\u202e", "let a = 1  # no"),
        ("let a =\ufeff1\r+ 2", "let a = 1 + 2"),
    ],
)
def test_the_fix_shows_them_and_keeps_the_meaning(wrong, right):
    found = [problem for problem in problems(wrong + "\n") if problem.code == "E0191"]
    edits = [edit for problem in found for edit in problem.fixes[0].edits]
    assert all(problem.fixes[0].safe for problem in found)
    assert apply_edits(wrong, edits) == right
    if not parse(SourceFile("p.tgl", wrong)).problems:
        [before], [after] = (parse(SourceFile("p.tgl", text)).module.decls for text in (wrong, right))
        assert before.value == after.value


def test_an_escape_behind_a_backslash_would_be_none():
    found = [problem for problem in problems('let a = "\\\u202e"\n') if problem.code == "E0191"]
    assert not any(fix.safe for problem in found for fix in problem.fixes)


def test_nothing_of_them_reaches_a_terminal_and_marks_stand_below():
    [found] = problems('let a = "\u202eevil\u2069" # \u0645\u06cc\u200c\u062e\n')
    picture = render_texts([found])
    assert '1 │ let a = "<U+202E>evil<U+2069>" # \u0645\u06cc\u200c\u062e' in picture
    assert f"  │          {'^' * 8} may" in picture
    assert "`\\u{202E}`" in picture


def test_a_file_that_begins_with_a_byte_order_mark_is_shown_without_it():
    assert "1 │ \ufefflet a = b" in render_texts(problems("\ufefflet a = b\n"))


def test_the_layout_of_a_file_keeps_them():
    text = '# a\u202eb\nlet a = "\u2066"\n'
    assert format_source(SourceFile("p.tgl", text)) == text


@pytest.mark.parametrize(
    "value", ["\u202ea", "a\u200d", "\U0001f469\u200d\U0001f4bb", "\x85\n \u2067", "\u2028"]
)
def test_what_is_written_out_holds_none(value):
    for token in (quoted(value), quoted_text(value)):
        assert hidden(token) == []
        assert string_value(token).value == value
    assert ("\u200d" in quoted(value)) == value.startswith("\U0001f469")
