"""A limit in tokens counts what a program's own edges bring: what fits is drawn, and nothing else is.

Brute force over small programs, each listed without a limit and measured by itself. All replies may be as
long as each other: of a node that may be one of several things the longest reply counts, whichever it is.
"""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tgl.evaluate.bounds import NodePrice, bound_of, one_bound
from tgl.evaluate.cost import Price
from tgl.ir import ProgramIR
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
    enumerate_assignments,
    least_cost,
    resolve,
    sample,
)
from tgl.text import SourceFile

HEAD = """
use std.reduce { majority, first }
model small { provider openai; id "s"; base_url "http://x" }
role say(question, drafts: list?) -> text {
  prompt "{{ question }}{% for d in drafts %} [{{ d }}]{% endfor %}"
  temperature 0.7; max_tokens 90; retry 1
}
role fuse(question, drafts: list) -> text {
  prompt "{{ question }} of {% for d in drafts %} {{ d }}{% endfor %}"
  temperature 0.7; max_tokens 90; retry 0
}
role check(question, draft: text?) -> text {
  prompt "{{ question }}{{ draft }}{{ draft }}"
  temperature 0; max_tokens 90
}
"""
LENGTHS = Lengths({"question": 11})
SHAPES = (
    ("say", "acyclic and ~0.5"),
    ("~[say, fuse]", "acyclic and ~0.5"),
    ("~[say, fuse]", "i < j and ~0.5"),
    ("~[say, check]", "j == i + 1 and ~0.5"),
)
COUNTS = ("2", "~1..2", "~1..3")


def lowered(count: str, role: str, edge: str, output: str) -> ProgramIR:
    taken = "a[j].drafts" if "check" not in role else "a[j]"
    body = f"graph g(question) {{\n node a[i: {count}] : {role} on small\n edge a[i] -> {taken} if {edge}\n"
    checked = check(SourceFile("p.tgl", HEAD + body + f" output {output}(a)\n}}\n"), NO_FILES)
    assert [f"{p.code} {p.message}" for p in checked.problems if p.code[0] == "E"] == []
    ir = lower(checked, "g").ir
    assert ir is not None
    return ir


def limited(ir: ProgramIR, tokens: float) -> Bound:
    price = NodePrice(OpenBounds(ir, LENGTHS), {"small": Price(0.0, 1.0, 1.0)})
    return bound_of(tokens, price, texts=True)


@settings(deadline=None, max_examples=25)
@given(
    st.sampled_from(COUNTS),
    st.sampled_from(SHAPES),
    st.sampled_from(("majority", "first")),
    st.floats(0, 1),
)
def test_what_fits_is_drawn_and_nothing_else(
    count: str, shape: tuple[str, str], output: str, share: float
) -> None:
    ir = lowered(count, *shape, output)
    known = Known(by_name(ir.models), LENGTHS)
    costs: dict[tuple[tuple[str, object], ...], float] = {}
    for assignment, _ in enumerate_assignments(ir):
        total = candidate_bounds(resolve(ir, assignment).candidate, known).total
        costs[tuple(sorted(assignment.items()))] = total.prompt.most + total.completion.most
    low, high = min(costs.values()), max(costs.values())
    limit = math.floor(low + share * (high - low))
    for bound in (limited(ir, limit), one_bound((limited(ir, limit), limited(ir, 10 * high)))):
        assert bound is not None
        assert bound.allows(least_cost(ir, bound))
        listed = {tuple(sorted(one.items())) for one, _ in enumerate_assignments(ir, bound=bound)}
        assert listed == {one for one, cost in costs.items() if cost <= limit}
    below = limited(ir, low - 1)
    assert least_cost(ir, below) <= low
    assert not list(enumerate_assignments(ir, bound=below))


def test_one_agent_is_not_charged_for_the_edges_of_six() -> None:
    ir = lowered("~1..6", "~[say, fuse]", "acyclic and ~0.3", "majority")
    alone = lowered("1", "say", "i < j and ~0.5", "majority")
    own = least_cost(alone, limited(alone, math.inf))
    assert least_cost(ir, limited(ir, math.inf)) == own
    with pytest.raises(EmptySpace, match="comes to at least"):
        sample(ir, Stream(1), bound=limited(ir, own - 1))
