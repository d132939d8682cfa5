"""The list of decisions speaks of the program that was written."""

from __future__ import annotations

import pytest

from tgl.emit import resolve_text
from tgl.pipeline.decided import decisions, natural
from tgl.semantics import NO_FILES, check, lower
from tgl.space import Stream, resolve, sample
from tgl.text import SourceFile

PROGRAM = """
use std.roles  { assistant, fuser }
use std.reduce { majority }
model a { provider local; weights "smollm2-135m-instruct" }
model b { provider local; weights "gemma-3-270m" }
graph g(question) {
  node w[~1..4] : assistant(temperature: 0.7) on ~[a, b]
  node final : majority
  edge w[i] -> w[j] if i < j and ~0.5
  edge w -> final if ~0.7
  output final
}
"""


@pytest.mark.parametrize("seed", range(12))
def test_models_are_listed_as_they_are_written(seed: int) -> None:
    checked = check(SourceFile("p.tgl", PROGRAM), NO_FILES)
    ir = lower(checked).ir
    assert ir is not None
    found = resolve(ir, sample(ir, Stream(seed, "x")).assignment)
    listed = dict(decisions(ir, found))
    models = [value for address, value in listed.items() if address.endswith(".model")]
    text = resolve_text(checked, ir, found)
    written = text.split(" on ", 1)[1].splitlines()[0].strip()
    assert written == (models[0] if len(set(models)) == 1 else f"[{', '.join(models)}]")
    survivors = sum(new is not None for old, new in found.instances["g"].live.items() if ".w[" in old)
    assert len(models) == survivors
    assert listed["g.w.count"] == str(survivors)


def test_numbers_sort_as_numbers() -> None:
    assert sorted(["w[10].model", "w[9].model", "w.count"], key=natural) == [
        "w.count",
        "w[9].model",
        "w[10].model",
    ]
