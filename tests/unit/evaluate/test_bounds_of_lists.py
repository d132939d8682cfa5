"""The worst case of an option that is an item of a chosen list."""

from tgl.semantics import NO_FILES, check, lower
from tgl.space import Lengths, OpenBounds
from tgl.text import SourceFile

TEXT = """use std.roles { assistant }
use std.reduce { majority }
model smol { provider local; weights "smol"; params 135M }
graph solve(question) {
  let lengths = ~subsets([16, 64, 256], 2)
  node a[i: 2] : assistant(max_tokens: lengths[i]) on smol
  output majority(a)
}
"""


def test_an_item_of_a_chosen_list_is_at_most_its_largest() -> None:
    ir = lower(check(SourceFile("p.tgl", TEXT), NO_FILES)).ir
    assert ir is not None
    worst = OpenBounds(ir, Lengths({"question": 10}))
    [first, second, _] = [node.alternatives[0] for node in ir.graph.nodes]
    assert worst.longest_reply(first) == 256
    assert worst.longest_reply(second) == 256
