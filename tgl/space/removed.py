"""Options that no program of a space has: branch and bound over one option at a time.

An option is out if the cheapest completion of the program with it is dearer than the limit, or if nothing
completes it at all. Sampling offers none of these; here they are named, with the reason.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from tgl.ir import ProgramIR, Value
from tgl.space.bound import Bound, Floor
from tgl.space.compile import space_of
from tgl.space.facts import Facts
from tgl.space.feasible import Feasibility
from tgl.space.plan import AltPlan, GraphPlan, NodePlan, Space


@dataclass(frozen=True, slots=True)
class RemovedOption:
    """An option that no program has; the cheapest with it costs `least`, inf if there is none at all."""

    address: str
    value: Value
    least: float

    @property
    def is_unreachable(self) -> bool:
        """Whether no limit is needed to exclude it."""
        return self.least == math.inf


def free(_node: object, _alternative: object, _model: str | None) -> float:
    """No cost: only what can't be completed is out."""
    return 0.0


def least_cost(ir: ProgramIR, bound: Bound) -> float:
    """A lower bound on the cost of any program of the space, in the bound's unit."""
    facts = Facts(space_of(ir))
    return Floor(facts, bound, Feasibility(facts)).total()


def removed_options(ir: ProgramIR, bound: Bound | None = None) -> tuple[RemovedOption, ...]:
    """The options that are out, in order of declaration; each by itself, with all others still open."""
    space = space_of(ir)
    limit = Bound(math.inf, free) if bound is None else bound
    holders = {
        alt.inner.template.path: (graph, node, alt)
        for graph in space.graphs.values()
        for node in graph.nodes
        for alt in node.alternatives.values()
        if alt.inner is not None
    }
    found: list[RemovedOption] = []
    for address, choice in space.choices.items():
        homes = [graph for graph in space.graphs.values() if within(address, graph.template.address)]
        # choices of all rounds of a loop are one: an option is out only if it is in each of them
        inmost = max((len(graph.template.address) for graph in homes), default=0)
        there = [graph for graph in homes if len(graph.template.address) == inmost]
        # what is out together with its instance is not told again
        there = [graph for graph in there if fits(limit, with_option(space, limit, holders, graph))]
        for atom, value in enumerate(choice.atoms):
            costs = [with_option(space, limit, holders, graph, (address, atom)) for graph in there]
            if costs and not any(fits(limit, cost) for cost in costs):
                found.append(RemovedOption(address, value.values[0], min(costs)))
    return tuple(found)


def within(address: str, path: str) -> bool:
    """Whether a choice's address begins with that of an instance."""
    return address == path or address.startswith((f"{path}.", f"{path}["))


def fits(limit: Bound, cost: float) -> bool:
    """Whether something completes a program at this cost, within the limit."""
    return cost < math.inf and limit.allows(cost)


def with_option(
    space: Space,
    limit: Bound,
    holders: Mapping[str, tuple[GraphPlan, NodePlan, AltPlan]],
    graph: GraphPlan,
    option: tuple[str, int] | None = None,
) -> float:
    """The cheapest completion with an instance, and with an option of it: a choice and its atom."""
    facts = Facts(space)
    if option is not None:
        facts.record(option[0], option[1], 0)
    while graph.template.path in holders:
        graph, node, alt = holders[graph.template.path]
        pick = node.own_pick
        if pick is None or pick in facts.taken:
            continue
        keys = [value for one in space.choices[pick].atoms for value in one.values]
        if alt.template.key not in keys:
            return math.inf
        facts.record(pick, keys.index(alt.template.key), 0)
    return Floor(facts, limit, Feasibility(facts)).total()
