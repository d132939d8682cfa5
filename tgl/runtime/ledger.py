"""Two ledgers that are never mixed (semantics.md 2).

*Spend* is what the search needed: each distinct identity once, at its recorded usage, whoever answered.
It is written at barriers, in job order, and decisions may be based on it. The *bill* is what servers were
really asked, attempt by attempt as it happens. It can stop, never decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tgl.ir import ModelSpec
from tgl.models import Usage
from tgl.runtime.errors import BillReached
from tgl.runtime.jobs import RunResult


@dataclass(frozen=True, slots=True)
class Spent:
    """One distinct call of the search."""

    model: str
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class BillCap:
    """Limits on the bill; None is no limit."""

    calls: int | None = None
    dollars: float | None = None


@dataclass(slots=True)
class BillLine:
    """What one model was asked.

    `broken` attempts gave no reply; `unknown` of them may have been charged, at most `unknown_tokens`
    (their reservations).
    """

    attempts: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    broken: int = 0
    unknown: int = 0
    unknown_tokens: int = 0


@dataclass(slots=True)
class FaultLine:
    """Attempts that gave no reply, of one class of failure; `unknown` of them may have been charged."""

    attempts: int = 0
    unknown: int = 0


@dataclass(slots=True)
class Ledger:
    """Spend and bill of one search."""

    specs: Mapping[str, ModelSpec]
    cap: BillCap = field(default_factory=BillCap)
    spend: dict[str, Spent] = field(default_factory=dict[str, Spent])
    bill: dict[str, BillLine] = field(default_factory=dict[str, BillLine])
    faults: dict[str, FaultLine] = field(default_factory=dict[str, FaultLine])
    reserved: float = 0.0
    dollars: float = 0.0

    # Spend.

    @property
    def spent_calls(self) -> int:
        """Distinct calls of the search so far."""
        return len(self.spend)

    @property
    def spent_dollars(self) -> float:
        """What they would cost at the declared prices."""
        return sum(
            self.price(spent.model, Usage(spent.prompt_tokens, spent.completion_tokens))
            for spent in self.spend.values()
        )

    def charge(self, results: Iterable[RunResult]) -> int:
        """Add the calls of results that a barrier has passed; how many were new."""
        before = len(self.spend)
        for result in results:
            for use in result.calls:
                self.spend.setdefault(
                    use.identity, Spent(use.model, use.prompt_tokens, use.completion_tokens)
                )
        return len(self.spend) - before

    # Bill.

    @property
    def billed_calls(self) -> int:
        """Attempts so far."""
        return sum(line.attempts for line in self.bill.values())

    def price(self, model: str, usage: Usage) -> float:
        """Dollars for a usage; 0 where no price is declared."""
        spec = self.specs[model]
        return (spec.prompt_price or 0.0) * usage.prompt_tokens + (
            spec.completion_price or 0.0
        ) * usage.completion_tokens

    def reserve(self, model: str, worst: Usage) -> None:
        """Set the worst case of an attempt aside.

        Raises:
            BillReached: it may not fit under the cap. Nothing was set aside.
        """
        amount = self.price(model, worst)
        if self.cap.calls is not None and self.billed_calls >= self.cap.calls:
            raise BillReached(f"{self.cap.calls} calls", f"{self.billed_calls}")
        if self.cap.dollars is not None and self.dollars + self.reserved + amount > self.cap.dollars:
            raise BillReached(f"${self.cap.dollars:g}", f"${self.dollars:.4f}")
        self.reserved += amount
        self.bill.setdefault(model, BillLine()).attempts += 1

    def settle(self, model: str, worst: Usage, usage: Usage) -> None:
        """An attempt gave a reply: its usage takes the place of what was set aside."""
        line = self.bill[model]
        line.prompt_tokens += usage.prompt_tokens
        line.completion_tokens += usage.completion_tokens
        self.release(worst, model, self.price(model, usage))

    def broken(self, model: str, worst: Usage, *, unknown: bool, failure: str = "cancelled") -> None:
        """An attempt gave no reply; `unknown` if it may have been charged all the same."""
        line, fault = self.bill[model], self.faults.setdefault(failure, FaultLine())
        fault.attempts += 1
        fault.unknown += unknown
        line.broken += 1
        if unknown:
            line.unknown += 1
            line.unknown_tokens += worst.prompt_tokens + worst.completion_tokens
        self.release(worst, model, self.price(model, worst) if unknown else 0.0)

    def release(self, worst: Usage, model: str, cost: float) -> None:
        """Replace a reservation by what it came to."""
        self.reserved -= self.price(model, worst)
        self.dollars += cost
