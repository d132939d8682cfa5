"""A limit kept by construction: what a program may cost, and on which routes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from tgl.ir import Alternative, NodeTemplate
from tgl.space.open_bounds import OpenBounds
from tgl.space.plan import Space
from tgl.space.tokens import AskTokens

NodeCost: TypeAlias = Callable[[NodeTemplate, Alternative, str | None], float]
AskedCost: TypeAlias = Callable[[NodeTemplate, str | None, int, AskTokens], float]


@dataclass(frozen=True, slots=True)
class Worst:
    """What a node costs by what it is asked: `cost` of a node on a model, asked so often, for so many tokens.

    Args:
        open: what is known of the program's texts.
        cost: in the limit's unit, >= 0; no less for more asks or tokens.
        texts: whether tokens matter, or asks alone.
    """

    open: OpenBounds
    cost: AskedCost
    texts: bool


@dataclass(frozen=True, slots=True)
class Bound:
    """No candidate costs more than `limit`.

    `node_cost` is the worst cost of a live role node as an alternative on a model, >= 0, in the limit's
    unit (for calls: 1 plus its re-asks). A candidate's cost is the sum over its role nodes. `worst`, in the
    place of it, follows the settings, edges and messages that are decided. `also`: further limits, each
    kept by itself.
    """

    limit: float
    node_cost: NodeCost
    worst: Worst | None = None
    also: tuple[Bound, ...] = ()

    @property
    def parts(self) -> tuple[Bound, ...]:
        """Each limit by itself."""
        return (self, *self.also)

    def allows(self, cost: float) -> bool:
        """Whether a cost is within the limit (up to rounding), the further ones not looked at."""
        return cost <= self.limit * (1 + 1e-9) + 1e-12

    def heeds(self, space: Space, address: str) -> bool:
        """Whether what a program costs hangs on a choice by itself."""
        if address in space.priced:
            return True
        kinds = space.sized.get(address, frozenset())
        kept = [part.worst for part in self.parts if part.worst is not None]
        return any(kinds if worst.texts else kinds - {"text"} for worst in kept)

    @property
    def follows_texts(self) -> bool:
        """Whether a cost hangs on the texts that arrive."""
        return any(part.worst is not None and part.worst.texts for part in self.parts)

    def too_dear(self, least: float) -> str:
        """Why no program is in the limit, given the floor of the whole space."""
        if self.worst is None or not self.worst.texts:
            return f"the cheapest program costs {least:g}, more than the limit {self.limit:g}"
        return (
            "with each prompt and reply as long as it may be, the cheapest program comes to at least "
            f"{least:g}, more than the limit {self.limit:g}"
        )
