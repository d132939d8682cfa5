"""The final measurement: one reading of the test split, with draws that the search has not seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tgl.evaluate.baselines import Baseline, best_of_baselines
from tgl.evaluate.bench import Bench
from tgl.evaluate.data import Example
from tgl.evaluate.evaluation import Evaluation
from tgl.evaluate.ledger import NOTHING, Forecast
from tgl.evaluate.measure import FINAL_SALT
from tgl.evaluate.report import BaselineKind
from tgl.ir import Candidate

ORDER: tuple[BaselineKind, ...] = ("greedy", "vote", "router", "mode", "random", "best_of")
"""Who is measured first where `spend` does not allow all."""


@dataclass(frozen=True, slots=True)
class FinalFigures:
    """Evaluations on test: of the winner, and of the baselines by their place among all baselines.

    `skipped` tells why a baseline that was measured on select was not measured here.
    """

    winner: Evaluation
    baselines: Mapping[int, Evaluation]
    skipped: Mapping[int, str]
    examples: tuple[Example, ...]


async def final_measurement(
    bench: Bench,
    winner: Candidate,
    baselines: Sequence[Baseline],
    on_step: Callable[[float], None] = lambda done: None,
) -> FinalFigures:
    """The winner on test, and the baselines as far as they fit, in `ORDER`, the best on select before all.

    Of the votes that count only the one that is best on select is measured. The winner is measured whatever
    is left: its test was kept back. `on_step` is told the share that is done.
    """
    wanted = worth_measuring(bench, baselines)
    bench.ledger.keep(NOTHING)
    examples = bench.evaluator.open_test("final")
    done: dict[str, Evaluation] = {}

    async def run(candidates: Sequence[Candidate]) -> list[Evaluation]:
        return await bench.evaluator.run(candidates, examples, FINAL_SALT)

    def forecast(candidate: Candidate) -> Forecast:
        return bench.evaluator.forecast_test(candidate, FINAL_SALT)

    [evaluation] = await run([winner])
    bench.settle([evaluation])
    done[winner.digest] = evaluation
    skipped: dict[int, str] = {}
    for step, (place, candidate) in enumerate(wanted, 1):
        on_step(step / (len(wanted) + 1))
        if candidate.digest in done:
            continue
        made = await bench.run_as_fits([candidate], forecast, run)
        done.update(made)
        if not made:
            skipped[place] = bench.miss(baselines[place].name, bench.ledger.need(forecast(candidate)))
    tested = {place: done[one.digest] for place, one in wanted if one.digest in done}
    for place, one in enumerate(baselines):
        if one.on_select is not None and place not in tested:
            skipped.setdefault(place, "another of its kind is better on select")
    return FinalFigures(evaluation, tested, skipped, examples)


def worth_measuring(bench: Bench, baselines: Sequence[Baseline]) -> list[tuple[int, Candidate]]:
    """The baselines to measure on test, by place, in order."""
    best_vote = best_of_baselines(baselines, bench.cost, lambda one: one.kind == "vote")
    leader = best_of_baselines(baselines, bench.cost)
    found = [
        (place, one.candidate)
        for place, one in enumerate(baselines)
        if one.candidate is not None
        and one.on_select is not None
        and (one.kind != "vote" or one.dear or one is best_vote)
    ]

    def order(item: tuple[int, Candidate]) -> tuple[bool, int, int]:
        one = baselines[item[0]]
        return one is not leader, ORDER.index(one.kind), item[0]

    return sorted(found, key=order)
