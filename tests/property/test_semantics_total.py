"""Whatever stands in a file: `check` answers, and what it finds good can be lowered."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tgl.semantics import MemoryLoader, check, lower, verify
from tgl.syntax import ast
from tgl.text import SourceFile

CORPUS = Path(__file__).parents[1] / "corpus"
TEXTS = [
    path.read_text()
    for folder in ("lower", "invalid", "valid", "resolve")
    for path in sorted((CORPUS / folder).rglob("*.tgl"))
    if len(path.read_bytes()) < 3000
]
TOKEN = re.compile(r'"[^"\n]*"|\w+|\.\.|->|[^\w\s]|\n')


@st.composite
def mutants(draw: st.DrawFn) -> str:
    """A text of the corpus with a few tokens dropped, doubled, swapped, or taken from elsewhere."""
    text = draw(st.sampled_from(TEXTS))
    other = TOKEN.findall(draw(st.sampled_from(TEXTS)))
    tokens = TOKEN.findall(text)
    for _ in range(draw(st.integers(1, 4))):
        if not tokens:
            break
        at = draw(st.integers(0, len(tokens) - 1))
        match draw(st.sampled_from(["drop", "double", "swap", "take", "number"])):
            case "drop":
                del tokens[at]
            case "double":
                tokens.insert(at, tokens[at])
            case "swap":
                to = draw(st.integers(0, len(tokens) - 1))
                tokens[at], tokens[to] = tokens[to], tokens[at]
            case "take":
                tokens[at] = draw(st.sampled_from(other)) if other else tokens[at]
            case _:
                tokens[at] = draw(st.sampled_from(["0", "1", "2.5", "~2..3", "~0.5", "[]", '""', "question"]))
    return " ".join(tokens)


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(mutants())
def test_check_answers_and_what_is_good_lowers(text):
    checked = check(SourceFile("p.tgl", text), MemoryLoader({"p.tgl": text}))
    spans = [problem.primary.span for problem in checked.problems if problem.primary is not None]
    assert all(0 <= span.start <= span.end for span in spans)
    if not checked.ok:
        assert lower(checked).ir is None
        return
    for decl in checked.module.decls:
        if isinstance(decl, ast.Graph):
            found = lower(checked, graph=decl.name)
            if found.ir is not None:
                assert verify(found.ir) == []
            else:
                assert found.problems
