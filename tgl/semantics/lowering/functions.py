"""Built-in functions, and `let`s with parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tgl.ir import ChoiceRef, Const, Expr, Fn, ListOf, ModelOf, NodeRef, Options
from tgl.semantics.errors import choices as choice_facts
from tgl.semantics.errors import names as name_facts
from tgl.semantics.errors import types as facts
from tgl.semantics.fold import ABSENT, is_static, op
from tgl.semantics.lowering import domains
from tgl.semantics.lowering.indices import ast_name, folded
from tgl.semantics.lowering.quantify import quantified
from tgl.semantics.lowering.state import Env, Site, State
from tgl.semantics.problems import Abandon
from tgl.semantics.scope import DOMAINS, QUANTIFIERS, VALUES
from tgl.syntax import ast

Evaluate = Callable[[State, ast.Expr, Env, Site], Expr]
Call = Callable[[State, ast.Call, Env, Site], Expr]


def built_in(state: State, name: str, expr: ast.Call, env: Env, site: Site, evaluate: Evaluate) -> Expr:
    """`size(xs)`, `ran(node)`, `empty(xs)`, `max(a, b)`, `min(a, b)` and `model_of(node)`."""
    at = env.at(expr)
    if name in DOMAINS:
        message = f"`{name}` makes what a `~` chooses from"
        raise state.problems.abandon(
            facts.type_mismatch(at, message, "no choice without `~`", f"write `~{name}(…)`")
        )
    if name in QUANTIFIERS:
        return quantified(state, name, expr, env, site, evaluate)
    if name in ("max", "min"):
        return extreme(state, name, expr, env, site, evaluate)
    if name in VALUES or name == "acyclic":
        found = "a yes or no" if name in VALUES else "a condition of edges"
        raise state.problems.abandon(name_facts.wrong_kind(env.at(expr.func), name, found, "a function"))
    if name not in ("size", "ran", "empty", "model_of"):
        raise Abandon
    if len(expr.args) != 1 or expr.args[0].name is not None:
        raise state.problems.abandon(facts.too_many_arguments(at, name, 1))
    value = evaluate(state, expr.args[0].value, env, site)
    if name == "model_of":
        if value == ABSENT:
            return ABSENT
        if not isinstance(value, NodeRef):
            raise state.problems.abandon(facts.type_mismatch(at, "`model_of` takes one node", "not one node"))
        return ModelOf(node=value.id)
    if name == "ran":
        if not isinstance(value, NodeRef):
            raise state.problems.abandon(facts.type_mismatch(at, "`ran` takes one node", "not one node"))
        return Fn(fn="std.signals:ran", args=(value,))
    if name == "empty":
        return is_empty(state, value)
    if isinstance(value, ChoiceRef) and (sizes := list_sizes(state, value)) is not None:
        return Const(value=sizes[0]) if len(set(sizes)) == 1 else op("size", value)
    if not isinstance(value, ListOf) or not is_static(value):
        if isinstance(value, ListOf) and all(isinstance(item, NodeRef) for item in value.items):
            message = "`size` counts a list that is written in the program"
            hint = "name the count with a `param`, and use that"
            raise state.problems.abandon(facts.type_mismatch(at, message, "a list of messages", hint))
        if not is_static(value):
            raise state.problems.abandon(facts.runtime_value(env.at(expr.args[0].value), "a size"))
        raise state.problems.abandon(facts.type_mismatch(at, "`size` takes a list", "no list"))
    return Const(value=len(value.items))


def extreme(state: State, name: str, expr: ast.Call, env: Env, site: Site, evaluate: Evaluate) -> Expr:
    """`max(a, b)`, `min(xs)`: of numbers known before the run a number, else a function of the run."""
    if not expr.args:
        message = f"`{name}` takes numbers, or a list of them"
        raise state.problems.abandon(facts.type_mismatch(env.at(expr), message, "argument missing"))
    for arg in expr.args:
        if arg.name is not None:
            message = f"`{name}` takes numbers, and none of them has a name"
            raise state.problems.abandon(facts.type_mismatch(env.at(arg), message, "named argument"))
    values = [evaluate(state, arg.value, env, site) for arg in expr.args]
    if all(arg.when is None for arg in expr.args) and all(map(is_static, values)):
        return folded(state, env, expr, name, *values)
    pairs = zip(expr.args, values, strict=True)
    whens = [
        value if arg.when is None else op("when", evaluate(state, arg.when, env, site), value)
        for arg, value in pairs
    ]
    return Fn(fn=f"core:{name}", args=tuple(whens))


def is_empty(state: State, value: Expr) -> Expr:
    """Whether nothing is there: of a written list before the run, of messages in it."""
    if isinstance(value, ChoiceRef) and list_sizes(state, value) is not None:
        return op("==", op("size", value), Const(value=0))
    if isinstance(value, ListOf) and is_static(value):
        return Const(value=not value.items)
    return Fn(fn="core:empty", args=(value,))


def list_sizes(state: State, chosen: ChoiceRef) -> list[int] | None:
    """The lengths of the lists that a choice is among; None if it is not one of lists."""
    domain = state.choices[chosen.address].domain
    options = domain.options if isinstance(domain, Options) else ()
    sizes = [len(option.items) for option in options if isinstance(option, ListOf)]
    return sizes if sizes and len(sizes) == len(options) else None


def apply_let(
    state: State, let: ast.Let, expr: ast.Call, env: Env, site: Site, home: Env, evaluate: Evaluate
) -> Expr:
    """A `let` with parameters: its text with the arguments in their places."""
    at = env.at(expr)
    values = [evaluate(state, arg.value, env, site) for arg in expr.args]
    if len(values) != len(let.params) or any(arg.name is not None for arg in expr.args):
        raise state.problems.abandon(facts.too_many_arguments(at, let.name, len(let.params)))
    for found in domains.choices_in(let.value):
        raise state.problems.abandon(choice_facts.choice_in_function(home.at(found), let.name))
    key = (home.scope.source.name, let.name)
    if key in state.pending:
        raise state.problems.abandon(name_facts.recursive_definition(home.scope.at(let.name_span), let.name))
    state.pending.append(key)
    try:
        return evaluate(state, let.value, home.with_index(dict(zip(let.params, values, strict=True))), site)
    finally:
        state.pending.pop()


def apply_chosen(state: State, expr: ast.Call, env: Env, site: Site, chosen: Expr, call: Call) -> Expr:
    """A name that stands for a function: a `let` by name, or a choice of several."""
    if isinstance(chosen, Const) and isinstance(chosen.value, str):
        return call(state, replace(expr, func=ast.Name(chosen.value, span=expr.func.span)), env, site)
    domain = state.choices[chosen.address].domain if isinstance(chosen, ChoiceRef) else None
    if isinstance(chosen, ChoiceRef) and isinstance(domain, Options):
        cases: list[Expr] = []
        for option_value in domain.options:
            if not (isinstance(option_value, Const) and isinstance(option_value.value, str)):
                break
            func = ast.Name(option_value.value, span=expr.func.span)
            value = call(state, replace(expr, func=func), env, site)
            cases.append(op("and", op("==", chosen, option_value), value))
        else:
            return op("or", *cases)
    raise state.problems.abandon(
        facts.type_mismatch(env.at(expr), f"`{ast_name(expr.func)}` is no function", "cannot be called")
    )
