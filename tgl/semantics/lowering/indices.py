"""Replicas and items by index."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from tgl.ir import Const, Expr, ListOf, NodeRef
from tgl.semantics.errors import graph as graph_facts
from tgl.semantics.errors import types as facts
from tgl.semantics.fold import ABSENT, FoldError, op
from tgl.semantics.lowering.state import Env, Replicas, State
from tgl.syntax import ast


def folded(state: State, env: Env, expr: ast.Expr, name: str, *args: Expr) -> Expr:
    """An operator, its type errors reported at the expression."""
    try:
        return op(name, *args)
    except FoldError as error:
        raise state.problems.abandon(
            facts.type_mismatch(env.at(expr), str(error), "wrong kind of value")
        ) from error


def ast_name(expr: ast.Expr) -> str:
    return expr.id if isinstance(expr, ast.Name) else "the list"


def check_range(state: State, arg: ast.Arg, value: Expr, env: Env, name: str, most: int) -> None:
    """A literal index out of range is an error; a computed one means that nothing is there (G7)."""
    if not isinstance(arg.value, ast.Number) or not isinstance(value, Const):
        return
    if isinstance(value.value, int) and not 1 <= value.value <= most:
        raise state.problems.abandon(graph_facts.index_range(env.at(arg.value), value.value, name, most))


def replica(state: State, expr: ast.Index, env: Env, group: Replicas, args: list[Expr]) -> Expr:
    """The messages of the replicas that an index names."""
    assert env.instance is not None
    dims = len(group.most)
    if not 1 <= len(args) <= dims:
        texts = [arg.value.value for arg in expr.args if isinstance(arg.value, ast.String)]
        raise state.problems.abandon(
            graph_facts.needs_index(env.at(expr), group.node.name, dims, next(iter(texts), None))
        )
    for position, (arg, value) in enumerate(zip(expr.args, args, strict=True)):
        check_range(state, arg, value, env, group.node.name, group.most[position])
    fixed: list[list[int]] = []
    for position, value in enumerate(args):
        found = positions(value)
        if found is None:
            return computed_replica(state, expr, env, group, args, position)
        fixed.append([k for k in found if 1 <= k <= group.most[position]])
    single = len(args) == dims and all(isinstance(value, Const) for value in args)
    rest = [range(1, m + 1) for m in group.most[len(args) :]]
    refs = tuple(NodeRef(id=env.instance.node_id(group.label(index))) for index in product(*fixed, *rest))
    if single:
        return refs[0] if refs else ABSENT
    return ListOf(items=refs)


def positions(value: Expr) -> list[int] | None:
    """The index numbers that a known index names."""
    match value:
        case Const(value=int(k)):
            return [k]
        case ListOf(items=items) if all(isinstance(k, Const) and isinstance(k.value, int) for k in items):
            return [k.value for k in items if isinstance(k, Const) and isinstance(k.value, int)]
        case _:
            return None


def computed_replica(
    state: State, expr: ast.Index, env: Env, group: Replicas, args: list[Expr], position: int
) -> Expr:
    """Replicas by an index that the search decides: picked from all of that dimension."""
    items: list[Expr] = []
    for k in range(1, group.most[position] + 1):
        trial = [*args[:position], Const(value=k), *args[position + 1 :]]
        items.append(replica(state, replace(expr), env, group, trial))
    return folded(state, env, expr, "at", ListOf(items=tuple(items)), args[position])
