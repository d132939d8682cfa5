"""Spend (semantics.md 2): distinct identities that the search needed, whoever answered them.

What was stored before plays no part, so a warm, a cold and a replayed search decide the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

EPSILON = 1e-9
"""Dollars that rounding may hide."""


@dataclass(frozen=True, slots=True)
class Need:
    """An amount of spend, both >= 0."""

    calls: int
    dollars: float = 0.0

    def __add__(self, other: Need) -> Need:
        return Need(self.calls + other.calls, self.dollars + other.dollars)

    def __sub__(self, other: Need) -> Need:
        return Need(max(0, self.calls - other.calls), max(0.0, self.dollars - other.dollars))

    def times(self, factor: float) -> Need:
        """So many times as much, calls rounded up."""
        return Need(-int(-self.calls * factor // 1), self.dollars * factor)

    def within(self, other: Need) -> Need:
        """The lesser of both, each for itself."""
        return Need(min(self.calls, other.calls), min(self.dollars, other.dollars))


NOTHING = Need(0)


class Ledger:
    """What a search has spent, has set aside, and may still spend.

    Args:
        calls: cap on calls, None for none.
        dollars: cap on dollars, None for none.
    """

    def __init__(self, calls: int | None = None, dollars: float | None = None) -> None:
        self.calls_cap, self.dollars_cap = calls, dollars
        self._identities: dict[str, float] = {}
        self._dollars = 0.0
        self._reserved = NOTHING
        self._kept = NOTHING

    @property
    def spent(self) -> Need:
        """Settled spend."""
        return Need(len(self._identities), self._dollars)

    @property
    def identities(self) -> frozenset[str]:
        """All identities that were needed."""
        return frozenset(self._identities)

    @property
    def capped(self) -> bool:
        """Whether there is any cap."""
        return self.calls_cap is not None or self.dollars_cap is not None

    def keep(self, need: Need) -> None:
        """Keep so much back for later stages: `reserve` leaves it alone."""
        self._kept = need

    def fits(self, need: Need) -> bool:
        """Whether `need` fits beside what is spent, set aside and kept back."""
        total = self.spent + self._reserved + self._kept + need
        if self.calls_cap is not None and total.calls > self.calls_cap:
            return False
        return self.dollars_cap is None or total.dollars <= self.dollars_cap + EPSILON

    def reserve(self, need: Need) -> bool:
        """Set `need` aside if it fits."""
        if not self.fits(need):
            return False
        self._reserved = self._reserved + need
        return True

    def settle(self, charges: Mapping[str, float]) -> None:
        """Release what is set aside, and book what was needed: dollars by identity."""
        self._reserved = NOTHING
        for identity, dollars in charges.items():
            if identity not in self._identities:
                self._identities[identity] = dollars
                self._dollars += dollars
