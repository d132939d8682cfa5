"""Domains as finite lists of atoms, with their prior.

An *atom* is what a policy weighs: an option, an integer, no/yes, or one of at most `CELLS` cells of equal
probability of a range of reals. A cell holds several values: the decimals with at most 3 significant
digits in it (language.md C13). Within a cell a value's probability is the mass that rounds to it: the
distance between the midpoints to its neighbours, cut off at the cell's ends. So every probability is
that of a finite set and they sum to one exactly.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Protocol, TypeAlias, assert_never

from tgl.ir import ChoicePoint, Const, Domain, Expr, Flip, FloatRange, IntRange, Options, Value

CELLS = 8
"""Number of cells of a range of reals (fewer if it holds fewer values)."""

_FINEST = 4
"""A linear range has no step finer than this many decades below its largest magnitude (else the decimals
of 3 significant digits near zero would be infinitely many)."""


@dataclass(frozen=True, slots=True)
class Atom:
    """What a policy weighs as one. `values`, `meanings` and `shares` run in parallel.

    `meanings` are what a reference to the choice evaluates to. `shares` are probabilities within the
    atom (sum one); `cumulative` are their running sums. All but cells hold one value.
    """

    values: tuple[Value, ...]
    meanings: tuple[Expr, ...]
    shares: tuple[float, ...] = (1.0,)
    cumulative: tuple[float, ...] = (1.0,)


class Policy(Protocol):
    """A distribution over each choice's atoms, before constraints."""

    def weights(self, choice: ChoicePoint) -> Sequence[float]:
        """Relative weights, >= 0, as many as `atoms(choice.domain)`."""
        ...


class _Prior:
    """The weights written in the program."""

    def weights(self, choice: ChoicePoint) -> Sequence[float]:
        return prior_weights(choice.domain)


PRIOR: Policy = _Prior()
"""The policy that the program states: uniform, or the weights in it."""

Place: TypeAlias = tuple[int, int]
"""Index of an atom, and of the value in it."""


def atoms(domain: Domain) -> tuple[Atom, ...]:
    """The atoms of a domain: options, integers, (no, yes), or cells in ascending order."""
    match domain:
        case Options():
            pairs = zip(domain.values, domain.options, strict=True)
            return tuple(Atom((value,), (option,)) for value, option in pairs)
        case IntRange():
            return tuple(Atom((n,), (Const(value=n),)) for n in range(domain.low, domain.high + 1))
        case Flip():
            return tuple(Atom((yes,), (Const(value=yes),)) for yes in (False, True))
        case FloatRange():
            return _cells(domain.low, domain.high, log=domain.log)
        case _:
            assert_never(domain)


def prior_weights(domain: Domain) -> tuple[float, ...]:
    """The prior over `atoms(domain)`, relative."""
    match domain:
        case Options():
            return domain.weights
        case Flip():
            return (1.0 - domain.p, domain.p)
        case IntRange(log=True):
            return tuple(1.0 / n for n in range(domain.low, domain.high + 1))
        case IntRange() | FloatRange():
            return (1.0,) * len(atoms(domain))
        case _:
            assert_never(domain)


def value_key(value: Value) -> str:
    """A text that is equal for equal values of equal type (true and 1 differ, 1 and 1.0 do too)."""
    if isinstance(value, str):
        return '"' + value
    return json.dumps(value)


def places(domain: Domain, table: tuple[Atom, ...]) -> dict[str, Place]:
    """Where each value is, by `value_key`."""
    found: dict[str, Place] = {}
    for index, atom in enumerate(table):
        for member, value in enumerate(atom.values):
            found[value_key(value)] = (index, member)
    if isinstance(domain, FloatRange):  # JSON may have lost the point of 1.0
        for key in [key for key in found if key.endswith(".0")]:
            found[key.removesuffix(".0")] = found[key]
    return found


def right_type(domain: Domain, value: Value) -> bool:
    """Whether a value has the type that the domain's values have."""
    match domain:
        case Options():
            return any(type(value) is type(known) for known in domain.values)
        case IntRange():
            return isinstance(value, int) and not isinstance(value, bool)
        case FloatRange():
            return isinstance(value, int | float) and not isinstance(value, bool)
        case Flip():
            return isinstance(value, bool)
        case _:
            assert_never(domain)


def member_at(atom: Atom, uniform: float) -> int:
    """The value in an atom that a uniform number in [0, 1) draws."""
    return min(bisect_right(atom.cumulative, uniform), len(atom.values) - 1)


@lru_cache(maxsize=256)
def _cells(low: float, high: float, *, log: bool) -> tuple[Atom, ...]:
    """The most cells, at most `CELLS`, of which none is empty (kept: a policy asks at each decision)."""
    domain = FloatRange(low=low, high=high, log=log)
    values = _decimals(domain)
    for count in range(min(CELLS, len(values)), 1, -1):
        edges = [_quantile(domain, k / count) for k in range(count + 1)]
        groups: list[list[float]] = [[] for _ in range(count)]
        for value in values:
            groups[min(max(bisect_right(edges, value) - 1, 0), count - 1)].append(value)
        if all(groups):
            return tuple(_cell(domain, group, edges[k], edges[k + 1]) for k, group in enumerate(groups))
    return (_cell(domain, values, domain.low, domain.high),)


def _cell(domain: FloatRange, values: list[float], start: float, end: float) -> Atom:
    """A cell from `start` to `end` that holds `values` (ascending)."""
    middles = [(low + high) / 2 for low, high in pairwise(values)]
    cuts = [_position(domain, x) for x in (start, *middles, end)]
    masses = [max(high - low, 0.0) for low, high in pairwise(cuts)]
    if min(masses) <= 0.0:  # a range of a single point
        masses = [1.0] * len(values)
    total = math.fsum(masses)
    shares = tuple(mass / total for mass in masses)
    meanings = tuple(Const(value=value) for value in values)
    return Atom(tuple(values), meanings, shares, tuple(accumulate(shares)))


def _position(domain: FloatRange, value: float) -> float:
    return math.log(value) if domain.log else value


def _quantile(domain: FloatRange, share: float) -> float:
    if domain.log:
        low, high = math.log(domain.low), math.log(domain.high)
        return math.exp(low + (high - low) * share)
    return domain.low + (domain.high - domain.low) * share


def _decimals(domain: FloatRange) -> list[float]:
    """The decimals of at most 3 significant digits in a range, ascending; its low end if there is none."""
    largest = max(abs(domain.low), abs(domain.high))
    if largest == 0.0:
        return [0.0]
    top = math.floor(math.log10(largest))
    if domain.log:
        bottom = math.floor(math.log10(domain.low)) - 2
    else:
        smallest = min(abs(domain.low), abs(domain.high)) if domain.low * domain.high > 0 else 0.0
        lowest = math.floor(math.log10(smallest)) - 2 if smallest else -math.inf
        bottom = int(max(lowest, top - _FINEST))
    found: set[float] = {0.0}
    for exponent in range(bottom, top + 1):
        first = 1 if exponent == bottom else 100
        found.update(float(f"{mantissa}e{exponent}") for mantissa in range(first, 1000))
    both = found | {-value for value in found if value}
    kept = sorted(value for value in both if domain.low <= value <= domain.high)
    return kept or [domain.low]
