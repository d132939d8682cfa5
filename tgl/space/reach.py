"""What each choice can reach: which decisions wait for it, and which structure reads it."""

from __future__ import annotations

from dataclasses import dataclass, field

from tgl.ir import (
    ChoicePoint,
    ChoiceRef,
    Expr,
    GraphTemplate,
    Is,
    ListOf,
    ModelOf,
    NodeTemplate,
    Op,
    Options,
    ProgramIR,
)
from tgl.space.errors import StaticCycle
from tgl.space.reads import is_chosen, static_leaves, subexpressions


@dataclass(slots=True)
class Reach:
    """Side tables of a program's templates.

    `on`: a node's model, with what it inherits. `homes`: its instance. `uses`: for each choice the counts,
    conditions, picks and wires that read it, as (kind, instance, name).
    """

    points: dict[str, ChoicePoint] = field(default_factory=dict[str, ChoicePoint])
    templates: dict[str, NodeTemplate] = field(default_factory=dict[str, NodeTemplate])
    on: dict[str, Expr | None] = field(default_factory=dict[str, "Expr | None"])
    homes: dict[str, str] = field(default_factory=dict[str, str])
    uses: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict[str, list[tuple[str, str, str]]])

    def model_reads(self) -> dict[str, int]:
        """How many nodes' models read each choice; more than one through `model_of`."""
        reads: dict[str, int] = {}
        for template in self.templates.values():
            for leaf in static_leaves(template.on):
                if isinstance(leaf, ChoiceRef):
                    reads[leaf.address] = reads.get(leaf.address, 0) + 1
                elif isinstance(leaf, ModelOf):
                    for address in self.addresses(self.on.get(leaf.node)):
                        reads[address] = reads.get(address, 0) + 2
        for node_id, on in self.on.items():
            if on is not None and self.templates[node_id].on is None:
                for address in self.addresses(on):
                    reads[address] = reads.get(address, 0) + 1
        return reads

    def collect(self, graph: GraphTemplate, on: Expr | None) -> None:
        for node in graph.nodes:
            self.templates[node.id] = node
            self.homes[node.id] = graph.path
            self.on[node.id] = node.on if node.on is not None else on
            for alternative in node.alternatives:
                if alternative.graph is not None:
                    self.collect(alternative.graph, self.on[node.id])

    def _reads(self, key: tuple[str, str]) -> tuple[tuple[str, str], ...]:
        """What the value of a choice, pick, model or existence waits for."""
        kind, name = key
        exprs: tuple[Expr | None, ...]
        match kind:
            case "choice":
                domain = self.points[name].domain if name in self.points else None
                exprs = domain.options if isinstance(domain, Options) else ()
            case "pick":
                exprs = (self.templates[name].pick,)
            case "model":
                exprs = (self.on[name],)
            case _:
                exprs = (self.templates[name].exists,)
        found: list[tuple[str, str]] = []
        for leaf in static_leaves(*exprs):
            match leaf:
                case ChoiceRef():
                    found.append(("choice", leaf.address))
                case Is():
                    found += [("exists", leaf.node), ("pick", leaf.node)]
                case ModelOf():
                    found.append(("model", leaf.node))
                case _:
                    pass
        return tuple(item for item in found if item[0] == "choice" or item[1] in self.templates)

    def refuse_cycles(self) -> None:
        done: set[tuple[str, str]] = set()
        path: list[tuple[str, str]] = []

        def visit(key: tuple[str, str]) -> None:
            if key in path:
                raise StaticCycle(tuple(f"{name} ({kind})" for kind, name in [*path[path.index(key) :], key]))
            if key in done:
                return
            path.append(key)
            for other in self._reads(key):
                visit(other)
            done.add(path.pop())

        for address in self.points:
            visit(("choice", address))
        for name in self.templates:
            for kind in ("exists", "pick", "model"):
                visit((kind, name))

    def addresses(self, expr: Expr | None) -> tuple[str, ...]:
        """All choices that an expression's value depends on, through `is`, `model_of` and options."""
        found: dict[str, None] = {}
        open_keys: list[tuple[str, str]] = []
        for leaf in static_leaves(expr):
            match leaf:
                case ChoiceRef():
                    open_keys.append(("choice", leaf.address))
                case Is():
                    open_keys += [("exists", leaf.node), ("pick", leaf.node)]
                case ModelOf():
                    open_keys.append(("model", leaf.node))
                case _:
                    pass
        while open_keys:
            key = open_keys.pop()
            if key[0] == "choice":
                found[key[1]] = None
            elif key[1] not in self.templates:
                continue
            open_keys += self._reads(key)
        return tuple(found)

    def count_uses(self, graph: GraphTemplate) -> None:
        def use(expr: Expr | None, kind: str, name: str) -> None:
            for address in self.addresses(expr):
                self.uses.setdefault(address, []).append((kind, graph.path, name))

        for group in graph.groups:
            use(group.count, "count", group.name)
        for node in graph.nodes:
            use(node.exists, "exists", node.id)
            use(node.pick, "pick", node.id)
            use(_chosen(node.guard), "guard", node.id)
            for alternative in node.alternatives:
                use(ListOf(items=static_leaves(*(wire for _, wire in alternative.args))), "wire", node.id)
                if alternative.graph is not None:
                    self.count_uses(alternative.graph)
        for index, edge in enumerate(graph.edges):
            use(edge.exists, "edge", str(index))
            use(_chosen(edge.guard), "guard", str(index))
        use(_chosen(graph.output), "output", graph.path)


def _chosen(expr: Expr | None) -> Expr | None:
    """The indices in an expression that decide which nodes it reads."""
    if expr is None:
        return None
    places = [
        part.args[1]
        for part in subexpressions(expr)
        if isinstance(part, Op) and part.op == "at" and is_chosen(part.args[1])
    ]
    return ListOf(items=tuple(places)) if places else None


def reach_of(ir: ProgramIR) -> Reach:
    """The tables of a program.

    Raises:
        StaticCycle: if decisions wait for each other.
    """
    reach = Reach({point.address: point for point in ir.choices})
    reach.collect(ir.graph, None)
    reach.refuse_cycles()
    reach.count_uses(ir.graph)
    return reach
