"""The mean call of the unit's model: its greedy answers to the train split."""

from __future__ import annotations

from collections.abc import Sequence

from tgl.evaluate.base_roles import BaseRole
from tgl.evaluate.cost import CostModel, NoPrice, cost_model, mean_tokens, needs_calibration
from tgl.evaluate.evaluation import Evaluation
from tgl.evaluate.evaluator import Evaluator
from tgl.evaluate.simple_programs import greedy
from tgl.ir import Candidate, ModelSpec, ProgramIR, TaskSpec


def reference_program(ir: ProgramIR, task: TaskSpec, base: BaseRole | None) -> Candidate | None:
    """What has to run on train before a cost can be told; None if there is nothing to measure or to run."""
    if base is None or task.unit.model is None or not needs_calibration(task.unit, ir.models):
        return None
    return greedy(ir, base, task.unit.model)


def price_list(
    task: TaskSpec, models: Sequence[ModelSpec], measured: Evaluation | None
) -> CostModel | NoPrice:
    """Prices in the task's unit, given the reference program on train (None: there is none)."""
    tokens = None
    if measured is not None:
        tokens = mean_tokens([use for result in measured.results for use in result.calls])
    return cost_model(task, models, tokens)


async def calibrated(
    ir: ProgramIR, task: TaskSpec, evaluator: Evaluator, base: BaseRole | None
) -> tuple[Evaluation | None, CostModel | NoPrice]:
    """Run the reference program, if there is one, and make the price list of all declared models."""
    candidate = reference_program(ir, task, base)
    evaluation = None if candidate is None else (await evaluator.on_train([candidate]))[0]
    return evaluation, price_list(task, ir.models, evaluation)
