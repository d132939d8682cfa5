"""The one walk over a program's space; an oracle decides.

Sampling, replay, mode and enumeration are oracles over this walk, so they can't disagree on what is
active, what is allowed, or in which order (language.md C9, C10). For a graph instance:

1. counts of groups in declaration order, then the `if`s of nodes;
2. edges from the output backwards: targets in reverse topological order. An edge into a node that does
   not reach the output is never asked. Arguments, guards and the output are edges that are always on.
   A node whose alternatives are wired differently is decided before the edges into it;
3. what each live node is, in topological order; a nested instance is walked when its node is decided;
4. the models of live role nodes, 5. options, 6. numbers in guards.

A static expression decides the open choices that it waits for when it is asked (params, shared choices,
`worker[j] is fuser`). At each decision only atoms from which a completion exists are allowed
(`feasible`, `bound`), and the policy is renormalised over them: the log-probability of an assignment is a
finite sum of local ones. It is the walk's own probability: that of `sample`, given no dead end.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from tgl.ir import ChoiceRef, ModelName
from tgl.space.bound import Bound
from tgl.space.deciding import Instance, Oracle
from tgl.space.errors import DeadEnd, EmptySpace
from tgl.space.facts import Effort, Facts
from tgl.space.plan import AltPlan, GraphPlan, NodePlan, Space, Status
from tgl.space.reads import static_leaves
from tgl.space.static import UNKNOWN
from tgl.space.wiring import Wiring


@dataclass(frozen=True, slots=True)
class Walk:
    """A finished walk."""

    facts: Facts
    root: Instance


def walk(space: Space, oracle: Oracle, bound: Bound | None = None, effort: Effort | None = None) -> Walk:
    """Decide a whole program; what it took is added to `effort`.

    Raises:
        EmptySpace: if nothing can be decided so that the output is reached within the limit.
        DeadEnd: if earlier decisions, each possible by itself, exclude each other.
    """
    return _Walker(space, oracle, bound, Effort() if effort is None else effort).run()


class _Walker(Wiring):
    def run(self) -> Walk:
        plan = self.space.root
        fed = frozenset(port.name for port in plan.template.ports)
        if not self.feasibility.holds(plan, fed):
            raise EmptySpace("no choice of edges and roles leads to the output")
        if self.floor is not None and self.bound is not None:
            least = self.floor.total()
            if not self.bound.allows(least):
                raise EmptySpace(self.bound.too_dear(least))
        return Walk(self.facts, self.visit(plan, fed))

    def visit(self, plan: GraphPlan, fed: Set[str]) -> Instance:
        nothing = [False] * len(plan.nodes)
        instance = Instance(plan, fed, nothing, Status(nothing, nothing))
        self.instances[plan.template.path] = instance
        reaching = {node.template.group for node in plan.nodes if node.reaches}
        for group in plan.template.groups:
            if group.count is not None and group.name in reaching:
                self.demand(group.count)
        instance.exists = [node.reaches and self.demand(node.exists) is True for node in plan.nodes]
        instance.counted = True
        instance.status = self.feasibility.status(plan, fed)
        self.wire(instance)
        instance.wired = True
        order = instance.order = self.ordered(instance)
        for place in order:
            self.what(instance, place)
            inner = instance.picks[place].inner
            if inner is not None:
                instance.children[place] = self.visit(inner, self.arrivals(instance, place))
        for place in order:
            if instance.picks[place].template.kind == "role":
                instance.models[place] = self.model(instance, place)
        for place in order:
            alt = instance.picks[place]
            for expr in (*alt.fields, *alt.leaves):
                self.demand(expr)
        for place in order:
            for expr in plan.nodes[place].guard_leaves:
                self.demand(expr)
        for index in instance.on:
            for expr in plan.edges[index].guard_leaves:
                self.demand(expr)
        for expr in plan.output_leaves:
            self.demand(expr)
        self.satisfy(instance)
        return instance

    def satisfy(self, instance: Instance) -> None:
        """See that all that is required of an instance holds; params that nothing else reads are decided."""
        for requirement in instance.plan.template.requirements:
            condition = requirement.condition
            while self.requirements.value(condition) is UNKNOWN:
                leaves = [leaf for leaf in static_leaves(condition) if isinstance(leaf, ChoiceRef)]
                still = [leaf for leaf in leaves if self.facts.peek(leaf) is UNKNOWN]
                if not still:
                    break
                self.decide(self.facts.first_open(still[0]))
            if self.requirements.value(condition) is not True:
                raise DeadEnd(instance.plan.template.path, requirement)

    def model(self, instance: Instance, place: int) -> str:
        node = instance.plan.nodes[place]
        if node.on is None:
            raise ValueError(f"{node.template.id}: no model")
        on = node.on
        if (
            self.floor is not None
            and isinstance(on, ChoiceRef)
            and on.address in self.space.alone
            and on.address not in self.facts.meanings
            and not self.space.choices[on.address].structural
        ):
            self.priced_model(node, instance.picks[place], on)
        value = self.demand(on)
        if not isinstance(value, ModelName):
            raise ValueError(f"{node.template.id}: {value!r} is not a model")
        return value.name

    def priced_model(self, node: NodePlan, alt: AltPlan, on: ChoiceRef) -> None:
        """Decide the model of one node: only its own price changes the floor."""
        if self.floor is None or self.bound is None:
            return
        choice = self.space.choices[on.address]
        if self.floor_now is None:
            self.floor_now = self.floor.total()
        rest = self.floor_now - self.floor.price(node, alt)
        prices: list[float] = []
        for atom in range(len(choice.atoms)):
            self.facts.record(on.address, atom, 0)
            prices.append(self.floor.price(node, alt))
            self.facts.forget(on.address)
        allowed = [atom for atom, price in enumerate(prices) if self.bound.allows(rest + price)]
        self.settle(choice, allowed)
        self.floor_now = rest + self.floor.price(node, alt)
