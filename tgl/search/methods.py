"""Search methods by the name that `using` gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tgl.diagnostics import Diagnostic, did_you_mean, report
from tgl.ir import OptimizeSpec
from tgl.search.optimizers.front import FrontSearch, directions
from tgl.search.optimizers.random import RandomSearch
from tgl.search.optimizers.reinforce import Reinforce, ReinforceConfig
from tgl.search.protocol import Optimizer, SearchSpace
from tgl.search.study import StudyConfig

METHODS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "random": ("trials", "rounds", "samples", "tries", "finalists"),
        "reinforce": ("rounds", "samples", "rate", "trials", "tries", "finalists", "floor", "penalty"),
    }
)
"""Arguments of each method. `trials` (distinct candidates), `rounds`, `samples` (a round), `tries` (draws for
something new) and `finalists` (candidates that go on to select) are whole numbers; the others belong to
`ReinforceConfig`. With `trials` and without `rounds` there are as many rounds as the trials need.
"""

FINALISTS = 8
FRONT_FINALISTS = 12
"""Of a search for a front, which at most `MOST_POINTS` (tgl.evaluate) of them become points of."""
FRONT_ROUNDS = 5
"""Rounds that each direction of such a search has, if `rounds` does not say otherwise."""


@dataclass(frozen=True, slots=True)
class BadMethod:
    """A method, or an argument of one, that there is not, or whose value is out of range."""

    method: str
    argument: str | None = None
    value: str | None = None

    def diagnostic(self) -> Diagnostic:
        """E0862."""
        if self.argument is None:
            return report(
                "E0862",
                f"there is no search method `{self.method}`",
                hint=did_you_mean(self.method, METHODS) or f"one of {', '.join(METHODS)}",
            )
        if self.value is None:
            names = METHODS[self.method]
            return report(
                "E0862",
                f"`{self.method}` has no argument `{self.argument}`",
                hint=did_you_mean(self.argument, names) or f"it takes {', '.join(names)}",
            )
        return report(
            "E0862",
            f"`{self.argument}` of `{self.method}` can't be {self.value}",
            hint="see the page of the method for its arguments",
        )


@dataclass(frozen=True, slots=True)
class Method:
    """A method with its settings: makes the optimizer, and tells how long to search.

    `prices` is how many figures are to be low beside the score, where a front is looked for.
    """

    name: str
    study: StudyConfig
    finalists: int
    samples: int
    tries: int
    reinforce: ReinforceConfig
    prices: int = 0

    def optimizer(self, space: SearchSpace, seed: int) -> Optimizer:
        """A fresh optimizer."""
        if self.name == "random":
            return RandomSearch(space, seed, samples=self.samples, tries=self.tries)
        if self.prices:
            return FrontSearch(space, seed, self.prices, self.reinforce)
        return Reinforce(space, seed, self.reinforce)


def method_of(spec: OptimizeSpec) -> Method | BadMethod:
    """The method that a program's `optimize` block names."""
    if spec.method not in METHODS:
        return BadMethod(spec.method)
    given = dict(spec.method_args)
    for name, value in given.items():
        if name not in METHODS[spec.method]:
            return BadMethod(spec.method, name)
        whole = name in ("trials", "rounds", "samples", "tries", "finalists")
        if isinstance(value, str) or (whole and (not isinstance(value, int) or value < 1)):
            return BadMethod(spec.method, name, str(value))
    numbers = {name: value for name, value in given.items() if not isinstance(value, str)}
    defaults = ReinforceConfig()
    samples = int(numbers.get("samples", defaults.samples))
    tries = int(numbers.get("tries", defaults.tries))
    rate, floor = float(numbers.get("rate", defaults.rate)), float(numbers.get("floor", defaults.floor))
    penalty = float(numbers.get("penalty", defaults.penalty))
    for name, value, valid in (
        ("rate", rate, rate > 0),
        ("floor", floor, 0 < floor <= 1),
        ("penalty", penalty, penalty >= 0),
        ("samples", samples, spec.method == "random" or samples >= 2),
    ):
        if not valid:
            return BadMethod(spec.method, name, f"{value:g}")
    trials = int(numbers["trials"]) if "trials" in numbers else None
    prices = len(spec.pareto)
    ways = directions(prices) if prices and spec.method == "reinforce" else 0
    usual = StudyConfig(rounds=1 + ways * FRONT_ROUNDS, stale=ways) if ways else StudyConfig()
    # Repeats fill rounds without being trials, hence the doubled number; `stale` ends what brings nothing.
    enough = usual.rounds if trials is None else 2 * -(-trials // samples)
    return Method(
        name=spec.method,
        study=StudyConfig(rounds=int(numbers.get("rounds", enough)), stale=usual.stale, trials=trials),
        finalists=int(numbers.get("finalists", FRONT_FINALISTS if prices else FINALISTS)),
        samples=samples,
        tries=tries,
        reinforce=ReinforceConfig(max(2, samples), rate, floor, penalty, tries),
        prices=prices,
    )
