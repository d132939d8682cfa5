"""Names: where each leads, and that another name at all its places is the same program."""

from pathlib import Path

import pytest

from tgl import ide
from tgl.pipeline.loading import FileLoader
from tgl.semantics import NO_FILES, MemoryLoader, check
from tgl.text import SourceFile, apply_edits

ROOT = Path(__file__).parents[3]
PROGRAMS = [
    *(ROOT / "examples" / name for name in ("cascade.tgl", "mixture.tgl")),
    *(ROOT / "tests" / "corpus" / "lower" / name for name in ("guards.tgl", "loop.tgl", "nested_graphs.tgl")),
]
NEW = "renamed_here"


def source_of(path: Path) -> SourceFile:
    return SourceFile(str(path), path.read_text(encoding="utf-8"))


def declared(source: SourceFile) -> list[ide.Occurrence]:
    found = ide.occurrences(ide.read_project(source, FileLoader()))
    return [entry for entry in found if entry.declares and entry.symbol.kind != "index"]


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.name)
def test_a_rename_keeps_the_program_and_leads_back(path: Path) -> None:
    """Each name of a real program: refused with a reason, or the same problems and the text again."""
    source = source_of(path)
    before = [entry.code for entry in check(source, FileLoader()).problems]
    done = 0
    for entry in declared(source):
        found = ide.rename(source, entry.span.start, NEW, (), FileLoader())
        if isinstance(found, ide.Refused):
            assert "change" in found.reason
            continue
        done += 1
        renamed = SourceFile(source.name, apply_edits(source.text, found[source.name]))
        assert [e.code for e in check(renamed, FileLoader()).problems] == before
        (at,) = [e for e in declared(renamed) if e.symbol.name == NEW]
        back = ide.rename(renamed, at.span.start, entry.symbol.name, (), FileLoader())
        assert not isinstance(back, ide.Refused)
        assert apply_edits(renamed.text, back[source.name]) == source.text
    assert done > len(declared(source)) / 2


FILES = {
    "main.tgl": """\
use "./common.tgl" { small, smol as tiny }
use "./roles.tgl" { ask }
let kinds = ["a", "b"]
let chain(i, j) = j == i + 1
graph solve(question) {
  param rounds = ~1..3
  node first_one : ask(note: "x") on tiny
  node worker[i: 3] : ask on ~small
  node judge : ask on tiny
  edge worker[a] -> worker[b] if chain(a, b)
  edge worker -> judge.drafts
  loop again[k: rounds] {
    carry best_one = judge then more
    node more : ask(drafts: [best_one]) on tiny
  }
  output again.best_one
}
task sums {
  data "d.jsonl"; split train: 9, select: 9, test: 9; given question; expect answer; unit tiny; key number
}
optimize solve on sums { maximize accuracy; spend calls <= 10 }
""",
    "common.tgl": """\
model smol { provider local; weights "smollm2-135m-instruct"; params 135M }
pool small = [smol]
""",
    "roles.tgl": """\
## Asks.
role ask(question, drafts: list?, note?) -> answer {
  param tone = "kind"
  prompt ~["{{ question }} {{ tone }} {{ note }}", "{% for d in drafts %}{{ d }}{% endfor %} {{ note }}"]
}
""",
}
LOADER = MemoryLoader(FILES)
MAIN = SourceFile("main.tgl", FILES["main.tgl"])


@pytest.mark.parametrize(
    ("word", "nth", "home", "declares"),
    [
        ("small", 1, "common.tgl", "small"),
        ("small", 0, "common.tgl", "small"),
        ("tiny", 1, "main.tgl", "tiny"),
        ("smol", 0, "common.tgl", "smol"),
        ("ask", 1, "roles.tgl", "ask"),
        ("note", 0, "roles.tgl", "note"),
        ("drafts", 0, "roles.tgl", "drafts"),
        ("chain", 1, "main.tgl", "chain"),
        ("rounds", 1, "main.tgl", "rounds"),
        ("best_one", 2, "main.tgl", "best_one"),
        ("more", 0, "main.tgl", "more"),
        ("sums", 1, "main.tgl", "sums"),
        ("solve", 1, "main.tgl", "solve"),
        ("tiny", 4, "main.tgl", "tiny"),
    ],
)
def test_a_name_leads_to_its_declaration(word: str, nth: int, home: str, declares: str) -> None:
    offset = -1
    for _ in range(nth + 1):
        offset = MAIN.text.index(word, offset + 1)
    found = ide.occurrence_at(ide.occurrences(ide.read_project(MAIN, LOADER)), offset)
    assert found is not None
    assert (found.symbol.home, found.symbol.name) == (home, declares)
    at = found.symbol.span
    assert FILES[home][at.start : at.end] == declares


def test_a_port_is_found_in_prompts_edges_and_arguments() -> None:
    roles = SourceFile("roles.tgl", FILES["roles.tgl"])
    offset = roles.text.index("note")
    places = ide.references(roles, symbol(roles, offset), (MAIN,), LOADER)
    assert {name: len(found) for name, found in places.items()} == {"roles.tgl": 3, "main.tgl": 1}
    drafts = ide.references(roles, symbol(roles, roles.text.index("drafts")), (MAIN,), LOADER)
    assert {name: len(found) for name, found in drafts.items()} == {"roles.tgl": 2, "main.tgl": 2}


def symbol(source: SourceFile, offset: int) -> ide.Symbol:
    found = ide.occurrence_at(ide.occurrences(ide.read_project(source, LOADER)), offset)
    assert found is not None
    return found.symbol


def test_one_index_of_two_statements_is_two_names() -> None:
    text = MAIN.text.replace("edge worker -> judge.drafts", "edge worker[a] -> judge.drafts")
    source = SourceFile("main.tgl", text)
    offset = text.index("[a]") + 1
    places = ide.references(source, symbol(source, offset), (), LOADER)["main.tgl"]
    assert [text[e.span.start - 6 : e.span.end + 1] for e in places] == ["worker[a]"[-8:], "chain(a,"[-8:]]


@pytest.mark.parametrize(
    ("before", "offered", "not_offered"),
    [
        ("us", {"use", "graph", "task"}, {"node", "worker"}),
        ("graph g(question) {\n  ", {"node", "edge", "output"}, {"graph", "until", "question"}),
        ("graph g(question) {\n  loop l[3] {\n    ", {"carry", "until", "keep"}, {"graph"}),
        ("role r(question) -> answer {\n  te", {"temperature", "prompt", "param"}, {"node", "data"}),
        ("model m {\n  provider ", {"local", "openai", "simulated"}, {"smol", "weights"}),
        ('model m { provider local; weights "', {"smollm2-135m-instruct"}, {"smol"}),
        ("task t { key ", {"exact", "number"}, {"smol"}),
        ("task t { unit ", {"dollars", "smol"}, {"ask"}),
        ("optimize ", {"solve"}, {"ask", "sums", "smol"}),
        ("optimize solve on ", {"sums"}, {"solve", "ask", "smol"}),
        ("use std.", {"reduce", "roles"}, {"std.reduce"}),
        ("use std.reduce { ", {"majority"}, {"ask", "graph"}),
        ("graph g(question) {\n  node a : ask\n  node b : ask on ", {"smol"}, {"ask", "sums"}),
        ("graph g(question) {\n  node aa : ask\n  output ", {"aa", "question", "ask"}, {"graph"}),
        ("graph g(question) {\n  node aa : ask\n  edge aa -> aa.", {"question", "drafts"}, {"smol"}),
        ('role r(question, drafts: list) -> answer {\n  prompt "{{ ', {"question", "drafts"}, {"smol"}),
    ],
)
def test_what_fits_is_offered(before: str, offered: set[str], not_offered: set[str]) -> None:
    graph = "graph solve(question) { node a : ask on smol; output a }\n"
    text = FILES["common.tgl"] + FILES["roles.tgl"] + graph + 'task sums { data "d.jsonl" }\n' + before
    source = SourceFile("main.tgl", text)
    found = {entry.label for entry in ide.complete(ide.read_project(source, LOADER), len(text), LOADER)}
    assert offered <= found
    assert not not_offered & found


@pytest.mark.parametrize("owner", ["model", "role", "fn", "task", "optimize"])
def test_the_settings_offered_are_those_that_a_check_knows(owner: str) -> None:
    """The list in the diagnostic of an unknown setting is the checker's own."""
    opening = {
        "model": "model m",
        "role": "role m(q) -> answer",
        "fn": "fn m(q) -> answer",
        "task": "task m",
        "optimize": "graph m(q) { output q }\noptimize m on m",
    }[owner]
    problems = check(SourceFile("a.tgl", f"{opening} {{ zzzzzz 1 }}"), NO_FILES).problems
    (hint,) = [entry.help for entry in problems if entry.code == "E0301"]
    assert hint is not None
    assert set(hint.partition(": ")[2].split(", ")) == set(ide.KEYS[owner])


@pytest.mark.parametrize(
    ("choice", "count", "words"),
    [
        ("~[1, 2, 4]", 3, "3 options, 33.3 % each"),
        ("~{a: 0.7, b: 0.1}", 2, "a 87.5 % · b 12.5 %"),
        ("~0.3", 2, "yes with 30 %"),
        ("~30%", 2, "yes with 30 %"),
        ("~1..6", 6, "6 options, 16.7 % each"),
        ("~-1..1", 3, "3 options, 33.3 % each"),
        ("~0.2..1.0", None, "any from 0.2 to 1.0"),
        ("~log(1..64)", 64, "64 options, log-uniform"),
        ("~ab", 2, "2 options, 50 % each"),
        ("~orders(ab)", 2, "2 options"),
        ("~orders([1, 2, 3, 4])", 24, "24 options"),
        ("~subsets([1, 2, 3, 4], 1..2)", 10, "10 options"),
    ],
)
def test_a_choice_is_told_in_numbers(choice: str, count: int | None, words: str) -> None:
    text = f"let ab = [a, b]\nlet x = {choice}\n"
    project = ide.read_project(SourceFile("a.tgl", text), NO_FILES)
    (hint,) = ide.hints(project, project.module("a.tgl").span)
    assert (hint.offset, hint.text) == (len(text) - 1, words)


def test_a_name_that_silently_rewires_is_refused() -> None:
    """An edge goes to the port with the name of its source, if there is one (language.md G4)."""
    text = f"""{FILES["common.tgl"]}
role judge(question, drafts: list, notes?) -> answer {{
  prompt "{{{{ question }}}} {{{{ drafts }}}} {{{{ notes }}}}"
}}
role ask(question) -> answer {{ prompt "{{{{ question }}}}" }}
graph solve(question) {{
  node first_one : ask on smol
  node second : ask on smol
  node last_one : judge on smol
  edge first_one -> last_one
  edge second -> last_one
  output last_one
}}
"""
    source = SourceFile("a.tgl", text)
    assert check(source, NO_FILES).problems == ()
    assert check(SourceFile("a.tgl", text.replace("second", "notes")), NO_FILES).problems == ()
    offset = text.index("second")
    assert isinstance(ide.rename(source, offset, "other", (), NO_FILES), dict)
    refused = ide.rename(source, offset, "notes", (), NO_FILES)
    assert refused == ide.Refused("it would change what the program means")
