"""The number of different programs of a space, counted by classes.

A choice that only sets the model or an option of the nodes that read it multiplies: its values are told
apart in whatever program it is active. So only the rest is walked. Programs that differ in such values make
a class; in one, values at replicas that may be exchanged without a change of the rest count once for each
arrangement (Burnside's lemma: the mean number of arrangements that an exchange leaves as they are).

Two classes may hold the same program: a role here reads a choice that another node reads too, there one of
its own. The choices that several nodes read are then walked like the rest.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import permutations, product, zip_longest
from typing import TypeAlias

from tgl.ir import Candidate, ProgramIR
from tgl.space.bound import Bound
from tgl.space.canonical import sketch_of
from tgl.space.compile import space_of
from tgl.space.concretise import Concretiser
from tgl.space.draw import count_assignments, walks_of
from tgl.space.facts import Effort, Facts
from tgl.space.free import Chain, Free, Reader, free_choices
from tgl.space.resolve import RESOLVED
from tgl.space.trim import Trimmed, trim

MOST_EXCHANGES = 5040
"""Most exchanges of replicas that are looked at in one program."""


class Overlap(Exception):
    """Classes have programs in common unless these choices are walked."""

    def __init__(self, addresses: Set[str]) -> None:
        super().__init__(", ".join(sorted(addresses)))
        self.addresses = frozenset(addresses)


def count_programs(
    ir: ProgramIR,
    bound: Bound | None,
    *,
    walks: int,
    steps: int | None,
    counted: bool,
    on_walk: Callable[[int], None] = lambda _: None,
) -> int | None:
    """The number of different programs, None if more than `walks` walks or `steps` steps would tell it.

    Args:
        ir: the program.
        bound: a limit that is kept by construction, or None.
        walks: how many may be spent on each try.
        steps: of work, for all tries; None: any number.
        counted: the assignments can be counted, so that how many walks it takes is known before the first.
        on_walk: is told how many walks were made.
    """
    walked: frozenset[str] = frozenset()
    effort = Effort()
    while True:
        free = free_choices(space_of(ir), bound, walked)
        if counted and count_assignments(ir, walks, bound, apart=free.addresses) is None:
            return None
        try:
            return counted_classes(ir, bound, free, walks, steps, effort, on_walk)
        except Overlap as overlap:
            if not overlap.addresses:
                return None
            walked |= overlap.addresses


def counted_classes(
    ir: ProgramIR,
    bound: Bound | None,
    free: Free,
    walks: int,
    steps: int | None,
    effort: Effort,
    on_walk: Callable[[int], None],
) -> int | None:
    """The programs of all classes, None if it is too much work.

    Raises:
        Overlap: classes are not the same and yet have programs in common.
    """
    classes: dict[str, tuple[Marks, int]] = {}
    for done, leaf in enumerate(walks_of(ir, bound, free.addresses, effort)):
        on_walk(done)
        if done >= walks or (steps is not None and effort.steps > steps):
            return None
        if leaf is None:
            continue
        facts = leaf.facts
        trimmed = trim(leaf.root, facts)
        concretiser = Concretiser(facts)
        candidate = concretiser.candidate(trimmed)
        effort.steps += RESOLVED * sum(len(one.live) for one in concretiser.instances.values())
        picks = {
            pick
            for instance in concretiser.instances.values()
            for pick in instance.picks.items()
            if instance.live[pick[0]] is not None
        }
        arranging = Arranging(facts, concretiser, free, free.read(facts.assignment.keys(), picks))
        marks = arranging.marks(candidate)
        known = classes.get(candidate.digest)
        if known is None:
            found = arranging.programs(trimmed)
            if found is None:
                return None
            classes[candidate.digest] = (marks, found)
        elif not alike(known[0], marks):
            raise Overlap(differing(known[0], marks))
    return sum(found for _, found in classes.values())


Marks: TypeAlias = tuple[tuple[str, str, int], ...]
"""The options that read free choices, in the order of a candidate's nodes: the option, the choice, and its
number among those that several read; 0 for one that nothing else reads."""


def alike(some: Marks, others: Marks) -> bool:
    """Whether two programs, the same with the first of all values, are so with all the others too."""
    return [(name, number) for name, _, number in some] == [(name, number) for name, _, number in others]


def differing(some: Marks, others: Marks) -> set[str]:
    """The choices that several read, where two programs are not alike."""
    pairs = zip_longest(some, others, fillvalue=("", "", 0))
    unlike = (one for pair in pairs if (pair[0][0], pair[0][2]) != (pair[1][0], pair[1][2]) for one in pair)
    return {address for _, address, number in unlike if number}


@dataclass(frozen=True, slots=True)
class Arranging:
    """Counts the programs of a class, instance by instance.

    `read`: of each free choice that is active those who read it and reach the output.
    """

    facts: Facts
    concretiser: Concretiser
    free: Free
    read: Mapping[str, frozenset[Reader]]

    def marks(self, candidate: Candidate) -> Marks:
        """What the candidate's nodes read."""
        instances = self.concretiser.instances.values()
        ids = {node: name for instance in instances for node, name in instance.live.items()}
        read: dict[str | None, list[tuple[str, str]]] = {}
        for address, who in self.read.items():
            for node, _, option in who:
                read.setdefault(ids[node], []).append((option, address))
        numbers: dict[str, int] = {}
        found: list[tuple[str, str, int]] = []
        for node in candidate.nodes:
            for option, address in sorted(read.get(node.id, ())):
                several = len(self.read[address]) > 1
                number = numbers.setdefault(address, len(numbers) + 1) if several else 0
                found.append((option, address, number))
        return tuple(found)

    def programs(self, root: Trimmed) -> int | None:
        """The programs of the class; None if too many exchanges would have to be looked at."""
        inside = self.instance(root, ())
        return None if inside is None else self.values(None) * inside

    def values(self, place: tuple[str, int] | None) -> int:
        """The ways to take the choices that only a node and what is in it read."""
        choices = self.facts.space.choices
        return math.prod(
            sum(len(atom.values) for atom in choices[address].atoms)
            for address in self.free.at.get(place, ())
            if address in self.read
        )

    def instance(self, trimmed: Trimmed, above: Chain) -> int | None:
        """The ways to take those of an instance, whose replicas may be exchanged."""
        path = trimmed.instance.plan.template.path
        kinds: dict[int, int] = {}
        for place in trimmed.live:
            kinds[place] = self.values((path, place))
            if place in trimmed.children:
                inside = self.instance(trimmed.children[place], (*above, (path, place)))
                if inside is None:
                    return None
                kinds[place] *= inside
        sketch = sketch_of(trimmed, self.facts, self.concretiser.content)
        if sketch is None:
            return math.prod(kinds.values())
        cells: dict[int, list[int]] = {}
        around, ranks = sketch.around, sketch.cells()
        for node in sketch.nodes:
            cells.setdefault(ranks[node], []).append(node)
        open_cells = [cell for cell in cells.values() if len(cell) > 1]
        for cell in open_cells:
            outer = {self.outer((*above, (path, node))) for node in cell}
            if len(outer) > 1:
                raise Overlap({address for addresses in outer for address in addresses})
            if len({kinds[node] for node in cell}) > 1:
                return None
        if all(len({tuple(sorted(around[node])) for node in cell}) == 1 for cell in open_cells):
            # nodes with the same neighbours: any exchange among them
            return math.prod(math.comb(kinds[cell[0]] + len(cell) - 1, len(cell)) for cell in cells.values())
        if math.prod(math.factorial(len(cell)) for cell in open_cells) > MOST_EXCHANGES:
            return None
        links = set(sketch.links)
        kept = fixed = 0
        for exchange in exchanges(open_cells):
            if {(exchange.get(a, a), label, exchange.get(b, b)) for a, label, b in links} == links:
                kept += 1
                fixed += math.prod(kinds[cycle[0]] for cycle in cycles(sketch.nodes, exchange))
        return fixed // kept

    def outer(self, chain: Chain) -> frozenset[str]:
        """The choices that are read at a node or in it, and elsewhere too."""
        depth, ways = len(chain), self.free.ways
        return frozenset(
            address
            for address, who in self.read.items()
            if self.free.chains[address][:depth] != chain
            and any(ways[node][:depth] == chain for node, _, _ in who)
        )


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
