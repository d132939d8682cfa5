"""What goes into roles and functions, and what is read from their replies."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from tgl.ir.expr import Frozen


class PortSpec(Frozen):
    """A port. `type` is "text", "list", "answer", "number", …; optional or not (language.md G11).

    Of the type "tagged", `tags` are those that it takes.
    """

    name: str
    type: str
    optional: bool = False
    tags: tuple[str, ...] = Field(default=(), exclude_if=lambda tags: not tags)

    @property
    def is_list(self) -> bool:
        """Whether it takes any number of messages."""
        return self.type == "list"


class Reader(Frozen):
    """How a reply becomes a value.

    `answer` is read by the task's key; `number` finds a number in [low, high]; `choice` one of `options`.
    `record` finds a JSON object with `fields`, `list` a JSON list of `item`s; `tagged` a line that begins
    with one of `tags`, and reads what stands behind it (None: nothing does). `after` is the text behind which
    the value stands (the last occurrence counts). `optional`: of a field, which may be missing. `ranked`: of
    a list of texts, the best first and none twice.
    """

    kind: Literal["text", "answer", "number", "choice", "record", "list", "tagged"]
    after: str | None = None
    low: float | None = None
    high: float | None = None
    options: tuple[str, ...] = ()
    fields: tuple[tuple[str, Reader], ...] = ()
    item: Reader | None = None
    tags: tuple[tuple[str, Reader | None], ...] = ()
    optional: bool = False
    ranked: bool = False

    @model_serializer(mode="wrap")
    def without_parts(self, handler: SerializerFunctionWrapHandler) -> dict[str, object]:
        """Without parts that are not there: programs from before these existed keep their name."""
        found: dict[str, object] = handler(self)
        return {name: value for name, value in found.items() if name not in PARTS or value}


PARTS = frozenset({"fields", "item", "tags", "optional", "ranked"})


PYTHON_FN = "python:"
"""How the registered names of functions written in Python begin."""

MOST_RESULT = 16_384
"""Bytes that the result of such a function may have, as JSON: what reads it has a worst case."""


class FunctionSpec(Frozen):
    """A function that a user wrote in Python: `python` is `package.module:name`.

    `name` is how expressions and nodes call it: target and signature, so that two declarations of one
    function differ where their types do. `params` follow the ports, by name. `values` are the list ports
    whose members arrive as what they were read as, not as texts. `result` is how its result is read,
    "bool" for a yes or no.
    """

    name: str
    declared: str
    python: str
    ports: tuple[PortSpec, ...]
    values: tuple[str, ...] = ()
    params: tuple[str, ...] = ()
    result: Reader | Literal["bool"]

    @property
    def module(self) -> str:
        """The module that it is in."""
        return self.python.partition(":")[0]
