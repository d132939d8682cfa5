"""One program without choices on the test split, figured as the search that found it figured it."""

from __future__ import annotations

from dataclasses import dataclass

from tgl.evaluate.base_roles import base_role
from tgl.evaluate.calibration import calibrated
from tgl.evaluate.cost import CostModel, NoPrice, cost_model
from tgl.evaluate.evaluation import Evaluation
from tgl.evaluate.evaluator import Evaluator
from tgl.evaluate.failures import failures_of
from tgl.evaluate.measure import FINAL_SALT, WINNER, figures, report_draws, responses_hash
from tgl.evaluate.report import FailureReport, ProgramFigures
from tgl.evaluate.splits import Purpose
from tgl.ir import ProgramIR
from tgl.space import resolve


@dataclass(frozen=True, slots=True)
class Alone:
    """Figures of a resolved program, with what they rest on, and what failed."""

    figures: ProgramFigures
    evaluation: Evaluation
    cost: CostModel
    responses: str
    failures: FailureReport


async def measure_alone(
    ir: ProgramIR,
    evaluator: Evaluator,
    *,
    purpose: Purpose,
    seed: int,
    reference_tokens: float | None = None,
    salt: str = FINAL_SALT,
) -> Alone | NoPrice:
    """Measure a resolved program on test.

    With the `seed` and the `reference_tokens` of a search's report it gives that report's figures of the
    winner, and asks for nothing that the search did not.

    Args:
        ir: the program; it has a task and nothing left to choose.
        evaluator: the task's examples and what runs them.
        purpose: why the test split is opened.
        seed: of the intervals.
        reference_tokens: mean tokens of a call of the unit's model; None: measured on train, where needed.
        salt: of the draws.

    Raises:
        ValueError: the program has no task.
        OutsideSpace: the program has choices.
        BatchStopped: from the runtime.
    """
    task = ir.task
    if task is None:
        raise ValueError("a measurement needs a task")
    if reference_tokens is None:
        _, cost = await calibrated(ir, task, evaluator, base_role(ir, task))
    else:
        cost = cost_model(task, ir.models, reference_tokens)
    if isinstance(cost, NoPrice):
        return cost
    candidate = resolve(ir, {}).candidate
    examples = evaluator.open_test(purpose)
    [evaluation] = await evaluator.run([candidate], examples, salt)
    made = figures(evaluation, examples, cost, report_draws(seed).child(WINNER), task.metric, task.others)
    return Alone(made, evaluation, cost, responses_hash([evaluation]), failures_of([evaluation]))
