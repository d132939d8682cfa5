"""The standard library's pure functions over messages, and the evaluation of run-time expressions."""

from tgl.stdfn.early import RULES, foretold_call
from tgl.stdfn.evaluate import EvaluationError, Scope, evaluate, holds
from tgl.stdfn.opened import Open, Partial, Range, Truth, is_settled, settled_all
from tgl.stdfn.partial import PartialScope, foretold, foretold_guard
from tgl.stdfn.registry import FUNCTIONS, StdFunction, call_function
from tgl.stdfn.values import (
    Message,
    Record,
    Tagged,
    Value,
    json_of,
    message_of,
    present,
    shown,
    spliced,
    text_of,
    vote_key,
)

__all__ = [
    "FUNCTIONS",
    "RULES",
    "EvaluationError",
    "Message",
    "Open",
    "Partial",
    "PartialScope",
    "Range",
    "Record",
    "Scope",
    "StdFunction",
    "Tagged",
    "Truth",
    "Value",
    "call_function",
    "evaluate",
    "foretold",
    "foretold_call",
    "foretold_guard",
    "holds",
    "is_settled",
    "json_of",
    "message_of",
    "present",
    "settled_all",
    "shown",
    "spliced",
    "text_of",
    "vote_key",
]
