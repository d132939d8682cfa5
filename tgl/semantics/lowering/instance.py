"""A graph instance: its nodes, its edges, its output."""

from __future__ import annotations

from tgl.ir import (
    Alternative,
    ChoiceKind,
    Const,
    EdgeTemplate,
    Expr,
    GraphTemplate,
    Group,
    Input,
    ListOf,
    NodeRef,
    NodeTemplate,
    Requirement,
)
from tgl.semantics.errors import graph as facts
from tgl.semantics.errors import types as type_facts
from tgl.semantics.fold import op
from tgl.semantics.lowering.checks import check_instance
from tgl.semantics.lowering.edges import Edges
from tgl.semantics.lowering.evaluate import evaluate, replicas
from tgl.semantics.lowering.nodes import Maker
from tgl.semantics.lowering.quantify import requirements
from tgl.semantics.lowering.roles import NodeSite
from tgl.semantics.lowering.state import Env, Given, Instance, Site, State
from tgl.semantics.lowering.what import Use
from tgl.semantics.problems import Abandon, Problems
from tgl.semantics.roles import read_ports
from tgl.semantics.scope import FileScope
from tgl.syntax import ast


def lower_instance(state: State, instance: Instance, stack: tuple[str, ...]) -> GraphTemplate:
    """The template of a graph instance.

    Args:
        state: of the lowering.
        instance: what to lower.
        stack: the graphs around it, this one last.

    Raises:
        Abandon: if a part of it is wrong (all of its statements were looked at, and reported).
    """
    maker = Maker(state, instance, stack, lower_instance)
    graph, scope = instance.graph, instance.scope
    whole = True
    nodes: dict[str, NodeTemplate] = {}
    for statement in graph.body:
        if isinstance(statement, ast.NodeStmt) and instance.names.get(statement.name) is statement:
            try:
                nodes |= {node.id: node for node in maker.group(statement)}
            except Abandon:
                instance.failed.add(statement.name)
                whole = False
    edges = Edges(state, instance, nodes, [], {})
    seen_by_nodes = frozenset(instance.indexed)
    for statement in graph.body:
        if isinstance(statement, ast.Edge):
            try:
                edges.statement(statement)
            except Abandon:
                whole = False
    required: list[Requirement] = []
    for statement in graph.body:
        if isinstance(statement, ast.Require):
            try:
                required += requirements(state, instance, statement, evaluate)
            except Abandon:
                whole = False
    instance.indexed &= seen_by_nodes  # an edge's own predicate, or a `require`, may tell replicas apart
    output: Expr | None = None
    answers: list[Group] = []
    try:
        output = lower_output(state, instance, maker, nodes, answers)
    except Abandon:
        whole = False
    declared = [
        group_of(state, instance, s)
        for s in graph.body
        if isinstance(s, ast.NodeStmt) and s.name not in instance.failed
    ]
    if output is None or not whole:
        raise Abandon
    fed = {node.id: fed_node(instance, node, edges.found) for node in nodes.values()}
    template = GraphTemplate(
        name=graph.name,
        path=instance.path,
        ports=read_ports(scope, graph.ports, Problems()),
        groups=(*declared, *answers),
        nodes=tuple(fed.values()),
        edges=tuple(edges.found),
        output=output,
        requirements=tuple(required),
        place=maker.place(scope.at(graph.span)),
    )
    check_instance(state, instance, template)
    return template


def group_of(state: State, instance: Instance, node: ast.NodeStmt) -> Group:
    """A declared node with its replicas."""
    found = replicas(state, instance, node.name)
    count: Expr | None = None
    if found.counts:
        count = found.counts[0] if len(found.counts) == 1 else op("*", *found.counts[:2])
        for more in found.counts[2:]:
            count = op("*", count, more)
    named = any(dim.index is not None for dim in node.dims)
    permutable = len(node.dims) == 1 and not named and node.name not in instance.indexed
    at = instance.scope.at(node.span)
    return Group(
        name=node.name,
        members=tuple(instance.node_id(found.label(index)) for index in found.indices),
        count=count,
        permutable=permutable and not has_vectors(node),
        place=Maker(state, instance, (), lower_instance).place(at),
    )


def has_vectors(node: ast.NodeStmt) -> bool:
    """Whether something is written for each replica, so that replicas are told apart."""
    models = [clause.value for clause in node.clauses if clause.kind == "on"]
    what = node.what
    args = [arg.value for arg in what.args] if isinstance(what, ast.Call) else []
    return any(isinstance(value, ast.ListExpr) for value in (what, *models, *args))


def lower_output(
    state: State, instance: Instance, maker: Maker, nodes: dict[str, NodeTemplate], groups: list[Group]
) -> Expr:
    """What the graph answers: a node, a list of them, or a function of them, which becomes a node."""
    graph, scope = instance.graph, instance.scope
    outputs = [statement for statement in graph.body if isinstance(statement, ast.Output)]
    if not outputs:
        raise state.problems.abandon(facts.missing_output(scope.at(graph.name_span), graph.name))
    for extra in outputs[1:]:
        state.problems.add(type_facts.repeated(scope.at(extra.span), "`output`", scope.at(outputs[0].span)))
    written = outputs[0].value
    env = Env(scope, instance)
    called = called_function(state, written, env)
    if called is None:
        value = evaluate(state, written, env, Site(f"{instance.path}.output", ChoiceKind.OPTION, written))
        plain = value.kind in ("node", "input", "list")
        if not plain:
            hint = "write `output NODE`, or `output majority(NODES)`"
            raise state.problems.abandon(
                type_facts.type_mismatch(env.at(written), "`output` takes a message", "no message", hint)
            )
        return value
    call, decl, home = called
    node_id = instance.node_id("output")
    site = NodeSite(node_id, (), (), env.at(written), label=node_id)
    use = Use(decl.name, decl, home, tuple(Given(arg, env, None) for arg in call.args), env.at(written))
    alternative = maker.function(use, decl, env, site)
    place = maker.place(scope.at(outputs[0].span))
    state.nodes += 1
    nodes[node_id] = NodeTemplate(
        id=node_id,
        group="output",
        index=(),
        exists=Const(value=True),
        pick=Const(value=alternative.key),
        alternatives=(alternative,),
        on=None,
        guard=None,
        place=place,
    )
    groups.append(Group(name="output", members=(node_id,), count=None, permutable=False, place=place))
    return NodeRef(id=node_id)


def called_function(state: State, written: ast.Expr, env: Env) -> tuple[ast.Call, ast.Fn, FileScope] | None:
    """The function that an output calls, if it is one."""
    if not isinstance(written, ast.Call) or not isinstance(written.func, ast.Name):
        return None
    if env.instance is not None and written.func.id in env.instance.names:
        return None
    binding = env.scope.names.get(written.func.id)
    if binding is None or not isinstance(binding.decl, ast.Fn) or binding.decl.name == "size":
        return None
    return written, binding.decl, state.files.scopes[binding.home]


def fed_node(instance: Instance, node: NodeTemplate, edges: list[EdgeTemplate]) -> NodeTemplate:
    """The node with the ports that bear the name of an input wired to it, unless an edge feeds them (G1)."""
    incoming = [edge for edge in edges if edge.target == node.id]
    alternatives: list[Alternative] = []
    for alternative in node.alternatives:
        args = dict(alternative.args)
        by_edge = {dict(edge.ports).get(alternative.key) for edge in incoming}
        for port in alternative.ports:
            is_input = isinstance(instance.names.get(port.name), ast.Port)
            if is_input and port.name not in args and port.name not in by_edge:
                source = Input(instance=instance.path, port=port.name)
                args[port.name] = ListOf(items=(source,)) if port.is_list else source
        order = [port.name for port in alternative.ports]
        wired = tuple(sorted(args.items(), key=lambda pair: order.index(pair[0])))
        alternatives.append(alternative.model_copy(update={"args": wired}))
    return node.model_copy(update={"alternatives": tuple(alternatives)})
