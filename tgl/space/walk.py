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
from tgl.space.plan import GraphPlan, Space, Status
from tgl.space.reads import static_leaves
from tgl.space.static import UNKNOWN
from tgl.space.trim import trim
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
        if self.floors is None:
            return Walk(self.facts, self.visit(plan, fed))
        refused = self.floors.refused()
        if refused is not None:
            raise EmptySpace(refused)
        found = Walk(self.facts, self.visit(plan, fed))
        # an input that a nested instance leaves unread, and the like, is known only now
        if not self.floors.keeps(trim(found.root, self.facts)):
            raise DeadEnd(plan.template.path)
        return found

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
        value = self.demand(on)
        if not isinstance(value, ModelName):
            raise ValueError(f"{node.template.id}: {value!r} is not a model")
        return value.name
