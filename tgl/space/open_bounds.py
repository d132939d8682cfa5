"""What nodes may need whose program is not decided yet: the worst over all that it may be decided to be.

Interval analysis of a program with its choices: a setting counts with its dearest option, a port with every
message that may arrive, a message with the longest reply that its node may give.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import product
from typing import TypeAlias

from tgl.ir import (
    Alternative,
    ChoiceRef,
    Const,
    Expr,
    ListOf,
    ModelName,
    ModelSpec,
    NodeRef,
    NodeTemplate,
    Op,
    ProgramIR,
    Scalar,
    Value,
)
from tgl.space.compile import space_of
from tgl.space.domains import atoms
from tgl.space.lengths import Lengths, Measure, is_unknown, joined, largest
from tgl.space.plan import AltPlan, GraphPlan, NodePlan
from tgl.space.ranges import Amount, by_name, largest_of, priced, summed
from tgl.space.role_forms import RoleForms
from tgl.space.sizes import UNKNOWN_LENGTH, TextSize, Unbounded
from tgl.space.tokens import AskTokens, Prompt, prompt_tokens
from tgl.space.vectors import VECTOR_ASK, counts_votes, makes_answer

MOST_TEXTS = 256
"""Most combinations of prompts, system texts and params that are measured one by one; see `forms`."""

LeastPrompt: TypeAlias = tuple[str, str, tuple[Value | None, ...], tuple[tuple[str, TextSize], ...]]
"""A node, an alternative, its settings as far as they are decided, and what arrives at its ports."""


class OpenBounds:
    """Worst cases of a program's nodes, whatever is decided.

    Args:
        ir: the program.
        lengths: of its texts.

    `least_forms` and `least_prompts` are kept for the bounds from below (`least_texts`).
    """

    def __init__(self, ir: ProgramIR, lengths: Lengths) -> None:
        self.ir, self.lengths = ir, lengths
        self.space = space_of(ir)
        self.models: Mapping[str, ModelSpec] = by_name(ir.models)
        self.domains = {point.address: point.domain for point in ir.choices}
        self.messages: dict[str, TextSize] = {}
        self.measured: dict[tuple[str, str], AskTokens] = {}
        self.least_forms: dict[tuple[str, str, tuple[Value | None, ...]], RoleForms] = {}
        self.least_prompts: dict[LeastPrompt, float] = {}
        self.under_way: set[str] = set()
        self.voting = ir.task.key.embedder if ir.task is not None and counts_votes(ir) else None

    @cached_property
    def holders(self) -> Mapping[str, tuple[GraphPlan, NodePlan, AltPlan]]:
        """Where each nested instance is used, by its path."""
        return {
            alt.inner.template.path: (graph, node, alt)
            for graph in self.space.graphs.values()
            for node in graph.nodes
            for alt in node.alternatives.values()
            if alt.inner is not None
        }

    def asks(self, alternative: Alternative) -> int:
        """How often a node may be asked at most; at temperature 0 once."""
        fields = dict(alternative.fields)
        heat = list(self.values(fields["temperature"])) if "temperature" in fields else [None]
        if heat and all(value is not None and value == 0 for value in heat):
            return 1
        return 1 + self.number(alternative, "retry")

    def ask(self, node: NodeTemplate, alternative: Alternative) -> AskTokens:
        """The most tokens of one ask of a node as one of its alternatives, whichever edges are on."""
        key = (node.id, alternative.key)
        found = self.measured.get(key)
        if found is None:
            found = self.measured[key] = self._ask(node, alternative)
        return found

    def amount(self, node: NodeTemplate, alternative: Alternative, model: str | None) -> Amount:
        """The most that a node comes to on a model; on the dearest it may run on if that is not decided."""
        names = [model] if model is not None else self.models_of(node)
        times = self.asks(alternative)
        most = largest_of([self.one(node, alternative, name).times(times) for name in names])
        embedder = self.embedder(alternative)
        if embedder is None:
            return most
        vector = priced(self.models.get(embedder), 1.0, VECTOR_ASK.prompt, VECTOR_ASK.completion)
        return summed([most, vector])

    def embedder(self, alternative: Alternative) -> str | None:
        """The model that makes a vector of a node's answer, if a vote may count it."""
        return self.voting if makes_answer(alternative) else None

    def one(self, node: NodeTemplate, alternative: Alternative, model: str) -> Amount:
        """The most that one ask of a node comes to on a model."""
        ask = self.ask(node, alternative)
        return priced(self.models.get(model), 1.0, ask.prompt, ask.completion)

    def models_of(self, node: NodeTemplate) -> tuple[str, ...]:
        """The models that a node may run on."""
        graph = self.space.graphs[self.space.homes[node.id]]
        on = graph.nodes[graph.index[node.id]].on
        found = None if on is None else self.named(on)
        return found or self.space.models

    def named(self, on: Expr) -> tuple[str, ...] | None:
        """The models that an expression may be; None where that can't be told from it."""
        match on:
            case ModelName(name=name):
                return (name,)
            case ChoiceRef(address=address):
                parts = [meaning for atom in atoms(self.domains[address]) for meaning in atom.meanings]
            case ListOf(items=items):
                parts = list(items)
            case Op(op="at", args=(items, _)):
                parts = [items]
            case _:
                return None
        names = [self.named(part) for part in parts]
        known = [name for found in names if found is not None for name in found]
        return tuple(dict.fromkeys(known)) if None not in names and known else None

    def _ask(self, node: NodeTemplate, alternative: Alternative) -> AskTokens:
        limit = self.longest_reply(alternative)
        completion = math.inf if limit is None else limit
        try:
            home = self.space.graphs[self.space.homes[node.id]]
            plan = home.nodes[home.index[node.id]]
            arriving = self.arriving(home, plan, plan.alternatives[alternative.key])
            prompt = max(
                prompt_tokens(form, arriving, self.lengths.instruction)
                for form in self.forms(node, alternative)
            )
        except Unbounded as error:
            return AskTokens(math.inf, completion, error.reason)
        if is_unknown(prompt):
            return AskTokens(math.inf, completion, "it shows a reply whose `max_tokens` is not set")
        return AskTokens(prompt, completion, "" if limit is not None else "`max_tokens` is not set")

    def forms(self, node: NodeTemplate, alternative: Alternative) -> Iterator[Prompt]:
        """The prompts that an alternative may have; of many params, each with its longest value."""
        fields = dict(alternative.fields)
        prompts = [value for value in self.texts(fields.get("prompt")) if isinstance(value, str)] or [""]
        systems = [value for value in self.texts(fields.get("system")) if isinstance(value, str)]
        open_systems: list[str | None] = [*systems] if systems else [None]
        rows = None if alternative.shots is None else self.lengths.rows.get(alternative.shots.path)
        params = {
            name: max((len(str(value).encode()) for value in self.texts(fields.get(name))), default=0)
            for name in alternative.params
        }
        shots = self.number(alternative, "shots")
        if len(prompts) * len(open_systems) > MOST_TEXTS:
            raise Unbounded(node.id, "it has too many prompts to be measured")
        for prompt, system in product(prompts, open_systems):
            yield Prompt(node.id, prompt, system, alternative.ports, params, shots, rows)

    def arriving(self, graph: GraphPlan, node: NodePlan, alt: AltPlan) -> dict[str, TextSize]:
        """The most that may arrive at each port of a node as one of its alternatives."""
        measure = self.measure(graph)
        found: dict[str, list[TextSize]] = {
            port: [measure.size(self.settled(expr))] for port, expr in alt.wires.items()
        }
        single = {port.name for port in alt.template.ports if not port.is_list}
        for edge in graph.into[node.index]:
            port = edge.ports.get(alt.template.key)
            if port is not None:
                found.setdefault(port, []).append(measure.size(edge.template.source))
        return {port: largest(sizes) if port in single else joined(sizes) for port, sizes in found.items()}

    def measure(self, graph: GraphPlan) -> Measure:
        """What expressions of an instance come to."""
        ids = [node.template.id for node in graph.nodes]
        return Measure(_Messages(self, ids), self.input, graph.template.path)

    def input(self, instance: str, port: str) -> TextSize | None:
        """What may arrive at a port of an instance."""
        if instance == self.space.root.template.path:
            return self.lengths.size(port)
        held = self.holders.get(instance)
        return None if held is None else self.arriving(*held).get(port, TextSize(0, 0))

    def message(self, node_id: str) -> TextSize:
        """The longest that a node may say.

        Raises:
            Unbounded: nothing bounds it.
        """
        found = self.messages.get(node_id)
        if found is None:
            if node_id in self.under_way:
                raise Unbounded(node_id, "nodes that only pass messages on may wait for each other")
            self.under_way.add(node_id)
            try:
                found = self.messages[node_id] = self._message(node_id)
            finally:
                self.under_way.discard(node_id)
        return found

    def _message(self, node_id: str) -> TextSize:
        graph = self.space.graphs[self.space.homes[node_id]]
        node = graph.nodes[graph.index[node_id]]
        sizes: list[TextSize] = []
        for alt in node.alternatives.values():
            template = alt.template
            if alt.inner is not None:
                sizes.append(self.measure(alt.inner).size(self.settled(alt.inner.template.output)))
            elif template.kind == "role":
                limit = self.longest_reply(template)
                sizes.append(TextSize(UNKNOWN_LENGTH if limit is None else limit))
            else:
                sizes.append(self.passed_on(graph, node, alt))
        return largest(sizes)

    def passed_on(self, graph: GraphPlan, node: NodePlan, alt: AltPlan) -> TextSize:
        """The longest that a function may make of what arrives; list ports hold their messages apart."""
        arriving = self.arriving(graph, node, alt)
        fields = [(name, self.settled(expr)) for name, expr in alt.template.fields]
        names = [port for port in arriving if port not in dict(fields)]
        measure = Measure(arriving, self.input, node.template.id)
        inputs = [(port, NodeRef(id=port)) for port in names] + fields
        return measure.called(alt.template.fn or alt.template.what, inputs)

    def settled(self, expr: Expr) -> Expr:
        """An expression with each choice at its longest option; only lengths are read of it."""
        match expr:
            case ChoiceRef():
                values = self.texts(expr)
                numbers = [value for value in values if isinstance(value, int | float)]
                if numbers:
                    return Const(value=max(numbers))
                return Const(value=max(map(str, values), key=lambda text: len(text.encode()), default=""))
            case ListOf(items=items):
                return ListOf(items=tuple(self.settled(item) for item in items))
            case Op(op=op, args=args):
                return Op(op=op, args=tuple(self.settled(arg) for arg in args))
            case _:
                return expr

    def number(self, alternative: Alternative, name: str) -> int:
        """The largest value of a whole-number setting, 0 where it is not set."""
        expr = dict(alternative.fields).get(name)
        values = self.texts(expr)
        return max((int(value) for value in values if isinstance(value, int | float)), default=0)

    def longest_reply(self, alternative: Alternative) -> int | None:
        """The largest `max_tokens`; None where a reply may go without."""
        expr = dict(alternative.fields).get("max_tokens")
        if expr is None or any(not isinstance(value, int | float) for value in self.values(expr)):
            return None
        return self.number(alternative, "max_tokens")

    def texts(self, expr: Expr | None) -> list[Scalar]:
        """All values that a setting may have."""
        return [] if expr is None else [value for value in self.values(expr) if value is not None]

    def values(self, expr: Expr) -> Iterator[Scalar]:
        """All literal values that a static expression may have.

        Raises:
            Unbounded: it is none of literals, choices, and lists of these.
        """
        match expr:
            case Const(value=value):
                yield value
            case ChoiceRef(address=address):
                for atom in atoms(self.domains[address]):
                    for meaning in atom.meanings:
                        yield from self.values(meaning)
            case ListOf(items=items):
                for item in items:
                    yield from self.values(item)
            case Op(op="at", args=(items, _)):
                yield from self.values(items)
            case _:
                raise Unbounded("", "it shows what is calculated from choices")


class _Messages(Mapping[str, TextSize]):
    """The messages of an instance's nodes, measured when they are asked for."""

    def __init__(self, bounds: OpenBounds, ids: list[str]) -> None:
        self.bounds, self.ids = bounds, ids

    def __getitem__(self, node: str) -> TextSize:
        return self.bounds.message(node)

    def __contains__(self, node: object) -> bool:
        return node in self.ids

    def __iter__(self) -> Iterator[str]:
        return iter(self.ids)

    def __len__(self) -> int:
        return len(self.ids)
