"""What a program uses of its imports: a change of it is seen, a change of anything else is not."""

from __future__ import annotations

import pytest

from tgl.semantics import MemoryLoader, check, used_declarations
from tgl.text import SourceFile

MAIN = """use std.reduce { majority }
use "./a.tgl" { worker, small }
use "./b.tgl" { worker as other, unused }
graph solve(question) {
  node w[3] : worker on ~small
  node o    : other on smol
  node done : majority(w)
  output done
}
"""
MAIN = MAIN.replace("on smol", "on small[1]")
A = """use "./parts/models.tgl" { small }
use "./parts/texts.tgl" { ask }
role worker(question) -> answer { prompt ask }
role idle(question) -> answer { prompt "{{ question }} idle" }
"""
B = """role worker(question) -> answer { prompt "b {{ question }} idle helper" }
role helper(question) -> answer { prompt "{{ question }}" }
role unused(question) -> answer { prompt "{{ question }}" }
"""
FILES = {
    "p.tgl": MAIN,
    "a.tgl": A,
    "b.tgl": B,
    "parts/models.tgl": 'model smol { provider local; weights "smol"; params 1M }\npool small = [smol]\n',
    "parts/texts.tgl": 'let ask = "a {{ question }}"\nlet rest = "{{ question }}"\n',
}


def texts(files: dict[str, str], name: str = "p.tgl") -> tuple[str, ...]:
    checked = check(SourceFile(name, files[name]), MemoryLoader(files))
    assert checked.ok, checked.problems
    return tuple(one.text for one in used_declarations(checked.files))


def changed(name: str, old: str, new: str) -> dict[str, str]:
    assert old in FILES[name]
    return FILES | {name: FILES[name].replace(old, new)}


def test_the_declarations_come_as_they_are_reached():
    checked = check(SourceFile("p.tgl", MAIN), MemoryLoader(FILES))
    used = used_declarations(checked.files)
    assert [(one.scope.source.name, one.decl.name) for one in used] == [
        ("std/reduce.tgl", "majority"),
        ("b.tgl", "worker"),
        ("parts/models.tgl", "small"),
        ("a.tgl", "worker"),
        ("parts/models.tgl", "smol"),
        ("parts/texts.tgl", "ask"),
    ]


@pytest.mark.parametrize(
    "files",
    [
        changed("a.tgl", "role worker", "# a remark\nrole worker"),
        changed("a.tgl", "{ prompt ask }", "{\n  prompt   ask   # asks\n}"),
        changed(
            "b.tgl", "role helper", 'let more = 1\nrole extra(x) -> text { prompt "{{ x }}" }\nrole helper'
        ),
        changed("a.tgl", "}} idle", "}} still"),
        changed("b.tgl", 'helper(question) -> answer { prompt "', 'helper(question) -> answer { prompt "hm '),
        changed("parts/texts.tgl", 'rest = "', 'rest = "more '),
        changed("p.tgl", "{ worker, small }", "{ small, worker, idle }"),
        changed("p.tgl", "node w[3]", "node w[4]"),  # the program's own text is told elsewhere
    ],
    ids=["comment", "layout", "added", "not-imported", "in-a-text", "let", "use", "own"],
)
def test_what_is_not_used_plays_no_part(files):
    assert texts(files) == texts(FILES)


@pytest.mark.parametrize(
    "files",
    [
        changed("b.tgl", "b {{ question }}", "B {{ question }}"),
        changed("parts/texts.tgl", "a {{", "A {{"),
        changed("parts/models.tgl", "params 1M", "params 2M"),
        FILES | {"a.tgl": A.replace("prompt ask", 'prompt "b {{ question }} idle helper"')},
        changed("p.tgl", "{ worker as other, unused }", "{ helper as other, unused }"),
        FILES
        | {
            "p.tgl": MAIN.replace("{ worker, small }", "{ worker as w1, small }").replace(
                " worker on", " w1 on"
            )
        },
    ],
    ids=["prompt", "let-of-a-prompt", "model-of-a-pool", "one-of-two", "another", "renamed"],
)
def test_what_is_used_is_seen(files):
    assert texts(files) != texts(FILES)


def test_imports_that_changed_places_are_told_apart():
    one = 'role r(question) -> answer { prompt "1 {{ question }}" }\n'
    two = one.replace("1", "2")
    main = """use "./x.tgl" { r as first }
use "./y.tgl" { r as second }
model smol { provider local; weights "smol"; params 1M }
graph g(question, drafts: list?) {
  node a : first on smol
  node b : second on smol when a == "2"
  output b
}
"""
    assert texts({"p.tgl": main, "x.tgl": one, "y.tgl": two}) != texts(
        {"p.tgl": main, "x.tgl": two, "y.tgl": one}
    )


def test_where_files_lie_plays_no_part():
    moved = {f"deep/{name}": text for name, text in FILES.items()}
    assert texts(moved, "deep/p.tgl") == texts(FILES)
