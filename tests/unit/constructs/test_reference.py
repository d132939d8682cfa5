"""The examples of docs/language.md on loops, maps, batches and replies with parts are checked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tgl.semantics import NO_FILES, check, lower, verify
from tgl.syntax import ast, format_source
from tgl.text import SourceFile

REFERENCE = (Path(__file__).parents[3] / "docs" / "language.md").read_text()
SECTION = REFERENCE.partition("### Loops, maps, batches")[2].partition("\n## Constructs\n")[0]
EXAMPLES = re.findall(r"```tgl\n(.*?)```", SECTION, re.DOTALL)
HEAD = """
use std.roles   { assistant, critic, fuser, reviser }
use std.reduce  { first, majority }
use std.signals { lead }
model smol  { provider local; weights "smollm2-135m-instruct"; params 135M }
model gemma { provider local; weights "gemma-3-270m"; params 270M }
pool small = [smol, gemma]
"""
PLANNER = 'role planner(question) -> {jobs: list(text)} { prompt "{{ question }}" }\n'


def test_there_are_examples():
    assert len(EXAMPLES) == 5


@pytest.mark.parametrize("text", EXAMPLES)
def test_an_example_is_laid_out_checks_clean_and_lowers(text):
    assert format_source(SourceFile("p.tgl", text)) == text
    program = HEAD + ("" if "role planner" in text else PLANNER) + text
    checked = check(SourceFile("p.tgl", program), NO_FILES)
    assert [f"{p.code} {p.message}" for p in checked.problems] == []
    [graph] = [decl.name for decl in checked.module.decls if isinstance(decl, ast.Graph)]
    ir = lower(checked, graph).ir
    assert ir is not None
    assert verify(ir) == []
