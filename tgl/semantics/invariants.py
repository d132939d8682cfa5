"""What holds of every IR that leaves `lower`, one name for each fact."""

from __future__ import annotations

from enum import StrEnum

from tgl.text import frozen


class InternalError(Exception):
    """tglc broke a promise to itself: never the fault of the program. A person is asked to report it."""


class Invariant(StrEnum):
    """One fact that holds of a good IR; docs/ir.md lists them in words."""

    SCHEMA = "schema"
    PATH_INSIDE = "path-inside"
    NODE_ONCE = "node-once"
    NODE_INSIDE = "node-inside"
    GROUP_MEMBERS = "group-members"
    GROUP_NAME = "group-name"
    ALTERNATIVES = "alternatives"
    ALTERNATIVE_ONCE = "alternative-once"
    GRAPH_BODY = "graph-body"
    FN_NAME = "fn-name"
    ROLE_PROMPT = "role-prompt"
    ROLE_READER = "role-reader"
    ROLE_MODEL = "role-model"
    ARGUMENT_PORT = "argument-port"
    PICK = "pick"
    STATIC = "static"
    OPERATOR = "operator"
    OPERATOR_PLACE = "operator-place"
    NODE_KNOWN = "node-known"
    FACT_KNOWN = "fact-known"
    INPUT_KNOWN = "input-known"
    FN_DECLARED = "fn-declared"
    EDGE_SOURCE = "edge-source"
    EDGE_TARGET = "edge-target"
    EDGE_PORT = "edge-port"
    NO_CIRCLE = "no-circle"
    DOMAIN = "domain"
    CHOICE_ONCE = "choice-once"
    CHOICE_KNOWN = "choice-known"
    CHOICE_READ = "choice-read"
    CHOICE_ORDER = "choice-order"
    MODEL_ONCE = "model-once"
    MODEL_KNOWN = "model-known"
    UNIT_MODEL = "unit-model"
    JUDGE_MODEL = "judge-model"
    LOGPROBS_ASKED = "logprobs-asked"
    GOAL = "goal"


@frozen
class Broken:
    """An invariant that an IR breaks: where (a path, id or address) and how, in words."""

    invariant: Invariant
    where: str
    text: str

    def __str__(self) -> str:
        return f"{self.invariant}: {self.where}: {self.text}"
