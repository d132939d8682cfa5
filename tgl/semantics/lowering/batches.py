"""`batch b until C`: replicas that are drawn until enough were (language.md L7)."""

from __future__ import annotations

from collections.abc import Mapping

from tgl.ir import ChoiceKind, ChoiceRef, Const, Expr, ListOf, NodeRef, NodeTemplate, Op
from tgl.semantics.errors import choices as choice_facts
from tgl.semantics.errors import graph as graph_facts
from tgl.semantics.fold import op
from tgl.semantics.lowering.bounds import interval
from tgl.semantics.lowering.collect import Collected, guarded, place_of
from tgl.semantics.lowering.evaluate import evaluate
from tgl.semantics.lowering.roles import possible
from tgl.semantics.lowering.state import Env, Instance, Replicas, Site, State
from tgl.syntax import ast

NO = Const(value=False)
MOST_BATCH = 64


def batched(
    into: Collected,
    instance: Instance,
    node: ast.NodeStmt,
    group: Replicas,
    clause: ast.Clause,
    made: Mapping[str, NodeTemplate],
) -> dict[str, NodeTemplate]:
    """Replicas drawn a batch at a time, until a condition on those drawn holds (language.md L7)."""
    state, env = into.state, Env(instance.scope, instance)
    at = env.at(clause.value)
    if len(group.most) != 1 or clause.until is None:
        raise state.problems.abandon(graph_facts.needs_index(at, node.name, 1))
    address = f"{instance.site}.{node.name}"
    size = evaluate(state, clause.value, env, Site(f"{address}.batch", ChoiceKind.GUARD, clause.value))
    sizes = [value.value for value in possible(state, size) or () if isinstance(value, Const)]
    span = interval(size, state.choices)
    if span is not None and not choices_are_listed(size, state):
        sizes = list(range(span[0], min(span[1], MOST_BATCH) + 1))
    steps = [step for step in sizes if isinstance(step, int) and not isinstance(step, bool)]
    if not steps or len(steps) != len(sizes) or min(steps) < 1 or max(steps) > MOST_BATCH:
        reason = f"is no whole number from 1 to {MOST_BATCH} that is known before the run"
        raise state.problems.abandon(choice_facts.bad_count(at, reason, "the size of a batch"))
    place, most = place_of(instance, node), group.most[0]

    def enough(end: int) -> str:
        return f"{node.name}[{end}].enough?"

    def stopped(ends: Mapping[int, int]) -> Expr:
        """Whether it was enough at the end (0: the start) that each size of a batch means."""
        cases = [
            (op("==", size, Const(value=step)), NodeRef(id=instance.node_id(enough(end))) if end else NO)
            for step, end in ends.items()
        ]
        cases = [case for case in cases if case[0] != NO]
        if all(value == NO for _, value in cases):
            return NO
        if len(cases) == 1:
            return cases[0][1]
        return Op(op="else", args=tuple(Op(op="when", args=case) for case in cases))

    for end in range(1, most):
        here = [step for step in steps if end % step == 0]
        if not here:
            continue
        drawn = ListOf(items=tuple(NodeRef(id=name) for name in [*made][:end]))
        seen = env.with_index({node.name: drawn})
        site = Site(f"{address}.until", ChoiceKind.GUARD, clause.until)
        test = evaluate(state, clause.until, seen, site)
        value = op("or", stopped({step: end - step for step in here}), Op(op="holds", args=(test,)))
        exists = op(
            "and",
            op("<", Const(value=end), group.counts[0]),
            op("or", *(op("==", size, Const(value=step)) for step in here)),
        )
        into.value(instance, enough(end), value, exists, place)
    found: dict[str, NodeTemplate] = {}
    for number, (name, template) in enumerate(made.items(), 1):
        ended = stopped({step: step * ((number - 1) // step) for step in steps})
        found[name] = guarded(template, op("not", ended))
    return found


def choices_are_listed(value: Expr, state: State) -> bool:
    """Whether a value is one of a few that are known, and no range."""
    match value:
        case ChoiceRef(address=address):
            return state.choices[address].domain.kind == "options"
        case _:
            return isinstance(value, Const)
