"""The replicas of a declared node, each with its alternatives."""

from __future__ import annotations

from collections.abc import Callable

from tgl.ir import (
    Alternative,
    ChoiceKind,
    ChoiceRef,
    Const,
    Expr,
    Fn,
    GraphTemplate,
    Input,
    Is,
    ListOf,
    ModelName,
    NodeTemplate,
    Op,
    PortSpec,
    TextPlace,
)
from tgl.semantics.bind import is_partial, report_planned
from tgl.semantics.errors import graph as graph_facts
from tgl.semantics.errors import models as model_facts
from tgl.semantics.errors import types as facts
from tgl.semantics.errors.at import At
from tgl.semantics.fold import ABSENT, is_static, op
from tgl.semantics.lowering.alternatives import Use, Written, list_items
from tgl.semantics.lowering.arguments import Bound, bind_arguments, port_value
from tgl.semantics.lowering.evaluate import MOST_NESTED, evaluate, replicas
from tgl.semantics.lowering.roles import NodeSite, possible, role_fields
from tgl.semantics.lowering.state import Env, Given, Instance, Replicas, Site, State
from tgl.semantics.lowering.what import Picked, pick_what
from tgl.semantics.problems import Abandon
from tgl.semantics.roles import OPTIONS, read_fn, read_graph_ports
from tgl.semantics.scope import inner_names
from tgl.semantics.walk import names_in
from tgl.syntax import ast
from tgl.text import frozen

LowerGraph = Callable[[State, Instance, tuple[str, ...]], GraphTemplate]


@frozen
class Maker:
    """Makes the nodes of one graph instance. `stack` holds the graphs around it, for recursion."""

    state: State
    instance: Instance
    stack: tuple[str, ...]
    lower_graph: LowerGraph

    def place(self, at: At) -> TextPlace:
        return TextPlace(source=at.source.name, start=at.span.start, end=at.span.end)

    def group(self, node: ast.NodeStmt) -> tuple[NodeTemplate, ...]:
        """All replicas of a declared node."""
        group = replicas(self.state, self.instance, node.name)
        # Told before they are made.
        self.state.bound_nodes(len(group.indices), self.instance.scope.at(node.name_span))
        return tuple(self.node(group, index) for index in group.indices)

    def node(self, group: Replicas, index: tuple[int, ...]) -> NodeTemplate:
        state, node = self.state, group.node
        state.nodes += 1
        at = self.instance.scope.at(node.name_span)
        names = {
            dim.index: Const(value=k)
            for dim, k in zip(node.dims, index, strict=True)
            if dim.index is not None
        }
        env = Env(self.instance.scope, self.instance, names)
        node_id = self.instance.node_id(group.label(index))
        address = f"{self.instance.site}.{group.label(index)}"
        site = NodeSite(address, index, group.counts, at, label=address)
        picked = self.picked(node, env, site)
        clauses = {clause.kind: clause for clause in node.clauses}
        counted = [op("<=", Const(value=k), count) for k, count in zip(index, group.counts, strict=True)]
        condition = self.condition(
            clauses.get("if"), env, Site(f"{address}.if", ChoiceKind.NODE_IF, node.what)
        )
        never = condition == Const(value=False)  # a replica that is never there needs no model
        on = None if never else self.model(clauses.get("on"), env, site)
        has_model = on is not None or self.instance.has_model or never
        alternatives = tuple(self.alternative(use, env, site, on, has_model) for use in picked.uses)
        return NodeTemplate(
            id=node_id,
            group=self.instance.label(node.name),
            index=index,
            exists=op("and", *counted, condition),
            pick=picked.pick,
            alternatives=alternatives,
            on=on,
            guard=self.guard(clauses.get("when"), env, f"{address}.when"),
            place=self.place(self.instance.scope.at(node.span)),
            rounds=self.instance.rounds,
            site=address if self.instance.address else "",
        )

    def picked(self, node: ast.NodeStmt, env: Env, site: NodeSite) -> Picked:
        """The alternatives of a replica; a written list has one item for each (language.md C18)."""
        written = Written(node.what, env, None)
        items = list_items(self.state, written)
        if items is not None:
            written = items[site.position(self.state, len(items), env.at(node.what))]
        return pick_what(self.state, written, Site(f"{site.id}.what", ChoiceKind.WHAT, written.expr))

    def model(self, clause: ast.Clause | None, env: Env, site: NodeSite) -> Expr | None:
        """The model that a node runs on; a list has one for each replica."""
        if clause is None:
            return None
        state, at = self.state, env.at(clause.value)
        value = evaluate(state, clause.value, env, Site(f"{site.id}.model", ChoiceKind.MODEL, clause.value))
        if isinstance(value, ListOf):
            value = site.vector(state, value.items, at)
        if not is_static(value):
            raise state.problems.abandon(facts.runtime_value(at, "the model"))
        found = possible(state, value)
        known = [value] if isinstance(value, ModelName) else found
        if known is not None and isinstance(value, Op) and op("size", value.args[0]) in site.counts:
            known = [item for item in known if item != ABSENT]  # there are no more replicas than items
        if value == ABSENT or (known is not None and not all(isinstance(item, ModelName) for item in known)):
            raise state.problems.abandon(
                facts.type_mismatch(at, "`on` takes a model", "no model", "write `on MODEL`, or `on ~pool`")
            )
        return value

    def condition(self, clause: ast.Clause | None, env: Env, site: Site) -> Expr:
        """An `if`: decided before the run."""
        if clause is None:
            return Const(value=True)
        site = Site(site.address, site.kind, clause.value)
        return static_condition(
            self.state, evaluate(self.state, clause.value, env, site), env.at(clause.value)
        )

    def guard(self, clause: ast.Clause | None, env: Env, address: str) -> Expr | None:
        """A `when`: decided in the run."""
        if clause is None:
            return None
        site = Site(address, ChoiceKind.GUARD, clause.value)
        value = run_condition(self.state, evaluate(self.state, clause.value, env, site), clause.value, env)
        return None if value == Const(value=True) else value

    def alternative(
        self, use: Use, env: Env, site: NodeSite, on: Expr | None, has_model: bool
    ) -> Alternative:
        match use.decl:
            case ast.Role():
                return self.role(use, use.decl, env, site, has_model)
            case ast.Fn():
                return self.function(use, use.decl, env, site)
            case ast.Graph():
                return self.graph(use, use.decl, env, site, has_model)

    def role(self, use: Use, decl: ast.Role, env: Env, site: NodeSite, has_model: bool) -> Alternative:
        state = self.state
        role = state.role(use.scope, decl)
        if not has_model:
            raise state.problems.abandon(
                model_facts.no_model(site.place, site.id.removeprefix(f"{self.instance.site}."))
            )
        if "prompt" not in role.settings:
            raise Abandon
        bound = bind_arguments(state, decl.name, role.ports, (*OPTIONS, *role.params), use.givens, use.place)
        fields = role_fields(state, role, bound.options, site)
        shots = dict(fields).get("shots")
        if shots is not None and role.shots is None:
            raise state.problems.abandon(facts.missing_shots(use.place, role.name))
        return Alternative(
            key=use.key,
            what=decl.name,
            kind="role",
            ports=role.ports,
            args=self.wires(use, role.ports, bound, env, site),
            fields=fields,
            params=tuple(role.params),
            reader=role.reader,
            shots=role.shots if shots is not None else None,
            on_failure=role.on_failure,
            home=use.scope.source.name,
            place=self.place(use.place),
        )

    def function(self, use: Use, decl: ast.Fn, env: Env, site: NodeSite) -> Alternative:
        state = self.state
        read = read_fn(use.scope, decl, state.problems)
        if read is None:
            raise Abandon
        bound = bind_arguments(state, decl.name, read.ports, read.params, use.givens, use.place)
        fields: list[tuple[str, Expr]] = []
        for name, param in read.params.items():
            given = bound.options.get(name)
            if given is not None:
                fields.append((name, site.argument(state, name, given)))
            elif param.value is not None:
                home = Env(read.scope)
                value = evaluate(
                    state, param.value, home, Site(f"{decl.name}.{name}", ChoiceKind.PARAM, param.value)
                )
                fields.append((name, value))
        return Alternative(
            key=use.key,
            what=decl.name,
            kind="fn",
            ports=read.ports,
            args=self.wires(use, read.ports, bound, env, site),
            fields=tuple(fields),
            params=tuple(read.params),
            fn=state.called(read),
            home=use.scope.source.name,
            place=self.place(use.place),
        )

    def graph(self, use: Use, decl: ast.Graph, env: Env, site: NodeSite, has_model: bool) -> Alternative:
        state = self.state
        ports = read_graph_ports(use.scope, decl, state.problems)
        params = {item.name: item for item in decl.body if isinstance(item, ast.Param)}
        bound = bind_arguments(state, decl.name, ports, params, use.givens, use.place)
        if is_partial(decl):
            for statement in decl.body:
                report_planned(use.scope, statement, state.problems)
            raise Abandon
        key = f"{use.scope.source.name}:{decl.name}"
        if key in self.stack:
            path = [*(name.rpartition(":")[2] for name in self.stack[self.stack.index(key) :]), decl.name]
            raise state.problems.abandon(graph_facts.recursive_graph(use.place, path))
        if len(self.stack) >= MOST_NESTED:
            raise state.too_deep(use.place, decl.name, self.stack)
        for name, param in params.items():
            if param.value is None and name not in bound.options:
                declared = use.scope.at(param.name_span)
                raise state.problems.abandon(facts.missing_argument(use.place, decl.name, name, declared))
        address = f"{site.id}.{use.key}"
        path = address.replace(self.instance.site, self.instance.path, 1)
        nested = Instance(path, decl, use.scope, inner_names(decl), bound.options, has_model)
        nested.address = address if address != path else ""
        template = self.lower_graph(state, nested, (*self.stack, key))
        values = [(name, nested.values.get(name, ABSENT)) for name in bound.options]
        away = [(name, value) for name, value in values if bound.options[name].site is not None]
        template = template.model_copy(update={"given": (*away,), "values": (*values,)})
        return Alternative(
            key=use.key,
            what=decl.name,
            kind="graph",
            ports=ports,
            args=self.wires(use, ports, bound, env, site),
            graph=template,
            home=use.scope.source.name,
            place=self.place(use.place),
        )

    def wires(
        self, use: Use, ports: tuple[PortSpec, ...], bound: Bound, env: Env, site: NodeSite
    ) -> tuple[tuple[str, Expr], ...]:
        """What the arguments put into the ports."""
        wired: list[tuple[str, Expr]] = []
        for port in ports:
            givens = bound.ports.get(port.name, ())
            if not givens:
                continue
            values = [self.wire(given, f"{site.id}.{port.name}") for given in givens]
            if all(value == ABSENT for value in values):
                continue
            wired.append(
                (
                    port.name,
                    port_value(self.state, use.decl.name, port, values, givens[0].env.at(givens[0].arg)),
                )
            )
        return tuple(wired)

    def wire(self, given: Given, address: str) -> Expr:
        site = given.site or Site(address, ChoiceKind.OPTION, given.arg.value)
        value = evaluate(self.state, given.arg.value, given.env, site)
        if isinstance(value, (ModelName,)) or value.kind == "what":
            at = given.env.at(given.arg.value)
            hint = "write it as a node of its own, and pass the node" if value.kind == "what" else None
            raise self.state.problems.abandon(
                facts.type_mismatch(at, "a port takes a message or a value", "none of these", hint)
            )
        return passing(self.state, given.arg, value, given.env, site)


def static_condition(state: State, value: Expr, at: At) -> Expr:
    """A condition that is known before the run."""
    if not is_static(value):
        raise state.problems.abandon(facts.wrong_time(at, "if", "when"))
    if value == ABSENT:
        return Const(value=False)
    if not is_condition(state, value):
        raise state.problems.abandon(facts.type_mismatch(at, "`if` takes a condition", "no yes or no"))
    return value


def run_condition(state: State, value: Expr, written: ast.Expr, env: Env) -> Expr:
    """A condition of which the run decides at least a part."""
    at = env.at(written)
    if is_static(value) and not reads_run(state, written, env):
        raise state.problems.abandon(facts.wrong_time(at, "when", "if"))
    odd = value.kind in ("const", "list", "model", "what") and value != ABSENT
    if odd and not is_condition(state, value):
        raise state.problems.abandon(facts.type_mismatch(at, "`when` takes a condition", "no yes or no"))
    return value


def reads_run(state: State, written: ast.Expr, env: Env) -> bool:
    """Whether a guard names a message, an input or a function, though it may be folded away for this replica.

    A function counts for resolved texts: `when ~[true, false] and agreement(f) < 0.9` may come to read
    `when false and agreement([]) < 0.9`, where no `f` is left.
    """
    instance = env.instance
    if instance is None:
        return False
    read = (ast.Port, ast.NodeStmt, ast.Let, ast.Carry, ast.Each, ast.Loop)
    names = {name.id for name in names_in(written)}
    bound = (env.scope.names.get(name) for name in names)
    return any(isinstance(instance.item(name), read) for name in names) or any(
        binding is not None and isinstance(binding.decl, ast.Fn) for binding in bound
    )


def passing(state: State, arg: ast.Arg, value: Expr, env: Env, site: Site) -> Expr:
    """The value of an argument, absent unless its `when` holds."""
    if arg.when is None:
        return value
    guard = Site(f"{site.address}.when", ChoiceKind.GUARD, arg.when)
    condition = run_condition(state, evaluate(state, arg.when, env, guard), arg.when, env)
    if isinstance(value, ListOf):
        return ListOf(items=tuple(Op(op="when", args=(condition, item)) for item in value.items))
    return Op(op="when", args=(condition, value))


def is_condition(state: State, value: Expr) -> bool:
    """Whether a value is a yes or a no."""
    match value:
        case Const(value=inner):
            return isinstance(inner, bool)
        case ChoiceRef():
            return all(
                isinstance(v, Const) and isinstance(v.value, bool) for v in possible(state, value) or ()
            )
        case Op(op=name):
            return name in ("and", "or", "not", "<", "<=", ">", ">=", "==", "!=", "in", "at", "acyclic")
        case Is() | Fn():
            return True
        case Input():
            return True
        case _:
            return False
