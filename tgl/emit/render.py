"""Expressions of the user's text with their choices decided.

A place that is copied (C2) is rendered for all its copies at once, because what must be *one* text for all of
them depends on how they differ: equal texts stay, an option that differs becomes a list, and anything else
that differs is looked up by the index variable, `[0.3, 0.5][i]`. Wherever nothing is decided and nothing is
renumbered, the characters of the source stay.

A copy for which an expression has no value (a choice that is inactive, a node that is gone) has the text
None, and what needs it is left out: an item of a list, an argument.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import assert_never

from tgl.emit.decisions import Decisions, Spell, option_position, value_text, written_options
from tgl.emit.errors import NeedsNumbers, NeedsSingles, UnwrittenDecision
from tgl.emit.guards import Copy, Texts, outcome, settled
from tgl.emit.members import Members, Position
from tgl.emit.splice import joined, nothing, spliced, table
from tgl.emit.statics import Known, tree_value
from tgl.emit.tree import has_choice
from tgl.ir import Options
from tgl.syntax import ast
from tgl.text import Edit, SourceFile, Span, apply_edits


@dataclass(slots=True)
class Renderer:
    """Renders the expressions of one statement.

    `renames` are names that are spelled otherwise in the file that is written, `gone` names that mean nothing
    any more (`gone_inside`: members of a loop or map). `index` are the variables by which copies that differ
    are looked up in a list, or in rows of the sizes `shape` (empty: they must not differ); where the
    statement does not declare them, `uses_index` tells that it has to. `keeps_positions`: replicas that are
    gone still count, so that no list can have one item for each; `has_lists` tells that one has. Replicas of
    the groups `as_numbered` are spelled as they stand. `first` holds what the carries of loops that are gone
    began with, `numbers` what static names mean. `never` is a condition that does not hold in any run.
    """

    source: SourceFile
    decisions: Decisions
    members: Mapping[str, Members]
    spell: Spell
    renames: Mapping[str, str] = field(default_factory=dict[str, str])
    gone: frozenset[str] = frozenset()
    gone_inside: frozenset[tuple[str, str]] = frozenset()
    index: tuple[str, ...] = ()
    shape: tuple[int, ...] = ()
    group: str | None = None
    uses_index: bool = False
    keeps_positions: bool = False
    has_lists: bool = False
    as_numbered: frozenset[str] = frozenset()
    first: Mapping[tuple[str, str], ast.Expr] = field(default_factory=dict[tuple[str, str], ast.Expr])
    never: str | None = None
    numbers: Mapping[str, Known] = field(default_factory=dict[str, Known])

    def slice(self, span: Span) -> str:
        """What stands in the source."""
        return self.source.text[span.start : span.end]

    def texts(self, expr: ast.Expr, copies: Sequence[Copy], *, shared: bool) -> Texts:
        """The expression for each copy; `shared` asks for one text that serves all of them."""
        match expr:
            case ast.Name():
                return self.name(expr, copies, shared=shared)
            case ast.Number() | ast.String() | ast.Fit():
                return [self.slice(expr.span)] * len(copies)
            case ast.Choice():
                return self.choice(expr, copies, shared=shared)
            case ast.Index():
                return self.index_texts(expr, copies, shared=shared)
            case ast.ListExpr(items=items):
                parts = [self.texts(item, copies, shared=shared) for item in items]
                args = [ast.Arg(item, span=item.span) for item in items]
                return joined(self.source, expr, args, parts, None, (), len(copies))
            case ast.Call(args=args):
                # What is gone is nothing to a function: an empty list.
                given: list[Texts] = [
                    [nothing(arg) if text is None else text for text in self.arg(arg, copies, shared=shared)]
                    for arg in args
                ]
                return self.call(expr, given, copies, shared=shared)
            case ast.Is(operand=child, name=name):
                children = [(child.span, self.texts(child, copies, shared=shared))]
                if name in self.renames:
                    at = Span(expr.span.end - len(name), expr.span.end)
                    children.append((at, [self.renames[name]] * len(copies)))
                return spliced(self.source, expr.span, children, len(copies))
            case ast.Member(base=ast.Name(id=loop), name=name) if (loop, name) in self.gone_inside:
                return [None] * len(copies)
            case ast.Member(base=ast.Name(id=loop), name=name) if (loop, name) in self.first:
                return self.texts(self.first[loop, name], copies, shared=shared)
            case ast.Member(base=child) | ast.Unary(operand=child):
                return spliced(
                    self.source,
                    expr.span,
                    [(child.span, self.texts(child, copies, shared=shared))],
                    len(copies),
                )
            case ast.Binary(op=op, left=left, right=right):
                return self.binary(expr, op, (left, right), copies, shared=shared)
            case ast.Range(low=left, high=right):
                children = [(side.span, self.texts(side, copies, shared=shared)) for side in (left, right)]
                return spliced(self.source, expr.span, children, len(copies))
            case ast.Weights():
                raise AssertionError("weights stand behind `~` only")
            case _:
                assert_never(expr)

    def one(self, expr: ast.Expr, copy: Copy) -> str | None:
        """The expression for a single copy."""
        return self.texts(expr, [copy], shared=False)[0]

    def guard(self, expr: ast.Expr, copies: Sequence[Copy], *, shared: bool) -> Texts:
        """A `when` for each copy, none if it always holds.

        What asks something of a node that is gone never holds (language.md G16); then an input that differs
        from itself says so, as a `when` has to be decided in the run.
        """
        found = settled(self, expr, copies, positive=True, shared=shared)
        known = [outcome(self, expr, copy, positive=True) for copy in copies]
        if None not in known:  # only numbers of replicas are left to ask about
            found = [*map(bool, known)]
        if shared and len(set(found)) > 1:
            raise self.differing(copies)
        if False in found and self.never is None:
            raise UnwrittenDecision(copies[0].prefix, "what never holds, in a graph without inputs")
        return [self.never if text is False else None if text is True else text for text in found]

    def with_parts(self, expr: ast.Expr, *parts: tuple[ast.Expr, str]) -> str:
        start = expr.span.start
        edits = [Edit(Span(part.span.start - start, part.span.end - start), text) for part, text in parts]
        return apply_edits(self.slice(expr.span), edits)

    def differing(self, copies: Sequence[Copy]) -> NeedsSingles | UnwrittenDecision:
        """What to raise where one text has to serve copies that differ."""
        return (
            NeedsSingles(self.group)
            if self.group
            else UnwrittenDecision(copies[0].prefix, "its copies differ")
        )

    # --- leaves

    def name(self, expr: ast.Name, copies: Sequence[Copy], *, shared: bool) -> Texts:
        name = expr.id
        if name in copies[0].old:
            return self.index_variable(name, copies, shared=shared)
        members = self.members.get(name)
        if name in self.gone or (members is not None and not members.alive):
            return [None] * len(copies)
        if members is not None and members.singles:
            return ["[" + ", ".join(members.references(members.alive)) + "]"] * len(copies)
        return [self.renames.get(name, self.slice(expr.span))] * len(copies)

    def index_variable(self, name: str, copies: Sequence[Copy], *, shared: bool) -> Texts:
        if all(copy.new.get(name) == copy.old[name] for copy in copies):
            return [name] * len(copies)
        return self.looked_up([str(copy.old[name]) for copy in copies], copies, shared=shared)

    def looked_up(self, texts: Texts, copies: Sequence[Copy], *, shared: bool) -> Texts:
        """The same, as one text for all copies if that is asked for."""
        if not shared or len(set(texts)) == 1:
            return texts
        known = [text for text in texts if text is not None]
        if not self.index or len(known) < len(texts) or (self.shape and prod(self.shape) != len(texts)):
            raise self.differing(copies)
        self.uses_index = True
        self.list_is_written()
        return [table(known, self.shape) + "".join(f"[{name}]" for name in self.index)] * len(texts)

    def list_is_written(self) -> None:
        """Note that a list has an item for each replica."""
        if self.keeps_positions and self.group is not None:
            raise NeedsNumbers(self.group)
        self.has_lists = True

    def choice(self, expr: ast.Choice, copies: Sequence[Copy], *, shared: bool) -> Texts:
        texts = self.picked(expr, copies, lambda item, k: self.one(item, copies[k]))
        return self.looked_up(texts, copies, shared=shared)

    def any_option(self, arg: ast.Arg, copy: Copy) -> str | None:
        """An argument with the first option of its choice, where the search had no need to decide it."""
        expr = arg.value
        items = written_options(expr.domain) if isinstance(expr, ast.Choice) else None
        if items and not has_choice(items[0]):
            return spliced(
                self.source, arg.span, [(expr.span, self.texts(items[0], [copy], shared=False))], 1
            )[0]
        points = self.decisions.by_place.get((self.source.name, expr.span.start, expr.span.end), ())
        if not points or not isinstance(points[0].domain, Options):
            return None
        text = value_text(points[0], points[0].domain.values[0], self.spell)
        return spliced(self.source, arg.span, [(expr.span, [text])], 1)[0]

    def picked(
        self, expr: ast.Choice, copies: Sequence[Copy], render: Callable[[ast.Expr, int], str | None]
    ) -> Texts:
        """What each copy decided: the option as the user wrote it, or else its value.

        `render` makes the text of an option for the copy at a position.
        """
        items = written_options(expr.domain)
        found: Texts = []
        for k, copy in enumerate(copies):
            point = self.decisions.at(self.source.name, expr.span, copy.prefix)
            if point is None:
                found.append(None)
                continue
            value = self.decisions.assignment[point.address]
            position = option_position(point, value)
            options = point.domain.options if isinstance(point.domain, Options) else ()
            if items is None or position is None or len(items) != len(options):  # equal options are merged
                found.append(value_text(point, value, self.spell))
                continue
            text = render(items[position], k)
            found.append(
                f"({text})" if text and isinstance(items[position], (ast.Binary, ast.Unary)) else text
            )
        return found

    # --- references to nodes

    def index_texts(self, expr: ast.Index, copies: Sequence[Copy], *, shared: bool) -> Texts:
        """`worker[2]`, `worker[i]`, `worker[1..3]`, or an item of a list."""
        members = self.members.get(expr.base.id) if isinstance(expr.base, ast.Name) else None
        if members is not None and members.name in self.as_numbered:
            return [self.slice(expr.span)] * len(copies)
        if members is None:
            base = self.texts(expr.base, copies, shared=shared)
            inner = [(arg.value.span, self.texts(arg.value, copies, shared=shared)) for arg in expr.args]
            return spliced(self.source, expr.span, [(expr.base.span, base), *inner], len(copies))
        if len(expr.args) < members.dims:
            return self.row_texts(expr, members, copies, shared=shared)
        if len(expr.args) == 1 and isinstance(expr.args[0].value, ast.Range):
            return self.range_texts(expr, expr.args[0].value, members, copies)
        return self.member_texts(expr, members, copies, shared=shared)

    def member_texts(
        self, expr: ast.Index, members: Members, copies: Sequence[Copy], *, shared: bool
    ) -> Texts:
        wanted: list[str | None] = []
        keeps = not members.singles
        for copy in copies:
            before, after = self.positions(expr, copy)
            if before is None:  # an index that only the program's own arithmetic tells
                if members.keeps_places:
                    return [self.slice(expr.span)] * len(copies)
                raise UnwrittenDecision(copy.prefix, f"which replica `{self.slice(expr.span)}` means")
            member = members.at_old(before)
            wanted.append(member)
            keeps = keeps and after is not None and members.at_new(after) == member
        if keeps and any(wanted):
            return [self.slice(expr.span)] * len(copies)
        if not shared or members.singles:
            refs: Texts = [None if member is None else members.reference(member) for member in wanted]
            return self.looked_up(refs, copies, shared=shared)
        if not any(wanted):
            return [None] * len(copies)
        numbers: Texts = [
            None if member is None else ", ".join(map(str, members.new[member])) for member in wanted
        ]
        looked_up = self.looked_up(numbers, copies, shared=True)
        return [f"{members.name}[{number}]" for number in looked_up]

    def positions(self, expr: ast.Index, copy: Copy) -> tuple[Position | None, Position | None]:
        """The position that an index means in the user's text, and in the resolved one."""
        numbers = self.numbers
        return position_of(expr, {**numbers, **copy.old}), position_of(expr, {**numbers, **copy.new})

    def row_texts(self, expr: ast.Index, members: Members, copies: Sequence[Copy], *, shared: bool) -> Texts:
        """`p[l]` of a node of several dimensions: the replicas of a row that are left."""
        rows: list[tuple[str, ...]] = []
        keeps = not members.singles
        for copy in copies:
            before, after = self.positions(expr, copy)
            if before is None:
                if members.keeps_places:
                    return [self.slice(expr.span)] * len(copies)
                raise UnwrittenDecision(copy.prefix, f"which replicas `{self.slice(expr.span)}` means")
            size = len(before)
            rows.append(tuple(m for m in members.alive if members.old[m][:size] == before))
            now = {m for m in members.alive if after is not None and members.new[m][:size] == after}
            keeps = keeps and now == {*rows[-1]}
        if keeps and any(rows):
            return [self.slice(expr.span)] * len(copies)
        texts: Texts = [f"[{', '.join(members.references(row))}]" if row else None for row in rows]
        return self.looked_up(texts, copies, shared=shared)

    def range_texts(
        self, expr: ast.Index, bounds: ast.Range, members: Members, copies: Sequence[Copy]
    ) -> Texts:
        found: Texts = []
        for copy in copies:
            low, high = (
                tree_value(bound, {**self.numbers, **copy.old}) for bound in (bounds.low, bounds.high)
            )
            if not isinstance(low, int) or not isinstance(high, int):
                if not members.is_unmoved:
                    raise UnwrittenDecision(copy.prefix, f"which replicas `{self.slice(expr.span)}` means")
                found.append(self.slice(expr.span))
                continue
            chosen = [member for n in range(low, high + 1) if (member := members.at_old((n,))) is not None]
            if [members.new[member] for member in chosen] == [(n,) for n in range(low, high + 1)]:
                found.append(self.slice(expr.span))
                continue
            refs = members.references(chosen)
            found.append(None if not refs else refs[0] if len(refs) == 1 else f"[{', '.join(refs)}]")
        return found

    # --- what is made of parts

    def binary(
        self,
        expr: ast.Binary,
        op: str,
        sides: tuple[ast.Expr, ast.Expr],
        copies: Sequence[Copy],
        *,
        shared: bool,
    ) -> Texts:
        rendered = [self.texts(side, copies, shared=shared) for side in sides]
        found = spliced(
            self.source, expr.span, [(s.span, t) for s, t in zip(sides, rendered, strict=True)], len(copies)
        )
        lists = op == "+" and any(isinstance(side, ast.ListExpr) for side in sides)
        if op != "or" and not lists:
            return found
        # `or` and joined lists go on with the side that is left.
        return [text or left or right for text, left, right in zip(found, *rendered, strict=True)]

    def call(self, expr: ast.Call, parts: Sequence[Texts], copies: Sequence[Copy], *, shared: bool) -> Texts:
        """A call with its arguments rendered."""
        names = self.texts(expr.func, copies, shared=shared)
        return joined(self.source, expr, expr.args, parts, (expr.func, names), (), len(copies))

    def arg(self, arg: ast.Arg, copies: Sequence[Copy], *, shared: bool) -> Texts:
        """An argument with its name and guard."""
        values = self.texts(arg.value, copies, shared=shared)
        if arg.when is None:
            return spliced(self.source, arg.span, [(arg.value.span, values)], len(copies))
        guards = self.guard(arg.when, copies, shared=shared)
        start = arg.span.start
        found: Texts = []
        for value, guard in zip(values, guards, strict=True):
            if value is None or guard is not None:
                children = [(arg.value.span, [value]), (arg.when.span, [guard])]
                found += spliced(self.source, arg.span, children, 1)
            else:
                found.append(self.slice(Span(start, arg.value.span.start)) + value)
        return found


def position_of(expr: ast.Index, names: Mapping[str, Known]) -> Position | None:
    """The position that an index in the text means, if it can be told."""
    numbers = [tree_value(arg.value, names) for arg in expr.args]
    return (
        tuple(n for n in numbers if isinstance(n, int)) if all(isinstance(n, int) for n in numbers) else None
    )
