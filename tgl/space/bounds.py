"""Compile-time worst cases of a candidate (semantics.md 4).

Re-asks of an unread reply count, transport retries do not. Nodes whose guards ask different values of one
given field never run in the same run, so a router costs what its dearest route costs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

from tgl.ir import Alternative, Candidate, ChoiceRef, Const, Domain, Expr, NodeTemplate, ProgramIR, Scalar
from tgl.space.bound import Bound
from tgl.space.domains import atoms
from tgl.space.draws import Allowed, fields_asked

_COMBINATIONS = 4096
"""Most combinations of field values that are told apart; beyond it all nodes add up."""


@dataclass(frozen=True, slots=True)
class WorstCase:
    """The most calls of one run. `by_node`: of each call node, in candidate order."""

    calls: int
    by_node: tuple[tuple[str, int], ...]


def worst_case(candidate: Candidate) -> WorstCase:
    """The most calls that one run of a candidate can make, re-asks included."""
    # at temperature 0 a re-ask would only repeat the reply
    by_node = {node.id: 1 if node.temperature == 0 else 1 + node.retry for node in candidate.calls}
    return WorstCase(round(worst_sum(candidate, by_node)), tuple(by_node.items()))


def worst_sum(candidate: Candidate, costs: Mapping[str, float]) -> float:
    """The largest sum of `costs` (>= 0, by node id) over call nodes that may run in the same run."""
    asked = {node.id: fields_asked(node.guard) for node in candidate.calls}
    values: dict[str, dict[Scalar | _Other, None]] = {}
    for conditions in asked.values():
        for field, allowed in conditions.items():
            known = values.setdefault(field, {_OTHER: None})
            known.update((value, None) for item in allowed for value in item.values)
    if math.prod(len(known) for known in values.values()) > _COMBINATIONS:
        return math.fsum(costs.get(node, 0.0) for node in asked)
    worst = 0.0
    for combination in product(*values.values()):
        given = dict(zip(values, combination, strict=True))
        worst = max(
            worst,
            math.fsum(
                costs.get(node, 0.0)
                for node, conditions in asked.items()
                if all(_admits(item, given[field]) for field, items in conditions.items() for item in items)
            ),
        )
    return worst


def calls_bound(ir: ProgramIR, limit: float) -> Bound:
    """The bound behind `limit calls <= …`: each role node costs a call and its re-asks.

    It adds up all routes of a router, so it is stricter than `worst_case` there: the dearest route would have
    to be taken over the fields of the whole program, in nested graphs that do not know yet what arrives.
    """
    domains = {point.address: point.domain for point in ir.choices}

    def calls(_node: NodeTemplate, alternative: Alternative, _model: str | None) -> float:
        fields = dict(alternative.fields)
        if fields.get("temperature") == Const(value=0) or fields.get("temperature") == Const(value=0.0):
            return 1.0
        return 1.0 + _largest(fields.get("retry"), domains)

    return Bound(limit, calls)


def _largest(expr: Expr | None, domains: Mapping[str, Domain]) -> float:
    """The largest number that a setting may be decided to be."""
    match expr:
        case Const(value=int(number) | float(number)):
            return float(number)
        case ChoiceRef() if expr.address in domains:
            meanings = [meaning for atom in atoms(domains[expr.address]) for meaning in atom.meanings]
            return max((_largest(meaning, domains) for meaning in meanings), default=0.0)
        case _:
            return 0.0


class _Other:
    """A value that no guard names."""


_OTHER = _Other()


def _admits(allowed: Allowed, value: Scalar | _Other) -> bool:
    named = not isinstance(value, _Other) and value in allowed.values
    return named is not allowed.inverted
