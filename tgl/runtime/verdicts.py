"""What follows a failure of calls, from what is known of their server: who else is answered, and its canary.

The policy says what follows an error for a call by itself; here the calls of one request are judged among
those of their model. What the scheduler then does about it is its own.
"""

from __future__ import annotations

from tgl.models import ModelError
from tgl.runtime.limits import Gate
from tgl.runtime.policy import SEVERAL, CallPolicy, Reach, Verdict, may_be_of_the_prompt, retry
from tgl.runtime.traffic import Call


def verdict(policy: CallPolicy, gate: Gate, left: list[Call], error: ModelError) -> Verdict:
    """What follows a failure for calls that failed together: that for the one that has tried most.

    A call in flight when a server goes away was sent while others were still answered. So what counts is
    who was answered since the call failed last, not since it began. The last prompts of a batch that all
    fail would be waited for in vain, in each batch again: before a call's last attempt the canary is
    asked, and its reply counts as anybody's. The calls keep what the verdict rests on (`waited`, `heard`).
    """
    worst = max(left, key=lambda call: call.failures)
    canary = gate.canary
    reach = Reach.NEVER
    if gate.answers > worst.heard:
        reach = Reach.ANSWERING
    elif gate.answers or (canary.is_fit and may_be_of_the_prompt(error)):
        reach = Reach.SILENT
    many = worst.failures > policy.attempts and worst.heard != canary.vouched
    if reach is Reach.ANSWERING and worst.waited and (many or worst.heard == canary.back):
        # Attempts while nobody was answered tell nothing of the call: now it has all of them.
        worst.failures = 1
    for call in left:
        call.waited = reach is Reach.SILENT
        call.heard = gate.answers
    return retry(
        policy,
        worst.failures,
        error,
        identity=left[0].identity,
        elapsed=worst.patience,
        reach=reach,
        failing=max(len(gate.failing), SEVERAL if canary.failures else 0),
    )


def is_doubtful(policy: CallPolicy, call: Call, error: ModelError) -> bool:
    """Whether a call that waits may be to blame: it has one attempt left, and nobody is answered."""
    tried = call.failures + (not policy.exact)
    return call.waited and tried >= policy.attempts and may_be_of_the_prompt(error)
