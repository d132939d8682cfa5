"""What a search is expected to need, told before it: from programs drawn from the prior, on some examples."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tgl.diagnostics import Diagnostic
from tgl.evaluate import (
    FINAL_SALT,
    MOST_POINTS,
    Evaluator,
    Given,
    Need,
    SpendTooSmall,
    Splits,
    base_role,
    base_variants,
    judging_of,
    reachable_models,
    reference_program,
)
from tgl.ir import Candidate, OptimizeSpec, ProgramIR
from tgl.pipeline.money import dearest_call
from tgl.pipeline.session import Session
from tgl.pipeline.task import evaluator_of
from tgl.runtime import Job
from tgl.search import BadMethod, method_of
from tgl.space import Bound, Known, Stream, candidate_bounds, mode, resolve, sample

EXAMPLES = 8
"""Train examples that calls are told from."""
DRAWN = 60
"""Programs that are drawn at most."""
VOTES = 3
"""Calls of an example for the vote that each model is compared by."""


@dataclass(frozen=True, slots=True)
class StoredShare:
    """Of the calls of a candidate on train that are known beforehand, how many the store answers."""

    answered: int
    known: int


@dataclass(frozen=True, slots=True)
class SearchEstimate:
    """What a search is expected to need, and at most.

    Args:
        proposals: programs that it proposes at most.
        distinct: about how many of these are different.
        stages: about how many distinct calls each stage needs.
        calls: all of them, at most the cap.
        most_calls: the cap, None if there is none.
        dollars: about what they cost at the declared prices, None where one is not declared.
        most_dollars: the cap in dollars, or what `most_calls` of the dearest calls cost; None if unknown.
        seconds: about how long the calls take one after the other on each model's slots, where it was seen.
        problems: what would end it.
    """

    proposals: int
    distinct: int
    stages: tuple[tuple[str, int], ...]
    calls: int
    most_calls: int | None
    dollars: float | None
    most_dollars: float | None
    seconds: float | None
    problems: tuple[Diagnostic, ...]


async def stored_share(session: Session, candidate: Candidate, splits: Splits) -> StoredShare:
    """How many of a candidate's calls on train the store answers, of those that wait for no reply."""
    names = [name for one in splits.train for name in first_asks(session, candidate, one.given)[0]]
    wanted = list(dict.fromkeys(names))
    return StoredShare(len(await session.executor.store.get_many(wanted)), len(wanted))


def first_asks(session: Session, candidate: Candidate, given: Mapping[str, Given]) -> tuple[list[str], int]:
    """The first ask of each node: identities of those that are known, and how many wait for replies."""
    known: dict[int, str | None] = {}
    for ask in session.executor.foreseen(Job(candidate, given), fresh=True):
        known.setdefault(ask.node, ask.identity)
    return [name for name in known.values() if name is not None], sum(name is None for name in known.values())


async def search_estimate(
    ir: ProgramIR, session: Session, splits: Splits, known: Known, bound: Bound | None, programs: int | None
) -> SearchEstimate:
    """What a search of a program is expected to need; `programs` is how many there are, if that is known.

    Raises:
        ValueError: the program has no `optimize` block.
    """
    spec = ir.optimize
    if spec is None or ir.task is None:
        raise ValueError("a search needs a task and an `optimize` block")
    method = method_of(spec)
    if isinstance(method, BadMethod):
        return SearchEstimate(0, 0, (), 0, None, None, None, None, (method.diagnostic(),))
    proposals = method.study.trials or method.study.rounds * method.samples
    likely = resolve(ir, mode(ir, bound=bound), bound).candidate
    drawn = [likely]
    for draw in range(min(proposals, DRAWN)):
        assignment = sample(ir, Stream(spec.seed, "plan").child(draw), bound=bound).assignment
        drawn.append(resolve(ir, assignment, bound).candidate)
    different = list({one.digest: one for one in drawn}.values())
    distinct = max(1, round(len(different) / len(drawn) * (proposals + 1)))
    distinct = distinct if programs is None else min(distinct, max(programs, len(different)))
    chosen = splits.train[:EXAMPLES]
    shared = distinct_calls(session, different, [one.given for one in chosen]) / len(chosen)
    each = shared * distinct / len(different)
    means = [candidate_bounds(one, known).total for one in different]
    usual = math.fsum(one.calls.usual for one in means) / len(means)
    finalists = min(method.finalists + 1, distinct)
    points = min(MOST_POINTS, finalists) if spec.pareto else 1
    models, variants = len(reachable_models(ir)), max(1, len(base_variants(ir, ir.task)))
    train, select, test = len(splits.train), len(splits.select), splits.test.size
    share = min(1.0, shared / max(1e-9, usual * len(different)))
    judging = judging_of(ir, known.lengths)
    judged = 0.0 if judging is None else judging.usual  # a verdict on each answer, but for equal ones
    rivals = models * (variants + 1) * select + (models + 2) * test
    stages = (
        ("train", round((each + judged * distinct) * train)),
        ("select", round((usual * share + judged) * finalists * select)),
        (
            "comparisons",
            models * (variants + VOTES) * select + (models + VOTES) * test + round(judged * rivals),
        ),
        ("test", round((usual + judged) * test * (share * points if points > 1 else 1))),
    )
    total = sum(count for _, count in stages)
    calls = total if spec.spend_calls is None else min(total, spec.spend_calls)
    priced = [one.dollars.usual for one in means if one.dollars is not None]
    one_call = math.fsum(priced) / max(1e-9, usual * len(means)) if len(priced) == len(means) else None
    most_dollars, dearest = spec.spend_dollars, dearest_call(ir, known.lengths)
    if most_dollars is None and spec.spend_calls is not None and dearest is not None:
        most_dollars = dearest * spec.spend_calls
    return SearchEstimate(
        proposals,
        distinct,
        stages,
        calls,
        spec.spend_calls,
        None if one_call is None else one_call * calls,
        most_dollars,
        seconds_of(ir, known, calls),
        too_small(ir, session, splits, likely, different),
    )


def distinct_calls(
    session: Session, candidates: Sequence[Candidate], questions: Sequence[Mapping[str, Given]]
) -> int:
    """How many different calls candidates need on questions; those that wait for replies count each."""
    names: set[str] = set()
    waiting = 0
    for candidate in candidates:
        for given in questions:
            known, unknown = first_asks(session, candidate, given)
            names.update(known)
            waiting += unknown
    return len(names) + waiting


def seconds_of(ir: ProgramIR, known: Known, calls: int) -> float | None:
    """About how long calls take, spread evenly over the models, each with its simultaneous calls."""
    models = reachable_models(ir)
    if not models or any(model.name not in known.seen for model in models):
        return None
    each = [known.seen[model.name].seconds / (model.concurrency or 8) for model in models]
    return max(each) * calls / len(models)


def too_small(
    ir: ProgramIR, session: Session, splits: Splits, likely: Candidate, others: Sequence[Candidate]
) -> tuple[Diagnostic, ...]:
    """E0860 if `spend` can't carry the search to its end: the first needed step that it can't pay."""
    spec, task = ir.optimize, ir.task
    if spec is None or task is None or (spec.spend_calls is None and spec.spend_dollars is None):
        return ()
    evaluator = evaluator_of(ir, splits, session, scoring=False)
    reference = reference_program(ir, task, base_role(ir, task))
    spent = Need(0)
    steps: list[tuple[str, Need]] = []
    if reference is not None:
        steps.append(("measure what one unit is", evaluator.forecast_train(reference).need))
    first = "measure even the program at its prior mode on train"
    steps.append((first, evaluator.forecast_train(likely).need))
    # what the first steps really need is at most their worst case, and at least the calls that surely run
    sure = Need(int(candidate_bounds(likely, Known({})).total.calls.least * len(splits.train)))
    last: list[Need] = []
    for one in others:
        last.append(finals(evaluator, one) + sure)
        if not is_over(spec, last[-1]):
            break  # one that can be paid is enough
    cheapest = min(last, key=lambda need: (is_over(spec, need), need.calls, need.dollars))
    steps.append(("measure any candidate on select and test", cheapest))
    for step, need in steps:
        if is_over(spec, need):
            told = SpendTooSmall(step, need, spent, spec.spend_calls, spec.spend_dollars)
            return (told.diagnostic(),)
    return ()


def is_over(spec: OptimizeSpec, need: Need) -> bool:
    """Whether a step needs more than `spend` has."""
    return (spec.spend_calls is not None and need.calls > spec.spend_calls) or (
        spec.spend_dollars is not None and need.dollars > spec.spend_dollars
    )


def finals(evaluator: Evaluator, candidate: Candidate) -> Need:
    """What a candidate needs on select and test at most."""
    return evaluator.forecast_select(candidate).need + evaluator.forecast_test(candidate, FINAL_SALT).need
