"""`std.tts_graph`: every drawn collaboration graph is one of the published space, and none is missing."""

from __future__ import annotations

from itertools import combinations, permutations, product
from pathlib import Path

import pytest

from tgl.emit import read_back
from tgl.evaluate import cost_model, dollar_prices, one_bound, worst_bound
from tgl.ir import Candidate, ListOf, NodeRef
from tgl.semantics import NO_FILES, check, lower
from tgl.space import Lengths, OpenBounds, Stream, enumerate_assignments, resolve, sample
from tgl.text import SourceFile

EXAMPLE = (Path(__file__).parents[3] / "examples" / "tts_graph.tgl").read_text(encoding="utf-8")


def lowered(text: str):
    checked = check(SourceFile("tts_graph.tgl", text), NO_FILES)
    assert [f"{problem.code} {problem.message}" for problem in checked.problems] == []
    found = lower(checked, "solve").ir
    assert found is not None
    return checked, found


def limit_of(ir):
    cost = cost_model(ir.task, ir.models, None)
    lengths = Lengths(dict.fromkeys(ir.task.given, 100), (), 0)
    return one_bound(worst_bound(ir.optimize.limits, OpenBounds(ir, lengths), cost, dollar_prices(ir.models)))


def heard_of(candidate: Candidate) -> dict[str, tuple[str, ...]]:
    """Whom each call hears, by id."""
    found: dict[str, tuple[str, ...]] = {}
    for node in candidate.calls:
        drafts = dict(node.inputs).get("drafts")
        items = drafts.items if isinstance(drafts, ListOf) else () if drafts is None else (drafts,)
        found[node.id] = tuple(item.id for item in items if isinstance(item, NodeRef))
    return found


UNITS = {"m1b": 1, "m3b": 3, "m8b": 9, "m70b": 81}


def test_what_is_drawn_keeps_budget_and_roles():
    checked, ir = lowered(EXAMPLE)
    bound = limit_of(ir)
    sizes, roles, models, links = set(), set(), set(), 0
    for seed in range(40):
        resolution = resolve(ir, sample(ir, Stream(seed), bound=bound).assignment, bound)
        candidate = resolution.candidate
        heard = heard_of(candidate)
        workers = [node for node in candidate.calls if "worker" in node.id]
        final = next(node for node in candidate.calls if node.id.endswith("final"))
        assert sum(UNITS[node.model] for node in workers) <= 12
        assert final.model == "m3b"
        assert heard[final.id]
        by_id = {node.id: node for node in workers}
        for node in workers:
            if node.role.endswith("fuser"):
                assert any(by_id[other].role.endswith("assistant") for other in heard[node.id])
            links += len(heard[node.id])
        sizes.add(len(workers))
        roles |= {node.role.rpartition(":")[2] for node in workers}
        models |= {node.model for node in workers}
        if seed < 5:
            assert isinstance(read_back(checked, ir, resolution, NO_FILES), str)
    assert sizes >= {1, 2, 3, 4}
    assert roles == {"assistant", "fuser"}
    assert models == {"m1b", "m3b", "m8b"}, "81 units are never within 12"
    assert links > 0


@pytest.mark.parametrize(("units", "largest"), [(1, 1), (2, 2), (5, 5), (12, 6)])
def test_a_budget_of_units_buys_so_many_agents_of_1b(units: int, largest: int):
    """P1.2: agents cost 1, and the final decision is not charged."""
    _, ir = lowered(EXAMPLE.replace("<= 12 units", f"<= {units} units"))
    bound = limit_of(ir)
    sizes = [
        len(resolve(ir, sample(ir, Stream(seed), bound=bound).assignment, bound).candidate.calls) - 1
        for seed in range(60)
    ]
    assert max(sizes) <= largest
    assert units > 2 or max(sizes) == largest


def shape(candidate: Candidate) -> tuple[int, frozenset[tuple[int, int]]]:
    """The links between the agents of a candidate, the smallest of all ways to number them."""
    heard = heard_of(candidate)
    names = [name for name in heard if "worker" in name]
    links = [(names.index(source), names.index(name)) for name in names for source in heard[name]]
    numbered = (
        tuple(sorted((order[a], order[b]) for a, b in links)) for order in permutations(range(len(names)))
    )
    return len(names), frozenset(min(numbered))


def acyclic_shapes(size: int) -> set[frozenset[tuple[int, int]]]:
    """All acyclic graphs on so many nodes, one numbering of each: 1, 2, 6, 31 of them (OEIS A003087)."""
    pairs = list(combinations(range(size), 2))
    found: set[frozenset[tuple[int, int]]] = set()
    for chosen in product((False, True), repeat=len(pairs)):
        links = [pair for pair, taken in zip(pairs, chosen, strict=True) if taken]
        numbered = (
            tuple(sorted((order[a], order[b]) for a, b in links)) for order in permutations(range(size))
        )
        found.add(frozenset(min(numbered)))
    return found


def test_no_graph_is_missing_although_agents_are_numbered_along_the_edges():
    text = EXAMPLE.replace("size: 6, family: family", "size: 3, family: only").replace(
        "pool family = [m1b, m3b, m8b, m70b]", "pool only = [m1b]"
    )
    _, ir = lowered(text)
    candidates = (resolve(ir, found).candidate for found, _ in enumerate_assignments(ir))
    assistants = {
        shape(candidate)
        for candidate in candidates
        if all(node.role.endswith("assistant") for node in candidate.calls if "worker" in node.id)
    }
    wanted = {(size, links) for size in (1, 2, 3) for links in acyclic_shapes(size)}
    assert len(wanted) == 1 + 2 + 6
    assert assistants == wanted
