"""Graphs as their instances decided them: edited in place, given arguments, or copied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tgl.emit.callees import Callees, Written
from tgl.emit.decisions import Decisions
from tgl.emit.errors import UnwrittenDecision
from tgl.emit.graphs import GraphWriter
from tgl.emit.layout import Layout
from tgl.emit.names import FileNames
from tgl.emit.numbers import Numbers
from tgl.emit.render import Copy, Renderer
from tgl.emit.running import instances_below, live_alternatives
from tgl.emit.signatures import renamed
from tgl.emit.surroundings import Surroundings
from tgl.ir import (
    NodeTemplate,
)
from tgl.semantics import FileScope
from tgl.space import InstanceResolution, Resolution
from tgl.syntax import ast, parse
from tgl.text import Edit, Span, apply_edits

Key = tuple[str, str]
"""File and name of a graph."""

MARK = "\N{LATIN SMALL LETTER TURNED M}import"
"""Follows a name of another file until it is known whether the text keeps it; nobody spells a name so."""


@dataclass(frozen=True, slots=True)
class Use:
    """A live instance of a graph and the node that runs it (None: the program itself)."""

    instance: InstanceResolution
    node: NodeTemplate | None
    parent: InstanceResolution | None


@dataclass(frozen=True, slots=True)
class GraphCopy:
    """A decided copy, and the graph of the program's file behind which it stands ("": behind the imports).

    `is_foreign`: it comes from another file.
    """

    name: str
    anchor: str
    text: str
    is_foreign: bool


@dataclass(slots=True)
class GraphPlanner:
    """Finds a text for every live instance. `removed` are declarations of the program that are gone."""

    main: FileScope
    scopes: Mapping[str, FileScope]
    resolution: Resolution
    decisions: Decisions
    names: FileNames
    removed: frozenset[str] = frozenset()
    uses: dict[Key, list[Use]] = field(default_factory=dict[Key, list[Use]])
    written: dict[str, Written] = field(default_factory=dict[str, Written])
    in_place: dict[Key, list[Edit]] = field(default_factory=dict[Key, list[Edit]])
    copies: list[GraphCopy] = field(default_factory=list[GraphCopy])

    @property
    def callees(self) -> Callees:
        """What nodes run, as far as graphs have their text."""
        return Callees(self.main, self.scopes, self.resolution, self.decisions, self.names, self.written)

    def collect(self, use: Use) -> None:
        """Note an instance and those below it, in the order of the resolved text."""
        self.uses.setdefault(self.key(use.instance), []).append(use)
        for node, _, below in instances_below(use.instance, self.resolution.instances):
            self.collect(Use(below, node, use.instance))

    def plan_all(self) -> None:
        """Write every graph that lives."""
        for key in [*self.uses]:
            self.plan(key)

    def plan(self, key: Key) -> None:
        """Write a graph for each of its instances, after the graphs that it uses."""
        uses = self.uses[key]
        if uses[0].instance.path in self.written:
            return
        for use in uses:
            for _, _, below in instances_below(use.instance, self.resolution.instances):
                self.plan(self.key(below))
        scope, decl = self.scopes[key[0]], self.decl(key)
        is_local = scope is self.main
        own = scope.source.text[decl.span.start : decl.span.end]
        moved = self.moved(scope, decl, uses)
        lets = {} if is_local else self.decided_lets(scope)
        edits = [self.edits(scope, decl, use, moved, lets) for use in uses]
        texts = [edited(scope, decl.span, found) for found in edits]
        if not is_local and any(text != own for text in texts):
            # Copies are needed, and hold their defaults themselves.
            moved = frozenset[str]()
            marks = {**self.marks(scope), **lets}
            edits = [self.edits(scope, decl, use, moved, marks) for use in uses]
            texts = [self.with_names(scope, edited(scope, decl.span, found)) for found in edits]
        names: dict[str, str | None] = {}
        for use, text, found in zip(uses, texts, edits, strict=True):
            if text not in names and is_local and not names:
                self.in_place[key] = found
                names[text] = None
            elif text not in names and text == own and not is_local:
                names[text] = None
            elif text not in names:
                # A copy is called by its own name, so it holds what the name that it replaces gives.
                if use.instance.graph.given:
                    marks = {} if is_local else {**self.marks(scope), **lets}
                    found = self.edits(scope, decl, use, moved, marks, holds=True)
                    text = edited(scope, decl.span, found)
                    text = text if is_local else self.with_names(scope, text)
                if text not in names:
                    names[text] = self.copied(decl, use, text)
            self.written[use.instance.path] = Written(names[text], self.arguments(scope, decl, use, moved))

    def copied(self, decl: ast.Graph, use: Use, text: str) -> str:
        """Put a decided copy of a graph into this file; its name."""
        if use.node is None or use.parent is None:
            # The program's own graph is imported: the copy takes its name.
            local = next(name for name, binding in self.main.names.items() if binding.decl is decl)
            self.names.dropped.add(local)
            self.copies.append(GraphCopy(local, "", renamed(decl, text, local), is_foreign=True))
            return local
        words = [decl.name, use.node.group.rpartition(".")[2]]
        if use.node.index:
            words.append(str(use.parent.order[use.node.group].index(use.node.id) + 1))
        name = self.names.fresh("_".join(words))
        is_foreign = self.key(use.instance)[0] != self.main.source.name
        self.copies.append(GraphCopy(name, self.anchor(use), renamed(decl, text, name), is_foreign))
        return name

    def anchor(self, use: Use) -> str:
        """The graph of this file that uses an instance, at whatever depth."""
        parents = {u.instance.path: u.parent for uses in self.uses.values() for u in uses}
        parent = use.parent
        while parent is not None:
            source, name = self.key(parent)
            if source == self.main.source.name:
                return name
            parent = parents[parent.path]
        return ""

    def edits(
        self,
        scope: FileScope,
        decl: ast.Graph,
        use: Use,
        moved: frozenset[str],
        renames: Mapping[str, str],
        *,
        holds: bool = False,
    ) -> list[Edit]:
        """The edits that make a graph what a use decided; `holds`: for a copy that no argument reaches."""
        is_local = scope is self.main
        held = self.callees.held(use.instance) if holds else {}
        away = frozenset(name for name, _ in use.instance.graph.given if name not in held)
        around = Surroundings(
            scope.source,
            layout_of(scope),
            self.decisions,
            lambda node, alternative: self.callees.callee(decl, scope, alternative),
            self.names.spell,
            lambda instance, facts: Numbers(self.decisions, self.scopes).of_graph(
                scope, decl, instance, facts
            ),
            renames,
            frozenset(self.main.names),
        )
        gone = self.removed if is_local else frozenset[str]()
        return GraphWriter(
            decl,
            use.instance,
            around,
            self.given(use),
            moved,
            is_local=is_local,
            gone=gone,
            held=held,
            away=away if holds else frozenset(),
        ).edits()

    # --- names of imported graphs

    def marks(self, scope: FileScope) -> dict[str, str]:
        """Names of another file that mean another thing here, marked."""
        return {
            name: f"{name}{MARK}"
            for name, binding in scope.names.items()
            if (here := self.main.names.get(name)) is None or here.decl is not binding.decl
        }

    def with_names(self, scope: FileScope, text: str) -> str:
        """The text of an imported graph in the names of this file, imported as far as they are still used."""
        for name in sorted(self.marks(scope), key=len, reverse=True):
            if f"{name}{MARK}" in text:
                decl = scope.names[name].decl
                if decl is None:
                    raise UnwrittenDecision(name, "it means nothing")
                text = text.replace(f"{name}{MARK}", self.names.name_of(decl))
        return text

    def decided_lets(self, scope: FileScope) -> dict[str, str]:
        """The names of a file that stand for a choice in another file's `let`, with their values."""
        found: dict[str, str] = {}
        for name, binding in scope.names.items():
            if binding.home != self.main.source.name and isinstance(binding.decl, ast.Let):
                text = self.let_value(self.scopes[binding.home], binding.decl)
                if text is not None:
                    found[name] = text
        return found

    def let_value(self, scope: FileScope, let: ast.Let) -> str | None:
        """The decided value of a `let` that is a choice; None if it is none."""
        if not isinstance(let.value, ast.Choice):
            return None
        return Renderer(scope.source, self.decisions, {}, self.names.spell).one(let.value, Copy(let.name))

    # --- params

    def moved(self, scope: FileScope, decl: ast.Graph, uses: list[Use]) -> frozenset[str]:
        """The params whose decided defaults are written where the graph is used.

        Of a graph of this file, those that instances decided differently; of another file's, all.
        """
        if any(use.node is None for use in uses):
            return frozenset()
        most = 1 if scope is self.main else 0
        return frozenset(
            param.name
            for param in decl.body
            if isinstance(param, ast.Param)
            and isinstance(param.value, ast.Choice)
            and len({self.default(scope, param.value, use) for use in uses} - {None}) > most
        )

    def default(self, scope: FileScope, choice: ast.Choice, use: Use) -> str | None:
        renderer = Renderer(scope.source, self.decisions, {}, self.names.spell)
        return renderer.one(choice, Copy(use.instance.graph.address))

    def arguments(
        self, scope: FileScope, decl: ast.Graph, use: Use, moved: frozenset[str]
    ) -> tuple[tuple[str, str], ...]:
        """The decided defaults that an instance is given as arguments."""
        return tuple(
            (param.name, text)
            for param in decl.body
            if isinstance(param, ast.Param) and param.name in moved and isinstance(param.value, ast.Choice)
            if (text := self.default(scope, param.value, use)) is not None
        )

    def given(self, use: Use) -> frozenset[str]:
        """The params that an instance gets as arguments, at its node or where a name in that was declared."""
        return frozenset(name for name, _ in use.instance.graph.values)

    # --- where things are

    def key(self, instance: InstanceResolution) -> Key:
        return instance.graph.place.source, instance.graph.name

    def decl(self, key: Key) -> ast.Graph:
        decls = self.scopes[key[0]].module.decls
        return next(decl for decl in decls if isinstance(decl, ast.Graph) and decl.name == key[1])

    def is_run(self, role: ast.Role) -> bool:
        """Whether a node that lives runs a role of the program's file."""
        return any(
            alternative.what == role.name and alternative.home == self.main.source.name
            for uses in self.uses.values()
            for use in uses
            for alternative in live_alternatives(use.instance)
        )


def edited(scope: FileScope, span: Span, edits: list[Edit]) -> str:
    """The source of `span` with edits made, whose places are those of the whole source."""
    start = span.start
    moved = [Edit(Span(e.span.start - start, e.span.end - start), e.new_text) for e in edits]
    return apply_edits(scope.source.text[start : span.end], moved)


def layout_of(scope: FileScope) -> Layout:
    """The layout of a file."""
    return Layout.of(scope.source.text, [comment.span for comment in parse(scope.source).comments])
