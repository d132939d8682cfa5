"""Any text at all can be parsed, shown and formatted or refused; places lie where they should."""

import dataclasses
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tgl.diagnostics import collect, render_json, render_texts
from tgl.syntax import Parsed, ast, format_source, parse
from tgl.syntax.grammar import scan
from tgl.text import SourceFile, Span

pytestmark = pytest.mark.slow

DESIGN = Path(__file__).parent.parent / "corpus" / "valid" / "design"
PROGRAMS = [path.read_text(encoding="utf-8") for path in sorted(DESIGN.glob("*.tgl"))]
WORDS = [
    *(
        "node",
        "edge",
        "graph",
        "let",
        "param",
        "loop",
        "each",
        "on",
        "when",
        "if",
        "until",
        "output",
        "use",
        "role",
    ),
    *(
        "model",
        "carry",
        "and",
        "not",
        "in",
        "is",
        "fit",
        "a",
        "b",
        "1",
        "8",
        '"s"',
        "é",
        "😀",
        "5x",
        "\0",
        "\ud800",
    ),
    *(
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "~",
        ",",
        ":",
        ";",
        ".",
        "..",
        "->",
        "|",
        "=",
        "==",
        "<",
        "+",
        "-",
        "*",
        "/",
    ),
    *("?", "#", "\n", " \n", "\n\t", "@", "'", '"', '"""', "\\"),
]

programs = st.sampled_from(PROGRAMS)
soups = st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    text = draw(programs)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(start + draw(st.integers(0, 12)), len(text))
        text = text[:start] + draw(st.sampled_from(["", *WORDS])) + text[end:]
    return text


@st.composite
def truncated(draw: st.DrawFn) -> str:
    text = draw(programs)
    return text[: draw(st.integers(0, len(text)))]


@st.composite
def respaced(draw: st.DrawFn) -> str:
    """A program with other blanks, line ends and comments between some of its tokens."""
    text = draw(programs)
    tokens = list(scan(text))
    gaps = st.sampled_from(["", " ", "   ", "\n", "\n\n\n", " # c\n", "\n  # own\n", "\t", "\r\n"])
    for at in sorted(draw(st.sets(st.integers(0, len(tokens) - 1), max_size=8)), reverse=True):
        start = tokens[at].start_pos or 0
        before = text[:start].rstrip(" ")
        text = before + draw(gaps) + text[start:]
    return text


def check_places(value: object, outer: Span) -> None:
    """Places lie inside of those around them; names inside of what they name."""
    if isinstance(value, tuple):
        for item in value:
            check_places(item, outer)
    if isinstance(value, ast.Node):
        span = value.span
        assert outer.start <= span.start <= span.end <= outer.end, (value, outer)
        if isinstance(value, ast.Named):
            assert span.start <= value.name_span.start < value.name_span.end <= span.end
        for field in dataclasses.fields(value):
            check_places(getattr(value, field.name), span)


def check(text: str) -> Parsed:
    source = SourceFile("any.tgl", text)
    parsed = parse(source)
    check_places(parsed.module, Span(0, len(text)))
    for problem in parsed.problems:
        assert 0 <= problem.span.start <= problem.span.end <= len(text)
    spans = [problem.span for problem in parsed.problems]
    assert spans == sorted(spans)
    found = collect(parsed.problems)
    assert bool(found) == bool(parsed.problems)
    render_texts(found).encode("utf-8")
    render_json(found)
    for comment in parsed.comments:
        assert text[comment.span.start : comment.span.end] == comment.text
        assert comment.text.startswith("##" if comment.doc else "#")
    return parsed


@given(st.text() | soups | mutated() | truncated())
@settings(max_examples=400, deadline=None, derandomize=True)
@example("\0")
@example("\ufeff let a = 1")
@example("let a = " + "[" * 5000)
@example("let a = " + "not " * 5000)
@example("let a = b" + "()" * 5000)
@example("graph g() {" * 2000)
@example('"""' * 7)
@example("let a = 1e99999999999999999999")
@example("let a = " + "9" * 6000)
def test_parsing_never_raises_and_places_are_right(text: str) -> None:
    check(text)


@given(respaced() | mutated())
@settings(max_examples=200, deadline=None, derandomize=True)
def test_formatting_keeps_meaning_and_comments_and_is_final(text: str) -> None:
    parsed = check(text)
    done = format_source(SourceFile("any.tgl", text))
    if parsed.problems:
        assert done == parsed.problems
        return
    assert isinstance(done, str)
    again = check(done)
    assert again.problems == ()
    assert again.module.decls == parsed.module.decls or has_clauses_out_of_order(parsed.module)
    assert sorted(c.text for c in again.comments) == sorted(c.text for c in parsed.comments)
    assert format_source(SourceFile("any.tgl", done)) == done
    assert "\t" not in done.replace("\\t", "") or "\t" in text
    assert not any(line.endswith(" ") for line in done.split("\n")) or '"""' in text


def has_clauses_out_of_order(value: object) -> bool:
    if isinstance(value, tuple):
        if value and all(isinstance(item, ast.Clause) for item in value):
            places = [("on", "batch", "when", "if").index(item.kind) for item in value]
            return places != sorted(places)
        return any(map(has_clauses_out_of_order, value))
    if isinstance(value, ast.Node):
        return any(has_clauses_out_of_order(getattr(value, f.name)) for f in dataclasses.fields(value))
    return False


@given(programs, st.data())
@settings(max_examples=100, deadline=None, derandomize=True)
def test_one_mistake_is_one_problem_and_leaves_the_rest_readable(text: str, data: st.DataObject) -> None:
    parsed = parse(SourceFile("program.tgl", text))
    at = data.draw(st.integers(0, len(parsed.module.decls) - 1))
    start = parsed.module.decls[at].span.start
    broken = text[:start] + "let = 3\n" + text[start:]
    result = check(broken)
    assert [problem.span.start for problem in result.problems] == [start + len("let ")]
    assert result.module.decls == parsed.module.decls
