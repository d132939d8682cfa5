"""Baselines on select: tried as far as `spend` allows, each with the winner's own test kept back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tgl.evaluate.baselines import Affordable, Baseline, first_guess, routed, routes_of
from tgl.evaluate.bench import DOES_NOT_FIT, Bench
from tgl.evaluate.data import Example
from tgl.evaluate.evaluator import Evaluation
from tgl.evaluate.report import BaselineKind
from tgl.evaluate.selection import mean_cost
from tgl.evaluate.simple_programs import BaseRole, best, greedy, vote
from tgl.ir import Alternative, Candidate


@dataclass(frozen=True, slots=True)
class Rivals:
    """What baselines are made from.

    `models` are those with baselines of their own; `known` evaluations on select by digest are not asked
    for again; `mode` and `random` are candidates of the program's own.
    """

    base: BaseRole | None
    models: tuple[str, ...]
    grader: Alternative | None
    mode: Candidate
    random: Candidate | None
    known: Mapping[str, Evaluation]
    examples: Sequence[Example]


async def on_select(bench: Bench, rivals: Rivals, candidate: Candidate) -> Evaluation | None:
    """A candidate on select, None if its worst case does not fit."""
    if (known := rivals.known.get(candidate.digest)) is not None:
        return known
    if not bench.ledger.reserve(bench.evaluator.select_need(candidate)):
        return None
    [evaluation] = await bench.evaluator.on_select([candidate])
    bench.settle([evaluation])
    return evaluation


async def compare_on_select(bench: Bench, rivals: Rivals, ceiling: float) -> list[Baseline]:
    """All baselines on select; those that do not fit `spend` say so. `ceiling` is the winner's mean cost."""
    made: list[Baseline] = []
    answers: list[tuple[str, Evaluation]] = []
    base = rivals.base
    if base is None:
        bench.notes.append("no role answers from given fields alone, so there are no one-model baselines")
    else:
        for model in rivals.models:
            candidate = greedy(bench.ir, base, model)
            evaluation = await on_select(bench, rivals, candidate)
            made.append(baseline("greedy", f"{model}, greedy", (model,), 1, candidate, evaluation))
            if evaluation is not None:
                answers.append((model, evaluation))
        for model, answer in answers:
            cost = mean_cost(answer, bench.cost)
            made.append(await largest(bench, rivals, "vote", model, ceiling, cost))
        if answers and rivals.grader is not None:
            leader, answer = min(answers, key=lambda item: (-item[1].score, mean_cost(item[1], bench.cost)))
            cost = 2 * mean_cost(answer, bench.cost)
            made.append(await largest(bench, rivals, "best_of", leader, ceiling, cost))
        if len(answers) > 1 and len(answers) == len(rivals.models):
            made += router(bench, rivals, answers)
    mode = await on_select(bench, rivals, rivals.mode)
    made.append(baseline("mode", "the program at its prior mode", (), 1, rivals.mode, mode))
    if rivals.random is not None:
        evaluation = await on_select(bench, rivals, rivals.random)
        made.append(baseline("random", "a random feasible program", (), 1, rivals.random, evaluation))
    else:
        made.append(
            Baseline(
                "random", "a random feasible program", why="none that was drawn from the prior is feasible"
            )
        )
    return made


def baseline(
    kind: BaselineKind,
    name: str,
    models: tuple[str, ...],
    k: int,
    candidate: Candidate,
    evaluation: Evaluation | None,
) -> Baseline:
    """A baseline that was tried on select."""
    why = "" if evaluation is not None else DOES_NOT_FIT
    return Baseline(kind, name, models, k, candidate, (), evaluation, why)


def router(bench: Bench, rivals: Rivals, answers: Sequence[tuple[str, Evaluation]]) -> list[Baseline]:
    """The best greedy model for each group, if the task has groups."""
    routes = routes_of(answers, rivals.examples, bench.cost)
    if not routes:
        return []
    fallback = max(answers, key=lambda item: item[1].score)[0]
    task = bench.ir.task
    name = f"the best greedy model for each {task.by if task is not None else 'group'}"
    used = (*(dict.fromkeys(model for _, model in routes if model != fallback)), fallback)
    evaluation = routed(routes, answers, rivals.examples, fallback)
    return [Baseline("router", name, used, 1, None, routes, evaluation)]


async def largest(
    bench: Bench, rivals: Rivals, kind: BaselineKind, model: str, ceiling: float, each: float
) -> Baseline:
    """The vote or best-of of the largest k that costs at most `ceiling` on select."""
    words = "majority of {k} x {model}" if kind == "vote" else "best of {k} x {model} by a grader"
    search = Affordable(ceiling, first_guess(ceiling, each))
    found: dict[int, tuple[Candidate, Evaluation]] = {}
    why = ""
    assert rivals.base is not None
    while (k := search.next) is not None:
        if kind == "vote":
            candidate = vote(bench.ir, rivals.base, model, k)
        else:
            assert rivals.grader is not None
            candidate = best(bench.ir, rivals.base, model, k, rivals.grader)
        evaluation = await on_select(bench, rivals, candidate)
        if evaluation is None:
            why = DOES_NOT_FIT
            break
        found[k] = candidate, evaluation
        search.measured[k] = mean_cost(evaluation, bench.cost)
    k = search.largest
    if k is None:
        few = "two samples cost more than the winner: the greedy answer stands for it"
        return Baseline(kind, words.format(k="several", model=model), (model,), 1, why=why or few)
    return Baseline(kind, words.format(k=k, model=model), (model,), k, found[k][0], (), found[k][1])
