"""Expressions of the IR: what conditions, arguments, guards and outputs lower to.

One family serves three time scales. *Static* parts (`ChoiceRef`, `Is`, `ModelOf`, index arithmetic) are
decided with the program and folded to constants when a candidate is made; *run-time* parts (`Input`,
`NodeRef`, `Fn`) stay. A candidate's expressions hold no `ChoiceRef`, `Is` or `ModelOf`.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr

Scalar: TypeAlias = StrictBool | StrictInt | StrictFloat | StrictStr | None


class Frozen(BaseModel):
    """Base of all IR values: immutable, closed, hashable."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants", defer_build=True)


class Const(Frozen):
    """A literal."""

    kind: Literal["const"] = "const"
    value: Scalar


class ModelName(Frozen):
    """A model, as a value."""

    kind: Literal["model"] = "model"
    name: str


class WhatName(Frozen):
    """A role, function or graph, as a value."""

    kind: Literal["what"] = "what"
    name: str


class ListOf(Frozen):
    """A list. Members that are nodes which do not exist (or are absent in a run) are skipped."""

    kind: Literal["list"] = "list"
    items: tuple[Expr, ...]


class ChoiceRef(Frozen):
    """The decided value of a choice point (static)."""

    kind: Literal["choice"] = "choice"
    address: str


class Input(Frozen):
    """What arrives at port `port` of graph instance `instance`.

    For the outermost graph (`instance` is its name) this is a given field of the example. In a candidate
    only that case is left.
    """

    kind: Literal["input"] = "input"
    instance: str
    port: str


class NodeRef(Frozen):
    """The message of a node, by its full id (`solve.worker[2]`)."""

    kind: Literal["node"] = "node"
    id: str


class Op(Frozen):
    """A built-in operator: `or and not < <= > >= == != in + - * / neg at size when` and those below.

    `at`: list, 1-based index. `size`: of a list that is a choice. `when` (only in a candidate, for the
    guard of an edge): condition, message; the message, absent unless the condition is true. `acyclic` (only
    in what an edge's existence asks, no arguments): the edge closes no circle with those decided before it.

    `max` and `min` take any number of numbers and lists of them, and skip what is absent; only static ones
    (those of a run are functions, `core:max`).

    `range` (low, high: the whole numbers between) and `subset` (list, size, salt) are static lists.

    Only in a requirement: `linked` (the ids of two nodes: an edge or argument runs from the first to the
    second), `there` (the id of a node: it reaches the output), `count` (how many conditions hold).
    """

    kind: Literal["op"] = "op"
    op: str
    args: tuple[Expr, ...] = ()


class Fn(Frozen):
    """A pure function from the standard library, by its registered name (`std.signals:agreement`).

    `named` holds the named arguments, sorted by name.
    """

    kind: Literal["fn"] = "fn"
    fn: str
    args: tuple[Expr, ...] = ()
    named: tuple[tuple[str, Expr], ...] = ()


class Is(Frozen):
    """Whether a node runs `what` of the file `home` (static): another file's role of that name is not it."""

    kind: Literal["is"] = "is"
    node: str
    what: str
    home: str = ""


class ModelOf(Frozen):
    """The model that a node runs on (static)."""

    kind: Literal["model_of"] = "model_of"
    node: str


Expr: TypeAlias = Annotated[
    Const | ModelName | WhatName | ListOf | ChoiceRef | Input | NodeRef | Op | Fn | Is | ModelOf,
    Field(discriminator="kind"),
]
