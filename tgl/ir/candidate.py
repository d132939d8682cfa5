"""A candidate: the program under one assignment, pruned, canonical, ready to run.

A flat acyclic graph of calls and pure functions. Its canonical JSON, with nodes numbered in place of their
names, is its identity: two assignments that make the same program make candidates of one digest (semantics.md
6), and so does the resolved text, whatever names its decided copies have.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cached_property
from operator import attrgetter
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, JsonValue

from tgl.ir.expr import Expr, Fn, Frozen, Input, ListOf, NodeRef, Op, Scalar
from tgl.ir.interface import PortSpec, Reader
from tgl.ir.program import ShotsSource


class CallNode(Frozen):
    """A model call.

    `inputs` are in port order; a list port holds a `ListOf` in message order (G8); a port that receives
    nothing is left out. `params` are the role's own parameters, for its prompts. `draw` is static
    (semantics.md 1) and 0 at temperature 0. `retry` is the number of further asks when a reply can't be
    read; ask number r uses draw `draw + r * RETRY_STRIDE`. `on_failure` is what a call that failed for good
    does to the run: it fails, or the node is absent (G19).
    """

    kind: Literal["call"] = "call"
    id: str
    role: str
    model: str
    prompt: str
    system: str | None
    ports: tuple[PortSpec, ...]
    inputs: tuple[tuple[str, Expr], ...]
    params: tuple[tuple[str, Scalar], ...]
    reader: Reader
    shots: int
    shots_source: ShotsSource | None
    temperature: float | None
    top_p: float | None
    max_tokens: int | None
    stop: tuple[str, ...]
    retry: int
    guard: Expr | None
    draw: int
    on_failure: Literal["fail", "absent"] = "fail"


class FnNode(Frozen):
    """A pure function of messages, `fn` by its registered name (`std.reduce:majority`)."""

    kind: Literal["fn"] = "fn"
    id: str
    fn: str
    inputs: tuple[tuple[str, Expr], ...]
    guard: Expr | None


VALUE_FN = "core:value"
"""A function node whose value is that of its one input, whatever it is: a list, a yes or no, a record."""
TAKE_FN = "core:take"
"""As `VALUE_FN`: the first `most` present members of `items`; a run notes when more were there."""
ANSWER_TEXT_FN = "core:answer_text"
"""The normal form of an answer, of which a vector is made."""
WITH_VECTOR_FN = "core:with_vector"
"""A message with the vector of its answer."""
VECTOR_ROLE = "core:vector"
"""The role of a call that makes a vector: the key `embedding` puts it behind an answer that is voted on."""
MADE = frozenset({VALUE_FN, TAKE_FN})
"""Functions of nodes that lowering makes; no trace shows them."""

RETRY_STRIDE = 1 << 20
"""Draws of re-asks start here, far above any node's ordinal."""
IMPLIED: tuple[tuple[str, JsonValue], ...] = (("on_failure", "fail"),)
"""Settings left out of the structure, so that programs from before they existed keep their identity."""
canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode
"""JSON of a value, one text for equal values."""
WRITTEN_APART = frozenset({"id", "draw", "guard", "inputs"})
"""Fields of a call that the structure writes for each node; the others are alike in many."""

ALIKE = attrgetter(*(name for name in CallNode.model_fields if name not in WRITTEN_APART))

RunNode: TypeAlias = Annotated[CallNode | FnNode, Field(discriminator="kind")]


class Candidate(Frozen):
    """Nodes in canonical order (each after its sources) and the output expression."""

    nodes: tuple[RunNode, ...]
    output: Expr

    @cached_property
    def structure(self) -> str:
        """Canonical JSON with the place of each node (from 0) as its id: what runs, whatever it is called.

        It is written node by node, since a candidate may have 100,000 of them.
        """
        places = {node.id: place for place, node in enumerate(self.nodes)}
        settings: dict[tuple[object, ...], str] = {}
        nodes = ",".join(numbered_node(node, places, settings) for node in self.nodes)
        return f'{{"nodes":[{nodes}],"output":{numbered_expr(self.output, places)}}}'

    @cached_property
    def digest(self) -> str:
        """Sha-256 of the structure, hex."""
        return hashlib.sha256(self.structure.encode()).hexdigest()

    @cached_property
    def calls(self) -> tuple[CallNode, ...]:
        """The call nodes, in order."""
        return tuple(node for node in self.nodes if isinstance(node, CallNode))


def numbered_node(node: RunNode, places: Mapping[str, int], settings: dict[tuple[object, ...], str]) -> str:
    """A node of the structure. `settings` remembers the text of fields that many calls have in common."""
    guard = "null" if node.guard is None else numbered_expr(node.guard, places)
    ports = ",".join(f"[{canonical(port)},{numbered_expr(expr, places)}]" for port, expr in node.inputs)
    edges = f'"guard":{guard},"id":{places[node.id]},"inputs":[{ports}]'
    if isinstance(node, FnNode):
        return f'{{"fn":{canonical(node.fn)},{edges},"kind":"fn"}}'
    # The scalars by their text too: 1, 1.0 and True are one key, and so are 0.0 and -0.0.
    scalars = repr((node.params, node.temperature, node.top_p))
    alike = (scalars, *ALIKE(node))
    text = settings.get(alike)
    if text is None:
        found = node.model_dump(mode="json", exclude=set(WRITTEN_APART))
        kept = {name: value for name, value in found.items() if (name, value) not in IMPLIED}
        text = settings[alike] = canonical(kept)[1:]
    return f'{{"draw":{node.draw},{edges},{text}'


def numbered_expr(expr: Expr, places: Mapping[str, int]) -> str:
    """An expression of the structure: canonical JSON with places for names of nodes."""
    match expr:
        case NodeRef(id=name):
            # A name that no node has is for whoever makes a plan to report.
            place = places.get(name)
            return f'{{"id":{canonical(name) if place is None else place},"kind":"node"}}'
        case ListOf(items=items):
            return f'{{"items":[{",".join([numbered_expr(item, places) for item in items])}],"kind":"list"}}'
        case Op(op=op, args=args):
            parts = ",".join([numbered_expr(arg, places) for arg in args])
            return f'{{"args":[{parts}],"kind":"op","op":{canonical(op)}}}'
        case Fn(fn=name, args=args, named=named):
            parts = ",".join([numbered_expr(arg, places) for arg in args])
            pairs = ",".join([f"[{canonical(port)},{numbered_expr(arg, places)}]" for port, arg in named])
            return f'{{"args":[{parts}],"fn":{canonical(name)},"kind":"fn","named":[{pairs}]}}'
        case Input(instance=instance, port=port):
            return f'{{"instance":{canonical(instance)},"kind":"input","port":{canonical(port)}}}'
        case _:
            return canonical(expr.model_dump(mode="json"))
