"""What the live nodes of an instance run."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from tgl.ir import Alternative, NodeTemplate
from tgl.space import InstanceResolution


def is_graph(alternative: Alternative, names: Collection[str]) -> bool:
    """Whether an alternative is a graph of one of some names."""
    return alternative.kind == "graph" and alternative.what in names


def picked(template: NodeTemplate, key: str) -> Alternative:
    """The alternative of a node with a key."""
    return next(alternative for alternative in template.alternatives if alternative.key == key)


def live_alternatives(instance: InstanceResolution) -> Iterator[Alternative]:
    """What the live nodes of an instance run."""
    for node in instance.graph.nodes:
        if node.id in instance.picks:
            yield next(a for a in node.alternatives if a.key == instance.picks[node.id])


def instances_below(
    instance: InstanceResolution, all_: Mapping[str, InstanceResolution]
) -> list[tuple[NodeTemplate, Alternative, InstanceResolution]]:
    """The instances that live nodes of an instance run, in the order of the resolved text."""
    nodes = {node.id: node for node in instance.graph.nodes}
    found: list[tuple[NodeTemplate, Alternative, InstanceResolution]] = []
    for group in instance.graph.groups:
        for member in instance.order.get(group.name, ()):
            if not instance.live.get(member):
                continue
            alternative = picked(nodes[member], instance.picks[member])
            if alternative.graph is not None:
                found.append((nodes[member], alternative, all_[alternative.graph.path]))
    return found
