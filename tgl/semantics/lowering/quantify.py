"""`require`: for all values of its indices, and `any`, `count`, `linked` in it (language.md C14).

An index takes the numbers of the replicas that it names by itself (`worker[i]`). A value for which one of the
replicas does not exist, or is not run, does not count (G7).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import product

from tgl.ir import ChoiceKind, Const, Expr, NodeRef, Op, Requirement, TextPlace
from tgl.semantics.errors import graph as graph_facts
from tgl.semantics.errors import names as name_facts
from tgl.semantics.errors import types as facts
from tgl.semantics.fold import ABSENT, FoldError, is_static, op
from tgl.semantics.lowering.state import Env, Instance, Site, State
from tgl.semantics.scope import QUANTIFIERS, VALUES
from tgl.semantics.walk import arg_exprs, children, choices_in, names_in
from tgl.syntax import ast

Evaluate = Callable[[State, ast.Expr, Env, Site], Expr]

MOST_CASES = 20_000
"""Most combinations of index values of one statement."""


def requirements(
    state: State, instance: Instance, statement: ast.Require, evaluate: Evaluate
) -> tuple[Requirement, ...]:
    """What a statement requires: one condition for each value of its indices.

    Raises:
        Abandon: if it is no static condition, or can never hold (reported).
    """
    scope, written = instance.scope, statement.value
    env = Env(scope, instance, of_require=True)
    at = env.at(written)
    for choice in choices_in(written):
        message = "a `require` limits choices and holds none itself"
        raise state.problems.abandon(facts.type_mismatch(env.at(choice), message, "no `~` here"))
    bracketed = {
        name.id for found in every_index(written) for arg in found.args for name in names_in(arg.value)
    }
    known = env.scope.names.keys() | instance.names.keys() | bracketed | VALUES
    for name in names_in(written):
        if len(name.id) == 1 and name.id not in known:
            raise state.problems.abandon(name_facts.unknown_name(env.at(name), name.id, sorted(known)))
    text = " ".join(scope.source.text[statement.span.start : statement.span.end].split())
    place = TextPlace(source=scope.source.name, start=statement.span.start, end=statement.span.end)
    found: list[Requirement] = []
    site = Site(f"{instance.path}.require", ChoiceKind.PARAM, written)
    for case, there in cases(state, written, env, site, evaluate):
        value = evaluate(state, written, case, site)
        if not is_static(value):
            raise state.problems.abandon(facts.runtime_value(at, "a `require`"))
        if not is_true_or_false(value):
            raise state.problems.abandon(
                facts.type_mismatch(at, "`require` takes a condition", "no yes or no")
            )
        condition = op("or", *(op("not", one) for one in there), value)
        if condition in (Const(value=False), ABSENT):
            raise state.problems.abandon(graph_facts.never_satisfied(at))
        if condition != Const(value=True):
            found.append(Requirement(condition=condition, text=text, place=place))
    return tuple(found)


def is_true_or_false(value: Expr) -> bool:
    match value:
        case Const(value=inner):
            return inner is None or isinstance(inner, bool)
        case Op(op=name):
            return name not in ("+", "-", "*", "/", "neg", "count", "size", "max", "min")
        case _:
            return value.kind in ("is", "choice")


def quantified(state: State, name: str, expr: ast.Call, env: Env, site: Site, evaluate: Evaluate) -> Expr:
    """`any(…)`, `count(…)` and `linked(a, b)`."""
    at = env.at(expr)
    if not env.of_require:
        message = f"`{name}` asks about the graph that the search has drawn"
        hint = "write it into a `require`"
        raise state.problems.abandon(facts.type_mismatch(at, message, "not in a `require`", hint))
    wanted = 2 if name == "linked" else 1
    if len(expr.args) != wanted or any(arg.name is not None for arg in expr.args):
        raise state.problems.abandon(facts.too_many_arguments(at, name, wanted))
    if name == "linked":
        return linked(state, expr, [evaluate(state, arg.value, env, site) for arg in expr.args], env)
    inner = expr.args[0].value
    try:
        holding = [
            op("and", *there, evaluate(state, inner, case, site))
            for case, there in cases(state, inner, env, site, evaluate)
        ]
        return op("or", *holding) if name == "any" else op("count", *holding)
    except FoldError as error:
        raise state.problems.abandon(facts.type_mismatch(at, str(error), "no condition")) from error


def linked(state: State, expr: ast.Call, ends: list[Expr], env: Env) -> Expr:
    """Whether a message goes straight from one node to another."""
    if ABSENT in ends:
        return ABSENT
    names = [Const(value=end.id) for end in ends if isinstance(end, NodeRef)]
    if len(names) < 2:
        message = "`linked` asks whether an edge runs from one node to another"
        raise state.problems.abandon(facts.type_mismatch(env.at(expr), message, "not two nodes"))
    return Op(op="linked", args=tuple(names))


def cases(
    state: State, expr: ast.Expr, env: Env, site: Site, evaluate: Evaluate
) -> Iterator[tuple[Env, list[Expr]]]:
    """The values of the indices that an expression binds, and what must be there for each to count."""
    ranges = letters(state, expr, env, site, evaluate)
    count = 1
    for numbers in ranges.values():
        count *= len(numbers)
    if count > MOST_CASES:
        raise state.problems.abandon(graph_facts.too_large(env.at(expr), MOST_CASES, "cases of a `require`"))
    for values in product(*ranges.values()):
        case = env.with_index({name: Const(value=k) for name, k in zip(ranges, values, strict=True)})
        there: list[Expr] = []
        for found in indexings(expr):
            if not any(name.id in case.index for arg in arg_exprs(found.args) for name in names_in(arg)):
                continue
            if unbound(found, case):
                continue
            node = evaluate(state, found, case, site)
            if node == ABSENT:
                break
            if isinstance(node, NodeRef):
                there.append(Op(op="there", args=(Const(value=node.id),)))
        else:
            yield case, list(dict.fromkeys(there))


def letters(state: State, expr: ast.Expr, env: Env, site: Site, evaluate: Evaluate) -> Mapping[str, range]:
    """The indices that are bound here, with the numbers of the replicas that they name by themselves."""
    found: dict[str, range] = {}
    free: dict[str, ast.Name] = {}
    for part in indexings(expr):
        for position, arg in enumerate(part.args):
            for name in names_in(arg.value):
                if name.id in unbound(part, env):
                    free.setdefault(name.id, name)
            bare = arg.value
            if not isinstance(bare, ast.Name) or bare.id not in unbound(part, env):
                continue
            numbers = range(1, most(state, part, position, env, evaluate) + 1)
            found[bare.id] = numbers if bare.id not in found else min(found[bare.id], numbers, key=len)
    for name, place in free.items():
        if name not in found:
            message = f"nothing tells which numbers `{name}` stands for"
            hint = f"use it by itself in brackets too: `node[{name}]`"
            raise state.problems.abandon(facts.type_mismatch(env.at(place), message, "an index", hint))
    return found


def most(state: State, part: ast.Index, position: int, env: Env, evaluate: Evaluate) -> int:
    """The largest number of a dimension of what is indexed."""
    from tgl.semantics.lowering.evaluate import replicas

    instance, base = env.instance, part.base
    name = base.id if isinstance(base, ast.Name) else ""
    if instance is None or not isinstance(instance.names.get(name), ast.NodeStmt):
        message = "an index of a `require` stands for the replicas of a node"
        raise state.problems.abandon(facts.type_mismatch(env.at(part), message, "no node"))
    group = replicas(state, instance, name)
    if position >= len(group.most):
        raise state.problems.abandon(graph_facts.needs_index(env.at(part), name, len(group.most)))
    return group.most[position]


def unbound(part: ast.Expr, env: Env) -> frozenset[str]:
    """Free one-letter names in an indexing (language.md G6)."""
    declared = env.scope.names.keys() | (set[str]() if env.instance is None else env.instance.names.keys())
    args = part.args if isinstance(part, ast.Index) else ()
    return frozenset(
        name.id
        for arg in args
        for name in names_in(arg.value)
        if len(name.id) == 1 and name.id not in declared and name.id not in env.index
    )


def indexings(expr: ast.Expr) -> Iterator[ast.Index]:
    """The indexed names in an expression, without those inside an `any` or `count`, which bind their own."""
    if isinstance(expr, ast.Index):
        yield expr
    func = expr.func if isinstance(expr, ast.Call) else None
    if isinstance(func, ast.Name) and func.id in QUANTIFIERS - {"linked"}:
        return
    for child in children(expr):
        yield from indexings(child)


def is_symmetric(statement: ast.Require) -> bool:
    """Whether a statement says the same whatever numbers the replicas have.

    That is so if each index stands by itself in brackets, and for the replicas of one node only.
    """
    homes: dict[str, set[str]] = {}
    inside = 0
    for found in every_index(statement.value):
        for arg in found.args:
            if not isinstance(arg.value, ast.Name) or len(arg.value.id) != 1:
                return False
            inside += 1
            base = found.base.id if isinstance(found.base, ast.Name) else ""
            homes.setdefault(arg.value.id, set()).add(base)
    used = sum(1 for name in names_in(statement.value) if name.id in homes)
    return used == inside and all(len(bases) == 1 for bases in homes.values())


def every_index(expr: ast.Expr) -> Iterator[ast.Index]:
    if isinstance(expr, ast.Index):
        yield expr
    for child in children(expr):
        yield from every_index(child)
