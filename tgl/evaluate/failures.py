"""Failures by class: how many runs of a program on an example ended so, and by how many calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tgl.evaluate.evaluation import Evaluation
from tgl.evaluate.report import FailureLine, FailureReport
from tgl.runtime import RunStatus


@dataclass(slots=True)
class FailureTally:
    """What failed, fell back, had no answer or was dropped; each call once, however many runs it failed."""

    runs: Counter[RunStatus] = field(default_factory=Counter[RunStatus])
    fell_back: int = 0
    failed: Counter[str] = field(default_factory=Counter[str])
    fallbacks: Counter[str] = field(default_factory=Counter[str])
    calls: dict[str, str] = field(default_factory=dict[str, str])

    def add(self, evaluations: Sequence[Evaluation]) -> None:
        """Count the runs of evaluations."""
        for result in (result for evaluation in evaluations for result in evaluation.results):
            self.runs[result.status] += 1
            self.fell_back += bool(result.fallbacks)
            self.fallbacks.update(result.fallbacks)
            self.calls.update(result.failed_calls)
            if result.failure is not None:
                self.failed[result.failure] += 1

    def report(self) -> FailureReport:
        """All of it, classes in alphabetical order."""
        calls = Counter(self.calls.values())
        names = sorted({*self.failed, *self.fallbacks, *calls})
        return FailureReport(
            runs=sum(self.runs.values()) - self.runs[RunStatus.DROPPED],
            failed=self.runs[RunStatus.FAILED],
            unanswered=self.runs[RunStatus.NO_ANSWER],
            fell_back=self.fell_back,
            dropped=self.runs[RunStatus.DROPPED],
            classes=tuple(
                FailureLine(
                    failure=name, runs=self.failed[name], fallbacks=self.fallbacks[name], calls=calls[name]
                )
                for name in names
            ),
        )


def failures_of(evaluations: Sequence[Evaluation]) -> FailureReport:
    """The failures of some evaluations."""
    tally = FailureTally()
    tally.add(evaluations)
    return tally.report()
