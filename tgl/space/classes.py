"""The number of different programs of a space, counted by classes.

A choice that only sets the model or an option of the nodes that read it multiplies: its values are told
apart in whatever program it is active. So only the rest is walked. Programs that differ in such values make
a class; in one, values at replicas that may be exchanged without a change of the rest count once for each
arrangement (Burnside's lemma: the mean number of arrangements that an exchange leaves as they are).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations, product

from tgl.ir import ChoiceRef, ProgramIR
from tgl.space.bound import Bound
from tgl.space.canonical import sketch_of
from tgl.space.compile import space_of
from tgl.space.concretise import Concretiser
from tgl.space.draw import count_assignments, walks_of
from tgl.space.facts import Effort, Facts
from tgl.space.plan import Space
from tgl.space.reads import static_leaves
from tgl.space.resolve import RESOLVED
from tgl.space.trim import Trimmed, trim

MOST_EXCHANGES = 5040
"""Most exchanges of replicas that are looked at in one program."""


@dataclass(frozen=True, slots=True)
class Free:
    """Choices that multiply: `shared` by several nodes, `own` of one of the outermost graph (its index)."""

    shared: Mapping[str, frozenset[str]]
    own: Mapping[str, int]

    @property
    def addresses(self) -> frozenset[str]:
        """All of them."""
        return frozenset((*self.shared, *self.own))


def count_programs(
    ir: ProgramIR, bound: Bound | None, *, walks: int, steps: int, counted: bool
) -> int | None:
    """The number of different programs, None if more than `walks` walks or `steps` steps would tell it.

    `counted`: the assignments can be counted, so that how many walks it takes is known before the first.
    """
    space = space_of(ir)
    free = free_choices(space, bound)
    if counted and count_assignments(ir, walks, bound, apart=free.addresses) is None:
        return None
    classes: dict[str, int] = {}
    effort = Effort()
    for done, leaf in enumerate(walks_of(ir, bound, free.addresses, effort)):
        if done >= walks or effort.steps > steps:
            return None
        if leaf is None:
            continue
        facts = leaf.facts
        trimmed = trim(leaf.root, facts)
        concretiser = Concretiser(facts)
        digest = concretiser.candidate(trimmed).digest
        effort.steps += RESOLVED * sum(len(one.live) for one in concretiser.instances.values())
        if digest not in classes:
            found = arrangements(space, trimmed, facts, concretiser, free)
            if found is None:
                return None
            classes[digest] = found
    return sum(classes.values())


def free_choices(space: Space, bound: Bound | None) -> Free:
    """The choices of a program that multiply.

    Those that stand by themselves where a model or an option of a role is wanted, are read nowhere else, and
    wherever that role has that option: so that no program of one class is also in another.
    """
    root = space.root
    nested = [graph.template.address + "." for graph in space.graphs.values() if graph is not root]
    written: dict[tuple[str, str], set[object]] = {}
    readers: dict[str, set[str]] = {}
    elsewhere: set[str] = set()
    for graph in space.graphs.values():
        for node in graph.nodes:
            for alt in node.alternatives.values():
                template = alt.template
                if template.kind != "role":
                    continue
                for name, expr in (*template.fields, ("on", node.on)):
                    address = expr.address if isinstance(expr, ChoiceRef) else None
                    domain = None if address is None else space.choices[address].point.domain
                    written.setdefault((template.what, name), set()).add(expr if domain is None else domain)
                    if address is not None:
                        readers.setdefault(address, set()).add(node.template.id)
    for graph in space.graphs.values():
        for node in graph.nodes:
            for alt in node.alternatives.values():
                for name, expr in (*alt.template.fields, ("on", node.on)):
                    if isinstance(expr, ChoiceRef) and (
                        alt.template.kind != "role" or len(written[alt.template.what, name]) > 1
                    ):
                        elsewhere.add(expr.address)
                    elif expr is not None and not isinstance(expr, ChoiceRef):
                        elsewhere |= {
                            leaf.address for leaf in static_leaves(expr) if isinstance(leaf, ChoiceRef)
                        }
    shared: dict[str, frozenset[str]] = {}
    own: dict[str, int] = {}
    for address, nodes in readers.items():
        choice = space.choices[address]
        if choice.structural or address in space.required or address in elsewhere:
            continue
        if bound is not None and bound.heeds(space, address):
            continue
        first = next(iter(nodes))
        if len(nodes) == 1 and space.homes[first] == root.template.path:
            own[address] = root.index[first]
        elif len(nodes) > 1 and not any(address.startswith(path) for path in nested):
            shared[address] = frozenset(nodes)
    return Free(shared, own)


def arrangements(
    space: Space, trimmed: Trimmed, facts: Facts, concretiser: Concretiser, free: Free
) -> int | None:
    """How many programs are in the class of one; None if too many exchanges would have to be looked at."""
    live = {
        node
        for instance in concretiser.instances.values()
        for node, name in instance.live.items()
        if name is not None
    }

    def values(address: str) -> int:
        return sum(len(atom.values) for atom in space.choices[address].atoms)

    active = facts.assignment
    times = math.prod(
        values(address) for address, nodes in free.shared.items() if address in active and nodes & live
    )
    several: dict[int, int] = {}
    for address, place in free.own.items():
        if address in active and place in trimmed.live:
            several[place] = several.get(place, 1) * values(address)
    sketch = sketch_of(trimmed, facts, concretiser.content)
    if sketch is None:
        return times * math.prod(several.values())
    cells: dict[int, list[int]] = {}
    around, ranks = sketch.around, sketch.cells()
    for node in sketch.nodes:
        cells.setdefault(ranks[node], []).append(node)
    open_cells = [cell for cell in cells.values() if len(cell) > 1]
    if all(len({tuple(sorted(around[node])) for node in cell}) == 1 for cell in open_cells):
        # nodes with the same neighbours: any exchange among them
        for cell in cells.values():
            kinds = several.get(cell[0], 1)
            times *= math.comb(kinds + len(cell) - 1, len(cell))
        return times
    if math.prod(math.factorial(len(cell)) for cell in open_cells) > MOST_EXCHANGES:
        return None
    links = set(sketch.links)
    kept = fixed = 0
    for exchange in exchanges(open_cells):
        if {(exchange.get(a, a), label, exchange.get(b, b)) for a, label, b in links} == links:
            kept += 1
            fixed += math.prod(several.get(cycle[0], 1) for cycle in cycles(sketch.nodes, exchange))
    return times * fixed // kept


def exchanges(cells: Sequence[Sequence[int]]) -> Iterator[dict[int, int]]:
    """All ways to exchange nodes within cells."""
    for rows in product(*(permutations(cell) for cell in cells)):
        yield {
            node: other
            for cell, row in zip(cells, rows, strict=True)
            for node, other in zip(cell, row, strict=True)
        }


def cycles(nodes: Sequence[int], exchange: Mapping[int, int]) -> Iterator[list[int]]:
    """The cycles of an exchange, each node in one."""
    seen: set[int] = set()
    for node in nodes:
        if node not in seen:
            cycle = [node]
            while (following := exchange.get(cycle[-1], cycle[-1])) != node:
                cycle.append(following)
            seen.update(cycle)
            yield cycle
