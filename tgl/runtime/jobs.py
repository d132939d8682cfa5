"""What is run, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, TypeAlias

from pydantic import JsonValue

from tgl.ir import Candidate, ModelSpec
from tgl.keys import Answer
from tgl.models import ChatModel
from tgl.stdfn import Message

Example: TypeAlias = Mapping[str, JsonValue]
"""The given fields of one example. The target is not among them: no prompt can show it."""


@dataclass(frozen=True, slots=True)
class Job:
    """One candidate on one example.

    Args:
        candidate: what is run.
        example: what it is run on.
        salt: sets fresh draws apart ("" for the search's own).
        group: jobs that a rule may drop together, "" for none.
        priority: jobs of higher priority are asked for first; it changes speed and bill, nothing else.
    """

    candidate: Candidate
    example: Example
    salt: str = ""
    group: str = ""
    priority: int = 0


@dataclass(frozen=True, slots=True)
class ModelBinding:
    """A declared model with what answers for it.

    Args:
        spec: its declaration.
        fingerprint: its identity (semantics.md 1); known without the model itself.
        model: the back-end, or None if it can't be asked (then only stored responses serve).
        concurrency: ceiling on its simultaneous calls, >= 1; its back-end may set a lower one.
    """

    spec: ModelSpec
    fingerprint: str
    model: ChatModel | None = None
    concurrency: int = 8

    @property
    def ceiling(self) -> int:
        """How many calls may run at a time."""
        limit = None if self.model is None else self.model.capabilities.max_concurrency
        return self.concurrency if limit is None else min(self.concurrency, limit)


class RunStatus(StrEnum):
    """How a run ended. A failed run is never scored as a wrong answer without being reported as failed.

    A dropped one was not needed: it has no answer and no calls, whatever was asked for it.
    """

    OK = "ok"
    NO_ANSWER = "no_answer"
    FAILED = "failed"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class CallUse:
    """One model call that a run needed, charged to its candidate even if it shares the response.

    `latency` is the recorded service time in seconds. `source` tells whether this process asked for it;
    it depends on what was stored before, so it takes no part in comparisons and nothing may be decided
    on it.
    """

    identity: str
    node: str
    model: str
    prompt_tokens: int
    completion_tokens: int
    latency: float
    ask: int
    source: Literal["store", "live"] = field(compare=False)


@dataclass(frozen=True, slots=True)
class Fallback:
    """A call that failed for good and whose node is absent instead of failing the run (G19)."""

    node: str
    failure: str
    identity: str


@dataclass(frozen=True, slots=True)
class RunResult:
    """What came of a job; a function of job and responses alone.

    Args:
        status: how it ended.
        answer: the task's answer, if it ended `OK`.
        text: the output's whole text, "" if there is none.
        failure: class of failure of a failed run: a transport error's kind, `prompt` or `expression`.
        detail: one line on the failure.
        calls: in the order of nodes, then asks.
        latency: from the question to the answer in seconds, on virtual time from recorded latencies.
        failed_call: identity of the call that failed, if one did.
        fallbacks: calls that failed without failing the run, in the order of nodes.
        saved: how many calls a quorum makes needless: on virtual time they had not ended when the answer was
            certain. A search makes them all the same; a run with `quorum` stops them.
        trace: what each node said, in the order of nodes (None: absent).
        cuts: the maps whose list was longer than their bound, with how many items were left out.
    """

    status: RunStatus
    answer: Answer | None
    text: str
    failure: str | None
    detail: str
    calls: tuple[CallUse, ...]
    latency: float
    trace: tuple[tuple[str, Message | None], ...]
    failed_call: str | None = None
    fallbacks: tuple[Fallback, ...] = ()
    saved: int = 0
    cuts: tuple[tuple[str, int], ...] = ()
