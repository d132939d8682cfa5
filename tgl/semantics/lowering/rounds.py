"""Loops and maps unrolled: their rounds, and what their members mean outside (language.md L1, L3, L4, L6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tgl.ir import ChoiceKind, Const, Expr, ListOf, NodeRef, Op
from tgl.semantics.errors import choices as choice_facts
from tgl.semantics.errors import graph as graph_facts
from tgl.semantics.errors import names as name_facts
from tgl.semantics.errors import types as facts
from tgl.semantics.fold import ABSENT, is_static, op
from tgl.semantics.lowering.bounds import interval
from tgl.semantics.lowering.parts import check_part
from tgl.semantics.lowering.state import Env, Instance, Rounds, Site, State
from tgl.semantics.problems import Abandon
from tgl.semantics.scope import body_names
from tgl.semantics.walk import names_in
from tgl.syntax import ast

Evaluate = Callable[[State, ast.Expr, Env, Site], Expr]
InnerValue = Callable[[State, Instance, str], Expr]

MOST_ROUNDS = 512
GOES_ON = "goes_on?"
BEST = "best?"
MISSES = "misses?"
YES = Const(value=True)


def kept(name: str) -> str:
    """The label of the node that holds the best value of a carry so far. No name holds a `?`."""
    return f"kept?{name}"


def rounds_of(state: State, instance: Instance, statement: ast.Loop | ast.Each, evaluate: Evaluate) -> Rounds:
    """The rounds of a loop or map that an instance declares; unrolled once.

    Raises:
        Abandon: if its bound, or a first value of what it carries, is wrong (reported).
    """
    name = statement.name
    if name in instance.unrolled:
        return instance.unrolled[name]
    if name in instance.failed:
        raise Abandon
    if name in instance.pending:
        at = instance.scope.at(statement.name_span)
        raise state.problems.abandon(name_facts.recursive_definition(at, name))
    instance.pending.append(name)
    try:
        found = unrolled(state, instance, statement, evaluate)
    except Abandon:
        instance.failed.add(name)
        raise
    finally:
        instance.pending.pop()
    instance.unrolled[name] = found
    return found


def unrolled(state: State, instance: Instance, statement: ast.Loop | ast.Each, evaluate: Evaluate) -> Rounds:
    name, env = statement.name, Env(instance.scope, instance)
    [dim, *more] = statement.dims
    if more:
        raise state.problems.abandon(graph_facts.needs_index(env.at(more[0]), name, 1))
    site = f"{instance.site}.{name}"
    count = evaluate(state, dim.count, env, Site(f"{site}.count", ChoiceKind.COUNT, dim.count))
    at = env.at(dim.count)
    what = "the number of rounds" if isinstance(statement, ast.Loop) else "the bound of a map"
    if not is_static(count):
        raise state.problems.abandon(facts.runtime_value(at, what))
    span = interval(count, state.choices)
    if span is None or span[0] < 0:
        raise state.problems.abandon(
            choice_facts.bad_count(at, "is no whole number from 0 on that is known before the run", what)
        )
    if span[1] > MOST_ROUNDS:
        raise state.problems.abandon(
            choice_facts.bad_count(at, f"may be {span[1]}, and {MOST_ROUNDS} is the most", what)
        )
    names = body_names(statement.body)
    for given in (name if isinstance(statement, ast.Each) else None, dim.index):
        if given is not None:
            names[given] = statement
    carries = [item for item in statement.body if isinstance(item, ast.Carry)]
    first = {
        carry.name: evaluate(
            state, carry.first, env, Site(f"{site}.{carry.name}", ChoiceKind.PARAM, carry.first)
        )
        for carry in carries
    }
    bodies: list[Instance] = []
    for k in range(1, span[1] + 1):
        body = Instance(
            f"{instance.path}.{name}[{k}]",
            instance.graph,
            instance.scope,
            names,
            {},
            instance.has_model,
            outer=instance,
            address=site,
            body=(*instance.body, name),
            rounds=(*instance.rounds, k),
        )
        before = bodies[-1] if bodies else None
        for carry in carries:
            held = first[carry.name] if before is None else NodeRef(id=before.node_id(carry.name))
            body.bound[carry.name] = held
        if dim.index is not None:
            body.bound[dim.index] = Const(value=k)
        if isinstance(statement, ast.Each):
            body.bound[name] = NodeRef(id=body.path)
        bodies.append(body)
    return Rounds(statement, instance, count, tuple(bodies), first)


def member(
    state: State, expr: ast.Member, env: Env, site: Site, evaluate: Evaluate, inner_value: InnerValue
) -> Expr:
    """`refine.draft`, `job.part`, `critique.verdict`, `move.ASK` (language.md G26b)."""
    base = expr.base
    if isinstance(base, ast.Name) and env.instance is not None and base.id not in env.index:
        found = env.instance.find(base.id)
        if found is not None and base.id not in found[0].bound:
            owner, item = found
            if isinstance(item, ast.Each):
                return map_member(state, rounds_of(state, owner, item, evaluate), expr, env, inner_value)
            if isinstance(item, ast.Loop):
                return loop_member(state, rounds_of(state, owner, item, evaluate), expr, env, inner_value)
    value = evaluate(state, base, env, site)
    check_part(state, env, base, expr.name, env.at(expr))
    return part(value, expr.name)


def part(value: Expr, name: str) -> Expr:
    """A field, or what a tag holds; of a list, that of each member."""
    if isinstance(value, ListOf):
        return ListOf(items=tuple(part(item, name) for item in value.items))
    return ABSENT if value == ABSENT else Op(op="get", args=(value, Const(value=name)))


def unknown(state: State, rounds: Rounds, expr: ast.Member, env: Env, more: Iterable[str] = ()) -> Abandon:
    name = rounds.statement.name
    known = [*body_names(rounds.statement.body), *more]
    what = "loop" if isinstance(rounds.statement, ast.Loop) else "map"
    return state.problems.abandon(
        name_facts.unknown_name(env.at(expr), expr.name, known, f"member of `{name}`", what)
    )


def map_member(state: State, rounds: Rounds, expr: ast.Member, env: Env, inner_value: InnerValue) -> Expr:
    """The list of the values that a node or `let` has for each item."""
    item = body_names(rounds.statement.body).get(expr.name)
    if not isinstance(item, (ast.NodeStmt, ast.Let, ast.Each)):
        raise unknown(state, rounds, expr, env)
    found: list[Expr] = []
    for k, body in enumerate(rounds.bodies, start=1):
        value = inner_value(state, body, expr.name)
        there = op("<=", Const(value=k), rounds.count)
        alone = isinstance(value, NodeRef) or there == YES
        found.append(value if alone else Op(op="when", args=(there, value)))
    return ListOf(items=tuple(found))


def loop_member(state: State, rounds: Rounds, expr: ast.Member, env: Env, inner_value: InnerValue) -> Expr:
    """A carry's final value, a node of the last round that ran it, or whether the bound was used up."""
    if expr.name == "exhausted":
        return by_count(state, rounds, lambda m: goes_on(rounds, m) if m else YES)
    match body_names(rounds.statement.body).get(expr.name):
        case ast.Carry():
            return by_count(state, rounds, lambda m: carried(rounds, expr.name, m))
        case ast.NodeStmt() | ast.Let() | ast.Each():
            latest: list[Expr] = []
            for k in range(len(rounds.bodies), 0, -1):
                value = inner_value(state, rounds.bodies[k - 1], expr.name)
                entered = goes_on(rounds, k - 1)
                alone = isinstance(value, NodeRef) or entered == YES
                latest.append(value if alone else Op(op="when", args=(entered, value)))
            return first_present(latest)
        case _:
            raise unknown(state, rounds, expr, env, ["exhausted"])


def name_by_number(round_: Instance, name: str) -> None:
    """Note that replicas which a loop carries under a name are told apart by number: no longer alike.

    `round_` is one of its rounds.
    """
    loop = None if round_.outer is None else round_.outer.item(round_.body[-1])
    if round_.outer is None or not isinstance(loop, ast.Loop):
        return
    for carry in loop.body:
        if isinstance(carry, ast.Carry) and carry.name == name:
            for expr, instance in ((carry.first, round_.outer), (carry.then, round_)):
                for used in names_in(expr):
                    found = instance.find(used.id)
                    if found is not None and isinstance(found[1], ast.NodeStmt):
                        found[0].numbered.add(used.id)
                    elif found is not None and used.id in found[0].bound and used.id != name:
                        name_by_number(found[0], used.id)


def by_count(state: State, rounds: Rounds, value: Callable[[int], Expr]) -> Expr:
    """What a loop ends with, by how many rounds it has."""
    span = interval(rounds.count, state.choices)
    assert span is not None
    found: list[Expr] = []
    for m in range(span[0], span[1] + 1):
        so = op("==", rounds.count, Const(value=m))
        if so != Const(value=False):
            found.append(value(m) if so == YES else Op(op="when", args=(so, value(m))))
    return first_present(found)


def carried(rounds: Rounds, name: str, m: int) -> Expr:
    """What a carry holds after `m` rounds, each of which it had if the loop was not ended."""
    if m == 0:
        return rounds.first[name]
    body = rounds.bodies[m - 1]
    if rounds.keeps is None:
        return NodeRef(id=body.node_id(name))
    return Op(op="else", args=(NodeRef(id=body.node_id(kept(name))), body.bound[name]))


def goes_on(rounds: Rounds, k: int) -> Expr:
    """Whether the loop goes on after the tests of round `k`; `true` before the first."""
    if k == 0 or not rounds.may_end:
        return YES
    return NodeRef(id=rounds.bodies[k - 1].node_id(GOES_ON))


def first_present(values: list[Expr]) -> Expr:
    """`else` of several."""
    if not values:
        return ABSENT
    return values[0] if len(values) == 1 else Op(op="else", args=tuple(values))
