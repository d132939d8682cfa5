"""The nodes, groups and edges that a graph instance is lowered to, as they are found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tgl.ir import (
    MADE,
    VALUE_FN,
    Alternative,
    Const,
    EdgeTemplate,
    Expr,
    Group,
    NodeRef,
    NodeTemplate,
    Op,
    PortSpec,
    TextPlace,
)
from tgl.semantics.fold import ABSENT, op
from tgl.semantics.lowering.rounds import YES
from tgl.semantics.lowering.state import Instance, State
from tgl.syntax import ast


@dataclass(slots=True)
class Collected:
    """What was found of one graph instance; nodes by id."""

    state: State
    nodes: dict[str, NodeTemplate] = field(default_factory=dict[str, NodeTemplate])
    groups: list[Group] = field(default_factory=list[Group])
    edges: list[EdgeTemplate] = field(default_factory=list[EdgeTemplate])

    def value(self, instance: Instance, label: str, value: Expr, exists: Expr, place: TextPlace) -> None:
        """A node that holds the value of an expression."""
        self.add(instance, label, made_by(VALUE_FN, "value", value, place), exists, place)

    def add(
        self,
        instance: Instance,
        label: str,
        alternative: Alternative,
        exists: Expr,
        place: TextPlace,
        index: tuple[int, ...] = (),
    ) -> NodeRef:
        self.state.nodes += 1
        self.state.bound_nodes(0, instance.scope.at(instance.graph.name_span))
        suffix = f"[{','.join(map(str, index))}]" if index else ""
        node = NodeTemplate(
            id=f"{instance.node_id(label)}{suffix}",
            group=instance.label(label),
            index=index,
            exists=exists,
            pick=Const(value=alternative.key),
            alternatives=(alternative,),
            on=None,
            guard=None,
            place=place,
            rounds=instance.rounds,
            site=f"{instance.site}.{label}{suffix}" if instance.address else "",
        )
        self.nodes[node.id] = node
        if not index or index == (1,):
            self.groups.append(
                Group(
                    name=node.group,
                    members=(node.id,),
                    count=None,
                    permutable=False,
                    place=place,
                    body=instance.body,
                    rounds=instance.rounds,
                    made=True,
                )
            )
        else:
            last = self.groups[-1]
            self.groups[-1] = last.model_copy(update={"members": (*last.members, node.id)})
        return NodeRef(id=node.id)


def chosen(condition: Expr, value: Expr, otherwise: Expr) -> Expr:
    """A value if a condition holds, else another."""
    return Op(op="else", args=(Op(op="when", args=(condition, value)), otherwise))


def within(node: NodeTemplate, exists: Expr, guard: Expr) -> NodeTemplate:
    """A node that exists and runs under more conditions."""
    node = node.model_copy(update={"exists": op("and", exists, node.exists)})
    return guarded(node, guard)


def guarded(node: NodeTemplate, guard: Expr) -> NodeTemplate:
    """A node that runs under one more condition."""
    if guard == YES:
        return node
    return node.model_copy(update={"guard": guard if node.guard is None else op("and", guard, node.guard)})


def is_made(node: NodeTemplate) -> bool:
    """Whether lowering made a node, to hold a value."""
    return node.alternatives[0].fn in MADE


def made_by(
    fn: str, port: str, value: Expr, place: TextPlace, fields: Sequence[tuple[str, Expr]] = ()
) -> Alternative:
    """What a made node runs."""
    return Alternative(
        key=fn,
        what=fn,
        kind="fn",
        ports=(PortSpec(name=port, type="any", optional=True),),
        args=() if value == ABSENT else ((port, value),),
        fields=tuple(fields),
        params=tuple(name for name, _ in fields),
        fn=fn,
        place=place,
    )


def place_of(instance: Instance, statement: ast.Stmt) -> TextPlace:
    """Where a statement stands."""
    span = statement.span
    return TextPlace(source=instance.scope.source.name, start=span.start, end=span.end)
