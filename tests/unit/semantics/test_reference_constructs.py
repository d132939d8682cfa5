"""The examples of docs/language.md, one a construct, are laid out, check clean, and can be searched."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tgl.semantics import NO_FILES, check, lower, verify
from tgl.space import Stream, sample
from tgl.syntax import ast, format_source
from tgl.text import SourceFile

REFERENCE = (Path(__file__).parents[3] / "docs" / "language.md").read_text()
CHAPTER = REFERENCE.partition("\n## Constructs\n")[2].partition("\n## Principles\n")[0]
HEAD, *EXAMPLES = re.findall(r"```tgl\n(.*?)```", CHAPTER, re.DOTALL)
STATEMENTS = ("param", "let", "node", "edge", "require", "output")
DECLARATIONS = ("model", "pool", "role", "task", "graph", "optimize")


def checked_of(text: str):
    return check(SourceFile("p.tgl", HEAD + text), NO_FILES)


def test_each_construct_has_an_example() -> None:
    text = "\n".join(EXAMPLES)
    missing = [word for word in DECLARATIONS if not re.search(rf"^{word} ", text, re.MULTILINE)]
    missing += [word for word in STATEMENTS if not re.search(rf"^  {word} ", text, re.MULTILINE)]
    assert missing == []


@pytest.mark.parametrize("text", [HEAD, *EXAMPLES])
def test_an_example_is_laid_out(text: str) -> None:
    assert format_source(SourceFile("p.tgl", text)) == text


@pytest.mark.parametrize("text", EXAMPLES)
def test_an_example_checks_clean_and_its_graphs_can_be_drawn(text: str) -> None:
    checked = checked_of(text)
    assert [f"{p.code} {p.message}" for p in checked.problems] == []
    graphs = [decl.name for decl in checked.module.decls if isinstance(decl, ast.Graph)]
    for graph in graphs[-1:]:
        ir = lower(checked, graph).ir
        assert ir is not None
        assert verify(ir) == []
        for seed in range(5):
            sample(ir, Stream(seed))
