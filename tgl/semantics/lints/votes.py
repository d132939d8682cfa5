"""Votes that decide less than they cost (W0502, W0504), and votes without a key (W0801).

Of answers that are equally frequent the earliest counts (`std.reduce`). So the second of two votes changes
nothing, and where only two answers are possible the last of 2 m equally good votes neither: a tie m to m goes
to the first vote, which is right as often as not, and that is what the first 2 m - 1 votes come to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tgl.ir import (
    Alternative,
    Const,
    EdgeTemplate,
    Expr,
    Fn,
    GraphTemplate,
    Group,
    ListOf,
    NodeRef,
    NodeTemplate,
    TaskSpec,
)
from tgl.semantics.errors import lints as facts
from tgl.semantics.errors.at import At
from tgl.semantics.lints.places import YES, Spot, declaration, name_at, node_expressions, text_at
from tgl.semantics.lowering.roles import possible
from tgl.semantics.lowering.state import State
from tgl.text import frozen

VOTE = "std.reduce:majority"
COMPARING = frozenset({VOTE, "std.signals:agreement", "std.signals:lead"})
"""Functions that ask which answers are the same."""
ONE_OF = frozenset({VOTE, "std.reduce:first", "std.reduce:last", "std.reduce:best"})
"""Functions whose result is one of their messages."""
FEW = 8
"""Most votes of an even number that are told: a tie is rare among more answers than two, and rarer with more
votes. Published votes of 10, 20 or 40 are no mistake. Of an imported template only two are: its number may be
there for more than the vote, as the members of `recursive_self_aggregation` are."""


@frozen
class Vote:
    """A vote, where it is held, and the nodes that vote."""

    spot: Spot
    voters: tuple[NodeTemplate, ...]


def incoming(graph: GraphTemplate) -> Mapping[str, list[EdgeTemplate]]:
    """The edges into each node."""
    found: dict[str, list[EdgeTemplate]] = {}
    for edge in graph.edges:
        found.setdefault(edge.target, []).append(edge)
    return found


def greedy(state: State, found: Sequence[Spot]) -> frozenset[str]:
    """Report replicas of one role at temperature 0 that see the same; the ids of all of them.

    Their replies are one response, whatever is done with them.
    """
    graphs: dict[str, tuple[GraphTemplate, dict[str, Spot]]] = {}
    for spot in found:
        graphs.setdefault(spot.graph.path, (spot.graph, {}))[1][spot.node.id] = spot
    same: set[str] = set()
    for graph, here in graphs.values():
        groups = [group for group in graph.groups if len(group.members) > 1 and not group.made]
        edges = incoming(graph)
        for group in groups:
            if is_greedy(state, [here[name].node for name in group.members], edges):
                same.update(group.members)
                spot = here[group.members[0]]
                where = name_at(state, spot.met)
                state.problems.add(facts.greedy_replicas(where, shown_group(group)))
    return frozenset(same)


def shown_group(group: Group) -> str:
    """The name of a group as it is declared."""
    return ".".join((*group.body, group.local))


def is_greedy(state: State, nodes: Sequence[NodeTemplate], edges: Mapping[str, list[EdgeTemplate]]) -> bool:
    """Whether nodes are asked the same at temperature 0."""
    if any(edges.get(node.id) or node.guard is not None for node in nodes):
        return False
    first = nodes[0].alternatives
    if len(first) != 1 or first[0].kind != "role":
        return False
    if any(
        len(node.alternatives) != 1
        or node.alternatives[0].kind != "role"
        or (node.alternatives[0].args, node.alternatives[0].fields, node.on)
        != (first[0].args, first[0].fields, nodes[0].on)
        for node in nodes
    ):
        return False
    heat = dict(first[0].fields).get("temperature")
    return heat is not None and possible(state, heat) in ([Const(value=0)], [Const(value=0.0)])


def votes(found: Sequence[Spot]) -> Iterator[Vote]:
    """The votes of which it is sure before the run who votes."""
    edges: dict[str, Mapping[str, list[EdgeTemplate]]] = {}
    nodes: dict[str, Mapping[str, NodeTemplate]] = {}
    for spot in found:
        path = spot.graph.path
        held: list[tuple[Expr, ...]] = []
        for alternative in spot.node.alternatives:
            if alternative.fn == VOTE:
                if path not in edges:
                    edges[path] = incoming(spot.graph)
                into = edges[path].get(spot.node.id, [])
                if all(edge.exists == YES and edge.guard is None for edge in into):
                    held.append((*(value for _, value in alternative.args), *(edge.source for edge in into)))
        held += [
            value.args for value in node_expressions(spot.node) if isinstance(value, Fn) and value.fn == VOTE
        ]
        for drafts in held:
            if path not in nodes:
                nodes[path] = {node.id: node for node in spot.graph.nodes}
            voters = voters_of(ListOf(items=drafts), nodes[path])
            if voters is not None:
                yield Vote(spot, voters)


def voters_of(drafts: Expr, nodes: Mapping[str, NodeTemplate]) -> tuple[NodeTemplate, ...] | None:
    """The nodes whose messages a list holds in every program and every run; None if that is not sure."""
    match drafts:
        case ListOf(items=items):
            found = [voters_of(item, nodes) for item in items]
            known = [part for part in found if part is not None]
            return tuple(node for part in known for node in part) if len(known) == len(found) else None
        case NodeRef(id=name):
            node = nodes[name]
            sure = node.exists == YES and node.guard is None and all(map(is_one, node.alternatives))
            return (node,) if sure else None
        case _:
            return None


def is_one(alternative: Alternative) -> bool:
    """Whether an alternative says one thing, not a list."""
    if alternative.kind == "role":
        return True
    if alternative.graph is not None:
        inner = alternative.graph
        if not isinstance(inner.output, NodeRef):
            return False
        last = next(node for node in inner.nodes if node.id == inner.output.id)
        return last.guard is None and all(map(is_one, last.alternatives))
    return alternative.fn in ONE_OF


def even_votes(state: State, found: Sequence[Spot], same: frozenset[str], task: TaskSpec | None) -> None:
    """Report votes of an even number.

    Args:
        state: of the lowering.
        found: the nodes of the program.
        same: nodes that were reported to say the same.
        task: whose answers are counted, if that is known.
    """
    two = task is not None and task.key.kind == "choice" and len(task.key.options) == 2
    for vote in votes(found):
        count = len(vote.voters)
        if count == 0 or count % 2 or any(node.id in same for node in vote.voters):
            continue
        own = vote.spot.met == vote.spot.node.place
        if count > (FEW if own else 2) and not two:
            continue
        state.problems.add(facts.even_votes(*vote_place(state, vote), count, two_answers=two))


def vote_place(state: State, vote: Vote) -> tuple[At, At | None]:
    """Where the number of votes is written, and where they are counted if that is another place."""
    held = name_at(state, vote.spot.met)
    declared = list(dict.fromkeys(node.place for node in vote.voters))
    if vote.spot.met != vote.spot.node.place or len(declared) > 1:
        return held, None
    item = declaration(state, declared[0])
    if item is None:
        return held, None
    return At(held.source, item.dims[0].count.span if len(item.dims) == 1 else item.name_span), held


def without_key(state: State, found: Sequence[Spot], at: At, task: TaskSpec) -> None:
    """Report a task that does not say when two answers are the same, if something in a graph has to know.

    Args:
        state: of the lowering.
        found: the nodes of the program.
        at: where the task is named.
        task: it, without a `key`.
    """
    for spot in found:
        called = [alternative.fn for alternative in spot.node.alternatives]
        called += [value.fn for value in node_expressions(spot.node) if isinstance(value, Fn)]
        compares = next((name for name in called if name in COMPARING), None)
        if compares is not None:
            where = text_at(state, spot.met)
            state.problems.add(facts.vote_without_key(at, task.name, compares.partition(":")[2], where))
            return
