"""A candidate made ready: who waits for whom, how prompts look, how replies are read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from tgl.ir import (
    RETRY_STRIDE,
    CallNode,
    Candidate,
    Expr,
    Fn,
    FnNode,
    Input,
    KeySpec,
    ListOf,
    NodeRef,
    Op,
    Reader,
    RunNode,
)
from tgl.models import Decoding
from tgl.runtime.identity import CallKey, canonical, canonical_options, drawn, opening
from tgl.runtime.prompts import PromptForm, Prompts, Rendered
from tgl.runtime.readers import Read, read_reply
from tgl.stdfn import NO_FUNCTIONS, RULES, Scope, StdFunction, holds

CACHED = 10_000
"""Texts that one reader or route remembers before it starts afresh."""
LONG = 1000
"""Code points of a reply from which on it is not remembered: votes share the short ones."""


class Reading:
    """A reader with its task's key; remembers what it read, since votes share replies."""

    def __init__(self, reader: Reader, key: KeySpec) -> None:
        self.reader = reader
        self.key = key
        self.read: dict[str, Read] = {}

    def value(self, text: str) -> Read:
        """The value of a reply, None if it can't be read."""
        if len(text) > LONG:
            return read_reply(self.reader, self.key, text)
        if text not in self.read:
            if len(self.read) >= CACHED:
                self.read.clear()
            self.read[text] = read_reply(self.reader, self.key, text)
        return self.read[text]


class FieldGuard:
    """A guard that reads given fields alone: a route. Remembers what it was for which texts."""

    def __init__(self, expr: Expr) -> None:
        self.expr = expr
        self.fields = tuple(part.port for part in parts_of(expr) if isinstance(part, Input))
        self.found: dict[tuple[str, ...], bool] = {}

    def holds(self, scope: Scope) -> bool:
        """Whether its node runs.

        Raises:
            EvaluationError: it has no meaning for this example.
        """
        texts = tuple([text for field in self.fields if isinstance(text := scope.field(field), str)])
        if len(texts) < len(self.fields):
            return holds(self.expr, scope)  # numbers, and yes or no, are equal in more ways than one
        known = self.found.get(texts)
        if known is None:
            if len(self.found) >= CACHED:
                self.found.clear()
            known = self.found[texts] = holds(self.expr, scope)
        return known


@dataclass(frozen=True, slots=True)
class CallStep:
    """A call node made ready. `logprobs`: whether its model is asked for log-probabilities."""

    node: CallNode
    form: PromptForm
    reading: Reading
    fingerprint: str
    opening: str
    decoding: Decoding
    options: str
    logprobs: bool = False

    def asks(self) -> int:
        """How often it may be asked: a greedy reply would only repeat itself."""
        return 1 if self.node.temperature == 0 else 1 + self.node.retry

    def draw(self, ask: int) -> int:
        """The draw of ask number `ask`, from 0."""
        return self.node.draw + ask * RETRY_STRIDE

    def key(self, rendered: Rendered, salt: str, draw: int) -> CallKey:
        """The key of one ask."""
        # The same as `call_key`, without writing the fingerprint as JSON for each ask.
        salted = '""' if not salt else canonical(salt)
        return drawn(f"{self.opening}{rendered.canonical},{self.options},{salted}", draw)


@dataclass(frozen=True, slots=True)
class Plan:
    """A candidate with its dependencies by position. `steps[k]` is None for a function.

    `sources` are `guards` and `inputs` together, `routes` the guards that read given fields alone. `early`
    tells which nodes may be certain before all of their sources are, `is_early` whether any part may be.
    `slots` is how many calls of one question a deployment runs at a time (None: as many as there are).
    """

    nodes: tuple[RunNode, ...]
    steps: tuple[CallStep | None, ...]
    index: Mapping[str, int]
    sources: tuple[tuple[int, ...], ...]
    guards: tuple[tuple[int, ...], ...]
    inputs: tuple[tuple[int, ...], ...]
    readers: tuple[tuple[int, ...], ...]
    output: Expr
    outputs: tuple[int, ...]
    key: KeySpec
    early: tuple[bool, ...]
    is_early: bool
    routes: tuple[FieldGuard | None, ...]
    slots: int | None = None
    functions: Mapping[str, StdFunction] = field(default_factory=dict[str, StdFunction])

    @property
    def is_timed(self) -> bool:
        """Whether a question may take another time than its critical path."""
        return self.is_early or self.slots is not None


class Planner:
    """Makes plans and keeps them by candidate, with the prompts and readings that they share."""

    def __init__(
        self,
        prompts: Prompts,
        key: KeySpec,
        fingerprints: Mapping[str, str],
        *,
        slots: int | None = None,
        functions: Mapping[str, StdFunction] = NO_FUNCTIONS,
        logprobs: Collection[str] = (),
    ) -> None:
        self.slots = slots
        self.logprobs = frozenset(logprobs)
        self.functions = functions
        self.prompts = prompts
        self.key = key
        self.fingerprints = fingerprints
        self.readings: dict[Reader, Reading] = {}
        self.openings = {name: opening(fingerprint) for name, fingerprint in fingerprints.items()}
        self.decodings: dict[tuple[str, bool], tuple[Decoding, str]] = {}
        self.plans: dict[str, Plan] = {}

    def plan(self, candidate: Candidate) -> Plan:
        """The plan of a candidate.

        Raises:
            ValueError: a node reads one that does not stand before it, or its model or shots are unknown.
        """
        found = self.plans.get(candidate.digest)
        if found is None:
            found = self.plans[candidate.digest] = self.fresh(candidate)
        return found

    def fresh(self, candidate: Candidate) -> Plan:
        """The plan, made."""
        index: dict[str, int] = {}
        sources: list[tuple[int, ...]] = []
        guards: list[tuple[int, ...]] = []
        inputs: list[tuple[int, ...]] = []
        spared: list[bool] = []
        for position, node in enumerate(candidate.nodes):
            guard_parts = [] if node.guard is None else parts_of(node.guard)
            input_parts = parts_of(*[expr for _, expr in node.inputs])
            guard = positions(guard_parts, index, node.id)
            needed = positions(input_parts, index, node.id)
            both = tuple(sorted({*guard, *needed})) if guard else needed
            spared.append(bool(both) and settles_early(node, len(both), [*input_parts, *guard_parts]))
            guards.append(guard)
            inputs.append(needed)
            sources.append(both)
            index[node.id] = position
        readers: list[list[int]] = [[] for _ in candidate.nodes]
        for position, needed in enumerate(sources):
            for source in needed:
                readers[source].append(position)
        output_parts = parts_of(candidate.output)
        outputs = positions(output_parts, index, "the output")
        guarded = [bool(guard and needed) for guard, needed in zip(guards, inputs, strict=True)]
        told_early = bool(outputs) and any(map(is_early_part, output_parts))
        return Plan(
            nodes=candidate.nodes,
            steps=tuple([self.step(node) for node in candidate.nodes]),
            index=index,
            sources=tuple(sources),
            guards=tuple(guards),
            inputs=tuple(inputs),
            readers=tuple([tuple(places) for places in readers]),
            output=candidate.output,
            outputs=outputs,
            key=self.key,
            early=tuple([any(pair) for pair in zip(spared, guarded, strict=True)]),
            is_early=told_early or any(spared) or any(guarded),
            routes=tuple(
                [
                    None if guard or node.guard is None else FieldGuard(node.guard)
                    for node, guard in zip(candidate.nodes, guards, strict=True)
                ]
            ),
            functions=self.functions,
            slots=self.slots,
        )

    def step(self, node: RunNode) -> CallStep | None:
        """A call node made ready."""
        if isinstance(node, FnNode):
            return None
        if node.model not in self.fingerprints:
            raise ValueError(f"`{node.id}` runs on `{node.model}`, which is not bound")
        # By their text: 1 and 1.0 are equal, and are not sent alike.
        logprobs = node.model in self.logprobs
        signature = repr((node.temperature, node.top_p, node.max_tokens, node.stop)), logprobs
        if signature not in self.decodings:
            decoding = Decoding(node.temperature, node.top_p, node.max_tokens, node.stop)
            self.decodings[signature] = decoding, canonical_options(decoding, logprobs=logprobs)
        decoding, options = self.decodings[signature]
        reading = self.readings.get(node.reader)
        if reading is None:
            reading = self.readings[node.reader] = Reading(node.reader, self.key)
        return CallStep(
            node,
            self.prompts.form(node),
            reading,
            self.fingerprints[node.model],
            self.openings[node.model],
            decoding,
            options,
            logprobs,
        )


def positions(parts: Iterable[Expr], index: Mapping[str, int], reader: str) -> tuple[int, ...]:
    """The positions of the nodes among the parts of expressions, sorted."""
    found: set[int] = set()
    for part in parts:
        if isinstance(part, NodeRef):
            if part.id not in index:
                raise ValueError(f"{reader} reads `{part.id}`, which does not stand before it")
            found.add(index[part.id])
    return tuple(sorted(found)) if found else ()


def parts_of(*exprs: Expr) -> list[Expr]:
    """Expressions with all their parts, each before its own."""
    found = list(exprs)
    for part in found:  # which grows meanwhile
        match part:
            case ListOf(items=parts) | Op(args=parts):
                found.extend(parts)
            case Fn(args=parts, named=named):
                found.extend(parts)
                found.extend([value for _, value in named])
            case _:
                pass
    return found


def settles_early(node: RunNode, sources: int, parts: Iterable[Expr]) -> bool:
    """Whether a node may be certain before all of its sources are decided; `parts` are its expressions'."""
    return (isinstance(node, FnNode) and node.fn in RULES and sources > 1) or any(map(is_early_part, parts))


def is_early_part(part: Expr) -> bool:
    """Whether a part of an expression may be certain before all that it reads is."""
    match part:
        case Fn(fn=name):
            return name in RULES
        case Op(op="and" | "or" | "when" | "else"):
            return True
        case _:
            return False
