"""What is read: the traps that a grammar of this language can fall into, and places."""

import pytest

from tgl.syntax import ast, parse, print_expr
from tgl.syntax.ast import (
    Arg,
    Binary,
    Call,
    Choice,
    Index,
    Is,
    ListExpr,
    Member,
    Name,
    Number,
    Range,
    Unary,
    Weights,
)
from tgl.text import SourceFile


def read(text: str) -> ast.Module:
    parsed = parse(SourceFile("test.tgl", text))
    assert parsed.problems == ()
    return parsed.module


def expr(text: str) -> ast.Expr:
    (decl,) = read(f"let x = {text}").decls
    assert isinstance(decl, ast.Let)
    return decl.value


def num(value: int, text: str = "") -> Number:
    return Number(value, "", text or str(value))


A, B, C = Name("a"), Name("b"), Name("c")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("~1..6", Choice(Range(num(1), num(6)))),
        ("~-1..1", Choice(Range(Unary("-", num(1)), num(1)))),
        ("-a..b", Range(Unary("-", A), B)),
        ("a..b", Range(A, B)),
        ("a.b..c", Range(Member(A, "b"), C)),
        ("~{a: 1, b: 3,}", Choice(Weights(((A, num(1)), (B, num(3)))))),
        ("~a + b", Binary("+", Choice(A), B)),
        ("~[a, b]", Choice(ListExpr((A, B)))),
        ("fit a(b) < c", Binary("<", ast.Fit(Call(A, (Arg(B),))), C)),
        ("not a == b", Unary("not", Binary("==", A, B))),
        ("not a and b", Binary("and", Unary("not", A), B)),
        ("a or b and c", Binary("or", A, Binary("and", B, C))),
        ("a - b - c", Binary("-", Binary("-", A, B), C)),
        ("a - (b - c)", Binary("-", A, Binary("-", B, C))),
        ("-a * b", Binary("*", Unary("-", A), B)),
        ("a is assistant", Is(A, "assistant")),
        ("a in [b]", Binary("in", A, ListExpr((B,)))),
        (
            "a[1, b: c].node(model: 1)",
            Call(Member(Index(A, (Arg(num(1)), Arg(C, "b"))), "node"), (Arg(num(1), "model"),)),
        ),
        ("a(b when c, b: a when c)", Call(A, (Arg(B, None, C), Arg(A, "b", C)))),
        ("oneself", Name("oneself")),
        ("outputs", Name("outputs")),
        ("best(per, as: after)", Call(Name("best"), (Arg(Name("per")), Arg(Name("after"), "as")))),
        ("grüße_2", Name("grüße_2")),
    ],
)
def test_expressions(text: str, tree: ast.Expr) -> None:
    assert expr(text) == tree
    assert expr(print_expr(tree)) == tree


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        *(
            ("12", 12, ""),
            ("0.5", 0.5, ""),
            ("1e-3", 0.001, ""),
            ("1E+3", 1000.0, ""),
            ("135M", 135000000, ""),
        ),
        *(
            ("8B", 8 * 10**9, ""),
            ("4k", 4000, ""),
            ("1.5k", 1500.0, ""),
            ("200ms", 200, "ms"),
            ("30s", 30, "s"),
        ),
        *(("5m", 5, "m"), ("1h", 1, "h"), ("1d", 1, "d"), ("20%", 0.2, "%"), ("8 units", 8, "units")),
        *(
            ("1 unit", 1, "units"),
            ("4k  units", 4000, "units"),
            ("$0.15/Mtok", 0.15, "$/Mtok"),
            ("$3", 3, "$"),
        ),
    ],
)
def test_numbers(text: str, value: float, unit: str) -> None:
    found = expr(text)
    assert isinstance(found, Number)
    assert (found.value, found.unit, type(found.value)) == (value, unit, type(value))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'"a\n\t\r\"\\ \u{1F600}"', 'a\n\t\r"\\ 😀'),
        ('""', ""),
        ('"# no comment"', "# no comment"),
        ('"""one"""', "one"),
        ('"""\n    {{ q }}\n      in\n\n    out\n  """', "{{ q }}\n  in\n\nout"),
        ('"""\r\n  a\r\n  b\r\n  """', "a\nb"),
        ('"""first\n    second\n  third\n"""', "first\n  second\nthird"),
        ('"""\n  say "x" and ""\\"\n"""', 'say "x" and """'),
        ('"""\n\n"""', ""),
        ('"""\n  a\n\n"""', "a\n"),
        ('"""\n\ta\n\tb\n"""', "a\nb"),
    ],
)
def test_strings(text: str, value: str) -> None:
    found = expr(text)
    assert isinstance(found, ast.String)
    assert (found.value, found.triple) == (value, text.startswith('"""'))


@pytest.mark.parametrize(
    "text",
    [
        "graph g(q) {\n  node a : f\n    on m\n    # between\n    when x > 1\n     and y\n  output a\n}",
        "graph g(q) {\n  node a :\n    f on m when x >\n    1 and\n    y\n  output\ta\n}",
        "graph g(q) { node a : f on m when x > 1 and y; output a }",
        "\n\ngraph g(\n  q,\n) {;;\n  node a : f on (\n  m\n) when x > 1 and y\r\n\r\n;  output a;\n};",
        "graph g(q) { # c\n  node a : # c\n  f on m # c\n  when x > 1 and y # c\n  output a # c\n} # c",
    ],
)
def test_line_ends_count_only_between_statements(text: str) -> None:
    expected = read("graph g(q) {\n  node a : f on m when x > 1 and y\n  output a\n}")
    assert read(text).decls == expected.decls


@pytest.mark.parametrize(
    "text",
    [
        "role r(q) -> {\n  a: text,\n  b: list({\n    c: text?\n  })\n}\n{\n  prompt x\n}".replace(
            "}\n{", "} {"
        ),
        "role r(q) -> { a: text, b: list({ c: text? }) } { prompt x }",
    ],
)
def test_braces_of_types_are_flat(text: str) -> None:
    (role,) = read(text).decls
    assert isinstance(role, ast.Role)
    (record,) = role.type.variants
    assert isinstance(record, ast.RecordType)
    assert [field.name for field in record.fields] == ["a", "b"]
    assert [setting.key for setting in role.settings if isinstance(setting, ast.Setting)] == ["prompt"]


def test_types() -> None:
    (role,) = read(
        'role r(a: secret text?, b?, c: list) -> STEP(text) | number(-1..10) after "S:" releases x {}'
    ).decls
    assert isinstance(role, ast.Role)
    assert [(port.name, port.optional, port.type is None) for port in role.ports] == [
        ("a", True, False),
        ("b", True, True),
        ("c", False, False),
    ]
    assert role.ports[0].type == ast.TypeExpr((ast.WordType(("secret", "text")),))
    number = ast.WordType(("number",), (Range(Unary("-", num(1)), num(10)),))
    step = ast.WordType(("STEP",), (ast.TypeExpr((ast.WordType(("text",)),)),))
    assert role.type == ast.TypeExpr((step, number), ast.String("S:"))
    assert role.releases == "x"


def test_settings_take_arguments_without_brackets_and_heads_as_plain_values() -> None:
    (model,) = read(
        "model m { zone edge; model x; split train: 60, test: 200; stop; param p = 1; a [b]; c -1 }"
    ).decls
    assert isinstance(model, ast.Model)
    assert [
        setting.args if isinstance(setting, ast.Setting) else setting.name for setting in model.settings
    ] == [
        (Arg(Name("edge")),),
        (Arg(Name("x")),),
        (Arg(num(60), "train"), Arg(num(200), "test")),
        (),
        "p",
        (Arg(ListExpr((B,))),),
        (Arg(Unary("-", num(1))),),
    ]


@pytest.mark.parametrize("text", ["", "\n", "# only\n## comments", "\ufeff", "\r\n", ";;", "  \t"])
def test_files_without_declarations(text: str) -> None:
    assert read(text).decls == ()


def test_places_of_nodes() -> None:
    text = 'use "./ä.tgl" { a as b }\ngraph g(q) {\n  node w[i: 2] : (f) on ~{m: 1}\n}\n'
    use, graph = read(text).decls
    assert isinstance(use, ast.Use)
    assert isinstance(graph, ast.Graph)
    (node,) = graph.body
    assert isinstance(node, ast.NodeStmt)
    clause = node.clauses[0]
    assert isinstance(clause.value, Choice)
    spans = [use.path_span, use.names[0].span, use.names[0].name_span, graph.name_span, graph.ports[0].span]
    spans += [
        node.span,
        node.name_span,
        node.dims[0].span,
        node.what.span,
        clause.span,
        clause.value.domain.span,
    ]
    assert [text[span.start : span.end] for span in spans] == [
        *('"./ä.tgl"', "a as b", "a", "g", "q", "node w[i: 2] : (f) on ~{m: 1}", "w", "i: 2", "f"),
        *("on ~{m: 1}", "{m: 1}"),
    ]


def test_parentheses_belong_to_what_is_around_them() -> None:
    text = "let x = (a + b) * (c)"
    (let,) = read(text).decls
    assert isinstance(let, ast.Let)
    assert isinstance(let.value, Binary)
    spans = [let.value.span, let.value.left.span, let.value.right.span]
    assert [text[span.start : span.end] for span in spans] == ["(a + b) * (c)", "a + b", "c"]


def test_comments_are_kept_with_their_places() -> None:
    text = '## doc\nlet a = "#" # one\n  # two  \n'
    comments = parse(SourceFile("t", text)).comments
    assert [(c.text, c.doc, text[c.span.start : c.span.end]) for c in comments] == [
        ("## doc", True, "## doc"),
        ("# one", False, "# one"),
        ("# two", False, "# two"),
    ]


def test_what_can_be_read_is_read_and_what_is_broken_is_named() -> None:
    parsed = parse(
        SourceFile(
            "t", "let ok = 1\nlet bad = \nuse std.x { p q }\ngraph g(q) {\n  node n : : f\n  output q\n}\n"
        )
    )
    assert [type(problem).__name__ for problem in parsed.problems] == [
        "MissingValue",
        "Unexpected",
        "MissingValue",
    ]
    assert {"bad", "p", "q", "n"} <= parsed.broken_names
    assert "ok" not in parsed.broken_names
    names = [decl.name for decl in parsed.module.decls if isinstance(decl, ast.Let | ast.Graph)]
    assert names == ["ok", "g"]
    graph = parsed.module.decls[-1]
    assert isinstance(graph, ast.Graph)
    assert graph.body == (ast.Output(Name("q")),)
