"""A candidate made ready: who waits for whom, how prompts look, how replies are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tgl.ir import (
    RETRY_STRIDE,
    CallNode,
    Candidate,
    Expr,
    Fn,
    FnNode,
    KeySpec,
    ListOf,
    NodeRef,
    Op,
    Reader,
    RunNode,
)
from tgl.keys import Answer
from tgl.models import Decoding
from tgl.runtime.identity import CallKey, canonical, canonical_options, drawn, opening
from tgl.runtime.prompts import PromptForm, Prompts, Rendered
from tgl.runtime.readers import read_reply

CACHED = 100_000
"""Replies that one reader remembers before it starts afresh."""


class Reading:
    """A reader with its task's key; remembers what it read, since votes share replies."""

    def __init__(self, reader: Reader, key: KeySpec) -> None:
        self.reader = reader
        self.key = key
        self.read: dict[str, Answer | float | str | None] = {}

    def value(self, text: str) -> Answer | float | str | None:
        """The value of a reply, None if it can't be read."""
        if text not in self.read:
            if len(self.read) >= CACHED:
                self.read.clear()
            self.read[text] = read_reply(self.reader, self.key, text)
        return self.read[text]


@dataclass(frozen=True, slots=True)
class CallStep:
    """A call node made ready."""

    node: CallNode
    form: PromptForm
    reading: Reading
    fingerprint: str
    opening: str
    decoding: Decoding
    options: str

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
    """A candidate with its dependencies by position. `steps[k]` is None for a function."""

    nodes: tuple[RunNode, ...]
    steps: tuple[CallStep | None, ...]
    index: Mapping[str, int]
    sources: tuple[tuple[int, ...], ...]
    guards: tuple[tuple[int, ...], ...]
    readers: tuple[tuple[int, ...], ...]
    output: Expr
    outputs: tuple[int, ...]
    key: KeySpec


class Planner:
    """Makes plans and keeps them by candidate, with the prompts and readings that they share."""

    def __init__(self, prompts: Prompts, key: KeySpec, fingerprints: Mapping[str, str]) -> None:
        self.prompts = prompts
        self.key = key
        self.fingerprints = fingerprints
        self.readings: dict[str, Reading] = {}
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
        for position, node in enumerate(candidate.nodes):
            guard = () if node.guard is None else positions(node.guard, index, node.id)
            inputs = [at for _, expr in node.inputs for at in positions(expr, index, node.id)]
            guards.append(guard)
            sources.append(tuple(sorted({*guard, *inputs})))
            index[node.id] = position
        readers: list[list[int]] = [[] for _ in candidate.nodes]
        for position, needed in enumerate(sources):
            for source in needed:
                readers[source].append(position)
        return Plan(
            nodes=candidate.nodes,
            steps=tuple(self.step(node) for node in candidate.nodes),
            index=index,
            sources=tuple(sources),
            guards=tuple(guards),
            readers=tuple(tuple(places) for places in readers),
            output=candidate.output,
            outputs=positions(candidate.output, index, "the output"),
            key=self.key,
        )

    def step(self, node: RunNode) -> CallStep | None:
        """A call node made ready."""
        if isinstance(node, FnNode):
            return None
        if node.model not in self.fingerprints:
            raise ValueError(f"`{node.id}` runs on `{node.model}`, which is not bound")
        decoding = Decoding(node.temperature, node.top_p, node.max_tokens, node.stop)
        form = self.prompts.form(node)
        signature = node.reader.model_dump_json()
        reading = self.readings.setdefault(signature, Reading(node.reader, self.key))
        fingerprint = self.fingerprints[node.model]
        options = canonical_options(decoding)
        return CallStep(node, form, reading, fingerprint, opening(fingerprint), decoding, options)


def positions(expr: Expr, index: Mapping[str, int], reader: str) -> tuple[int, ...]:
    """The positions of the nodes that an expression reads, sorted."""
    found: set[int] = set()
    for node in nodes_in(expr):
        if node not in index:
            raise ValueError(f"{reader} reads `{node}`, which does not stand before it")
        found.add(index[node])
    return tuple(sorted(found))


def nodes_in(expr: Expr) -> Iterator[str]:
    """The nodes that an expression reads."""
    match expr:
        case NodeRef(id=node):
            yield node
        case ListOf(items=parts) | Op(args=parts):
            for part in parts:
                yield from nodes_in(part)
        case Fn(args=args, named=named):
            for part in (*args, *(value for _, value in named)):
                yield from nodes_in(part)
        case _:
            return
