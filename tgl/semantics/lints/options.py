"""Options that no program has (W0505), weights and addresses that hardly say what is meant (W0401, W0402)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import gcd

from tgl.diagnostics import Fix
from tgl.ir import ChoiceKind, EdgeTemplate, TextPlace
from tgl.semantics.errors import lints as facts
from tgl.semantics.lints.places import Spot, text_at
from tgl.semantics.lints.votes import incoming
from tgl.semantics.lowering.checks import missing_ports
from tgl.semantics.lowering.state import State
from tgl.syntax import ast
from tgl.text import Edit

NUMBERED = re.compile(r"\.when#[0-9]+$")
"""The address of a choice that is not the first in its condition."""
NEARLY = 1e-9
DIGITS = 4
"""Decimals that a sum is compared with and shown in."""


def unreachable(state: State, found: Sequence[Spot], main: str) -> None:
    """Report alternatives of nodes that nothing can ever feed, in none of the copies of their place (G12).

    The first of several replicas may hear nobody while the others do, so all of them are looked at.
    """
    edges: dict[str, Mapping[str, list[EdgeTemplate]]] = {}
    open_places: set[TextPlace] = set()
    shut: dict[TextPlace, tuple[Spot, str, str]] = {}
    for spot in found:
        alternatives = spot.node.alternatives
        if len(alternatives) < 2:
            continue
        if spot.graph.path not in edges:
            edges[spot.graph.path] = incoming(spot.graph)
        into = edges[spot.graph.path].get(spot.node.id, [])
        for alternative in alternatives:
            missing = missing_ports(spot.node, alternative, into)
            if missing:
                shut.setdefault(alternative.place, (spot, alternative.what, missing[0].name))
            else:
                open_places.add(alternative.place)
    for place, (spot, what, port) in shut.items():
        if place.source == main and place not in open_places:
            state.problems.add(facts.unreachable_option(text_at(state, place), what, spot.name, port))


def weights(state: State) -> None:
    """Report weights that are written as probabilities and do not add up to 1.

    Weights are relative (C12), so `{a: 7, b: 3}` is fine; all of them below 1, or in per cent, are taken to
    be meant as probabilities. Two decimals and more may be rounded: `{a: 0.33, b: 0.33, c: 0.33}` is fine.
    """
    for address, choice in state.written.items():
        domain, point = choice.domain, state.choices.get(address)
        if not isinstance(domain, ast.Weights) or point is None:
            continue
        scope = state.files.scopes[point.place.source]
        numbers = [weight for _, weight in domain.items if isinstance(weight, ast.Number)]
        if scope.is_std or len(numbers) < max(2, len(domain.items)):
            continue
        values = [float(number.value) for number in numbers]
        shares = all(number.unit == "%" for number in numbers) or all(0 < value < 1 for value in values)
        total = sum(values)
        if shares and abs(total - 1) > rounding(numbers) + NEARLY:
            told = ", ".join(f"{value / total:.0%}" for value in values)
            at = scope.at(domain.span)
            state.problems.add(facts.weights_sum(at, f"{round(total, DIGITS):g}", told, whole(numbers)))


def numbered(state: State) -> None:
    """Report a second choice in one condition: only its number tells it from the first (C21)."""
    for address, point in state.choices.items():
        if point.kind is ChoiceKind.GUARD and NUMBERED.search(address):
            scope = state.files.scopes[point.place.source]
            if not scope.is_std:
                state.problems.add(facts.numbered_choice(text_at(state, point.place), address))


def rounding(numbers: Sequence[ast.Number]) -> float:
    """How far the sum of numbers that were rounded may be from that of the numbers that were meant."""
    total = 0.0
    for number in numbers:
        decimals = len(number.text.rstrip("%").partition(".")[2]) + (2 if number.unit == "%" else 0)
        fine = decimals > (2 if number.unit == "%" else 1)
        total += 0.5 * 10.0**-decimals if fine else 0.0
    return total


def whole(numbers: Sequence[ast.Number]) -> tuple[Fix, ...]:
    """The same weights as whole numbers: what is meant now, said so that nobody takes it for probabilities.

    Not a safe fix: one of the weights may be the mistake.
    """
    scale = 10**DIGITS
    scaled = [round(float(number.value) * scale) for number in numbers]
    if not all(scaled) or any(
        abs(part / scale - float(number.value)) > NEARLY for part, number in zip(scaled, numbers, strict=True)
    ):
        return ()
    divisor = gcd(*scaled)
    edits = [Edit(number.span, str(part // divisor)) for part, number in zip(scaled, numbers, strict=True)]
    told = ", ".join(edit.new_text for edit in edits)
    return (Fix(f"write the same weights as whole numbers: {told}", tuple(edits)),)
