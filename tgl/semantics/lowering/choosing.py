"""`~domain`: what a choice chooses from (language.md C1)."""

from __future__ import annotations

from tgl.ir import ChoiceRef, Const, Expr, ListOf, ModelName, WhatName
from tgl.semantics.errors import choices as choice_facts
from tgl.semantics.lowering import domains
from tgl.semantics.lowering.functions import Evaluate
from tgl.semantics.lowering.made import is_domain, made
from tgl.semantics.lowering.state import Env, Site, State
from tgl.semantics.scope import PRELUDE
from tgl.syntax import ast


def choice(state: State, expr: ast.Choice, env: Env, site: Site, evaluate: Evaluate) -> Expr:
    """`~domain`."""
    domain = expr.domain
    match domain:
        case ast.Number():
            return domains.register(state, env, site, expr, domains.probability(state, env, domain))
        case ast.Range(low=low, high=high):
            bounds = evaluate(state, low, env, site), evaluate(state, high, env, site)
            return domains.register(state, env, site, expr, domains.range_domain(state, env, domain, *bounds))
        case ast.Weights(items=items):
            weighted = [
                (
                    option(state, item, env, site, evaluate),
                    domains.weight(state, env, weight, evaluate(state, weight, env, site)),
                )
                for item, weight in items
            ]
            return domains.choose(state, env, site, expr, weighted)
        case ast.ListExpr(items=items):
            values = [option(state, item, env, site, evaluate) for item in items]
        case ast.Call(func=ast.Name(id=name)) if is_domain(env, name):
            return made(state, env, site, expr, domain, name, evaluate)
        case _:
            found = evaluate(state, domain, env, site)
            if isinstance(domain, ast.Name) and isinstance(found, (ModelName, WhatName, Const)):
                kind = "model" if isinstance(found, ModelName) else "value"
                raise domains.single(state, env, expr, kind)
            if not isinstance(found, ListOf):
                what = "a choice already" if isinstance(found, ChoiceRef) else "no list"
                raise state.problems.abandon(choice_facts.not_a_domain(env.at(domain), what))
            values = [domains.plain_option(state, env, domain, value) for value in found.items]
    if not values:
        raise state.problems.abandon(choice_facts.empty_domain(env.at(expr)))
    return domains.choose(state, env, site, expr, [(value, 1.0) for value in values])


def option(state: State, item: ast.Expr, env: Env, site: Site, evaluate: Evaluate) -> Expr:
    """The value of an option."""
    domains.refuse_nested(state, env, item)
    func = item.func if isinstance(item, ast.Call) else None
    if isinstance(func, ast.Name):
        what = evaluate(state, func, env, site) if func.id not in PRELUDE else None
        if isinstance(what, WhatName):
            return what
    return domains.plain_option(state, env, item, evaluate(state, item, env, site))
