"""The compile-time limits of a program, as far as they are known before the first call."""

from __future__ import annotations

from collections.abc import Sequence

from tgl.evaluate import (
    CostModel,
    cost_model,
    dollar_prices,
    limit_text,
    needs_calibration,
    one_bound,
    reachable_models,
    worst_bound,
)
from tgl.ir import Limit, ProgramIR
from tgl.space import Bound, Lengths, OpenBounds


def known_limits(ir: ProgramIR, lengths: Lengths) -> tuple[tuple[tuple[str, bool], ...], Bound | None]:
    """The limits, whether each is known before the first call, and those that are as one bound.

    Units that have to be measured depend on the first calls: a `limit cost` in them is not known.

    Args:
        ir: the program.
        lengths: of its texts.
    """
    spec, task = ir.optimize, ir.task
    limits: Sequence[Limit] = () if spec is None else spec.limits
    worst = [limit for limit in limits if limit.stat == "worst" and limit.what != "latency"]
    if task is None or not worst:
        return (), None
    models = reachable_models(ir)
    measured = needs_calibration(task.unit, models)
    cost = None if measured else cost_model(task, models, None)
    kept = [
        limit for limit in worst if isinstance(cost, CostModel) or limit.what != "cost" or limit.unit == "$"
    ]
    told = tuple((limit_text(limit), limit in kept) for limit in worst)
    dollars = dollar_prices(ir.models)
    prices = cost if isinstance(cost, CostModel) else CostModel(task.unit, dollars)
    return told, one_bound(worst_bound(kept, OpenBounds(ir, lengths), prices, dollars))
