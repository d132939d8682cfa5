"""Least, usual and most of what a run needs, and how such figures add up."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tgl.ir import ModelSpec
from tgl.space.flops import model_flops


@dataclass(frozen=True, slots=True)
class Range:
    """The least, the usual and the most of a quantity, in order; `most` is inf where nothing bounds it."""

    least: float
    usual: float
    most: float

    def __add__(self, other: Range) -> Range:
        return Range(self.least + other.least, self.usual + other.usual, self.most + other.most)


NONE = Range(0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Amount:
    """What calls come to: how many, tokens of prompts and replies, dollars and FLOPs.

    `dollars` and `flops` are None where a model declares no prices, or not its size.
    """

    calls: float
    prompt: float
    completion: float
    dollars: float | None
    flops: float | None

    def __add__(self, other: Amount) -> Amount:
        return Amount(
            self.calls + other.calls,
            self.prompt + other.prompt,
            self.completion + other.completion,
            _sum(self.dollars, other.dollars),
            _sum(self.flops, other.flops),
        )

    def times(self, share: float) -> Amount:
        """So many times it; 0 times what nothing bounds is nothing."""
        return _amount([None if part is None else _times(part, share) for part in self.parts])

    @property
    def parts(self) -> tuple[float | None, ...]:
        """The quantities in order."""
        return (self.calls, self.prompt, self.completion, self.dollars, self.flops)


NOTHING = Amount(0.0, 0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Bounds:
    """An amount's ranges. Least ≤ usual ≤ most in each that is known."""

    calls: Range
    prompt: Range
    completion: Range
    dollars: Range | None
    flops: Range | None

    @property
    def tokens(self) -> Range:
        """Of prompts and replies together."""
        return self.prompt + self.completion

    @property
    def parts(self) -> tuple[Range | None, ...]:
        """The ranges in order."""
        return (self.calls, self.prompt, self.completion, self.dollars, self.flops)


NO_BOUNDS = Bounds(NONE, NONE, NONE, NONE, NONE)


def bounds_of(least: Amount, usual: Amount, most: Amount) -> Bounds:
    """Ranges from three amounts; what is usual is kept between the others."""
    found = [
        None if low is None or mid is None or high is None else Range(low, min(max(low, mid), high), high)
        for low, mid, high in zip(least.parts, usual.parts, most.parts, strict=True)
    ]
    calls, prompt, completion, dollars, flops = found
    assert calls is not None
    assert prompt is not None
    assert completion is not None
    return Bounds(calls, prompt, completion, dollars, flops)


def priced(model: ModelSpec | None, calls: float, prompt: float, completion: float) -> Amount:
    """What equal calls of a model come to.

    Args:
        model: its declaration, None if there is none.
        calls: how many.
        prompt: tokens of each prompt.
        completion: tokens of each reply.
    """
    dollars = call_dollars(model, prompt, completion)
    flops = None if model is None else model_flops(model, prompt, completion)
    return Amount(1.0, prompt, completion, dollars, flops).times(calls)


def call_dollars(model: ModelSpec | None, prompt: float, completion: float) -> float | None:
    """The price of a call; 0 on a model that nobody is paid for, None where a price is not declared."""
    if model is None:
        return None
    if model.prompt_price is not None and model.completion_price is not None:
        return _times(prompt, model.prompt_price) + _times(completion, model.completion_price)
    return 0.0 if model.is_free else None


def summed(amounts: Iterable[Amount]) -> Amount:
    """Several amounts together."""
    total = NOTHING
    for one in amounts:
        total += one
    return total


def largest_of(amounts: Sequence[Amount]) -> Amount:
    """In each quantity the largest of several; not known where one is not."""
    return _each(amounts, max)


def smallest_of(amounts: Sequence[Amount]) -> Amount:
    """In each quantity the smallest of several; not known where one is not."""
    return _each(amounts, min)


def mean_of(amounts: Sequence[tuple[Amount, float]]) -> Amount:
    """The mean of weighted amounts; the weights add up to one."""
    return summed(amount.times(weight) for amount, weight in amounts)


def _each(amounts: Sequence[Amount], pick: Callable[[Iterable[float]], float]) -> Amount:
    if not amounts:
        return NOTHING
    return _amount([_picked(column, pick) for column in zip(*(one.parts for one in amounts), strict=True)])


def _picked(column: Sequence[float | None], pick: Callable[[Iterable[float]], float]) -> float | None:
    known = [part for part in column if part is not None]
    return pick(known) if len(known) == len(column) else None


def _amount(parts: Sequence[float | None]) -> Amount:
    calls, prompt, completion, dollars, flops = parts
    return Amount(calls or 0.0, prompt or 0.0, completion or 0.0, dollars, flops)


def _sum(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other


def _times(amount: float, share: float) -> float:
    return 0.0 if share == 0.0 or amount == 0.0 else amount * share


def by_name(models: Sequence[ModelSpec]) -> Mapping[str, ModelSpec]:
    """Declared models by name."""
    return {model.name: model for model in models}


def is_bounded(amount: float | None) -> bool:
    """Whether a figure is a number that something bounds."""
    return amount is not None and math.isfinite(amount)
