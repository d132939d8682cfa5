"""Which nodes of a run are certain already, and which nobody waits for any more.

Messages come in, in any order. A node is *entered* as soon as what it does is certain: it is absent, or all
that it reads is settled (tgl.stdfn, `foretold`), though some of its sources may still be open. A node is
*needed* while the output, or a needed node that is not entered, may look at it. What is open and not
needed can be dropped: nothing that comes out changes.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tgl.ir import MADE, VALUE_FN, FnNode, RunNode
from tgl.runtime.plan import Plan
from tgl.stdfn import (
    RULES,
    Open,
    Partial,
    PartialScope,
    StdFunction,
    Value,
    foretold,
    foretold_call,
    foretold_guard,
    functions_of,
    message_of,
    settled_all,
)


@dataclass(frozen=True, slots=True)
class Whole:
    """A node all of whose sources are decided."""

    position: int


@dataclass(frozen=True, slots=True)
class Said:
    """A node that is certain before all of its sources are: a function's message, or absence."""

    position: int
    value: Value


@dataclass(frozen=True, slots=True)
class Fed:
    """A call whose inputs are certain before all of its sources are."""

    position: int
    inputs: tuple[tuple[str, Value], ...]


class Certainty:
    """What is certain of one run. Feed `decide`, and take from `entered` until it is None."""

    def __init__(self, plan: Plan, field: Callable[[str], Value]) -> None:
        """Start with nothing decided. `field` gives a given field of the example."""
        count = len(plan.nodes)
        self.plan = plan
        self.given = field
        self.values: list[Value | Open] = [unsaid(node) for node in plan.nodes]
        self.waiting = [len(sources) for sources in plan.sources]
        self.is_entered = [False] * count
        self.is_guarded = [not guard for guard in plan.guards]
        self.is_dropped = [False] * count
        self.dropped: list[int] = []
        self.needs = [0] * count
        for edges in (*plan.guards, *plan.inputs, plan.outputs):
            for source in edges:
                self.needs[source] += 1
        self.queued = {at for at, missing in enumerate(self.waiting) if not missing or plan.early[at]}
        self.ready = sorted(self.queued)
        self.drop([position for position, readers in enumerate(self.needs) if not readers])

    # The scope of expressions.

    def said(self, node: str) -> Value | Open:
        """The value of a node; nothing for one that is not in the candidate."""
        position = self.plan.index.get(node)
        return None if position is None else self.values[position]

    @property
    def functions(self) -> Mapping[str, StdFunction]:
        """The functions that the user wrote."""
        return self.plan.functions

    def node(self, node: str) -> Value:
        """The value of a node that is decided."""
        found = self.said(node)
        return None if isinstance(found, Open) else found

    def field(self, port: str) -> Value:
        """A given field of the example."""
        return self.given(port)

    # Events.

    def decide(self, position: int, value: Value) -> None:
        """Take what a node said."""
        self.values[position] = value
        for reader in self.plan.readers[position]:
            self.waiting[reader] -= 1
            told = not self.waiting[reader] or self.plan.early[reader]
            if told and not self.is_entered[reader] and reader not in self.queued:
                self.queued.add(reader)
                heapq.heappush(self.ready, reader)

    def entered(self) -> Whole | Said | Fed | None:
        """The next node that can be entered, in the order of nodes; None if there is none now."""
        while self.ready:
            position = heapq.heappop(self.ready)
            self.queued.discard(position)
            if self.is_dropped[position]:
                continue
            entry = Whole(position) if not self.waiting[position] else self.early_entry(position)
            if entry is not None:
                self.is_entered[position] = True
                if not self.is_guarded[position]:
                    self.release(self.plan.guards[position])
                self.release(self.plan.inputs[position])
                return entry
        return None

    def early_entry(self, position: int) -> Said | Fed | None:
        """A node some of whose sources are open, if it is certain."""
        node = self.plan.nodes[position]
        held = foretold_guard(node.guard, self)
        if held is None:
            return None
        if not held:
            return Said(position, None)
        if not self.is_guarded[position]:
            self.is_guarded[position] = True
            self.release(self.plan.guards[position])
        return fed(position, node, self)

    def output(self) -> Partial:
        """What is certain of the output."""
        return foretold(self.plan.output, self)

    # Needs.

    def release(self, edges: Sequence[int]) -> None:
        """One reader looks at these nodes no more."""
        free: list[int] = []
        for source in edges:
            self.needs[source] -= 1
            if not self.needs[source]:
                free.append(source)
        if free:
            self.drop(free)

    def drop(self, positions: Sequence[int]) -> None:
        """Nobody needs these nodes; nor what only they need."""
        left = list(positions)
        while left:
            position = left.pop()
            if self.is_dropped[position] or not isinstance(self.values[position], Open):
                continue
            self.is_dropped[position] = True
            self.dropped.append(position)
            if self.is_entered[position]:
                continue
            guards = () if self.is_guarded[position] else self.plan.guards[position]
            for source in (*guards, *self.plan.inputs[position]):
                self.needs[source] -= 1
                if not self.needs[source]:
                    left.append(source)


def unsaid(node: RunNode) -> Open:
    """What is known of a node before it is decided: calls, votes and joined texts are no lists."""
    if isinstance(node, FnNode):
        one = node.fn in RULES or node.fn == "std.reduce:join"
    else:
        one = node.reader.kind != "list"
    return Open.ONE if one else Open.ANY


def fed(position: int, node: RunNode, scope: PartialScope) -> Said | Fed | None:
    """A node that runs, if all it reads is settled."""
    parts = [(port, foretold(expr, scope)) for port, expr in node.inputs]
    if isinstance(node, FnNode):
        return computed(position, node.fn, parts, functions_of(scope))
    values = settled_all(part for _, part in parts)
    if values is None:
        return None
    return Fed(position, tuple((port, value) for (port, _), value in zip(parts, values, strict=True)))


def computed(
    position: int, fn: str, parts: Sequence[tuple[str, Partial]], own: Mapping[str, StdFunction]
) -> Said | None:
    """What a function says, if that is certain. A map's list is taken when all of it is known."""
    if fn in MADE:
        values = settled_all(part for _, part in parts)
        return None if values is None or fn != VALUE_FN else Said(position, values[0])
    named: dict[str, list[Partial]] = {}
    for port, part in parts:
        named.setdefault(port, []).append(part)
    values = settled_all((foretold_call(fn, (), named, own),))
    if values is None:
        return None
    kept = isinstance(values[0], tuple | bool)
    return Said(position, values[0] if kept else message_of(values[0]))
