"""The oracles over the walk: draw, replay, take the most probable, follow a script."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tgl.ir import FloatRange, IntRange, Value
from tgl.space.domains import PRIOR, Policy, member_at, right_type, value_key
from tgl.space.errors import OutsideSpace, UnknownValue
from tgl.space.plan import ChoicePlan
from tgl.space.streams import Stream


@dataclass(frozen=True, slots=True)
class Decision:
    """One local decision: the atom taken among those allowed.

    `probabilities` belong to `allowed_atoms` and sum to one. `share` is the probability of the value
    within the atom (1 except for a cell of reals), which no policy moves. The log-probability of an
    assignment is the sum over its decisions of log probability + log share.
    """

    address: str
    atom_index: int
    allowed_atoms: tuple[int, ...]
    probabilities: tuple[float, ...]
    value: Value
    share: float

    @property
    def log_prob(self) -> float:
        """Of this decision."""
        chosen = self.probabilities[self.allowed_atoms.index(self.atom_index)]
        return math.log(chosen) + math.log(self.share) if chosen > 0.0 else -math.inf


def probabilities(policy: Policy, choice: ChoicePlan, allowed: Sequence[int]) -> tuple[float, ...]:
    """The policy over the allowed atoms (uniform if it gives all of them no weight).

    Raises:
        ValueError: if the policy has not one weight >= 0 for each atom.
    """
    weights = choice.prior if policy is PRIOR else policy.weights(choice.point)
    if len(weights) != len(choice.atoms):
        raise ValueError(f"{choice.point.address}: {len(weights)} weights for {len(choice.atoms)} options")
    kept = [float(weights[atom]) for atom in allowed]
    if any(not 0.0 <= weight < math.inf for weight in kept):
        raise ValueError(f"{choice.point.address}: weights must be finite and not negative")
    total = math.fsum(kept)
    if total <= 0.0:
        return (1.0 / len(kept),) * len(kept)
    return tuple(weight / total for weight in kept)


def made(policy: Policy, choice: ChoicePlan, allowed: Sequence[int], atom: int, member: int) -> Decision:
    """The record of a decision."""
    table = choice.atoms[atom]
    return Decision(
        choice.point.address,
        atom,
        tuple(allowed),
        probabilities(policy, choice, allowed),
        table.values[member],
        table.shares[member],
    )


@dataclass(slots=True)
class Sampler:
    """Draws by the policy; each choice has its own named draw, so none depends on another's."""

    stream: Stream
    policy: Policy
    log_prob: float = 0.0

    def choose(self, choice: ChoicePlan, allowed: Sequence[int]) -> tuple[int, int]:
        address = choice.point.address
        if len(allowed) == 1:
            atom = allowed[0]
        else:
            chances = probabilities(self.policy, choice, allowed)
            left = self.stream.uniform(address)
            place = 0
            for place, chance in enumerate(chances):  # noqa: B007
                left -= chance
                if left < 0.0:
                    break
            while chances[place] == 0.0:  # rounding left the last atom, which may have no weight
                place -= 1
            atom = allowed[place]
            self.log_prob += math.log(chances[place])
        table = choice.atoms[atom]
        if len(table.values) == 1:
            return atom, 0
        member = member_at(table, self.stream.uniform(address, "value"))
        self.log_prob += math.log(table.shares[member])
        return atom, member


@dataclass(slots=True)
class Replay:
    """Follows an assignment.

    Raises (from `choose`):
        OutsideSpace: if an active choice has no value, or one that is not in its domain or not allowed.
        UnknownValue: if a value has the wrong type.
    """

    assignment: Mapping[str, Value]
    policy: Policy | None
    decisions: list[Decision] = field(default_factory=list[Decision])

    def choose(self, choice: ChoicePlan, allowed: Sequence[int]) -> tuple[int, int]:
        address = choice.point.address
        if address not in self.assignment:
            raise OutsideSpace(address, "is active and has no value")
        value = self.assignment[address]
        if not right_type(choice.point.domain, value):
            raise UnknownValue(address, f"{value!r} has the wrong type")
        place = choice.places.get(value_key(value))
        if place is None:
            raise OutsideSpace(address, f"{value!r} is not among its options")
        if place[0] not in allowed:
            raise OutsideSpace(address, f"{value!r} can't lead to a program after the earlier decisions")
        if self.policy is not None:
            self.decisions.append(made(self.policy, choice, allowed, *place))
        return place


@dataclass(slots=True)
class Mode:
    """Takes the most probable atom; among equals the first, or the middle one of a range.

    After the decisions of `script`, if there is one. Notes what it could have taken instead, the best first.
    """

    policy: Policy
    script: Sequence[tuple[int, int]] = ()
    taken: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    options: list[tuple[tuple[int, int], ...]] = field(default_factory=list[tuple[tuple[int, int], ...]])

    def choose(self, choice: ChoicePlan, allowed: Sequence[int]) -> tuple[int, int]:
        chances = probabilities(self.policy, choice, allowed)
        best = max(chances)
        tied = [atom for atom, chance in zip(allowed, chances, strict=True) if chance >= best * (1 - 1e-12)]
        ordered = isinstance(choice.point.domain, IntRange | FloatRange)
        first = tied[(len(tied) - 1) // 2] if ordered else tied[0]
        ranked = sorted(zip(allowed, chances, strict=True), key=lambda pair: (pair[0] != first, -pair[1]))
        self.options.append(tuple((atom, (len(choice.atoms[atom].values) - 1) // 2) for atom, _ in ranked))
        step = len(self.taken)
        self.taken.append(self.script[step] if step < len(self.script) else self.options[-1][0])
        return self.taken[-1]


@dataclass(slots=True)
class Script:
    """Takes the decisions of a script, then the first possibility each time; notes what was possible.

    `whole_cells` treats the values within an atom as one.
    """

    script: Sequence[tuple[int, int]]
    policy: Policy
    whole_cells: frozenset[str] = frozenset()
    decisions: list[Decision] = field(default_factory=list[Decision])
    taken: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    options: list[tuple[tuple[int, int], ...]] = field(default_factory=list[tuple[tuple[int, int], ...]])

    def choose(self, choice: ChoicePlan, allowed: Sequence[int]) -> tuple[int, int]:
        step = len(self.options)
        address = choice.point.address
        if address in self.whole_cells:
            options = ((allowed[0], 0),)
        else:
            options = tuple(
                (atom, member) for atom in allowed for member in range(len(choice.atoms[atom].values))
            )
        self.options.append(options)
        atom, member = self.script[step] if step < len(self.script) else options[0]
        self.taken.append((atom, member))
        self.decisions.append(made(self.policy, choice, allowed, atom, member))
        return atom, member
