"""A limit refuses no program that fits, and lets no other through: brute force over drawn programs.

Each program is listed without a limit and its candidates are measured by themselves. Roles differ in their
prompts, replies and re-asks, all of which may be choices; nodes may be roles, functions or graphs, be there
or not, in several replicas; edges and arguments may be left off; guards exclude each other, also in graphs.
"""

from __future__ import annotations

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tgl.evaluate import worst_bound
from tgl.evaluate.bounds import one_bound
from tgl.evaluate.cost import CostModel, Price
from tgl.ir import Candidate, Limit, ProgramIR, TextPlace
from tgl.semantics import NO_FILES, check, lower
from tgl.space import (
    Bound,
    EmptySpace,
    Known,
    Lengths,
    OpenBounds,
    Stream,
    by_name,
    candidate_bounds,
    count_assignments,
    enumerate_assignments,
    mode,
    refused,
    resolve,
    sample,
)
from tgl.text import SourceFile

HEAD = """
use std.reduce { majority, first, last, join }
use std.signals { agreement }
model small { provider openai; id "s"; base_url "http://x"; PRICE }
model large { provider openai; id "l"; base_url "http://x"; PRICE }
""".replace("PRICE", "price prompt: $1000000/Mtok, completion: $1000000/Mtok")
"""A token is a dollar, so that the dollars of the dearest route are its tokens."""
LENGTHS = Lengths({"question": 11, "kind": 3})
PRICES = {"small": Price(1.0, 1.0, 2.0), "large": Price(3.0, 2.0, 1.0)}
MOST = 400
"""Assignments of the largest space that is listed."""


def lowered(text: str) -> ProgramIR | None:
    checked = check(SourceFile("p.tgl", HEAD + text), NO_FILES)
    errors = [problem for problem in checked.problems if problem.code[0] == "E"]
    return None if errors else lower(checked, "solve").ir


def dearest(ir: ProgramIR, candidate: Candidate, limit: Limit) -> float:
    """The worst of a candidate in a limit's unit, on its dearest route: what the limit has to compare."""
    total = candidate_bounds(candidate, Known(by_name(ir.models), LENGTHS)).total
    assert total.dollars is not None
    return total.calls.most if limit.what == "calls" else round(total.dollars.most)


def limit(what: str, value: float) -> Limit:
    place = TextPlace(source="p.tgl", start=0, end=0)
    return Limit(what=what, stat="worst", value=value, place=place)  # type: ignore[arg-type]


def bounded(ir: ProgramIR, limits: list[Limit]) -> Bound:
    cost = CostModel("tokens", PRICES)
    found = one_bound(worst_bound(limits, OpenBounds(ir, LENGTHS), cost, {}))
    assert found is not None
    return found


@st.composite
def roles(draw: st.DrawFn, name: str) -> str:
    """A role: how long it asks and answers, and how often it is asked."""
    prompt = draw(st.sampled_from(["", "x" * 30, "y" * 120]))
    drafts = "{% for d in drafts %} [{{ d }}]{% endfor %}"
    lengths = draw(st.sampled_from(["5", "40", "200", "~[5, 90]", "~2..4"]))
    heat = draw(st.sampled_from(["0", "0.7", "0.7", "~[0, 0.7]"]))
    retry = draw(st.sampled_from(["0", "2", "~0..1"]))
    return (
        f'role {name}(question, drafts: list?) -> text {{\n  prompt "{prompt}{{{{ question }}}}{drafts}"\n'
        f"  max_tokens {lengths}; temperature {heat}; retry {retry}\n}}\n"
    )


GUARDS = ("", "", "", ' when kind == "x"', ' when kind == "y"', ' when kind != "x"')


@st.composite
def graphs(draw: st.DrawFn, name: str, whats: list[str]) -> str:
    """A graph of one to three groups of nodes that read earlier ones."""
    lines: list[str] = []
    groups: list[str] = []
    for place in range(draw(st.integers(1, 3))):
        group = f"n{place}"
        what = draw(st.sampled_from([*whats, f"~[{', '.join(whats[:2])}]", f"~[{', '.join(whats[-2:])}]"]))
        count = draw(st.sampled_from(["", "", "[2]", "[~1..2]"]))
        before = draw(st.lists(st.sampled_from(groups), max_size=2, unique=True)) if groups else []
        args = f"(drafts: [{', '.join(before)}])" if before and draw(st.booleans()) else ""
        on = draw(st.sampled_from(["small", "large", "~[small, large]"]))
        there = draw(st.sampled_from(["", "", " if ~0.5"])) if groups else ""
        if before and count == "" and draw(st.integers(0, 5)) == 0:
            lines.append(
                f"node {group} : {draw(st.sampled_from(['join', 'majority']))}([{', '.join(before)}])"
            )
        else:
            lines.append(f"node {group}{count} : {what}{args} on {on}{there}{draw(st.sampled_from(GUARDS))}")
            if before and not args:
                maybe = draw(st.sampled_from(["", " if ~0.5"]))
                lines += [f"edge {other} -> {group}.drafts{maybe}" for other in before]
        groups.append(group)
    read = draw(st.lists(st.sampled_from(groups), min_size=1, max_size=2, unique=True))
    output = f"{draw(st.sampled_from(['majority', 'first', 'join']))}([{', '.join(read)}])"
    if draw(st.integers(0, 4)) == 0 and not output.startswith("join"):
        output = f"{read[0]} else {output}"
    body = "\n  ".join(lines)
    return f"graph {name}(question, drafts: list?, kind) {{\n  {body}\n  output {output}\n}}\n"


@st.composite
def programs(draw: st.DrawFn) -> str:
    """Two roles, at times a graph of these, and a graph of all."""
    text = draw(roles("say")) + draw(roles("fuse"))
    whats = ["say", "fuse"]
    if draw(st.booleans()):
        text += draw(graphs("panel", whats))
        whats.append("panel")
    solve = draw(graphs("solve", whats)).replace(
        "graph solve(question, drafts: list?, kind)", "graph solve(question, kind)"
    )
    return text + solve


def kept(ir: ProgramIR, bound: Bound) -> set[tuple[tuple[str, object], ...]]:
    return {tuple(sorted(one.items())) for one, _ in enumerate_assignments(ir, bound=bound)}


def compare(ir: ProgramIR, share: float, other: float) -> None:
    costs: dict[tuple[tuple[str, object], ...], tuple[float, float]] = {}
    for assignment, _ in enumerate_assignments(ir):
        candidate = resolve(ir, assignment).candidate
        costs[tuple(sorted(assignment.items()))] = (
            dearest(ir, candidate, limit("calls", 0)),
            dearest(ir, candidate, limit("tokens", 0)),
        )
    ranges = [sorted({one[part] for one in costs.values()}) for part in (0, 1)]
    caps = [
        found[math.floor(at * (len(found) - 1))] for found, at in zip(ranges, (share, other), strict=True)
    ]
    cases = [
        ([limit("calls", caps[0])], lambda one: one[0] <= caps[0]),
        ([limit("tokens", caps[1])], lambda one: one[1] <= caps[1]),
        (
            [limit("calls", caps[0]), limit("tokens", caps[1])],
            lambda one: one[0] <= caps[0] and one[1] <= caps[1],
        ),
        ([limit("tokens", ranges[1][0] - 1)], lambda one: False),
    ]
    for limits, fits in cases:
        bound = bounded(ir, limits)
        fitting = {one for one, cost in costs.items() if fits(cost)}
        assert kept(ir, bound) == fitting
        if fitting:
            assert refused(ir, bound) is None
            assert tuple(sorted(mode(ir, bound=bound).items())) in fitting
            for seed in range(3):
                drawn = sample(ir, Stream(seed), bound=bound).assignment
                assert tuple(sorted(drawn.items())) in fitting
        else:
            with pytest.raises(EmptySpace):
                sample(ir, Stream(1), bound=bound)


@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(programs(), st.floats(0, 1), st.floats(0, 1))
def test_what_fits_is_drawn_and_nothing_else(text: str, share: float, other: float) -> None:
    ir = lowered(text)
    if ir is None or count_assignments(ir, MOST) is None:
        return
    compare(ir, share, other)


SAY = (
    "role say(question, drafts: list?) -> text {\n"
    ' prompt "{{ question }}{% for d in drafts %}{{ d }}{% endfor %}"\n'
)
CASES = {
    "roles of a node differ in their replies": SAY
    + " temperature 0.7; max_tokens 20\n}\n"
    + SAY.replace("say", "essay")
    + " temperature 0.7; max_tokens 300\n}\n"
    "graph solve(question, kind) {\n node a[2] : ~[say, essay] on small\n node b : say on small\n"
    " edge a -> b.drafts if ~0.5\n output first(b, a)\n}\n",
    "replies and re-asks are choices": SAY + " temperature ~[0, 0.7]; max_tokens ~[20, 300]; retry ~0..2\n}\n"
    "graph solve(question, kind) {\n node a : say on small\n node b : say(drafts: a) on ~[small, large]\n"
    " output b\n}\n",
    "a limit that one node strains and one that the other does": SAY
    + " temperature 0.7; max_tokens 20; retry 3\n}\n"
    + SAY.replace("say", "essay")
    + " temperature 0.7; max_tokens 300\n}\n"
    "graph solve(question, kind) {\n node a : ~[say, essay] on small\n node b : ~[say, essay] on small\n"
    " output majority(a, b)\n}\n",
    "routes inside of a graph": SAY
    + " temperature 0.7; max_tokens 20\n}\n"
    "graph panel(question, way) {\n node x[~1..2] : say on small when way == 'x'\n"
    " node y[2] : say on small when way != 'x'\n output first([x, y])\n}\n".replace("'", '"')
    + "graph solve(question, kind) {\n node a : panel(way: kind) on small\n output a\n}\n",
    "an input that a graph may leave unread": SAY + " temperature 0.7; max_tokens 20\n}\n"
    "graph panel(question, notes: list) {\n node x : say on small\n"
    " node y : say(drafts: notes) on small if ~0.5\n"
    " output first(y, x)\n}\n"
    "graph solve(question, kind) {\n node a[2] : say on small\n"
    " node b : panel(notes: a) on small\n output b\n}\n",
}


@pytest.mark.parametrize("name", CASES)
def test_the_cheapest_programs_are_kept(name: str) -> None:
    ir = lowered(CASES[name])
    assert ir is not None
    for share in (0.0, 0.3, 0.6):
        compare(ir, share, 0.5 - share / 2)
