"""The resolved program: the user's own text with every choice decided (semantics.md 7).

A graph that one instance uses, or whose instances decided the same, is edited where it stands. Where
instances differ, the first keeps the graph and the others get copies of it, written behind the graph that
uses them; if they differ in defaults of params only, these become arguments instead. An imported graph is
never edited: its decided defaults become arguments, and if something else in it is decided, a copy is written
here.

A declaration with a choice that nothing living uses is taken out: a resolved program holds no `~`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain

from tgl.emit.clashes import with_own_names
from tgl.emit.decisions import Decisions
from tgl.emit.instances import GraphPlanner, Use, edited, layout_of
from tgl.emit.layout import Rewrite
from tgl.emit.measured import formatted, strip_measured
from tgl.emit.names import FileNames
from tgl.emit.render import Copy, Renderer
from tgl.emit.tree import choices_in, graph_exprs, graph_names, has_choice, names_in, setting_values
from tgl.ir import ModelName, ProgramIR
from tgl.semantics import Checked, FileScope
from tgl.space import Resolution
from tgl.syntax import ast
from tgl.text import Edit, Span, apply_edits


def resolve_text(checked: Checked, ir: ProgramIR, resolution: Resolution) -> str:
    """The text of the resolved program, formatted, without a `measured` block.

    Args:
        checked: the program, without errors.
        ir: what it was lowered to.
        resolution: of that IR.

    Returns:
        A text that checks clean, holds no `~`, and lowers to the candidate of the resolution.

    Raises:
        UnwrittenDecision: for a decision that no text can express; a fault of this program, not of its user.
    """
    return formatted(strip_measured(ProgramWriter(checked, ir, resolution).text()))


@dataclass(slots=True)
class ProgramWriter:
    """Collects the edits of one program."""

    checked: Checked
    ir: ProgramIR
    resolution: Resolution
    decisions: Decisions = field(init=False)
    names: FileNames = field(init=False)
    graphs: GraphPlanner = field(init=False)
    removed: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        scopes = self.checked.files.scopes
        self.decisions = Decisions(self.ir, self.resolution.assignment)
        self.names = FileNames(self.main, scopes)
        self.graphs = GraphPlanner(self.main, scopes, self.resolution, self.decisions, self.names)

    @property
    def main(self) -> FileScope:
        return self.checked.files.main

    def text(self) -> str:
        """The program with all edits made."""
        graphs, module, source = self.graphs, self.main.module, self.main.source.text
        graphs.collect(Use(self.resolution.instances[self.ir.graph.path], None, None))
        self.removed = graphs.removed = self.find_removed()
        graphs.plan_all()
        lets = self.imported_lets()
        # The imports come last: what they have to bring in is known when all else is written.
        ordered = sorted(module.decls, key=lambda decl: isinstance(decl, ast.Use))
        written = {decl.span: self.declaration(decl) for decl in ordered}
        edits = layout_of(self.main).edits([Rewrite(decl.span, written[decl.span]) for decl in module.decls])
        after_uses = line_end(source, last_use(module).end)
        for text in (*self.names.new_uses(), *lets):
            edits.append(Edit(Span(after_uses, after_uses), f"\n{text}"))
        for copy in graphs.copies:
            anchor = [d.span.end for d in module.decls if isinstance(d, ast.Graph) and d.name == copy.anchor]
            at = line_end(source, anchor[0]) if anchor else after_uses
            edits.append(Edit(Span(at, at), f"\n\n{copy.text}"))
        foreign = {copy.name for copy in graphs.copies if copy.is_foreign}
        return with_own_names(apply_edits(source, edits), foreign)

    def imported_lets(self) -> tuple[str, ...]:
        """`let`s in the place of imported ones that hold a choice."""
        found: list[str] = []
        for local, binding in self.main.names.items():
            if binding.home == self.main.source.name or not isinstance(binding.decl, ast.Let):
                continue
            value = self.graphs.let_value(self.checked.files.scopes[binding.home], binding.decl)
            if value is not None:
                self.names.dropped.add(local)
                found.append(f"let {local} = {value}")
        return tuple(found)

    # --- declarations

    def declaration(self, decl: ast.Decl) -> tuple[str, ...]:
        """What becomes of a declaration of the program's own file."""
        text = self.slice(decl.span)
        match decl:
            case ast.Graph(name=name) | ast.Let(name=name) | ast.Role(name=name) if name in self.removed:
                return ()
            case ast.Optimize(graph=name) if name in self.removed:
                return ()
            case ast.Graph(name=name) if (key := (self.main.source.name, name)) in self.graphs.in_place:
                return (self.edited(decl.span, self.graphs.in_place[key]),)
            case ast.Let(value=value, is_function=False) if has_choice(value):
                return self.with_values(decl.span, [value], decl.name)
            case ast.Role():
                return self.role(decl, text)
            case ast.Optimize(graph=name) if name == self.ir.graph.name and self.ir.logprobs:
                return (self.asking(decl),)
            case ast.Use():
                return self.names.use_texts(decl, text)
            case _:
                return (text,)

    def role(self, role: ast.Role, text: str) -> tuple[str, ...]:
        """A role with its own choices decided (C4)."""
        choosing = [s for s in role.settings if any(map(has_choice, setting_values(s)))]
        if not choosing:
            return (text,)
        rewrites = [
            Rewrite(s.span, self.setting(role, s) if s in choosing else (self.slice(s.span),))
            for s in role.settings
        ]
        return (self.edited(role.span, layout_of(self.main).edits(rewrites)),)

    def asking(self, block: ast.Optimize) -> str:
        """A goal with the models that the search asked for log-probabilities.

        The decided program may read those of fewer, and a request without them is another one: its replies
        would be others than those that were measured (semantics.md 1).
        """
        called = {call.model for call in self.resolution.candidate.calls}
        models = [ModelName(name=name) for name in self.ir.logprobs if name in called]
        here = self.main.source.name
        line = "logprobs " + ", ".join(self.names.spell(model, here) for model in models)
        old = [s for s in block.settings if isinstance(s, ast.Setting) and s.key == "logprobs"]
        if not models:
            return self.edited(block.span, [Edit(found.span, "") for found in old])
        if old:
            return self.edited(block.span, [Edit(old[0].span, line)])
        end = block.span.end - 1
        before = self.main.source.text[:end].rstrip(" \t")
        start = "" if before.endswith("\n") else "\n"
        return self.edited(block.span, [Edit(Span(end, end), f"{start}  {line}\n")])

    def setting(self, role: ast.Role, setting: ast.Setting | ast.Param) -> tuple[str, ...]:
        """A setting with its choices decided; none if every use of the role overrides it."""
        name = setting.name if isinstance(setting, ast.Param) else setting.key
        return self.with_values(setting.span, setting_values(setting), f"{role.name}.{name}")

    def with_values(self, span: Span, values: Iterable[ast.Expr], address: str) -> tuple[str, ...]:
        """What stands at `span` with values decided; nothing if one of them is inactive."""
        renderer = Renderer(self.main.source, self.decisions, {}, self.names.spell)
        texts = [(value.span, renderer.one(value, Copy(address))) for value in values]
        edits = [Edit(at, text) for at, text in texts if text is not None]
        return (self.edited(span, edits),) if len(edits) == len(texts) else ()

    # --- what goes

    def find_removed(self) -> frozenset[str]:
        """The declarations that mean nothing any more.

        Those with something undecided in them (nothing that lives uses them), and those that speak of such
        and are not used themselves.
        """
        removed: frozenset[str] = frozenset()
        while True:
            found = removed | {
                decl.name
                for decl in self.main.module.decls
                if isinstance(decl, (ast.Graph, ast.Let, ast.Role)) and self.is_void(decl, removed)
            }
            if found == removed:
                return removed
            removed = found

    def is_void(self, decl: ast.Graph | ast.Let | ast.Role, removed: frozenset[str]) -> bool:
        here = self.main.source.name
        match decl:
            case ast.Graph(name=name):
                speaks = any(map(has_choice, graph_exprs(decl))) or not removed.isdisjoint(graph_names(decl))
                return (here, name) not in self.graphs.uses and speaks
            case ast.Let(value=value):
                undecided = [c for c in choices_in(value) if not self.decisions.is_active(here, c.span)]
                return bool(undecided) or not removed.isdisjoint(names_in(value))
            case ast.Role(settings=settings):
                values = chain.from_iterable(map(setting_values, settings))
                return any(map(has_choice, values)) and not self.graphs.is_run(decl)

    def edited(self, span: Span, edits: list[Edit]) -> str:
        return edited(self.main, span, edits)

    def slice(self, span: Span) -> str:
        return self.main.source.text[span.start : span.end]


def last_use(module: ast.Module) -> Span:
    """The last `use` of a file, or its very start."""
    uses = [decl.span for decl in module.decls if isinstance(decl, ast.Use)]
    return uses[-1] if uses else Span(0, 0)


def line_end(text: str, offset: int) -> int:
    """Where the line ends that an offset lies in."""
    found = text.find("\n", offset)
    return len(text) if found < 0 else found
