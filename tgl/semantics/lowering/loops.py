"""Loops and maps unrolled into one guarded graph (language.md L1 to L6).

What a loop carries is a node for each round, whose value is chosen by whether the loop went on; `until` and
patience are a node for each round, which guards the rest of that round and all later ones. A map becomes its
items.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from tgl.ir import TAKE_FN, VALUE_FN, ChoiceKind, Const, Expr, Fn, NodeRef, Op, TextPlace
from tgl.semantics.errors import choices as choice_facts
from tgl.semantics.errors import types as facts
from tgl.semantics.fold import ABSENT, is_static, op
from tgl.semantics.lowering.bounds import interval
from tgl.semantics.lowering.collect import Collected, chosen, made_by, place_of
from tgl.semantics.lowering.evaluate import evaluate
from tgl.semantics.lowering.mapped import check_mapped
from tgl.semantics.lowering.nodes import run_condition
from tgl.semantics.lowering.rounds import BEST, GOES_ON, MISSES, YES, goes_on, kept
from tgl.semantics.lowering.state import Env, Instance, Rounds, Site, State
from tgl.syntax import ast
from tgl.text import frozen

Statements: TypeAlias = "Callable[[Instance, tuple[ast.Stmt, ...]], None]"
"""Lowers the statements of a body."""


@frozen
class Round:
    """One round with the nodes in it. `first` are the nodes that are run before it is known to go on."""

    rounds: Rounds
    number: int
    nodes: tuple[str, ...]
    first: tuple[Expr, ...] = ()


def loop(into: Collected, rounds: Rounds, loop: ast.Loop, statements: Statements) -> Iterator[Round]:
    """The rounds of a loop, with what decides whether each goes on and what it carries."""
    state, place = into.state, place_of(rounds.owner, loop)
    patience = patience_of(state, rounds)
    for number, body in enumerate(rounds.bodies, 1):
        before = set(into.nodes)
        statements(body, loop.body)
        env = Env(body.scope, body)
        entered = goes_on(rounds, number - 1)
        tests = [tested(state, rounds, until.value, env) for until in rounds.untils]
        first = [*tests]
        if rounds.keeps is not None:
            score = score_of(state, rounds, rounds.keeps, env)
            first.append(score)
            best(into, rounds, number, score, entered, place, patience)
        stops: list[Expr] = [Op(op="holds", args=(test,)) for test in tests]
        if patience is not None:
            misses = NodeRef(id=body.node_id(MISSES))
            stops.append(op(">=", misses, patience))
        if rounds.may_end:
            into.value(body, GOES_ON, op("and", entered, *(op("not", stop) for stop in stops)), YES, place)
        again = op("<", Const(value=number), rounds.count) if rounds.keeps is not None else YES
        on = goes_on(rounds, number)
        for carry in rounds.carries:
            site = Site(f"{rounds.site}.{carry.name}", ChoiceKind.PARAM, carry.then)
            then = evaluate(state, carry.then, env, site)
            then = then if on == YES else Op(op="when", args=(on, then))
            value = Op(op="else", args=(then, body.bound[carry.name]))
            into.value(body, carry.name, value, again, place)
        new = tuple(node for node in into.nodes if node not in before)
        yield Round(rounds, number, new, tuple(first))


def tested(state: State, rounds: Rounds, written: ast.Expr, env: Env) -> Expr:
    """The condition of an `until`."""
    site = Site(f"{rounds.site}.until", ChoiceKind.GUARD, written)
    return run_condition(state, evaluate(state, written, env, site), written, env)


def score_of(state: State, rounds: Rounds, keep: ast.Keep, env: Env) -> Expr:
    """What `keep best` looks at."""
    plain = [arg.value for arg in keep.args if arg.name is None]
    named = [arg for arg in keep.args if arg.name not in (None, "patience")]
    if len(plain) != 1 or named:
        at = env.at(keep)
        message = "`keep best` takes one score, and `patience: N`"
        raise state.problems.abandon(facts.type_mismatch(at, message, "not that"))
    return evaluate(state, plain[0], env, Site(f"{rounds.site}.keep", ChoiceKind.GUARD, plain[0]))


def patience_of(state: State, rounds: Rounds) -> Expr | None:
    """After how many rounds that are no better a loop ends."""
    written = rounds.patience
    if written is None:
        return None
    env = Env(rounds.owner.scope, rounds.owner)
    value = evaluate(state, written, env, Site(f"{rounds.site}.patience", ChoiceKind.GUARD, written))
    span = interval(value, state.choices) if is_static(value) else None
    if span is None or span[0] < 1:
        reason = "is no whole number from 1 on that is known before the run"
        raise state.problems.abandon(choice_facts.bad_count(env.at(written), reason, "`patience`"))
    return value


def best(
    into: Collected,
    rounds: Rounds,
    number: int,
    score: Expr,
    entered: Expr,
    place: TextPlace,
    patience: Expr | None,
) -> None:
    """The best score up to a round, what was carried then, and how many rounds were no better."""
    body = rounds.bodies[number - 1]
    before = rounds.bodies[number - 2] if number > 1 else None

    def last(label: str, otherwise: Expr = ABSENT) -> Expr:
        return otherwise if before is None else NodeRef(id=before.node_id(label))

    held = last(BEST)
    as_good = op("and", entered, Fn(fn="core:at_least", args=(score, held)))
    into.value(body, BEST, chosen(as_good, score, held), YES, place)
    for carry in rounds.carries:
        label = kept(carry.name)
        into.value(body, label, chosen(as_good, body.bound[carry.name], last(label)), YES, place)
    if patience is not None:
        better = op("and", entered, Fn(fn="core:above", args=(score, held)))
        more = op("+", last(MISSES, Const(value=0)), Const(value=1))
        into.value(body, MISSES, chosen(better, Const(value=0), more), YES, place)


def each(into: Collected, rounds: Rounds, each: ast.Each, statements: Statements) -> Iterator[Round]:
    """The first items of a list, each with the nodes of the body."""
    owner, place = rounds.owner, place_of(rounds.owner, each)
    env = Env(owner.scope, owner)
    site = Site(f"{rounds.site}.in", ChoiceKind.OPTION, each.source)
    items = evaluate(into.state, each.source, env, site)
    if items.kind in ("const", "model", "what"):
        at = env.at(each.source)
        raise into.state.problems.abandon(facts.type_mismatch(at, "`each` goes through a list", "no list"))
    check_mapped(into.state, env, each, items)
    into.add(
        owner,
        each.name,
        made_by(TAKE_FN, "items", items, place, (("most", rounds.count),)),
        YES,
        place,
    )
    for number, body in enumerate(rounds.bodies, 1):
        before = set(into.nodes)
        value = Op(op="at", args=(NodeRef(id=rounds.path), Const(value=number)))
        into.add(owner, f"{each.name}[{number}]", made_by(VALUE_FN, "value", value, place), YES, place)
        statements(body, each.body)
        new = tuple(node for node in into.nodes if node not in before)
        yield Round(rounds, number, new)
