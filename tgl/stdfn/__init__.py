"""The standard library's pure functions over messages, and the evaluation of run-time expressions."""

from tgl.stdfn.evaluate import EvaluationError, Scope, evaluate, holds
from tgl.stdfn.registry import FUNCTIONS, StdFunction, call_function
from tgl.stdfn.values import Message, Value, message_of, present, spliced, text_of, vote_key

__all__ = [
    "FUNCTIONS",
    "EvaluationError",
    "Message",
    "Scope",
    "StdFunction",
    "Value",
    "call_function",
    "evaluate",
    "holds",
    "message_of",
    "present",
    "spliced",
    "text_of",
    "vote_key",
]
