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

from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from typing import Protocol

from tgl.ir import ChoiceRef, Expr, ModelName, Requirement
from tgl.space.bound import Bound, Floor
from tgl.space.errors import DeadEnd, EmptySpace
from tgl.space.facts import Facts
from tgl.space.feasible import Feasibility
from tgl.space.order import topological
from tgl.space.plan import (
    AltPlan,
    ChoicePlan,
    EdgePlan,
    GraphPlan,
    NodePlan,
    Space,
    Status,
)
from tgl.space.reads import Reads, static_leaves
from tgl.space.requirements import Requirements
from tgl.space.static import UNKNOWN, Static, Unknown


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


@dataclass(frozen=True, slots=True)
class Walk:
    """A finished walk."""

    facts: Facts
    root: Instance


def walk(space: Space, oracle: Oracle, bound: Bound | None = None) -> Walk:
    """Decide a whole program.

    Raises:
        EmptySpace: if nothing can be decided so that the output is reached within the limit.
        DeadEnd: if earlier decisions, each possible by itself, exclude each other.
    """
    return _Walker(space, oracle, bound).run()


class _Walker:
    def __init__(self, space: Space, oracle: Oracle, bound: Bound | None) -> None:
        self.space = space
        self.oracle = oracle
        self.facts = Facts(space)
        self.feasibility = Feasibility(self.facts)
        self.bound = bound
        self.floor = None if bound is None else Floor(self.facts, bound, self.feasibility)
        self.floor_now: float | None = None
        self.instances: dict[str, Instance] = {}
        self.requirements = Requirements(self.facts, self.instances)

    def run(self) -> Walk:
        plan = self.space.root
        fed = frozenset(port.name for port in plan.template.ports)
        if not self.feasibility.holds(plan, fed):
            raise EmptySpace("no choice of edges and roles leads to the output")
        if self.floor is not None and self.bound is not None:
            least = self.floor.total()
            if not self.bound.allows(least):
                raise EmptySpace(
                    f"the cheapest program costs {least:g}, more than the limit {self.bound.limit:g}"
                )
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

    def demand(self, expr: Expr) -> Static:
        """The value of a static expression, deciding what it waits for."""
        while True:
            value = self.facts.peek(expr)
            if not isinstance(value, Unknown):
                return value
            self.decide(self.facts.first_open(expr))

    # ---------------------------------------------------------------- edges

    def wire(self, instance: Instance) -> None:
        plan = instance.plan
        self.read(instance, plan.output_reads)
        for block in reversed(plan.blocks):
            if len(block) > 1:
                self.knot(instance, block)
                continue
            for place in block:
                if place in instance.live:
                    self.feed(instance, place, loose=False)

    def feed(self, instance: Instance, place: int, *, loose: bool) -> None:
        """Decide the edges into a live node; `loose`: none of them can make a node of its knot impossible."""
        plan = instance.plan
        node = plan.nodes[place]
        if node.early:
            self.what(instance, place)
        # not early: all alternatives have the same wires and take the same edges
        alts = list(self.facts.possible(node))
        easy = self.easy_ports(instance, node, alts)
        tight = place in plan.knotted and not loose
        for edge in plan.into[place]:
            is_on = self.edge_on(instance, edge, alts, easy, tight=tight)
            instance.asked.add(edge.index)
            if is_on:
                instance.on.append(edge.index)
                if edge.source is not None and instance.exists[edge.source]:
                    instance.live.add(edge.source)
                self.read(instance, edge.guard_reads)
                if edge.closed is not None:
                    self.facts.drawn.setdefault(plan.template.path, set()).add(edge.index)
                for source in edge.sources if place in plan.knotted else ():
                    self.facts.tie(plan, source, place)
            if tight:
                instance.status = self.feasibility.status(plan, instance.fed)
        self.read(instance, alts[0].reads)
        self.read(instance, node.guard_reads)

    def read(self, instance: Instance, reads: Reads) -> None:
        """What is read becomes live; where an index picks, it is decided now, and nothing else is read."""
        for pick in reads.picks:
            while self.facts.peek(pick) is UNKNOWN:
                self.decide(self.facts.first_open(pick), instance)
        found = self.facts.may_read(instance.plan, reads)
        instance.live.update(ref for ref in found if instance.exists[ref])

    def knot(self, instance: Instance, block: Sequence[int]) -> None:
        """Decide the edges into the live members of a knot, the last first, until none is left.

        What an acyclic edge must not close a circle with: the edges decided before, and whatever else of its
        knot may be there.
        """
        plan = instance.plan
        if instance.live.isdisjoint(block):
            return
        here = [place for place in block if instance.exists[place]]
        for place in here:
            node = plan.nodes[place]
            for edge in plan.into[place]:
                if edge.closed is not None:
                    for address in self.settling(edge):
                        self.decide(address)
            for alt in self.facts.possible(node):
                for ref in (*alt.reads.refs, *node.guard_reads.refs):
                    self.facts.tie(plan, ref, place)
            for edge in plan.into[place]:
                if self.facts.peek(edge.exists if edge.closed is None else edge.closed) is not False:
                    for source in edge.sources:
                        self.facts.tie(plan, source, place)
        done: set[int] = set()
        while waiting := [place for place in here if place in instance.live and place not in done]:
            loose = all(
                self.easy_ports(instance, plan.nodes[place], list(self.facts.possible(plan.nodes[place])))
                for place in here
            )
            done.add(waiting[-1])
            self.feed(instance, waiting[-1], loose=loose)
        instance.status = self.feasibility.status(plan, instance.fed)

    def settling(self, edge: EdgePlan) -> Iterator[str]:
        """The open choices that tell whether an edge may be there even if it closes a circle."""
        closed = edge.closed
        while closed is not None and self.facts.peek(closed) is UNKNOWN:
            address = self.facts.first_open(closed)
            if address == edge.flip:
                return
            yield address

    def ordered(self, instance: Instance) -> tuple[int, ...]:
        """The live nodes after what feeds them."""
        plan = instance.plan
        order = tuple(place for place in plan.order if place in instance.live)
        if not plan.knotted:
            return order
        rank = {place: k for k, place in enumerate(order)}
        sources: list[set[int]] = []
        for place in order:
            node = plan.nodes[place]
            refs = {ref for alt in self.facts.possible(node) for ref in alt.reads.refs}
            refs |= {*node.guard_reads.refs}
            sources.append({rank[ref] for ref in refs if ref in rank})
        for index in instance.on:
            edge = plan.edges[index]
            sources[rank[edge.target]] |= {rank[ref] for ref in edge.sources if ref in rank}
        return tuple(order[k] for k in topological([str(place) for place in order], sources))

    def sound(self, instance: Instance) -> bool:
        """Whether all live nodes of an instance may still run, and its output with them."""
        status = self.feasibility.status(instance.plan, instance.fed)
        return all(status.usable[place] for place in instance.live) and self.feasibility.output_possible(
            instance.plan, instance.fed, status
        )

    def easy_ports(self, instance: Instance, node: NodePlan, alts: Sequence[AltPlan]) -> frozenset[str]:
        """Keys of alternatives that no edge into the node can make impossible."""
        plan, fed, status = instance.plan, instance.fed, instance.status
        return frozenset(
            alt.template.key
            for alt in alts
            if alt.inner is None
            and all(
                port in alt.wires and self.feasibility.fed_by(alt.wires[port], plan, fed, status)
                for port in alt.needs
            )
            and self.feasibility.can_be(plan, node, alt, fed, status)
        )

    def edge_on(
        self,
        instance: Instance,
        edge: EdgePlan,
        alts: Sequence[AltPlan],
        easy: frozenset[str],
        *,
        tight: bool,
    ) -> bool:
        if not any(alt.template.key in edge.ports for alt in alts):
            return False
        if not self.feasibility.source_fed(edge, instance.plan, instance.fed, instance.status):
            return False
        if edge.closed is not None and self.facts.closes(instance.plan, edge):
            return self.demand(edge.closed) is True
        if edge.plain and edge.flip is not None and edge.flip not in self.facts.meanings:
            self.flip(instance, edge, alts, easy, tight=tight)
            return self.facts.assignment[edge.flip] is True
        while True:
            value = self.facts.peek(edge.exists)
            if value is not UNKNOWN:
                return value is True
            address = self.facts.first_open(edge.exists)
            if address == edge.flip:
                self.flip(instance, edge, alts, easy, tight=tight)
            else:
                self.decide(address)

    def flip(
        self,
        instance: Instance,
        edge: EdgePlan,
        alts: Sequence[AltPlan],
        easy: frozenset[str],
        *,
        tight: bool,
    ) -> None:
        choice = self.space.choices[edge.flip or ""]
        node = instance.plan.nodes[edge.target]
        plain = not tight and any(
            alt.template.key in easy and edge.ports.get(alt.template.key) not in alt.single for alt in alts
        )

        if plain and self.floor is None:
            self.settle(choice, (0, 1))
            return

        def possible() -> bool:
            if tight:
                return self.sound(instance)
            return plain or any(
                self.feasibility.can_be(instance.plan, node, alt, instance.fed, instance.status)
                for alt in alts
            )

        # an edge from a node that is live already costs nothing more
        costly = (True, edge.source is not None and edge.source not in instance.live)
        allowed = [yes for yes in (0, 1) if self.holds_with(choice, yes, possible, costly=costly[yes])]
        self.settle(choice, allowed)

    # ---------------------------------------------------------------- nodes

    def what(self, instance: Instance, place: int) -> None:
        if place in instance.picks:
            return
        node = instance.plan.nodes[place]
        if node.own_pick is not None and node.own_pick not in self.facts.meanings:
            choice = self.space.choices[node.own_pick]

            def possible() -> bool:
                alt = self.facts.pick(node)
                if node.early and place in instance.plan.knotted:
                    return alt is not None and self.sound(instance)
                return alt is not None and self.feasibility.can_be(
                    instance.plan, node, alt, instance.fed, instance.status
                )

            atoms = range(len(choice.atoms))
            self.settle(choice, [atom for atom in atoms if self.holds_with(choice, atom, possible)])
        elif self.facts.pick(node) is None:
            self.demand(node.template.pick)
        alt = self.facts.pick(node)
        if alt is None:
            raise ValueError(f"{node.template.id}: what it is names no alternative")
        instance.picks[place] = alt

    def arrivals(self, instance: Instance, place: int) -> frozenset[str]:
        """The ports of a live node that get something."""
        alt = instance.picks[place]
        key = alt.template.key
        edges = instance.plan.edges
        ports = {
            edges[index].ports[key]
            for index in instance.on
            if edges[index].target == place and key in edges[index].ports
        }
        ports |= {
            port
            for port, wire in alt.wires.items()
            if self.feasibility.fed_by(wire, instance.plan, instance.fed, instance.status)
        }
        return frozenset(ports)

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

    # ---------------------------------------------------------------- decisions

    def decide(self, address: str, within: Instance | None = None) -> None:
        """Decide a choice on which anything may depend; what is live `within` has to stay possible."""
        choice = self.space.choices.get(address)
        if choice is None:
            raise ValueError(f"{address}: no such choice in the program")
        costly = address in self.space.priced
        count = len(choice.atoms)
        if not choice.structural and not (costly and self.floor is not None):
            self.settle(choice, range(count))
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

    def holds_with(
        self, choice: ChoicePlan, atom: int, possible: Callable[[], bool], *, costly: bool = True
    ) -> bool:
        """Whether an atom leaves a completion, within the limit if there is one."""
        address = choice.point.address
        self.facts.record(address, atom, 0)
        try:
            if not possible():
                return False
            if self.floor is None or self.bound is None or not costly:
                return True
            return self.bound.allows(self.floor.total())
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
        self.floor_now = None

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
