"""What verdicts that are not always the same do to the interval of a share of right answers.

A judge that is asked twice sometimes says two things. Let an item's *meant* verdict be the one that it gives
more often than not, and `e` the chance of the other. The variance of the observed share holds that noise
already (each verdict is one Bernoulli trial, whatever it varies with), so to add e (1 - e) / n would count it
twice. What noise does is to move the mean: the observed share of right answers differs from the meant one by
at most `e`. Which way it is moved can't be told without labels, so the interval is moved out by `e` on both
sides, and by how well repeats tell `e`. The two parts are combined by squares (MOVER), as Newcombe's interval
of a difference combines two Wilson intervals.

Two verdicts on one item differ with the chance d = 2 e (1 - e), so e = (1 - sqrt(1 - 2 d)) / 2, for one `e`
of all items. Where items differ much in it, this is less than their mean (the map is convex). And a judge
that is wrong in the same way each time is not seen by repeats at all: that takes labels (Rogan and Gladen
1978, Am. J. Epidemiology 107:71), and is not corrected here.

Reference: Zou, Donner (2008), Statistics in Medicine 27:1693 (MOVER); Newcombe (1998), 17:2635.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from tgl.statistics.proportions import Interval, wilson

NEVER_SURE = 0.5
"""A verdict that is turned as often as not: what is said where nothing was repeated."""


@dataclass(frozen=True, slots=True)
class Repeats:
    """Verdicts that were asked for twice: of `count` pairs `differing` say two things; both >= 0."""

    differing: int
    count: int

    def __post_init__(self) -> None:
        if not 0 <= self.differing <= self.count:
            raise ValueError(f"need 0 <= differing <= count, not {self.differing} of {self.count}")

    @property
    def rate(self) -> float:
        """How often a verdict is the other one, in [0, 0.5]; 0 where nothing was repeated."""
        return turned(self.differing / self.count) if self.count else 0.0

    def most(self, *, confidence: float = 0.95) -> float:
        """The upper end of the interval of `rate`; 0.5 where nothing was repeated."""
        if not self.count:
            return NEVER_SURE
        return turned(wilson(self.differing, self.count, confidence=confidence).high)


def turned(differing: float) -> float:
    """How often a verdict is the other one, if two on one item differ so often."""
    return (1.0 - math.sqrt(1.0 - 2.0 * min(differing, 0.5))) / 2.0


def moved_out(
    value: float,
    interval: Interval,
    judged: list[tuple[Repeats, float]],
    *,
    least: float = 0.0,
    confidence: float = 0.95,
) -> Interval:
    """The interval of a mean, or of a difference of means, of scores that a judge gave; in [least, 1].

    Args:
        value: the mean.
        interval: as if every verdict were the meant one.
        judged: of each mean, how its judge repeats itself, and the share of examples that it decided.
        least: -1 for a difference.
        confidence: as that of `interval`.
    """
    shift = sum(repeats.rate * share for repeats, share in judged)
    most = sum(repeats.most(confidence=confidence) * share for repeats, share in judged)
    return Interval(
        max(least, value - shift - math.hypot(value - interval.low, most - shift)),
        min(1.0, value + shift + math.hypot(interval.high - value, most - shift)),
    )
