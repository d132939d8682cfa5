"""Roles of two files that are called the same are not one: `is` asks for the file's own."""

import pytest

from tgl.emit import read_back
from tgl.semantics import MemoryLoader, check, lower
from tgl.space import enumerate_assignments, resolve
from tgl.text import SourceFile

FAR = 'role thinker(question, drafts: list?) -> answer { prompt "Far. {{ question }} {{ drafts }}" }\n'
MAIN = """use "./far.tgl"  { thinker as remote }
use std.reduce { first }
model smol { provider local; weights "smol"; params 135M }
role thinker(question, drafts: list?) -> answer { prompt "{{ question }} {{ drafts }}" }
graph solve(question) {
  node a : %s on smol
  node b : thinker on smol if a is %s
  output first(b, a)
}
"""


@pytest.mark.parametrize(
    ("runs", "asked", "sizes"),
    [
        ("~[remote, thinker]", "thinker", [1, 2]),
        ("~[remote, thinker]", "remote", [2, 1]),
        ("remote", "thinker", [1]),
        ("thinker", "remote", [1]),
        ("remote", "remote", [2]),
    ],
)
def test_is_tells_roles_of_one_name_apart(runs: str, asked: str, sizes: list[int]) -> None:
    loader = MemoryLoader({"far.tgl": FAR})
    checked = check(SourceFile("p.tgl", MAIN % (runs, asked)), loader)
    ir = lower(checked).ir
    assert ir is not None
    resolved = [resolve(ir, assignment) for assignment, _ in enumerate_assignments(ir)]
    assert [len(one.candidate.calls) for one in resolved] == sizes
    for one in resolved:
        assert isinstance(read_back(checked, ir, one, loader), str)
