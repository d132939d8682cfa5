"""Whether a server is out, or fails on some prompts: a question that it has answered is asked again.

An error that a server answers with may be about what was asked. Where calls fail and nobody is answered, only
a call that is known to be answerable tells: if it is answered, the prompts are to blame; if it fails as well,
the server is. Its reply is on the bill, and is neither stored nor spent nor shown to any run.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tgl.runtime.policy import CallPolicy, backoff

if TYPE_CHECKING:
    from tgl.runtime.traffic import Call


@dataclass(slots=True)
class Canary:
    """What is remembered of one model's canary; it outlives a batch.

    Args:
        call: what is asked, the smallest call that was answered; None while there is none.
        failures: how often it failed in a row, with no reply of the model since.
        not_before: it is not asked earlier.
        vouched: how many replies the model had given when a canary, which had not failed, was asked and
            answered: calls that failed then failed by themselves. -1: none was.
        back: the same when anything was answered after it had failed: calls that failed then say nothing.
    """

    call: Call | None = None
    failures: int = 0
    not_before: float = 0.0
    vouched: int = -1
    back: int = -1

    @property
    def is_fit(self) -> bool:
        """Whether there is one, and it did not fail when it was asked last."""
        return self.call is not None and not self.failures

    def learn(self, call: Call) -> None:
        """Take a call that was answered, if it is smaller than the one there is."""
        if self.call is None or size(call) < size(self.call):
            self.call = replace(call, request=None, flights=[], done=True, ready=False, sends=1, canary=True)

    def answered(self, call: Call, answers: int) -> None:
        """The model has answered this call, and `answers` before."""
        if self.failures:
            self.back = answers
        elif call.canary:
            self.vouched = answers
        self.failures = 0
        if not call.canary:
            self.learn(call)

    def failed(self, call: Call, policy: CallPolicy, now: float) -> None:
        """The canary was not answered: it waits as a call does."""
        self.failures += 1
        self.not_before = max(call.not_before, now + backoff(policy, self.failures, call.identity))


def size(call: Call) -> int:
    """The most tokens that a call takes."""
    return call.worst.prompt_tokens + call.worst.completion_tokens
