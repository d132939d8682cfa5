"""What a node may be: a role, a function, a graph, a call of one, or a choice of them."""

from __future__ import annotations

from dataclasses import replace

from tgl.ir import ChoiceKind, Const, Expr, WhatName
from tgl.semantics.errors import choices as choice_facts
from tgl.semantics.errors import names as name_facts
from tgl.semantics.errors import types as facts
from tgl.semantics.errors.at import At
from tgl.semantics.lowering import domains
from tgl.semantics.lowering.alternatives import Use, Written, argument_site, definition, list_items
from tgl.semantics.lowering.evaluate import evaluate
from tgl.semantics.lowering.state import Env, Given, Site, State
from tgl.semantics.problems import Abandon
from tgl.semantics.scope import FUNCTIONS, PRELUDE, VALUES, kind_of
from tgl.syntax import ast
from tgl.text import frozen


@frozen
class Picked:
    """The alternatives of a node, and which of them is picked (by key, static)."""

    pick: Expr
    uses: tuple[Use, ...]


def pick_what(state: State, written: Written, node_site: Site) -> Picked:
    """The alternatives that an expression names.

    Args:
        state: of the lowering.
        written: the expression after the `:` of a node, or what it refers to.
        node_site: the site of choices that are written at the node.

    Raises:
        Abandon: if it names none (reported).
    """
    expr, env = written.expr, written.env
    match expr:
        case ast.Name():
            return named_what(state, expr, written, node_site)
        case ast.Call(func=func, args=args):
            picked = pick_what(state, replace(written, expr=func), node_site)
            givens = tuple(Given(arg, env, argument_site(written.site, arg)) for arg in args)
            uses = tuple(replace(use, givens=use.givens + givens, place=env.at(expr)) for use in picked.uses)
            return Picked(
                picked.pick,
                uses
                if len(uses) == 1
                else tuple(replace(u, place=p.place) for u, p in zip(uses, picked.uses, strict=True)),
            )
        case ast.Choice():
            return chosen(state, expr, written, node_site)
        case ast.Index(base=base, args=(ast.Arg(value=index, name=None),)):
            items = list_items(state, replace(written, expr=base))
            at = evaluate(state, index, env, written.site or node_site)
            if (
                items is not None
                and isinstance(at, Const)
                and isinstance(at.value, int)
                and 1 <= at.value <= len(items)
            ):
                return pick_what(state, items[at.value - 1], node_site)
        case ast.ListExpr():
            raise state.problems.abandon(
                choice_facts.vector_length(env.at(expr), len(expr.items), "this node has no replicas")
            )
        case _:
            pass
    message = "a node runs a role, a function or a graph"
    raise state.problems.abandon(facts.type_mismatch(env.at(expr), message, "none of these"))


def named_what(state: State, expr: ast.Name, written: Written, node_site: Site) -> Picked:
    env = written.env
    declared = None if env.instance is None else env.instance.find(expr.id)
    if declared is not None:
        owner, item = declared
        if isinstance(item, (ast.Param, ast.Let)):
            value, home, site = definition(owner, item)
            key = (owner.path, item.name)
            return guarded(state, key, owner.scope.at(item.name_span), Written(value, home, site), node_site)
        found = "an input" if isinstance(item, ast.Port) else "a node"
        raise state.problems.abandon(
            name_facts.wrong_kind(
                env.at(expr), expr.id, found, "a role, a function or a graph", env.scope.at(item.name_span)
            )
        )
    binding = env.scope.names.get(expr.id)
    decl = None if binding is None else binding.decl
    if binding is None and expr.id in VALUES | FUNCTIONS | PRELUDE:
        kind = "a value" if expr.id in VALUES else "a built-in function"
        wanted = "a role, a function or a graph"
        raise state.problems.abandon(name_facts.wrong_kind(env.at(expr), expr.id, kind, wanted))
    if binding is None or decl is None:
        raise Abandon
    scope = state.files.scopes[binding.home]
    match decl:
        case ast.Role() | ast.Fn() | ast.Graph():
            return Picked(Const(value=decl.name), (Use(decl.name, decl, scope, (), env.at(expr)),))
        case ast.Let(is_function=False):
            site = Site(decl.name, ChoiceKind.PARAM, decl.value)
            at = scope.at(decl.name_span)
            return guarded(
                state, (scope.source.name, decl.name), at, Written(decl.value, Env(scope), site), node_site
            )
        case _:
            raise state.problems.abandon(
                name_facts.wrong_kind(
                    env.at(expr), expr.id, kind_of(decl), "a role, a function or a graph", binding.at
                )
            )


def guarded(state: State, key: tuple[str, str], at: At, written: Written, node_site: Site) -> Picked:
    """What a name stands for, unless it stands for itself."""
    if key in state.pending:
        raise state.problems.abandon(name_facts.recursive_definition(at, key[1]))
    state.pending.append(key)
    try:
        return pick_what(state, written, node_site)
    finally:
        state.pending.pop()


def chosen(state: State, expr: ast.Choice, written: Written, node_site: Site) -> Picked:
    """`~[assistant, panel(n: ~2..5)]`, `~{assistant: 0.7, fuser: 0.3}`, `~team`."""
    env, site = written.env, written.site or node_site
    domain, shared = expr.domain, ()
    if isinstance(domain, ast.Call) and isinstance(domain.func, (ast.ListExpr, ast.Weights)):
        # `~[one, vote](hints: hint)`: the arguments are those of every option
        domain, shared = domain.func, domain.args
    if isinstance(domain, ast.Weights):
        items = [replace(written, expr=item) for item, _ in domain.items]
        weights = [domains.weight(state, env, w, evaluate(state, w, env, site)) for _, w in domain.items]
    else:
        found = list_items(state, replace(written, expr=domain))
        if found is None:
            bound = env.scope.names.get(domain.id) if isinstance(domain, ast.Name) else None
            if bound is not None and isinstance(bound.decl, (ast.Role, ast.Fn, ast.Graph)):
                raise domains.single(state, env, expr, kind_of(bound.decl).removeprefix("a "))
            raise state.problems.abandon(choice_facts.not_a_domain(env.at(domain), "no list"))
        items, weights = found, [1.0] * len(found)
    if not items:
        raise state.problems.abandon(choice_facts.empty_domain(env.at(expr)))
    uses: list[Use] = []
    seen: dict[str, int] = {}
    for item in items:
        domains.refuse_nested(state, item.env, item.expr)
        picked = pick_what(state, item, node_site)
        if len(picked.uses) != 1:
            raise state.problems.abandon(choice_facts.nested_choice(item.env.at(item.expr)))
        given = tuple(Given(arg, env, argument_site(written.site, arg)) for arg in shared)
        use = replace(picked.uses[0], givens=picked.uses[0].givens + given)
        seen[use.key] = seen.get(use.key, 0) + 1
        uses.append(use if seen[use.key] == 1 else replace(use, key=f"{use.key}#{seen[use.key]}"))
    options = [(WhatName(name=use.key), weight) for use, weight in zip(uses, weights, strict=True)]
    return Picked(domains.choose(state, env, site, expr, [*options]), tuple(uses))
