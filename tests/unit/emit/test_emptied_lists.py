"""A map over a list of which a candidate keeps nothing, and what is raised on the way out of a `with`."""

from contextlib import contextmanager

import pytest

from tgl.emit import UnwrittenDecision, read_back
from tgl.semantics import NO_FILES, check, lower
from tgl.space import Stream, resolve, sample
from tgl.text import SourceFile

TEXT = """\
use std.roles  { assistant, fuser }
use std.reduce { first, majority }
model smol { provider local; weights "smol"; params 135M }
graph solve(question) {
  node base : assistant on smol
  node u[3] : assistant on smol if ~0.3
  each e[2] in [u[3], u[1]] {
    node b : fuser(drafts: [e]) on smol
  }
  output first(majority(e.b), base)
}
"""


def test_a_map_whose_items_are_all_left_out_is_written():
    checked = check(SourceFile("p.tgl", TEXT), NO_FILES)
    ir = lower(checked).ir
    assert ir is not None
    drawn = [resolve(ir, sample(ir, Stream(n)).assignment) for n in range(8)]
    texts = [read_back(checked, ir, one, NO_FILES) for one in drawn]
    assert any("each e[2] in [] {" in text for text in texts)


def test_what_cannot_be_written_passes_through_a_context_with_its_reason():
    @contextmanager
    def around():
        yield

    with pytest.raises(UnwrittenDecision, match="nothing is left"), around():
        raise UnwrittenDecision("solve.output", "nothing is left of it")
