"""One graph declaration as one of its instances decided it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

from tgl.emit.clashes import declared
from tgl.emit.decisions import Decisions, Spell
from tgl.emit.edges import EdgeWriter
from tgl.emit.errors import NeedsNumbers, NeedsSingles, UnwrittenDecision
from tgl.emit.layout import Layout, Rewrite
from tgl.emit.members import Members, Position
from tgl.emit.nodes import Callee, NodeWriter, Replica
from tgl.emit.render import Copy, Renderer
from tgl.emit.statics import UNKNOWN, Facts, Known, static_value
from tgl.emit.tree import every, has_choice, inner_names, names_in
from tgl.ir import Alternative, Group, ModelName, NodeTemplate
from tgl.semantics import is_symmetric
from tgl.space import InstanceResolution
from tgl.syntax import ast
from tgl.text import Edit, SourceFile, Span, apply_edits

INDEX_NAMES = "ijklmnpqrst"


@dataclass(frozen=True, slots=True)
class Block:
    """The body of a graph, a loop or a map: what begins the addresses in it, and what its names became.

    `groups` and `members` are of the round that stands for all; `outer` are the members around a loop or map,
    `statement` is it, in the block `around`, and `rounds` are all groups of all its rounds.
    """

    site: str
    body: tuple[str, ...]
    groups: Mapping[str, Group]
    members: Mapping[str, Members]
    outer: Mapping[str, Members] = field(default_factory=dict[str, Members])
    statement: ast.Loop | ast.Each | None = None
    around: Block | None = None
    rounds: Sequence[Group] = ()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a graph's text is written with, whatever the instance.

    `callee` tells what an alternative turned out to be, `spell` names models and whats in the file that is
    written, `numbers` tells what static names mean in an instance, `renames` are names of the graph's own
    file that this file spells otherwise, `outer` the names it must not hide.
    """

    source: SourceFile
    layout: Layout
    decisions: Decisions
    callee: Callable[[NodeTemplate, Alternative], Callee]
    spell: Spell
    numbers: Callable[[InstanceResolution, Facts], Mapping[str, Known]]
    renames: Mapping[str, str] = field(default_factory=dict[str, str])
    outer: frozenset[str] = frozenset()


@dataclass(slots=True)
class GraphWriter:
    """Writes a graph declaration for an instance.

    `given` are the params that the instance gets as arguments, `moved` those whose decided defaults are
    written where the graph is used; in a graph of another file (not `is_local`) such defaults stay. `held`:
    params with the values that a copy has to hold itself; `away`: those that no text can hold, so that each
    node that is one says what it runs.
    """

    decl: ast.Graph
    instance: InstanceResolution
    around: Surroundings
    given: frozenset[str] = frozenset()
    moved: frozenset[str] = frozenset()
    is_local: bool = True
    singles: frozenset[str] = frozenset()
    numbered: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()
    gone_inside: frozenset[tuple[str, str]] = frozenset()
    held: Mapping[str, str] = field(default_factory=dict[str, str])
    away: frozenset[str] = frozenset()
    first: dict[tuple[str, str], ast.Expr] = field(default_factory=dict[tuple[str, str], ast.Expr])
    bare: frozenset[str] = frozenset()
    """Params whose default no longer fits the lists that are written for their replicas."""

    def edits(self) -> list[Edit]:
        """The edits that make the declaration what the instance decided.

        What one statement turns out to need (a group listed singly, a `let` that is gone) concerns the
        others, so all are written again until nothing new is found.
        """
        while True:
            before = self.found_out()
            try:
                rewrites = self.rewrites()
            except NeedsSingles as found:
                if found.group in self.singles:
                    raise UnwrittenDecision(
                        f"{self.path}.{found.group}", "its replicas differ too much"
                    ) from found
                self.singles |= {found.group}
                continue
            except NeedsNumbers as found:
                self.numbered |= {found.group}
                continue
            self.gone |= {
                statement.name
                for statement, rewrite in zip(self.decl.body, rewrites, strict=True)
                if isinstance(statement, (ast.Let, ast.Param)) and not rewrite.texts
            }
            if before == self.found_out():
                return self.around.layout.edits(rewrites)

    def found_out(self) -> tuple[object, ...]:
        """What statements turned out to need of each other."""
        return (self.singles, self.numbered, self.gone, self.gone_inside, self.bare, len(self.first))

    @property
    def path(self) -> str:
        return self.instance.path

    @property
    def address(self) -> str:
        return self.instance.graph.address

    @property
    def nodes(self) -> Mapping[str, NodeTemplate]:
        return {node.id: node for node in self.instance.graph.nodes}

    @property
    def facts(self) -> Facts:
        """What is decided, as static expressions of this instance read it."""
        nodes, picks = self.nodes, self.instance.picks

        def what(id: str) -> str | None:
            return picked(nodes[id], picks[id]).what if id in nodes and id in picks else None

        def decided(address: str) -> Known:
            return self.around.decisions.assignment.get(address, UNKNOWN)

        return Facts(decided, what, lambda id: self.instance.models.get(id))

    def rewrites(self) -> list[Rewrite]:
        groups = [group for group in self.instance.graph.groups if not group.body and not group.made]
        nodes = {s.name: s for s in self.decl.body if isinstance(s, ast.NodeStmt)}
        members = {group.name: self.members(group, nodes.get(group.name)) for group in groups}
        here = Block(self.address, (), {group.name: group for group in groups}, members)
        return [Rewrite(statement.span, self.statement(statement, here)) for statement in self.decl.body]

    def renderer(self, members: Mapping[str, Members]) -> Renderer:
        around = self.around
        port = next((port.name for port in self.decl.ports), None)
        return Renderer(
            around.source,
            around.decisions,
            members,
            around.spell,
            around.renames,
            gone=self.gone,
            gone_inside=self.gone_inside,
            first=self.first,
            never=None if port is None else f"{port} != {port}",
            numbers=self.around.numbers(self.instance, self.facts),
        )

    def statement(self, statement: ast.Stmt, here: Block) -> tuple[str, ...]:
        """What becomes of a statement: none, one or several."""
        renderer = self.renderer(here.members)
        match statement:
            case ast.Param(name=name, value=value) if name in self.held:
                text = renderer.slice(statement.span)
                start = statement.span.start
                bare = text if value is None else without_default(text, value.span.start - start)
                return (f"{bare} = {self.held[name]}",)
            case ast.Param(name=name) if name in self.away:
                return ()
            case ast.Let(is_function=True) | ast.Param(value=None):
                return (renderer.slice(statement.span),)
            case ast.Let() | ast.Param():
                return self.definition(statement, renderer, here.site)
            case ast.NodeStmt():
                return self.node(statement, here)
            case ast.Edge():
                return self.edge(statement, here)
            case ast.Loop() | ast.Each():
                return self.unrolled(statement, here)
            case ast.Carry(first=first, then=then):
                copy = Copy(f"{here.site}.{statement.name}")
                started = Renderer.one(self.renderer(here.outer), first, copy)
                if started is None:
                    return ()
                texts = [(first, started), (then, renderer.one(then, copy) or statement.name)]
                return (self.with_parts(statement.span, texts),)
            case ast.Until(value=value):
                return self.kept(statement.span, [value], renderer, f"{here.site}.until")
            case ast.Keep(args=args):
                parts = [(arg, renderer.arg(arg, [Copy(here.site)], shared=False)[0]) for arg in args]
                if any(text is None for arg, text in parts if arg.name is None):
                    return ()
                left = ", ".join(text for _, text in parts if text is not None)
                return (f"keep best {left}",)
            case ast.Require():
                kept = self.still_says(statement, here.members)
                return (renderer.slice(statement.span),) if kept else ()
            case ast.Output(value=value):
                copy = Copy(f"{here.site}.output")
                if isinstance(value, ast.Call):
                    parts = [renderer.arg(arg, [copy], shared=False) for arg in value.args]
                    [text] = renderer.call(value, parts, [copy], shared=False)
                else:
                    text = renderer.one(value, copy)
                if text is None:
                    raise UnwrittenDecision(f"{self.path}.output", "nothing is left of it")
                return (replaced(renderer, statement.span, value.span, text),)
            case _:
                return (renderer.slice(statement.span),)

    def still_says(self, statement: ast.Require, members: Mapping[str, Members]) -> bool:
        """Whether a `require` says the same of the resolved program as of the user's.

        It is kept so that a `~` can be put back and the search goes on; what it demands is decided already.
        One that speaks of replicas by number is lost where these have changed.
        """
        asked = {part.name for part in every(statement.value) if isinstance(part, ast.Is)}
        names = asked | names_in(statement.value)
        if not names.isdisjoint(self.gone) or not names.isdisjoint(self.around.renames):
            return False
        alternatives = [alternative for node in self.nodes.values() for alternative in node.alternatives]
        if any(is_graph(alternative, asked) for alternative in alternatives):
            return False  # decided copies of graphs have other names
        spoken_of = [members[name] for name in names if name in members]
        if any(not group.alive or group.singles for group in spoken_of):
            return False
        return is_symmetric(statement) or all(group.is_unmoved for group in spoken_of)

    # --- loops and maps

    def unrolled(self, statement: ast.Loop | ast.Each, here: Block) -> tuple[str, ...]:
        """A loop or map with all of its rounds as they were decided (C6); none if it has no round left."""
        body = (*here.body, statement.name)
        groups = [group for group in self.instance.graph.groups if group.body[: len(body)] == body]
        if not any(self.instance.live.get(member) for group in groups for member in group.members):
            self.first.update(
                {(statement.name, s.name): s.first for s in statement.body if isinstance(s, ast.Carry)}
            )
            self.gone |= {statement.name}
            return ()
        site = f"{here.site}.{statement.name}"
        inner = self.block(statement, here, body, groups)
        outside = self.renderer(here.members)
        parts: list[tuple[ast.Expr, str]] = []
        for dim in statement.dims:
            parts.append((dim.count, outside.one(dim.count, Copy(site)) or outside.slice(dim.count.span)))
        if isinstance(statement, ast.Each):
            source = outside.one(statement.source, Copy(site))
            if source is None:
                raise UnwrittenDecision(site, "nothing is left of its list")
            parts.append((statement.source, source))
        edits = [Edit(expr.span, text) for expr, text in parts]
        rewrites = [Rewrite(s.span, self.statement(s, inner)) for s in statement.body]
        self.gone_inside |= {
            (statement.name, s.name)
            for s, rewrite in zip(statement.body, rewrites, strict=True)
            if isinstance(s, (ast.NodeStmt, ast.Let, ast.Each)) and not rewrite.texts
        }
        edits += self.around.layout.edits(rewrites)
        start = statement.span.start
        moved = [Edit(Span(e.span.start - start, e.span.end - start), e.new_text) for e in edits]
        return (apply_edits(outside.slice(statement.span), moved),)

    def block(
        self,
        statement: ast.Loop | ast.Each,
        here: Block,
        body: tuple[str, ...],
        groups: Sequence[Group],
        rounds: tuple[int, ...] | None = None,
    ) -> Block:
        """The names of a body: of each node, the round in which most of it is left, or a given round."""
        nodes = {s.name: s for s in statement.body if isinstance(s, ast.NodeStmt)}
        found: dict[str, Group] = {}
        members: dict[str, Members] = {}
        for group in groups:
            name = group.local.removesuffix("?")
            plain = group.local in nodes if not group.made else group.local.endswith("?")
            if group.body != body or not plain or (rounds is not None and group.rounds != rounds):
                continue
            own = self.carried(group) if group.made else self.members(group, nodes.get(name))
            if name not in members or len(own.alive) > len(members[name].alive):
                found[name], members[name] = group, replace(own, name=name)
        site = f"{here.site}.{statement.name}"
        return Block(site, body, found, {**here.members, **members}, here.members, statement, here, groups)

    def carried(self, group: Group) -> Members:
        """What a loop carries, as the source of edges: its members keep their places, used or not."""
        nodes, facts = self.nodes, self.facts
        there = tuple(m for m in group.members if static_value(nodes[m].exists, facts) is True)
        places = {member: nodes[member].index for member in group.members}
        return Members(group.name, there, places, places)

    def kept(self, span: Span, values: Sequence[ast.Expr], renderer: Renderer, site: str) -> tuple[str, ...]:
        """A statement with its values decided; none if nothing of one is left."""
        texts = [(value, renderer.one(value, Copy(site))) for value in values]
        known = [(value, text) for value, text in texts if text is not None]
        return (self.with_parts(span, known),) if len(known) == len(texts) else ()

    def with_parts(self, span: Span, parts: Sequence[tuple[ast.Expr, str]]) -> str:
        """The source of a statement with expressions in it replaced."""
        edits = [
            Edit(Span(part.span.start - span.start, part.span.end - span.start), text) for part, text in parts
        ]
        return apply_edits(self.around.source.text[span.start : span.end], edits)

    def definition(self, statement: ast.Let | ast.Param, renderer: Renderer, site: str) -> tuple[str, ...]:
        """A `let` or a param with its value decided."""
        value = statement.value
        assert value is not None
        whole = renderer.slice(statement.span)
        if statement.name in self.moved:
            return (
                without_default(whole, value.span.start - statement.span.start) if self.is_local else whole,
            )
        unread = statement.name in self.given and any(
            renderer.one(part, Copy(site)) is None for part in every(value) if isinstance(part, ast.Choice)
        )
        if statement.name in self.bare or unread:
            return (without_default(whole, value.span.start - statement.span.start),)
        text = renderer.one(value, Copy(site))
        if text is not None:
            return (replaced(renderer, statement.span, value.span, text),)
        if statement.name in self.given:
            return (without_default(whole, value.span.start - statement.span.start),)
        return ()

    # --- nodes

    def members(self, group: Group, node: ast.NodeStmt | None) -> Members:
        """The replicas that are left of a group, with their numbers in the text."""
        nodes = self.nodes
        alive = [
            member for member in self.instance.order.get(group.name, ()) if self.instance.live.get(member)
        ]
        old = {member: nodes[member].index for member in group.members}
        keeps = self.keeps_positions(group, alive, node)
        new = {member: old[member] for member in alive} if keeps else self.positions(group, alive, old, node)
        idle = tuple(member for member in group.members if member in new and member not in alive)
        found = Members(group.name, tuple(alive), old, new, group.name in self.singles, idle)
        taken = self.around.outer | {item.name for item in declared(self.decl)}
        found = replace(found, stem=group.local)
        while found.singles and not taken.isdisjoint(map(found.single_name, alive)):
            found = replace(found, stem=f"{found.stem}_")
        return found

    def keeps_positions(self, group: Group, alive: Sequence[str], node: ast.NodeStmt | None) -> bool:
        """Whether the user's own `if`, with nothing to decide in it, says which replicas there are."""
        if node is None or not node.dims or group.name in self.singles | self.numbered:
            return False
        conditions = [clause.value for clause in node.clauses if clause.kind == "if"]
        if not conditions or any(map(has_choice, conditions)):
            return False
        nodes, facts = self.nodes, self.facts
        return list(alive) == [m for m in group.members if static_value(nodes[m].exists, facts) is True]

    def positions(
        self,
        group: Group,
        alive: Sequence[str],
        old: Mapping[str, Position],
        node: ast.NodeStmt | None,
    ) -> dict[str, Position]:
        """New numbers 1…k, row by row if there are several dimensions.

        Where rows are left of different lengths, all keep their numbers, those too that nobody reads.
        """
        dims = max(map(len, old.values()), default=0)
        if dims <= 1 or group.name in self.singles:
            return {member: (rank,)[:dims] for rank, member in enumerate(alive, 1)}
        sizes = [len({old[member][d] for member in alive}) for d in range(dims)]
        everything = [*product(*(range(1, size + 1) for size in sizes))]
        if len(everything) != len(alive):  # rows of different lengths
            if node is None or has_choice(node.what) or any(has_choice(c.value) for c in node.clauses):
                raise NeedsSingles(group.name)
            # The replicas are alike but for what nobody reads of them: the text may declare these too.
            most = [max(old[member][d] for member in alive) for d in range(dims)]
            box = [m for m in group.members if all(a <= b for a, b in zip(old[m], most, strict=True))]
            if any(static_value(self.nodes[member].exists, self.facts) is not True for member in box):
                raise NeedsSingles(group.name)
            return {member: old[member] for member in box}
        return dict(zip(alive, everything, strict=True))

    def node(self, node: ast.NodeStmt, here: Block) -> tuple[str, ...]:
        own = here.members.get(node.name)
        if own is None or not own.alive:
            return ()
        group = here.groups[node.name]
        replicas = [self.replica(node, own, member, group) for member in own.alive]
        if own.singles:
            return tuple(
                self.single(node, own, member, replica, here.members, group)
                for member, replica in zip(own.alive, replicas, strict=True)
            )
        writer = self.writer(node, here.members, group)
        keeps = self.keeps_positions(group, own.alive, node)
        writer.indices = tuple(dim.index for dim in node.dims)
        writer.renderer.index = self.index_names(node)
        writer.renderer.shape = tuple(max(numbers) for numbers in zip(*own.new.values(), strict=True))
        writer.renderer.keeps_positions = keeps
        dims = self.dims(node, own, group, writer.renderer, keeps, here.site)
        text = writer.text(node, replicas, dims, keeps_if=keeps, in_rounds=bool(here.body))
        if writer.renderer.has_lists:
            # The lists fit the count that this instance was given, and perhaps not the default.
            self.bare |= {name for dim in node.dims for name in names_in(dim.count) if name in self.given}
        return (text,)

    def writer(self, node: ast.NodeStmt, members: Mapping[str, Members], group: Group) -> NodeWriter:
        renderer = self.renderer(members)
        renderer.group = node.name if node.dims else None
        return NodeWriter(renderer, self.written(group), away=self.away)

    def written(self, group: Group) -> int:
        """How many items a list for each replica has in the user's text."""
        if group.count is None:
            return 0
        count = static_value(group.count, self.facts)
        return count if isinstance(count, int) else len(group.members)

    def replica(self, node: ast.NodeStmt, own: Members, member: str, group: Group) -> Replica:
        template = self.nodes[member]
        names = [dim.index for dim in node.dims]
        old, new = (
            {name: number for name, number in zip(names, position, strict=False) if name is not None}
            for position in (own.old[member], own.new[member])
        )
        copy = Copy(template.address, old, {} if own.singles else new)
        alternative = picked(template, self.instance.picks[member])
        callee = self.around.callee(template, alternative)
        emptied = tuple((port, "[]") for port in self.emptied(template, alternative))
        callee = replace(callee, extra=(*callee.extra, *emptied))
        model = self.instance.models.get(member)
        spelled = None if model is None else self.around.spell(ModelName(name=model), self.around.source.name)
        return Replica(copy, callee, group.members.index(member), spelled)

    def emptied(self, node: NodeTemplate, alternative: Alternative) -> Iterator[str]:
        """List ports that an input of their name would feed, now that all edges into them are gone (G1)."""
        inputs = {port.name for port in self.decl.ports} - set(dict(alternative.args))
        edges = self.instance.graph.edges
        live = {port for n in self.instance.edges if edges[n].target == node.id for port in edges[n].ports}
        for port in alternative.ports:
            if port.is_list and port.name in inputs and (alternative.key, port.name) not in live:
                yield port.name

    def single(
        self,
        node: ast.NodeStmt,
        own: Members,
        member: str,
        replica: Replica,
        members: Mapping[str, Members],
        group: Group,
    ) -> str:
        """A survivor as a node of its own."""
        text = self.writer(node, members, group).text(node, [replica])
        at = node.name_span.start - node.span.start
        return text[:at] + own.single_name(member) + text[at + len(node.name) :]

    def dims(
        self, node: ast.NodeStmt, own: Members, group: Group, renderer: Renderer, keeps: bool, site: str
    ) -> tuple[str, ...]:
        """The counts in the brackets: as they stand, where they still say how many there are."""
        if len(node.dims) == 1 and not keeps:
            count = next(iter(node.dims)).count
            known = not has_choice(count) and self.gone.isdisjoint(names_in(count))
            stays = known and self.written(group) == len(own.alive)
            return (renderer.slice(count.span) if stays else str(len(own.alive)),)
        found: list[str] = []
        for dim, size in zip(node.dims, renderer.shape, strict=True):
            stays = keeps or (own.is_unmoved and not has_choice(dim.count))
            text = renderer.one(dim.count, Copy(f"{site}.{node.name}")) if stays else None
            found.append(text or str(size))
        return tuple(found)

    def index_names(self, node: ast.NodeStmt) -> tuple[str, ...]:
        """An index variable for each dimension: the declared one, or a letter that means nothing yet."""
        declared = [dim.index for dim in node.dims if dim.index is not None]
        taken = self.around.outer | inner_names(self.decl) | frozenset(declared)
        free = [letter for letter in INDEX_NAMES if letter not in taken]
        if len(free) < len(node.dims):
            return ()
        letters = iter(free)
        return tuple(dim.index or next(letters) for dim in node.dims)

    # --- edges

    def edge(self, edge: ast.Edge, here: Block) -> tuple[str, ...]:
        graph, source = self.instance.graph, self.around.source.name
        place = (source, edge.span.start, edge.span.end)
        rounds = {node.id: node.rounds for node in graph.nodes}
        found: dict[tuple[int, ...], list[int]] = {}
        for number, template in enumerate(graph.edges):
            if (template.place.source, template.place.start, template.place.end) == place:
                found.setdefault(rounds[template.target], []).append(number)
        live = set(self.instance.edges)
        if not found:
            return ()
        most = max(found, key=lambda one: (len(live.intersection(found[one])), [-k for k in one]))
        numbers = found[most]
        if here.statement is not None and here.around is not None:
            here = self.block(here.statement, here.around, here.body, here.rounds, most)
        names = {
            node.id: node.group.rpartition(".")[2].removesuffix("?")
            for node in graph.nodes
            if node.rounds == most[: len(node.rounds)]
        }
        writer = EdgeWriter(
            self.renderer(here.members),
            here.site,
            names,
            [*here.members],
            inner_names(self.decl) | body_names(here),
            self.facts,
        )
        return writer.texts(
            edge, [graph.edges[n] for n in numbers], [graph.edges[n] for n in numbers if n in live]
        )


def body_names(here: Block) -> frozenset[str]:
    """The names that a body declares."""
    named = () if here.statement is None else here.statement.body
    own = {
        item.name
        for item in named
        if isinstance(item, (ast.Let, ast.NodeStmt, ast.Carry, ast.Loop, ast.Each))
    }
    return frozenset(own)


def is_graph(alternative: Alternative, names: Collection[str]) -> bool:
    """Whether an alternative is a graph of one of some names."""
    return alternative.kind == "graph" and alternative.what in names


def picked(template: NodeTemplate, key: str) -> Alternative:
    """The alternative of a node with a key."""
    return next(alternative for alternative in template.alternatives if alternative.key == key)


def replaced(renderer: Renderer, whole: Span, part: Span, text: str) -> str:
    """The source of `whole` with `part` of it replaced."""
    at = Span(part.start - whole.start, part.end - whole.start)
    return apply_edits(renderer.slice(whole), [Edit(at, text)])


def without_default(text: str, value_start: int) -> str:
    """`param n` of `param n = 3`."""
    return text[:value_start].rstrip().removesuffix("=").rstrip()


def renamed(decl: ast.Graph, text: str, name: str) -> str:
    """The text of a declaration under another name."""
    at = decl.name_span.start - decl.span.start
    return text[:at] + name + text[at + len(decl.name) :]


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
