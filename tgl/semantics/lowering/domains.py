"""From `~` to a choice point."""

from __future__ import annotations

from typing import cast

from tgl.ir import (
    ChoicePoint,
    ChoiceRef,
    Const,
    Domain,
    Expr,
    Flip,
    FloatRange,
    IntRange,
    ListOf,
    ModelName,
    Options,
    TextPlace,
    Value,
    WhatName,
)
from tgl.semantics.errors import choices as facts
from tgl.semantics.fold import is_static, shown
from tgl.semantics.lowering.state import Env, Site, State
from tgl.semantics.problems import Abandon
from tgl.semantics.walk import choices_in, walk
from tgl.syntax import ast


def address_of(site: Site, choice: ast.Choice) -> str:
    """The address of a choice at a site."""
    position = next((k for k, found in enumerate(choices_in(site.root)) if found is choice), 0)
    return site.address if position == 0 else f"{site.address}#{position + 1}"


def reserve(state: State, address: str, choice: ast.Choice) -> str:
    """The address, numbered if another place in the text has it already."""
    candidate, number = address, 1
    while candidate in state.written and state.written[candidate] is not choice:
        number += 1
        candidate = f"{address}#{number}"
    state.written[candidate] = choice
    return candidate


def single(state: State, env: Env, choice: ast.Choice, kind: str) -> Abandon:
    """Report a choice among one thing, named where several were meant."""
    name = choice.domain
    assert isinstance(name, ast.Name)
    holding = [
        other
        for other, binding in env.scope.names.items()
        if isinstance(binding.decl, (ast.Pool, ast.Let))
        and isinstance(binding.decl.value, ast.ListExpr)
        and name in binding.decl.value.items
    ]
    found = facts.single_option(env.at(name), env.at(choice), name.id, kind, holding)
    return state.problems.abandon(found)


def choose(
    state: State, env: Env, site: Site, choice: ast.Choice, values: list[tuple[Expr, float]]
) -> ChoiceRef:
    """The choice point over weighted values; equal values are one option with the sum of their weights.

    Args:
        state: of the lowering.
        env: of the text of the choice.
        site: for the address.
        choice: the tree.
        values: at least one.
    """
    merged: dict[str, tuple[Expr, Value, float]] = {}
    for option, weight in values:
        value = value_of(option)
        key = repr((type(value).__name__, value))
        before = merged.get(key)
        merged[key] = (option, value, weight + (before[2] if before else 0.0))
    domain = Options(
        options=tuple(option for option, _, _ in merged.values()),
        values=tuple(value for _, value, _ in merged.values()),
        weights=tuple(weight for _, _, weight in merged.values()),
    )
    return register(state, env, site, choice, domain)


def register(state: State, env: Env, site: Site, choice: ast.Choice, domain: Domain) -> ChoiceRef:
    """Note a choice point once, and refer to it."""
    address = reserve(state, address_of(site, choice), choice)
    if address not in state.choices:
        place = TextPlace(source=env.scope.source.name, start=choice.span.start, end=choice.span.end)
        state.choices[address] = ChoicePoint(address=address, kind=site.kind, domain=domain, place=place)
    return ChoiceRef(address=address)


def value_of(option: Expr) -> Value:
    """How an option stands in an assignment."""
    match option:
        case Const(value=value):
            return value
        case ModelName(name=name) | WhatName(name=name):
            return name
        case ListOf(items=items):
            return cast("Value", [value_of(item) for item in items])
        case _:
            return shown(option)


def probability(state: State, env: Env, number: ast.Number) -> Flip:
    """`~0.3`."""
    if not 0 < number.value < 1 or number.unit not in ("", "%"):
        raise state.problems.abandon(facts.bad_probability(env.at(number), number.text))
    return Flip(p=float(number.value))


def range_domain(state: State, env: Env, span: ast.Range, low: Expr, high: Expr) -> Domain:
    """`~1..6`, `~0.2..1.0`."""
    match low, high:
        case Const(value=int(a)), Const(value=int(b)) if not isinstance(a, bool) and not isinstance(b, bool):
            if a > b:
                raise state.problems.abandon(
                    facts.bad_range(env.at(span), f"holds nothing: {a} is above {b}")
                )
            return IntRange(low=a, high=b)
        case Const(value=int() | float() as a), Const(value=int() | float() as b):
            if not a < b:
                raise state.problems.abandon(
                    facts.bad_range(env.at(span), f"holds nothing: {a} is not below {b}")
                )
            return FloatRange(low=float(a), high=float(b))
        case _:
            raise state.problems.abandon(
                facts.bad_range(env.at(span), "must go from one known number to another")
            )


def weight(state: State, env: Env, written: ast.Expr, value: Expr) -> float:
    """A weight of `~{…}`."""
    match value:
        case Const(value=int() | float() as number) if not isinstance(number, bool) and number > 0:
            return float(number)
        case _:
            raise state.problems.abandon(facts.bad_weight(env.at(written)))


def refuse_nested(state: State, env: Env, item: ast.Expr) -> None:
    """A choice among options is an error, except inside the arguments of an alternative (language.md C11)."""
    inside = item.func if isinstance(item, ast.Call) else item
    for found in walk(inside):
        if isinstance(found, ast.Choice):
            raise state.problems.abandon(facts.nested_choice(env.at(found)))


def plain_option(state: State, env: Env, item: ast.Expr, value: Expr) -> Expr:
    """An option that is known and can be written down."""
    match value:
        case Const() | ModelName() | WhatName():
            return value
        case ListOf(items=items) if is_static(value) and all(
            isinstance(i, (Const, ModelName, WhatName)) for i in items
        ):
            return value
        case _:
            raise state.problems.abandon(facts.not_a_domain(env.at(item), "a list of what only a run knows"))
