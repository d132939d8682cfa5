"""Which port of a node takes an edge."""

from __future__ import annotations

from collections.abc import Mapping

from tgl.ir import Alternative, Const, Expr, Is, NodeTemplate, Op, PortSpec
from tgl.semantics.errors import graph as facts
from tgl.semantics.errors.at import At
from tgl.semantics.fold import every, op
from tgl.semantics.lowering.state import Instance, State
from tgl.syntax import ast
from tgl.text import frozen


@frozen
class End:
    """One message that an edge starts from or goes to. `given` is what its index asks of the choices."""

    value: Expr
    label: str
    name: str
    port: str | None
    given: Expr
    at: At
    letters: Mapping[str, Expr]


@frozen
class EdgePorts:
    """Finds the ports of edges in an instance."""

    state: State
    instance: Instance

    def ports(self, target: NodeTemplate, start: End, end: End, exists: Expr) -> tuple[tuple[str, str], ...]:
        """The port of each alternative that takes the edge (language.md G4)."""
        found: list[tuple[str, str]] = []
        missing: list[Alternative] = []
        for alternative in target.alternatives:
            port = self.port(alternative, start, end, alone=len(target.alternatives) == 1)
            if port is not None:
                found.append((alternative.key, port))
            elif not excluded(exists, target, alternative):
                missing.append(alternative)
        label = end.label
        if not found and missing:
            if end.port is not None:
                known = [p.name for alternative in target.alternatives for p in alternative.ports]
                raise self.state.problems.abandon(facts.unknown_port(end.at, end.port, label, known))
            raise self.state.problems.abandon(facts.which_port(end.at, missing[0].what, []))
        if missing and not any(part.kind == "choice" for part in every(exists)):
            raise self.state.problems.abandon(facts.cannot_take_edge(end.at, missing[0].what, label))
        return tuple(found)

    def port(self, alternative: Alternative, start: End, end: End, *, alone: bool) -> str | None:
        names = [port.name for port in alternative.ports]
        if end.port is not None:
            if end.port not in names and alone:
                raise self.state.problems.abandon(
                    facts.unknown_port(end.at, end.port, alternative.what, names)
                )
            return end.port if end.port in names else None
        if start.name in names:
            return start.name
        lists = [port.name for port in alternative.ports if port.is_list]
        if len(lists) == 1:
            return lists[0]
        free = [port.name for port in alternative.ports if not self.is_fed(alternative, port)]
        if len(lists) > 1 or len(free) > 1:
            if not alone and not lists:
                return None
            raise self.state.problems.abandon(facts.which_port(end.at, alternative.what, lists or free))
        return free[0] if free else None

    def is_fed(self, alternative: Alternative, port: PortSpec) -> bool:
        return port.name in dict(alternative.args) or isinstance(self.instance.item(port.name), ast.Port)


def excluded(exists: Expr, target: NodeTemplate, alternative: Alternative) -> bool:
    """Whether the edge's own condition rules an alternative out (`if worker[j] is fuser`)."""
    return assume(exists, target.id, alternative) == Const(value=False)


def assume(value: Expr, node: str, run: Alternative) -> Expr:
    """A condition if a node runs an alternative."""
    match value:
        case Is(node=other) if other == node:
            return Const(value=(value.what, value.home) == (run.what, run.home))
        case Op(op=name, args=args):
            return op(name, *(assume(arg, node, run) for arg in args))
        case _:
            return value
