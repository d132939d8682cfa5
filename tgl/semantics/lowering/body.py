"""The statements of a graph, loops and maps unrolled: all nodes that may exist, and the edges between them.

A loop becomes its rounds, one after the other, in the guarded graph (language.md L1 to L5). What it carries
is a node for each round, whose value is chosen by whether the loop went on; `until` and patience are a node
for each round, which guards the rest of that round and all later ones. A map becomes its items (L6), a
batched node has a node behind each batch that tells whether enough were drawn (L7). Nothing later knows
loops.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tgl.ir import (
    MADE,
    TAKE_FN,
    VALUE_FN,
    Alternative,
    ChoiceKind,
    ChoiceRef,
    Const,
    EdgeTemplate,
    Expr,
    Fn,
    Group,
    ListOf,
    NodeRef,
    NodeTemplate,
    Op,
    PortSpec,
    TextPlace,
)
from tgl.semantics.errors import choices as choice_facts
from tgl.semantics.errors import graph as graph_facts
from tgl.semantics.errors import types as facts
from tgl.semantics.errors.at import At
from tgl.semantics.fold import ABSENT, is_static, op
from tgl.semantics.lowering.bounds import interval
from tgl.semantics.lowering.checks import refs
from tgl.semantics.lowering.edges import Edges
from tgl.semantics.lowering.evaluate import MOST_NODES, evaluate, replicas
from tgl.semantics.lowering.nodes import LowerGraph, Maker, run_condition
from tgl.semantics.lowering.roles import possible
from tgl.semantics.lowering.rounds import BEST, GOES_ON, MISSES, YES, goes_on, kept, name_by_number, rounds_of
from tgl.semantics.lowering.state import Env, Instance, Replicas, Rounds, Site, State
from tgl.semantics.problems import Abandon
from tgl.syntax import ast
from tgl.text import frozen

NO = Const(value=False)
MOST_BATCH = 64


@frozen
class Round:
    """One round with the nodes in it. `first` are the nodes that are run before it is known to go on."""

    rounds: Rounds
    number: int
    nodes: tuple[str, ...]
    first: tuple[Expr, ...] = ()


@dataclass(slots=True)
class Body:
    """Collects the nodes, groups and edges of one graph instance. `whole`: nothing was wrong so far."""

    state: State
    stack: tuple[str, ...]
    lower_graph: LowerGraph
    nodes: dict[str, NodeTemplate] = field(default_factory=dict[str, NodeTemplate])
    groups: list[Group] = field(default_factory=list[Group])
    edges: list[EdgeTemplate] = field(default_factory=list[EdgeTemplate])
    rooms: list[tuple[Instance, tuple[ast.Stmt, ...]]] = field(
        default_factory=list[tuple[Instance, tuple[ast.Stmt, ...]]]
    )
    rounds: list[Round] = field(default_factory=list[Round])
    held: dict[tuple[str, str], list[tuple[str, Expr, int]]] = field(
        default_factory=dict[tuple[str, str], list[tuple[str, Expr, int]]]
    )
    whole: bool = True

    # ---------------------------------------------------------------- statements

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
        match statement:
            case ast.NodeStmt() if instance.names.get(statement.name) is statement:
                self.node(instance, statement)
            case ast.Loop() if instance.names.get(statement.name) is statement:
                self.loop(rounds_of(self.state, instance, statement, evaluate), statement)
            case ast.Each() if instance.names.get(statement.name) is statement:
                self.each(rounds_of(self.state, instance, statement, evaluate), statement)
            case ast.Param() | ast.Output() | ast.Require() | ast.Memory() if instance.outer is not None:
                at = instance.scope.at(statement.span)
                raise self.state.problems.abandon(
                    graph_facts.not_in_a_body(at, type(statement).__name__.lower())
                )
            case _:
                pass

    def node(self, instance: Instance, node: ast.NodeStmt) -> None:
        """A declared node with its replicas."""
        maker = Maker(self.state, instance, self.stack, self.lower_graph)
        made = {template.id: template for template in maker.group(node)}
        group = replicas(self.state, instance, node.name)
        batch = next((clause for clause in node.clauses if clause.kind == "batch"), None)
        if batch is not None:
            made = self.batched(instance, node, group, batch, made)
        self.nodes |= made
        self.groups.append(
            group_of(instance, group, tuple(made), place_of(instance, node), batched=batch is not None)
        )

    # ---------------------------------------------------------------- loops

    def loop(self, rounds: Rounds, loop: ast.Loop) -> None:
        """The rounds of a loop, with what decides whether each goes on and what it carries."""
        state, place = self.state, place_of(rounds.owner, loop)
        patience = self.patience(rounds)
        for number, body in enumerate(rounds.bodies, 1):
            before = set(self.nodes)
            self.statements(body, loop.body)
            env = Env(body.scope, body)
            entered = goes_on(rounds, number - 1)
            tests = [self.tested(rounds, until.value, env) for until in rounds.untils]
            first = [*tests]
            if rounds.keeps is not None:
                score = self.score(rounds, rounds.keeps, env)
                first.append(score)
                self.best(rounds, number, score, entered, place, patience)
            stops: list[Expr] = [Op(op="holds", args=(test,)) for test in tests]
            if patience is not None:
                misses = NodeRef(id=body.node_id(MISSES))
                stops.append(op(">=", misses, patience))
            if rounds.may_end:
                self.value(
                    body, GOES_ON, op("and", entered, *(op("not", stop) for stop in stops)), YES, place
                )
            again = op("<", Const(value=number), rounds.count) if rounds.keeps is not None else YES
            on = goes_on(rounds, number)
            for carry in rounds.carries:
                site = Site(f"{rounds.site}.{carry.name}", ChoiceKind.PARAM, carry.then)
                then = evaluate(state, carry.then, env, site)
                then = then if on == YES else Op(op="when", args=(on, then))
                value = Op(op="else", args=(then, body.bound[carry.name]))
                self.value(body, carry.name, value, again, place)
            new = tuple(node for node in self.nodes if node not in before)
            self.rounds.append(Round(rounds, number, new, tuple(first)))

    def tested(self, rounds: Rounds, written: ast.Expr, env: Env) -> Expr:
        """The condition of an `until`."""
        site = Site(f"{rounds.site}.until", ChoiceKind.GUARD, written)
        return run_condition(self.state, evaluate(self.state, written, env, site), written, env)

    def score(self, rounds: Rounds, keep: ast.Keep, env: Env) -> Expr:
        """What `keep best` looks at."""
        plain = [arg.value for arg in keep.args if arg.name is None]
        named = [arg for arg in keep.args if arg.name not in (None, "patience")]
        if len(plain) != 1 or named:
            at = env.at(keep)
            message = "`keep best` takes one score, and `patience: N`"
            raise self.state.problems.abandon(facts.type_mismatch(at, message, "not that"))
        return evaluate(self.state, plain[0], env, Site(f"{rounds.site}.keep", ChoiceKind.GUARD, plain[0]))

    def patience(self, rounds: Rounds) -> Expr | None:
        """After how many rounds that are no better a loop ends."""
        written = rounds.patience
        if written is None:
            return None
        env = Env(rounds.owner.scope, rounds.owner)
        value = evaluate(self.state, written, env, Site(f"{rounds.site}.patience", ChoiceKind.GUARD, written))
        span = interval(value, self.state.choices) if is_static(value) else None
        if span is None or span[0] < 1:
            reason = "is no whole number from 1 on that is known before the run"
            raise self.state.problems.abandon(choice_facts.bad_count(env.at(written), reason))
        return value

    def best(
        self,
        rounds: Rounds,
        number: int,
        score: Expr,
        entered: Expr,
        place: TextPlace,
        patience: Expr | None,
    ) -> None:
        """The best score up to a round, what was carried then, and how many rounds were no better."""
        body = rounds.bodies[number - 1]
        before = rounds.bodies[number - 2] if number > 1 else None

        def last(label: str, otherwise: Expr = ABSENT) -> Expr:
            return otherwise if before is None else NodeRef(id=before.node_id(label))

        held = last(BEST)
        as_good = op("and", entered, Fn(fn="core:at_least", args=(score, held)))
        self.value(body, BEST, chosen(as_good, score, held), YES, place)
        for carry in rounds.carries:
            label = kept(carry.name)
            self.value(body, label, chosen(as_good, body.bound[carry.name], last(label)), YES, place)
        if patience is not None:
            better = op("and", entered, Fn(fn="core:above", args=(score, held)))
            more = op("+", last(MISSES, Const(value=0)), Const(value=1))
            self.value(body, MISSES, chosen(better, Const(value=0), more), YES, place)

    # ---------------------------------------------------------------- maps

    def each(self, rounds: Rounds, each: ast.Each) -> None:
        """The first items of a list, each with the nodes of the body."""
        owner, place = rounds.owner, place_of(rounds.owner, each)
        env = Env(owner.scope, owner)
        site = Site(f"{rounds.site}.in", ChoiceKind.OPTION, each.source)
        items = evaluate(self.state, each.source, env, site)
        if items.kind in ("const", "model", "what"):
            at = env.at(each.source)
            raise self.state.problems.abandon(
                facts.type_mismatch(at, "`each` goes through a list", "no list")
            )
        self.add(
            owner,
            each.name,
            made_by(TAKE_FN, "items", items, place, (("most", rounds.count),)),
            YES,
            place,
        )
        for number, body in enumerate(rounds.bodies, 1):
            before = set(self.nodes)
            value = Op(op="at", args=(NodeRef(id=rounds.path), Const(value=number)))
            self.add(owner, f"{each.name}[{number}]", made_by(VALUE_FN, "value", value, place), YES, place)
            self.statements(body, each.body)
            new = tuple(node for node in self.nodes if node not in before)
            self.rounds.append(Round(rounds, number, new))

    # ---------------------------------------------------------------- batches

    def batched(
        self,
        instance: Instance,
        node: ast.NodeStmt,
        group: Replicas,
        clause: ast.Clause,
        made: Mapping[str, NodeTemplate],
    ) -> dict[str, NodeTemplate]:
        """Replicas drawn a batch at a time, until a condition on those drawn holds (language.md L7)."""
        state, env = self.state, Env(instance.scope, instance)
        at = env.at(clause.value)
        if len(group.most) != 1 or clause.until is None:
            raise state.problems.abandon(graph_facts.needs_index(at, node.name, 1))
        address = f"{instance.site}.{node.name}"
        size = evaluate(state, clause.value, env, Site(f"{address}.batch", ChoiceKind.GUARD, clause.value))
        sizes = [value.value for value in possible(state, size) or () if isinstance(value, Const)]
        span = interval(size, state.choices)
        if span is not None and not choices_are_listed(size, state):
            sizes = list(range(span[0], min(span[1], MOST_BATCH) + 1))
        steps = [step for step in sizes if isinstance(step, int) and not isinstance(step, bool)]
        if not steps or len(steps) != len(sizes) or min(steps) < 1 or max(steps) > MOST_BATCH:
            reason = f"is no whole number from 1 to {MOST_BATCH} that is known before the run"
            raise state.problems.abandon(choice_facts.bad_count(at, reason))
        place, most = place_of(instance, node), group.most[0]

        def enough(end: int) -> str:
            return f"{node.name}[{end}].enough?"

        def stopped(ends: Mapping[int, int]) -> Expr:
            """Whether it was enough at the end (0: the start) that each size of a batch means."""
            cases = [
                (op("==", size, Const(value=step)), NodeRef(id=instance.node_id(enough(end))) if end else NO)
                for step, end in ends.items()
            ]
            cases = [case for case in cases if case[0] != NO]
            if all(value == NO for _, value in cases):
                return NO
            if len(cases) == 1:
                return cases[0][1]
            return Op(op="else", args=tuple(Op(op="when", args=case) for case in cases))

        for end in range(1, most):
            here = [step for step in steps if end % step == 0]
            if not here:
                continue
            drawn = ListOf(items=tuple(NodeRef(id=name) for name in [*made][:end]))
            seen = env.with_index({node.name: drawn})
            site = Site(f"{address}.until", ChoiceKind.GUARD, clause.until)
            test = evaluate(state, clause.until, seen, site)
            value = op("or", stopped({step: end - step for step in here}), Op(op="holds", args=(test,)))
            exists = op(
                "and",
                op("<", Const(value=end), group.counts[0]),
                op("or", *(op("==", size, Const(value=step)) for step in here)),
            )
            self.value(instance, enough(end), value, exists, place)
        found: dict[str, NodeTemplate] = {}
        for number, (name, template) in enumerate(made.items(), 1):
            ended = stopped({step: step * ((number - 1) // step) for step in steps})
            found[name] = guarded(template, op("not", ended))
        return found

    # ---------------------------------------------------------------- made nodes

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
        if self.state.nodes > MOST_NODES:
            at = instance.scope.at(instance.graph.name_span)
            raise self.state.problems.abandon(graph_facts.too_large(at, MOST_NODES))
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

    def members(self, instance: Instance, name: str, value: Expr, at: At) -> list[tuple[str, Expr, int]]:
        """The messages that a name of a loop or map holds, as sources of edges.

        What a round carries is copied to nodes of its own, in each round alike, so that an edge from it is
        the same edge in all rounds.
        """
        key = (instance.path, name)
        if key not in self.held:
            place = TextPlace(source=at.source.name, start=at.span.start, end=at.span.end)
            carried = name in instance.bound
            self.held[key] = (
                self.copies(instance, name, value, place)
                if carried
                else self.outside(instance, name, value, place)
            )
        return self.held[key]

    def outside(
        self, instance: Instance, name: str, value: Expr, place: TextPlace
    ) -> list[tuple[str, Expr, int]]:
        """What a loop or map holds when it has ended."""
        if not isinstance(value, ListOf):
            return [(name, self.ref(instance, name, 0, value, place), 0)]
        items = enumerate(value.items, 1)
        return [(f"{name}[{k}]", self.ref(instance, name, k, item, place), k) for k, item in items]

    def copies(
        self, instance: Instance, name: str, value: Expr, place: TextPlace
    ) -> list[tuple[str, Expr, int]]:
        """What a round holds under a name, one node for each member of a list."""
        first, inside = self.first(instance, name), self.inside(instance)
        name_by_number(instance, name)
        if not isinstance(first, ListOf):
            alternative = made_by(VALUE_FN, "value", value, place)
            return [(name, self.add(instance, f"{name}?", alternative, inside, place), 0)]
        found: list[tuple[str, Expr, int]] = []
        for k, item in enumerate(first.items, 1):
            there: Expr = YES
            if isinstance(item, NodeRef) and item.id in self.nodes:
                there = self.nodes[item.id].exists
            alternative = made_by(VALUE_FN, "value", op("at", value, Const(value=k)), place)
            node = self.add(instance, f"{name}?", alternative, op("and", inside, there), place, (k,))
            found.append((f"{name}[{k}]", node, k))
        return found

    def ref(self, instance: Instance, name: str, k: int, item: Expr, place: TextPlace) -> Expr:
        """A node that holds what is no node itself."""
        if isinstance(item, NodeRef):
            return item
        return self.add(instance, f"{name}?{k}", made_by(VALUE_FN, "value", item, place), YES, place)

    def first(self, instance: Instance, name: str) -> Expr:
        """The value that a name of a round had in the first one."""
        for rounds in () if instance.outer is None else instance.outer.unrolled.values():
            if rounds.statement.name == instance.body[-1]:
                return rounds.first.get(name, ABSENT)
        return ABSENT

    def inside(self, instance: Instance) -> Expr:
        """Whether a round exists, with those around it."""
        if instance.outer is None:
            return YES
        rounds = instance.outer.unrolled[instance.body[-1]]
        own = op("<=", Const(value=instance.rounds[-1]), rounds.count)
        return op("and", self.inside(instance.outer), own)

    # ---------------------------------------------------------------- edges, and who runs when

    def connect(self) -> None:
        """The edges of all bodies, between all nodes."""
        for instance, body in self.rooms:
            edges = Edges(self.state, instance, self.nodes, self.edges, self.members, {})
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
            nodes = [self.nodes[name] for name in one.nodes]
            if isinstance(rounds.statement, ast.Each):
                item = NodeRef(id=rounds.bodies[k - 1].path)
                present = Fn(fn="std.signals:ran", args=(item,))
                for node in nodes:
                    self.nodes[node.id] = within(node, inside, YES if is_made(node) else present)
                continue
            early = closure(one.first, sources)
            again = op("<", Const(value=k), rounds.count) if rounds.keeps is not None else inside
            for node in nodes:
                if is_made(node):
                    self.nodes[node.id] = within(node, inside, YES)
                elif node.id in early:
                    self.nodes[node.id] = within(node, inside, goes_on(rounds, k - 1))
                else:
                    self.nodes[node.id] = within(node, again, goes_on(rounds, k))

    def sources(self) -> dict[str, set[str]]:
        """The nodes that each node reads."""
        found: dict[str, set[str]] = {}
        for node in self.nodes.values():
            values = [value for alternative in node.alternatives for _, value in alternative.args]
            values += [] if node.guard is None else [node.guard]
            found[node.id] = {ref for value in values for ref in refs(value)}
        for edge in self.edges:
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


def choices_are_listed(value: Expr, state: State) -> bool:
    """Whether a value is one of a few that are known, and no range."""
    match value:
        case ChoiceRef(address=address):
            return state.choices[address].domain.kind == "options"
        case _:
            return isinstance(value, Const)


def place_of(instance: Instance, statement: ast.Stmt) -> TextPlace:
    """Where a statement stands."""
    span = statement.span
    return TextPlace(source=instance.scope.source.name, start=span.start, end=span.end)


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
