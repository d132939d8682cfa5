"""Graphs to measure the runtime on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from tgl.ir import CallNode, Candidate, Expr, FnNode, Input, ListOf, NodeRef, PortSpec, Reader, RunNode

SHAPES = ("wide", "layered", "chain")
LAYER = 10


def sources_of(shape: str, position: int) -> list[int]:
    """The nodes that a node of a shape reads."""
    match shape:
        case "chain":
            return [position - 1] if position else []
        case "layered":
            layer = position // LAYER * LAYER
            return [layer - LAYER + k for k in range(3)] if layer else []
        case _:
            return []


def fn_graph(shape: str, count: int) -> Candidate:
    """Pure functions: in a chain, in layers of 10 that read 3 of the layer before, or side by side."""
    nodes: list[RunNode] = []
    question: Expr = Input(instance="g", port="question")
    for position in range(count):
        sources = tuple(NodeRef(id=f"n{source}") for source in sources_of(shape, position))
        last = shape == "wide" and position == count - 1
        xs: Expr = ListOf(items=tuple(NodeRef(id=f"n{k}") for k in range(position)) if last else sources)
        fn = "std.reduce:majority" if len(sources) > 1 or last else "std.reduce:first"
        reads = xs if sources or last else question
        nodes.append(FnNode(id=f"n{position}", fn=fn, inputs=(("xs", reads),), guard=None))
    return Candidate(nodes=tuple(nodes), output=NodeRef(id=f"n{count - 1}"))


def call(
    name: str, sources: Sequence[str], *, role: str = "assistant", model: str = "m0", draw: int = 0
) -> CallNode:
    """A call that shows the question and the drafts that it gets."""
    return CallNode(
        id=name,
        role=role,
        model=model,
        prompt=role + ": {{ question }}{% for d in drafts %} [{{ d }}]{% endfor %}",
        system=None,
        ports=(PortSpec(name="question", type="text"), PortSpec(name="drafts", type="list", optional=True)),
        inputs=(
            ("question", Input(instance="g", port="question")),
            ("drafts", ListOf(items=tuple(NodeRef(id=source) for source in sources))),
        ),
        params=(),
        reader=Reader(kind="answer"),
        shots=0,
        shots_source=None,
        temperature=0.7,
        top_p=None,
        max_tokens=16,
        stop=(),
        retry=0,
        guard=None,
        draw=draw,
    )


def chance(*what: object) -> float:
    """A number in [0, 1) that the arguments decide."""
    return int.from_bytes(hashlib.sha256(repr(what).encode()).digest()[:6], "big") / 2**48


def random_graph(number: int, *, nodes: int = 8, density: float = 0.3) -> Candidate:
    """Calls of 2 roles on 4 models; a pair is an edge with chance `density`; the last node is the output."""
    names = [f"n{k}" for k in range(nodes)]
    edges = {
        name: [names[i] for i in range(k) if chance("edge", number, i, k) < density]
        for k, name in enumerate(names)
    }
    kept = {names[-1]}
    for name in reversed(names):
        kept |= set(edges[name]) if name in kept else set()
    drawn: dict[str, int] = {}
    made: list[RunNode] = []
    for name in (name for name in names if name in kept):
        model = f"m{int(4 * chance('model', number, name))}"
        role = "assistant" if chance("role", number, name) < 0.5 else "critic"
        made.append(call(name, edges[name], role=role, model=model, draw=drawn.get(model, 0)))
        drawn[model] = drawn.get(model, 0) + 1
    return Candidate(nodes=tuple(made), output=NodeRef(id=names[-1]))


def layered_calls(layers: int, width: int) -> Candidate:
    """Calls in layers, each of which reads 3 of the layer before; the output reads the last layer."""
    made: list[RunNode] = []
    for layer in range(layers):
        for k in range(width):
            sources = [f"n{layer - 1}_{(k + step) % width}" for step in range(3)] if layer else []
            made.append(call(f"n{layer}_{k}", sources, draw=len(made)))
    last = ListOf(items=tuple(NodeRef(id=f"n{layers - 1}_{k}") for k in range(width)))
    made.append(FnNode(id="vote", fn="std.reduce:majority", inputs=(("xs", last),), guard=None))
    return Candidate(nodes=tuple(made), output=NodeRef(id="vote"))
