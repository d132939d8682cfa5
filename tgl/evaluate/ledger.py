"""Spend (semantics.md 2): distinct identities that the search needed, whoever answered them.

What was stored before plays no part, so a warm, a cold and a replayed search decide the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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

    def within(self, other: Need) -> Need:
        """The lesser of both, each for itself."""
        return Need(min(self.calls, other.calls), min(self.dollars, other.dollars))

    def share(self, part: float) -> Need:
        """A part of it, calls rounded down."""
        return Need(int(self.calls * part), self.dollars * part)

    def most(self, other: Need) -> Need:
        """The greater of both, each for itself."""
        return Need(max(self.calls, other.calls), max(self.dollars, other.dollars))


NOTHING = Need(0)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a step may add to the spend at most.

    Args:
        known: the dearest that each foreseen call can be, by identity; whoever needs one, it counts once.
        unknown: calls whose identity depends on replies that are not known yet.
    """

    known: Mapping[str, float] = field(default_factory=dict[str, float])
    unknown: Need = NOTHING

    def __add__(self, other: Forecast) -> Forecast:
        return Forecast({**self.known, **other.known}, self.unknown + other.unknown)

    @property
    def need(self) -> Need:
        """The whole of it."""
        return Need(len(self.known), sum(self.known.values())) + self.unknown


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
        self._reserved = Forecast()
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

    @property
    def left(self) -> Need | None:
        """What the caps still allow; None without caps."""
        if not self.capped:
            return None
        calls = 2**62 if self.calls_cap is None else self.calls_cap
        dollars = float("inf") if self.dollars_cap is None else self.dollars_cap
        return Need(calls, dollars) - self.spent

    def keep(self, need: Need) -> None:
        """Keep so much back for later stages: `reserve` leaves it alone."""
        self._kept = need

    def need(self, forecast: Forecast) -> Need:
        """What a step adds to what is spent and set aside."""
        return self.new(forecast).need

    def new(self, forecast: Forecast) -> Forecast:
        """The part of a forecast that is neither spent nor set aside."""
        new = {
            identity: dollars
            for identity, dollars in forecast.known.items()
            if identity not in self._identities and identity not in self._reserved.known
        }
        return Forecast(new, forecast.unknown)

    def fits(self, need: Need) -> bool:
        """Whether `need` fits beside what is spent, set aside and kept back."""
        total = self.spent + self._reserved.need + self._kept + need
        if self.calls_cap is not None and total.calls > self.calls_cap:
            return False
        return self.dollars_cap is None or total.dollars <= self.dollars_cap + EPSILON

    def reserve(self, forecast: Forecast) -> bool:
        """Set aside what is new in `forecast`, if it fits."""
        new = self.new(forecast)
        if not self.fits(new.need):
            return False
        self._reserved = self._reserved + new
        return True

    def settle(self, charges: Mapping[str, float]) -> None:
        """Release what is set aside, and book what was needed: dollars by identity."""
        self._reserved = Forecast()
        for identity, dollars in charges.items():
            if identity not in self._identities:
                self._identities[identity] = dollars
                self._dollars += dollars
