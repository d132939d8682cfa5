"""The standard library's pure functions over messages, and the evaluation of run-time expressions."""

from tgl.stdfn.early import RULES, foretold_call
from tgl.stdfn.evaluate import Scope, evaluate, functions_of, holds
from tgl.stdfn.faults import EvaluationError, FunctionError
from tgl.stdfn.opened import Open, Partial, Range, Truth, is_settled, settled_all
from tgl.stdfn.partial import PartialScope, foretold, foretold_guard
from tgl.stdfn.registry import FUNCTIONS, NO_FUNCTIONS, StdFunction, call_function
from tgl.stdfn.replies import HANDED_ON, READING_LOGPROBS
from tgl.stdfn.values import (
    Message,
    Record,
    ReplyFacts,
    Tagged,
    Value,
    json_of,
    listed,
    message_of,
    number_in,
    plain,
    present,
    shown,
    spliced,
    text_of,
    vote_key,
)

__all__ = [
    "FUNCTIONS",
    "HANDED_ON",
    "NO_FUNCTIONS",
    "READING_LOGPROBS",
    "RULES",
    "EvaluationError",
    "FunctionError",
    "Message",
    "Open",
    "Partial",
    "PartialScope",
    "Range",
    "Record",
    "ReplyFacts",
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
    "functions_of",
    "holds",
    "is_settled",
    "json_of",
    "listed",
    "message_of",
    "number_in",
    "plain",
    "present",
    "settled_all",
    "shown",
    "spliced",
    "text_of",
    "vote_key",
]
