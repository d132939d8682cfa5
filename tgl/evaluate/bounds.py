"""Compile-time limits as bounds that the sampler keeps by construction.

The worst tokens of a node that is not decided yet are counted as in `worst`, with the longest option of each
of its texts and the `max_tokens` of every message that some program of the space could send it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tgl.evaluate.base_roles import alternatives
from tgl.evaluate.cost import CostModel, Price, Tokens
from tgl.evaluate.worst import CHAT_TOKENS
from tgl.ir import (
    Alternative,
    ChoicePoint,
    ChoiceRef,
    Const,
    Expr,
    GraphTemplate,
    Limit,
    ListOf,
    NodeRef,
    NodeTemplate,
    Op,
    ProgramIR,
)
from tgl.space import Bound, atoms


class WorstCase:
    """Worst cases of a program's nodes on a task's examples.

    Args:
        ir: the program.
        longest: UTF-8 bytes of the longest value of each given field.
        shot_bytes: UTF-8 bytes of the longest few-shot row, by the path that the program names.
    """

    def __init__(self, ir: ProgramIR, longest: Mapping[str, int], shot_bytes: Mapping[str, int]) -> None:
        self._choices = {choice.address: choice for choice in ir.choices}
        self._shot_bytes = shot_bytes
        self._fields = longest
        self._sources = dict(source_counts(ir.graph))
        self._reply = max(
            (self.integer(alternative, "max_tokens", 0) for alternative in alternatives(ir.graph)), default=0
        )

    def asks(self, alternative: Alternative) -> int:
        """How often a node may be asked at most."""
        return 1 + self.integer(alternative, "retry", 0)

    def tokens(self, node: NodeTemplate, alternative: Alternative, model: str) -> Tokens:
        """The worst tokens of one ask."""
        prompts = [text for name in ("prompt", "system") for text in self.texts(alternative, name)]
        named = sum(
            size * max((text.count(name) for text in prompts), default=0)
            for name, size in self._fields.items()
        )
        shots = 0
        if alternative.shots is not None:
            row = self._shot_bytes.get(alternative.shots.path, 0)
            longest = max((len(text.encode()) for text in prompts), default=0)
            shots = self.integer(alternative, "shots", 0) * (row + longest + 2 * CHAT_TOKENS)
        own = sum(
            max((len(text.encode()) for text in self.texts(alternative, name)), default=0)
            for name in ("prompt", "system", *alternative.params)
        )
        upstream = self._sources.get((node.id, alternative.key), 0) * self._reply
        return Tokens(
            model,
            own + named + shots + upstream + 2 * CHAT_TOKENS,
            self.integer(alternative, "max_tokens", 0),
        )

    def price(self, node: NodeTemplate, alternative: Alternative, model: str, price: Price) -> float:
        """The worst price of a node, re-asks included."""
        return self.asks(alternative) * price.of(self.tokens(node, alternative, model))

    def integer(self, alternative: Alternative, name: str, missing: int) -> int:
        """The largest value of a whole-number setting."""
        expr = dict(alternative.fields).get(name)
        values = [] if expr is None else options(expr, self._choices)
        return max((int(value) for value in values if isinstance(value, int | float)), default=missing)

    def texts(self, alternative: Alternative, name: str) -> list[str]:
        """All texts that a setting may have."""
        expr = dict(alternative.fields).get(name)
        values = [] if expr is None else options(expr, self._choices)
        return [value for value in values if isinstance(value, str)]


def worst_bound(
    limits: Sequence[Limit], worst: WorstCase, cost: CostModel, dollars: Mapping[str, Price]
) -> tuple[Bound, ...]:
    """The compile-time limits as bounds, in order. Latency has no compile-time bound and is left out."""
    found: list[Bound] = []
    for limit in limits:
        if limit.stat != "worst" or limit.what == "latency":
            continue
        prices = dollars if limit.what == "cost" and limit.unit == "$" else cost.prices
        if limit.what == "calls":
            prices = {name: Price(1.0, 0.0, 0.0) for name in cost.prices}
        elif limit.what == "tokens":
            prices = {name: Price(0.0, 1.0, 1.0) for name in cost.prices}
        found.append(Bound(limit.value, NodePrice(worst, prices)))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class NodePrice:
    """The worst price of a node on a model (on the dearest, if that is not decided)."""

    worst: WorstCase
    prices: Mapping[str, Price]

    def __call__(self, node: NodeTemplate, alternative: Alternative, model: str | None) -> float:
        """Price of a live role node."""
        names = self.prices if model is None else (model,)
        return max(self.worst.price(node, alternative, name, self.prices[name]) for name in names)


def options(expr: Expr, choices: Mapping[str, ChoicePoint]) -> list[object]:
    """All literal values that a static expression may have; arithmetic with choices gives none."""
    match expr:
        case Const(value=value):
            return [value]
        case ChoiceRef(address=address):
            return [
                value
                for atom in atoms(choices[address].domain)
                for meaning in atom.meanings
                for value in options(meaning, choices)
            ]
        case ListOf(items=items):
            return [value for item in items for value in options(item, choices)]
        case Op(op="at", args=(items, _)):
            return options(items, choices)
        case _:
            return []


def source_counts(graph: GraphTemplate) -> list[tuple[tuple[str, str], int]]:
    """How many messages could arrive at each node as each of its alternatives, nested graphs included."""
    found: list[tuple[tuple[str, str], int]] = []
    for node in graph.nodes:
        edges = [edge for edge in graph.edges if edge.target == node.id]
        for alternative in node.alternatives:
            key = alternative.key
            wired = sum(node_count(expr) for _, expr in alternative.args)
            arriving = sum(any(name == key for name, _ in edge.ports) for edge in edges)
            found.append(((node.id, key), wired + arriving))
            if alternative.graph is not None:
                found += source_counts(alternative.graph)
    return found


def node_count(expr: Expr) -> int:
    """How many messages of nodes an argument may hold."""
    match expr:
        case NodeRef():
            return 1
        case ListOf(items=parts) | Op(args=parts):
            return sum(node_count(part) for part in parts)
        case _:
            return 0
