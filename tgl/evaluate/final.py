"""The final measurement: one reading of the test split, with draws that the search has not seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tgl.evaluate.baselines import Baseline, best_of_baselines, routed
from tgl.evaluate.bench import DOES_NOT_FIT, Bench
from tgl.evaluate.data import Example
from tgl.evaluate.evaluator import Evaluation
from tgl.evaluate.ledger import NOTHING
from tgl.evaluate.measure import FINAL_SALT
from tgl.ir import Candidate


@dataclass(frozen=True, slots=True)
class FinalFigures:
    """Evaluations on test: of the winner, and of the baselines by their place among all baselines.

    `skipped` tells why a baseline that was measured on select was not measured here.
    """

    winner: Evaluation
    baselines: Mapping[int, Evaluation]
    skipped: Mapping[int, str]
    examples: tuple[Example, ...]


async def final_measurement(bench: Bench, winner: Candidate, baselines: Sequence[Baseline]) -> FinalFigures:
    """The winner on test, and the baselines as far as they fit, the best on select first.

    Of the votes only the one that is best on select is measured, and every greedy answer. The winner is
    measured whatever is left: its test was kept back.
    """
    wanted = worth_measuring(bench, baselines)
    bench.ledger.keep(NOTHING)
    examples = bench.evaluator.open_test("final")

    async def run(candidates: Sequence[Candidate]) -> list[Evaluation]:
        return await bench.evaluator.run(candidates, examples, FINAL_SALT)

    [evaluation] = await run([winner])
    bench.settle([evaluation])
    rivals = [candidate for _, candidate in wanted if candidate.digest != winner.digest]
    done = await bench.run_as_fits(rivals, bench.evaluator.test_need, run)
    done[winner.digest] = evaluation
    tested = {place: done[one.digest] for place, one in wanted if one.digest in done}
    skipped = {place: DOES_NOT_FIT for place, one in wanted if one.digest not in done}
    for place, one in enumerate(baselines):
        if one.routes:
            answers = [
                (other.models[0], tested[at])
                for at, other in enumerate(baselines)
                if other.kind == "greedy" and at in tested
            ]
            if set(one.models) <= {model for model, _ in answers}:
                tested[place] = routed(one.routes, answers, examples, one.models[-1])
            else:
                skipped[place] = "the greedy answers that it is made of were not all measured on test"
        elif one.on_select is not None and place not in tested:
            skipped.setdefault(place, "another of its kind is better on select")
    return FinalFigures(evaluation, tested, skipped, examples)


def worth_measuring(bench: Bench, baselines: Sequence[Baseline]) -> list[tuple[int, Candidate]]:
    """The baselines to measure on test, by place, in order: the best on select, then as listed."""
    best_vote = best_of_baselines(baselines, bench.cost, lambda one: one.kind == "vote")
    leader = best_of_baselines(baselines, bench.cost)
    found = [
        (place, one.candidate)
        for place, one in enumerate(baselines)
        if one.candidate is not None
        and one.on_select is not None
        and (one.kind != "vote" or one is best_vote)
    ]
    return sorted(found, key=lambda item: (baselines[item[0]] is not leader, item[0]))
