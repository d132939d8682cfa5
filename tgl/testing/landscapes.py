"""Synthetic landscapes for judging optimizers without a model, fixed before any optimizer was tuned on them.

A landscape is a space of choices with a hidden mean score for each assignment and a seeded measurement
error, the size of what 60 examples leave between paired candidates. Everything comes from a seed by name.

Four families: `separable` (main effects), `pairwise` (main effects and interactions), `routed` (three
kinds of question, each answered by one model or by a panel with its own settings: choices that exist only
where a parent was picked), `needle` (flat but for one combination of three choices).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from tgl.ir import Assignment, ChoiceKind, ChoicePoint, Const, Options, TextPlace
from tgl.search import Policy

EXAMPLES = 60


def taken(assignment: Assignment, address: str) -> int:
    """The option number at an address."""
    value = assignment[address]
    assert isinstance(value, int)
    return value


@lru_cache(maxsize=1 << 16)
def uniform(*name: str | int | float) -> float:
    digest = hashlib.blake2b(repr(name).encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / 2**53


def normal(*name: str | int | float) -> float:
    u, v = uniform(*name, "u"), uniform(*name, "v")
    return math.sqrt(-2 * math.log(1 - u)) * math.cos(2 * math.pi * v)


@dataclass(frozen=True, slots=True)
class FlatDecision:
    """A local decision (see `tgl.search.Decision`)."""

    address: str
    atom_index: int
    allowed_atoms: tuple[int, ...]
    probabilities: tuple[float, ...]


class DeclaredWeights:
    """The weights that the choices declare (all equal here)."""

    def weights(self, choice: ChoicePoint) -> Sequence[float]:
        assert isinstance(choice.domain, Options)
        return choice.domain.weights


@dataclass(frozen=True)
class Variable:
    """A choice; it exists only if `parent` (an address) has the value `when`."""

    address: str
    options: int
    parent: str | None = None
    when: int = 0


@dataclass(frozen=True)
class Landscape:
    """A `SearchSpace` with a known score for each assignment."""

    family: str
    seed: int
    variables: tuple[Variable, ...]

    @cached_property
    def choices(self) -> tuple[ChoicePoint, ...]:
        return tuple(
            ChoicePoint(
                address=v.address,
                kind=ChoiceKind.PARAM,
                domain=Options(
                    options=tuple(Const(value=k) for k in range(v.options)),
                    values=tuple(range(v.options)),
                    weights=(1.0,) * v.options,
                ),
                place=TextPlace(source="landscape", start=0, end=0),
            )
            for v in self.variables
        )

    @property
    def prior(self) -> DeclaredWeights:
        return DeclaredWeights()

    def active(self, variable: Variable, assignment: Assignment) -> bool:
        return variable.parent is None or assignment.get(variable.parent) == variable.when

    def sample(self, seed: int, name: Sequence[str | int], policy: Policy) -> Assignment:
        assignment: Assignment = {}
        for variable, choice in zip(self.variables, self.choices, strict=True):
            if self.active(variable, assignment):
                weights = policy.weights(choice)
                left = uniform(seed, *name, variable.address) * sum(weights)
                index = 0
                while index < variable.options - 1 and left >= weights[index]:
                    left -= weights[index]
                    index += 1
                assignment[variable.address] = index
        return assignment

    def decisions(self, assignment: Assignment, policy: Policy) -> list[FlatDecision]:
        made: list[FlatDecision] = []
        for variable, choice in zip(self.variables, self.choices, strict=True):
            if self.active(variable, assignment):
                weights = policy.weights(choice)
                atoms = tuple(range(variable.options))
                made.append(
                    FlatDecision(
                        variable.address,
                        taken(assignment, variable.address),
                        atoms,
                        tuple(w / sum(weights) for w in weights),
                    )
                )
        return made

    def key(self, assignment: Assignment) -> str:
        return ",".join(f"{address}={assignment[address]}" for address in sorted(assignment))

    def truth(self, assignment: Assignment) -> float:
        """The mean score, in (0, 1)."""
        return 1 / (1 + math.exp(-self.logit(assignment)))

    def logit(self, assignment: Assignment) -> float:
        items = sorted((address, taken(assignment, address)) for address in assignment)
        items_by_name = dict(items)
        match self.family:
            case "separable":
                return 0.35 * sum(self.effect(*item) for item in items)
            case "pairwise":
                main = 0.25 * sum(self.effect(*item) for item in items)
                pairs = [(a, b) for i, a in enumerate(items) for b in items[i + 1 :]]
                return main + 0.15 * sum(self.effect(*a, *b) for a, b in pairs)
            case "routed":
                return math.log(p := sum(self.kind_score(k, items_by_name) for k in range(3)) / 3) - math.log(
                    1 - p
                )
            case "needle":
                hit = all(assignment[f"v{i}"] == int(4 * uniform(self.seed, "needle", i)) for i in range(3))
                return 1.0 if hit else -0.2 + 0.02 * sum(self.effect(*item) for item in items)
            case other:
                raise ValueError(other)

    def effect(self, *name: str | int) -> float:
        return normal(self.family, self.seed, *name)

    def kind_score(self, kind: int, values: dict[str, int]) -> float:
        """Share of right answers to one kind of question: model, then panel size and temperature matter."""
        model = values[f"k{kind}.model"]
        base = 0.15 + 0.7 * uniform(self.family, self.seed, kind, model)
        if values[f"k{kind}.what"] == 1:
            best = uniform(self.family, self.seed, kind, model, "heat")
            heat = 1 - abs((values[f"k{kind}.heat"] + 0.5) / 8 - best)
            gain = 0.25 * (uniform(self.family, self.seed, kind, model, "gain") - 0.35)
            base += gain * heat * math.log2(1 + values[f"k{kind}.n"])
        prompt = 0.05 * self.effect(kind, model, "prompt", values[f"k{kind}.prompt"])
        return min(0.97, max(0.03, base + prompt))

    def measured(self, assignment: Assignment) -> float:
        """The score as a search sees it. Pairing removes about half of the error's variance."""
        p = self.truth(assignment)
        spread = math.sqrt(0.5 * p * (1 - p) / EXAMPLES)
        return min(1.0, max(0.0, p + spread * normal(self.seed, "error", self.key(assignment))))

    @cached_property
    def optimum(self) -> float:
        """The best score: of the combination for `needle`, else what coordinate ascent finds from 30 starts.

        Exact for `separable`.
        """
        if self.family == "needle":
            return 1 / (1 + math.exp(-1.0))
        best = 0.0
        for start in range(30):
            current = self.sample(self.seed, ("ascent", start), self.prior)
            value, moved = self.truth(current), True
            while moved:
                moved = False
                for candidate in self.neighbours(current):
                    if (other := self.truth(candidate)) > value + 1e-12:
                        current, value, moved = candidate, other, True
            best = max(best, value)
        return best

    def neighbours(self, assignment: Assignment) -> list[Assignment]:
        made: list[Assignment] = []
        for variable in self.variables:
            if variable.address in assignment:
                for value in range(variable.options):
                    made += self.complete({**assignment, variable.address: value})
        return made

    def complete(self, wanted: Assignment) -> list[Assignment]:
        """All assignments that agree with `wanted` where its choices exist and differ only in new ones."""
        partial: list[Assignment] = [{}]
        for variable in self.variables:
            grown: list[Assignment] = []
            for one in partial:
                if not self.active(variable, one):
                    grown.append(one)
                elif variable.address in wanted:
                    grown.append({**one, variable.address: wanted[variable.address]})
                else:
                    grown += [{**one, variable.address: value} for value in range(variable.options)]
            partial = grown
        return partial

    @cached_property
    def average(self) -> float:
        """Mean score of a random assignment (400 draws)."""
        return sum(self.truth(self.sample(self.seed, ("mean", i), self.prior)) for i in range(400)) / 400

    def regret(self, assignment: Assignment) -> float:
        """0 at the optimum, 1 at the mean of random assignments."""
        return (self.optimum - self.truth(assignment)) / (self.optimum - self.average)


def landscape(family: str, seed: int) -> Landscape:
    """A landscape of one of the four families."""
    if family == "routed":
        variables = [
            v
            for k in range(3)
            for v in (
                Variable(f"k{k}.model", 3),
                Variable(f"k{k}.prompt", 2),
                Variable(f"k{k}.what", 2),
                Variable(f"k{k}.n", 5, f"k{k}.what", 1),
                Variable(f"k{k}.heat", 8, f"k{k}.what", 1),
            )
        ]
    else:
        variables = [
            Variable(f"v{i}", 4 if family == "needle" else 3) for i in range(5 if family == "needle" else 9)
        ]
    return Landscape(family, seed, tuple(variables))
