"""Choice points: address, domain, prior, and the place in the text."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, JsonValue

from tgl.ir.expr import Expr, Frozen

Value: TypeAlias = JsonValue
"""A decided value as it stands in an assignment and a journal: a JSON scalar or list of them.

A model or a what is its name (for a what, the alternative's key), a yes/no is a bool.
"""

Assignment: TypeAlias = dict[str, Value]
"""Address -> value, of the active choices only (language.md C9)."""


class Options(Frozen):
    """A finite domain. `weights` are relative, > 0, as many as `options`.

    `values[k]` is the assignment value of `options[k]` (unique within the domain).
    """

    kind: Literal["options"] = "options"
    options: tuple[Expr, ...]
    values: tuple[Value, ...]
    weights: tuple[float, ...]


class IntRange(Frozen):
    """Integers low..high, both included, uniform; with `log`, n has the weight 1/n."""

    kind: Literal["int"] = "int"
    low: int
    high: int
    log: bool = False


class FloatRange(Frozen):
    """Reals low..high drawn uniformly (or log-uniformly) and rounded to 3 significant digits (C13)."""

    kind: Literal["float"] = "float"
    low: float
    high: float
    log: bool = False


class Flip(Frozen):
    """Yes with probability `p`, 0 < p < 1."""

    kind: Literal["flip"] = "flip"
    p: float


Domain: TypeAlias = Annotated[Options | IntRange | FloatRange | Flip, Field(discriminator="kind")]


class ChoiceKind(StrEnum):
    """What a choice decides; ties in the order of decision follow this order (C10)."""

    PARAM = "param"
    COUNT = "count"
    NODE_IF = "node_if"
    EDGE_IF = "edge_if"
    WHAT = "what"
    MODEL = "model"
    OPTION = "option"
    GUARD = "guard"


class TextPlace(Frozen):
    """A span [start, end) of code points in a named source."""

    source: str
    start: int
    end: int


class ChoicePoint(Frozen):
    """One decision of the search.

    `place` is the `~` expression; several choice points share a place when it is copied (C2).
    """

    address: str
    kind: ChoiceKind
    domain: Domain
    place: TextPlace
