"""One graph declaration as one of its instances decided it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tgl.emit.edges import EdgeWriter
from tgl.emit.errors import NeedsNumbers, NeedsSingles, UnwrittenDecision
from tgl.emit.layout import Rewrite
from tgl.emit.members import Members
from tgl.emit.nodes import NodeWriter, Replica
from tgl.emit.numbering import Numbering
from tgl.emit.render import Copy, Renderer
from tgl.emit.running import is_graph, picked
from tgl.emit.signatures import without_default
from tgl.emit.statics import UNKNOWN, Facts, Known
from tgl.emit.surroundings import Block, Surroundings, body_names
from tgl.emit.tree import every, has_choice, inner_names, names_in
from tgl.ir import Alternative, Group, ModelName, NodeTemplate
from tgl.semantics import is_symmetric
from tgl.space import InstanceResolution
from tgl.syntax import ast
from tgl.text import Edit, Span, apply_edits


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

        def what(id: str) -> tuple[str, str] | None:
            if id not in nodes or id not in picks:
                return None
            run = picked(nodes[id], picks[id])
            return run.what, run.home

        def decided(address: str) -> Known:
            return self.around.decisions.assignment.get(address, UNKNOWN)

        return Facts(decided, what, lambda id: self.instance.models.get(id))

    def rewrites(self) -> list[Rewrite]:
        groups = [group for group in self.instance.graph.groups if not group.body and not group.made]
        nodes = {s.name: s for s in self.decl.body if isinstance(s, ast.NodeStmt)}
        members = {group.name: self.numbering.members(group, nodes.get(group.name)) for group in groups}
        here = Block(self.address, (), {group.name: group for group in groups}, members)
        return [Rewrite(statement.span, self.statement(statement, here)) for statement in self.decl.body]

    @property
    def numbering(self) -> Numbering:
        """The numbers of nodes, by what statements have turned out to need so far."""
        return Numbering(
            self.decl,
            self.instance,
            self.facts,
            self.nodes,
            self.around.outer,
            self.singles,
            self.numbered,
        )

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
        inner = self.numbering.block(statement, here, body, groups)
        outside = self.renderer(here.members)
        parts: list[tuple[ast.Expr, str]] = []
        for dim in statement.dims:
            parts.append((dim.count, outside.one(dim.count, Copy(site)) or outside.slice(dim.count.span)))
        if isinstance(statement, ast.Each):
            source = outside.one(statement.source, Copy(site))
            source = source or "[]"  # nothing is left of its list: no item, so nothing of it runs
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
        keeps = self.numbering.keeps_positions(group, own.alive, node)
        writer.indices = tuple(dim.index for dim in node.dims)
        writer.renderer.index = self.numbering.index_names(node)
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
        return NodeWriter(renderer, self.numbering.written(group), away=self.away)

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
            stays = known and self.numbering.written(group) == len(own.alive)
            return (renderer.slice(count.span) if stays else str(len(own.alive)),)
        found: list[str] = []
        for dim, size in zip(node.dims, renderer.shape, strict=True):
            told = self.gone.isdisjoint(names_in(dim.count))
            stays = told and (keeps or (own.is_unmoved and not has_choice(dim.count)))
            text = renderer.one(dim.count, Copy(f"{site}.{node.name}")) if stays else None
            found.append(text or str(size))
        return tuple(found)

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
            here = self.numbering.block(here.statement, here.around, here.body, here.rounds, most)
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


def replaced(renderer: Renderer, whole: Span, part: Span, text: str) -> str:
    """The source of `whole` with `part` of it replaced."""
    at = Span(part.start - whole.start, part.end - whole.start)
    return apply_edits(renderer.slice(whole), [Edit(at, text)])
