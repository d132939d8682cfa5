"""Node statements with their choices decided."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from tgl.emit.errors import NeedsSingles, UnwrittenDecision
from tgl.emit.render import Copy, Renderer, Texts
from tgl.emit.splice import joined, spliced
from tgl.emit.tree import every, has_choice
from tgl.syntax import ast
from tgl.text import Edit, Span, apply_edits

LISTS = frozenset({"stop"})
"""Options of which a list is one value: a list of one for each replica is a list of lists."""


@dataclass(frozen=True, slots=True)
class Callee:
    """What a replica turned out to be.

    `name` replaces the written name (a decided copy of a graph), `extra` are arguments to add, `options`
    those that may be given for each replica in a list (C18), `required` the params of a graph that have no
    default. `spelled`: its own name in the file that is written, imported when this is asked for.
    """

    kind: Literal["role", "fn", "graph"]
    name: str | None = None
    extra: tuple[tuple[str, str], ...] = ()
    options: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    whole: Callable[[], Callee] | None = None
    spelled: Callable[[], str] | None = None

    @property
    def in_full(self) -> Callee:
        """What the call has to say without the help of a name; names that it needs are imported now."""
        return self if self.whole is None else self.whole()


@dataclass(frozen=True, slots=True)
class Replica:
    """A surviving replica: its copy of the statement, its rank (from 0) in lists that the user wrote.

    `model`: what it runs on, as the text spells it; None if it runs on none.
    """

    copy: Copy
    callee: Callee
    written_rank: int
    model: str | None = None


@dataclass(slots=True)
class NodeWriter:
    """Writes one node statement for the replicas that are left of it.

    `written` is how many replicas a list in the statement has items for, `indices` are the index variables
    that the statement declares, one for each dimension. `away` are params of which only another text tells
    what they are.
    """

    renderer: Renderer
    written: int
    indices: tuple[str | None, ...] = ()
    away: frozenset[str] = frozenset()

    def text(
        self,
        node: ast.NodeStmt,
        replicas: Sequence[Replica],
        dims: Sequence[str] = (),
        *,
        keeps_if: bool = False,
        in_rounds: bool = False,
    ) -> str:
        """The statement; `dims` are the counts in its brackets (none: it is a single node)."""
        copies = [replica.copy for replica in replicas]
        what = self.slot(self.what(node.what, replicas, shared=True), is_what=True)
        if what is None:
            raise UnwrittenDecision(copies[0].prefix, "nothing is left of what it runs")
        clauses = [self.clause(clause, replicas, keeps_if, in_rounds) for clause in node.clauses]
        brackets = self.brackets(dims)
        edits = [(node.what.span, what)]
        edits += [
            (clause.value.span, text) for clause, text in zip(node.clauses, clauses, strict=True) if text
        ]
        for clause in node.clauses:
            if clause.until is not None:  # of a batch: one condition for all replicas
                text = self.renderer.one(clause.until, group_copy(copies))
                edits += [] if text is None else [(clause.until.span, text)]
        start = node.span.start
        body = apply_edits(
            self.renderer.slice(node.span),
            [
                *(Edit(Span(span.start - start, span.end - start), text) for span, text in edits),
                *self.dims_edits(node, brackets),
                *(
                    self.removal(node, clause)
                    for clause, text in zip(node.clauses, clauses, strict=True)
                    if text is None
                ),
            ],
        )
        return body

    def brackets(self, dims: Sequence[str]) -> str | None:
        """What stands in the brackets, with the index variables that the statement has or needs."""
        if not dims:
            return None
        names = self.renderer.index if self.renderer.uses_index else self.indices
        return ", ".join(
            count if name is None else f"{name}: {count}" for name, count in zip(names, dims, strict=True)
        )

    def dims_edits(self, node: ast.NodeStmt, dims: str | None) -> list[Edit]:
        if not node.dims:
            return []
        start = node.span.start
        first, last = node.dims[0].span.start, node.dims[-1].span.end
        if dims is not None:
            return [Edit(Span(first - start, last - start), dims)]
        text = self.renderer.source.text
        opening = text.rindex("[", node.span.start, first)
        closing = text.index("]", last)
        return [Edit(Span(opening - start, closing + 1 - start), "")]

    def removal(self, node: ast.NodeStmt, clause: ast.Clause) -> Edit:
        """Takes out a clause, with the blanks before it."""
        text, start = self.renderer.source.text, clause.span.start
        while text[start - 1] in " \t":
            start -= 1
        return Edit(Span(start - node.span.start, clause.span.end - node.span.start), "")

    def clause(
        self, clause: ast.Clause, replicas: Sequence[Replica], keeps_if: bool, in_rounds: bool
    ) -> str | None:
        """The value of a clause; None if the clause goes."""
        copies = [replica.copy for replica in replicas]
        match clause.kind:
            case "if" if keeps_if:
                return self.renderer.slice(clause.value.span)
            case "if" if in_rounds:  # what a round decides has to be asked in each
                text = self.renderer.texts(clause.value, copies, shared=True)[0]
                return None if text == "true" else text
            case "batch":
                # a batch that holds all of them has no condition that is asked
                asked = clause.until is None or self.renderer.one(clause.until, group_copy(copies))
                return self.renderer.one(clause.value, group_copy(copies)) if asked else None
            case "if":  # decided: the replicas that are left are those for which it holds
                return None
            case "on":
                texts = self.vector(clause.value, replicas, self.renderer.texts)
                if any(self.asks_the_gone(clause.value, replica) for replica in replicas):
                    texts = [replica.model for replica in replicas]
                known = [text for text in texts if text is not None]
                # Where the choice is inactive (a function was picked) any model will do.
                return self.slot([text or known[0] for text in texts]) if known else None
            case _:
                return self.renderer.guard(clause.value, copies, shared=True)[0]

    def asks_the_gone(self, expr: ast.Expr, replica: Replica) -> bool:
        """Whether a model is that of a node which the resolved text has not (C8)."""
        asked = [
            part.args[0].value
            for part in every(expr)
            if isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id == "model_of"
        ]
        return replica.model is not None and any(
            self.renderer.one(node, replica.copy) is None for node in asked
        )

    def slot(self, texts: Texts, *, is_what: bool = False) -> str | None:
        """One text for all, or a list of one for each.

        Replicas in rows and columns take no lists, so theirs are looked up by index; but what a node runs
        can't be.
        """
        known = [text for text in texts if text is not None]
        if len(known) < len(texts) or not known:
            return None
        if len(set(known)) == 1:
            return known[0]
        if len(self.indices) > 1:
            if is_what and self.renderer.group is not None:
                raise NeedsSingles(self.renderer.group)
            return self.renderer.looked_up(texts, [], shared=True)[0]
        self.renderer.list_is_written()
        return f"[{', '.join(known)}]"

    def vector(self, expr: ast.Expr, replicas: Sequence[Replica], render: Callable[..., Texts]) -> Texts:
        """A text for each replica, of a value that may be a list of one for each."""
        if isinstance(expr, ast.ListExpr) and len(expr.items) == self.written:
            items = [expr.items[replica.written_rank] for replica in replicas]
            found = [
                render(item, [replica.copy], shared=False)[0]
                for item, replica in zip(items, replicas, strict=True)
            ]
            return self.unchanged(expr, items, found)
        copies = [replica.copy for replica in replicas]
        return render(expr, copies, shared=not has_choice(expr))

    def unchanged(self, expr: ast.ListExpr, items: Sequence[ast.Expr], texts: Texts) -> Texts:
        """The list as it stands if its items do, so that its layout and comments stay."""
        same = list(items) == list(expr.items) and texts == [
            self.renderer.slice(item.span) for item in expr.items
        ]
        return [self.renderer.slice(expr.span)] * len(texts) if same else texts

    # --- what the node runs

    def what(self, expr: ast.Expr, replicas: Sequence[Replica], *, shared: bool) -> Texts:
        copies = [replica.copy for replica in replicas]
        match expr:
            case ast.Choice(domain=ast.Call(func=ast.ListExpr() | ast.Weights() as func) as called_all):
                # all options with the same arguments
                return self.call(called_all, func, replicas, shared=shared, choice=expr)
            case ast.Choice():
                return self.picked(expr, replicas, shared=shared)
            case ast.ListExpr(items=items) if len(items) == self.written:
                chosen = [items[replica.written_rank] for replica in replicas]
                found = [
                    self.what(item, [replica], shared=False)[0]
                    for item, replica in zip(chosen, replicas, strict=True)
                ]
                return self.unchanged(expr, chosen, found)
            case ast.Call(func=func):
                return self.call(expr, func, replicas, shared=shared)
            case ast.Name(id=name) if name in self.away:
                wholes = [replica.callee.in_full for replica in replicas]
                return [called(whole.name, whole) for whole in wholes]
            case ast.Name():
                names = self.renderer.texts(expr, copies, shared=shared)
                return [called(name, replica.callee) for name, replica in zip(names, replicas, strict=True)]
            case _:
                return self.renderer.texts(expr, copies, shared=shared)

    def picked(self, expr: ast.Choice, replicas: Sequence[Replica], *, shared: bool) -> Texts:
        """The alternative of each replica, rendered together if all have the same."""
        copies = [replica.copy for replica in replicas]
        chosen: list[ast.Expr] = []

        def note(item: ast.Expr, _: int) -> None:
            chosen.append(item)

        plain = self.renderer.picked(expr, copies, note)
        if len(chosen) == len(replicas) and all(item is chosen[0] for item in chosen):
            return self.what(chosen[0], replicas, shared=shared)
        if not chosen:  # a domain that is a name: its options are not written here
            names = [
                r.callee.spelled() if text and r.callee.spelled else text
                for text, r in zip(plain, replicas, strict=True)
            ]
            return [called(name, replica.callee) for name, replica in zip(names, replicas, strict=True)]
        return self.renderer.picked(
            expr, copies, lambda item, k: self.what(item, [replicas[k]], shared=False)[0]
        )

    def call(
        self,
        expr: ast.Call,
        func: ast.Expr,
        replicas: Sequence[Replica],
        *,
        shared: bool,
        choice: ast.Choice | None = None,
    ) -> Texts:
        """A call with its arguments.

        Options that differ become lists (C18). Where anything else differs there is a call for each replica,
        in which nothing needs to be shared.
        """
        if not shared:
            return self.calls(expr, func, replicas, shared=False, choice=choice)
        try:
            found = self.calls(expr, func, replicas, shared=True, choice=choice)
        except NeedsSingles:
            found = None
        if found is None or len(set(found)) > 1:
            return self.calls(expr, func, replicas, shared=False, choice=choice)
        return found

    def calls(
        self,
        expr: ast.Call,
        func: ast.Expr,
        replicas: Sequence[Replica],
        *,
        shared: bool,
        choice: ast.Choice | None = None,
    ) -> Texts:
        """`choice`: whose options `func` lists, so that its name is the one that was picked."""
        copies = [replica.copy for replica in replicas]
        options = frozenset[str]().union(*(replica.callee.options for replica in replicas))
        parts: list[Texts] = []
        for arg in expr.args:
            if arg.name in options and arg.when is None:
                texts = self.vector(arg.value, replicas, self.renderer.texts)
                if arg.name in LISTS and len(set(texts)) > 1:
                    texts = [f"[{text}]" if text and not text.startswith("[") else text for text in texts]
                if shared:
                    texts = [self.slot(texts)] * len(texts)
                parts.append(spliced(self.renderer.source, arg.span, [(arg.value.span, texts)], len(copies)))
            else:
                one_text = shared and not has_choice(arg.value)
                texts = self.renderer.arg(arg, copies, shared=one_text)
                if any(arg.name in replica.callee.required for replica in replicas):
                    # Nothing reads it in this program, but the graph asks for it: any of its values will do.
                    spare = self.renderer.any_option(arg, copies[0])
                    texts = [spare if text is None else text for text in texts]
                parts.append(texts)
        is_away = isinstance(func, ast.Name) and func.id in self.away
        if choice is not None:
            names = self.renderer.picked(choice, copies, lambda item, k: self.renderer.one(item, copies[k]))
        elif is_away:
            names = [None] * len(copies)
        else:
            names = self.renderer.texts(func, copies, shared=shared)
        found: Texts = []
        said = {arg.name for arg in expr.args}
        for k, (name, replica) in enumerate(zip(names, replicas, strict=True)):
            callee = replica.callee.in_full if is_away else replica.callee
            name = callee.name or name
            extra = [f"{key}: {value}" for key, value in callee.extra if not is_away or key not in said]
            rows: list[Texts] = [[part[k]] for part in parts]
            [text] = joined(self.renderer.source, expr, expr.args, rows, (func, [name]), extra, 1)
            # A call that loses its last argument is still what the node runs.
            found.append(name if text is None else text)
        return found


def group_copy(copies: Sequence[Copy]) -> Copy:
    """What is written once for all replicas of a node."""
    return Copy(copies[0].prefix.rpartition("[")[0])


def called(name: str | None, callee: Callee) -> str | None:
    """A bare name as what a node runs."""
    name = callee.name or name
    if name is None or not callee.extra:
        return name
    return f"{name}({', '.join(f'{key}: {value}' for key, value in callee.extra)})"
