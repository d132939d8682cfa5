"""Deciding one choice of a walk: what is allowed of it, and what it must leave possible."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field
from typing import Protocol

from tgl.ir import Expr, Requirement
from tgl.space.bound import Bound
from tgl.space.errors import DeadEnd
from tgl.space.facts import Effort, Facts
from tgl.space.feasible import Feasibility
from tgl.space.floors import floors
from tgl.space.plan import AltPlan, ChoicePlan, GraphPlan, Space, Status
from tgl.space.requirements import Requirements
from tgl.space.static import Static, Unknown


class Oracle(Protocol):
    """What decides."""

    def choose(self, choice: ChoicePlan, allowed: Sequence[int]) -> tuple[int, int]:
        """An allowed atom (index) and the value in it (index)."""
        ...


@dataclass(slots=True)
class Instance:
    """One graph instance under a walk. Nodes and edges by their index in the plan.

    `counted`: `exists` is known. `order`: the live nodes, after what feeds them. `asked`: edges whose turn
    was; `wired`: that is all of them.
    """

    plan: GraphPlan
    fed: Set[str]
    exists: list[bool]
    status: Status
    counted: bool = False
    order: tuple[int, ...] = ()
    live: set[int] = field(default_factory=set[int])
    on: list[int] = field(default_factory=list[int])
    asked: set[int] = field(default_factory=set[int])
    wired: bool = False
    picks: dict[int, AltPlan] = field(default_factory=dict[int, AltPlan])
    models: dict[int, str] = field(default_factory=dict[int, str])
    children: dict[int, Instance] = field(default_factory=lambda: dict[int, Instance]())


class Deciding:
    """What is decided so far in one walk, and how the next choice is."""

    def __init__(self, space: Space, oracle: Oracle, bound: Bound | None, effort: Effort) -> None:
        self.space = space
        self.oracle = oracle
        self.facts = Facts(space, effort=effort)
        self.feasibility = Feasibility(self.facts)
        self.bound = bound
        self.floors = None if bound is None else floors(self.facts, bound, self.feasibility)
        self.instances: dict[str, Instance] = {}
        self.requirements = Requirements(self.facts, self.instances)

    def demand(self, expr: Expr) -> Static:
        """The value of a static expression, deciding what it waits for."""
        while True:
            value = self.facts.peek(expr)
            if not isinstance(value, Unknown):
                return value
            self.decide(self.facts.first_open(expr))

    def decide(self, address: str, within: Instance | None = None) -> None:
        """Decide a choice on which anything may depend; what is live `within` has to stay possible."""
        choice = self.space.choices.get(address)
        if choice is None:
            raise ValueError(f"{address}: no such choice in the program")
        count = len(choice.atoms)
        if not choice.structural and (self.bound is None or not self.bound.heeds(self.space, address)):
            self.settle(choice, range(count))
            return
        if not choice.structural:
            self.settle(choice, self.affordable(choice))
            return
        scope = self.instances.get(choice.scope or "")
        if scope is None:
            root = self.space.root
            plan, fed = root, self.instances[root.template.path].fed
        else:
            plan, fed = scope.plan, scope.fed

        def possible() -> bool:
            return self.feasibility.holds(plan, fed) and (within is None or self.sound(within))

        allowed = [atom for atom in range(count) if count == 1 or self.holds_with(choice, atom, possible)]
        self.settle(choice, allowed)
        if choice.structural:
            for instance in self.instances.values():
                instance.status = self.feasibility.status(instance.plan, instance.fed)

    def affordable(self, choice: ChoicePlan) -> list[int]:
        """The atoms of a choice that a limit allows; structure does not hang on it.

        Atoms that come to the same are asked for once: only whether a temperature is 0 matters.
        """
        address = choice.point.address
        heat = address not in self.space.priced and self.space.sized.get(address) == frozenset(
            {"temperature"}
        )
        same: dict[bool, bool] = {}
        allowed: list[int] = []
        for atom, table in enumerate(choice.atoms):
            cold = table.values[0] == 0
            fits = same.get(cold) if heat else None
            if fits is None:
                fits = same[cold] = self.holds_with(choice, atom, lambda: True)
            if fits:
                allowed.append(atom)
        return allowed

    def sound(self, instance: Instance) -> bool:
        """Whether all live nodes of an instance may still run, and its output with them."""
        status = self.feasibility.status(instance.plan, instance.fed)
        return all(status.usable[place] for place in instance.live) and self.feasibility.output_possible(
            instance.plan, instance.fed, status
        )

    def holds_with(
        self, choice: ChoicePlan, atom: int, possible: Callable[[], bool], *, costly: bool = True
    ) -> bool:
        """Whether an atom leaves a completion, within the limit if there is one."""
        address = choice.point.address
        self.facts.record(address, atom, 0)
        try:
            if not possible():
                return False
            return self.floors is None or not costly or self.floors.fits()
        finally:
            self.facts.forget(address)

    def settle(self, choice: ChoicePlan, allowed: Sequence[int]) -> None:
        address = choice.point.address
        if not allowed:
            raise DeadEnd(address)
        if address in self.space.required:
            allowed = self.permitted(choice, allowed)
        atom, member = self.oracle.choose(choice, allowed)
        self.facts.record(address, atom, member)

    def permitted(self, choice: ChoicePlan, allowed: Sequence[int]) -> list[int]:
        """The atoms that break no requirement by themselves; what holds from now on is not asked again."""
        address = choice.point.address
        kept: list[int] = []
        broken: Requirement | None = None
        for atom in allowed:
            self.facts.record(address, atom, 0)
            found = self.broken(address)
            self.facts.forget(address)
            if found is None:
                kept.append(atom)
            else:
                broken = found
        if not kept:
            raise DeadEnd(address, broken)
        return kept

    def broken(self, address: str) -> Requirement | None:
        """A requirement that reads a choice and can't hold any more."""
        for path, place in self.space.required[address]:
            instance = self.instances.get(path)
            if instance is None:
                continue
            requirement = instance.plan.template.requirements[place]
            if self.requirements.hopeless(requirement.condition):
                return requirement
        return None
