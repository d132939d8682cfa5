"""Edge statements: every edge that may exist, with the port that takes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from tgl.ir import (
    ChoiceKind,
    Const,
    EdgeTemplate,
    Expr,
    Input,
    NodeRef,
    NodeTemplate,
    TextPlace,
)
from tgl.semantics.errors import graph as facts
from tgl.semantics.errors import names as name_facts
from tgl.semantics.errors import types as type_facts
from tgl.semantics.errors.at import At
from tgl.semantics.fold import closing, is_static, op
from tgl.semantics.lowering.edge_ports import EdgePorts, End
from tgl.semantics.lowering.evaluate import MOST_EDGES, evaluate, replicas
from tgl.semantics.lowering.indices import positions
from tgl.semantics.lowering.nodes import run_condition, static_condition
from tgl.semantics.lowering.state import Env, Instance, Site, State
from tgl.semantics.problems import Abandon
from tgl.semantics.scope import BUILT_IN, VALUES, kind_of
from tgl.semantics.walk import names_in
from tgl.syntax import ast

MOST_IN_ALL = 300_000
"""Edges of a graph: two for each node of a long chain."""


class Make(Protocol):
    """Makes the nodes that stand for members of what a loop carries; see `Body.members`."""

    def __call__(self, instance: Instance, name: str, value: Expr, at: At) -> list[tuple[str, Expr, int]]:
        """Label, node and index (0: not a list) of each message that a name of a round holds."""
        ...


@dataclass(slots=True)
class Edges:
    """Collects the edges of one graph instance, or of one round in it."""

    state: State
    instance: Instance
    nodes: Mapping[str, NodeTemplate]
    found: list[EdgeTemplate]
    make: Make
    used: dict[str, tuple[ast.Edge, int]]
    before: int = 0
    sure: dict[tuple[str, str, tuple[tuple[str, str], ...]], ast.Edge] = field(
        default_factory=dict[tuple[str, str, tuple[tuple[str, str], ...]], ast.Edge]
    )

    def statement(self, edge: ast.Edge) -> None:
        """The edges of a statement: every pair of its ends, link by link."""
        letters = self.letters(edge)
        self.before = len(self.found)
        for source, target in zip(edge.ends, edge.ends[1:], strict=False):
            for start in self.ends(source, {}, letters, fresh="source"):
                for end in self.ends(target, start.letters, letters, fresh="target"):
                    self.edge(edge, start, end)

    def letters(self, edge: ast.Edge) -> frozenset[str]:
        """The index variables that the statement binds."""
        found: set[str] = set()
        for end in edge.ends:
            for name in names_in(end):
                free = self.instance.find(name.id) is None and name.id not in self.instance.scope.names
                if len(name.id) == 1 and free:
                    found.add(name.id)
        return frozenset(found)

    def ends(
        self, expr: ast.Expr, bound: Mapping[str, Expr], letters: frozenset[str], *, fresh: str
    ) -> list[End]:
        """The messages that an end names, with the index variables that each binds."""
        env = Env(self.instance.scope, self.instance, bound)
        at = env.at(expr)
        match expr:
            case ast.ListExpr(items=items):
                return [end for item in items for end in self.ends(item, bound, letters, fresh=fresh)]
            case ast.Member(base=ast.Name(id=name)) if fresh == "source" and isinstance(
                self.instance.item(name), (ast.Loop, ast.Each)
            ):
                value = evaluate(
                    self.state, expr, env, Site(f"{self.instance.site}.{name}", ChoiceKind.EDGE_IF, expr)
                )
                return self.held(f"{name}.{expr.name}", value, at, bound, self.instance)
            case ast.Member(base=base, name=port):
                if fresh == "source":
                    raise self.state.problems.abandon(facts.not_an_end(at, "a field of a message"))
                return [
                    End(e.value, e.label, e.name, port, e.given, at, e.letters)
                    for e in self.ends(base, bound, letters, fresh=fresh)
                ]
            case ast.Name(id=name):
                return self.named(name, at, bound, fresh)
            case ast.Index(base=ast.Name(id=name), args=args) if isinstance(
                self.instance.item(name), ast.NodeStmt
            ):
                return self.indexed(name, args, at, bound, letters)
            case ast.Index(base=ast.Name(id=name), args=args) if fresh == "source" and self.is_held(name):
                return self.held_items(name, args, at, bound, letters)
            case _:
                raise self.state.problems.abandon(facts.not_an_end(at, "no node and no input"))

    def is_held(self, name: str) -> bool:
        """Whether a name is what a round of a loop or map is given."""
        found = self.instance.find(name)
        return found is not None and name in found[0].bound

    def held(self, name: str, value: Expr, at: At, bound: Mapping[str, Expr], owner: Instance) -> list[End]:
        """The messages that a loop or map holds under a name."""
        return [
            End(node, label, name, None, Const(value=True), at, bound)
            for label, node, _ in self.make(owner, name, value, at)
        ]

    def held_items(
        self, name: str, args: tuple[ast.Arg, ...], at: At, bound: Mapping[str, Expr], letters: frozenset[str]
    ) -> list[End]:
        """`views[j]`: members of a list that a loop carries."""
        found = self.instance.find(name)
        assert found is not None
        members = self.make(found[0], name, found[0].bound[name], at)
        if len(args) != 1 or any(index == 0 for _, _, index in members):
            raise self.state.problems.abandon(facts.not_an_end(at, "no list whose length is known"))
        ends: list[End] = []
        for label, node, index in members:
            now = dict(bound)
            given = self.at_index(args[0], index, now, letters, (len(members),), name)
            if given != Const(value=False):
                ends.append(End(node, label, name, None, given, at, now))
        return ends

    def named(self, name: str, at: At, bound: Mapping[str, Expr], fresh: str) -> list[End]:
        found = self.instance.find(name)
        owner, item = (self.instance, None) if found is None else found
        yes = Const(value=True)
        if fresh == "source" and name in owner.bound:
            return self.held(name, owner.bound[name], at, bound, owner)
        match item:
            case ast.NodeStmt():
                group = replicas(self.state, owner, name)
                return [
                    End(
                        NodeRef(id=owner.node_id(group.label(i))),
                        group.label(i),
                        name,
                        None,
                        yes,
                        at,
                        bound,
                    )
                    for i in group.indices
                ]
            case ast.Port() if fresh == "source":
                return [End(Input(instance=owner.path, port=name), name, name, None, yes, at, bound)]
            case ast.Each() if fresh == "source":
                value = evaluate(
                    self.state,
                    ast.Name(name, span=at.span),
                    Env(self.instance.scope, self.instance),
                    Site(self.instance.site, ChoiceKind.EDGE_IF, ast.Name(name)),
                )
                return self.held(name, value, at, bound, owner)
            case None:
                binding = self.instance.scope.names.get(name)
                if binding is None and len(name) == 1 and name not in self.instance.scope.broken:
                    self.state.problems.add(name_facts.unbound_index(at, name))
                if name in BUILT_IN and (binding is None or binding.decl is None):
                    what = "a yes or no" if name in VALUES else "a built-in function"
                    raise self.state.problems.abandon(facts.not_an_end(at, what))
                if binding is None or binding.decl is None:
                    raise Abandon
                raise self.state.problems.abandon(facts.not_an_end(at, kind_of(binding.decl)))
            case _:
                what = "an input of the graph" if isinstance(item, ast.Port) else "a value"
                raise self.state.problems.abandon(facts.not_an_end(at, what))

    def indexed(
        self, name: str, args: tuple[ast.Arg, ...], at: At, bound: Mapping[str, Expr], letters: frozenset[str]
    ) -> list[End]:
        """`worker[i]`, `worker[1..2]`, `p[l + 1, j]`, `p[layers, i]`."""
        declared = self.instance.find(name)
        assert declared is not None
        owner = declared[0]
        group = replicas(self.state, owner, name)
        if len(args) > len(group.most):
            raise self.state.problems.abandon(facts.needs_index(at, name, len(group.most)))
        found: list[End] = []
        for index in self.named_indices(args, group.indices, group.most, bound, letters, name):
            now = dict(bound)
            conditions: list[Expr] = []
            for arg, k in zip(args, index, strict=False):
                condition = self.at_index(arg, k, now, letters, group.most, name)
                conditions.append(condition)
                if condition == Const(value=False):
                    break
            given = op("and", *conditions)
            if given != Const(value=False):
                label = group.label(index)
                found.append(End(NodeRef(id=owner.node_id(label)), label, name, None, given, at, now))
        return found

    def named_indices(
        self,
        args: tuple[ast.Arg, ...],
        indices: Sequence[tuple[int, ...]],
        most: tuple[int, ...],
        bound: Mapping[str, Expr],
        letters: frozenset[str],
        name: str,
    ) -> Sequence[tuple[int, ...]]:
        """The indices that may be meant: `worker[i + 1]` names one, so a chain takes linear time.

        Each position whose value is known by now leaves only the indices that have it there.
        """
        fixed: dict[int, frozenset[int]] = {}
        for position, arg in enumerate(args):
            value = arg.value
            if any(n.id in letters and n.id not in bound for n in names_in(value)):
                continue
            # Mistakes in it are told for the first index as for any other.
            self.at_index(arg, 1, dict(bound), letters, most, name)
            site = Site(f"{self.instance.site}.{name}", ChoiceKind.EDGE_IF, value)
            found = positions(
                evaluate(self.state, value, Env(self.instance.scope, self.instance, dict(bound)), site)
            )
            if found is not None:
                fixed[position] = frozenset(found)
        if not fixed:
            return indices
        if len(most) == 1:
            return [(k,) for k in sorted(fixed[0]) if 1 <= k <= len(indices)]
        return [index for index in indices if all(index[at] in found for at, found in fixed.items())]

    def at_index(
        self,
        arg: ast.Arg,
        k: int,
        now: dict[str, Expr],
        letters: frozenset[str],
        most: tuple[int, ...],
        name: str,
    ) -> Expr:
        """Whether an index names position `k`; a free letter is bound to it."""
        if isinstance(arg.value, ast.Name) and arg.value.id in letters and arg.value.id not in now:
            now[arg.value.id] = Const(value=k)
            return Const(value=True)
        env = Env(self.instance.scope, self.instance, now)
        for letter in names_in(arg.value):
            if letter.id in letters and letter.id not in now:
                raise self.state.problems.abandon(
                    facts.not_an_end(
                        env.at(arg.value), f"an index of `{letter.id}` that nothing has bound before it"
                    )
                )
        value = evaluate(
            self.state, arg.value, env, Site(f"{self.instance.site}.{name}", ChoiceKind.EDGE_IF, arg.value)
        )
        if not is_static(value):
            raise self.state.problems.abandon(type_facts.runtime_value(env.at(arg.value), "an index"))
        literal = [arg.value] if isinstance(arg.value, ast.Number) else []
        if isinstance(arg.value, ast.Range):
            literal = [side for side in (arg.value.low, arg.value.high) if isinstance(side, ast.Number)]
        for written in literal:
            if isinstance(written.value, int) and not 1 <= written.value <= max(most):
                raise self.state.problems.abandon(
                    facts.index_range(env.at(written), written.value, name, max(most))
                )
        fixed = positions(value)
        if fixed is not None:
            return Const(value=k in fixed)
        return op("==", value, Const(value=k))

    def edge(self, edge: ast.Edge, start: End, end: End) -> None:
        """One edge, unless its static condition rules it out."""
        state, scope = self.state, self.instance.scope
        if len(self.found) - self.before >= MOST_EDGES:  # a mistake, before it takes long
            raise state.problems.abandon(
                facts.too_large(scope.at(edge.span), MOST_EDGES, "edges of one statement")
            )
        if len(self.found) >= MOST_IN_ALL:
            raise state.problems.abandon(facts.too_large(scope.at(edge.span), MOST_IN_ALL, "edges"))
        env = Env(scope, self.instance, end.letters)
        suffix = "" if end.port is None else f".{end.port}"
        address = self.address(edge, f"{self.instance.site}.{start.label}->{end.label}{suffix}")
        clauses = {clause.kind: clause for clause in edge.clauses}
        exists = op("and", start.given, end.given)
        if "if" in clauses:
            written = clauses["if"].value
            asking = replace(env, of_edge=True)
            value = evaluate(state, written, asking, Site(address, ChoiceKind.EDGE_IF, written))
            exists = op("and", exists, static_condition(state, value, env.at(written)))
            if start.value == end.value:
                exists = closing(exists)
        if exists == Const(value=False):
            return
        guard: Expr | None = None
        if "when" in clauses:
            written = clauses["when"].value
            value = evaluate(state, written, env, Site(f"{address}.when", ChoiceKind.GUARD, written))
            decided = run_condition(state, value, written, env)
            guard = None if decided == Const(value=True) else decided
        if not isinstance(end.value, NodeRef) or end.value.id not in self.nodes:
            raise Abandon
        target = self.nodes[end.value.id]
        ports = EdgePorts(state, self.instance).ports(target, start, end, exists)
        if not ports:
            return
        place = TextPlace(source=scope.source.name, start=edge.span.start, end=edge.span.end)
        template = EdgeTemplate(
            source=start.value, target=target.id, ports=ports, exists=exists, guard=guard, place=place
        )
        self.repeated(template, edge, start, end)
        self.found.append(template)

    def address(self, edge: ast.Edge, address: str) -> str:
        """The address of the edge's choice, numbered if another statement draws the same pair."""
        first, number = self.used.get(address, (edge, 1))
        if first is not edge:
            number += 1
        self.used[address] = (edge, number)
        return address if number == 1 else f"{address}#{number}"

    def repeated(self, template: EdgeTemplate, edge: ast.Edge, start: End, end: End) -> None:
        """Warn of an edge that is always there, and drawn a second time (language.md G9)."""
        if template.exists != Const(value=True) or template.guard is not None:
            return
        key = (start.label, template.target, template.ports)
        first = self.sure.setdefault(key, edge)
        if first is not edge:
            scope = self.instance.scope
            drawn = f"`{start.label} -> {end.label}`"
            self.state.problems.add(facts.same_edge(scope.at(edge.span), drawn, scope.at(first.span)))
