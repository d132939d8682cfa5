"""What must hold of a lowered graph: every port fed, no circle, nothing dead."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from tgl.diagnostics import Diagnostic
from tgl.ir import (
    Alternative,
    Const,
    EdgeTemplate,
    Expr,
    Flip,
    GraphTemplate,
    Group,
    ModelOf,
    NodeRef,
    NodeTemplate,
    PortSpec,
    TextPlace,
)
from tgl.semantics.errors import graph as facts
from tgl.semantics.errors import types as type_facts
from tgl.semantics.errors.at import At, listed
from tgl.semantics.fold import closing, every
from tgl.semantics.lowering.state import Instance, State
from tgl.semantics.problems import Abandon
from tgl.text import Span

YES = Const(value=True)
NO = Const(value=False)


def check_instance(state: State, instance: Instance, graph: GraphTemplate) -> None:
    """Report what is wrong with a lowered graph.

    Raises:
        Abandon: if a part of it is an error.
    """
    errors = [
        *unfed(state, instance, graph),
        *overfed(state, instance, graph),
        *tagless(instance, graph),
        *cycles(instance, graph),
        *model_cycles(instance, graph),
    ]
    for problem in errors:
        state.problems.add(problem)
    if errors:
        raise Abandon
    for problem in dead(instance, graph):
        state.problems.add(problem)


def place(instance: Instance, at: TextPlace) -> At:
    return At(instance.scope.source, Span(at.start, at.end))


def node_place(instance: Instance, node: NodeTemplate) -> At:
    """The name of a node in its declaration."""
    item = None if node.rounds else instance.names.get(node.group)
    return place(instance, node.place) if item is None else instance.scope.at(item.name_span)


def label(graph: GraphTemplate, node_id: str) -> str:
    return node_id.removeprefix(f"{graph.path}.")


def missing_ports(
    node: NodeTemplate, alternative: Alternative, incoming: Iterable[EdgeTemplate]
) -> list[PortSpec]:
    """Required ports of an alternative that nothing can ever feed."""
    fed = {name for name, value in alternative.args if value.kind != "list" or value.items}
    fed |= {port for edge in incoming for key, port in edge.ports if key == alternative.key}
    return [port for port in alternative.ports if not port.optional and port.name not in fed]


def by_target(graph: GraphTemplate) -> Mapping[str, list[EdgeTemplate]]:
    found: dict[str, list[EdgeTemplate]] = {node.id: [] for node in graph.nodes}
    for edge in graph.edges:
        found[edge.target].append(edge)
    return found


def unfed(state: State, instance: Instance, graph: GraphTemplate) -> Iterator[Diagnostic]:
    incoming = by_target(graph)
    for node in graph.nodes:
        missing = [(a, missing_ports(node, a, incoming[node.id])) for a in node.alternatives]
        if any(not ports for _, ports in missing):
            continue
        if len(node.alternatives) == 1:
            alternative, ports = missing[0]
            yield facts.unfed_port(
                node_place(instance, node), label(graph, node.id), ports[0].name, alternative.what
            )
        else:
            reasons = [f"`{a.what}` needs `{ports[0].name}`" for a, ports in missing]
            yield facts.no_alternative(node_place(instance, node), label(graph, node.id), reasons)


def overfed(state: State, instance: Instance, graph: GraphTemplate) -> Iterator[Diagnostic]:
    """Ports for one message that may get several (language.md G11)."""
    incoming = by_target(graph)
    for node in graph.nodes:
        for alternative in node.alternatives:
            for port in alternative.ports:
                if port.is_list:
                    continue
                edges = [e for e in incoming[node.id] if (alternative.key, port.name) in e.ports]
                sure = [e for e in edges if is_free(state, e.exists)]
                given = port.name in dict(alternative.args)
                if len(sure) + given > 1 or (given and edges):
                    last = edges[-1]
                    yield facts.overfed_port(place(instance, last.place), label(graph, node.id), port.name)


def tagless(instance: Instance, graph: GraphTemplate) -> Iterator[Diagnostic]:
    """Ports for tags that a message is given to which never has one of them."""
    incoming = by_target(graph)
    nodes = {node.id: node for node in graph.nodes}
    for node in graph.nodes:
        for alternative in node.alternatives:
            for port in alternative.ports:
                if not port.tags:
                    continue
                given = [(value, alternative.place) for name, value in alternative.args if name == port.name]
                given += [
                    (edge.source, edge.place)
                    for edge in incoming[node.id]
                    if (alternative.key, port.name) in edge.ports
                ]
                for value, at in given:
                    source = nodes.get(value.id) if isinstance(value, NodeRef) else None
                    if source is not None and not may_have(source, port.tags):
                        message = (
                            f"`{port.name}` of `{alternative.what}` takes {listed(port.tags)}, "
                            f"and `{label(graph, source.id)}` never says one of them"
                        )
                        yield type_facts.type_mismatch(place(instance, at), message, "no such tag")


def may_have(node: NodeTemplate, tags: Collection[str]) -> bool:
    """Whether what a node says may have one of some tags, as far as its type is known."""
    return any(
        alternative.reader is None or any(tag in tags for tag, _ in alternative.reader.tags)
        for alternative in node.alternatives
    )


def is_free(state: State, exists: Expr) -> bool:
    """Whether nothing but chance keeps an edge out: it is always there, or a yes/no of its own."""
    return all(
        part.kind in ("const", "op")
        or (part.kind == "choice" and isinstance(state.choices[part.address].domain, Flip))
        for part in every(exists)
    ) and not any(part.kind == "op" and part.op in ("not", "==", "!=") for part in every(exists))


def sources(node: NodeTemplate, incoming: Iterable[EdgeTemplate]) -> Iterator[tuple[str, bool, TextPlace]]:
    """The nodes that a node waits for; whether it always does; where that is written."""
    for alternative in node.alternatives:
        for _, value in alternative.args:
            for ref in refs(value):
                yield ref, len(node.alternatives) == 1, alternative.place
    if node.guard is not None:
        for ref in refs(node.guard):
            yield ref, True, node.place
    for edge in incoming:
        if closing(edge.exists) == NO:
            continue
        always = edge.exists == YES
        for ref in refs(edge.source):
            yield ref, always, edge.place
        for ref in [] if edge.guard is None else refs(edge.guard):
            yield ref, always, edge.place


def refs(value: Expr) -> list[str]:
    return [found.id for found in every(value) if isinstance(found, NodeRef)]


def cycles(instance: Instance, graph: GraphTemplate) -> Iterator[Diagnostic]:
    """One report for the first circle that is found, a definite one before a possible one (C15)."""
    incoming = by_target(graph)
    known = {node.id for node in graph.nodes}
    links = {node.id: [s for s in sources(node, incoming[node.id]) if s[0] in known] for node in graph.nodes}
    for definite in (True, False):
        taken = {
            name: {s: at for s, always, at in found if always or not definite}
            for name, found in links.items()
        }
        found = circle(taken)
        if found is not None:
            # from source to target, as the edges are written
            way = [label(graph, name) for name in reversed(found)]
            at = taken[found[0]][found[1]]
            yield facts.cycle(place(instance, at), way, definite=definite)
            return


def circle(links: Mapping[str, Mapping[str, TextPlace]]) -> list[str] | None:
    """Names that lead back to the first, which is repeated at the end; None if there are none."""
    done: set[str] = set()
    for root in links:
        path: list[str] = []
        stack: list[tuple[str, Iterator[str]]] = []
        if root in done:
            continue
        path.append(root)
        stack.append((root, iter(links[root])))
        while stack:
            name, rest = stack[-1]
            following = next(rest, None)
            if following is None:
                done.add(name)
                stack.pop()
                path.pop()
            elif following in path:
                return [*path[path.index(following) :], following]
            elif following not in done:
                path.append(following)
                stack.append((following, iter(links[following])))
    return None


def model_cycles(instance: Instance, graph: GraphTemplate) -> Iterator[Diagnostic]:
    """Nodes that run on the model of each other."""
    links: dict[str, dict[str, TextPlace]] = {}
    for node in graph.nodes:
        found = [] if node.on is None else [part.node for part in every(node.on) if isinstance(part, ModelOf)]
        links[node.id] = dict.fromkeys((name for name in found), node.place)
    for targets in list(links.values()):
        for name in targets:
            links.setdefault(name, {})
    found_circle = circle(links)
    if found_circle is not None:
        at = links[found_circle[0]][found_circle[1]]
        yield facts.cycle(place(instance, at), [label(graph, name) for name in found_circle], definite=True)


def live(graph: GraphTemplate) -> set[str]:
    """The nodes that may reach the output."""
    incoming = by_target(graph)
    nodes = {node.id: node for node in graph.nodes}
    found: set[str] = set()
    todo = refs(graph.output)
    while todo:
        name = todo.pop()
        if name in found or name not in nodes:
            continue
        found.add(name)
        todo += [ref for ref, _, _ in sources(nodes[name], incoming[name])]
    return found


def dead(instance: Instance, graph: GraphTemplate) -> Iterator[Diagnostic]:
    alive = live(graph)
    rounds: dict[tuple[tuple[str, ...], str], list[Group]] = {}
    for group in graph.groups:
        if not group.made:
            rounds.setdefault((group.body, group.local), []).append(group)
    for (body, name), groups in rounds.items():
        if not any(member in alive for group in groups for member in group.members):
            first = next(node for node in graph.nodes if node.group == groups[0].name)
            yield facts.dead_node(node_place(instance, first), ".".join((*body, name)))
