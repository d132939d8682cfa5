"""Isomorphic assignments are one candidate; different ones are not (semantics.md 6, language.md C17)."""

from itertools import permutations

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tgl.ir import CallNode, Candidate, ChoiceKind, ListOf, NodeRef, Op, ProgramIR, Value
from tgl.space import OutsideSpace, Stream, resolve, sample
from tgl.space.draws import exclusive, fields_asked
from tgl.testing.ir_builder import GraphBuilder, function, nested, role, text

SIZE = 5


def free(
    size: int = SIZE,
    *,
    permutable: bool = True,
    models: tuple[str, ...] = ("small", "large"),
    heats: tuple[float, ...] = (0.2, 0.7),
) -> ProgramIR:
    """Workers with a what, a model and a temperature each, any edge i < j, any edge into a majority."""
    b = GraphBuilder("g")
    args = {"question": b.input()}

    def heat(local: str) -> dict[str, object]:
        domain = {str(value): (text(value), 1.0) for value in heats}
        return {"temperature": b.options(f"{local}.temperature", ChoiceKind.OPTION, domain)}

    b.group(
        "w",
        lambda local: [
            role("assistant", "question", "drafts*", args=args, fields=heat(local)),  # type: ignore[arg-type]
            role("fuser", "question", "drafts+", args=args),
        ],
        count=(1, size),
        on=models,
        permutable=permutable,
    )
    b.group("final", lambda _: [function("majority", "std.reduce:majority", "drafts+")])
    for j in range(1, size + 1):
        for i in range(1, j):
            b.edge(b.ref("w", i), b.ref("w", j), "drafts", p=0.3)
    for i in range(1, size + 1):
        b.edge(b.ref("w", i), b.ref("final"), "drafts", p=0.6)
    return b.program(b.ref("final"))


IR = free()


def as_graph(candidate: Candidate) -> nx.DiGraph:
    graph = nx.DiGraph()
    for node in candidate.nodes:
        written = (node.role, node.model, node.temperature) if isinstance(node, CallNode) else node.fn
        graph.add_node(node.id, written=written)
        for _, expr in node.inputs:
            for item in expr.items if isinstance(expr, ListOf) else ():
                assert isinstance(item, NodeRef)
                graph.add_edge(item.id, node.id)
    return graph


def relabelled(assignment: dict[str, Value], order: tuple[int, ...]) -> dict[str, Value] | None:
    """The assignment with worker i called order[i - 1]; None if an edge would run backwards."""

    def name(node: str) -> str:
        if not node.startswith("w["):
            return node
        return f"w[{order[int(node[2:-1]) - 1]}]"

    made: dict[str, Value] = {}
    for address, value in assignment.items():
        local = address.removeprefix("g.")
        if "->" in local:
            source, target = local.split("->")
            new = (name(source), name(target))
            if target != "final" and new[0] > new[1]:
                if value:
                    return None
                new = (new[1], new[0])
            made[f"g.{new[0]}->{new[1]}"] = value
        elif local.startswith("w["):
            node, setting = local.split("]")
            made[f"g.{name(node + ']')}{setting}"] = value
        else:
            made[address] = value
    return made


@pytest.mark.slow
@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(0, 10**6), st.permutations(range(1, SIZE + 1)))
def test_a_relabelled_assignment_is_the_same_candidate(seed: int, order: list[int]) -> None:
    drawn = sample(IR, Stream(seed)).assignment
    candidate = resolve(IR, drawn).candidate
    if drawn["g.w.count"] != SIZE:
        return
    other = relabelled(drawn, tuple(order))
    if other is None:
        return
    # an edge into a dead worker is inactive on one side and active on the other: fill up from the first
    for point in IR.choices:
        if "->" in point.address:
            other.setdefault(point.address, False)
    same = resolve(IR, _active(other)).candidate
    assert same == candidate
    assert same.digest == candidate.digest


def _active(assignment: dict[str, Value]) -> dict[str, Value]:
    """Drops what the space reports as inactive."""
    while True:
        try:
            resolve(IR, assignment)
        except OutsideSpace as outside:
            if not outside.reason.startswith("is not active"):
                raise
            assignment = {key: value for key, value in assignment.items() if key != outside.address}
        else:
            return assignment


def test_candidates_are_equal_exactly_if_their_graphs_are_isomorphic() -> None:
    ir = free(4, models=("small",), heats=(0.2,))
    found: dict[str, Candidate] = {}
    for trial in range(400):
        candidate = resolve(ir, sample(ir, Stream(21, trial)).assignment).candidate
        found[candidate.digest] = candidate
    graphs = [as_graph(candidate) for candidate in found.values()]
    same = nx.algorithms.isomorphism.categorical_node_match("written", None)
    by_shape: dict[tuple[object, ...], list[nx.DiGraph]] = {}
    for graph in graphs:
        written = sorted(str(data["written"]) for _, data in graph.nodes(data=True))
        by_shape.setdefault((graph.number_of_edges(), *written), []).append(graph)
    compared = 0
    for alike in by_shape.values():
        for place, graph in enumerate(alike):
            for other in alike[:place]:
                compared += 1
                assert not nx.is_isomorphic(graph, other, node_match=same)
    assert compared > 50


@pytest.mark.parametrize(
    "edges", [((1, 4), (2, 5), (3, 6)), ((1, 4), (1, 5), (2, 5), (2, 6), (3, 6), (3, 4))]
)
def test_symmetric_graphs_without_twins_have_one_form(edges: tuple[tuple[int, int], ...]) -> None:
    b = GraphBuilder("g")
    args = {"question": b.input()}
    b.group("w", lambda _: [role("assistant", "question", "drafts*", args=args)], count=6, on=("small",))
    wires = {"drafts": b.whole("w")}
    b.group("final", lambda _: [function("majority", "std.reduce:majority", "drafts+", args=wires)])
    for j in range(2, 7):
        for i in range(1, j):
            b.edge(b.ref("w", i), b.ref("w", j), "drafts", p=0.5)
    ir = b.program(b.ref("final"))
    digests: set[str] = set()
    for lower in permutations((1, 2, 3)):
        for upper in permutations((4, 5, 6)):
            order = (*lower, *upper)
            moved = {(order[i - 1], order[j - 1]) for i, j in edges}
            assignment: dict[str, Value] = {
                f"g.w[{i}]->w[{j}]": (i, j) in moved for j in range(2, 7) for i in range(1, j)
            }
            digests.add(resolve(ir, assignment).candidate.digest)
    assert len(digests) == 1


def test_components_that_look_alike_from_each_node_are_told_apart() -> None:
    """A ring of 4 and a ring of 6, all nodes with two neighbours: colours alone can't tell them."""
    rings = [(1, 6), (1, 7), (2, 6), (2, 7), (3, 8), (3, 9), (4, 9), (4, 10), (5, 10), (5, 8)]
    b = GraphBuilder("g")
    args = {"question": b.input()}
    b.group("w", lambda _: [role("assistant", "question", "drafts*", args=args)], count=10, on=("small",))
    wires = {"drafts": b.whole("w")}
    b.group("final", lambda _: [function("majority", "std.reduce:majority", "drafts+", args=wires)])
    pairs = [(i, j) for i in range(1, 6) for j in range(6, 11)]
    for i, j in pairs:
        b.edge(b.ref("w", i), b.ref("w", j), "drafts", p=0.5)
    ir = b.program(b.ref("final"))
    digests: set[str] = set()
    for trial in range(40):
        stream = Stream(8, trial)
        lower = sorted(range(1, 6), key=lambda node: stream.uniform(node))
        upper = sorted(range(6, 11), key=lambda node: stream.uniform(node))
        order = [*lower, *upper]
        moved = {(order[i - 1], order[j - 1]) for i, j in rings}
        assignment: dict[str, Value] = {f"g.w[{i}]->w[{j}]": (i, j) in moved for i, j in pairs}
        digests.add(resolve(ir, assignment).candidate.digest)
    assert len(digests) == 1


def test_replicas_that_are_seen_by_index_keep_their_order() -> None:
    ir = free(2, permutable=False)
    base: dict[str, Value] = {
        "g.w.count": 2,
        "g.w[1]->w[2]": False,
        "g.w[1]->final": True,
        "g.w[2]->final": True,
    }
    whats = {f"g.w[{i}].what": "assistant" for i in (1, 2)}
    heats = {f"g.w[{i}].temperature": "0.2" for i in (1, 2)}
    one = base | whats | heats | {"g.w[1].model": "small", "g.w[2].model": "large"}
    two = base | whats | heats | {"g.w[1].model": "large", "g.w[2].model": "small"}

    assert resolve(ir, one).candidate.digest != resolve(ir, two).candidate.digest
    loose = free(2)
    assert resolve(loose, one).candidate.digest == resolve(loose, two).candidate.digest


def test_nested_instances_in_relabelled_replicas_are_told_apart_by_content() -> None:
    b = GraphBuilder("g")

    def panel(local: str) -> list[object]:
        inner = GraphBuilder(f"g.{local}.panel", choices=b.choices)
        asking = {"question": inner.input()}
        inner.group("s", lambda _: [role("solver", "question", args=asking)], count=(1, 3), on=("small",))
        wires = {"xs": inner.whole("s")}
        inner.group("output", lambda _: [function("majority", "std.reduce:majority", "xs+", args=wires)])
        return [nested(inner.graph(inner.ref("output"), "panel"), args={"question": b.input()})]

    b.group("p", panel, count=2)  # type: ignore[arg-type]
    wires = {"xs": b.whole("p")}
    b.group("final", lambda _: [function("majority", "std.reduce:majority", "xs+", args=wires)])
    ir = b.program(b.ref("final"))

    def made(first: int, second: int) -> Candidate:
        counts: dict[str, Value] = {"g.p[1].panel.s.count": first, "g.p[2].panel.s.count": second}
        return resolve(ir, counts).candidate

    assert made(1, 3) == made(3, 1)
    assert made(1, 3) != made(2, 2)
    assert made(1, 3) != made(1, 2)


GUARDS = st.sampled_from(
    [None]
    + [Op(op="==", args=(GraphBuilder("g").input("kind"), text(kind))) for kind in "abc"]
    + [Op(op="!=", args=(GraphBuilder("g").input("kind"), text("a")))]
    + [Op(op="in", args=(GraphBuilder("g").input("kind"), ListOf(items=(text("a"), text("b")))))]
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(GUARDS, st.sampled_from(["small", "large"]), st.sampled_from([0.0, 0.7])), max_size=7)
)
def test_no_two_sampled_calls_of_a_run_share_a_draw(nodes: list[tuple[Op | None, str, float]]) -> None:
    b = GraphBuilder("g", ("question", "kind"))
    for place, (guard, model, heat) in enumerate(nodes):
        b.group(
            f"n{place}",
            lambda _, heat=heat: [  # type: ignore[misc]
                role("solver", "question", args={"question": b.input()}, fields={"temperature": text(heat)})
            ],
            on=(model,),
            guard=None if guard is None else lambda _, guard=guard: guard,  # type: ignore[misc]
        )
    b.group("last", lambda _: [role("solver", "question", args={"question": b.input()})], on=("small",))
    refs = [b.ref(f"n{place}") for place in range(len(nodes))]
    wires = {"xs": ListOf(items=(*refs, b.ref("last")))}
    b.group("final", lambda _: [function("majority", "std.reduce:majority", "xs+", args=wires)])
    calls = resolve(b.program(b.ref("final")), {}).candidate.calls

    for place, call in enumerate(calls):
        if call.temperature == 0:
            assert call.draw == 0
            continue
        rivals = [other for other in calls[:place] if other.temperature == call.temperature]
        for other in rivals:
            for kind in ("a", "b", "c", "d"):
                if other.model == call.model and _runs(other.guard, kind) and _runs(call.guard, kind):
                    assert other.draw != call.draw
        together = [o for o in rivals if o.model == call.model and not _apart(o, call)]
        assert call.draw <= max((other.draw + 1 for other in together), default=0)


def _apart(one: CallNode, other: CallNode) -> bool:
    return exclusive(fields_asked(one.guard), fields_asked(other.guard))


def _runs(guard: object, kind: str) -> bool:
    if not isinstance(guard, Op):
        return True
    value = guard.args[1]
    match guard.op:
        case "==":
            return value == text(kind)
        case "!=":
            return value != text(kind)
        case _:
            assert isinstance(value, ListOf)
            return text(kind) in value.items
