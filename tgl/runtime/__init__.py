"""Runs candidates on examples: a pure scheduler, and an executor that obeys it.

A call's identity decides its response; concurrency, order, crash and resume change nothing that comes
out (semantics.md 1–3).
"""

from tgl.runtime.counts import Counts
from tgl.runtime.digests import Spent
from tgl.runtime.errors import BatchStopped, BillReached, MissingResponses, ModelRefused
from tgl.runtime.events import CallsNeeded, FromStore, Issued, RuntimeEvent, Settled, Waiting
from tgl.runtime.executor import Executor, RuntimeOptions
from tgl.runtime.foresight import PossibleAsk
from tgl.runtime.functions import LoadFault, PythonFunctions
from tgl.runtime.identity import CallKey, call_key, canonical_messages, canonical_options, origin_of
from tgl.runtime.jobs import CallUse, Example, Fallback, Job, ModelBinding, RunResult, RunStatus
from tgl.runtime.ledger import BillCap, BillLine, FaultLine, Ledger
from tgl.runtime.plan import Plan, Planner
from tgl.runtime.policy import Abort, CallPolicy, GiveUp, Reach, RetryAfter, Verdict, retry
from tgl.runtime.pool import CallPool
from tgl.runtime.ports import value_of
from tgl.runtime.prompts import PromptError, Prompts, Rendered, ShotsTable, shown_text
from tgl.runtime.quorum import QuorumRun
from tgl.runtime.readers import read_reply
from tgl.runtime.run import CallModel, Command, Done, Event, Failed, Replied, Run, Unneeded
from tgl.runtime.traffic import CallFailed
from tgl.runtime.union import DropRule

__all__ = [
    "Abort",
    "BatchStopped",
    "BillCap",
    "BillLine",
    "BillReached",
    "CallFailed",
    "CallKey",
    "CallModel",
    "CallPolicy",
    "CallPool",
    "CallUse",
    "CallsNeeded",
    "Command",
    "Counts",
    "Done",
    "DropRule",
    "Event",
    "Example",
    "Executor",
    "Failed",
    "Fallback",
    "FaultLine",
    "FromStore",
    "GiveUp",
    "Issued",
    "Job",
    "Ledger",
    "LoadFault",
    "MissingResponses",
    "ModelBinding",
    "ModelRefused",
    "Plan",
    "Planner",
    "PossibleAsk",
    "PromptError",
    "Prompts",
    "PythonFunctions",
    "QuorumRun",
    "Reach",
    "Rendered",
    "Replied",
    "RetryAfter",
    "Run",
    "RunResult",
    "RunStatus",
    "RuntimeEvent",
    "RuntimeOptions",
    "Settled",
    "ShotsTable",
    "Spent",
    "Unneeded",
    "Verdict",
    "Waiting",
    "call_key",
    "canonical_messages",
    "canonical_options",
    "origin_of",
    "read_reply",
    "retry",
    "shown_text",
    "value_of",
]
