"""Any tree, printed and read again, is the same tree."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tgl.syntax import ast, format_source, parse, print_expr, print_module
from tgl.syntax.literals import number_value, quoted, quoted_text, string_value
from tgl.text import SourceFile

pytestmark = pytest.mark.slow

NAMES = st.sampled_from(
    ["a", "worker", "x1", "größe", "best", "per", "as", "after", "releases", "one", "k", "unit"]
)
WORDS = NAMES | st.sampled_from(["node", "model", "param", "edge", "use"])
PLAIN = st.sampled_from(["text", "list", "secret", "answer", "ASK", "größe"])
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.text(" \t\n\"\\{}#'a", max_size=12)
NUMBER_TEXTS = st.sampled_from(
    [
        *(
            "0",
            "7",
            "0.5",
            "1e-3",
            "2E+4",
            "135M",
            "1.5k",
            "8B",
            "20%",
            "12.5%",
            "200ms",
            "30s",
            "5m",
            "1h",
            "1d",
        ),
        *("8 units", "1 unit", "4k units", "$3", "$0.15/Mtok"),
    ]
)


def number(text: str) -> ast.Number:
    value = number_value(text)
    assert value is not None
    return ast.Number(*value, text)


numbers = NUMBER_TEXTS.map(number)
strings = st.builds(ast.String, TEXT, st.booleans())
atoms = st.builds(ast.Name, NAMES) | numbers | strings


def args(values: st.SearchStrategy[ast.Expr], least: int = 0) -> st.SearchStrategy[tuple[ast.Arg, ...]]:
    one = st.builds(ast.Arg, values, st.none() | WORDS, st.none() | values)
    return st.lists(one, min_size=least, max_size=3).map(tuple)


def larger(values: st.SearchStrategy[ast.Expr]) -> st.SearchStrategy[ast.Expr]:
    ranges = st.builds(ast.Range, values, values)
    pairs = st.lists(st.tuples(values, values), min_size=1, max_size=3).map(tuple)
    binary = st.sampled_from(["or", "and", "<", "<=", ">", ">=", "==", "!=", "in", "+", "-", "*", "/"])
    return st.one_of(
        st.builds(ast.ListExpr, st.lists(values, max_size=3).map(tuple)),
        st.builds(ast.Call, values, args(values)),
        st.builds(ast.Index, values, args(values, 1)),
        st.builds(ast.Member, values, WORDS),
        st.builds(ast.Unary, st.sampled_from(["not", "-"]), values),
        st.builds(ast.Binary, binary, values, values),
        st.builds(ast.Is, values, NAMES),
        ranges,
        st.builds(ast.Choice, values | ranges | st.builds(ast.Weights, pairs)),
        st.builds(ast.Fit, values),
    )


exprs = st.recursive(atoms, larger, max_leaves=8)
small_exprs = st.recursive(atoms, larger, max_leaves=3)

signed = numbers | st.builds(ast.Unary, st.just("-"), numbers)
type_literals = st.builds(ast.String, TEXT) | signed | st.builds(ast.Range, signed, signed)


def type_of(inner: st.SearchStrategy[ast.TypeExpr]) -> st.SearchStrategy[ast.TypeExpr]:
    words = st.builds(
        ast.WordType,
        st.lists(PLAIN, min_size=1, max_size=2).map(tuple),
        st.lists(inner | type_literals, max_size=2).map(tuple),
    )
    fields = st.builds(ast.Port, WORDS, inner, st.booleans())
    records = st.builds(ast.RecordType, st.lists(fields, min_size=1, max_size=2).map(tuple))
    variants = st.lists(words | records, min_size=1, max_size=2).map(tuple)
    return st.builds(ast.TypeExpr, variants, st.none() | strings)


types = st.recursive(
    st.builds(ast.TypeExpr, PLAIN.map(lambda word: (ast.WordType((word,)),))), type_of, max_leaves=4
)
maybe_type = st.none() | types
ports = st.lists(st.builds(ast.Port, NAMES, maybe_type, st.booleans()), max_size=3).map(tuple)
params = st.builds(ast.Param, NAMES, maybe_type, st.none() | small_exprs)
keys = WORDS.filter(lambda word: word != "param")
settings_ = st.lists(st.builds(ast.Setting, keys, args(small_exprs)) | params, max_size=3).map(tuple)
dims = st.lists(st.builds(ast.Dim, small_exprs, st.none() | NAMES), min_size=1, max_size=2).map(tuple)


@st.composite
def lets(draw: st.DrawFn) -> ast.Let:
    names = draw(st.lists(NAMES, max_size=2).map(tuple))
    return ast.Let(draw(NAMES), names, draw(exprs), bool(names))


@st.composite
def clauses(draw: st.DrawFn, kinds: tuple[str, ...]) -> tuple[ast.Clause, ...]:
    chosen = draw(st.lists(st.sampled_from(kinds), unique=True))
    return tuple(
        ast.Clause(kind, draw(small_exprs), draw(small_exprs) if kind == "batch" else None) for kind in chosen
    )


simple_stmts = st.one_of(
    params,
    lets(),
    st.builds(ast.NodeStmt, NAMES, st.just(()) | dims, exprs, clauses(("on", "when", "if", "batch"))),
    st.builds(ast.Edge, st.lists(exprs, min_size=2, max_size=3).map(tuple), clauses(("when", "if"))),
    st.builds(ast.Memory, NAMES, dims, NAMES, settings_),
    st.builds(ast.Require, exprs),
    st.builds(ast.Output, exprs),
)
in_loops = st.one_of(
    st.builds(ast.Carry, NAMES, exprs, exprs),
    st.builds(ast.Until, exprs),
    st.builds(ast.Keep, args(small_exprs, 1)),
)


def blocks(inner: st.SearchStrategy[ast.Stmt]) -> st.SearchStrategy[ast.Stmt]:
    return st.one_of(
        st.builds(ast.Loop, NAMES, dims, st.lists(inner | in_loops, max_size=2).map(tuple)),
        st.builds(ast.Each, NAMES, dims, small_exprs, st.lists(inner, max_size=2).map(tuple)),
    )


stmts = st.recursive(simple_stmts, blocks, max_leaves=3)
paths = st.lists(NAMES, min_size=1, max_size=2).map(".".join)
uses = st.lists(st.builds(ast.UseName, WORDS, st.none() | NAMES), min_size=1, max_size=2).map(tuple)
decls = st.one_of(
    st.builds(ast.Use, paths, st.just(False), uses),
    st.builds(ast.Use, TEXT, st.just(True), uses),
    lets(),
    st.builds(ast.Pool, NAMES, exprs),
    st.builds(ast.Model, NAMES, settings_),
    st.builds(ast.LabelDecl, NAMES, settings_),
    st.builds(ast.Task, NAMES, settings_),
    st.builds(ast.Role, NAMES, ports, types, st.none() | NAMES, settings_),
    st.builds(ast.Fn, NAMES, ports, types, st.none() | NAMES, settings_),
    st.builds(ast.Graph, NAMES, ports, maybe_type, st.lists(stmts, max_size=3).map(tuple)),
    st.builds(ast.Optimize, NAMES, NAMES, settings_),
    st.builds(ast.Measured, NAMES, NAMES, settings_),
)


def read(text: str) -> ast.Module:
    parsed = parse(SourceFile("printed", text))
    assert parsed.problems == (), text
    return parsed.module


@given(exprs)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_expressions(expr: ast.Expr) -> None:
    text = f"let x = {print_expr(expr)}"
    assert read(text).decls == (ast.Let("x", (), expr),), text


@given(st.lists(decls, max_size=3))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_files(found: list[ast.Decl]) -> None:
    module = ast.Module(SourceFile("tree", ""), tuple(found))
    text = print_module(module)
    again = read(text)
    assert again.decls == module.decls, text
    assert print_module(again) == text


@given(st.lists(decls, max_size=3))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_formatting_a_printed_file_keeps_its_meaning_and_is_final(found: list[ast.Decl]) -> None:
    text = print_module(ast.Module(SourceFile("tree", ""), tuple(found)))
    done = format_source(SourceFile("printed", text))
    assert isinstance(done, str)
    assert in_order(read(done).decls) == in_order(tuple(found)), done
    assert format_source(SourceFile("formatted", done)) == done


def in_order(value: object) -> object:
    """Trees as tuples, clauses in the order that the formatter gives them."""
    match value:
        case tuple() if value and all(isinstance(item, ast.Clause) for item in value):
            order = ("on", "batch", "when", "if")
            return tuple(map(in_order, sorted(value, key=lambda clause: order.index(clause.kind))))
        case tuple():
            return tuple(map(in_order, value))
        case ast.Node():
            names = [name for name in type(value).__match_args__ if not name.endswith("span")]
            return type(value).__name__, *(in_order(getattr(value, name)) for name in names)
        case _:
            return value


@given(TEXT)
def test_string_tokens_have_the_value_they_are_made_of(value: str) -> None:
    assert string_value(quoted(value)).value == value
    text = string_value(quoted_text(value))
    assert (text.value, text.triple, text.bad_escapes) == (value, True, ())
