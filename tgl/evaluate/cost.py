"""What a run costs, in the task's unit (semantics.md 4): the sum over its calls, as if it ran alone.

| unit    | price of a call                                                                     |
|---------|-------------------------------------------------------------------------------------|
| a model | parameters x tokens, relative to the mean call of that model on train; or `units N` |
| flops   | operations (`tgl.space.flops`), relative to a call of the unit's model with so many tokens |
| dollars | prompt and completion tokens at the model's prices                                  |
| tokens  | prompt and completion tokens                                                        |
| calls   | 1                                                                                   |

The mean call of the unit's model is measured: its greedy answers to the train split.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, assert_never

from tgl.diagnostics import Diagnostic, report
from tgl.ir import ModelSpec, TaskSpec, UnitSpec
from tgl.space import call_flops, model_flops


class Use(Protocol):
    """Tokens of one call, as the server counted them."""

    @property
    def model(self) -> str: ...
    @property
    def prompt_tokens(self) -> int: ...
    @property
    def completion_tokens(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens of a call that was not made."""

    model: str
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class Price:
    """A model's price in one unit: `call` for each call, so much for each token, and for what it computes.

    `computed` is the unit in floating-point operations, and the model's sizes.
    """

    call: float
    prompt_token: float
    completion_token: float
    computed: Computed | None = None

    def of(self, use: Use) -> float:
        """The price of a call."""
        return self.of_tokens(use.prompt_tokens, use.completion_tokens)

    def of_tokens(self, prompt: float, completion: float) -> float:
        """The price of a call of so many tokens; `inf` of what costs nothing is free."""
        parts = ((self.prompt_token, prompt), (self.completion_token, completion))
        linear = self.call + sum(each * tokens for each, tokens in parts if each)
        return linear if self.computed is None else linear + self.computed.of(prompt, completion)


@dataclass(frozen=True, slots=True)
class Computed:
    """What a model computes: its parameters, layers and their width, and the operations that are one unit."""

    params: float
    layers: int
    hidden: int
    unit: float

    def of(self, prompt: float, completion: float) -> float:
        """Units of a call of so many tokens."""
        if math.inf in (prompt, completion):
            return math.inf
        return call_flops(self.params, self.layers, self.hidden, prompt, completion) / self.unit


@dataclass(frozen=True, slots=True)
class NoPrice:
    """Models whose price in a unit can't be told; `lacks` is what their declarations would need."""

    models: tuple[str, ...]
    unit: str
    lacks: Literal["params", "sizes", "prices", "calls to measure"]

    def diagnostic(self) -> Diagnostic:
        """E0858."""
        names = ", ".join(f"`{name}`" for name in self.models)
        match self.lacks:
            case "params":
                hint = "declare `params` (or `units`) on each model, or give the task `unit calls`"
            case "sizes":
                hint = "declare `params`, `layers` and `hidden` on each model"
            case "prices":
                hint = "declare the prices of its tokens on each model"
            case "calls to measure":
                hint = (
                    "a unit is the mean call of a role that replies `-> answer` to the given fields alone, "
                    "and there is none: declare `units` on each model, or give the task `unit tokens`"
                )
            case _:
                assert_never(self.lacks)
        return report("E0858", f"the price of {names} in {self.unit} is not known", hint=hint)


@dataclass(frozen=True, slots=True)
class CostModel:
    """Prices of all models in one unit.

    Args:
        unit: the task's unit.
        prices: by model name.
        reference_tokens: mean tokens of a call of the unit's model on train; None for other units, or if
            every price was declared.
    """

    unit: UnitSpec
    prices: Mapping[str, Price]
    reference_tokens: float | None = None

    @property
    def name(self) -> str:
        """The unit as it stands behind a figure: `units`, `$`, `tokens`, `calls`."""
        return unit_name(self.unit)

    @property
    def note(self) -> str:
        """What one unit is, in words."""
        if self.unit.kind == "flops":
            tokens = f"{self.unit.prompt:g} prompt and {self.unit.output:g} output tokens"
            return f"1 unit = the FLOPs of a call of {self.unit.model} with {tokens}"
        if self.unit.kind != "model":
            return f"cost in {'dollars' if self.unit.kind == 'dollars' else self.unit.kind}"
        if self.reference_tokens is None:
            return "1 unit as declared on the models"
        return f"1 unit = one mean call of {self.unit.model} on train ({self.reference_tokens:.6g} tokens)"

    def of(self, uses: Iterable[Use]) -> float:
        """The cost of calls together."""
        return sum(self.prices[use.model].of(use) for use in uses)


def unit_name(unit: UnitSpec) -> str:
    """The unit as it stands behind a figure."""
    match unit.kind:
        case "model" | "flops":
            return "units"
        case "dollars":
            return "$"
        case "tokens" | "calls":
            return unit.kind
        case _:
            assert_never(unit.kind)


def needs_calibration(unit: UnitSpec, models: Sequence[ModelSpec]) -> bool:
    """Whether the mean call of the unit's model has to be measured first."""
    return unit.kind == "model" and any(model.units is None for model in models)


def mean_tokens(uses: Sequence[Use]) -> float | None:
    """Mean tokens of a call, None if there is none (or they hold no token).

    Six significant digits, so that the resolved program can name it exactly.
    """
    total = sum(use.prompt_tokens + use.completion_tokens for use in uses)
    return float(f"{total / len(uses):.6g}") if total else None


def cost_model(
    task: TaskSpec, models: Sequence[ModelSpec], reference_tokens: float | None
) -> CostModel | NoPrice:
    """Prices of `models` in the task's unit.

    Args:
        task: names the unit.
        models: those that the program may call.
        reference_tokens: of `mean_tokens` over the unit's model's greedy answers on train, where
            `needs_calibration`.
    """
    unit = task.unit
    match unit.kind:
        case "calls":
            return CostModel(unit, {model.name: Price(1.0, 0.0, 0.0) for model in models})
        case "tokens":
            return CostModel(unit, {model.name: Price(0.0, 1.0, 1.0) for model in models})
        case "dollars":
            prices = dollar_prices(models)
            missing = tuple(model.name for model in models if model.name not in prices)
            return NoPrice(missing, "dollars", "prices") if missing else CostModel(unit, prices)
        case "model":
            return model_units(unit, models, reference_tokens)
        case "flops":
            return flops_units(unit, models)
        case _:
            assert_never(unit.kind)


def model_units(
    unit: UnitSpec, models: Sequence[ModelSpec], reference_tokens: float | None
) -> CostModel | NoPrice:
    """Prices relative to the mean call of the unit's model."""
    wanted = f"units of `{unit.model}`"
    reference = next((model.params for model in models if model.name == unit.model), None)
    prices: dict[str, Price] = {}
    unpriced: list[str] = []
    for model in models:
        if model.units is not None:
            prices[model.name] = Price(model.units, 0.0, 0.0)
        elif model.params is None or not reference:
            unpriced.append(model.name)
        elif reference_tokens is not None:
            token = model.params / (reference * reference_tokens)
            prices[model.name] = Price(0.0, token, token)
    if unpriced:
        return NoPrice(tuple(unpriced), wanted, "params")
    if len(prices) < len(models):
        return NoPrice(
            tuple(model.name for model in models if model.name not in prices), wanted, "calls to measure"
        )
    return CostModel(unit, prices, reference_tokens if needs_calibration(unit, models) else None)


def flops_units(unit: UnitSpec, models: Sequence[ModelSpec]) -> CostModel | NoPrice:
    """Prices by what models compute, relative to a call of the unit's model; `units N` is N still."""
    lacking = tuple(model.name for model in models if lacks_size(model, unit))
    reference = next((model for model in models if model.name == unit.model), None)
    one = None if reference is None else model_flops(reference, unit.prompt or 0.0, unit.output or 0.0)
    if lacking or not one:
        return NoPrice(lacking or (unit.model or "",), f"FLOPs of `{unit.model}`", "sizes")
    prices: dict[str, Price] = {}
    for model in models:
        if model.units is not None:
            prices[model.name] = Price(model.units, 0.0, 0.0)
        elif model.params is not None and model.layers is not None and model.hidden is not None:
            computed = Computed(model.params, model.layers, model.hidden, one)
            prices[model.name] = Price(0.0, 0.0, 0.0, computed)
    return CostModel(unit, prices)


def lacks_size(model: ModelSpec, unit: UnitSpec) -> bool:
    """Whether a model needs `params`, `layers` and `hidden` and declares not all of them."""
    needed = model.units is None or model.name == unit.model
    return needed and None in (model.params, model.layers, model.hidden)


def dollar_prices(models: Sequence[ModelSpec]) -> dict[str, Price]:
    """Prices in dollars of the models that declare them, or that run on this machine and cost nothing."""
    prices: dict[str, Price] = {}
    for model in models:
        if model.prompt_price is not None and model.completion_price is not None:
            prices[model.name] = Price(0.0, model.prompt_price, model.completion_price)
        elif model.is_free:
            prices[model.name] = Price(0.0, 0.0, 0.0)
    return prices
