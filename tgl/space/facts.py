"""What is decided so far, and what static expressions are worth under it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tgl.ir import (
    Assignment,
    ChoiceRef,
    Const,
    Expr,
    Fn,
    Input,
    Is,
    ListOf,
    ModelName,
    ModelOf,
    NodeRef,
    Op,
    WhatName,
)
from tgl.space.plan import AltPlan, NodePlan, Space
from tgl.space.static import UNKNOWN, Static, Unknown, operate


@dataclass(slots=True)
class Facts:
    """Decisions so far, by address: what a reference means, the value, the atom (run in parallel)."""

    space: Space
    meanings: dict[str, Expr] = field(default_factory=dict[str, Expr])
    assignment: Assignment = field(default_factory=Assignment)
    taken: dict[str, int] = field(default_factory=dict[str, int])

    def record(self, address: str, atom: int, member: int) -> None:
        """Note a decision."""
        table = self.space.choices[address].atoms[atom]
        self.meanings[address] = table.meanings[member]
        self.assignment[address] = table.values[member]
        self.taken[address] = atom

    def forget(self, address: str) -> None:
        """Take a tentative decision back."""
        del self.meanings[address]
        del self.assignment[address]
        del self.taken[address]

    def peek(self, expr: Expr) -> Static | Unknown:
        """The value of a static expression, `UNKNOWN` while an open choice matters to it."""
        match expr:
            case Const():
                return expr.value
            case ChoiceRef():
                meaning = self.meanings.get(expr.address)
                return UNKNOWN if meaning is None else self.peek(meaning)
            case ModelName() | WhatName():
                return expr
            case Op():
                return operate(expr.op, [self.peek(arg) for arg in expr.args])
            case ListOf():
                members: list[Static] = []
                for item in expr.items:
                    value = self.peek(item)
                    if isinstance(value, Unknown):
                        return UNKNOWN
                    members.append(value)
                return tuple(members)
            case Is():
                return self._is(expr)
            case ModelOf():
                node = self.space.node(expr.node)
                return UNKNOWN if node is None or node.on is None else self.peek(node.on)
            case Fn(fn="size", args=(ListOf(items=items),)):
                return len(items)
            case Fn() | Input() | NodeRef():
                return UNKNOWN

    def pick(self, node: NodePlan) -> AltPlan | None:
        """The alternative of a node, None while it is open."""
        key = self._key(node)
        return node.alternatives.get(key) if isinstance(key, str) else None

    def possible(self, node: NodePlan) -> Iterable[AltPlan]:
        """The alternatives that a node may still be."""
        picked = self.pick(node)
        return node.alternatives.values() if picked is None else (picked,)

    def first_open(self, expr: Expr) -> str:
        """The address of the leftmost open choice that the value of an unknown expression waits for.

        Raises:
            ValueError: if it waits for none, so is not static.
        """
        match expr:
            case ChoiceRef():
                meaning = self.meanings.get(expr.address)
                return expr.address if meaning is None else self.first_open(meaning)
            case Op(args=parts) | ListOf(items=parts):
                for part in parts:
                    if self.peek(part) is UNKNOWN:
                        return self.first_open(part)
            case Is():
                node = self.space.node(expr.node)
                if node is not None:
                    open_part = self.peek(node.exists) is UNKNOWN
                    return self.first_open(node.exists if open_part else node.template.pick)
            case ModelOf():
                node = self.space.node(expr.node)
                if node is not None and node.on is not None:
                    return self.first_open(node.on)
            case _:
                pass
        raise ValueError(f"not a static expression: {expr!r}")

    def _key(self, node: NodePlan) -> Static | Unknown:
        pick = node.template.pick
        if isinstance(pick, ChoiceRef):
            value = self.assignment.get(pick.address)
            return value if isinstance(value, str) else UNKNOWN
        value = self.peek(pick)
        return value.name if isinstance(value, WhatName) else value

    def _is(self, expr: Is) -> Static | Unknown:
        node = self.space.node(expr.node)
        if node is None:
            return False
        exists = self.peek(node.exists)
        if exists is False or exists is None:
            return False
        whats = {alt.template.what == expr.what for alt in self.possible(node)}
        if whats == {False}:
            return False
        if exists is UNKNOWN or len(whats) > 1:
            return UNKNOWN
        return True
