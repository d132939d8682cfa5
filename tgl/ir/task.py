"""Tasks: their data, how answers are read and scored, and what costs are told in."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import Field

from tgl.ir.choices import TextPlace
from tgl.ir.data import AS_IT_IS, DataSpec
from tgl.ir.expr import Frozen
from tgl.ir.interface import FunctionSpec


class KeySpec(Frozen):
    """How an answer is read and when two are the same.

    `tolerance` of numbers is absolute, or `relative` to the target; `options` are those of a `choice`,
    `fields` those of a `json` object that count (none: all). Of `code`, `tests` and `entry` name the fields
    of a row that hold the tests and the function's name, `prompt` the field that a program may continue;
    `timeout` is in seconds of processor time. Of `judge`, `judge` names the model, `repeat` is the share of
    items that it judges twice, `rubric` what it is told counts as the same. Of `embedding`, `embedder` names
    the model that makes vectors, `similarity` is the least cosine, in (0, 1], of two answers that are one.
    """

    kind: Literal["exact", "text", "number", "math", "choice", "json", "set", "code", "judge", "embedding"]
    match: Literal["exact", "normalised"] = "exact"
    after: str | None = None
    tolerance: float | None = None
    relative: bool = False
    options: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    tests: str | None = Field(default=None, exclude_if=lambda field: field is None)
    entry: str | None = Field(default=None, exclude_if=lambda field: field is None)
    prompt: str | None = Field(default=None, exclude_if=lambda field: field is None)
    timeout: float | None = Field(default=None, exclude_if=lambda seconds: seconds is None)
    judge: str | None = Field(default=None, exclude_if=lambda name: name is None)
    repeat: float | None = Field(default=None, exclude_if=lambda share: share is None)
    rubric: str | None = Field(default=None, exclude_if=lambda text: text is None)
    embedder: str | None = Field(default=None, exclude_if=lambda name: name is None)
    similarity: float | None = Field(default=None, exclude_if=lambda least: least is None)

    @property
    def model(self) -> str | None:
        """The model that scoring asks, None if it asks none."""
        return self.judge or self.embedder


class MetricSpec(Frozen):
    """What an example scores, and which way is better; every score lies in [low, high].

    `accuracy`: 1 if the answer is right; `f1`: shared words; `pass`: the chance that one of `k` of `draws`
    runs is right; `fn`: what `function` says. `weight` names the field of a row that says how much it counts.
    """

    name: str
    kind: Literal["accuracy", "f1", "pass", "fn"]
    better: Literal["higher", "lower"] = "higher"
    low: float = 0.0
    high: float = 1.0
    weight: str | None = None
    function: FunctionSpec | None = None
    k: int = 1
    draws: int = 1

    @property
    def objective(self) -> str:
        """What an `optimize` block says about it."""
        return f"{'maximize' if self.better == 'higher' else 'minimize'} {self.name}"

    def figure(self, score: float) -> float:
        """A score in [0, 1], 1 the best, as this metric tells it."""
        found = (self.low if self.better == "higher" else self.high) + self.difference(score)
        return found if self.is_share else self.rounded(found)

    def difference(self, score: float) -> float:
        """A difference of two such scores, as this metric tells it."""
        span = self.high - self.low
        return (
            score
            if self.is_share
            else self.rounded(score * span if self.better == "higher" else -score * span)
        )

    def rounded(self, value: float) -> float:
        """A value without the rounding of the way there and back, relative to the range."""
        return round(value, 12 - math.ceil(math.log10(self.high - self.low))) + 0.0

    @property
    def is_share(self) -> bool:
        """Whether it is told as a share: from 0 to 1, more is better."""
        return (self.low, self.high, self.better) == (0.0, 1.0, "higher")

    @property
    def title(self) -> str:
        """What tables call it."""
        name = f"pass@{self.k}" if self.kind == "pass" else self.name
        return name if self.weight is None else f"{name}, by {self.weight}"


ACCURACY = MetricSpec(name="accuracy", kind="accuracy")
"""The metric of a task that names none."""


class UnitSpec(Frozen):
    """The cost unit (semantics.md 4): of a `model`, or `dollars`, `tokens`, `calls`.

    Kind `flops`: what a call of `model` with `prompt` and `output` tokens computes.
    """

    kind: Literal["model", "flops", "dollars", "tokens", "calls"]
    model: str | None = None
    prompt: float | None = None
    output: float | None = None


class TaskSpec(Frozen):
    """A task. Paths are as written, relative to the program's folder. Counts are upper bounds.

    `failures` is the share of failed examples beyond which a candidate is out; `on_error` tells whether a
    failed example counts as wrong or ends the command; `others` are metrics beside the one that is the goal,
    scored from the same runs, with its weight; `retries` are further attempts of a call (None: as
    the runtime sees fit).
    """

    name: str
    data: str
    train: int
    select: int
    test: int
    given: tuple[str, ...]
    expect: str
    key: KeySpec
    unit: UnitSpec
    format: str
    by: str | None = None
    metric: MetricSpec = Field(default=ACCURACY, exclude_if=lambda metric: metric == ACCURACY)
    others: tuple[MetricSpec, ...] = Field(default=(), exclude_if=lambda others: not others)
    source: DataSpec = Field(default=AS_IT_IS, exclude_if=lambda source: source == AS_IT_IS)
    failures: float = 0.02
    on_error: Literal["score", "abort"] = "score"
    retries: int | None = None
    place: TextPlace

    @property
    def metrics(self) -> tuple[MetricSpec, ...]:
        """The metric that is the goal, then the others."""
        return (self.metric, *self.others)

    def aimed(self, objective: str) -> TaskSpec:
        """The task with that metric as its goal; `accuracy`, which every key tells, may be new."""
        if objective == self.metric.name:
            return self
        weighted = ACCURACY.model_copy(update={"weight": self.metric.weight})
        goal = next((one for one in self.others if one.name == objective), weighted)
        others = tuple(one for one in self.metrics if one is not goal)
        return self.model_copy(update={"metric": goal, "others": others})

    @property
    def scored_with(self) -> tuple[str, ...]:
        """The fields of a row that scoring reads beside the target, in order; none of them is a program's."""
        functions = [metric.function for metric in self.metrics if metric.function is not None]
        ports = [port for function in functions for port in function.ports]
        named = (self.key.tests, self.key.entry, self.key.prompt, self.metric.weight)
        asked = (port.name for port in ports if port.name not in ("answer", "target"))
        return tuple(dict.fromkeys(name for name in (*named, *asked) if name is not None))
