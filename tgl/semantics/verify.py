"""What holds of every IR that leaves `lower` or a pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tgl.ir import (
    ChoiceRef,
    Const,
    Expr,
    GraphTemplate,
    Input,
    Is,
    ModelName,
    ModelOf,
    NodeRef,
    NodeTemplate,
    Options,
    ProgramIR,
)
from tgl.semantics.fold import closing, every, is_static


def verify(ir: ProgramIR) -> list[str]:
    """The invariants that an IR breaks, in words; empty for a good one."""
    return [*instances(ir.graph), *references(ir), *shapes(ir.graph)]


def nested(graph: GraphTemplate) -> Iterator[GraphTemplate]:
    """A graph instance and all inside it."""
    yield graph
    for node in graph.nodes:
        for alternative in node.alternatives:
            if alternative.graph is not None:
                yield from nested(alternative.graph)


def expressions(graph: GraphTemplate) -> Iterator[Expr]:
    """All expressions of one instance, with those inside them."""
    whole: list[Expr | None] = [graph.output, *(group.count for group in graph.groups)]
    for node in graph.nodes:
        whole += [node.exists, node.pick, node.on, node.guard]
        for alternative in node.alternatives:
            whole += [value for _, value in (*alternative.args, *alternative.fields)]
    whole += [requirement.condition for requirement in graph.requirements]
    for edge in graph.edges:
        whole += [edge.source, edge.exists, edge.guard]
    for value in whole:
        if value is not None:
            yield from every(value)


def repeated(names: list[str], what: str) -> list[str]:
    return [f"{what} {name} stands {n} times" for name, n in Counter(names).items() if n > 1]


def instances(root: GraphTemplate) -> Iterator[str]:
    graphs = list(nested(root))
    yield from repeated([graph.path for graph in graphs], "path")
    yield from repeated([node.id for graph in graphs for node in graph.nodes], "node")
    for graph in graphs:
        members = [name for group in graph.groups for name in group.members]
        if members != [node.id for node in graph.nodes]:
            yield f"the groups of {graph.path} do not list its nodes in order"
        for node in graph.nodes:
            yield from repeated(
                [alternative.key for alternative in node.alternatives], f"alternative of {node.id}"
            )
            yield from alternatives(graph, node)


def alternatives(graph: GraphTemplate, node: NodeTemplate) -> Iterator[str]:
    if not node.id.startswith(f"{graph.path}."):
        yield f"node {node.id} is not inside {graph.path}"
    if not node.alternatives:
        yield f"node {node.id} has no alternative"
    for alternative in node.alternatives:
        if (alternative.kind == "graph") != (alternative.graph is not None):
            yield f"{node.id}: {alternative.key} is a graph without one, or the other way round"
        if (alternative.kind == "fn") != (alternative.fn is not None):
            yield f"{node.id}: {alternative.key} is a function without one, or the other way round"
        if alternative.kind == "role" and (
            alternative.reader is None or "prompt" not in dict(alternative.fields)
        ):
            yield f"{node.id}: {alternative.key} is a role without prompt or reader"
        unknown = set(dict(alternative.args)) - {port.name for port in alternative.ports}
        if unknown:
            yield f"{node.id}: {alternative.key} has arguments without ports: {sorted(unknown)}"


def references(ir: ProgramIR) -> Iterator[str]:
    used: set[str] = set()
    models = {model.name for model in ir.models}
    addresses = [point.address for point in ir.choices]
    yield from repeated(addresses, "choice")
    for point in ir.choices:
        if isinstance(point.domain, Options):
            parts = [part for option in point.domain.options for part in every(option)]
            yield from (
                f"{point.address} offers {p.name}, which is no model"
                for p in parts
                if isinstance(p, ModelName) and p.name not in models
            )
    for graph in nested(ir.graph):
        nodes = {node.id for node in graph.nodes}
        ports = {port.name for port in graph.ports}
        for part in expressions(graph):
            match part:
                case ChoiceRef(address=address):
                    used.add(address)
                case NodeRef(id=name) if name not in nodes:
                    yield f"{graph.path} refers to node {name}"
                case Is(node=name) | ModelOf(node=name) if name not in {
                    n.id for g in nested(ir.graph) for n in g.nodes
                }:
                    yield f"{graph.path} refers to node {name}"
                case Input(instance=path, port=port) if path != graph.path or port not in ports:
                    yield f"{graph.path} refers to input {port} of {path}"
                case ModelName(name=name) if name not in models:
                    yield f"{graph.path} refers to model {name}"
                case _:
                    pass
    yield from (f"no choice has the address {name}" for name in sorted(used - set(addresses)))
    yield from (f"nothing refers to the choice {name}" for name in sorted(set(addresses) - used))


def shapes(root: GraphTemplate) -> Iterator[str]:
    for graph in nested(root):
        nodes = {node.id: node for node in graph.nodes}
        for edge in graph.edges:
            if edge.target not in nodes:
                yield f"an edge of {graph.path} goes to {edge.target}"
                continue
            for key, port in edge.ports:
                found = [a for a in nodes[edge.target].alternatives if a.key == key]
                if not found or port not in [p.name for p in found[0].ports]:
                    yield f"an edge goes to port {port} of {key} at {edge.target}"
        for value in (
            value for node in graph.nodes for value in (node.exists, node.pick, node.on) if value is not None
        ):
            if not is_static(value):
                yield f"{graph.path} decides before the run on what only the run knows"
        yield from circles(graph)


def circles(graph: GraphTemplate) -> Iterator[str]:
    """A circle in the graph with every edge that may exist."""
    waits: dict[str, set[str]] = {node.id: set() for node in graph.nodes}
    for node in graph.nodes:
        values = [value for a in node.alternatives for _, value in a.args] + (
            [] if node.guard is None else [node.guard]
        )
        waits[node.id] |= {part.id for value in values for part in every(value) if isinstance(part, NodeRef)}
    for edge in graph.edges:
        if closing(edge.exists) == Const(value=False):
            continue
        values = [edge.source] + ([] if edge.guard is None else [edge.guard])
        waits[edge.target] |= {
            part.id for value in values for part in every(value) if isinstance(part, NodeRef)
        }
    while waits:
        free = [name for name, others in waits.items() if not others & waits.keys()]
        if not free:
            yield f"nodes of {graph.path} wait for each other: {sorted(waits)}"
            return
        for name in free:
            del waits[name]
