"""What holds of every IR that leaves `lower`, looked at fact by fact (`Invariant`, docs/ir.md).

The order is that of `Invariant`: the frame first, then what refers to it. A fact that another one needs is
looked at even if that one does not hold, so nothing here may raise on a broken IR.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from tgl.ir import (
    PYTHON_FN,
    SCHEMA,
    Alternative,
    ChoiceRef,
    Const,
    Domain,
    Expr,
    GraphTemplate,
    NodeRef,
    NodeTemplate,
    Options,
    ProgramIR,
)
from tgl.semantics.fold import closing, every
from tgl.semantics.inside import expressions, nested
from tgl.semantics.invariants import Broken, Invariant
from tgl.semantics.verify_references import choices, declarations, references


def verify(ir: ProgramIR) -> list[Broken]:
    """The invariants that an IR breaks; empty for a good one. Linear in its size. Never raises."""
    found: list[Broken] = []
    if ir.schema_version != SCHEMA:
        found.append(Broken(Invariant.SCHEMA, "program", f"version {ir.schema_version} is not {SCHEMA}"))
    graphs = list(nested(ir.graph))
    found += once(Invariant.NODE_ONCE, (node.id for graph in graphs for node in graph.nodes))
    domains = {point.address: point.domain for point in ir.choices}
    for graph in graphs:
        found += members(graph)
        for node in graph.nodes:
            found += alternatives(node)
            found += picks(node, domains)
        found += edges(graph)
        found += circle(graph)
    found += models_of_roles(ir.graph, covered=False)
    found += functions(ir, graphs)
    found += references(ir, graphs)
    found += choices(ir)
    found += declarations(ir)
    return found


def once(invariant: Invariant, names: Iterable[str]) -> Iterator[Broken]:
    """Names that stand several times."""
    for name, n in Counter(names).items():
        if n > 1:
            yield Broken(invariant, name, f"stands {n} times")


def members(graph: GraphTemplate) -> Iterator[Broken]:
    """Nodes lie in their graph, and the groups list them in order."""
    for node in graph.nodes:
        if not node.id.startswith(f"{graph.path}."):
            yield Broken(Invariant.NODE_INSIDE, node.id, f"it does not begin with {graph.path}")
    listed = [name for group in graph.groups for name in group.members]
    if listed != [node.id for node in graph.nodes]:
        yield Broken(Invariant.GROUP_MEMBERS, graph.path, "its groups do not list its nodes in order")
    names = {name: group.name for group in graph.groups for name in group.members}
    for node in graph.nodes:
        if names.get(node.id, node.group) != node.group:
            yield Broken(Invariant.GROUP_NAME, node.id, f"group {names[node.id]} lists it, not {node.group}")


def alternatives(node: NodeTemplate) -> Iterator[Broken]:
    """A node is something, and each thing that it may be is whole."""
    if not node.alternatives:
        yield Broken(Invariant.ALTERNATIVES, node.id, "it has none")
    yield from (
        Broken(Invariant.ALTERNATIVE_ONCE, node.id, f"{broken.where} {broken.text}")
        for broken in once(Invariant.ALTERNATIVE_ONCE, (found.key for found in node.alternatives))
    )
    for found in node.alternatives:
        where = f"{node.id}.{found.key}"
        if (found.kind == "graph") != (found.graph is not None):
            yield Broken(Invariant.GRAPH_BODY, where, "a graph has a body, and nothing else has one")
        if found.graph is not None and found.graph.path != where:
            yield Broken(Invariant.PATH_INSIDE, where, f"its graph is at {found.graph.path}")
        if (found.kind == "fn") != (found.fn is not None):
            yield Broken(Invariant.FN_NAME, where, "a function has a registered name, and nothing else")
        if found.kind == "role":
            yield from role(where, found)
        unknown = sorted(dict(found.args).keys() - {port.name for port in found.ports})
        if unknown:
            yield Broken(Invariant.ARGUMENT_PORT, where, f"it has no port {', '.join(unknown)}")


def role(where: str, found: Alternative) -> Iterator[Broken]:
    """A role can be asked and its reply read."""
    if "prompt" not in dict(found.fields):
        yield Broken(Invariant.ROLE_PROMPT, where, "it has no prompt")
    if found.reader is None:
        yield Broken(Invariant.ROLE_READER, where, "nothing reads its reply")


def picks(node: NodeTemplate, domains: Mapping[str, Domain]) -> Iterator[Broken]:
    """What decides which alternative a node is names its alternatives, where that can be seen."""
    keys = {found.key for found in node.alternatives}
    match node.pick:
        case Const(value=key):
            odd = [] if key in keys else [repr(key)]
        case ChoiceRef(address=address):
            domain = domains.get(address)
            values = domain.values if isinstance(domain, Options) else ()
            odd = [repr(value) for value in values if value not in keys]
        case _:
            odd = []
    if odd:
        yield Broken(Invariant.PICK, node.id, f"it is picked as {', '.join(odd)}, which it can't be")


def models_of_roles(graph: GraphTemplate, *, covered: bool) -> Iterator[Broken]:
    """A role that may be there has a model, its own or one of an instance around it."""
    for node in graph.nodes:
        if node.exists == Const(value=False):
            continue
        has_model = covered or node.on is not None
        for found in node.alternatives:
            if found.kind == "role" and not has_model:
                yield Broken(Invariant.ROLE_MODEL, node.id, "no model, and none around it")
            if found.graph is not None:
                yield from models_of_roles(found.graph, covered=has_model)


def edges(graph: GraphTemplate) -> Iterator[Broken]:
    """Edges run from a message to ports that are there."""
    ports = {
        node.id: {found.key: {port.name for port in found.ports} for found in node.alternatives}
        for node in graph.nodes
    }
    for edge in graph.edges:
        if edge.source.kind not in ("node", "input"):
            yield Broken(Invariant.EDGE_SOURCE, edge.target, f"an edge comes from a {edge.source.kind}")
        if edge.target not in ports:
            yield Broken(Invariant.EDGE_TARGET, edge.target, f"an edge of {graph.path} goes to it")
            continue
        for key, port in edge.ports:
            if port not in ports[edge.target].get(key, ()):
                yield Broken(Invariant.EDGE_PORT, edge.target, f"{key} has no port {port}")


def circle(graph: GraphTemplate) -> Iterator[Broken]:
    """A circle in the graph with every edge that may exist, what closes no circle left out."""
    names = {node.id for node in graph.nodes}
    waits: dict[str, set[str]] = {name: set() for name in names}
    for node in graph.nodes:
        values = [value for found in node.alternatives for _, value in found.args]
        waits[node.id] |= named([*values, node.guard]) & names
    for edge in graph.edges:
        if edge.target in names and closing(edge.exists) != Const(value=False):
            waits[edge.target] |= named([edge.source, edge.guard]) & names
    feeds: dict[str, list[str]] = {name: [] for name in names}
    for name, sources in waits.items():
        for source in sources:
            feeds[source].append(name)
    open_inputs = {name: len(sources) for name, sources in waits.items()}
    free = [name for name, count in open_inputs.items() if not count]
    while free:
        for name in feeds[free.pop()]:
            open_inputs[name] -= 1
            if not open_inputs[name]:
                free.append(name)
    stuck = sorted(name for name, count in open_inputs.items() if count)
    if stuck:
        yield Broken(Invariant.NO_CIRCLE, graph.path, f"these wait for each other: {', '.join(stuck)}")


def named(values: Iterable[Expr | None]) -> set[str]:
    """The nodes that expressions name."""
    return {
        part.id for value in values if value is not None for part in every(value) if isinstance(part, NodeRef)
    }


def functions(ir: ProgramIR, graphs: Iterable[GraphTemplate]) -> Iterator[Broken]:
    """Functions written in Python that the graph calls are declared, each once, in order of name."""
    used = {found.fn for graph in graphs for node in graph.nodes for found in node.alternatives if found.fn}
    used |= {part.fn for graph in graphs for part in expressions(graph) if part.kind == "fn"}
    declared = [found.name for found in ir.functions]
    for name in sorted(name for name in used - set(declared) if name.startswith(PYTHON_FN)):
        yield Broken(Invariant.FN_DECLARED, name, "it is called and not declared")
    if declared != sorted(set(declared)):
        yield Broken(Invariant.FN_DECLARED, "program", "functions are not in order of name, each once")
