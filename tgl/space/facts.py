"""What is decided so far, and what static expressions are worth under it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tgl.ir import (
    Assignment,
    ChoiceRef,
    Const,
    Expr,
    Fn,
    Input,
    Is,
    ListOf,
    ModelName,
    ModelOf,
    NodeRef,
    Op,
    WhatName,
)
from tgl.space.plan import AltPlan, EdgePlan, GraphPlan, NodePlan, Space, Status
from tgl.space.reads import Reads, parts_of
from tgl.space.static import UNKNOWN, Static, Unknown, operate


@dataclass(slots=True)
class Effort:
    """Work in steps that are counted, about a microsecond each: what budgets are kept in.

    The same walk has the same number of steps on every machine and however often it was walked before.
    """

    steps: int = 0


@dataclass(slots=True)
class Facts:
    """Decisions so far, by address: what a reference means, the value, the atom (run in parallel).

    `drawn` and `after`, by instance path: the acyclic edges that are on, and of each node (as a bit each)
    those that come after it in the instance's knots. `statuses`: what was found under just these decisions,
    by instance and the ports that are fed.
    """

    space: Space
    meanings: dict[str, Expr] = field(default_factory=dict[str, Expr])
    assignment: Assignment = field(default_factory=Assignment)
    taken: dict[str, int] = field(default_factory=dict[str, int])
    drawn: dict[str, set[int]] = field(default_factory=dict[str, set[int]])
    after: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    effort: Effort = field(default_factory=Effort)
    statuses: dict[tuple[str, frozenset[str]], Status] = field(
        default_factory=dict[tuple[str, frozenset[str]], Status]
    )

    def record(self, address: str, atom: int, member: int) -> None:
        """Note a decision."""
        table = self.space.choices[address].atoms[atom]
        self.meanings[address] = table.meanings[member]
        self.assignment[address] = table.values[member]
        self.taken[address] = atom
        self.effort.steps += 1
        self.statuses.clear()

    def forget(self, address: str) -> None:
        """Take a tentative decision back."""
        del self.meanings[address]
        del self.assignment[address]
        del self.taken[address]
        self.statuses.clear()

    def draw(self, graph: GraphPlan, edge: EdgePlan) -> None:
        """Note that an acyclic edge is on."""
        self.drawn.setdefault(graph.template.path, set()).add(edge.index)
        self.statuses.clear()

    def tie(self, graph: GraphPlan, source: int, target: int) -> None:
        """Note that a node comes after another in a knot."""
        self.statuses.clear()
        after = self.after.setdefault(graph.template.path, [0] * len(graph.nodes))
        more = after[target] | 1 << target
        for place in graph.knotted:
            if place == source or after[place] >> source & 1:
                after[place] |= more

    def closes(self, graph: GraphPlan, edge: EdgePlan) -> bool:
        """Whether an edge would close a circle with what is drawn already."""
        after = self.after.get(graph.template.path)
        return after is not None and any(
            source == edge.target or after[edge.target] >> source & 1 for source in edge.sources
        )

    def state(self, graph: GraphPlan, edge: EdgePlan) -> bool | None:
        """Whether an edge is on, None while that is open."""
        if edge.closed is not None and self.closes(graph, edge):
            value = self.peek(edge.closed)
            return None if value is UNKNOWN else value is True
        if edge.plain and edge.flip not in self.meanings:
            return None
        value = self.peek(edge.exists)
        if edge.closed is not None and value is True and edge.flip not in self.meanings:
            # whether it closes a circle when its turn comes is not known before
            return True if edge.index in self.drawn.get(graph.template.path, ()) else None
        return None if value is UNKNOWN else value is True

    def peek(self, expr: Expr) -> Static | Unknown:
        """The value of a static expression, `UNKNOWN` while an open choice matters to it."""
        match expr:
            case Const():
                return expr.value
            case ChoiceRef():
                meaning = self.meanings.get(expr.address)
                return UNKNOWN if meaning is None else self.peek(meaning)
            case ModelName() | WhatName():
                return expr
            case Op():
                return operate(expr.op, [self.peek(arg) for arg in expr.args])
            case ListOf():
                members: list[Static] = []
                for item in expr.items:
                    value = self.peek(item)
                    if isinstance(value, Unknown):
                        return UNKNOWN
                    members.append(value)
                return tuple(members)
            case Is():
                return self._is(expr)
            case ModelOf():
                node = self.space.node(expr.node)
                return UNKNOWN if node is None or node.on is None else self.peek(node.on)
            case Fn(fn="size", args=(ListOf(items=items),)):
                return len(items)
            case Fn() | Input() | NodeRef():
                return UNKNOWN

    def may_read(self, graph: GraphPlan, reads: Reads) -> Iterable[int]:
        """The nodes of an instance that some of its expressions may come to read."""
        return self._read(graph, reads, sure=False) if reads.picks else reads.refs

    def must_read(self, graph: GraphPlan, reads: Reads) -> Iterable[int]:
        """Those that they read whatever else is decided."""
        return self._read(graph, reads, sure=True) if reads.picks else reads.refs

    def _read(self, graph: GraphPlan, reads: Reads, *, sure: bool) -> Iterable[int]:
        def read(expr: Expr) -> dict[int, None]:
            match expr:
                case NodeRef():
                    return {graph.index[expr.id]: None} if expr.id in graph.index else {}
                case Op(op="at", args=(ListOf(items=items), place)) if place in reads.picks:
                    value = self.peek(place)
                    if value is UNKNOWN:
                        found = [read(item) for item in items]
                        if sure:
                            return dict.fromkeys(ref for ref in found[0] if all(ref in one for one in found))
                        return dict.fromkeys(ref for one in found for ref in one)
                    if isinstance(value, int) and 1 <= value <= len(items):
                        return read(items[value - 1])
                    return {}
                case _:
                    return dict.fromkeys(ref for part in parts_of(expr) for ref in read(part))

        return dict.fromkeys(ref for expr in reads.exprs for ref in read(expr))

    def pick(self, node: NodePlan) -> AltPlan | None:
        """The alternative of a node, None while it is open."""
        key = self._key(node)
        return node.alternatives.get(key) if isinstance(key, str) else None

    def possible(self, node: NodePlan) -> Iterable[AltPlan]:
        """The alternatives that a node may still be."""
        picked = self.pick(node)
        return node.alternatives.values() if picked is None else (picked,)

    def first_open(self, expr: Expr) -> str:
        """The address of the leftmost open choice that the value of an unknown expression waits for.

        Raises:
            ValueError: if it waits for none, so is not static.
        """
        match expr:
            case ChoiceRef():
                meaning = self.meanings.get(expr.address)
                return expr.address if meaning is None else self.first_open(meaning)
            case Op(args=parts) | ListOf(items=parts):
                for part in parts:
                    if self.peek(part) is UNKNOWN:
                        return self.first_open(part)
            case Is():
                node = self.space.node(expr.node)
                if node is not None:
                    open_part = self.peek(node.exists) is UNKNOWN
                    return self.first_open(node.exists if open_part else node.template.pick)
            case ModelOf():
                node = self.space.node(expr.node)
                if node is not None and node.on is not None:
                    return self.first_open(node.on)
            case _:
                pass
        raise ValueError(f"not a static expression: {expr!r}")

    def _key(self, node: NodePlan) -> Static | Unknown:
        pick = node.template.pick
        if isinstance(pick, ChoiceRef):
            value = self.assignment.get(pick.address)
            return value if isinstance(value, str) else UNKNOWN
        value = self.peek(pick)
        return value.name if isinstance(value, WhatName) else value

    def _is(self, expr: Is) -> Static | Unknown:
        node = self.space.node(expr.node)
        if node is None:
            return False
        exists = self.peek(node.exists)
        if exists is False or exists is None:
            return False
        asked = (expr.what, expr.home)
        whats = {(alt.template.what, alt.template.home) == asked for alt in self.possible(node)}
        if whats == {False}:
            return False
        if exists is UNKNOWN or len(whats) > 1:
            return UNKNOWN
        return True
