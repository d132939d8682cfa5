"""An index that is a choice (`w[k]`, C9): the space is that of the programs with each index written out.

What the index does not pick decides nothing, and a limit does not charge it.
"""

import math

import pytest

from tgl.ir import ProgramIR
from tgl.semantics import NO_FILES, check, lower, verify
from tgl.space import Bound, EmptySpace, enumerate_assignments, log_prob, resolve
from tgl.text import SourceFile

HEAD = """
use std.roles   { assistant, fuser }
use std.reduce  { majority, first }
use std.signals { ran }
model smol  { provider local; weights "smol"; params 135M }
model gemma { provider local; weights "gemma"; params 270M }
pool small = [smol, gemma]
"""

BODIES = {
    "output": """
        node w[i: 3] : assistant(max_tokens: ~[8, 9]) on ~small
        output w[K]""",
    "argument": """
        node w[i: 3] : assistant(max_tokens: i) on ~small
        node f : fuser(drafts: [w[K]]) on smol
        output f""",
    "one of the alternatives": """
        node w[i: 3] : assistant(max_tokens: i) on ~small
        node f : ~{fuser(drafts: [w[K]]): 0.3, fuser(drafts: w): 0.7} on smol
        output f""",
    "a row": """
        node p[3, 2] : assistant on ~small
        node q : assistant on smol
        output majority(first(p[K]), q)""",
    "what it hears": """
        node u[2] : assistant on ~small
        node w[i: 3] : assistant(max_tokens: i) on smol
        edge u[j] -> w[i].drafts if ~0.4
        output w[K]""",
    "a guard": """
        node w[i: 3] : assistant(max_tokens: i) on ~small
        node b : assistant on smol when w[K] == "yes"
        node c : assistant on gemma
        output majority(b, c)""",
    "a guard of an edge": """
        node w[i: 3] : assistant(max_tokens: i) on ~small
        node b : fuser on smol
        edge w[1] -> b if ~0.5
        edge w[2] -> b when w[K] == "yes"
        output b""",
    "an optional one": """
        node w[i: 3] : assistant(max_tokens: i) on ~small if ~0.5
        node last : majority([w[K], w[1]])
        output last""",
    "twice": """
        node w[i: 3] : assistant(max_tokens: i) on ~small
        node f : fuser(drafts: [w[K]]) on ~small
        output majority(f, w[K])""",
}


def lowered(body: str, index: str) -> ProgramIR:
    param = "param k = ~1..3\n" if index == "k" else ""
    text = HEAD + f"graph solve(question) {{ {param}{body.replace('K', index)} }}"
    checked = check(SourceFile("p.tgl", text), NO_FILES)
    found = lower(checked, "solve")
    assert found.ir is not None, [*checked.problems, *found.problems]
    assert verify(found.ir) == []
    return found.ir


def cost(ir: ProgramIR, assignment: dict[str, object]) -> float:
    prices = {"smol": 1.0, "gemma": 2.0}
    return sum(prices[call.model] for call in resolve(ir, assignment).candidate.calls)  # type: ignore[arg-type]


BOUND = {
    limit: Bound(limit, lambda _n, _a, model: {"smol": 1.0, "gemma": 2.0}[model or ""]) for limit in range(8)
}


@pytest.mark.parametrize("name", BODIES)
def test_a_chosen_index_is_the_sum_of_the_written_ones(name: str) -> None:
    chosen = lowered(BODIES[name], "k")
    listed = list(enumerate_assignments(chosen))
    assert math.fsum(chance for _, chance in listed) == pytest.approx(1.0)
    digests = {resolve(chosen, assignment).candidate.digest for assignment, _ in listed}
    expected: dict[frozenset[tuple[str, object]], float] = {}
    written: set[str] = set()
    for k in (1, 2, 3):
        for assignment, chance in enumerate_assignments(ir := lowered(BODIES[name], str(k))):
            expected[frozenset(assignment.items())] = (
                expected.get(frozenset(assignment.items()), 0.0) + chance / 3
            )
            written.add(resolve(ir, assignment).candidate.digest)
    found: dict[frozenset[tuple[str, object]], float] = {}
    for assignment, chance in listed:
        assert log_prob(chosen, assignment) == pytest.approx(math.log(chance))
        rest = frozenset(item for item in assignment.items() if item[0] != "solve.k")
        found[rest] = found.get(rest, 0.0) + chance
    assert digests == written
    if "optional" in name:  # whether a node is there is decided before who reads it
        return
    assert set(found) == set(expected)
    if "alternatives" not in name:  # there k is asked of one alternative only
        assert found == {key: pytest.approx(chance) for key, chance in expected.items()}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("limit", range(1, 7))
def test_a_limit_keeps_exactly_what_is_affordable(name: str, limit: int) -> None:
    ir = lowered(BODIES[name], "k")
    everything = [assignment for assignment, _ in enumerate_assignments(ir)]
    affordable = {frozenset(one.items()) for one in everything if cost(ir, dict(one)) <= limit}
    try:
        kept = list(enumerate_assignments(ir, bound=BOUND[limit]))
    except EmptySpace:
        kept = []
    assert {frozenset(one.items()) for one, _ in kept} == affordable
    assert not kept or math.fsum(chance for _, chance in kept) == pytest.approx(1.0)
