"""Canonical layout, one rule a case: the text before, and the text after (which formatting leaves alone)."""

import pytest

from tgl.syntax import format_source
from tgl.text import SourceFile

IN_GRAPH = "graph g(q) {{\n{}\n}}\n"


def formatted(text: str) -> str:
    done = format_source(SourceFile("test.tgl", text))
    assert isinstance(done, str), done
    assert format_source(SourceFile("test.tgl", done)) == done
    return done


FILES = {
    "blanks between words": (
        "let a=-1+2*( 3-b )\nlet f( x )=x [1] . y( 2 ,k : 3 )\npool p =~{a:1,b : 2}\n",
        "let a    = -1 + 2 * (3 - b)\nlet f(x) = x[1].y(2, k: 3)\npool p = ~{a: 1, b: 2}\n",
    ),
    "keys are no calls": (
        "task t {\n  stop (1)\n  a [b]\n  c -1\n}\n",
        "task t {\n  stop (1)\n  a    [b]\n  c    -1\n}\n",
    ),
    "at most one empty line, none at the ends": (
        "\n\n# one\n\n\n\nlet a = 1\n\n\n\ngraph g(q) {\n\n\n  output q\n\n}\n\n\n",
        "# one\n\nlet a = 1\n\ngraph g(q) {\n  output q\n}\n",
    ),
    "indent by two, statements on lines": (
        "graph g(q) {\n      param n = 1;   loop l[3] {\n until q }\n  output q }\n",
        "graph g(q) {\n  param n = 1\n  loop l[3] {\n    until q\n  }\n  output q\n}\n",
    ),
    "a block on one line stays there": (
        "graph g(q) {output q}\nmodel m {provider local;params 1B;}\nlabel l {\n}\n",
        "graph g(q) { output q }\nmodel m { provider local; params 1B }\nlabel l {}\n",
    ),
    "a block on one line that is too long is opened": (
        f'role r(q) -> text {{ prompt "{"x" * 100}"; retry 2 }} # c\n',
        f'role r(q) -> text {{  # c\n  prompt "{"x" * 100}"\n  retry  2\n}}\n',
    ),
    "columns that the author has aligned in blocks on one line": (
        'model a  { provider local;  params 1B; id "x" }\nmodel bc { provider other; params 10B; id "y" }\n',
        'model a  { provider local; params 1B; id "x" }\nmodel bc { provider other; params 10B; id "y" }\n',
    ),
    "no columns that the author has not": (
        "model a { provider local; params 1B }\nmodel bcd { provider other; params 1B }\n",
        "model a { provider local; params 1B }\nmodel bcd { provider other; params 1B }\n",
    ),
    "settings in columns, a text ends them": (
        'role r(q) -> text {\n  prompt """\n      a\n        b\n  """\n  max_tokens 8\n  retry 2\n}\n',
        'role r(q) -> text {\n  prompt """\n    a\n      b\n  """\n  max_tokens 8\n  retry      2\n}\n',
    ),
    "imports in columns": (
        'use std.roles {a,b as c}\nuse "./x.tgl" { d, }\n',
        'use std.roles { a, b as c }\nuse "./x.tgl" { d }\n',
    ),
    "carriage returns and tabs": ("let a = 1\r\n\tlet b = 2\r\n", "let a = 1\nlet b = 2\n"),
    "units": ("let a = 8   units\n", "let a = 8 units\n"),
    "a text that starts behind its quotes is left alone": (
        'let a = """x\n      y\n"""\n',
        'let a = """x\n      y\n"""\n',
    ),
}

STATEMENTS = {
    "the colon of nodes, across other statements": (
        "node ab : f\nrequire x\nnode abcd[2]: g on m",
        "node ab      : f\nrequire x\nnode abcd[2] : g on m",
    ),
    "equal signs by kind": (
        "param a = 1\nlet bcd = 2\nparam efg: number = 3",
        "param a           = 1\nlet bcd = 2\nparam efg: number = 3",
    ),
    "equal signs of kinds that the author has aligned": (
        "let a  = 1\nnode b : f\nlet cd = 2",
        "let a  = 1\nnode b : f\nlet cd = 2",
    ),
    "edges": (
        "edge a -> bcd if x\nedge abc->d if y\nedge e -> f",
        "edge a   -> bcd if x\nedge abc -> d   if y\nedge e   -> f",
    ),
    "clauses in order": ("node a : f if x on m when y", "node a : f on m when y if x"),
    "clauses in columns if the author wants them": (
        "node a : f   on m\nnode b : abc on m",
        "node a : f   on m\nnode b : abc on m",
    ),
    "breaks before continuation words stay": (
        "node a : f on m\n        when x > 1\n   and y\n      if z\nrequire x\n or y",
        "node a : f on m\n  when x > 1\n   and y\n  if z\nrequire x\n     or y",
    ),
    "other breaks go": ("node a : f(x,\n  y) on m when z >\n 1", "node a : f(x, y) on m when z > 1"),
    "an open bracket stays open": (
        "output f(\n  a   when x,\n  bcd when y, c)",
        "output f(\n  a   when x,\n  bcd when y,\n  c,\n)",
    ),
    "an open list of short items is filled": (
        "node a[3] : [\n  b,\n  c,\n  d\n] on m",
        "node a[3] : [\n  b, c, d,\n] on m",
    ),
    "a long statement is broken before its clauses": (
        f"node a : f({'x' * 50}) on {'m' * 50} when {'y' * 20}",
        f"node a : f({'x' * 50})\n  on {'m' * 50}\n  when {'y' * 20}",
    ),
    "then before its conditions": (
        f"require {'x' * 50} and {'y' * 50} or {'z' * 30}",
        f"require {'x' * 50}\n    and {'y' * 50}\n     or {'z' * 30}",
    ),
    "then inside its longest bracket": (
        f"output f(a, {'x' * 60}, [{'y' * 60}])",
        f"output f(\n  a,\n  {'x' * 60},\n  [{'y' * 60}],\n)",
    ),
    "comments on lines of their own are indented": ("    # c\nnode a : f\n# d", "# c\nnode a : f\n# d"),
    "comments behind statements in a column": (
        "node a : f # c\nnode bcd : f # d\n\nnode e : f # e",
        "node a   : f  # c\nnode bcd : f  # d\n\nnode e : f  # e",
    ),
    "comments in a column that fits stay there": (
        "  node a : f            # c\n  node b : fg           # d",
        "node a : f            # c\nnode b : fg           # d",
    ),
    "comments behind the braces of blocks": (
        "each j[3] in xs { # one\n node a : f # two\n} # three\nloop l[2] { # four\n # five\n} # six",
        "each j[3] in xs {  # one\n  node a : f  # two\n}  # three\nloop l[2] {  # four\n  # five\n}  # six",
    ),
    "comments inside statements": (
        "node a : f( # one\n x, # two\n # three\n y # four\n) # five\n # six\n on m # seven",
        "node a : f(  # one\n  x,         # two\n  # three\n  y,         # four\n)            # five\n"
        "  # six\n  on m       # seven",
    ),
}


@pytest.mark.parametrize(("before", "after"), FILES.values(), ids=FILES)
def test_files(before: str, after: str) -> None:
    assert formatted(before) == after


@pytest.mark.parametrize(("before", "after"), STATEMENTS.values(), ids=STATEMENTS)
def test_statements(before: str, after: str) -> None:
    indented = "".join(f"  {line}\n" if line else "\n" for line in after.split("\n"))
    assert formatted(IN_GRAPH.format(before)) == f"graph g(q) {{\n{indented}}}\n"


def test_a_file_with_problems_is_refused() -> None:
    problems = format_source(SourceFile("test.tgl", "let a   = 1\nlet = 2\n"))
    assert not isinstance(problems, str)
    assert [type(problem).__name__ for problem in problems] == ["Unexpected"]


def test_an_empty_file_stays_empty() -> None:
    assert formatted("") == formatted("\n\n") == ""
