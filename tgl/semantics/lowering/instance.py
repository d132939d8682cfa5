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
    Op,
    Requirement,
)
from tgl.semantics.errors import graph as facts
from tgl.semantics.errors import types as type_facts
from tgl.semantics.lowering.alternatives import Use
from tgl.semantics.lowering.body import Body
from tgl.semantics.lowering.checks import check_instance
from tgl.semantics.lowering.collect import Collected
from tgl.semantics.lowering.evaluate import evaluate
from tgl.semantics.lowering.nodes import Maker
from tgl.semantics.lowering.quantify import requirements
from tgl.semantics.lowering.roles import NodeSite
from tgl.semantics.lowering.state import Env, Given, Instance, Site, State
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
    into = Collected(state)
    made = Body(into, stack, lower_instance)
    made.statements(instance, graph.body)
    seen_by_nodes = frozenset(instance.indexed)
    made.connect()
    whole, nodes = made.whole, into.nodes
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
    if output is None or not whole:
        raise Abandon
    declared = [group if group.made else settled_group(instance, group) for group in into.groups]
    made.guard_rounds()
    edges = into.edges
    incoming: dict[str, list[EdgeTemplate]] = {}
    for edge in edges:
        incoming.setdefault(edge.target, []).append(edge)
    fed = {node.id: fed_node(instance, node, incoming.get(node.id, [])) for node in into.nodes.values()}
    template = GraphTemplate(
        name=graph.name,
        path=instance.path,
        ports=read_ports(scope, graph.ports, Problems()),
        groups=(*declared, *answers),
        nodes=tuple(fed.values()),
        edges=tuple(edges),
        output=output,
        requirements=tuple(required),
        place=maker.place(scope.at(graph.span)),
        site=instance.address,
    )
    check_instance(state, instance, template)
    return template


def settled_group(instance: Instance, group: Group) -> Group:
    """A group as relabelling may treat it: what reads its index is known only when all is lowered."""
    loose = group.permutable and group.name not in instance.indexed | instance.numbered
    return group.model_copy(update={"permutable": loose})


def output_hint(written: ast.Expr) -> str:
    """What to write in place of an output that is no message."""
    match written:
        case ast.Name(id=name):
            return f"write `output NODE`; a message gets a name by a node: `node {name} : majority(NODES)`"
        case ast.Index():
            return "items are numbered from 1; the last one that is there is `last(xs)` of std.reduce"
        case _:
            return "write `output NODE`, or `output majority(NODES)`"


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
        value = evaluate(state, written, env, Site(f"{instance.site}.output", ChoiceKind.OPTION, written))
        plain = value.kind in ("node", "input", "list") or (
            isinstance(value, Op) and value.op in ("else", "when", "at", "get")
        )
        if not plain:
            hint = output_hint(written)
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
    if env.instance is not None and env.instance.item(written.func.id) is not None:
        return None
    binding = env.scope.names.get(written.func.id)
    if binding is None or not isinstance(binding.decl, ast.Fn) or binding.decl.name == "size":
        return None
    return written, binding.decl, state.files.scopes[binding.home]


def fed_node(instance: Instance, node: NodeTemplate, incoming: list[EdgeTemplate]) -> NodeTemplate:
    """The node with the ports that bear the name of an input wired to it, unless an edge feeds them (G1)."""
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
