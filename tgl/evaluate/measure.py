"""From evaluations to figures: intervals, differences, and the sentence that stands above the table."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from tgl.emit import amount_text
from tgl.evaluate.cost import CostModel
from tgl.evaluate.data import Example
from tgl.evaluate.evaluation import Evaluation, ExampleResult
from tgl.evaluate.report import (
    BaselineReport,
    Difference,
    Estimate,
    GroupFigures,
    JudgeFigures,
    ProgramFigures,
)
from tgl.ir import ACCURACY, MetricSpec
from tgl.statistics import (
    Interval,
    Repeats,
    Resampler,
    bootstrap_mean,
    bounded_mean,
    compare,
    moved_out,
    quantile,
    weighted_mean,
)

FINAL_SALT = "final"
"""Salt of the final measurement: its draws are not those that the search has seen (semantics.md 8)."""

WINNER = "winner"


def report_draws(seed: int) -> Resampler:
    """The resamples of a report, by the search's seed."""
    return Resampler(seed, ("report",))


def estimate(value: float, interval: Interval) -> Estimate:
    """A figure with its interval."""
    return Estimate(value=value, low=interval.low, high=interval.high)


def score_of(
    scores: Sequence[float],
    weights: Sequence[float] | None,
    metric: MetricSpec,
    resampler: Resampler,
    judged: tuple[Repeats, float] | None = None,
) -> Estimate:
    """The mean score as the metric tells it, with its interval (`bounded_mean`).

    `judged`: how its judge repeats itself, and the share of examples that it decided.
    """
    ends = bounded_mean(scores, weights, resampler)
    mean = weighted_mean(scores, weights)
    if judged is not None:
        ends = moved_out(mean, ends, [judged])
    if metric.kind == "accuracy" and weights is None:
        return estimate(round(sum(scores)) / len(scores), ends)
    low, high = sorted((metric.figure(ends.low), metric.figure(ends.high)))
    return Estimate(value=metric.figure(mean), low=low, high=high)


def figures(
    evaluation: Evaluation,
    examples: Sequence[Example],
    cost: CostModel,
    resampler: Resampler,
    metric: MetricSpec = ACCURACY,
    others: Sequence[MetricSpec] = (),
) -> ProgramFigures:
    """The figures of a program on examples, by group where the examples have groups.

    `resampler` decides the intervals of means that are no shares of right answers.
    """
    costs = evaluation.costs(cost)
    members: dict[str, list[ExampleResult]] = {}
    for one, result in zip(examples, evaluation.results, strict=True):
        if one.group is not None:
            members.setdefault(one.group, []).append(result)
    groups = {name: Evaluation(evaluation.candidate, tuple(own)) for name, own in sorted(members.items())}

    repeats = evaluation.repeats

    def scored(one: Evaluation, *name: str) -> Estimate:
        judged = None if repeats is None else (repeats, one.judged_share())
        return score_of(one.scores, one.weights, metric, resampler.child("score", *name), judged)

    return ProgramFigures(
        n=evaluation.n,
        correct=evaluation.scores.count(1.0),
        accuracy=scored(evaluation),
        cost=estimate(sum(costs) / len(costs), bootstrap_mean(costs, resampler.child("cost"))),
        cost_max=max(costs),
        calls_mean=sum(evaluation.calls) / evaluation.n,
        tokens_mean=sum(evaluation.tokens) / evaluation.n,
        latency_p50=quantile(evaluation.latencies, 0.5),
        latency_p95=quantile(evaluation.latencies, 0.95),
        failed=evaluation.failed,
        failures=dict(evaluation.failures),
        unanswered=evaluation.unanswered,
        fallbacks=dict(evaluation.fallbacks),
        calls_saved=evaluation.saved / evaluation.n,
        verdicts={} if repeats is not None else dict(evaluation.verdicts),
        judged=None if repeats is None else judge_figures(evaluation, repeats),
        cuts=dict(evaluation.cuts),
        others=tuple(
            score_of(
                evaluation.by_other(place).scores,
                evaluation.weights,
                one,
                resampler.child("score", "metric", one.name),
            )
            for place, one in enumerate(others)
        ),
        groups=tuple(
            GroupFigures(name=name, n=own.n, correct=own.scores.count(1.0), accuracy=scored(own, name))
            for name, own in groups.items()
        ),
    )


def judge_figures(evaluation: Evaluation, repeats: Repeats) -> JudgeFigures:
    """How the judge of a program's answers agrees with itself."""
    judged = [one.judged for one in evaluation.results if one.judged is not None]
    return JudgeFigures(
        asked=len(judged),
        contradicts=sum(one.contradicts for one in judged),
        repeated=repeats.count,
        differs=repeats.differing,
        error=repeats.rate,
        error_high=repeats.most(),
        calls=sum(len(one.calls) for one in judged),
    )


def difference(
    winner: Evaluation, other: Evaluation, resampler: Resampler, metric: MetricSpec = ACCURACY
) -> Difference:
    """How the winner's figure differs from that of another program on the same examples."""
    compared = compare(winner.scores, other.scores, resampler, weights=winner.weights)
    ends, judged = compared.interval, [winner.repeats, other.repeats]
    if winner.repeats is not None or other.repeats is not None:
        # Where both gave one answer, one verdict is of both, and whatever is wrong with it cancels.
        shares = [winner.judged_share(other), other.judged_share(winner)]
        parts = [(one, share) for one, share in zip(judged, shares, strict=True) if one is not None]
        ends = moved_out(compared.difference, ends, parts, least=-1.0)
    low, high = sorted(metric.difference(end) for end in (ends.low, ends.high))
    return Difference(
        estimate=Estimate(value=metric.difference(compared.difference), low=low, high=high),
        p_value=compared.p_value,
        method=compared.method,
        distinguishable=not ends.holds(0.0),
    )


def verdict(
    winner: ProgramFigures,
    best: BaselineReport | None,
    unit: str,
    unmeasured: str | None = None,
    metric: MetricSpec = ACCURACY,
) -> tuple[str, bool]:
    """The first line of the output, and whether the winner differs from the best baseline.

    Both costs are named: a simpler program that is not distinguishable may still be dearer. `unmeasured` is
    the name of a baseline that was better on select than `best` and did not fit `spend` on test: then
    nothing is said to be better than the best.
    """
    if best is None or best.difference is None or best.test is None:
        return "no baseline was measured on test, so this says nothing about simpler programs", False
    by = best.difference.estimate
    sign, unit_word = ("$", "") if unit == "$" else ("", f" {unit}")
    costs = f"{sign}{amount_text(winner.cost.value)} against {sign}{amount_text(best.test.cost.value)}"
    if metric.is_share:
        apart = f"{100 * by.value:+.1f} points, 95 % interval {100 * by.low:+.1f} to {100 * by.high:+.1f}"
    else:
        value, low, high = (signed_text(end) for end in (by.value, by.low, by.high))
        apart = f"{metric.title} {value}, 95 % interval {low} to {high}"
    points = f"{apart}, n {winner.n}; cost {costs}{unit_word}"
    if not best.difference.distinguishable:
        return f"not distinguishable from a simpler program: {best.name} ({points})", False
    if (by.value < 0) is (metric.better == "higher"):
        return f"worse than a simpler program: {best.name} ({points})", True
    if unmeasured is not None:
        known = f"better than {best.name} ({points})"
        return f"{known}, but {unmeasured}, better on select, was not measured: raise `spend`", False
    return f"better than the best simpler program, {best.name} ({points})", True


def signed_text(value: float) -> str:
    """An amount with its sign."""
    return f"{'-' if value < 0 else '+'}{amount_text(abs(value))}"


def responses_hash(evaluations: Iterable[Evaluation]) -> str:
    """Hash of the identities that figures rest on, `sha256:…`, whatever their order."""
    identities = {
        use.identity for evaluation in evaluations for result in evaluation.results for use in result.needed
    }
    return "sha256:" + hashlib.sha256("\n".join(sorted(identities)).encode()).hexdigest()
