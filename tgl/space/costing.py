"""Which choices what a program costs hangs on, beside those that decide its structure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tgl.ir import Alternative, Const, Domain, GraphTemplate, Options
from tgl.space.domains import atoms
from tgl.space.plan import NodePlan
from tgl.space.reach import Reach

ASKING = frozenset({"prompt", "system", "max_tokens", "shots", "retry", "temperature"})
"""Settings, beside params, that decide how often and for how long a role is asked."""


@dataclass(slots=True)
class Costs:
    """Collects them while a space is compiled; `sized`: the kinds of setting that read each."""

    reach: Reach
    sized: dict[str, set[str]] = field(default_factory=lambda: dict[str, set[str]]())

    def kinds(self) -> Mapping[str, frozenset[str]]:
        """`Space.sized`."""
        return {address: frozenset(kinds) for address, kinds in self.sized.items()}

    def graph(
        self, graph: GraphTemplate, nodes: Iterable[NodePlan], deciding: tuple[str, ...], *, knotted: bool
    ) -> tuple[str, ...] | None:
        """All choices that what an instance costs hangs on, None if more than choices tells."""
        found = dict.fromkeys(deciding)
        known = not knotted
        for node in nodes:
            found |= dict.fromkeys(self.reach.addresses(node.on))
            found |= dict.fromkeys(self.reach.addresses(node.template.guard))
            for alt in node.alternatives.values():
                inside = alt.sizing if alt.inner is None else alt.inner.costing
                known = known and inside is not None
                found |= dict.fromkeys(inside or ())
        for expr in (graph.output, *(edge.guard for edge in graph.edges)):
            found |= dict.fromkeys(self.reach.addresses(expr))
        for address in self.reach.addresses(graph.output):
            self.sized.setdefault(address, set()).add("text")
        return tuple(found) if known else None

    def alternative(self, alternative: Alternative) -> tuple[str, ...]:
        """The choices that decide what a role is asked, and how often; what a function makes."""
        if alternative.graph is not None:
            return ()
        fields = {name: value for name, value in alternative.fields if not isinstance(value, Const)}
        if alternative.kind == "role":
            kept = ASKING | set(alternative.params)
            if dict(alternative.fields).get("retry", Const(value=0)) == Const(value=0):
                kept -= {"temperature"}  # only whether there is another ask hangs on it
            fields = {name: value for name, value in fields.items() if name in kept}
        found: dict[str, None] = {}
        for name, value in fields.items():
            for address in self.reach.addresses(value):
                found[address] = None
                domain = self.reach.points[address].domain
                kind = name if name in ("retry", "temperature") else "text"
                if kind != "temperature" or isinstance(domain, Options) or has_zero(domain):
                    self.sized.setdefault(address, set()).add(kind)
        return tuple(found)


def has_zero(domain: Domain) -> bool:
    """Whether 0 is among the values of a domain."""
    return any(value == 0 for atom in atoms(domain) for value in atom.values)
