"""A candidate: the program under one assignment, pruned, canonical, ready to run.

A flat acyclic graph of calls and pure functions. Its canonical JSON, with nodes numbered in place of their
names, is its identity: two assignments that make the same program make candidates of one digest (semantics.md
6), and so does the resolved text, whatever names its decided copies have.
"""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, JsonValue

from tgl.ir.expr import Expr, Frozen, Scalar
from tgl.ir.program import PortSpec, Reader, ShotsSource


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


RETRY_STRIDE = 1 << 20
"""Draws of re-asks start here, far above any node's ordinal."""
IMPLIED = (("on_failure", "fail"),)
"""Settings left out of the structure, so that programs from before they existed keep their identity."""

RunNode: TypeAlias = Annotated[CallNode | FnNode, Field(discriminator="kind")]


class Candidate(Frozen):
    """Nodes in canonical order (each after its sources) and the output expression."""

    nodes: tuple[RunNode, ...]
    output: Expr

    @cached_property
    def structure(self) -> str:
        """Canonical JSON with the place of each node (from 0) as its id: what runs, whatever it is called."""
        places = {node.id: place for place, node in enumerate(self.nodes)}

        def numbered(value: JsonValue) -> JsonValue:
            match value:
                case dict():
                    return {
                        # A name that no node has is for whoever makes a plan to report.
                        key: places.get(item, item)
                        if key == "id" and isinstance(item, str)
                        else numbered(item)
                        for key, item in value.items()
                        if (key, item) not in IMPLIED
                    }
                case list():
                    return [numbered(item) for item in value]
                case _:
                    return value

        found = numbered(self.model_dump(mode="json"))
        return json.dumps(found, sort_keys=True, separators=(",", ":"))

    @cached_property
    def digest(self) -> str:
        """Sha-256 of the structure, hex."""
        return hashlib.sha256(self.structure.encode()).hexdigest()

    @cached_property
    def calls(self) -> tuple[CallNode, ...]:
        """The call nodes, in order."""
        return tuple(node for node in self.nodes if isinstance(node, CallNode))
