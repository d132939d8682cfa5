"""The links of one graph instance, in the IR: what its nodes read, through what lowering made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tgl.ir import EdgeTemplate, Expr, Fn, GraphTemplate, Input, ListOf, NodeRef, NodeTemplate, Op


def parts(expr: Expr) -> Iterator[Expr]:
    """An expression and all in it."""
    yield expr
    match expr:
        case ListOf(items=inner) | Op(args=inner):
            for part in inner:
                yield from parts(part)
        case Fn(args=args, named=named):
            for part in (*args, *(value for _, value in named)):
                yield from parts(part)
        case _:
            pass


@dataclass(slots=True)
class Wires:
    """The links of one graph instance.

    `owners` gives the box of each node, None for what lowering made. From the rest, `fixed` holds source and
    target boxes of wires that are written as arguments or conditions, and whether they lead into the next
    round; `chosen` the edges of each `edge` statement between two boxes; `readers` those that read each port.
    """

    graph: GraphTemplate
    owners: Mapping[str, str | None]
    readers: dict[str, list[str | None]] = field(default_factory=dict[str, list[str | None]])
    fixed: dict[tuple[str, str], bool] = field(default_factory=dict[tuple[str, str], bool])
    chosen: dict[tuple[str, str, int], list[EdgeTemplate]] = field(
        default_factory=dict[tuple[str, str, int], list[EdgeTemplate]]
    )
    nodes: dict[str, NodeTemplate] = field(default_factory=dict[str, NodeTemplate])
    feeding: dict[str, list[EdgeTemplate]] = field(default_factory=dict[str, list[EdgeTemplate]])
    known: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    def __post_init__(self) -> None:
        self.nodes = {node.id: node for node in self.graph.nodes}
        for edge in self.graph.edges:
            self.feeding.setdefault(edge.target, []).append(edge)

    def find(self) -> None:
        """All wires between the nodes of the graph."""
        for node in self.graph.nodes:
            home = self.owners[node.id]
            if home is None:
                continue
            for expr in own_expressions(node):
                for name in self.ends(expr, home):
                    self.note(name, node, home)
            for edge in self.feeding.get(node.id, ()):
                for part in parts(edge.source):
                    if isinstance(part, Input):
                        self.readers.setdefault(part.port, []).append(home)
                    elif isinstance(part, NodeRef) and (source := self.owners[part.id]) is not None:
                        self.chosen.setdefault((source, home, edge.place.start), []).append(edge)

    def note(self, name: str, node: NodeTemplate, home: str) -> None:
        source = self.owners[name]
        if source is None or source == home:
            return
        later = node.rounds != self.nodes[name].rounds and bool(node.rounds and self.nodes[name].rounds)
        self.fixed[source, home] = self.fixed.get((source, home), True) and later

    def ends(self, expr: Expr, home: str) -> list[str]:
        """The declared nodes that an expression reads, through what lowering made; its inputs are noted."""
        found: list[str] = []
        for part in parts(expr):
            if isinstance(part, Input):
                self.readers.setdefault(part.port, []).append(home)
            elif isinstance(part, NodeRef):
                found += [part.id] if self.owners.get(part.id) else self.through(part.id, home)
        return list(dict.fromkeys(found))

    def through(self, name: str, home: str) -> tuple[str, ...]:
        """The declared nodes behind a made one."""
        if name not in self.known:
            self.known[name] = ()
            found: list[str] = []
            for expr in own_expressions(self.nodes[name]):
                found += self.ends(expr, home)
            self.known[name] = tuple(dict.fromkeys(found))
        return self.known[name]

    def sources(self, expr: Expr) -> list[str]:
        """The boxes that an expression reads."""
        found = [self.owners[name] for name in self.ends(expr, f"{self.graph.path}?output")]
        return [home for home in dict.fromkeys(found) if home is not None]

    def leads_back(self, edges: Sequence[EdgeTemplate]) -> bool:
        """Whether edges lead into the next round of a loop."""
        return all(self.is_back(part, edge) for edge in edges for part in parts(edge.source))

    def is_back(self, part: Expr, edge: EdgeTemplate) -> bool:
        if not isinstance(part, NodeRef):
            return False
        before, after = self.nodes[part.id].rounds, self.nodes[edge.target].rounds
        return bool(before and after) and before != after


def own_expressions(node: NodeTemplate) -> list[Expr]:
    """What a node reads in a run, its edges aside."""
    found = [value for alternative in node.alternatives for _, value in alternative.args]
    return found if node.guard is None else [*found, node.guard]
