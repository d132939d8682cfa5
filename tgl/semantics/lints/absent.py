"""An output that a run may leave without an answer (language.md G17): W0506.

Only a `when` of the program is looked at. A reply that can't be read, a tag that was not used, a loop or a
list without a round: these are always possible, and a warning that is always there is read by nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, product

from tgl.ir import (
    Alternative,
    Const,
    EdgeTemplate,
    Expr,
    Fn,
    GraphTemplate,
    Input,
    ListOf,
    NodeRef,
    NodeTemplate,
    Op,
    TextPlace,
)
from tgl.semantics.errors import lints as facts
from tgl.semantics.errors.at import At
from tgl.semantics.fold import every, is_static
from tgl.semantics.lints.places import Spot, name_at, node_expressions
from tgl.semantics.lints.votes import incoming
from tgl.semantics.lowering.state import State

Way = frozenset[Expr]
"""Conditions that together make a value present."""
Ways = tuple[Way, ...]
"""Of which one is enough: `SURE` if one of them asks nothing."""

SURE: Ways = (frozenset(),)
MOST_WAYS = 32
"""More ways than these are not compared: the output counts as sure."""
MOST_LABELS = 3
OPPOSITES = {"<": ">=", ">=": "<", "<=": ">", ">": "<=", "==": "!=", "!=": "=="}
RAN = "std.signals:ran"


def no_output(state: State, root: GraphTemplate, found: Sequence[Spot], at: At, main: str) -> None:
    """Report an output of which every source hangs on a condition that need not hold.

    Args:
        state: of the lowering.
        root: the graph that is run.
        found: its nodes.
        at: its `output`.
        main: the name of the program's own source.
    """
    if not has_conditions(root, found):
        return
    try:
        reader = Reader(found)
        ways = reader.of(root.output, root)
    except RecursionError:
        return  # a chain of thousands of nodes; a lint may pass it by
    if covers(ways):
        return
    conditions = list(dict.fromkeys(condition for way in ways for condition in way))
    places = [place for condition, place in reader.places.items() if condition in conditions]
    own = [place for place in dict.fromkeys(places) if place.source == main]
    state.problems.add(facts.no_output(at, [name_at(state, place) for place in own[:MOST_LABELS]]))


def has_conditions(root: GraphTemplate, found: Sequence[Spot]) -> bool:
    """Whether anything is there only under a condition."""
    graphs = {spot.graph.path: spot.graph for spot in found}
    return (
        any(spot.node.guard is not None and not spot.node.rounds for spot in found)
        or any(edge.guard is not None for graph in graphs.values() for edge in graph.edges)
        or (isinstance(root.output, Op) and root.output.op == "when")
        or any(
            isinstance(part, Op) and part.op == "when"
            for spot in found
            for part in node_expressions(spot.node)
        )
    )


class Reader:
    """Under which conditions values are present."""

    def __init__(self, found: Sequence[Spot]) -> None:
        self.nodes = {spot.node.id: spot for spot in found}
        self.holders = {
            alternative.graph.path: (spot, alternative)
            for spot in found
            for alternative in spot.node.alternatives
            if alternative.graph is not None
        }
        self.made = {
            name for spot in found for group in spot.graph.groups if group.made for name in group.members
        }
        self.edges: dict[str, dict[str, list[EdgeTemplate]]] = {}
        self.known: dict[str, Ways] = {}
        self.places: dict[Expr, TextPlace] = {}

    def of(self, value: Expr, graph: GraphTemplate) -> Ways:
        """When a value is present, from what is written."""
        match value:
            case Const(value=None):
                return ()
            case NodeRef(id=name):
                return self.node(name)
            case Input(instance=path, port=port):
                held = self.holders.get(path)
                return SURE if held is None else self.port(held[0], held[1], port)
            case ListOf(items=items) if items:
                return either(self.of(item, graph) for item in items)
            case Op(op="when", args=(condition, inner)):
                return both([self.asked(condition), self.of(inner, graph)])
            case Op(op="else", args=args):
                return either(self.of(arg, graph) for arg in args)
            case Op(op="get" | "at", args=(inner, *_)):
                return self.of(inner, graph)
            case Fn(args=args):
                return both(self.of(arg, graph) for arg in args)
            case _:
                return SURE

    def asked(self, condition: Expr) -> Ways:
        """The ways in which a condition holds; what a loop or a batch asks of itself always does."""
        match condition:
            case Op(op="or", args=args):
                return either(self.asked(arg) for arg in args)
            case Op(op="and", args=args):
                return both(self.asked(arg) for arg in args)
            case _ if is_static(condition):
                return SURE
            case _ if any(isinstance(part, NodeRef) and part.id in self.made for part in every(condition)):
                return SURE
            case _:
                return (frozenset([condition]),)

    def node(self, name: str) -> Ways:
        """When a node runs; in a loop or map, always: how that ends is not looked at."""
        spot = self.nodes.get(name)
        if spot is None or spot.node.rounds or name in self.made:
            return SURE
        if name not in self.known:
            self.known[name] = SURE  # while it is looked at: what comes back to itself adds nothing
            self.known[name] = self.runs(spot, spot.node)
        return self.known[name]

    def runs(self, spot: Spot, node: NodeTemplate) -> Ways:
        # Which alternative it is, a program decides: the one that is present most easily is taken.
        ways = either(self.alternative(spot, alternative) for alternative in node.alternatives)
        if node.guard is None:
            return ways
        self.places.setdefault(node.guard, spot.met)
        return both([self.asked(node.guard), ways])

    def alternative(self, spot: Spot, alternative: Alternative) -> Ways:
        if alternative.graph is not None:
            return self.of(alternative.graph.output, alternative.graph)
        needed = [port.name for port in alternative.ports if not port.optional]
        return both(self.port(spot, alternative, port) for port in needed)

    def port(self, spot: Spot, alternative: Alternative, port: str) -> Ways:
        """When something arrives at a port; always at one that nothing feeds, which is told elsewhere."""
        return either(self.arriving(spot, alternative, port)) or SURE

    def arriving(self, spot: Spot, alternative: Alternative, port: str) -> Iterator[Ways]:
        graph = spot.graph
        if graph.path not in self.edges:
            self.edges[graph.path] = dict(incoming(graph))
        yield from (self.of(value, graph) for name, value in alternative.args if name == port)
        for edge in self.edges[graph.path].get(spot.node.id, []):
            if (alternative.key, port) in edge.ports:
                ways = self.of(edge.source, graph)
                yield ways if edge.guard is None else both([self.asked(edge.guard), ways])


def either(found: Iterable[Ways]) -> Ways:
    """One of several is present; the first that is sure is enough."""
    ways: dict[Way, None] = {}
    for part in found:
        if SURE[0] in part:
            return SURE
        ways |= dict.fromkeys(part)
    return SURE if len(ways) > MOST_WAYS else tuple(ways)


def both(found: Iterable[Ways]) -> Ways:
    """All of several are present."""
    ways = SURE
    for part in found:
        if len(ways) * len(part) > MOST_WAYS:
            return SURE
        ways = tuple(dict.fromkeys(one | other for one, other in product(ways, part)))
    return ways


def covers(ways: Ways) -> bool:
    """Whether one of the ways surely holds, or seems to be meant to.

    A condition and its opposite cover everything; so do two values of one given field, which route each kind
    of example to its own node; and what runs where something else did not is there in its place.
    """
    if frozenset() in ways:
        return True
    single = [next(iter(way)) for way in ways if len(way) == 1]
    return any(is_fallback(one) for one in single) or any(
        opposite(one, other) or same_field(one, other) for one, other in combinations(single, 2)
    )


def is_fallback(condition: Expr) -> bool:
    match condition:
        case Op(op="not", args=(Fn(fn=name),)) if name == RAN:
            return True
        case _:
            return False


def opposite(one: Expr, other: Expr) -> bool:
    match one, other:
        case Op(op="not", args=(inner,)), _ if inner == other:
            return True
        case _, Op(op="not", args=(inner,)) if inner == one:
            return True
        case Op(op=first, args=args), Op(op=second, args=others):
            return args == others and OPPOSITES.get(first) == second
        case _:
            return False


def same_field(one: Expr, other: Expr) -> bool:
    match one, other:
        case Op(op="==" | "in", args=(Input() as left, _)), Op(op="==" | "in", args=(right, _)):
            return left == right
        case _:
            return False
