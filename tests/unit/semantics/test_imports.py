"""Files that use each other: paths, aliases, circles, what is private, mistakes in another file."""

from __future__ import annotations

import pytest

from tgl.semantics import Checked, MemoryLoader, check
from tgl.text import SourceFile

GRAPH = """
model smol { provider local; weights "smol"; params 1M }
graph g(question) {
  node a : r on smol
  output a
}
"""
ROLE = 'role r(question) -> answer { prompt "{{ question }}" }\n'


def checked(files: dict[str, str], name: str = "p.tgl") -> Checked:
    return check(SourceFile(name, files[name]), MemoryLoader(files))


def told(files: dict[str, str], name: str = "p.tgl") -> list[str]:
    """Each problem as `code file:line words`."""
    found: list[str] = []
    for problem in checked(files, name).problems:
        assert problem.primary is not None
        source, span = problem.primary.source, problem.primary.span
        line = source.text.count("\n", 0, span.start) + 1
        found.append(f"{problem.code} {source.name}:{line} {problem.message} | {problem.primary.text}")
    return found


@pytest.mark.parametrize(
    "files",
    [
        {"p.tgl": 'use "./r.tgl" { r }' + GRAPH, "r.tgl": ROLE},
        {"p.tgl": 'use "r.tgl" { r }' + GRAPH, "r.tgl": ROLE},
        {"p.tgl": 'use "./sub/../sub/r.tgl" { r }' + GRAPH, "sub/r.tgl": ROLE},
        {"sub/p.tgl": 'use "../r.tgl" { r }' + GRAPH, "r.tgl": ROLE},
        {"p.tgl": 'use "./r.tgl" { other as r }' + GRAPH, "r.tgl": ROLE.replace("role r", "role other")},
        {"p.tgl": 'use "./a.tgl" { r }' + GRAPH, "a.tgl": 'use "./sub/r.tgl" { r }', "sub/r.tgl": ROLE},
        {  # a file is read once, whichever way leads to it
            "p.tgl": 'use "./a.tgl" { m }\nuse "./sub/../b.tgl" { m as n }\nlet both = [m, n]\n'
            + ROLE
            + GRAPH,
            "a.tgl": 'use "./b.tgl" { m }',
            "b.tgl": 'model m { provider local; weights "m"; params 1M }',
        },
        {"p.tgl": 'use "./r.tgl" { r }' + GRAPH, "r.tgl": "let _own = 1\n" + ROLE},
    ],
    ids=["here", "bare", "dots", "up", "alias", "through", "diamond", "private-kept"],
)
def test_names_come_from_other_files(files):
    assert told(files, next(iter(files))) == []


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        (
            {"p.tgl": 'use "./rolls.tgl" { r }', "roles.tgl": ROLE},
            ["E0201 p.tgl:1", "mean `./roles.tgl`?"],
        ),
        ({"p.tgl": 'use "./roles" { r }', "roles.tgl": ROLE}, ["E0201 p.tgl:1", "there is `./roles.tgl`"]),
        ({"p.tgl": 'use "./sub/rols.tgl" { r }', "sub/roles.tgl": ROLE}, ["E0201", "`./sub/roles.tgl`"]),
        ({"p.tgl": 'use "std/roles.tgl" { r }'}, ["E0201", "`use std.roles { … }`"]),
        ({"p.tgl": 'use "./p.tgl" { x }'}, ["E0202", "p.tgl → p.tgl"]),
        ({"./p.tgl": 'use "p.tgl" { x }', "p.tgl": 'use "p.tgl" { x }'}, ["E0202", "./p.tgl → ./p.tgl"]),
        (
            {"p.tgl": 'use "./a.tgl" { x }', "a.tgl": 'use "./b.tgl" { x }', "b.tgl": 'use "./a.tgl" { x }'},
            ["E0202 b.tgl:1", "a.tgl → b.tgl → a.tgl"],
        ),
        (
            {"p.tgl": 'use "./r.tgl" { rol }', "r.tgl": "let role_ = 1\nlet roll = 2"},
            ["E0206 p.tgl:1", "`roll`?"],
        ),
        ({"p.tgl": 'use "./r.tgl" { _r }', "r.tgl": "let _r = 1"}, ["E0206", "private to `./r.tgl`"]),
        ({"p.tgl": 'use "./r.tgl" { r, r }', "r.tgl": ROLE}, ["E0204 p.tgl:1", "`r` is declared twice"]),
        ({"p.tgl": 'use "./r.tgl" { r }\nlet r = 1', "r.tgl": ROLE}, ["E0204 p.tgl:2", "`r`"]),
        (  # a mistake is shown where it is, once, and what uses it is silent
            {"p.tgl": 'use "./r.tgl" { r }' + GRAPH, "r.tgl": ROLE.replace("prompt", "promt")},
            ["E0301 r.tgl:1", "`prompt`"],
        ),
        (
            {"p.tgl": 'use "./r.tgl" { r }' + GRAPH, "r.tgl": "role r(question -> answer {}\n"},
            ["E01", "r.tgl:1"],
        ),
    ],
    ids=[
        "near",
        "no-ending",
        "near-in-folder",
        "std",
        "itself",
        "itself-by-another-path",
        "circle",
        "no-such-name",
        "private",
        "twice",
        "declared-too",
        "mistake-there",
        "unread-there",
    ],
)
def test_what_is_wrong_is_told_where_it_is(files, wanted):
    found = [one for one in told(files, next(iter(files))) if "E0303" not in one]
    assert len(found) == 1, found
    for words in wanted:
        assert words in found[0]


def test_a_long_chain_of_files_is_read():
    length = 1500
    files = {f"c{k}.tgl": f'use "./c{k + 1}.tgl" {{ r }}\n' for k in range(length)}
    files |= {f"c{length}.tgl": ROLE, "p.tgl": 'use "./c0.tgl" { r }' + GRAPH}
    assert told(files) == []
    assert len(checked(files).modules) == length + 2
