"""The passes keep their contracts, on all programs that lower: the verifier looks between them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tgl.ir import ProgramIR
from tgl.semantics import Invariant, MemoryLoader, check, lower, verify
from tgl.semantics.passes import EXPANDED, PASSES, Context, run_passes
from tgl.syntax import ast
from tgl.text import SourceFile

ROOT = Path(__file__).parents[3]
PROGRAMS = [
    *sorted((ROOT / "tests" / "corpus" / "lower").glob("*.tgl")),
    *sorted((ROOT / "tests" / "corpus" / "resolve").glob("*/program.tgl")),
    *(path for path in sorted((ROOT / "examples").glob("*.tgl")) if "\ngraph " in path.read_text()),
]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def handed_over(path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[ProgramIR, Context]:
    """What expansion hands to the first pass."""
    seen: list[tuple[ProgramIR, Context]] = []

    def spy(ir: ProgramIR, context: Context) -> ProgramIR:
        seen.append((ir, context))
        return run_passes(ir, context)

    monkeypatch.setattr("tgl.semantics.program.run_passes", spy)
    folder = {other.name: other.read_text() for other in path.parent.glob("*.tgl")}
    checked = check(SourceFile(path.name, folder[path.name]), MemoryLoader(folder))
    searched = [decl.graph for decl in checked.module.decls if isinstance(decl, ast.Optimize)]
    lower(checked, searched[0] if searched else "solve")
    return seen[-1]


def broken(ir: ProgramIR) -> set[Invariant]:
    return {found.invariant for found in verify(ir)}


def test_each_pass_requires_what_those_before_it_ensure_and_together_they_ensure_all() -> None:
    held = set(EXPANDED)
    for one in PASSES:
        assert one.requires <= held, one.name
        assert one.ensures - held, f"{one.name} is not needed"
        held |= one.ensures
    assert held == set(Invariant)


@pytest.mark.parametrize("path", PROGRAMS, ids=name)
def test_what_a_pass_ensures_holds_from_then_on(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ir, context = handed_over(path, monkeypatch)
    held = set(EXPANDED)
    assert not broken(ir) & held
    for one in PASSES:
        ir = one.run(ir, context)
        held |= one.ensures
        assert not broken(ir) & held, one.name
    assert not broken(ir)


RARE = """
model smol { provider local; weights "s" }
model unused { provider local; weights "u"; params 1 }
task sums {
  data "d.jsonl"; split train: 1, select: 2, test: 3; given question; expect answer; key number
}
role r(question) -> answer { prompt "{{ question }}" }
fn shout(x: text) -> text { python "mine:shout" }
use std.signals { confidence }
graph solve(question) {
  node a : r(temperature: ~[0, 1]) on smol
  node b : shout(a)
  node c : r on smol when b == "A" and confidence(a) > 0.5
  output c
}
optimize solve on sums { maximize accuracy; using random(samples: 4); seed 1 }
"""
"""Costs in a model that nothing runs on, a function in Python, and log-probabilities that are read."""


def test_without_a_pass_just_what_it_ensures_is_broken_somewhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "rare.tgl").write_text(RARE, encoding="utf-8")
    handed = [handed_over(path, monkeypatch) for path in (*PROGRAMS, tmp_path / "rare.tgl")]
    for left_out in PASSES:
        rest = [one for one in PASSES if one is not left_out]
        found = set[Invariant]().union(*(broken(run_passes(ir, context, rest)) for ir, context in handed))
        assert found == left_out.ensures, left_out.name
