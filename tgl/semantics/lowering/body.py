"""The statements of a graph, loops and maps unrolled: all nodes that may exist, and the edges between them.

A loop becomes its rounds, one after the other, in the guarded graph (language.md L1 to L5). What it carries
is a node for each round, whose value is chosen by whether the loop went on; `until` and patience are a node
for each round, which guards the rest of that round and all later ones. A map becomes its items (L6), a
batched node has a node behind each batch that tells whether enough were drawn (L7). Nothing later knows
loops.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tgl.ir import Const, Expr, Fn, Group, NodeRef, TextPlace
from tgl.semantics.errors import graph as graph_facts
from tgl.semantics.fold import op
from tgl.semantics.lowering.batches import batched
from tgl.semantics.lowering.carried import Holdings
from tgl.semantics.lowering.checks import refs
from tgl.semantics.lowering.collect import Collected, is_made, place_of, within
from tgl.semantics.lowering.edges import Edges
from tgl.semantics.lowering.evaluate import evaluate, replicas
from tgl.semantics.lowering.loops import Round, each, loop
from tgl.semantics.lowering.nodes import LowerGraph, Maker
from tgl.semantics.lowering.rounds import YES, goes_on, rounds_of
from tgl.semantics.lowering.state import Instance, Replicas
from tgl.semantics.problems import Abandon
from tgl.syntax import ast


@dataclass(slots=True)
class Body:
    """Collects the nodes, groups and edges of one graph instance. `whole`: nothing was wrong so far."""

    into: Collected
    stack: tuple[str, ...]
    lower_graph: LowerGraph
    rooms: list[tuple[Instance, tuple[ast.Stmt, ...]]] = field(
        default_factory=list[tuple[Instance, tuple[ast.Stmt, ...]]]
    )
    rounds: list[Round] = field(default_factory=list[Round])
    whole: bool = True

    def statements(self, instance: Instance, body: tuple[ast.Stmt, ...]) -> None:
        """The nodes of a body; edges wait until all nodes are known."""
        self.rooms.append((instance, body))
        for statement in body:
            try:
                self.statement(instance, statement)
            except Abandon:
                if isinstance(statement, ast.NodeStmt):
                    instance.failed.add(statement.name)
                self.whole = False

    def statement(self, instance: Instance, statement: ast.Stmt) -> None:
        state = self.into.state
        match statement:
            case ast.NodeStmt() if instance.names.get(statement.name) is statement:
                self.node(instance, statement)
            case ast.Loop() if instance.names.get(statement.name) is statement:
                found = rounds_of(state, instance, statement, evaluate)
                for one in loop(self.into, found, statement, self.statements):
                    self.rounds.append(one)
            case ast.Each() if instance.names.get(statement.name) is statement:
                found = rounds_of(state, instance, statement, evaluate)
                for one in each(self.into, found, statement, self.statements):
                    self.rounds.append(one)
            case ast.Param() | ast.Output() | ast.Require() | ast.Memory() if instance.outer is not None:
                at = instance.scope.at(statement.span)
                raise state.problems.abandon(graph_facts.not_in_a_body(at, type(statement).__name__.lower()))
            case _:
                pass

    def node(self, instance: Instance, node: ast.NodeStmt) -> None:
        """A declared node with its replicas."""
        maker = Maker(self.into.state, instance, self.stack, self.lower_graph)
        made = {template.id: template for template in maker.group(node)}
        group = replicas(self.into.state, instance, node.name)
        batch = next((clause for clause in node.clauses if clause.kind == "batch"), None)
        if batch is not None:
            made = batched(self.into, instance, node, group, batch, made)
        self.into.nodes |= made
        self.into.groups.append(
            group_of(instance, group, tuple(made), place_of(instance, node), batched=batch is not None)
        )

    def connect(self) -> None:
        """The edges of all bodies, between all nodes."""
        holdings = Holdings(self.into)
        for instance, body in self.rooms:
            edges = Edges(self.into.state, instance, self.into.nodes, self.into.edges, holdings.members, {})
            for statement in body:
                if isinstance(statement, ast.Edge):
                    try:
                        edges.statement(statement)
                    except Abandon:
                        self.whole = False

    def guard_rounds(self) -> None:
        """Let the nodes of a round exist and run as far as the loop goes."""
        sources = self.sources()
        for one in self.rounds:
            rounds, k = one.rounds, one.number
            inside = op("<=", Const(value=k), rounds.count)
            nodes = [self.into.nodes[name] for name in one.nodes]
            if isinstance(rounds.statement, ast.Each):
                item = NodeRef(id=rounds.bodies[k - 1].path)
                present = Fn(fn="std.signals:ran", args=(item,))
                for node in nodes:
                    self.into.nodes[node.id] = within(node, inside, YES if is_made(node) else present)
                continue
            early = closure(one.first, sources)
            again = op("<", Const(value=k), rounds.count) if rounds.keeps is not None else inside
            for node in nodes:
                if is_made(node):
                    self.into.nodes[node.id] = within(node, inside, YES)
                elif node.id in early:
                    self.into.nodes[node.id] = within(node, inside, goes_on(rounds, k - 1))
                else:
                    self.into.nodes[node.id] = within(node, again, goes_on(rounds, k))

    def sources(self) -> dict[str, set[str]]:
        """The nodes that each node reads."""
        found: dict[str, set[str]] = {}
        for node in self.into.nodes.values():
            values = [value for alternative in node.alternatives for _, value in alternative.args]
            values += [] if node.guard is None else [node.guard]
            found[node.id] = {ref for value in values for ref in refs(value)}
        for edge in self.into.edges:
            values = [edge.source] + ([] if edge.guard is None else [edge.guard])
            found[edge.target] |= {ref for value in values for ref in refs(value)}
        return found


def closure(values: Iterable[Expr], sources: Mapping[str, set[str]]) -> set[str]:
    """All nodes that values depend on."""
    todo = [ref for value in values for ref in refs(value)]
    found: set[str] = set()
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += sources.get(name, ())
    return found


def group_of(
    instance: Instance, found: Replicas, members: tuple[str, ...], place: TextPlace, *, batched: bool
) -> Group:
    """A declared node with its replicas. Those of a round keep their order: carried lists tell them apart."""
    node = found.node
    count: Expr | None = None
    for one in found.counts:
        count = one if count is None else op("*", count, one)
    named = any(dim.index is not None for dim in node.dims)
    loose = len(node.dims) == 1 and not named and not batched and instance.outer is None
    return Group(
        name=instance.label(node.name),
        members=members,
        count=count,
        permutable=loose and not has_vectors(node),
        place=place,
        body=instance.body,
        rounds=instance.rounds,
    )


def has_vectors(node: ast.NodeStmt) -> bool:
    """Whether something is written for each replica, so that replicas are told apart."""
    models = [clause.value for clause in node.clauses if clause.kind == "on"]
    what = node.what
    args = [arg.value for arg in what.args] if isinstance(what, ast.Call) else []
    return any(isinstance(value, ast.ListExpr) for value in (what, *models, *args))
