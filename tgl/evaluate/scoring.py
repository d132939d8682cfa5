"""What an answer scores: a number in [0, 1], 1 the best, whatever the task's metric calls it.

A metric of another range, or of which less is better, is mapped onto [0, 1] here (the worst value of its
range is 0) and back by `MetricSpec.figure` where figures are shown. Between the two, nothing knows of
metrics: search, limits, the winner's rule and the comparisons see scores of which more is better. An example
that failed, or has no answer, scores 0: the worst there is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from pydantic import JsonValue

from tgl.evaluate.data import Example
from tgl.ir import FunctionSpec, MetricSpec
from tgl.keys import Answer, agrees, token_f1
from tgl.runtime import BatchStopped, CallUse
from tgl.stdfn import FunctionError, Message, StdFunction, Value


@dataclass(frozen=True, slots=True)
class JudgedCalls:
    """What a judge, or a comparison of vectors, needed for one answer, and how sure it is.

    `contradicts`: its two orders say two things; `repeated`: it was asked again in another wording, and then
    `differs` tells whether it said something else. `failure` is why there is no verdict, "" if there is one;
    `failed_calls` are the calls that failed, each with its class. `sure`: nothing in it is left to chance, so
    no interval is wider for it.
    """

    calls: tuple[CallUse, ...]
    contradicts: bool = False
    repeated: bool = False
    differs: bool = False
    failure: str = ""
    failed_calls: tuple[tuple[str, str], ...] = ()
    sure: bool = False


@dataclass(frozen=True, slots=True)
class Graded:
    """A score in [0, 1], and how it came about where that is more than right or wrong ("timeout").

    `others` are the scores by the other metrics of the task, in their order.
    """

    score: float
    verdict: str = ""
    judged: JudgedCalls | None = None
    others: tuple[float, ...] = ()


class Scorer(Protocol):
    """Scores answers; the order of what it is asked plays no part."""

    async def scores(self, asked: Sequence[tuple[Answer, Example]]) -> Sequence[Graded]:
        """The score of each answer against its example, in [0, 1].

        Raises:
            NotScored: one can't be scored, which is no fault of the answer.
        """
        ...


@runtime_checkable
class Prepares(Protocol):
    """A scorer that needs something of the targets, which it gets before any program is run."""

    async def prepare(self, examples: Sequence[Example]) -> None:
        """Get it.

        Raises:
            BatchStopped: it can't be had.
        """
        ...


class NotScored(BatchStopped):
    """A metric gave no score that can be used. `code` is the diagnostic's."""

    def __init__(self, code: str, message: str, *, help: str) -> None:
        super().__init__(message, help=help)
        self.code = code


@dataclass(frozen=True, slots=True)
class Agreeing:
    """1 if the answer is the target, under the task's key."""

    async def scores(self, asked: Sequence[tuple[Answer, Example]]) -> Sequence[Graded]:
        """1 or 0 each."""
        return [Graded(1.0 if agrees(answer, example.expected) else 0.0) for answer, example in asked]


@dataclass(frozen=True, slots=True)
class Overlapping:
    """The F1 of shared words."""

    async def scores(self, asked: Sequence[tuple[Answer, Example]]) -> Sequence[Graded]:
        """In [0, 1] each."""
        return [Graded(token_f1(answer.text, example.expected.text)) for answer, example in asked]


@dataclass(frozen=True, slots=True)
class Calling:
    """What a function of the user says of the answer.

    Args:
        metric: with the range that the function declares.
        call: the function, by the names of its ports.
    """

    metric: MetricSpec
    call: StdFunction

    async def scores(self, asked: Sequence[tuple[Answer, Example]]) -> Sequence[Graded]:
        """The function's values, mapped onto [0, 1].

        Raises:
            NotScored: it raised, or said something else than a number of the declared range.
        """
        return [Graded(self.score(answer, example)) for answer, example in asked]

    def score(self, answer: Answer, example: Example) -> float:
        """One of them."""
        metric, function = self.metric, self.metric.function
        assert function is not None
        where = f"the metric `{metric.name}`, `{function.declared}`, on row {example.index + 1} of the data"
        try:
            # The first port comes by position (`StdFunction.call`).
            first, *others = self.arguments(function, answer, example).items()
            value = self.call.call(first[1], **dict(others))
        except FunctionError as error:
            raise NotScored(
                "E0863", f"{where}: {error}", help="a metric has a value for every answer"
            ) from None
        found = value_of(value)
        if found is None or not metric.low <= found <= metric.high:
            told = "no number" if found is None else f"{found:g}"
            raise NotScored(
                "E0863",
                f"{where}: it said {told}, not a number from {metric.low:g} to {metric.high:g}",
                help="declare the range that it has: `range: [LOW, HIGH]`",
            )
        share = (found - metric.low) / (metric.high - metric.low)
        return share if metric.better == "higher" else 1.0 - share

    @staticmethod
    def arguments(function: FunctionSpec, answer: Answer, example: Example) -> Mapping[str, Value]:
        """What the ports get: the answer, the target, fields of the row."""
        given: dict[str, JsonValue] = {**example.given, **example.scored_with}
        texts = {"answer": answer.text, "target": example.expected.text}
        found: dict[str, Value] = {}
        for port in function.ports:
            value = texts.get(port.name, given.get(port.name))
            found[port.name] = value if isinstance(value, str | int | float | bool) else None
        return found


def value_of(value: Value) -> float | None:
    """A function's value as a finite number."""
    plain = value.value if isinstance(value, Message) else value
    try:
        found = float(plain)  # pyright: ignore[reportArgumentType]
    except (TypeError, ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def scorer_of(
    metric: MetricSpec, functions: Mapping[str, StdFunction], *, right: Scorer | None = None
) -> Scorer:
    """What scores a task's answers.

    Args:
        metric: of the task.
        functions: of the program, by registered name.
        right: tells whether an answer is right, where the key alone can't.
    """
    match metric.kind:
        case "accuracy" | "pass":
            return Agreeing() if right is None else right
        case "f1":
            return Overlapping()
        case "fn":
            assert metric.function is not None
            return Calling(metric, functions[metric.function.name])
