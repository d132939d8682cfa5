"""Acyclic edges against brute force: every labelled graph, filtered by rules that know nothing of the walk.

What the walk lists, resolved and read as a graph, must be exactly the graphs that have no circle, in which
every node reaches the output and every fuser hears somebody (language.md C9, C15, G12).
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import chain, combinations, permutations, product

import pytest

from tgl.emit import resolve_text
from tgl.ir import CallNode, Candidate, FnNode, ListOf, NodeRef, ProgramIR
from tgl.semantics import NO_FILES, Checked, check, lower, verify
from tgl.space import (
    Bound,
    EmptySpace,
    OutsideSpace,
    Stream,
    enumerate_assignments,
    log_prob,
    mode,
    resolve,
    sample,
)
from tgl.text import SourceFile

HEAD = """
use std.roles  { assistant, fuser }
use std.reduce { majority }
model smol  { provider local; weights "smol"; params 135M }
model gemma { provider local; weights "gemma"; params 270M }
"""

Edge = tuple[str, str]
Graph = tuple[frozenset[tuple[str, str]], frozenset[Edge]]
"""Live nodes with what they run, and the edges between them; the answer is `final`."""


def program(text: str) -> tuple[Checked, ProgramIR]:
    checked = check(SourceFile("p.tgl", HEAD + text), NO_FILES)
    lowered = lower(checked, "solve")
    assert lowered.ir is not None, [*checked.problems, *lowered.problems]
    assert verify(lowered.ir) == []
    return checked, lowered.ir


def named(whats: Mapping[str, str], edges: str, final: str = "majority") -> str:
    lines = [f"node {name} : {what} on smol" for name, what in whats.items()]
    names = ", ".join(whats)
    last = "" if final == "majority" else " on smol"
    lines += [f"node final : {final}{last}", edges, f"edge [{names}] -> final if ~0.5", "output final"]
    return "graph solve(question) {\n  " + "\n  ".join(lines) + "\n}\n"


EITHER = "~[assistant, fuser]"
EVERY = "edge [{0}] -> [{0}] if acyclic and ~0.3"
SPACES = {
    "assistants": ({"a": "assistant", "b": "assistant", "c": "assistant"}, EVERY, "majority"),
    "one fuser": ({"a": "assistant", "b": "fuser", "c": "assistant"}, EVERY, "fuser"),
    "two fusers": ({"a": "fuser", "b": "assistant", "c": "fuser"}, EVERY, "fuser"),
    "either": ({"a": EITHER, "b": EITHER, "c": EITHER}, EVERY, "majority"),
    "fusers need an outside": (
        {"a": "fuser", "b": "fuser", "c": "assistant"},
        "edge [a, b] -> [a, b] if acyclic and ~0.5\n  edge c -> a if ~0.5",
        "majority",
    ),
    "a path of five": (
        {"a": "assistant", "b": "fuser", "c": "fuser", "d": "fuser", "e": "assistant"},
        "\n  ".join(
            f"edge [{x}, {y}] -> [{x}, {y}] if acyclic and ~0.4" for x, y in ("ab", "bc", "cd", "de")
        ),
        "fuser",
    ),
    "a hard edge among them": (
        {"a": "assistant", "b": "assistant", "c": "assistant"},
        "edge a -> b\n  edge [a, b, c] -> [a, b, c] if acyclic and ~0.5",
        "majority",
    ),
}


def may_be(name: str) -> tuple[list[str], dict[str, list[str]], set[Edge], set[Edge]]:
    """Nodes, what each may run, edges that may be, edges that always are (if both ends are there)."""
    whats, edges, final = SPACES[name]
    nodes = [*whats, "final"]
    kinds = {node: ["assistant", "fuser"] if what == EITHER else [what] for node, what in whats.items()}
    kinds["final"] = [final]
    some: set[Edge] = {(node, "final") for node in whats}
    always: set[Edge] = set()
    for line in edges.format(", ".join(whats)).splitlines():
        ends, _, condition = line.strip().removeprefix("edge ").partition(" if ")
        left, right = ([n.strip() for n in end.strip(" []").split(",")] for end in ends.split("->"))
        pairs = {(x, y) for x in left for y in right if x != y}
        some |= pairs
        always |= set() if condition else pairs
    return nodes, kinds, some, always


def brute_force(name: str) -> set[Graph]:
    nodes, kinds, some, always = may_be(name)
    free = sorted(some - always)
    found: set[Graph] = set()
    for chosen in chain.from_iterable(combinations(free, k) for k in range(len(free) + 1)):
        edges = {*chosen, *always}
        live = {"final"}
        while more := {x for x, y in edges if y in live} - live:
            live |= more
        kept = frozenset((x, y) for x, y in edges if y in live)
        if len(kept) < len(edges) - len([e for e in always if e[1] not in live]) or not acyclic(kept):
            continue
        fed = {y for _, y in kept}
        order = [node for node in nodes if node in live]
        for whats in product(*(kinds[node] for node in order)):
            if all(what == "assistant" or node in fed for node, what in zip(order, whats, strict=True)):
                found.add((frozenset(zip(order, whats, strict=True)), kept))
    return found


def acyclic(edges: frozenset[Edge]) -> bool:
    left = {node for edge in edges for node in edge}
    while free := {node for node in left if not any(y == node and x in left for x, y in edges)}:
        left -= free
    return not left


def read(candidate: Candidate) -> Graph:
    whats: set[tuple[str, str]] = set()
    edges: set[Edge] = set()
    for node in candidate.nodes:
        name = node.id.removeprefix("solve.")
        whats.add((name, node.role if isinstance(node, CallNode) else "majority"))
        drafts = dict(node.inputs).get("drafts", ListOf(items=()))
        assert isinstance(drafts, ListOf)
        for item in drafts.items:
            assert isinstance(item, NodeRef)
            edges.add((item.id.removeprefix("solve."), name))
    return frozenset(whats), frozenset(edges)


@pytest.mark.parametrize("name", SPACES)
def test_the_space_holds_exactly_the_graphs_without_a_circle(name: str) -> None:
    whats, edges, final = SPACES[name]
    _, ir = program(named(whats, edges.format(", ".join(whats)), final))
    listed = list(enumerate_assignments(ir))
    graphs = [read(resolve(ir, assignment).candidate) for assignment, _ in listed]

    assert set(graphs) == brute_force(name)
    drawn_twice = name == "a hard edge among them"  # a -> b stands there twice, and once is enough
    assert max(Counter(graphs).values()) == 1 + drawn_twice
    assert math.fsum(chance for _, chance in listed) == pytest.approx(1.0, abs=1e-12)
    for assignment, chance in listed[:: max(1, len(listed) // 200)]:
        assert math.exp(log_prob(ir, assignment)) == pytest.approx(chance, rel=1e-12)
    assert mode(ir) in [assignment for assignment, _ in listed]


def test_the_brute_force_is_not_trivial() -> None:
    sizes = {name: len(brute_force(name)) for name in SPACES}
    assert all(size > 5 for size in sizes.values())
    assert len(set(sizes.values())) > 3


@pytest.mark.parametrize("name", ["one fuser", "two fusers", "fusers need an outside", "a path of five"])
@pytest.mark.parametrize("limit", [1.0, 2.0, 3.0, 4.0])
def test_a_bound_keeps_exactly_the_affordable(name: str, limit: float) -> None:
    whats, edges, final = SPACES[name]
    _, ir = program(named(whats, edges.format(", ".join(whats)), final))
    prices = {"a": 1.0, "b": 2.0}
    bound = Bound(limit, lambda node, _alternative, _model: prices.get(node.group, 1.0))

    def cost(assignment: dict[str, object]) -> float:
        nodes = resolve(ir, assignment).candidate.nodes  # type: ignore[arg-type]
        return sum(prices.get(n.id.removeprefix("solve."), 1.0) for n in nodes if not isinstance(n, FnNode))

    affordable = [a for a, _ in enumerate_assignments(ir) if cost(a) <= limit]
    if not affordable:
        with pytest.raises(EmptySpace):
            sample(ir, Stream(5), bound=bound)
        return
    bounded = list(enumerate_assignments(ir, bound=bound))
    assert sorted(map(str, (a for a, _ in bounded))) == sorted(map(str, affordable))
    assert cost(sample(ir, Stream(5), bound=bound).assignment) <= limit  # type: ignore[arg-type]


def test_an_edge_is_asked_before_those_that_it_forbids() -> None:
    """The last live node is asked first; what would close a circle is not asked at all."""
    _, ir = program("""graph solve(question) {
      node a : assistant on smol
      node b : assistant on smol
      edge [a, b] -> [a, b] if acyclic and ~0.3
      output majority(a, b)
    }""")
    listed = {
        tuple(name for name, on in sorted(a.items()) if on): chance for a, chance in enumerate_assignments(ir)
    }
    assert listed == pytest.approx(
        {("solve.a->b",): 0.3, ("solve.b->a",): 0.7 * 0.3, (): 0.7 * 0.7}, abs=1e-12
    )
    with pytest.raises(OutsideSpace):
        resolve(ir, {"solve.a->b": True, "solve.b->a": True})


REPLICAS = """graph solve(question) {
  node w[3]  : assistant on ~[smol, gemma]
  node final : majority
  edge w[i] -> w[j] if acyclic and ~0.4
  edge w -> final if ~0.6
  output final
}"""


def test_relabelled_replicas_are_one_candidate_in_topological_order() -> None:
    checked, ir = program(REPLICAS)
    forms: dict[str, set[tuple[object, ...]]] = {}
    for assignment, _ in enumerate_assignments(ir):
        resolution = resolve(ir, assignment)
        candidate = resolution.candidate
        forms.setdefault(candidate.digest, set()).add(least_form(candidate))
        for source, target in read(candidate)[1]:
            assert target == "final" or source < target
    assert all(len(form) == 1 for form in forms.values())
    assert len({next(iter(form)) for form in forms.values()}) == len(forms)
    # two or three live replicas, and every text says what the candidate is
    for assignment, _ in list(enumerate_assignments(ir))[::29]:
        resolution = resolve(ir, assignment)
        text = resolve_text(checked, ir, resolution)
        again = lower(check(SourceFile("p.tgl", text), NO_FILES), "solve").ir
        assert again is not None
        assert resolve(again, {}).candidate.digest == resolution.candidate.digest
        assert "acyclic" not in text


def least_form(candidate: Candidate) -> tuple[object, ...]:
    """The smallest of all names for the replicas: an isomorphism class, by brute force."""
    models = {c.id.removeprefix("solve."): c.model for c in candidate.calls}
    _, edges = read(candidate)
    names = [*models]

    def forms() -> Iterator[tuple[object, ...]]:
        for order in permutations(names):
            new = {name: str(k) for k, name in enumerate(order)} | {"final": "final"}
            yield (
                tuple(models[name] for name in order),
                tuple(sorted((new[x], new[y]) for x, y in edges)),
            )

    return min(forms(), key=str)


def test_a_chosen_topology_may_be_the_acyclic_one() -> None:
    _, ir = program("""
      let chain(i, j) = j == i + 1
      let free(i, j)  = acyclic
      graph solve(question) {
        let shape = ~[chain, free]
        node w[i: 3] : assistant on smol
        edge w[i] -> w[j] if shape(i, j) and ~0.5
        output majority(w)
      }""")
    listed = list(enumerate_assignments(ir))
    by_shape = Counter(str(assignment["solve.shape"]) for assignment, _ in listed)
    assert by_shape == {"chain": 4, "free": 25}  # 25 labelled acyclic graphs on three nodes
    assert math.fsum(chance for _, chance in listed) == pytest.approx(1.0, abs=1e-12)


def test_the_number_of_labelled_acyclic_graphs_is_the_known_one() -> None:
    """1, 3, 25, 543 (Robinson 1973; OEIS A003024)."""
    for count, known in ((2, 3), (3, 25), (4, 543)):
        _, ir = program(
            f"graph solve(question) {{ node w[i: {count}] : assistant on smol\n"
            "edge w[i] -> w[j] if acyclic and ~0.5\n output majority(w) }"
        )
        assert sum(1 for _ in enumerate_assignments(ir)) == known


def test_twelve_workers_are_drawn_without_a_circle() -> None:
    checked, ir = program("""graph solve(question) {
      node w[12] : ~{assistant: 0.5, fuser: 0.5} on ~[smol, gemma]
      node final : fuser on smol
      edge w[i] -> w[j] if i != j and acyclic and ~0.2
      edge w -> final if ~0.5
      output final
    }""")
    for trial in range(5):
        drawn = sample(ir, Stream(trial))
        assert log_prob(ir, drawn.assignment) == pytest.approx(drawn.log_prob, rel=1e-12)
        resolution = resolve(ir, drawn.assignment)
        whats, edges = read(resolution.candidate)
        assert acyclic(edges)
        assert all(what == "assistant" or any(y == name for _, y in edges) for name, what in whats)
        assert check(SourceFile("p.tgl", resolve_text(checked, ir, resolution)), NO_FILES).ok
