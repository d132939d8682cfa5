"""The walk against brute force: all raw combinations, filtered by rules that know nothing of the walk.

The checker simulates language.md C9, G11, G12, G21 directly: it prunes what does not reach the output and
accepts a combination if exactly the choices of what is left are set and every required port is fed.
"""

from collections.abc import Iterator
from itertools import product

import pytest

from tgl.ir import ChoiceKind, Flip, IntRange, NodeRef, Options, ProgramIR, Value
from tgl.space import Bound, EmptySpace, OutsideSpace, Stream, enumerate_assignments, resolve, sample
from tgl.space.domains import value_key
from tgl.testing.ir_builder import GraphBuilder, function, role

pytestmark = pytest.mark.slow

Raw = dict[str, Value]


def flat(most: int, low: int, *, models: tuple[str, ...], final: str, optional: bool) -> ProgramIR:
    """Replicas, perhaps an optional critic, and a final node of three kinds."""
    b = GraphBuilder("g")
    args = {"question": b.input()}
    b.group(
        "w",
        lambda _: [
            role("assistant", "question", "drafts*", args=args),
            role("fuser", "question", "drafts+", args=args),
            function("longest", "std.reduce:best", "drafts+"),
        ],
        count=(low, most),
        on=models,
    )
    if optional:
        b.group(
            "critic",
            lambda _: [role("critic", "question", "drafts+", args=args)],
            if_=b.flip("critic.if", 0.5, ChoiceKind.NODE_IF),
            on=("small",),
        )
    kinds = {
        "majority": [function("majority", "std.reduce:majority", "drafts+")],
        "fuser": [role("fuser", "question", "drafts+", args=args)],
        "either": [
            role("solo", "question", args=args),
            role("fuser", "question", "drafts+", args=args),
        ],
    }
    b.group("final", lambda _: kinds[final], on=("large",))
    sources: list[NodeRef] = []
    for j in range(1, most + 1):
        for source in sources:
            b.edge(source, b.ref("w", j), "drafts", p=0.4)
        sources.append(b.ref("w", j))
    if optional:
        for source in sources:
            b.edge(source, b.ref("critic"), "drafts", p=0.3)
        sources.append(b.ref("critic"))
    for source in sources:
        b.edge(source, b.ref("final"), "drafts", p=0.6)
    return b.program(b.ref("final"))


SPACES = {
    "majority": flat(2, 1, models=("small", "large"), final="majority", optional=False),
    "fuser": flat(3, 1, models=("small",), final="fuser", optional=False),
    "either": flat(2, 1, models=("small",), final="either", optional=False),
    "critic": flat(2, 1, models=("small",), final="fuser", optional=True),
    "critic-either": flat(2, 2, models=("small",), final="either", optional=True),
}


def raw(ir: ProgramIR) -> Iterator[Raw]:
    """Every combination of every choice set or not set."""
    domains: list[list[Value]] = []
    for point in ir.choices:
        match point.domain:
            case Options():
                domains.append([_UNSET, *point.domain.values])
            case IntRange():
                domains.append([_UNSET, *range(point.domain.low, point.domain.high + 1)])
            case Flip():
                domains.append([_UNSET, False, True])
            case _:
                raise AssertionError
    for values in product(*domains):
        named = zip((point.address for point in ir.choices), values, strict=True)
        yield {address: value for address, value in named if value is not _UNSET}


_UNSET: Value = "(unset)"


def is_program(ir: ProgramIR, raw: Raw) -> bool:
    """Whether a combination is an assignment, by the rules alone."""
    used: set[str] = set()

    def value(expr: object) -> Value | None:
        match getattr(expr, "kind", ""):
            case "const":
                return expr.value  # type: ignore[attr-defined]
            case "choice":
                used.add(expr.address)  # type: ignore[attr-defined]
                return raw.get(expr.address)  # type: ignore[attr-defined]
            case _:
                assert expr.op == "<="  # type: ignore[attr-defined]
                place, count = (value(arg) for arg in expr.args)  # type: ignore[attr-defined]
                return isinstance(count, int) and isinstance(place, int) and place <= count

    graph = ir.graph
    for group in graph.groups:
        if group.count is not None and value(group.count) is None:
            return False
    there = {}
    for node in graph.nodes:
        exists = value(node.exists)
        if exists is None:
            return False
        if exists:
            there[node.id] = node
    assert isinstance(graph.output, NodeRef)
    live, reached = [graph.output.id], {graph.output.id}
    fed: dict[str, set[str]] = {}
    whats: dict[str, str] = {}
    while live:
        # the nodes are declared in topological order, so the last live one has no live target left
        node_id = max(live, key=lambda name: list(there).index(name))
        live.remove(node_id)
        node = there[node_id]
        what = value(node.pick)
        if what is None:
            return False
        whats[node_id] = str(what)
        picked = next(alt for alt in node.alternatives if alt.key == what)
        fed[node_id] = {port for port, _ in picked.args}
        for edge in graph.edges:
            assert isinstance(edge.source, NodeRef)
            port = dict(edge.ports).get(str(what))
            if edge.target != node_id or port is None or edge.source.id not in there:
                continue
            if not can_ever_run(ir, edge.source.id, there):
                continue
            on = value(edge.exists)
            if on is None:
                return False
            if on:
                fed[node_id].add(port)
                if edge.source.id not in reached:
                    reached.add(edge.source.id)
                    live.append(edge.source.id)
        if any(not spec.optional and spec.name not in fed[node_id] for spec in picked.ports):
            return False
        if (
            picked.kind == "role"
            and node.on is not None
            and node.on.kind == "choice"
            and value(node.on) is None
        ):
            return False
    return used >= set(raw)


def can_ever_run(ir: ProgramIR, node_id: str, there: dict[str, object]) -> bool:
    """Whether some alternative of a node can be fed at all, by recursion on its sources."""
    node = next(node for node in ir.graph.nodes if node.id == node_id)
    for alt in node.alternatives:
        wired = {port for port, _ in alt.args}
        for edge in ir.graph.edges:
            assert isinstance(edge.source, NodeRef)
            port = dict(edge.ports).get(alt.key)
            if edge.target != node_id or not port or edge.source.id not in there:
                continue
            if can_ever_run(ir, edge.source.id, there):
                wired.add(port)
        if all(spec.optional or spec.name in wired for spec in alt.ports):
            return True
    return False


@pytest.mark.parametrize("name", SPACES)
def test_enumeration_is_what_the_rules_allow(name: str) -> None:
    ir = SPACES[name]
    listed = {value_key(dict(sorted(a.items()))) for a, _ in enumerate_assignments(ir)}
    allowed = {value_key(dict(sorted(a.items()))) for a in _pruned_raw(ir)}

    assert listed == allowed


def _pruned_raw(ir: ProgramIR) -> list[Raw]:
    return [combination for combination in raw(ir) if is_program(ir, combination)]


@pytest.mark.parametrize("name", ["majority", "critic"])
def test_replay_accepts_exactly_the_enumerated(name: str) -> None:
    ir = SPACES[name]
    listed = {value_key(dict(sorted(a.items()))) for a, _ in enumerate_assignments(ir)}
    for place, combination in enumerate(raw(ir)):
        if place % 7:
            continue
        inside = value_key(dict(sorted(combination.items()))) in listed
        if inside:
            resolve(ir, combination)
        else:
            with pytest.raises(OutsideSpace):
                resolve(ir, combination)


@pytest.mark.parametrize("name", SPACES)
@pytest.mark.parametrize("limit", [0.0, 1.0, 2.0, 3.0, 5.0])
def test_a_bound_keeps_exactly_the_affordable(name: str, limit: float) -> None:
    ir = SPACES[name]
    prices = {"small": 1.0, "large": 2.0}
    bound = Bound(limit, lambda _node, _alternative, model: prices[model or ""])

    def cost(assignment: Raw) -> float:
        return sum(prices[call.model] for call in resolve(ir, assignment).candidate.calls)

    affordable = {
        value_key(dict(sorted(a.items()))) for a, _ in enumerate_assignments(ir) if cost(a) <= limit
    }
    bounded = list(enumerate_assignments(ir, bound=bound))

    assert {value_key(dict(sorted(a.items()))) for a, _ in bounded} == affordable
    if affordable:
        assert sum(chance for _, chance in bounded) == pytest.approx(1.0, abs=1e-12)
        for trial in range(10):
            assert cost(sample(ir, Stream(5, trial), bound=bound).assignment) <= limit
    else:
        with pytest.raises(EmptySpace):
            sample(ir, Stream(5), bound=bound)


def test_the_checker_is_not_trivial() -> None:
    ir = SPACES["majority"]
    assert 0 < len(_pruned_raw(ir)) < sum(1 for _ in raw(ir)) / 10
