"""The replicas that are left of each declared node, and their numbers in the resolved text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from tgl.emit.clashes import declared
from tgl.emit.errors import NeedsSingles
from tgl.emit.members import Members, Position
from tgl.emit.statics import Facts, static_value
from tgl.emit.surroundings import Block
from tgl.emit.tree import has_choice, inner_names
from tgl.ir import Group, NodeTemplate
from tgl.space import InstanceResolution
from tgl.syntax import ast

INDEX_NAMES = "ijklmnpqrst"


@dataclass(frozen=True)
class Numbering:
    """Numbers the nodes of one instance of a graph.

    `singles` are groups that are listed as single nodes, `numbered` those of which lists have to count
    exactly what is left, `outer` the names that no single node may take.
    """

    decl: ast.Graph
    instance: InstanceResolution
    facts: Facts
    nodes: Mapping[str, NodeTemplate]
    outer: frozenset[str]
    singles: frozenset[str]
    numbered: frozenset[str]

    def members(self, group: Group, node: ast.NodeStmt | None) -> Members:
        """The replicas that are left of a group, with their numbers in the text."""
        nodes = self.nodes
        alive = [
            member for member in self.instance.order.get(group.name, ()) if self.instance.live.get(member)
        ]
        old = {member: nodes[member].index for member in group.members}
        keeps = self.keeps_positions(group, alive, node)
        new = {member: old[member] for member in alive} if keeps else self.positions(group, alive, old, node)
        idle = tuple(member for member in group.members if member in new and member not in alive)
        found = Members(group.name, tuple(alive), old, new, group.name in self.singles, idle)
        taken = self.outer | {item.name for item in declared(self.decl)}
        found = replace(found, stem=group.local)
        while found.singles and not taken.isdisjoint(map(found.single_name, alive)):
            found = replace(found, stem=f"{found.stem}_")
        return found

    def keeps_positions(self, group: Group, alive: Sequence[str], node: ast.NodeStmt | None) -> bool:
        """Whether the user's own `if`, with nothing to decide in it, says which replicas there are."""
        if node is None or not node.dims or group.name in self.singles | self.numbered:
            return False
        conditions = [clause.value for clause in node.clauses if clause.kind == "if"]
        if not conditions or any(map(has_choice, conditions)):
            return False
        nodes, facts = self.nodes, self.facts
        return list(alive) == [m for m in group.members if static_value(nodes[m].exists, facts) is True]

    def positions(
        self,
        group: Group,
        alive: Sequence[str],
        old: Mapping[str, Position],
        node: ast.NodeStmt | None,
    ) -> dict[str, Position]:
        """New numbers 1…k, row by row if there are several dimensions.

        Where rows are left of different lengths, all keep their numbers, those too that nobody reads.
        """
        dims = max(map(len, old.values()), default=0)
        if dims <= 1 or group.name in self.singles:
            return {member: (rank,)[:dims] for rank, member in enumerate(alive, 1)}
        sizes = [len({old[member][d] for member in alive}) for d in range(dims)]
        everything = [*product(*(range(1, size + 1) for size in sizes))]
        if len(everything) != len(alive):  # rows of different lengths
            if node is None or has_choice(node.what) or any(has_choice(c.value) for c in node.clauses):
                raise NeedsSingles(group.name)
            # The replicas are alike but for what nobody reads of them: the text may declare these too.
            most = [max(old[member][d] for member in alive) for d in range(dims)]
            box = [m for m in group.members if all(a <= b for a, b in zip(old[m], most, strict=True))]
            if any(static_value(self.nodes[member].exists, self.facts) is not True for member in box):
                raise NeedsSingles(group.name)
            return {member: old[member] for member in box}
        return dict(zip(alive, everything, strict=True))

    def carried(self, group: Group) -> Members:
        """What a loop carries, as the source of edges: its members keep their places, used or not."""
        nodes, facts = self.nodes, self.facts
        there = tuple(m for m in group.members if static_value(nodes[m].exists, facts) is True)
        places = {member: nodes[member].index for member in group.members}
        return Members(group.name, there, places, places)

    def written(self, group: Group) -> int:
        """How many items a list for each replica has in the user's text."""
        if group.count is None:
            return 0
        count = static_value(group.count, self.facts)
        return count if isinstance(count, int) else len(group.members)

    def block(
        self,
        statement: ast.Loop | ast.Each,
        here: Block,
        body: tuple[str, ...],
        groups: Sequence[Group],
        rounds: tuple[int, ...] | None = None,
    ) -> Block:
        """The names of a body: of each node, the round in which most of it is left, or a given round."""
        nodes = {s.name: s for s in statement.body if isinstance(s, ast.NodeStmt)}
        found: dict[str, Group] = {}
        members: dict[str, Members] = {}
        for group in groups:
            name = group.local.removesuffix("?")
            plain = group.local in nodes if not group.made else group.local.endswith("?")
            if group.body != body or not plain or (rounds is not None and group.rounds != rounds):
                continue
            own = self.carried(group) if group.made else self.members(group, nodes.get(name))
            if name not in members or len(own.alive) > len(members[name].alive):
                found[name], members[name] = group, replace(own, name=name)
        site = f"{here.site}.{statement.name}"
        return Block(site, body, found, {**here.members, **members}, here.members, statement, here, groups)

    def index_names(self, node: ast.NodeStmt) -> tuple[str, ...]:
        """An index variable for each dimension: the declared one, or a letter that means nothing yet."""
        declared = [dim.index for dim in node.dims if dim.index is not None]
        taken = self.outer | inner_names(self.decl) | frozenset(declared)
        free = [letter for letter in INDEX_NAMES if letter not in taken]
        if len(free) < len(node.dims):
            return ()
        letters = iter(free)
        return tuple(dim.index or next(letters) for dim in node.dims)
