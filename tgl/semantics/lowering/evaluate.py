"""The value of an expression: known parts folded, choices referred to, the rest left to the run."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product

from tgl.ir import (
    ChoiceKind,
    ChoiceRef,
    Const,
    Expr,
    Input,
    Is,
    ListOf,
    ModelName,
    NodeRef,
    Op,
    WhatName,
)
from tgl.semantics.errors import choices as choice_facts
from tgl.semantics.errors import graph as graph_facts
from tgl.semantics.errors import names as name_facts
from tgl.semantics.errors import types as facts
from tgl.semantics.errors.at import At
from tgl.semantics.fold import ABSENT, is_static, op
from tgl.semantics.lowering.alternatives import definition
from tgl.semantics.lowering.bounds import largest
from tgl.semantics.lowering.calls import call
from tgl.semantics.lowering.choosing import choice
from tgl.semantics.lowering.functions import list_sizes
from tgl.semantics.lowering.indices import ast_name, check_range, folded, replica
from tgl.semantics.lowering.parts import check_part
from tgl.semantics.lowering.rounds import member, name_by_number, rounds_of
from tgl.semantics.lowering.state import MOST_NODES, Env, Instance, Replicas, Site, State
from tgl.semantics.problems import Abandon
from tgl.semantics.scope import BUILT_IN, FUNCTIONS, PRELUDE, Binding, kind_of
from tgl.syntax import ast

MOST_REPLICAS = 512
MOST_EDGES = 20_000
MOST_NESTED = 24


def evaluate(state: State, expr: ast.Expr, env: Env, site: Site) -> Expr:
    """The value of an expression.

    Args:
        state: of the lowering; problems are reported there.
        expr: the tree.
        env: what its names mean.
        site: the address of choices in it.

    Raises:
        Abandon: if it has none (reported).
    """
    match expr:
        case ast.Name(id=name):
            return named(state, name, expr, env)
        case ast.Number(value=value, unit=unit):
            if unit not in ("", "%"):
                message = f"`{expr.text}` has a unit, and a plain number is needed here"
                raise state.problems.abandon(facts.type_mismatch(env.at(expr), message, "with a unit"))
            return Const(value=value)
        case ast.String(value=value):
            return Const(value=value)
        case ast.ListExpr(items=items):
            return ListOf(items=tuple(evaluate(state, item, env, site) for item in items))
        case ast.Unary(op=sign, operand=operand):
            inner = evaluate(state, operand, env, site)
            return folded(state, env, expr, "neg" if sign == "-" else sign, inner)
        case ast.Binary():
            return binary(state, expr, env, site)
        case ast.Is():
            return is_what(state, expr, env, site)
        case ast.Range(low=low, high=high):
            match evaluate(state, low, env, site), evaluate(state, high, env, site):
                case Const(value=int(a)), Const(value=int(b)) if 0 <= b - a < MOST_REPLICAS:
                    return ListOf(items=tuple(Const(value=k) for k in range(a, b + 1)))
                case _:
                    raise state.problems.abandon(
                        choice_facts.bad_range(env.at(expr), "is no list of whole numbers")
                    )
        case ast.Choice():
            return choice(state, expr, env, site, evaluate)
        case ast.Index():
            return indexed(state, expr, env, site)
        case ast.Call():
            return call(state, expr, env, site, evaluate)
        case ast.Member():
            return member(state, expr, env, site, evaluate, inner_value)
        case ast.Fit():
            raise state.problems.abandon(name_facts.not_yet(env.at(expr), "`fit`"))
        case ast.Weights():
            raise state.problems.abandon(choice_facts.not_a_domain(env.at(expr), "no choice without `~`"))


def binary(state: State, expr: ast.Binary, env: Env, site: Site) -> Expr:
    left = evaluate(state, expr.left, env, site)
    decisive = expr.op == "or"
    if expr.op in ("and", "or") and left == Const(value=decisive):
        return left
    right = evaluate(state, expr.right, env, site)
    if expr.op in ("<", "<=", ">", ">="):
        check_compared(state, env, expr.left, expr.right)
    if expr.op == "+" and isinstance(left, ListOf) and isinstance(right, ListOf):
        return ListOf(items=left.items + right.items)
    if expr.op in ("==", "!=", "<", "<=", ">", ">=") and ABSENT in (left, right):
        return ABSENT
    return folded(state, env, expr, expr.op, left, right)


def check_compared(state: State, env: Env, *sides: ast.Expr) -> None:
    """Report a yes/no, such as `~0.5`, where a number is compared."""
    for side in sides:
        if isinstance(side, ast.Choice) and isinstance(side.domain, ast.Number):
            written = side.domain.text
            message = f"`~{written}` is a yes/no choice, and a number is compared here"
            hint = f"write `{written}`, or a range to choose the number from, such as `~0.1..0.9`"
            raise state.problems.abandon(facts.type_mismatch(env.at(side), message, "no number", hint))


def named(state: State, name: str, expr: ast.Name, env: Env) -> Expr:
    """The value of a name."""
    if name in env.index:
        return env.index[name]
    if name in ("true", "false"):
        return Const(value=name == "true")
    declared = None if env.instance is None else env.instance.find(name)
    if declared is not None:
        return inner_value(state, declared[0], name)
    binding = env.scope.names.get(name)
    if binding is None and name == "acyclic":
        return acyclic(state, expr, env)
    if binding is None and len(name) == 1 and name not in env.scope.broken:
        state.problems.add(name_facts.unbound_index(env.at(expr), name))
    if binding is None and name in FUNCTIONS | PRELUDE:
        state.problems.add(name_facts.wrong_kind(env.at(expr), name, "a built-in function", "a value"))
    if binding is None or binding.decl is None:
        raise Abandon
    return outer_value(state, binding, expr, env)


def acyclic(state: State, expr: ast.Name, env: Env) -> Expr:
    """`acyclic`, in the `if` of an edge (language.md C15)."""
    if not env.of_edge:
        message = "`acyclic` asks whether an edge closes a circle"
        hint = "write it into the `if` of an edge: `edge a[i] -> a[j] if acyclic and ~0.3`"
        raise state.problems.abandon(
            facts.type_mismatch(env.at(expr), message, "not the `if` of an edge", hint)
        )
    return op("acyclic")


def inner_value(state: State, instance: Instance, name: str) -> Expr:
    """The value of a name of a graph instance: computed once for each instance."""
    if name in instance.bound:
        return instance.bound[name]
    item = instance.names[name]
    match item:
        case ast.Port():
            return Input(instance=instance.path, port=name)
        case ast.Each():
            rounds = rounds_of(state, instance, item, evaluate)
            return ListOf(items=tuple(NodeRef(id=body.path) for body in rounds.bodies))
        case ast.Loop():
            raise state.problems.abandon(graph_facts.bare_loop(instance.scope.at(item.name_span), name))
        case ast.NodeStmt():
            group = replicas(state, instance, name)
            refs = tuple(NodeRef(id=instance.node_id(group.label(index))) for index in group.indices)
            return ListOf(items=refs) if item.dims else refs[0]
        case ast.Let(is_function=True):
            return Const(value=name)
        case ast.Param() | ast.Let():
            pass
        case _:
            raise Abandon
    if name in instance.values:
        return instance.values[name]
    if name in instance.failed:
        raise Abandon
    if name in instance.pending:
        raise state.problems.abandon(name_facts.recursive_definition(instance.scope.at(item.name_span), name))
    instance.pending.append(name)
    try:
        value = param_value(state, instance, item)
    except Abandon:
        instance.failed.add(name)
        raise
    finally:
        instance.pending.pop()
    instance.values[name] = value
    return value


def param_value(state: State, instance: Instance, item: ast.Param | ast.Let) -> Expr:
    """The value of a param or `let`: its argument if it has one, else what is written."""
    expr, env, site = definition(instance, item)
    return evaluate(state, expr, env, site)


def outer_value(state: State, binding: Binding, expr: ast.Name, env: Env) -> Expr:
    """The value of a name of a file."""
    decl = binding.decl
    match decl:
        case ast.Model():
            home = state.files.scopes[binding.home]
            first = state.models.setdefault(decl.name, home)
            if first is not home:
                other = next(
                    d for d in first.module.decls if isinstance(d, ast.Model) and d.name == decl.name
                )
                raise state.problems.abandon(
                    name_facts.duplicate_name(home.at(decl.name_span), decl.name, first.at(other.name_span))
                )
            return ModelName(name=decl.name)
        case ast.Role() | ast.Fn() | ast.Graph():
            return WhatName(name=decl.name)
        case ast.Let(is_function=True):
            return Const(value=expr.id)
        case ast.Let() | ast.Pool():
            return global_value(state, binding.home, decl)
        case None:
            raise Abandon
        case _:
            raise state.problems.abandon(
                name_facts.wrong_kind(env.at(expr), expr.id, kind_of(decl), "a value", binding.at)
            )


def global_value(state: State, home: str, decl: ast.Let | ast.Pool) -> Expr:
    """The value of a `let` or a pool of a file: computed once."""
    key = (home, decl.name)
    if key in state.globals:
        return state.globals[key]
    if key in state.failed:
        raise Abandon
    scope = state.files.scopes[home]
    if key in state.pending:
        raise state.problems.abandon(name_facts.recursive_definition(scope.at(decl.name_span), decl.name))
    state.pending.append(key)
    try:
        value = evaluate(state, decl.value, Env(scope), Site(decl.name, ChoiceKind.PARAM, decl.value))
        if isinstance(decl, ast.Pool):
            check_pool(state, scope.at(decl.value.span), value)
    except Abandon:
        state.failed.add(key)
        raise
    finally:
        state.pending.pop()
    state.globals[key] = value
    return value


def check_pool(state: State, at: At, value: Expr) -> None:
    if not isinstance(value, ListOf) or not all(isinstance(item, ModelName) for item in value.items):
        raise state.problems.abandon(facts.type_mismatch(at, "a pool is a list of models", "not that"))
    if not value.items:
        raise state.problems.abandon(facts.type_mismatch(at, "a pool holds at least one model", "empty"))


def replicas(state: State, instance: Instance, name: str) -> Replicas:
    """The replicas of a declared node, counted once."""
    if name in instance.replicas:
        return instance.replicas[name]
    node = instance.names[name]
    assert isinstance(node, ast.NodeStmt)
    if name in instance.failed:
        raise Abandon
    if name in instance.pending:
        raise state.problems.abandon(name_facts.recursive_definition(instance.scope.at(node.name_span), name))
    instance.pending.append(name)
    try:
        found = count_replicas(state, instance, node)
    except Abandon:
        instance.failed.add(name)
        raise
    finally:
        instance.pending.pop()
    instance.replicas[name] = found
    return found


def count_replicas(state: State, instance: Instance, node: ast.NodeStmt) -> Replicas:
    env = Env(instance.scope, instance)
    counts: list[Expr] = []
    most: list[int] = []
    for position, dim in enumerate(node.dims, 1):
        suffix = "count" if len(node.dims) == 1 else f"count{position}"
        site = Site(f"{instance.site}.{node.name}.{suffix}", ChoiceKind.COUNT, dim.count)
        value = evaluate(state, dim.count, env, site)
        at = env.at(dim.count)
        if not is_static(value):
            raise state.problems.abandon(facts.runtime_value(at, "the number of replicas"))
        bound = largest(value, state.choices)
        if bound is None:
            raise state.problems.abandon(
                choice_facts.bad_count(at, "is no whole number that is known before the run")
            )
        if bound < 1:
            raise state.problems.abandon(choice_facts.bad_count(at, "is never above 0"))
        if bound > MOST_REPLICAS:
            raise state.problems.abandon(
                choice_facts.bad_count(at, f"may be {bound}, and {MOST_REPLICAS} is the most")
            )
        counts.append(value)
        most.append(bound)
    if math.prod(most) > MOST_NODES:
        at = env.at(node.dims[0].count)
        raise state.problems.abandon(graph_facts.too_large(at, MOST_NODES))
    indices = tuple(product(*(range(1, m + 1) for m in most)))
    return Replicas(node, tuple(counts), tuple(most), indices)


def indexed(state: State, expr: ast.Index, env: Env, site: Site) -> Expr:
    """`worker[2]`, `worker[1..2]`, `kinds[i]`, `p[l, i]`."""
    at = env.at(expr)
    args = [evaluate(state, arg.value, env, site) for arg in expr.args]
    for arg, value in zip(expr.args, args, strict=True):
        if not is_static(value):
            raise state.problems.abandon(facts.runtime_value(env.at(arg.value), "an index"))
    base = expr.base
    declared = env.instance.find(base.id) if isinstance(base, ast.Name) and env.instance is not None else None
    if isinstance(base, ast.Name) and declared is not None and base.id not in env.index:
        instance, node = declared
        if isinstance(node, ast.NodeStmt):
            instance.indexed.add(base.id)
            inside = replace(env, instance=instance)
            return replica(state, expr, inside, replicas(state, instance, base.id), args)
    value = evaluate(state, base, env, site)
    held = isinstance(base, ast.Member) or (
        isinstance(base, ast.Name) and declared is not None and base.id in declared[0].bound
    )
    if held and isinstance(base, ast.Name) and declared is not None:
        name_by_number(declared[0], base.id)
    if isinstance(base, ast.Member) and isinstance(base.base, ast.Name) and env.instance is not None:
        for rounds in env.instance.unrolled.values():
            if rounds.statement.name == base.base.id and rounds.bodies:
                name_by_number(rounds.bodies[0], base.name)
    if held and not is_static(value) and len(args) == 1:
        return folded(state, env, expr, "at", value, args[0])
    if not is_static(value):
        raise state.problems.abandon(facts.runtime_value(at, "what is indexed"))
    if len(args) != 1:
        raise state.problems.abandon(graph_facts.needs_index(at, ast_name(base), 1))
    if isinstance(value, ListOf):
        check_range(state, expr.args[0], args[0], env, ast_name(base), len(value.items))
        if isinstance(args[0], ListOf):
            return ListOf(items=tuple(folded(state, env, expr, "at", value, k) for k in args[0].items))
    elif not isinstance(value, ChoiceRef) or (sizes := list_sizes(state, value)) is None:
        raise state.problems.abandon(facts.type_mismatch(at, "only a list has items", "no list"))
    else:
        check_range(state, expr.args[0], args[0], env, ast_name(base), max(sizes))
    return folded(state, env, expr, "at", value, args[0])


def is_what(state: State, expr: ast.Is, env: Env, site: Site) -> Expr:
    """`worker[j] is fuser`."""
    operand = evaluate(state, expr.operand, env, site)
    if operand == ABSENT:
        return ABSENT
    binding = env.scope.names.get(expr.name)
    decl = None if binding is None else binding.decl
    if binding is None and expr.name.isupper():
        check_part(state, env, expr.operand, expr.name, env.at(expr))
        return Op(op="tagged", args=(operand, Const(value=expr.name)))
    inside = None if env.instance is None else env.instance.find(expr.name)
    if decl is None and (inside is not None or expr.name in BUILT_IN):
        found = "a part of this graph" if inside is not None else "a built-in name"
        wanted = "a role, a function or a graph"
        raise state.problems.abandon(name_facts.wrong_kind(env.at(expr), expr.name, found, wanted))
    if binding is None or decl is None:
        raise Abandon
    if not isinstance(operand, NodeRef) or not isinstance(decl, (ast.Role, ast.Fn, ast.Graph)):
        message = "`is` asks what a node runs: `worker[i] is fuser`"
        hint = "a model is compared: `model_of(worker[i]) == small`" if isinstance(decl, ast.Model) else None
        raise state.problems.abandon(
            facts.type_mismatch(env.at(expr), message, "no node and what it may run", hint)
        )
    return Is(node=operand.id, what=decl.name, home=binding.home)
