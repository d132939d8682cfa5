"""Costs in every unit, spend, and worst cases."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tgl.evaluate import (
    CostModel,
    Forecast,
    Ledger,
    Need,
    NoPrice,
    Price,
    Tokens,
    cost_model,
    mean_tokens,
    needs_calibration,
    worst_dollars,
)
from tgl.ir import (
    CallNode,
    Candidate,
    Const,
    Expr,
    Fn,
    Input,
    KeySpec,
    ModelSpec,
    NodeRef,
    Op,
    PortSpec,
    Reader,
    TaskSpec,
    TextPlace,
    UnitSpec,
)
from tgl.space import Lengths, worst_calls


def model(name: str, **fields: float | str) -> ModelSpec:
    return ModelSpec.model_validate({"name": name, "provider": "openai", **fields})


def task(kind: str, reference: str | None = None) -> TaskSpec:
    return TaskSpec(
        name="t",
        data="d",
        train=1,
        select=1,
        test=1,
        given=("q",),
        expect="a",
        key=KeySpec(kind="exact"),
        unit=UnitSpec(kind=kind, model=reference),  # type: ignore[arg-type]
        format="",
        place=TextPlace(source="p", start=0, end=0),
    )


SMALL, LARGE = model("small", params=100.0), model("large", params=300.0)
USE = Tokens("large", 30, 10)


def test_a_unit_is_the_mean_call_of_its_model():
    prices = cost_model(task("model", "small"), [SMALL, LARGE], reference_tokens=20.0)
    assert isinstance(prices, CostModel)
    assert prices.of([Tokens("small", 12, 8)]) == pytest.approx(1.0)
    assert prices.of([USE]) == pytest.approx(300 * 40 / (100 * 20))
    assert prices.of([USE, USE]) == pytest.approx(12.0)
    assert prices.name == "units"
    assert "small" in prices.note


def test_declared_units_fix_the_price_of_a_call():
    fixed = model("large", units=9.0)
    prices = cost_model(task("model", "small"), [SMALL, fixed], reference_tokens=20.0)
    assert isinstance(prices, CostModel)
    assert prices.of([USE]) == 9.0
    every = [model("small", units=1.0), fixed]
    assert not needs_calibration(UnitSpec(kind="model", model="small"), every)
    assert isinstance(cost_model(task("model", "small"), every, None), CostModel)


@pytest.mark.parametrize(("kind", "cost", "name"), [("tokens", 40.0, "tokens"), ("calls", 1.0, "calls")])
def test_plain_units(kind: str, cost: float, name: str):
    prices = cost_model(task(kind), [SMALL, LARGE], None)
    assert isinstance(prices, CostModel)
    assert (prices.of([USE]), prices.name) == (cost, name)


def test_dollars_price_prompt_and_reply_apart_and_local_models_are_free():
    paid = model("large", prompt_price=0.01, completion_price=0.1)
    prices = cost_model(task("dollars"), [paid, model("small", provider="local")], None)
    assert isinstance(prices, CostModel)
    assert prices.of([USE, Tokens("small", 9, 9)]) == pytest.approx(0.3 + 1.0)


@pytest.mark.parametrize(
    ("kind", "models", "tokens", "lacks", "unpriced"),
    [
        ("model", [SMALL, model("odd")], 20.0, "params", ("odd",)),
        ("model", [SMALL, LARGE], None, "calls to measure", ("small", "large")),
        ("dollars", [model("a"), model("b", provider="local")], None, "prices", ("a",)),
    ],
)
def test_a_price_that_cannot_be_told_is_a_problem(kind, models, tokens, lacks, unpriced):
    problem = cost_model(task(kind, "small"), models, tokens)
    assert isinstance(problem, NoPrice)
    assert (problem.lacks, problem.models) == (lacks, unpriced)
    diagnostic = problem.diagnostic()
    assert diagnostic.code == "E0858"
    assert all(f"`{name}`" in diagnostic.message for name in unpriced)


def test_mean_tokens():
    assert mean_tokens([Tokens("m", 10, 10), Tokens("m", 1, 1)]) == 11.0
    assert mean_tokens([]) is None


# --- spend


def some(calls: int, dollars: float = 0.0) -> Forecast:
    return Forecast(unknown=Need(calls, dollars))


def test_an_identity_is_spent_once():
    ledger = Ledger(calls=10)
    ledger.settle({"a": 1.0, "b": 2.0})
    ledger.settle({"b": 2.0, "c": 4.0})
    assert ledger.spent == Need(3, 7.0)


def test_what_is_set_aside_counts_until_it_is_settled():
    ledger = Ledger(calls=10)
    assert ledger.reserve(some(6))
    assert not ledger.reserve(some(5))
    assert ledger.reserve(some(4))
    ledger.settle({"a": 0.0})
    assert ledger.reserve(some(9))
    assert not ledger.fits(Need(1))


def test_a_foreseen_call_counts_once_whoever_needs_it():
    ledger = Ledger(calls=4)
    ledger.settle({"paid": 0.0})
    assert ledger.need(Forecast({"paid": 0.5})) == Need(0)
    assert ledger.reserve(Forecast({"paid": 0.5, "a": 0.5, "b": 0.5}))
    assert ledger.need(Forecast({"a": 0.5, "c": 0.5}, Need(2, 0.25))) == Need(3, 0.75)
    assert not ledger.reserve(Forecast({"c": 0.5, "d": 0.5}))
    assert ledger.reserve(Forecast({"a": 0.5, "c": 0.5}))


def test_what_is_kept_back_is_left_alone():
    ledger = Ledger(calls=10)
    ledger.keep(Need(7))
    assert not ledger.fits(Need(4))
    ledger.keep(Need(0))
    assert ledger.fits(Need(10))


def test_dollars_are_capped_too():
    ledger = Ledger(dollars=1.0)
    assert ledger.reserve(some(1000, 0.6))
    assert not ledger.reserve(some(1, 0.5))


def test_without_caps_everything_fits():
    assert Ledger().reserve(some(10**9, 1e9))


# --- worst cases


def call(name: str, guard: Expr | None = None, **fields: object) -> CallNode:
    values = {
        "id": name,
        "role": "r",
        "model": "m",
        "prompt": "{{ q }}",
        "system": None,
        "ports": (PortSpec(name="q", type="text"),),
        "inputs": (("q", Input(instance="g", port="q")),),
        "params": (),
        "reader": Reader(kind="answer"),
        "shots": 0,
        "shots_source": None,
        "temperature": 0.7,
        "top_p": None,
        "max_tokens": 50,
        "stop": (),
        "retry": 0,
        "guard": guard,
        "draw": 0,
    }
    return CallNode.model_validate({**values, **fields})


def kind_is(name: str) -> Expr:
    return Op(op="==", args=(Input(instance="g", port="kind"), Const(value=name)))


AGREE = Op(op="<", args=(Fn(fn="std.signals:agreement", args=(NodeRef(id="a"),)), Const(value=0.6)))


@pytest.mark.parametrize(
    ("nodes", "calls"),
    [
        ([call("a")], 1),
        ([call("a", retry=2)], 3),
        ([call("a", retry=2, temperature=0.0)], 1),
        ([call("a", kind_is("x")), call("b", kind_is("y"))], 1),
        ([call("a", Op(op="!=", args=(Input(instance="g", port="kind"), Const(value="x"))))], 0),
        ([call("a"), call("b", AGREE)], 2),
        ([call("a"), call("b", Op(op="and", args=(AGREE, kind_is("y"))))], 1),
        ([call("a"), call("b", Op(op="or", args=(AGREE, kind_is("y"))))], 2),
        ([call("a", Op(op="or", args=(kind_is("y"), kind_is("x"))))], 1),
        ([call("a", Op(op="<", args=(Input(instance="g", port="kind"), Const(value=3))))], 1),
    ],
)
def test_routes_that_are_not_taken_cost_nothing(nodes: list[CallNode], calls: int):
    candidate = Candidate(nodes=tuple(nodes), output=NodeRef(id="a"))
    assert worst_calls(candidate, {"q": "?", "kind": "x"}) == calls


def test_worst_dollars_grow_with_what_a_call_may_read():
    price = {"m": Price(0.0, 1.0, 10.0)}
    alone = call("a")
    reading = call("b", inputs=(("q", NodeRef(id="a")),))
    both = Candidate(nodes=(alone, reading), output=NodeRef(id="b"))
    dearest = worst_dollars(both, price, Lengths({"q": 40}))
    assert dearest["a"] >= len("{{ q }}") + 40 + 10 * 50
    assert dearest["b"] == dearest["a"] - 40 + 50  # the reply of the other one in place of the field
    assert worst_dollars(Candidate(nodes=(alone,), output=NodeRef(id="a")), {}, Lengths({"q": 40})) == {
        "a": 0.0
    }


@dataclass
class Counted:
    model: str
    prompt_tokens: int
    completion_tokens: int


def test_anything_with_tokens_has_a_price():
    prices = cost_model(task("tokens"), [SMALL], None)
    assert isinstance(prices, CostModel)
    assert prices.of([Counted("small", 1, 2)]) == 3.0
