"""What a candidate looks like: pruned, inlined, folded, renumbered, with draws."""

import pytest

from tgl.ir import (
    CallNode,
    ChoiceKind,
    ChoiceRef,
    Const,
    FloatRange,
    Fn,
    FnNode,
    Input,
    Is,
    ListOf,
    ModelName,
    ModelOf,
    NodeRef,
    Op,
    ProgramIR,
    Value,
)
from tgl.space import OutsideSpace, enumerate_assignments, log_prob, mode, resolve, sample
from tgl.space.streams import Stream
from tgl.testing.ir_builder import GraphBuilder, function, nested, role, text

KINDS = ("numbers", "capitals", "opposites")


def router() -> ProgramIR:
    """Three replies, each `~[assistant, panel(n: ~2..3)] on ~pool when kind == kinds[i]`; the first wins."""
    b = GraphBuilder("solve", ("question", "kind"))

    def alternatives(local: str) -> list[object]:
        inner = GraphBuilder(f"solve.{local}.panel", choices=b.choices)
        inner.group(
            "sample",
            lambda name: [
                role(
                    "assistant",
                    "question",
                    args={"question": inner.input()},
                    fields={"temperature": inner.choice(f"{name}.temperature", ChoiceKind.OPTION, HEAT)},
                )
            ],
            count=(2, 3),
        )
        inner.group(
            "output",
            lambda _: [
                function("majority", "std.reduce:majority", "xs+", args={"xs": inner.whole("sample")})
            ],
        )
        panel = inner.graph(inner.ref("output"), "panel")
        question = {"question": b.input()}
        return [role("assistant", "question", args=question), nested(panel, args=question)]

    b.group(
        "reply",
        alternatives,  # type: ignore[arg-type]
        count=3,
        on=("small", "large"),
        guard=lambda index: Op(op="==", args=(b.input("kind"), text(KINDS[index - 1]))),
        permutable=False,
    )
    b.group("output", lambda _: [function("first", "std.reduce:first", "xs+", args={"xs": b.whole("reply")})])
    return b.program(b.ref("output"))


HEAT = FloatRange(low=0.5, high=0.6)

ROUTED: dict[str, Value] = {
    "solve.reply[1].what": "assistant",
    "solve.reply[1].model": "small",
    "solve.reply[2].what": "panel",
    "solve.reply[2].panel.sample.count": 2,
    "solve.reply[2].model": "large",
    "solve.reply[2].panel.sample[1].temperature": 0.5,
    "solve.reply[2].panel.sample[2].temperature": 0.5,
    "solve.reply[3].what": "assistant",
    "solve.reply[3].model": "small",
}


def guard_of(kind: str) -> Op:
    return Op(op="==", args=(Input(instance="solve", port="kind"), Const(value=kind)))


def test_a_nested_instance_is_inlined_with_its_guard_model_and_input() -> None:
    candidate = resolve(router(), ROUTED).candidate
    nodes = {node.id: node for node in candidate.nodes}

    assert list(nodes) == [
        "solve.reply[1]",
        "solve.reply[2].sample[1]",
        "solve.reply[2].sample[2]",
        "solve.reply[2].output",
        "solve.reply[3]",
        "solve.output",
    ]
    inner = nodes["solve.reply[2].sample[1]"]
    assert isinstance(inner, CallNode)
    assert inner.model == "large"
    assert inner.guard == guard_of("capitals")
    assert inner.inputs == (("question", Input(instance="solve", port="question")),)
    assert nodes["solve.reply[2].output"].guard == guard_of("capitals")
    ids = ("solve.reply[1]", "solve.reply[2].output", "solve.reply[3]")
    assert nodes["solve.output"].inputs == (("xs", ListOf(items=tuple(NodeRef(id=name) for name in ids))),)
    assert candidate.output == NodeRef(id="solve.output")


def test_draws_count_within_a_route_and_not_across_routes() -> None:
    candidate = resolve(router(), ROUTED).candidate

    assert {call.id: call.draw for call in candidate.calls} == {
        "solve.reply[1]": 0,
        "solve.reply[2].sample[1]": 0,
        "solve.reply[2].sample[2]": 1,
        "solve.reply[3]": 0,
    }


def test_the_account_of_instances_is_in_template_ids() -> None:
    resolution = resolve(router(), ROUTED)
    outer, inner = resolution.instances["solve"], resolution.instances["solve.reply[2].panel"]

    assert outer.picks["solve.reply[2]"] == "panel"
    assert outer.live["solve.reply[2]"] == "solve.reply[2]"
    assert outer.models == {"solve.reply[1]": "small", "solve.reply[3]": "small"}
    assert inner.counts["sample"] == 2
    assert inner.live["solve.reply[2].panel.sample[3]"] is None
    assert "solve.reply[1].panel" not in resolution.instances


@pytest.mark.parametrize(
    ("change", "address", "reason"),
    [
        ({"solve.reply[1].model": None}, "solve.reply[1].model", "no value"),
        ({"solve.reply[1].model": "huge"}, "solve.reply[1].model", "not among"),
        ({"solve.reply[1].model": 3}, "solve.reply[1].model", "wrong type"),
        ({"solve.reply[2].panel.sample.count": 4}, "solve.reply[2].panel.sample.count", "not among"),
        ({"solve.reply[2].panel.sample.count": True}, "solve.reply[2].panel.sample.count", "wrong type"),
        ({"solve.reply[1].panel.sample.count": 2}, "solve.reply[1].panel.sample.count", "not active"),
        ({"solve.reply[9].model": "small"}, "solve.reply[9].model", "no such choice"),
    ],
)
def test_what_is_outside_the_space_is_named(change: dict[str, Value], address: str, reason: str) -> None:
    assignment = {key: value for key, value in (ROUTED | change).items() if value is not None}
    with pytest.raises(OutsideSpace, match=reason) as caught:
        resolve(router(), assignment)
    assert caught.value.address == address


def test_log_probability_outside_is_minus_infinity_and_nonsense_an_error() -> None:
    ir = router()
    assert log_prob(ir, ROUTED) > -float("inf")
    assert log_prob(ir, ROUTED | {"solve.reply[1].model": "huge"}) == -float("inf")
    assert log_prob(ir, {}) == -float("inf")
    with pytest.raises(ValueError, match="no such choice"):
        log_prob(ir, ROUTED | {"nowhere": 1})
    with pytest.raises(ValueError, match="wrong type"):
        log_prob(ir, ROUTED | {"solve.reply[2].panel.sample.count": "2"})


def layered(*, count: int = 3) -> GraphBuilder:
    b = GraphBuilder("g")
    args = {"question": b.input()}
    b.group("a", lambda _: [role("solver", "question", args=args)], count=count, on=("small",))
    b.group("b", lambda _: [role("solver", "question", args=args)], on=("large",))
    b.group("final", lambda _: [role("fuser", "question", "drafts+", args=args)], on=("small",))
    return b


def test_messages_are_in_order_of_their_sources_not_of_edge_statements() -> None:
    b = layered()
    for source in (b.ref("b"), b.ref("a", 3), b.ref("a", 1), b.ref("a", 1)):
        b.edge(source, b.ref("final"), "drafts")
    candidate = resolve(b.program(b.ref("final")), {}).candidate

    final = candidate.nodes[-1]
    ids = ["g.a[1]", "g.a[2]", "g.b"]
    assert dict(final.inputs)["drafts"] == ListOf(items=tuple(NodeRef(id=name) for name in ids))
    assert [node.id for node in candidate.nodes] == [*ids, "g.final"]


def test_an_edge_under_a_guard_delivers_only_when_it_holds() -> None:
    b = layered(count=2)
    agree = Fn(fn="std.signals:agreement", args=(b.whole("a"),))
    guard = Op(op="<", args=(agree, text(0.5)))
    b.edge(b.ref("a", 1), b.ref("final"), "drafts")
    b.edge(b.ref("b"), b.ref("final"), "drafts", guard=guard)
    candidate = resolve(b.program(b.ref("final")), {}).candidate

    drafts = dict(candidate.nodes[-1].inputs)["drafts"]
    assert isinstance(drafts, ListOf)
    assert drafts.items[0] == NodeRef(id="g.a[1]")
    both = ListOf(items=(NodeRef(id="g.a[1]"), NodeRef(id="g.a[2]")))
    expected = Op(op="<", args=(Fn(fn="std.signals:agreement", args=(both,)), Const(value=0.5)))
    assert drafts.items[1] == Op(op="when", args=(expected, NodeRef(id="g.b")))
    assert "g.a[2]" in [node.id for node in candidate.nodes], "read by the guard, so it is live"


def test_a_list_from_a_nested_instance_is_spliced_in_place() -> None:
    b = GraphBuilder("g")
    inner = GraphBuilder("g.many.gen", choices=b.choices)
    asking = {"question": inner.input()}
    inner.group("s", lambda _: [role("solver", "question", args=asking)], count=2, on=("small",))
    gen = inner.graph(inner.whole("s"), "gen")
    args = {"question": b.input()}
    b.group("many", lambda _: [nested(gen, args=args)])
    b.group("one", lambda _: [role("solver", "question", args=args)], on=("large",))
    wired = ListOf(items=(b.ref("one"), b.ref("many")))
    b.group("final", lambda _: [function("majority", "std.reduce:majority", "xs+", args={"xs": wired})])
    final = resolve(b.program(b.ref("final")), {}).candidate.nodes[-1]

    ids = ("g.one", "g.many.s[1]", "g.many.s[2]")
    assert dict(final.inputs)["xs"] == ListOf(items=tuple(NodeRef(id=name) for name in ids))


def test_shared_choices_and_model_of_fold_to_constants() -> None:
    b = GraphBuilder("g")
    args = {"question": b.input()}
    heat = b.choice("heat", ChoiceKind.PARAM, FloatRange(low=0.5, high=0.5))
    b.group(
        "a",
        lambda _: [role("solver", "question", args=args, fields={"temperature": heat})],
        on=("small", "large"),
    )
    same = Op(op="==", args=(ModelOf(node="g.a"), ModelName(name="large")))
    b.group(
        "c",
        lambda _: [role("critic", "question", "draft", args={**args, "draft": b.ref("a")})],
        on=ModelOf(node="g.a"),
        guard=lambda _: Op(op="and", args=(same, Op(op=">", args=(text(1), text(0))))),
    )
    ir = b.program(b.ref("c"))
    nodes = resolve(ir, {"g.heat": 0.5, "g.a.model": "large"}).candidate.calls

    assert [call.model for call in nodes] == ["large", "large"]
    assert nodes[0].temperature == 0.5
    assert nodes[1].guard is None, "both conjuncts are true before the run"
    assert log_prob(ir, {"g.heat": 0.5, "g.a.model": "large"}) == pytest.approx(-0.6931471805599453)


def test_a_function_has_no_model_and_leaves_the_choice_inactive() -> None:
    b = GraphBuilder("g")
    args = {"question": b.input()}
    b.group("s", lambda _: [role("solver", "question", args=args)], count=2, on=("small",))
    wires = {"question": b.input(), "xs": b.whole("s")}
    b.group(
        "final",
        lambda _: [
            role("fuser", "question", "xs+", args=wires),
            function("majority", "std.reduce:majority", "xs+", args={"xs": b.whole("s")}),
        ],
        on=("small", "large"),
    )
    ir = b.program(b.ref("final"))

    listed = [assignment for assignment, _ in enumerate_assignments(ir)]
    assert {"g.final.what": "majority"} in listed
    assert len(listed) == 3
    assert isinstance(resolve(ir, {"g.final.what": "majority"}).candidate.nodes[-1], FnNode)


def test_a_condition_on_what_a_node_is_decides_it_first() -> None:
    b = GraphBuilder("g")
    args = {"question": b.input()}
    b.group(
        "w",
        lambda _: [
            role("assistant", "question", args=args),
            role("fuser", "question", "drafts+", args=args),
        ],
        count=3,
        on=("small",),
    )
    b.group("final", lambda _: [function("majority", "std.reduce:majority", "drafts+")])
    for target in (2, 3):
        for source in range(1, target):
            sorted_out = Is(node=f"g.w[{source}]", what="assistant")
            b.edge(b.ref("w", source), b.ref("w", target), "drafts", exists=sorted_out, p=0.5)
    for source in (1, 2, 3):
        b.edge(b.ref("w", source), b.ref("final"), "drafts", p=0.5)
    ir = b.program(b.ref("final"))

    total = 0.0
    for assignment, chance in enumerate_assignments(ir):
        total += chance
        for call in resolve(ir, assignment).candidate.calls:
            assert call.role == "assistant" or dict(call.inputs)["drafts"]
    assert total == pytest.approx(1.0, abs=1e-12)
    for trial in range(50):
        sample(ir, Stream(2, trial))


def test_replicas_share_no_draw_and_temperature_zero_has_draw_zero() -> None:
    b = GraphBuilder("g")
    args = {"question": b.input()}
    cold = {"temperature": text(0)}
    b.group("a", lambda _: [role("solver", "question", args=args)], count=2, on=("small",))
    b.group("z", lambda _: [role("solver", "question", args=args, fields=cold)], count=2, on=("small",))
    none = {"temperature": text(None)}
    b.group("n", lambda _: [role("solver", "question", args=args, fields=none)], count=2, on=("small",))
    every = ListOf(items=(b.whole("a"), b.whole("z"), b.whole("n")))
    b.group("f", lambda _: [function("majority", "std.reduce:majority", "xs+", args={"xs": every})])

    calls = resolve(b.program(b.ref("f")), {}).candidate.calls
    assert [call.draw for call in calls] == [0, 1, 0, 0, 0, 1]
    assert [call.temperature for call in calls] == [0.7, 0.7, 0.0, 0.0, None, None]


def test_the_mode_takes_the_most_probable_and_stays_in_the_space() -> None:
    ir = router()
    chosen = mode(ir)
    assert log_prob(ir, chosen) > -float("inf")
    assert chosen["solve.reply[1].what"] == "assistant"


def test_an_open_choice_that_nothing_declares_is_our_fault() -> None:
    b = GraphBuilder("g")
    b.group("a", lambda _: [role("solver", "question", args={"question": b.input()})], on=("small",))
    ir = b.program(ChoiceRef(address="g.ghost"))
    with pytest.raises(ValueError, match="ghost"):
        resolve(ir, {})
