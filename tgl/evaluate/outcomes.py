"""How a search can end without a result: typed, with the fix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tgl.diagnostics import Diagnostic, report
from tgl.evaluate.by_judge import UNREAD
from tgl.evaluate.ledger import Need


@dataclass(frozen=True, slots=True)
class NothingFeasible:
    """No candidate that was measured on `split` meets the measured limits.

    `broken` are the limits that the closest candidate exceeds, with its figures; `score` is its figure of
    the task's `metric`; `failures` are the classes of failure of which it has too many.
    """

    split: str
    measured: int
    broken: tuple[str, ...]
    score: float
    metric: str = "accuracy"
    failures: tuple[str, ...] = ()

    def diagnostic(self) -> Diagnostic:
        """E0859."""
        hint = "relax the limit, or give the search cheaper options"
        if UNREAD in self.failures:
            hint = (
                "what the judge replied could not be read: let a stronger model judge; a simulated one can't "
                "(try such a program with `key text` or `number`)"
            )
        elif self.failures:
            hint = (
                "mend what fails: an example whose call failed counts as wrong, and a program with more of "
                "them than `on_error score: 0, drop: 2%` allows is out"
            )
        return report(
            "E0859",
            f"none of the {self.measured} candidates measured on {self.split} meets the limits",
            notes=(f"the closest: {self.metric} {self.score:.3f}, but {'; '.join(self.broken)}",),
            hint=hint,
        )


@dataclass(frozen=True, slots=True)
class NoCandidate:
    """No program of the space meets the compile-time limits."""

    limits: Sequence[str]
    reason: str

    def diagnostic(self) -> Diagnostic:
        """E0861."""
        under = f" within {', '.join(self.limits)}" if self.limits else ""
        return report(
            "E0861",
            f"there is no program{under}",
            notes=(self.reason,),
            hint="relax the limit, which bounds the worst case of a question (all re-asks, longest replies, "
            "each message that a node may read), limit the measured `cost(mean)`, or offer cheaper options",
        )


@dataclass(frozen=True, slots=True)
class SpendTooSmall:
    """A step that cannot be left out does not fit `spend`."""

    step: str
    needed: Need
    spent: Need
    calls_cap: int | None
    dollars_cap: float | None

    def diagnostic(self) -> Diagnostic:
        """E0860."""
        if self.calls_cap is not None and self.spent.calls + self.needed.calls > self.calls_cap:
            amounts = f"{self.needed.calls} calls, with {self.spent.calls} of {self.calls_cap} spent"
        else:
            cap = self.dollars_cap or 0.0
            amounts = f"${self.needed.dollars:.4g}, with ${self.spent.dollars:.4g} of ${cap:.4g} spent"
        return report(
            "E0860",
            f"`spend` is too small to {self.step}: it may need {amounts}",
            hint="raise `spend`, or ask for fewer examples in `split`",
        )
