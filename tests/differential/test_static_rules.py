"""Rules of docs/language.md about choices (C) and graphs (G) that one small program each can show."""

import pytest

from tgl.ir import Candidate, ListOf, NodeRef, ProgramIR
from tgl.semantics import NO_FILES, check, lower
from tgl.space import enumerate_assignments, resolve
from tgl.text import SourceFile

HEAD = """use std.roles  { assistant, fuser }
use std.reduce { majority, first }
use std.static { subset }
model smol  { provider local; weights "smol"; params 135M }
model gemma { provider local; weights "gemma"; params 270M }
pool small = [smol, gemma]
role thinker(question, drafts: list?) -> answer {
  prompt      "{{ question }}{{ drafts }}"
  temperature ~[0.2, 0.9]
}
role checker(question, draft: text, notes: list?) -> answer {
  prompt "{{ question }}{{ draft }}{{ notes }}"
  param  tone = "plain"
}
graph panel(question) {
  param heat = ~[0.1, 0.2]
  node voter[2] : assistant(temperature: heat)
  output majority(voter)
}
"""


def lowered(body: str) -> ProgramIR:
    checked = check(SourceFile("p.tgl", HEAD + f"graph solve(question) {{\n{body}\n}}\n"), NO_FILES)
    found = lower(checked, "solve")
    assert found.ir is not None, [(p.code, p.message) for p in (*checked.problems, *found.problems)]
    return found.ir


def only(body: str) -> Candidate:
    return resolve(lowered(body), {}).candidate


def codes(body: str) -> list[str]:
    text = HEAD + f"graph solve(question) {{\n{body}\n}}\n"
    return [problem.code for problem in check(SourceFile("p.tgl", text), NO_FILES).problems]


def sources(candidate: Candidate, node: str, port: str = "drafts") -> list[str]:
    value = dict(next(n for n in candidate.nodes if n.id == f"solve.{node}").inputs).get(
        port, ListOf(items=())
    )
    items = value.items if isinstance(value, ListOf) else (value,)
    return [item.id.removeprefix("solve.") if isinstance(item, NodeRef) else item.kind for item in items]


@pytest.mark.parametrize(
    ("body", "addresses"),
    [
        # C2, C3: one for each copy of the place where it is written
        (
            "node s[2] : assistant(temperature: ~[0.1, 0.2]) on ~small\noutput majority(s)",
            {"s[1].temperature", "s[2].temperature", "s[1].model", "s[2].model"},
        ),
        (
            "param heat = ~[0.1, 0.2]\nnode s[2] : assistant(temperature: heat) on smol\noutput majority(s)",
            {"heat"},
        ),
        # C7: a name shares
        ("let m = ~small\nnode a : assistant on m\nnode b : assistant on m\noutput majority(a, b)", {"m"}),
        # C5: each instance decides for itself; G21: a choice at an instance is one decision for all inside
        (
            "node one : panel on ~small\nnode two : panel on smol\noutput majority(one, two)",
            {"one.panel.heat", "two.panel.heat", "one.model"},
        ),
        # G5: an end without brackets is every replica, each with an edge and a choice of its own
        (
            "node a[2] : assistant on smol\nnode b : majority\nedge a -> b if ~0.5\noutput b",
            {"a[1]->b", "a[2]->b"},
        ),
        # C21: an edge into a named port, a guard, and a second choice at one place
        (
            "node a : assistant on smol\nnode b : assistant on smol when question == ~[\"x\", \"y\"] or"
            " question == ~[\"z\", \"w\"]\nedge a -> b.drafts if ~0.5\noutput first(b, a)",
            {"a->b.drafts", "b.when", "b.when#2"},
        ),
    ],
)  # fmt: skip
def test_a_choice_is_copied_with_its_place_and_named_by_declarations(body: str, addresses: set[str]) -> None:
    found = {point.address for point in lowered(body).choices}
    assert found == {f"solve.{address}" for address in addresses}


def test_a_choice_in_a_role_is_one_for_all_its_nodes() -> None:
    """C4: unless a node passes an argument of its own."""
    ir = lowered(
        "node a[2] : thinker on smol\nnode b : thinker(temperature: 0.5) on smol\noutput majority([a, b])"
    )
    assert [point.address for point in ir.choices] == ["thinker.temperature"]
    for assignment, _ in enumerate_assignments(ir):
        heats = [c.temperature for c in resolve(ir, assignment).candidate.calls]
        assert sorted(heats, key=lambda heat: heat == 0.5)[:2] == [assignment["thinker.temperature"]] * 2
        assert 0.5 in heats


def test_an_inactive_choice_has_no_value() -> None:
    """C9: count too small, alternative not picked, a node that reaches nothing."""
    ir = lowered(
        "node w[~1..2] : ~[assistant, panel(heat: ~[0.3, 0.4])] on ~small\nnode z : majority\n"
        "edge w -> z if ~0.5\noutput z"
    )
    for assignment, _ in enumerate_assignments(ir):
        for place in (1, 2):
            runs = assignment.get(f"solve.w[{place}]->z") is True
            what = assignment.get(f"solve.w[{place}].what")
            assert (what is not None) == runs
            assert (f"solve.w[{place}].model" in assignment) == runs
            assert (f"solve.w[{place}].panel.heat" in assignment) == (what == "panel")
        assert ("solve.w[2]->z" in assignment) == (assignment["solve.w.count"] == 2)


def test_arguments_fill_ports_in_order_and_names_set_ports_or_options() -> None:
    """G3."""
    found = only(
        "node a : assistant on smol\n"
        'node b : checker(question, a, tone: "kind", temperature: 0.3) on smol\n'
        "output b"
    )
    call = next(c for c in found.calls if c.id == "solve.b")
    assert (call.temperature, call.params) == (0.3, (("tone", "kind"),))
    assert sources(found, "b", "draft") == ["a"]


def test_the_port_of_an_edge() -> None:
    """G4: as written; else the port named like the source; else the only list port."""
    body = (
        "node draft : assistant on smol\nnode other : assistant on smol\nnode b : checker on smol\n{}output b"
    )
    found = only(body.format("edge draft -> b\nedge other -> b\n"))
    assert (sources(found, "b", "draft"), sources(found, "b", "notes")) == (["draft"], ["other"])
    assert sources(only(body.format("edge other -> b.draft\nedge draft -> b.notes\n")), "b", "draft") == [
        "other"
    ]
    assert "E0503" in codes(body.format("edge other -> b.nowhere\n"))


def test_indices_start_at_one_and_what_is_out_of_range_is_not_there() -> None:
    """G6, G7."""
    found = only("node l[3] : assistant on smol\nedge l[i] -> l[i + 1]\noutput majority(l)")
    assert [sources(found, f"l[{k}]") for k in (1, 2, 3)] == [[], ["l[1]"], ["l[2]"]]
    assert "E0507" in codes("node l[3] : assistant on smol\nedge l[1] -> l[4]\noutput majority(l)")
    assert "E0516" in codes("node l[3] : assistant on smol\nedge l[one] -> l[2]\noutput majority(l)")


def test_messages_come_in_the_order_of_their_sources_and_lists_keep_theirs() -> None:
    """G8, G9, G14b, G20: not of the statements, and an edge drawn twice is one."""
    nodes = "node c : fuser on smol\nnode b : assistant on smol\nnode a[2] : assistant on smol\n"
    found = only(nodes + "edge a -> c\nedge b -> c\nedge a[1] -> c if true\noutput c")
    assert sources(found, "c") == ["b", "a[1]", "a[2]"]
    assert sources(
        only(
            "node a[2] : assistant on smol\nnode b : assistant on smol\n"
            "node c : fuser(drafts: [a[2], [b, a[1]]]) on smol\n"
            "output c"
        ),
        "c",
    ) == ["a[2]", "b", "a[1]"]


def test_what_can_take_no_message_is_no_alternative() -> None:
    """G11, G12: and a fixed fuser has an edge in every candidate."""
    ir = lowered(
        "node a : assistant on smol\nnode z : ~[assistant, fuser] on smol\nedge a -> z if ~0.5\noutput z"
    )
    pairs = {(a["solve.a->z"], a["solve.z.what"]) for a, _ in enumerate_assignments(ir)}
    assert pairs == {(True, "assistant"), (True, "fuser"), (False, "assistant")}
    ir = lowered("node a[2] : assistant on smol\nnode z : fuser on smol\nedge a -> z if ~0.1\noutput z")
    assert all(a["solve.a[1]->z"] or a["solve.a[2]->z"] for a, _ in enumerate_assignments(ir))


def test_an_optional_node_takes_its_edges_with_it() -> None:
    """G23."""
    ir = lowered(
        "node a : assistant on smol\nnode c : fuser(drafts: [a]) on smol if ~0.5\noutput first(c, a)"
    )
    sizes = {a["solve.c.if"]: len(resolve(ir, a).candidate.calls) for a, _ in enumerate_assignments(ir)}
    assert sizes == {True: 2, False: 1}


def test_the_model_of_a_node_comes_before_that_of_its_instance() -> None:
    """G21."""
    found = only(
        "node one : panel(heat: 0.5) on gemma\nnode two : assistant on smol\noutput majority(one, two)"
    )
    assert {call.id: call.model for call in found.calls} == {
        "solve.one.voter[1]": "gemma",
        "solve.one.voter[2]": "gemma",
        "solve.two": "smol",
    }
    text = HEAD + "graph solve(question) {\nnode one : panel\noutput one\n}\n"
    problems = lower(check(SourceFile("p.tgl", text), NO_FILES), "solve").problems
    assert [problem.code for problem in problems] == ["E0601"]


def test_rows_of_a_grid_are_flattened_row_by_row() -> None:
    """G24."""
    found = only(
        "node p[2, 2] : assistant on smol\nnode all : fuser(drafts: p) on smol\n"
        "node row : fuser(drafts: p[2]) on smol\noutput majority(all, row)"
    )
    assert sources(found, "all") == ["p[1,1]", "p[1,2]", "p[2,1]", "p[2,2]"]
    assert sources(found, "row") == ["p[2,1]", "p[2,2]"]


def test_an_index_that_is_a_choice_picks_a_replica_or_a_row() -> None:
    ir = lowered("param r = ~1..2\nnode p[2, 3] : assistant on smol\noutput majority(p[r])")
    listed = list(enumerate_assignments(ir))
    assert len(listed) == 2
    assert all(len(resolve(ir, assignment).candidate.calls) == 3 for assignment, _ in listed)
    ir = lowered("param k = ~1..3\nnode w[i: 3] : assistant(max_tokens: i) on smol\noutput w[k]")
    found = {a["solve.k"]: resolve(ir, a).candidate.calls for a, _ in enumerate_assignments(ir)}
    assert {k: [call.max_tokens for call in calls] for k, calls in found.items()} == {1: [1], 2: [2], 3: [3]}


def test_a_static_subset_is_told_by_its_arguments() -> None:
    """R12: as many as asked, others for another salt, the same in another program."""
    body = "node w[2, 9] : assistant on smol\nedge w[t, i] -> w[t + 1, j] if i in {}\noutput majority(w[2])"
    first = only(body.format("subset(1..9, size: 4, salt: [t, j])"))
    heard = [sources(first, f"w[2,{j}]") for j in range(1, 10)]
    assert all(len(found) == 4 for found in heard)
    assert len({tuple(found) for found in heard}) > 6
    again = only("let some = subset(1..9, size: 4, salt: [1, 3])\n" + body.format("some"))
    assert sources(again, "w[2,5]") == heard[2]
    assert "E0313" in codes(body.format("subset(1..9, size: 4, salt: question)"))


def test_no_acyclic_graph_is_lost_by_drawing_forward_edges_only() -> None:
    """C16: replicas that choose what they are, either way, make the same programs."""
    nodes = "node w[3] : ~[assistant, thinker(temperature: 0.5)] on smol\n"
    body = nodes + "edge w[i] -> w[j] if {} and ~0.5\noutput majority(w)"
    forms = [
        {resolve(ir, a).candidate.digest for a, _ in enumerate_assignments(ir)}
        for ir in (lowered(body.format("i < j")), lowered(body.format("acyclic")))
    ]
    assert forms[0] == forms[1]
