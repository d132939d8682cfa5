"""The least that a program's texts come to at their longest, as far as it is decided.

The mirror of `open_bounds`: what is open counts with the option that makes it least, an edge that may stay
off with nothing. So no completion of a partial decision asks for less, and once all is decided it is what
`tokens` tells of the candidate.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from tgl.ir import ChoiceRef, Const, Expr, Fn, Input, Is, ListOf, ModelOf, NodeRef, Op
from tgl.space.facts import Facts
from tgl.space.feasible import Feasibility
from tgl.space.fold import ABSENT, Scope
from tgl.space.lengths import TAKE_FN, VALUE_FN, Measure, is_unknown, joined
from tgl.space.open_bounds import OpenBounds
from tgl.space.plan import AltPlan, EdgePlan, GraphPlan, NodePlan, Status
from tgl.space.reads import RAN, static_leaves, subexpressions
from tgl.space.role_forms import RoleForms, role_forms
from tgl.space.sizes import UNKNOWN_LENGTH, TextSize, Unbounded
from tgl.space.static import UNKNOWN, Unknown, as_expr
from tgl.space.tokens import AskTokens, prompt_tokens


class Presence(Enum):
    """A text that has no size."""

    OPEN = "not known"
    GONE = "not there"


OPEN, GONE = Presence.OPEN, Presence.GONE
Size: TypeAlias = TextSize | Presence
NOTHING_THERE = TextSize(0, 0)
"""What a function is given in the place of what is not there."""


def least_of(sizes: Iterable[Size]) -> Size:
    """A size that none of several is smaller than."""
    found = list(sizes)
    known = [size for size in found if isinstance(size, TextSize)]
    if not known:
        return OPEN if OPEN in found else GONE
    counts = [size.count for size in known if size.count is not None]
    if len(known) < len(found) or 0 < len(counts) < len(known):
        return OPEN
    return TextSize(min(size.item for size in known), min(counts) if counts else None)


@dataclass(slots=True)
class LeastTexts:
    """The texts of one instance under some facts.

    Args:
        facts: what is decided.
        feasibility: under these facts.
        open: of the program: lengths of what is given, and what is measured already.
        graph: the instance, and `fed` the ports that may get something.
        arriving: what arrives at its ports; None of the program itself.
        constants: ports that get a literal.
    """

    facts: Facts
    feasibility: Feasibility
    open: OpenBounds
    graph: GraphPlan
    fed: Set[str]
    arriving: Mapping[str, Size] | None = None
    constants: Mapping[str, Const] = field(default_factory=dict[str, Const])
    messages: dict[int, Size] = field(default_factory=dict[int, Size])
    insides: dict[tuple[int, str], LeastTexts] = field(
        default_factory=lambda: dict[tuple[int, str], LeastTexts]()
    )

    @property
    def status(self) -> Status:
        """What may be there."""
        return self.feasibility.status(self.graph, self.fed)

    def ask(self, node: NodePlan, alt: AltPlan) -> tuple[int, AskTokens]:
        """How often a node is asked as a role, and the tokens of one ask: each the most, at least."""
        forms = self.forms(node, alt)
        if forms.forms is None:
            return forms.asks, AskTokens(0.0, forms.completion)
        sizes = {port: size for port, size in self.arrivals(node, alt).items() if isinstance(size, TextSize)}
        prompt = self.prompt(node, alt, forms, sizes)
        return forms.asks, AskTokens(math.inf if is_unknown(int(prompt)) else prompt, forms.completion)

    def prompt(self, node: NodePlan, alt: AltPlan, forms: RoleForms, sizes: Mapping[str, TextSize]) -> float:
        """The longest prompt, at least."""
        decided = tuple(self.facts.assignment.get(address) for address in alt.sizing)
        key = (node.template.id, alt.template.key, decided, tuple(sorted(sizes.items(), key=lambda x: x[0])))
        known = self.open.least_prompts.get(key)
        if known is None:
            found: list[float] = []
            for form in forms.forms or ():
                try:
                    found.append(prompt_tokens(form, sizes, self.open.lengths.instruction))
                except Unbounded:
                    found.append(UNKNOWN_LENGTH)
            known = self.open.least_prompts[key] = min(found, default=0.0)
        return known

    def forms(self, node: NodePlan, alt: AltPlan) -> RoleForms:
        """What a node is asked as a role."""
        decided = tuple(self.facts.assignment.get(address) for address in alt.sizing)
        key = (node.template.id, alt.template.key, decided)
        found = self.open.least_forms.get(key)
        if found is None:
            rows = self.open.lengths.rows
            found = self.open.least_forms[key] = role_forms(self.facts, alt, node.template.id, rows)
        return found

    def arrivals(self, node: NodePlan, alt: AltPlan) -> dict[str, Size]:
        """What arrives at each port of a node as one of its alternatives."""
        found: dict[str, dict[Expr, Size]] = {}
        for edge in self.graph.into[node.index]:
            port = edge.ports.get(alt.template.key)
            if port is not None:
                size = self.along(edge)
                if size is not GONE:
                    sizes = found.setdefault(port, {})
                    source = edge.template.source  # several edges from one source bring its message once
                    sizes[source] = size if sizes.get(source, OPEN) is OPEN else sizes[source]
        arriving: dict[str, Size] = {}
        for port in (*found, *(port for port in alt.wires if port not in found)):
            sizes = [*found.get(port, {}).values()]
            wire = self.size(alt.wires[port]) if port in alt.wires else GONE
            if port not in alt.single:
                there = [size for size in (wire, *sizes) if isinstance(size, TextSize)]
                undecided = not there and OPEN in (wire, *sizes)
                arriving[port] = joined(there) if there else OPEN if undecided else GONE
            elif sizes:
                arriving[port] = least_of(sizes)
            else:
                arriving[port] = wire
        return {port: size for port, size in arriving.items() if size is not GONE}

    def along(self, edge: EdgePlan) -> Size:
        """What an edge brings."""
        state = self.facts.state(self.graph, edge)
        if state is not True:
            return GONE if state is False else OPEN
        return self.size(edge.template.source)

    def message(self, place: int) -> Size:
        """The longest that a node may say, at least."""
        found = self.messages.get(place)
        if found is None:
            status = self.status
            if not status.usable[place]:
                found = GONE
            elif not status.surely[place]:
                found = OPEN
            else:
                self.messages[place] = OPEN  # what only passes messages on may wait for itself in a knot
                node = self.graph.nodes[place]
                found = least_of(self.said(node, alt) for alt in self.facts.possible(node))
            self.messages[place] = found
        return found

    def said(self, node: NodePlan, alt: AltPlan) -> Size:
        """The longest that a node may say as one of its alternatives, at least."""
        if alt.inner is not None:
            return self.inside(node, alt).size(alt.inner.template.output)
        if alt.template.kind == "role":
            return self.forms(node, alt).reply
        arriving = self.arrivals(node, alt)
        args: list[tuple[str, Size | Expr]] = [(port, size) for port, size in arriving.items()]
        for name, expr in alt.template.fields:
            value = self.facts.peek(expr)
            args.append((name, OPEN if isinstance(value, Unknown) else as_expr(value)))
        return self.called(alt.template.fn or alt.template.what, args)

    def inside(self, node: NodePlan, alt: AltPlan) -> LeastTexts:
        """The texts of the instance that a node is as one of its alternatives.

        Raises:
            ValueError: it is none.
        """
        key = (node.index, alt.template.key)
        found = self.insides.get(key)
        if found is None:
            if alt.inner is None:
                raise ValueError(f"{node.template.id}: {alt.template.key} is no graph")
            supplied = self.feasibility.supply(self.graph, node, alt, self.fed, self.status) or set[str]()
            edged = {edge.ports.get(alt.template.key) for edge in self.graph.into[node.index]}
            constants = {
                port: wire
                for port, wire in alt.wires.items()
                if isinstance(wire, Const) and port not in edged
            }
            arriving = self.arrivals(node, alt)
            found = self.insides[key] = LeastTexts(
                self.facts, self.feasibility, self.open, alt.inner, supplied, arriving, constants
            )
        return found

    def size(self, expr: Expr) -> Size:
        """The least of an expression's value at its longest."""
        match expr:
            case NodeRef(id=name):
                place = self.graph.index.get(name)
                return GONE if place is None else self.message(place)
            case Input(port=port):
                return self.input(port)
            case Const(value=value):
                return GONE if value is None else TextSize(len(str(value).encode()))
            case ListOf(items=items):
                sizes = [self.size(item) for item in items]
                there = [size for size in sizes if isinstance(size, TextSize)]
                return OPEN if not there and OPEN in sizes else joined(there)
            case Op(op="at", args=(ListOf(items=items), index)) if not isinstance(
                place := self.facts.peek(index), Unknown
            ):
                inside = isinstance(place, int) and 1 <= place <= len(items)
                return self.size(items[place - 1]) if inside and isinstance(place, int) else GONE
            case Fn(fn=name, args=args, named=named) if name not in (RAN, VALUE_FN):
                pairs: list[tuple[str, Size | Expr]] = [("", self.size(arg)) for arg in args]
                for port, arg in named:
                    value = self.facts.peek(arg)
                    pairs.append((port, self.size(arg) if isinstance(value, Unknown) else as_expr(value)))
                return self.called(name, pairs)
            case ChoiceRef() | Is() | ModelOf():
                value = self.facts.peek(expr)
                return OPEN if isinstance(value, Unknown) else self.size(as_expr(value))
            case _:
                return self.folded(expr)

    def input(self, port: str) -> Size:
        """What arrives at a port of the instance."""
        if self.arriving is not None:
            return self.arriving.get(port, GONE)
        return self.open.lengths.size(port) or TextSize(UNKNOWN_LENGTH)

    def called(self, name: str, args: Iterable[tuple[str, Size | Expr]]) -> Size:
        """The least of what a function makes; what is open adds nothing."""
        sizes: dict[str, TextSize] = {}
        given: list[tuple[str, Expr]] = []
        for place, (port, arg) in enumerate(args):
            if arg is OPEN:
                if name == TAKE_FN and port == "most":
                    return OPEN
            elif isinstance(arg, TextSize | Presence):
                sizes[str(place)] = arg if isinstance(arg, TextSize) else NOTHING_THERE
                given.append((port, NodeRef(id=str(place))))
            else:
                given.append((port, arg))
        return self.measured(Measure(sizes, lambda _instance, _port: None, name), given)

    def folded(self, expr: Expr) -> Size:
        """The size of an expression of which a part may be lost: only known once all of it is decided."""
        parts = list(subexpressions(expr))
        if any(self.facts.peek(leaf) is UNKNOWN for leaf in static_leaves(expr)):
            return OPEN
        sizes: dict[str, TextSize] = {}
        for part in parts:
            if isinstance(part, NodeRef | Input):
                size = self.size(part)
                if size is OPEN:
                    return OPEN
                if isinstance(part, NodeRef) and isinstance(size, TextSize):
                    sizes[part.id] = size
        arriving: dict[str, Expr] | None = None
        if self.arriving is not None:
            path = self.graph.template.path
            there = {port: Input(instance=path, port=port) for port in self.arriving}
            arriving = {**there, **self.constants}
        scope = Scope(self.facts, self.graph, arriving, {name: NodeRef(id=name) for name in sizes}, {})
        found = scope.fold(expr)
        if found is None or found == ABSENT:
            return GONE
        return self.measured(Measure(sizes, self.arrived, self.graph.template.path), found)

    def arrived(self, _instance: str, port: str) -> TextSize | None:
        """What arrives at a port, for `Measure`."""
        size = self.input(port)
        return size if isinstance(size, TextSize) else NOTHING_THERE

    def measured(self, measure: Measure, what: Expr | list[tuple[str, Expr]]) -> Size:
        """The size of an expression or, from its arguments, of what the function `where` makes."""
        try:
            return measure.called(measure.where, what) if isinstance(what, list) else measure.size(what)
        except Unbounded:
            return TextSize(UNKNOWN_LENGTH)
