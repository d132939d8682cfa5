"""What a run needs at least and at most, in closed form."""

import math

import pytest

from tgl.ir import ModelSpec, Op, ProgramIR
from tgl.space import (
    Known,
    Lengths,
    NodeBounds,
    Range,
    RowLengths,
    Seen,
    TextSize,
    ask_tokens,
    candidate_bounds,
    resolve,
    worst_calls,
)
from tgl.space.flops import call_flops
from tgl.space.tokens import PER_CONVERSATION, PER_MESSAGE
from tgl.testing.ir_builder import GraphBuilder, function, role, text

AROUND = PER_CONVERSATION + PER_MESSAGE
MODELS = {
    "small": ModelSpec(name="small", provider="local"),
    "large": ModelSpec(name="large", provider="openai", prompt_price=1e-3, completion_price=1e-2),
}


def chain(**fields: object) -> ProgramIR:
    b = GraphBuilder("g", ("question", "kind"))
    settings = {"max_tokens": text(10), "retry": text(2)} | fields
    args = {"question": b.input()}
    b.group("a", lambda _: [role("s", "question", args=args, fields=settings)], count=2, on=("small",))  # type: ignore[arg-type]
    prompt = {
        "prompt": text("{{ question }}{% for d in drafts %}{{ d }};{% endfor %}"),
        "max_tokens": text(7),
    }
    wires = {"question": b.input(), "drafts": b.whole("a")}
    b.group("b", lambda _: [role("f", "question", "drafts+", args=wires, fields=prompt)], on=("large",))
    return b.program(b.ref("b"))


def router(*, also: bool = True) -> ProgramIR:
    b = GraphBuilder("g", ("question", "kind"))
    for kind, count in (("x", 2), ("y", 3)):
        guard = Op(op="==", args=(b.input("kind"), text(kind)))
        b.group(
            kind,
            lambda _: [role("s", "question", args={"question": b.input()})],
            count=count,
            on=("small",),
            guard=lambda _, guard=guard: guard,  # type: ignore[misc]
        )
    wires = {"a": b.whole("x"), "b": b.whole("y")}
    names = ["a+", "b+"]
    if also:
        b.group("always", lambda _: [role("s", "question", args={"question": b.input()})], on=("small",))
        wires["c"] = b.ref("always")
        names.append("c")
    b.group("f", lambda _: [function("join", "std.reduce:join", *names, args=wires)])
    return b.program(b.ref("f"))


def test_upstream_replies_count_with_their_declared_maximum() -> None:
    candidate = resolve(chain(), {}).candidate
    tokens = ask_tokens(candidate, Lengths({"question": 100}))
    assert {name: (one.prompt, one.completion) for name, one in tokens.items()} == {
        "g.a[1]": (100 + AROUND, 10),
        "g.a[2]": (100 + AROUND, 10),
        "g.b": (100 + 2 * (10 + 1) + AROUND, 7),
    }


def test_a_run_of_a_chain_has_these_bounds() -> None:
    known = Known(MODELS, Lengths({"question": 100}))
    found = candidate_bounds(resolve(chain(), {}).candidate, known)
    last = 122 + AROUND
    assert found.total.calls == Range(3, 3, 7)
    assert found.total.completion == Range(0, 27, 2 * 3 * 10 + 7)
    assert found.total.prompt.most == 2 * 3 * (100 + AROUND) + last
    assert found.total.dollars is not None
    assert found.total.dollars.most == pytest.approx(last * 1e-3 + 7 * 1e-2)  # the small one is free
    assert found.total.dollars.least == pytest.approx(1e-3)
    assert found.total.flops is None
    assert found.path.calls == Range(2, 2, 3 + 1)
    assert [node.asks for node in found.nodes] == [3, 3, 1]


def test_a_greedy_call_is_asked_once() -> None:
    candidate = resolve(chain(temperature=text(0)), {}).candidate
    assert worst_calls(candidate) == 3


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"max_tokens": text(None)}, "`max_tokens` is not set"),
        ({"prompt": text("{{ question | center(500) }}")}, "it uses the filter `center`"),
    ],
)
def test_what_nothing_bounds_is_told_with_the_reason(fields: dict[str, object], reason: str) -> None:
    found = candidate_bounds(resolve(chain(**fields), {}).candidate, Known(MODELS, Lengths({"question": 1})))
    first, _, last = found.nodes
    assert first.reason == reason
    assert first.bounds.tokens.most == math.inf
    assert found.total.tokens.most == math.inf
    assert found.total.calls.most == 7
    assert (last.reason != "") == ("max_tokens" in reason)  # it shows replies of any length


def test_routes_that_exclude_each_other_do_not_add_up() -> None:
    candidate = resolve(router(), {}).candidate
    found = candidate_bounds(candidate, Known(MODELS, Lengths({"question": 1, "kind": 1})))
    assert len(candidate.calls) == 6
    assert worst_calls(candidate) == 4
    assert found.total.calls == Range(1, pytest.approx(1 + 2 / 3 + 3 / 3), 4)


def test_a_usual_run_takes_the_routes_of_the_examples() -> None:
    examples = [{"question": "?", "kind": kind} for kind in "xxxy"]
    known = Known(MODELS, Lengths({"question": 1, "kind": 1}), examples=examples)
    found = candidate_bounds(resolve(router(also=False), {}).candidate, known)
    assert found.total.calls == Range(0, pytest.approx(0.75 * 2 + 0.25 * 3), 3)


def test_a_guard_on_a_signal_may_spare_a_call_and_usually_does_not() -> None:
    b = GraphBuilder("g")
    one = [role("s", "question", args={"question": b.input()}, fields={"retry": text(0)})]
    b.group("a", lambda _: one, on=("small",))
    guard = Op(op="==", args=(b.ref("a"), text("no")))
    b.group("b", lambda _: one, on=("small",), guard=lambda _: guard)
    wires = {"x": b.ref("b"), "y": b.ref("a")}
    b.group("f", lambda _: [function("first", "std.reduce:first", "x", "y", args=wires)])
    found = candidate_bounds(resolve(b.program(b.ref("f")), {}).candidate, Known(MODELS))
    assert found.total.calls == Range(1, 2, 2)
    assert found.path.calls == Range(1, 2, 2)


def test_worked_examples_are_turns_of_the_prompt() -> None:
    b = GraphBuilder("g")
    fields = {"prompt": text("Q: {{ question }}"), "max_tokens": text(5), "shots": text(3)}
    made = role("s", "question", args={"question": b.input()}, fields=fields)
    source = {"path": "shots.jsonl", "match": None}
    shown = made.model_validate({**made.model_dump(), "shots": source})
    b.group("a", lambda _: [shown], on=("small",))
    rows = {"shots.jsonl": RowLengths({"question": TextSize(20), "unused": TextSize(900)}, reply=4)}
    candidate = resolve(b.program(b.ref("a")), {}).candidate
    [ask] = ask_tokens(candidate, Lengths({"question": 50}, rows)).values()
    assert ask.prompt == AROUND + 3 + 50 + 3 * (3 + 20 + 4 + 2 * PER_MESSAGE)


def test_seconds_are_told_where_a_model_was_seen() -> None:
    candidate = resolve(chain(), {}).candidate
    seen = {name: Seen(9, 50.0, 5.0, 2.0, 4.0) for name in MODELS}
    known = Known(MODELS, Lengths({"question": 1}), seen=seen)
    found = candidate_bounds(candidate, known)
    assert (found.path.seconds, found.path.slowest) == (4.0, 3 * 4.0 + 4.0)
    assert found.total.tokens.usual == 3 * 55.0
    one_at_a_time = candidate_bounds(candidate, Known(MODELS, known.lengths, seen=seen, slots=1))
    assert one_at_a_time.path.calls == Range(2, 3, 7)
    assert (one_at_a_time.path.seconds, one_at_a_time.path.slowest) == (6.0, 7 * 4.0)
    some = candidate_bounds(candidate, Known(MODELS, known.lengths, seen={"small": seen["small"]}))
    assert some.path.seconds is None


@pytest.mark.parametrize(
    ("params", "layers", "hidden", "column"),
    [
        (1e9, 16, 2048, (1.00, 1.59, 2.19, 2.80, 3.42, 4.05)),
        (3e9, 28, 3072, (2.99, 4.75, 6.53, 8.35, 10.19, 12.05)),
        (8e9, 32, 4096, (7.92, 12.54, 17.21, 21.91, 26.66, 31.44)),
        (70e9, 80, 8192, (69.1, 109.2, 149.5, 190.0, 230.7, 271.7)),
    ],
)
def test_flops_are_those_of_the_published_table(
    params: float, layers: int, hidden: int, column: tuple[float, ...]
) -> None:
    found = [call_flops(params, layers, hidden, 202 + d * 275, 275) / 9.710e11 for d in range(6)]
    assert found == pytest.approx(column, rel=4e-3)  # the table is printed to three digits


def test_flops_of_a_run_need_the_size_of_each_model() -> None:
    sizes = {"params": 1e9, "layers": 16, "hidden": 2048}
    models = {name: ModelSpec(name=name, provider="local", **sizes) for name in MODELS}
    found = candidate_bounds(resolve(chain(), {}).candidate, Known(models, Lengths({"question": 100})))
    assert found.total.flops is not None
    each = call_flops(1e9, 16, 2048, 100 + AROUND, 10)
    assert found.total.flops.most == pytest.approx(6 * each + call_flops(1e9, 16, 2048, 122 + AROUND, 7))
    nodes: tuple[NodeBounds, ...] = found.nodes
    assert sum(node.bounds.flops.most for node in nodes if node.bounds.flops) == pytest.approx(
        found.total.flops.most
    )
