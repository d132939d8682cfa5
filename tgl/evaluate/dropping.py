"""When a candidate is out for certain, told from the results of its first examples alone.

A candidate is infeasible if a larger share of its examples failed than the task allows (semantics.md 8).
Once so many have failed that no result of the others could change that, they are not needed: a model that
is down costs each candidate a few failed examples, not all of them. The rule sees results in the order of
examples, never of arrival, so what is dropped is the same whatever the servers' pace.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tgl.runtime import BatchStopped, RunResult, RunStatus


@dataclass(frozen=True, slots=True)
class Allowance:
    """The largest share of `n` examples that may fail; at 1 nothing is ever dropped."""

    share: float
    n: int

    def exceeded_by(self, failed: int) -> bool:
        """Whether so many failed examples are too many."""
        return failed / self.n > self.share

    def __call__(self, candidate: str, prefix: Sequence[RunResult]) -> bool:
        """Whether a candidate is out after the results of its first examples: a rule for the runtime."""
        del candidate
        return self.exceeded_by(sum(result.status is RunStatus.FAILED for result in prefix))

    def kept(self, results: Sequence[RunResult]) -> int:
        """How many results are needed: all, or those up to the one that decides that the candidate is out."""
        failed = 0
        for place, result in enumerate(results, 1):
            failed += result.status is RunStatus.FAILED
            if self.exceeded_by(failed):
                return place
        return len(results)


class ExampleFailed(BatchStopped):
    """An example failed, and the task says `on_error abort`.

    Args:
        failure: class of the failure.
        detail: one line on it.
    """

    def __init__(self, failure: str, detail: str) -> None:
        super().__init__(
            f"an example failed ({failure}), and the task says `on_error abort`: {detail}",
            help="`on_error score: 0` counts failed examples as wrong and goes on",
        )
        self.failure = failure


def first_failure(results: Sequence[RunResult]) -> ExampleFailed | None:
    """The first failed example, as what ends the command."""
    for result in results:
        if result.status is RunStatus.FAILED:
            return ExampleFailed(result.failure or "unknown", result.detail)
    return None
