"""Edge statements with their choices decided (language.md C19).

A statement keeps its text, less the choice, if with the new numbering it still means exactly the edges that
are left. If not, these are listed, in groups.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from tgl.emit.cover import Cover, End
from tgl.emit.decisions import lies_in
from tgl.emit.errors import NeedsSingles
from tgl.emit.members import Members
from tgl.emit.render import Copy, Renderer
from tgl.emit.statics import UNKNOWN, Facts, Known, static_value, tree_value
from tgl.emit.tree import every, names_in
from tgl.ir import ChoiceKind, EdgeTemplate, Flip, Input, NodeRef, Value
from tgl.syntax import ast
from tgl.text import Edit, Span, apply_edits


@dataclass(frozen=True, slots=True)
class Line:
    """An edge as it is to be written: its ends, what follows them, and its guard."""

    source: End
    target: End
    source_suffix: str
    target_suffix: str
    guard: str | None


@dataclass(slots=True)
class EdgeWriter:
    """Writes the edge statements of one graph instance.

    `path` begins the addresses of its choices; `group_of` tells the group of a template id; `declared` are
    the names of the graph, which are no index variables; `positions` the largest index of each group in the
    user's text.
    """

    renderer: Renderer
    path: str
    group_of: Mapping[str, str]
    order: Sequence[str]
    declared: frozenset[str]
    facts: Facts

    @property
    def members(self) -> Mapping[str, Members]:
        return self.renderer.members

    def texts(
        self, edge: ast.Edge, templates: Sequence[EdgeTemplate], live: Sequence[EdgeTemplate]
    ) -> tuple[str, ...]:
        """The statements that say which edges are `live`; `templates` are all that the statement makes."""
        if not live:
            return ()
        kept = self.kept(edge, templates, live)
        if kept is not None:
            return (kept,)
        for end in edge.ends:
            for name in groups_in(end):
                if name in self.members and self.members[name].idle:
                    raise NeedsSingles(name)  # who is left shows by who is named, not by a row or the whole
        return self.listed(edge, live)

    # --- the statement as it stands

    def kept(
        self, edge: ast.Edge, templates: Sequence[EdgeTemplate], live: Sequence[EdgeTemplate]
    ) -> str | None:
        """The statement less its choices, if that says the same."""
        by_number = self.by_number(edge)
        if any(self.is_renumbered(end, by_number) for end in edge.ends):
            return None
        ends = [self.end_text(end) for end in edge.ends]
        if any(text is None for text in ends):
            return None
        wanted = {(self.source(t), self.target(t)) for t in live}
        own = self.own_choices(edge)
        for answer in (True, False):
            if self.meant(edge, templates, own, answer) == wanted:
                return self.kept_text(edge, live, ends, answer)
        return None

    def kept_text(
        self, edge: ast.Edge, live: Sequence[EdgeTemplate], ends: Sequence[str | None], answer: bool
    ) -> str | None:
        start = edge.span.start
        edits = [Edit(at(end.span, start), text or "") for end, text in zip(edge.ends, ends, strict=True)]
        for clause in edge.clauses:
            if clause.kind == "if":
                text = self.condition(clause.value, answer, self.by_number(edge))
                if text is None or text is False:
                    return None
                if text is True:
                    edits.append(self.without(clause, start))
                else:
                    edits.append(Edit(at(clause.value.span, start), text))
            else:
                guards = {self.guard(clause.value, t, {}) for t in live}
                if len(guards) > 1:
                    return None
                guard = guards.pop()
                edits.append(
                    self.without(clause, start)
                    if guard is None
                    else Edit(at(clause.value.span, start), guard)
                )
        return apply_edits(self.renderer.slice(edge.span), edits)

    def without(self, clause: ast.Clause, start: int) -> Edit:
        """Takes out a clause, with the blanks before it; `start` is where the statement does."""
        source, gap = self.renderer.source.text, clause.span.start
        while source[gap - 1] in " \t":
            gap -= 1
        return Edit(at(Span(gap, clause.span.end), start), "")

    def own_choices(self, edge: ast.Edge) -> frozenset[str]:
        """Addresses of the yes/no choices that stand in the statement's `if`."""
        return frozenset(
            point.address
            for point in self.renderer.decisions.ir.choices
            if isinstance(point.domain, Flip)
            and point.kind is ChoiceKind.EDGE_IF
            and lies_in(point.place, self.renderer.source.name, edge.span)
        )

    def by_number(self, edge: ast.Edge) -> frozenset[str]:
        """The groups of which the statement means replicas by an index variable."""
        return frozenset(name for end in edge.ends for name in self.groups_by_variable(end))

    def is_renumbered(self, end: ast.Expr, by_number: frozenset[str]) -> bool:
        """Whether an end names a replica of such a group by a number that may mean another one now."""
        return any(
            isinstance(part, ast.Index)
            and isinstance(part.base, ast.Name)
            and part.base.id in by_number
            and not self.variables(part)
            and not self.members[part.base.id].is_unmoved
            for part in every(end)
        )

    def meant(
        self, edge: ast.Edge, templates: Sequence[EdgeTemplate], own: frozenset[str], answer: bool
    ) -> set[tuple[End, End]] | None:
        """The edges that the statement means in the resolved text if all its own yes/no are `answer`."""
        by_number = self.by_number(edge)

        def now(id: str) -> str | None:
            """Which replica is meant in the resolved text where the user's text meant `id`."""
            members = self.members.get(self.group_of.get(id, ""))
            if members is None:
                return id
            if members.name in by_number:
                return members.at_new(members.old[id])
            return id if id in members.new else None

        def decided(address: str) -> Known:
            return answer if address in own else self.facts.decided(address)

        facts = Facts(
            decided,
            lambda id: None if (found := now(id)) is None else self.facts.what(found),
            lambda id: None if (found := now(id)) is None else self.facts.model(found),
        )
        found: set[tuple[End, End]] = set()
        for template in templates:
            source, target = self.source(template), self.target(template)
            ends = [End(end.group, moved) for end in (source, target) if (moved := now(end.id)) is not None]
            if len(ends) < 2 or self.is_idle(ends[1]):  # what an idle replica reads changes nothing
                continue
            holds = static_value(template.exists, facts)
            if holds is UNKNOWN:
                return None
            if holds is True:
                found.add((ends[0], ends[1]))
        return found

    def is_idle(self, end: End) -> bool:
        """Whether the text declares a replica that nothing reads."""
        return end.group in self.members and end.id in self.members[end.group].idle

    def condition(self, expr: ast.Expr, answer: bool, by_number: frozenset[str]) -> str | bool | None:
        """An `if` with its yes/no choices replaced by `answer`: a value, or the text that is left of it.

        None: it holds another choice, which may have been decided differently for each edge. Replicas of the
        groups `by_number` keep their numbers: what these mean now was asked of `meant`.
        """
        match expr:
            case ast.Choice(domain=ast.Number()):
                return answer
            case ast.Choice():
                return None
            case ast.Unary(op="not", operand=operand):
                inner = self.condition(operand, answer, by_number)
                return not inner if isinstance(inner, bool) else self.part(expr, operand, inner)
            case ast.Binary(op="and" | "or" as op, left=left, right=right):
                sides = [(side, self.condition(side, answer, by_number)) for side in (left, right)]
                decisive = op == "or"
                if any(text is decisive for _, text in sides):
                    return decisive
                rest = [(side, text) for side, text in sides if not isinstance(text, bool)]
                if not rest:
                    return not decisive
                if any(text is None for _, text in rest):
                    return None
                if len(rest) == 1:
                    return rest[0][1]
                edits = [Edit(at(side.span, expr.span.start), text or "") for side, text in rest]
                return apply_edits(self.renderer.slice(expr.span), edits)
            case _:
                renderer = replace(self.renderer, as_numbered=by_number)
                return renderer.texts(expr, [Copy(self.path)], shared=False)[0]

    def part(self, whole: ast.Expr, child: ast.Expr, text: str | None) -> str | None:
        if text is None:
            return None
        return apply_edits(self.renderer.slice(whole.span), [Edit(at(child.span, whole.span.start), text)])

    # --- edges listed singly

    def listed(self, edge: ast.Edge, live: Sequence[EdgeTemplate]) -> tuple[str, ...]:
        """The edges one by one, those together that share their sources or their targets."""
        lines = [self.line(edge, template) for template in live]
        kinds = sorted(
            {(line.source_suffix, line.target_suffix, line.guard) for line in lines},
            key=lambda kind: (kind[0], kind[1], kind[2] or ""),
        )
        cover = Cover(self.members, self.order)
        found: list[str] = []
        for source_suffix, target_suffix, guard in kinds:
            pairs = [
                (line.source, line.target)
                for line in lines
                if (line.source_suffix, line.target_suffix, line.guard)
                == (source_suffix, target_suffix, guard)
            ]
            for sources, targets in cover.products(pairs, bool(source_suffix), bool(target_suffix)):
                text = f"edge {cover.ends(sources)}{source_suffix} -> {cover.ends(targets)}{target_suffix}"
                found.append(text if guard is None else f"{text} when {guard}")
        return tuple(found)

    def line(self, edge: ast.Edge, template: EdgeTemplate) -> Line:
        source, target = self.source(template), self.target(template)
        for left, right in zip(edge.ends, edge.ends[1:], strict=False):
            names = self.bound(left, right, source, target)
            if names is not None:
                conditions = [clause.value for clause in edge.clauses if clause.kind == "when"]
                guards = [self.guard(condition, template, names) for condition in conditions]
                return Line(source, target, suffix(left), suffix(right), guards[0] if guards else None)
        raise AssertionError(f"no hop of the statement makes {source.id} -> {target.id}")

    def bound(self, left: ast.Expr, right: ast.Expr, source: End, target: End) -> dict[str, int] | None:
        """The index variables for which a hop makes an edge; None if it never does."""
        names = sorted(self.variables(left) | self.variables(right))
        most = max(
            (number for members in self.members.values() for p in members.old.values() for number in p),
            default=1,
        )
        for numbers in product(range(1, most + 1), repeat=len(names)):
            env = dict(zip(names, numbers, strict=True))
            if self.covers(left, env, source) and self.covers(right, env, target):
                return env
        return None

    def covers(self, end: ast.Expr, env: Mapping[str, Known], wanted: End) -> bool:
        """Whether an end of a statement means a node."""
        match end:
            case ast.Name(id=name):
                return name == wanted.group
            case ast.Member(base=base):
                return self.covers(base, env, wanted)
            case ast.ListExpr(items=items):
                return any(self.covers(item, env, wanted) for item in items)
            case ast.Index(base=ast.Name(id=name), args=args) if name == wanted.group:
                position = self.members[name].old[wanted.id]
                return all(
                    in_reach(arg.value, env, number) for arg, number in zip(args, position, strict=False)
                )
            case _:
                return False

    # --- parts

    def source(self, template: EdgeTemplate) -> End:
        match template.source:
            case NodeRef(id=id):
                return End(self.group_of[id], id)
            case Input(port=port):
                return End(port, port)
            case other:
                raise TypeError(f"an edge starts at a node or an input, not at {other.kind}")

    def target(self, template: EdgeTemplate) -> End:
        return End(self.group_of[template.target], template.target)

    def label(self, end: End) -> str:
        """How addresses name an end: `worker[2]`, or the bare name."""
        members = self.members.get(end.group)
        position = () if members is None else members.old[end.id]
        return end.group + (f"[{','.join(map(str, position))}]" if position else "")

    def guard(self, expr: ast.Expr, template: EdgeTemplate, names: Mapping[str, int]) -> str | None:
        prefix = f"{self.path}.{self.label(self.source(template))}->{self.label(self.target(template))}"
        return self.renderer.guard(expr, [Copy(prefix, names, {})], shared=False)[0]

    def variables(self, expr: ast.Expr) -> set[str]:
        """The index variables in an end of a statement: free letters in brackets (language.md G6)."""
        match expr:
            case ast.Name() | ast.Number() | ast.String():
                return set()
            case ast.Member(base=base):
                return self.variables(base)
            case ast.ListExpr(items=items):
                return set[str]().union(*(self.variables(item) for item in items))
            case ast.Index(args=args):
                names = {name for arg in args for name in names_in(arg.value)}
                return {name for name in names if len(name) == 1 and name not in self.declared}
            case _:
                return set()

    def groups_by_variable(self, end: ast.Expr) -> set[str]:
        """The groups whose replicas an end selects by an index variable."""
        match end:
            case ast.Member(base=base):
                return self.groups_by_variable(base)
            case ast.ListExpr(items=items):
                return set[str]().union(*(self.groups_by_variable(item) for item in items))
            case ast.Index(base=ast.Name(id=name)) if self.variables(end):
                return {name}
            case _:
                return set()

    def end_text(self, end: ast.Expr) -> str | None:
        """An end of a statement in the resolved text, if it can stay in one piece."""
        match end:
            case ast.Index(base=ast.Name(id=name)) if self.variables(end):
                members = self.members.get(name)
                return (
                    None
                    if members is None or members.singles or not members.alive
                    else self.renderer.slice(end.span)
                )
            case ast.ListExpr(items=items):
                texts = [text for item in items if (text := self.end_text(item)) is not None]
                if texts == [self.renderer.slice(item.span) for item in items]:
                    return self.renderer.slice(end.span)
                return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]" if texts else None
            case ast.Member(base=base, name=port):
                text = self.end_text(base)
                return None if text is None else f"{text}.{port}"
            case _:
                return self.renderer.texts(end, [Copy(self.path)], shared=False)[0]


def groups_in(end: ast.Expr) -> tuple[str, ...]:
    """The names of nodes in an end of a statement, index variables and counts among them."""
    return tuple(part.id for part in every(end) if isinstance(part, ast.Name))


def suffix(end: ast.Expr) -> str:
    """`.port`, if an end has one."""
    return f".{end.name}" if isinstance(end, ast.Member) else ""


def in_reach(expr: ast.Expr, env: Mapping[str, Known], number: int) -> bool:
    """Whether an index or a range of them means a number."""
    if isinstance(expr, ast.Range):
        low, high = tree_value(expr.low, env), tree_value(expr.high, env)
        # A bound that is a name of the graph cannot be told from the tree: the other tells enough.
        return not (isinstance(low, int) and number < low) and not (isinstance(high, int) and number > high)
    value: Value | object = tree_value(expr, env)
    return value is UNKNOWN or value == number


def at(span: Span, start: int) -> Span:
    """A span relative to the start of the text that it lies in."""
    return Span(span.start - start, span.end - start)
