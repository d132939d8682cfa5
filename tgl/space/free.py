"""The choices that multiply: whatever else is decided, each of their values makes programs of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from itertools import takewhile
from typing import TypeAlias

from tgl.ir import Alternative, ChoiceRef, Expr
from tgl.space.bound import Bound
from tgl.space.plan import GraphPlan, NodePlan, Space
from tgl.space.reads import static_leaves

Chain: TypeAlias = tuple[tuple[str, int], ...]
"""The way down to a node: at each level the path of an instance and a place in it. Empty: the program."""

Reader: TypeAlias = tuple[str, str, str]
"""A node, its alternative, and the option that is read there."""


@dataclass(frozen=True, slots=True)
class Free:
    """Choices that multiply: who reads each, and the way to the inmost node that has all these in it.

    `at`: those of each such node (None: of the program); `ways`: of each node by its id.
    """

    readers: Mapping[str, frozenset[Reader]]
    chains: Mapping[str, Chain]
    ways: Mapping[str, Chain]
    at: Mapping[tuple[str, int] | None, tuple[str, ...]]

    @property
    def addresses(self) -> frozenset[str]:
        """All of them."""
        return frozenset(self.readers)

    def read(self, addresses: Set[str], picks: Set[tuple[str, str]]) -> dict[str, frozenset[Reader]]:
        """Of those that are active the readers among nodes that are some alternative."""
        found = {
            address: frozenset(who for who in readers if who[:2] in picks)
            for address, readers in self.readers.items()
            if address in addresses
        }
        return {address: who for address, who in found.items() if who}


def free_choices(space: Space, bound: Bound | None, walked: Set[str] = frozenset()) -> Free:
    """The choices of a program that multiply.

    Those that stand by themselves where a model or an option of a role is wanted, are read nowhere else, and
    wherever that role has that option. `walked` are not to be among them.
    """
    written: dict[tuple[str, str], set[object]] = {}
    readers: dict[str, set[Reader]] = {}
    elsewhere: set[str] = set()
    for node, alt, name, expr in options_of(space):
        address = expr.address if isinstance(expr, ChoiceRef) else None
        value = expr if address is None or address in walked else space.choices[address].point.domain
        written.setdefault((alt.what, name), set()).add(value)
        if address is not None:
            readers.setdefault(address, set()).add((node.template.id, alt.key, name))
    for _, alt, name, expr in options_of(space):
        if not isinstance(expr, ChoiceRef):
            elsewhere |= {leaf.address for leaf in static_leaves(expr) if isinstance(leaf, ChoiceRef)}
        elif len(written[alt.what, name]) > 1:
            elsewhere.add(expr.address)
    for graph in space.graphs.values():
        for node in graph.nodes:
            for alt in node.alternatives.values():
                if alt.template.kind != "role":
                    fields = static_leaves(*(expr for _, expr in alt.template.fields))
                    elsewhere |= {leaf.address for leaf in fields if isinstance(leaf, ChoiceRef)}
    ways = ways_of(space)
    found: dict[str, Chain] = {}
    at: dict[tuple[str, int] | None, list[str]] = {}
    for address, who in readers.items():
        choice = space.choices[address]
        if choice.structural or address in space.required or address in elsewhere | walked:
            continue
        if bound is not None and bound.heeds(space, address):
            continue
        found[address] = chain = common(ways[node] for node, _, _ in who)
        at.setdefault(chain[-1] if chain else None, []).append(address)
    return Free(
        {address: frozenset(readers[address]) for address in found},
        found,
        ways,
        {place: tuple(addresses) for place, addresses in at.items()},
    )


def options_of(space: Space) -> Iterator[tuple[NodePlan, Alternative, str, Expr]]:
    """The options of all roles as they are written, the model among them."""
    for graph in space.graphs.values():
        for node in graph.nodes:
            for alt in node.alternatives.values():
                if alt.template.kind == "role":
                    for name, expr in alt.template.fields:
                        yield node, alt.template, name, expr
                    if node.on is not None:
                        yield node, alt.template, "on", node.on


def ways_of(space: Space) -> dict[str, Chain]:
    """The way down to each node, by its id."""
    found: dict[str, Chain] = {}
    left: list[tuple[GraphPlan, Chain]] = [(space.root, ())]
    while left:
        graph, above = left.pop()
        for node in graph.nodes:
            chain = (*above, (graph.template.path, node.index))
            found[node.template.id] = chain
            left += [(alt.inner, chain) for alt in node.alternatives.values() if alt.inner is not None]
    return found


def common(chains: Iterable[Chain]) -> Chain:
    """What chains begin with alike."""
    steps = zip(*chains, strict=False)
    return tuple(step[0] for step in takewhile(lambda step: len(set(step)) == 1, steps))
