"""A program's space made ready to be walked: indices, orders and facts that no decision changes.

Compiled once a program. A *choice's uses* tell how far a decision can reach: a choice that no count,
condition or pick reads can never make a program impossible; an edge's own yes/no and a node's own what
only matter at one place; anything else is checked against the whole instance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tgl.ir import Alternative, ChoicePoint, EdgeTemplate, Expr, GraphTemplate, NodeTemplate, ProgramIR
from tgl.space.domains import Atom, Place
from tgl.space.reads import Reads


@dataclass(frozen=True, slots=True)
class ChoicePlan:
    """A choice with its atoms.

    `uses` counts structural uses (see `Use`); `scope` is the only instance that has any, or None.
    """

    point: ChoicePoint
    atoms: tuple[Atom, ...]
    prior: tuple[float, ...]
    places: Mapping[str, Place]
    structural: bool
    scope: str | None


@dataclass(frozen=True, slots=True)
class AltPlan:
    """One alternative of a node.

    `wires`: argument expressions of ports that reach something; `reads`: the nodes they read;
    `needs`: required ports; `single`: ports that take one message; `leaves`: static parts of the wires;
    `sizing`: the choices that what it is asked, or may say, hangs on.
    """

    template: Alternative
    wires: Mapping[str, Expr]
    reads: Reads
    needs: tuple[str, ...]
    single: frozenset[str]
    leaves: tuple[Expr, ...]
    fields: tuple[Expr, ...]
    sizing: tuple[str, ...]
    inner: GraphPlan | None


@dataclass(frozen=True, slots=True)
class EdgePlan:
    """One edge. `source` is a node index, or None for an input; `ports` by alternative key.

    `flip` is the address of its own yes/no, read by nothing else; None if there is no such. `plain`: that
    is all its condition. `closed`: its condition if it would close a circle, None where that is not asked.
    """

    template: EdgeTemplate
    exists: Expr
    closed: Expr | None
    plain: bool
    index: int
    source: int | None
    target: int
    ports: Mapping[str, str]
    flip: str | None
    guard_reads: Reads
    guard_leaves: tuple[Expr, ...]

    @property
    def sources(self) -> tuple[int, ...]:
        """The nodes that its target may wait for while it is on."""
        return self.guard_reads.refs if self.source is None else (self.source, *self.guard_reads.refs)


@dataclass(frozen=True, slots=True)
class NodePlan:
    """One node.

    `early`: its alternatives are wired differently, so that what it is has to be known before its edges.
    `own_pick`: the address of a what that nothing else reads. `on` includes what it inherits.
    """

    template: NodeTemplate
    index: int
    exists: Expr
    alternatives: Mapping[str, AltPlan]
    guard_reads: Reads
    guard_leaves: tuple[Expr, ...]
    on: Expr | None
    early: bool
    own_pick: str | None
    reaches: bool


@dataclass(frozen=True, slots=True, eq=False)
class GraphPlan:
    """One graph instance that may exist.

    `into` lists a node's edges; `blocks` are in topological order, and so are the nodes in `order` but for
    those of a block of several, a knot, where decisions about acyclic edges tell; `knotted`: which nodes are
    in one. `deciding`: the choices that what can run in it (nested instances included) depends on; `costing`:
    those, and all that what it costs depends on; None where more than choices tells, the edges of a knot.
    """

    template: GraphTemplate
    nodes: tuple[NodePlan, ...]
    edges: tuple[EdgePlan, ...]
    into: tuple[tuple[EdgePlan, ...], ...]
    order: tuple[int, ...]
    blocks: tuple[tuple[int, ...], ...]
    knotted: frozenset[int]
    index: Mapping[str, int]
    output_reads: Reads
    output_leaves: tuple[Expr, ...]
    used_ports: frozenset[str]
    deciding: tuple[str, ...]
    costing: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Status:
    """Of each node of an instance: whether it surely exists, and whether it may serve as a source."""

    surely: Sequence[bool]
    usable: Sequence[bool]

    def broken(self, node: int) -> bool:
        """Whether a node is there and can't run."""
        return self.surely[node] and not self.usable[node]


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """A program's space.

    `homes`: node id -> instance path. `alone`: `on` choices of a single node. `priced`: all choices that
    decide a model. `sized`: those that decide how often or how long a role is asked, by the kinds of setting
    that read them (`retry`, `temperature`, or `text`). `required`: for each choice the requirements that read
    it, by instance path and position. `remembered`: statuses under few decisions, a memo that changes no
    result.
    """

    ir: ProgramIR
    root: GraphPlan
    graphs: Mapping[str, GraphPlan]
    choices: Mapping[str, ChoicePlan]
    homes: Mapping[str, str]
    alone: frozenset[str]
    priced: frozenset[str]
    sized: Mapping[str, frozenset[str]]
    models: tuple[str, ...]
    required: Mapping[str, tuple[tuple[str, int], ...]]
    remembered: dict[tuple[str, frozenset[str], tuple[tuple[str, int], ...]], Status]

    @property
    def has_requirements(self) -> bool:
        """Whether there is a `require` anywhere."""
        return any(graph.template.requirements for graph in self.graphs.values())

    def node(self, node_id: str) -> NodePlan | None:
        """The plan of a node, by its full id."""
        home = self.homes.get(node_id)
        if home is None:
            return None
        graph = self.graphs[home]
        return graph.nodes[graph.index[node_id]]
