"""The final measurement: one reading of the test split, with draws that the search has not seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tgl.evaluate.baselines import Baseline, best_of_baselines
from tgl.evaluate.bench import Bench
from tgl.evaluate.data import Example
from tgl.evaluate.evaluation import Evaluation
from tgl.evaluate.ledger import NOTHING, Forecast, Need
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


@dataclass(frozen=True, slots=True)
class Contest:
    """A program that is to be measured on test, and its baselines."""

    winner: Candidate
    baselines: Sequence[Baseline]


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
    [final] = await final_measurements(bench, [Contest(winner, baselines)], on_step)
    assert final is not None
    return final


async def final_measurements(
    bench: Bench,
    contests: Sequence[Contest],
    on_step: Callable[[float], None] = lambda done: None,
    kept: Need = NOTHING,
) -> list[FinalFigures | None]:
    """The winners on test, in order, then their baselines; see `final_measurement`.

    The first winner is measured whatever is left, others as far as they fit beside `kept`, which is for the
    baselines: None for those that do not.
    """
    wanted = [
        (contest, place, candidate)
        for contest in contests
        for place, candidate in worth_measuring(bench, contest.baselines)
    ]
    bench.ledger.keep(NOTHING)
    examples = bench.evaluator.open_test("final")
    done: dict[str, Evaluation] = {}

    async def run(candidates: Sequence[Candidate]) -> list[Evaluation]:
        return await bench.evaluator.run(candidates, examples, FINAL_SALT)

    def forecast(candidate: Candidate) -> Forecast:
        return bench.evaluator.forecast_test(candidate, FINAL_SALT)

    winners = [contest.winner for contest in contests]
    [evaluation] = await run(winners[:1])
    bench.settle([evaluation])
    done[evaluation.candidate.digest] = evaluation
    bench.ledger.keep(kept)
    done |= await bench.run_as_fits(winners[1:], forecast, run)
    bench.ledger.keep(NOTHING)
    steps = len(wanted) + len(winners)
    skipped: dict[tuple[str, int], str] = {}
    for step, (contest, place, candidate) in enumerate(wanted, len(winners)):
        on_step(step / steps)
        if candidate.digest in done or contest.winner.digest not in done:
            continue
        made = await bench.run_as_fits([candidate], forecast, run)
        done.update(made)
        if not made:
            name, need = contest.baselines[place].name, bench.ledger.need(forecast(candidate))
            skipped[contest.winner.digest, place] = bench.miss(name, need)
    return [final_figures(bench, contest, done, skipped, examples) for contest in contests]


def final_figures(
    bench: Bench,
    contest: Contest,
    done: Mapping[str, Evaluation],
    missed: Mapping[tuple[str, int], str],
    examples: tuple[Example, ...],
) -> FinalFigures | None:
    """What was measured of a winner and its baselines; `missed` tells of what did not fit."""
    digest = contest.winner.digest
    if digest not in done:
        return None
    wanted = worth_measuring(bench, contest.baselines)
    tested = {place: done[one.digest] for place, one in wanted if one.digest in done}
    skipped = {place: why for (winner, place), why in missed.items() if winner == digest}
    for place, one in enumerate(contest.baselines):
        if one.on_select is not None and place not in tested:
            skipped.setdefault(place, "another of its kind is better on select")
    return FinalFigures(done[digest], tested, skipped, examples)


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
