"""The number of different programs of a space, counted by classes.

A choice that only sets the model or an option of the nodes that read it multiplies: its values are told
apart in whatever program it is active. So only the rest is walked. Programs that differ in such values make
a class; in one, values at replicas that may be exchanged without a change of the rest count once for each
arrangement (Burnside's lemma: the mean number of arrangements that an exchange leaves as they are).

Two classes may hold the same program: a role here reads a choice that another node reads too, there one of
its own; or a replica stands here in one group with others and there by itself. These choices are then walked
like the rest.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import permutations, product

from tgl.ir import Candidate, ProgramIR
from tgl.space.bound import Bound
from tgl.space.canonical import sketch_of, unordered
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
        marks = arranging.marks(candidate, trimmed)
        known = classes.get(candidate.digest)
        if known is None:
            found = arranging.programs(trimmed)
            if found is None:
                return None
            classes[candidate.digest] = (marks, found)
        elif (overlap := known[0].overlap(marks)) is not None:
            raise overlap
    return sum(found for _, found in classes.values())


@dataclass(frozen=True, slots=True)
class Marks:
    """What tells classes apart whose programs are the same with the first of all values, node by node.

    `options`: those that read free choices: the option, the choice, and its number among those that several
    nodes read; 0 for one that nothing else reads. `blocks`: which replicas stand in any order, at each level
    from the inside out: where the group begins, how many they are, and where this one of them begins.
    """

    options: tuple[tuple[tuple[str, str, int], ...], ...]
    blocks: tuple[tuple[tuple[int, int, int], ...], ...]

    def overlap(self, other: Marks) -> Overlap | None:
        """What is to be walked so that two classes have no program in common; None: they are the same."""
        found: set[str] = set()
        same = True
        for mine, theirs, block, others in zip(
            self.options, other.options, self.blocks, other.blocks, strict=True
        ):
            if [one[::2] for one in mine] != [one[::2] for one in theirs]:
                same = False
                found |= {address for _, address, number in (*mine, *theirs) if number}
            if block != others:
                found |= {address for _, address, _ in (*mine, *theirs)}
        return None if same and not found else Overlap(found)


@dataclass(frozen=True, slots=True)
class Arranging:
    """Counts the programs of a class, instance by instance.

    `read`: of each free choice that is active those who read it and reach the output.
    """

    facts: Facts
    concretiser: Concretiser
    free: Free
    read: Mapping[str, frozenset[Reader]]

    def marks(self, candidate: Candidate, root: Trimmed) -> Marks:
        """What the candidate's nodes read, and which of them may be exchanged."""
        instances = self.concretiser.instances.values()
        ids = {node: name for instance in instances for node, name in instance.live.items()}
        read: dict[str | None, list[tuple[str, str]]] = {}
        for address, who in self.read.items():
            for node, _, option in who:
                read.setdefault(ids[node], []).append((option, address))
        numbers: dict[str, int] = {}
        options: list[tuple[tuple[str, str, int], ...]] = []
        for node in candidate.nodes:
            found: list[tuple[str, str, int]] = []
            for option, address in sorted(read.get(node.id, ())):
                several = len(self.read[address]) > 1
                number = numbers.setdefault(address, len(numbers) + 1) if several else 0
                found.append((option, address, number))
            options.append(tuple(found))
        places = {node.id: place for place, node in enumerate(candidate.nodes)}
        blocks: list[list[tuple[int, int, int]]] = [[] for _ in candidate.nodes]
        self.note_blocks(root, {node: places.get(name or "", -1) for node, name in ids.items()}, blocks)
        return Marks(tuple(options), tuple(map(tuple, blocks)))

    def note_blocks(
        self, trimmed: Trimmed, places: Mapping[str, int], blocks: Sequence[list[tuple[int, int, int]]]
    ) -> dict[int, list[int]]:
        """Note the groups of an instance whose replicas have no order; of each of its nodes those in it."""
        nodes = trimmed.instance.plan.nodes
        inside: dict[int, list[int]] = {}
        for place in trimmed.live:
            if place in trimmed.children:
                within = self.note_blocks(trimmed.children[place], places, blocks)
                inside[place] = [one for found in within.values() for one in found]
            else:
                inside[place] = [places[nodes[place].template.id]]
        for members in unordered(trimmed):
            first = min((one for member in members for one in inside[member]), default=-1)
            for member in members:
                for one in inside[member]:
                    blocks[one].append((first, len(members), min(inside[member])))
        return inside

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
