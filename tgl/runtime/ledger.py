"""Two ledgers that are never mixed (semantics.md 2).

*Spend* is what the search needed: each distinct identity once, at its recorded usage, whoever answered.
It is written at barriers, in job order, and decisions may be based on it. The *bill* is what servers were
really asked, attempt by attempt as it happens. It can stop, never decide. It goes on with the search in
another process (`snapshot`, `restore`): a cap is one on the whole search.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue, TypeAdapter

from tgl.ir import ModelSpec
from tgl.models import Usage
from tgl.runtime.digests import Spend
from tgl.runtime.errors import BillReached
from tgl.runtime.jobs import RunResult


@dataclass(frozen=True, slots=True)
class BillCap:
    """Limits on the bill; None is no limit."""

    calls: int | None = None
    dollars: float | None = None


LEASE = 50
"""Requests that a kept bill of a capped search counts ahead of their being made, at most."""
SHARE = 20
"""The least number of such leases that a cap allows for, so that one crash can't use up a small cap."""
LOST = "lost"
"""Requests that may have been made just before a process was killed: a class of failure on bills."""


@dataclass(slots=True)
class BillLine:
    """What one model was asked, or what was asked for one node.

    `broken` attempts gave no reply; `unknown` of them may have been charged, at most `unknown_tokens`
    (their reservations).
    """

    attempts: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    broken: int = 0
    unknown: int = 0
    unknown_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Bill:
    """A bill as it is kept between processes: lines by model, node and failure, and dollars."""

    models: dict[str, BillLine]
    nodes: dict[str, BillLine]
    faults: dict[str, FaultLine]
    dollars: float


BILL = TypeAdapter(Bill)


@dataclass(slots=True)
class FaultLine:
    """Attempts that gave no reply, of one class of failure; `unknown` of them may have been charged."""

    attempts: int = 0
    unknown: int = 0


@dataclass(slots=True)
class Ledger:
    """Spend and bill of one search. `nodes` is the bill by the node that an attempt was first made for."""

    specs: Mapping[str, ModelSpec]
    cap: BillCap = field(default_factory=BillCap)
    spend: Spend = field(default_factory=Spend)
    bill: dict[str, BillLine] = field(default_factory=dict[str, BillLine])
    nodes: dict[str, BillLine] = field(default_factory=dict[str, BillLine])
    faults: dict[str, FaultLine] = field(default_factory=dict[str, FaultLine])
    reserved: float = 0.0
    under_way: int = 0
    spare: int = 0
    dollars: float = 0.0
    leased: tuple[int, float] = (0, 0.0)

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
                self.spend.add(use.identity, use.model, use.prompt_tokens, use.completion_tokens)
        return len(self.spend) - before

    # Bill.

    @property
    def billed_calls(self) -> int:
        """Attempts so far, with those that a killed process may have made."""
        lost = self.faults.get(LOST)
        return sum([line.attempts for line in self.bill.values()]) + (lost.attempts if lost else 0)

    def price(self, model: str, usage: Usage) -> float:
        """Dollars for a usage; 0 where no price is declared."""
        spec = self.specs[model]
        return (spec.prompt_price or 0.0) * usage.prompt_tokens + (
            spec.completion_price or 0.0
        ) * usage.completion_tokens

    def fits(self, model: str, worst: Usage, *, settled: bool = False, most: int = 1) -> bool:
        """Whether an attempt fits under the cap; `settled`: if all that is under way came to nothing.

        `most` is how many requests it may take: a back-end may have to ask for several replies one by one.
        """
        spare = self.spare if settled else 0
        if self.cap.calls is not None and self.billed_calls - spare + most > self.cap.calls:
            return False
        if self.cap.dollars is None:
            return True
        aside = 0.0 if settled else self.reserved
        return self.dollars + aside + self.price(model, worst) <= self.cap.dollars

    def reached(self) -> BillReached:
        """Why an attempt does not fit."""
        if self.cap.calls is not None and self.billed_calls >= self.cap.calls:
            return BillReached(f"{self.cap.calls} calls", f"{self.billed_calls}")
        return BillReached(f"${self.cap.dollars or 0.0:g}", f"${self.dollars:.4f}")

    def reserve(self, model: str, worst: Usage, node: str = "", *, most: int = 1) -> None:
        """Set the worst case of an attempt aside, and the `most` requests that it may take.

        Raises:
            BillReached: it may not fit under the cap. Nothing was set aside.
        """
        if not self.fits(model, worst, most=most):
            raise self.reached()
        self.under_way += 1
        self.reserved += self.price(model, worst)
        for line in self.lines(model, node):
            line.attempts += most
        self.spare += most - 1

    def settle(
        self, model: str, worst: Usage, usage: Usage, node: str = "", *, most: int = 1, requests: int = 1
    ) -> None:
        """An attempt gave a reply by `requests` of `most`: that takes the place of what was set aside."""
        self.spare -= most - 1
        for line in self.lines(model, node):
            line.attempts -= most - requests
            line.prompt_tokens += usage.prompt_tokens
            line.completion_tokens += usage.completion_tokens
        self.release(worst, model, self.price(model, usage))

    def broken(
        self,
        model: str,
        worst: Usage,
        node: str = "",
        *,
        unknown: bool,
        failure: str = "cancelled",
        most: int = 1,
    ) -> None:
        """An attempt gave no reply; `unknown` if it may have been charged all the same."""
        self.spare -= most - 1
        fault = self.faults.setdefault(failure, FaultLine())
        fault.attempts += 1
        fault.unknown += unknown
        for line in self.lines(model, node):
            line.attempts -= most - 1
            line.broken += 1
            if unknown:
                line.unknown += 1
                line.unknown_tokens += worst.prompt_tokens + worst.completion_tokens
        self.release(worst, model, self.price(model, worst) if unknown else 0.0)

    def lines(self, model: str, node: str) -> tuple[BillLine, BillLine]:
        """The lines that an attempt is booked on."""
        by_model, by_node = self.bill.get(model), self.nodes.get(node)
        if by_model is None:
            by_model = self.bill[model] = BillLine()
        if by_node is None:
            by_node = self.nodes[node] = BillLine()
        return by_model, by_node

    def release(self, worst: Usage, model: str, cost: float) -> None:
        """Replace a reservation by what it came to."""
        self.under_way -= 1
        self.reserved = self.reserved - self.price(model, worst) if self.under_way else 0.0
        self.dollars += cost

    # Between processes.

    @property
    def is_covered(self) -> bool:
        """Whether the last `snapshot` counts all that has been asked: a capped bill is kept beforehand."""
        calls, dollars = self.leased
        return (self.cap.calls is None or self.billed_calls <= calls) and (
            self.cap.dollars is None or self.dollars + self.reserved <= dollars
        )

    def snapshot(self) -> JsonValue:
        """The bill so far. What is under way counts with its worst case: it may never be settled.

        While something is under way a capped bill counts some requests and dollars to come, too, as `LOST`:
        a process that is killed, however often, then never forgets what counts against the cap.
        """
        calls, dollars, faults = 0, 0.0, self.faults
        if self.under_way and self.cap.calls is not None:
            calls = max(0, min(LEASE, self.cap.calls // SHARE, self.cap.calls - self.billed_calls))
        if self.under_way and self.cap.dollars is not None:
            dollars = max(0.0, min(self.cap.dollars / SHARE, self.cap.dollars - self.dollars - self.reserved))
        if calls:
            lost = self.faults.get(LOST, FaultLine())
            faults = {**self.faults, LOST: FaultLine(lost.attempts + calls, lost.unknown + calls)}
        self.leased = self.billed_calls + calls, self.dollars + self.reserved + dollars
        bill = Bill(self.bill, self.nodes, faults, self.leased[1])
        return BILL.dump_python(bill, mode="json")

    def restore(self, kept: JsonValue) -> None:
        """Go on from a `snapshot`, before anything is asked; models that are gone keep their line.

        Raises:
            ValueError: it is none.
        """
        bill = BILL.validate_python(kept)
        self.bill, self.nodes, self.faults = bill.models, bill.nodes, bill.faults
        self.dollars = bill.dollars
