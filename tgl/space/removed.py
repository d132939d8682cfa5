"""Options that no program of a space has: branch and bound over one option at a time.

An option is out if the cheapest completion of the program with it is dearer than the limit, or if nothing
completes it at all. Sampling offers none of these; here they are named, with the reason.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from tgl.ir import ProgramIR, Value
from tgl.space.bound import Bound
from tgl.space.compile import space_of
from tgl.space.facts import Facts
from tgl.space.feasible import Feasibility
from tgl.space.floor import Floor
from tgl.space.floors import floors
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


def refused(ir: ProgramIR, bound: Bound) -> str | None:
    """Why no program of a space is within a bound, None if one may be."""
    facts = Facts(space_of(ir))
    return floors(facts, bound, Feasibility(facts)).refused()


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
        there = [graph for graph in there if with_option(space, limit, holders, graph) is None]
        for atom, value in enumerate(choice.atoms):
            costs = [with_option(space, limit, holders, graph, (address, atom)) for graph in there]
            dear = [cost for cost in costs if cost is not None]
            if costs and len(dear) == len(costs):
                found.append(RemovedOption(address, value.values[0], min(dear)))
    return tuple(found)


def within(address: str, path: str) -> bool:
    """Whether a choice's address begins with that of an instance."""
    return address == path or address.startswith((f"{path}.", f"{path}["))


def with_option(
    space: Space,
    limit: Bound,
    holders: Mapping[str, tuple[GraphPlan, NodePlan, AltPlan]],
    graph: GraphPlan,
    option: tuple[str, int] | None = None,
) -> float | None:
    """Whether something completes a program with an instance, and with an option of it: choice and atom.

    None if so; else what the cheapest would cost in the limit that it breaks, inf if nothing completes it.
    """
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
    for part in floors(facts, limit, Feasibility(facts)).parts:
        cost = part.total()
        if cost == math.inf or not part.bound.allows(cost):
            return cost
    return None
