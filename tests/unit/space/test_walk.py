"""Order, forcing, renormalisation, policies, and what happens when nothing is left."""

import math
from collections.abc import Sequence

import pytest

from tgl.ir import ChoiceKind, ChoicePoint, Expr, Flip, Fn, Input, Is, ListOf, ModelOf, NodeRef, Op, ProgramIR
from tgl.space import (
    Bound,
    EmptySpace,
    OutsideSpace,
    StaticCycle,
    Stream,
    decisions,
    enumerate_assignments,
    log_prob,
    mode,
    resolve,
    sample,
)
from tgl.testing.ir_builder import GraphBuilder, function, nested, role, text


def two_workers() -> ProgramIR:
    b = GraphBuilder("g")
    args = {"question": b.input()}
    b.group(
        "w",
        lambda _: [
            role("assistant", "question", "d*", args=args),
            role("fuser", "question", "d+", args=args),
        ],
        count=(1, 2),
        weights=(0.9, 0.1),
        on=("small", "large"),
    )
    b.group("final", lambda _: [function("majority", "std.reduce:majority", "d+")])
    b.edge(b.ref("w", 1), b.ref("w", 2), "d", p=0.25)
    b.edge(b.ref("w", 1), b.ref("final"), "d", p=0.7)
    b.edge(b.ref("w", 2), b.ref("final"), "d", p=0.7)
    return b.program(b.ref("final"))


def taken(ir: ProgramIR, **assignment: object) -> list[tuple[str, int, tuple[int, ...], tuple[float, ...]]]:
    named = {f"g.{key}": value for key, value in assignment.items()}
    parts = decisions(ir, named)  # type: ignore[arg-type]
    return [(p.address.removeprefix("g."), p.atom_index, p.allowed_atoms, p.probabilities) for p in parts]


def test_decisions_come_in_order_and_the_last_path_is_forced() -> None:
    chosen = {
        "w.count": 2,
        "w[1]->final": False,
        "w[2]->final": True,
        "w[1]->w[2]": True,
        "w[1].what": "assistant",
        "w[2].what": "fuser",
        "w[1].model": "small",
        "w[2].model": "large",
    }
    assert taken(two_workers(), **chosen) == [
        ("w.count", 1, (0, 1), (0.5, 0.5)),
        ("w[1]->final", 0, (0, 1), pytest.approx((0.3, 0.7))),
        ("w[2]->final", 1, (1,), (1.0,)),
        ("w[1]->w[2]", 1, (0, 1), (0.75, 0.25)),
        ("w[1].what", 0, (0,), (1.0,)),
        ("w[2].what", 1, (0, 1), pytest.approx((0.9, 0.1))),
        ("w[1].model", 0, (0, 1), (0.5, 0.5)),
        ("w[2].model", 1, (0, 1), (0.5, 0.5)),
    ]


def test_what_does_not_reach_the_output_is_not_asked() -> None:
    chosen = {"w.count": 2, "w[1]->final": True, "w[2]->final": False, "w[1].what": "assistant"}
    addresses = [address for address, *_ in taken(two_workers(), **chosen, **{"w[1].model": "small"})]
    assert addresses == ["w.count", "w[1]->final", "w[2]->final", "w[1].what", "w[1].model"]
    with pytest.raises(OutsideSpace, match="not active"):
        taken(two_workers(), **chosen, **{"w[1].model": "small", "w[1]->w[2]": True})


class Leaning:
    """A policy that prefers the last atom of each choice nine to one."""

    def weights(self, choice: ChoicePoint) -> Sequence[float]:
        return (0.1, 0.9) if choice.address != "short" else (1.0,)


def test_a_policy_replaces_the_prior_and_is_renormalised() -> None:
    ir = two_workers()
    listed = list(enumerate_assignments(ir, Leaning()))

    assert math.fsum(chance for _, chance in listed) == pytest.approx(1.0, abs=1e-12)
    drawn = sample(ir, Stream(1), Leaning())
    assert log_prob(ir, drawn.assignment, Leaning()) == pytest.approx(drawn.log_prob)
    assert log_prob(ir, drawn.assignment) != pytest.approx(drawn.log_prob)
    assert mode(ir, Leaning())["g.w[2].what"] == "fuser"


def test_a_policy_of_the_wrong_shape_is_refused() -> None:
    class Short:
        def weights(self, choice: ChoicePoint) -> Sequence[float]:
            return (1.0,)

    with pytest.raises(ValueError, match=r"g\.w\.count: 1 weights for 2 options"):
        sample(two_workers(), Stream(1), Short())


def test_a_limit_that_nothing_meets_says_what_the_cheapest_costs() -> None:
    bound = Bound(0.5, lambda _node, _alternative, _model: 1.0)
    with pytest.raises(EmptySpace, match=r"cheapest program costs 1, more than the limit 0\.5"):
        sample(two_workers(), Stream(1), bound=bound)
    with pytest.raises(EmptySpace):
        mode(two_workers(), bound=bound)
    assert list(enumerate_assignments(two_workers(), bound=bound)) == []


def test_a_fuser_that_nothing_can_feed_empties_the_space() -> None:
    b = GraphBuilder("g")
    b.group("f", lambda _: [role("fuser", "question", "d+", args={"question": b.input()})], on=("small",))
    with pytest.raises(EmptySpace):
        sample(b.program(b.ref("f")), Stream(1))


def opposed() -> ProgramIR:
    """`mid` is fed if s and read if not s: a route that looks open until s is asked."""
    b = GraphBuilder("g")
    args = {"question": b.input()}
    s = b.choice("s", ChoiceKind.PARAM, Flip(p=0.5))
    b.group("src", lambda _: [role("solver", "question", args=args)], on=("small",))
    b.group("mid", lambda _: [role("fuser", "question", "d+", args=args)], on=("small",))
    b.group("final", lambda _: [function("majority", "std.reduce:majority", "d+")])
    b.edge(b.ref("src"), b.ref("final"), "d", p=0.5)
    b.edge(b.ref("src"), b.ref("mid"), "d", exists=s)
    b.edge(b.ref("mid"), b.ref("final"), "d", exists=Op(op="not", args=(s,)))
    return b.program(b.ref("final"))


def test_after_a_dead_end_the_draw_starts_again() -> None:
    ir = opposed()
    for trial in range(30):
        candidate = resolve(ir, sample(ir, Stream(3, trial)).assignment).candidate
        assert [node.id for node in candidate.nodes] == ["g.src", "g.final"]
    # the listed probabilities are those of the walk: what is missing is the mass of its dead ends
    assert math.fsum(chance for _, chance in enumerate_assignments(ir)) == pytest.approx(0.5)
    assert log_prob(ir, {"g.src->final": False, "g.s": True}) == -math.inf


def test_a_port_for_one_message_never_gets_two() -> None:
    b = GraphBuilder("g")
    args = {"question": b.input()}
    b.group("a", lambda _: [role("solver", "question", args=args)], count=3, on=("small",))
    b.group("c", lambda _: [role("critic", "question", "draft", args=args)], on=("small",))
    for index in (1, 2, 3):
        b.edge(b.ref("a", index), b.ref("c"), "draft", p=0.5)
    ir = b.program(b.ref("c"))
    listed = list(enumerate_assignments(ir))

    assert math.fsum(chance for _, chance in listed) == pytest.approx(1.0, abs=1e-12)
    assert len(listed) == 3
    for assignment, _ in listed:
        assert len(resolve(ir, assignment).candidate.calls) == 2


def test_an_edge_overrides_the_question_that_a_port_has_by_its_name() -> None:
    b = GraphBuilder("g")
    args = {"question": b.input()}
    b.group("a", lambda _: [role("rephrase", "question", args=args)], on=("small",))
    b.group("c", lambda _: [role("solver", "question", args=args)], on=("small",))
    b.edge(b.ref("a"), b.ref("c"), "question", p=0.5)
    ir = b.program(b.ref("c"))

    assert dict(resolve(ir, {"g.a->c": True}).candidate.nodes[-1].inputs)["question"] == b.ref("a")
    assert dict(resolve(ir, {"g.a->c": False}).candidate.nodes[-1].inputs)["question"] == b.input()


@pytest.mark.parametrize("wired", [True, False], ids=["argument", "edge"])
def test_what_only_an_unread_input_feeds_is_not_paid_for(wired: bool) -> None:
    b = GraphBuilder("g")
    inner = GraphBuilder("g.panel.panel", ("question", "hints*"), choices=b.choices)
    own = {"question": inner.input()}
    inner.group("s", lambda _: [role("solver", "question", "hints*", args=own)], on=("small",))
    inner.edge(inner.input("hints"), inner.ref("s"), "hints", p=0.5)
    panel = inner.graph(inner.ref("s"), "panel")
    args = {"question": b.input()}
    b.group("tip", lambda _: [role("hinter", "question", args=args)], on=("small",))
    wires = {**args, "hints": b.ref("tip")} if wired else args
    b.group("panel", lambda _: [nested(panel, args=wires)])
    if not wired:
        b.edge(b.ref("tip"), b.ref("panel"), "hints")
    ir = b.program(b.ref("panel"))
    address = "g.panel.panel.hints->s"

    assert [n.id for n in resolve(ir, {address: True}).candidate.nodes] == ["g.tip", "g.panel.s"]
    resolution = resolve(ir, {address: False})
    assert [node.id for node in resolution.candidate.nodes] == ["g.panel.s"]
    assert resolution.instances["g"].live["g.tip"] is None


def test_a_node_that_could_not_run_is_left_out_where_it_may_be() -> None:
    b = GraphBuilder("g")
    args = {"question": b.input()}
    b.group("a", lambda _: [role("solver", "question", args=args)], on=("small",))
    maybe = b.flip("b.if", 0.5, ChoiceKind.NODE_IF)
    b.group("b", lambda _: [role("solver", "question", args=args)], on=("small",), if_=maybe)
    wires = {**args, "d": b.ref("b")}
    critic = b.flip("c.if", 0.5, ChoiceKind.NODE_IF)
    b.group("c", lambda _: [role("critic", "question", "d", args=wires)], on=("small",), if_=critic)
    every = ListOf(items=(b.ref("a"), b.ref("c")))
    b.group("f", lambda _: [function("majority", "std.reduce:majority", "xs+", args={"xs": every})])
    ir = b.program(b.ref("f"))

    listed = {(a["g.b.if"], a["g.c.if"]): chance for a, chance in enumerate_assignments(ir)}
    assert listed == {(False, False): 0.5, (True, False): 0.25, (True, True): 0.25}


def test_a_decision_asked_early_is_seen_by_the_edges_after_it() -> None:
    b = GraphBuilder("g")
    args = {"question": b.input()}
    b.group(
        "a",
        lambda _: [role("assistant", "question", args=args), role("solver", "question", args=args)],
        on=("small",),
    )
    b.group("m", lambda _: [role("fuser", "question", "d+", args=args)], on=("small",))
    b.group("last", lambda _: [role("reader", "question", "d*", args=args)], on=("small",))
    told = Is(node="g.a", what="assistant")
    b.edge(b.ref("a"), b.ref("m"), "d", exists=told)
    b.edge(b.ref("a"), b.ref("last"), "d", exists=told, p=0.5)
    b.edge(b.ref("m"), b.ref("last"), "d", p=0.5)
    ir = b.program(b.ref("last"))

    listed = list(enumerate_assignments(ir))
    assert math.fsum(chance for _, chance in listed) == pytest.approx(1.0, abs=1e-12)
    assert {"g.a.what": "solver"} in [assignment for assignment, _ in listed]
    for assignment, _ in listed:
        for call in resolve(ir, assignment).candidate.calls:
            assert call.role != "fuser" or "d" in dict(call.inputs)


def test_decisions_that_wait_for_each_other_are_named() -> None:
    b = GraphBuilder("g")
    args = {"question": b.input()}
    b.group("a", lambda _: [role("solver", "question", args=args)], on=ModelOf(node="g.b"))
    wires = {**args, "d": b.ref("a")}
    b.group("b", lambda _: [role("fuser", "question", "d", args=wires)], on=ModelOf(node="g.a"))
    with pytest.raises(StaticCycle, match=r"g\.a .*g\.b .*g\.a"):
        sample(b.program(b.ref("b")), Stream(1))


def test_nodes_that_feed_each_other_are_named() -> None:
    b = GraphBuilder("g")
    args = {"question": b.input()}
    b.group("a", lambda _: [role("solver", "question", "d*", args=args)], count=2, on=("small",))
    b.edge(b.ref("a", 1), b.ref("a", 2), "d", p=0.5)
    b.edge(b.ref("a", 2), b.ref("a", 1), "d", p=0.5)
    with pytest.raises(StaticCycle, match=r"g\.a\[1\] -> g\.a\[2\]"):
        sample(b.program(b.ref("a", 2)), Stream(1))


def test_a_shared_decision_is_one() -> None:
    b = GraphBuilder("g")
    args = {"question": b.input()}
    dense = b.choice("dense", ChoiceKind.PARAM, Flip(p=0.25))
    b.group("a", lambda _: [role("solver", "question", "d*", args=args)], count=3, on=("small",))
    b.group("final", lambda _: [function("majority", "std.reduce:majority", "d+")])
    for i, j in ((1, 2), (1, 3), (2, 3)):
        b.edge(b.ref("a", i), b.ref("a", j), "d", exists=dense)
    b.edge(b.ref("a", 3), b.ref("final"), "d", exists=text(value=True))
    ir = b.program(b.ref("final"))

    sizes = {
        assignment["g.dense"]: (len(resolve(ir, assignment).candidate.calls), chance)
        for assignment, chance in enumerate_assignments(ir)
    }
    assert sizes == {False: (1, 0.75), True: (3, 0.25)}


@pytest.mark.parametrize(
    ("on", "read"), [(True, NodeRef(id="g.a")), (False, Input(instance="g", port="question"))]
)
def test_an_input_feeds_the_port_of_its_name_where_no_edge_does(on: bool, read: Expr) -> None:
    b = GraphBuilder("g")
    b.group("a", lambda _: [role("solver", "question", args={"question": b.input()})], on=("small",))
    b.group("c", lambda _: [role("critic", "question")], on=("large",))
    b.edge(b.ref("a"), b.ref("c"), "question", p=0.5)
    ir = b.program(b.ref("c"))
    candidate = resolve(ir, {"g.a->c": on}).candidate
    assert dict(candidate.calls[-1].inputs) == {"question": read}
    assert len(candidate.calls) == 1 + on


def test_a_condition_that_is_lost_with_one_node_keeps_no_other() -> None:
    b = GraphBuilder("g")
    asking = {"question": b.input()}
    b.group("a", lambda _: [role("solver", "question", args=asking)], on=("small",))
    b.group(
        "b",
        lambda _: [role("solver", "question", args=asking)],
        on=("small",),
        if_=b.flip("b.if", 0.5, ChoiceKind.NODE_IF),
    )

    def guard(_: int) -> Expr:
        same = Op(op="==", args=(b.ref("a"), b.ref("b")))
        return Op(op="or", args=(same, Op(op="not", args=(Fn(fn="std.signals:ran", args=(b.ref("b"),)),))))

    b.group("c", lambda _: [role("solver", "question", args=asking)], on=("large",), guard=guard)
    ir = b.program(b.ref("c"))
    alone = resolve(ir, {"g.b.if": False}).candidate
    assert [(call.id, call.guard) for call in alone.calls] == [("g.c", None)]
    assert len(resolve(ir, {"g.b.if": True}).candidate.calls) == 3
