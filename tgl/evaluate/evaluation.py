"""A candidate's results on examples: scores, with everything that they cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from tgl.evaluate.cost import CostModel, Price
from tgl.evaluate.data import Example
from tgl.evaluate.scoring import Graded, JudgedCalls
from tgl.ir import Candidate, MetricSpec
from tgl.runtime import CallUse, RunResult, RunStatus
from tgl.statistics import Repeats, pass_at, weighted_mean


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """One candidate on one example. `score` is in [0, 1], 1 the best; of a failed run it is 0.

    `weight` is how much the example counts; `runs` are how many runs `calls` are of, `latency` their mean;
    `verdicts` tell how the code of answered runs did, where the key runs it. `fallbacks` are the classes of
    failed calls that made a node absent, `cuts` the maps whose list was longer than their bound with how many
    items they left out, `saved` the calls that a quorum spares; `failed_calls` are the calls
    that failed the run or made a node absent, each with its class.
    `judged` is what a judge needed for the score; `others` are the scores by the task's other metrics, ()
    where there is none or the run failed: 0 each.
    """

    score: float
    status: RunStatus
    failure: str | None
    answer: str
    latency: float
    calls: tuple[CallUse, ...]
    fallbacks: tuple[str, ...] = ()
    saved: int = 0
    failed_calls: tuple[tuple[str, str], ...] = ()
    weight: float = 1.0
    runs: int = 1
    verdicts: tuple[str, ...] = ()
    cuts: tuple[tuple[str, int], ...] = ()
    judged: JudgedCalls | None = None
    others: tuple[float, ...] = ()

    @property
    def needed(self) -> tuple[CallUse, ...]:
        """The calls of the program and those of its judge: what the spend has."""
        return self.calls if self.judged is None else (*self.calls, *self.judged.calls)


DROPPED = ExampleResult(0.0, RunStatus.DROPPED, None, "", 0.0, ())


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One candidate on the examples of a split, in their order; two of one split are paired.

    A candidate of which too many examples failed may be dropped: the examples after the one that decided it
    were not needed, and count as wrong. It is out, and its figures are told to nobody.
    """

    candidate: Candidate
    results: tuple[ExampleResult, ...]

    @property
    def n(self) -> int:
        """Number of examples, >= 1."""
        return len(self.results)

    @property
    def scores(self) -> tuple[float, ...]:
        """Score of each example, in [0, 1]."""
        return tuple(result.score for result in self.results)

    @property
    def weights(self) -> tuple[float, ...] | None:
        """How much each example counts; None: all the same."""
        found = tuple(result.weight for result in self.results)
        return None if min(found) == max(found) else found

    @property
    def score(self) -> float:
        """Mean score."""
        return weighted_mean(self.scores, self.weights)

    @property
    def repeats(self) -> Repeats | None:
        """How often the judge, asked again, said something else; None where no judge had a word."""
        judged = [one.judged for one in self.results if one.judged is not None and not one.judged.sure]
        again = [one.differs for one in judged if one.repeated]
        return Repeats(sum(again), len(again)) if judged else None

    def judged_share(self, beside: Evaluation | None = None) -> float:
        """Share of the examples, by weight, that a judge decided.

        `beside` another evaluation: those that it decided by other words than there.
        """
        weighs = [one.weight for one in self.results]
        others = [None] * self.n if beside is None else [one.judged for one in beside.results]
        own = [
            one.judged is not None and (beside is None or one.judged != other)
            for one, other in zip(self.results, others, strict=True)
        ]
        return sum(weight for weight, is_judged in zip(weighs, own, strict=True) if is_judged) / sum(weighs)

    @property
    def latencies(self) -> tuple[float, ...]:
        """Latency of each example in seconds, on virtual time."""
        return tuple(result.latency for result in self.results)

    @property
    def calls(self) -> tuple[float, ...]:
        """Calls of each example, of one run."""
        return tuple(each(len(result.calls), result.runs) for result in self.results)

    @property
    def tokens(self) -> tuple[float, ...]:
        """Tokens of each example, of one run."""
        return tuple(
            each(sum(use.prompt_tokens + use.completion_tokens for use in result.calls), result.runs)
            for result in self.results
        )

    @property
    def failed(self) -> int:
        """How many examples failed."""
        return sum(result.status is RunStatus.FAILED for result in self.results)

    @property
    def dropped(self) -> int:
        """How many examples were not needed any more, since too many before them had failed."""
        return sum(result.status is RunStatus.DROPPED for result in self.results)

    @property
    def unanswered(self) -> int:
        """How many examples ended without an answer, failed ones not counted."""
        return sum(result.status is RunStatus.NO_ANSWER for result in self.results)

    @property
    def failures(self) -> Mapping[str, int]:
        """Failed examples by class, classes in alphabetical order."""
        classes = Counter(
            result.failure or "unknown" for result in self.results if result.failure is not None
        )
        return {name: classes[name] for name in sorted(classes)}

    @property
    def fallbacks(self) -> Mapping[str, int]:
        """Failed calls that made a node absent, by class, classes in alphabetical order."""
        classes = Counter(failure for result in self.results for failure in result.fallbacks)
        return {name: classes[name] for name in sorted(classes)}

    @property
    def verdicts(self) -> Mapping[str, int]:
        """How the code of all runs did, in alphabetical order; empty where the key runs none."""
        counts = Counter(verdict for result in self.results for verdict in result.verdicts)
        return {name: counts[name] for name in sorted(counts)}

    @property
    def cuts(self) -> Mapping[str, tuple[int, int]]:
        """Maps that left out items of longer lists: on how many examples, how many; by name."""
        examples = Counter(name for result in self.results for name in {name for name, _ in result.cuts})
        items: Counter[str] = Counter()
        for result in self.results:
            for name, more in result.cuts:
                items[name] += more
        return {name: (examples[name], items[name]) for name in sorted(examples)}

    @property
    def saved(self) -> int:
        """How many calls a quorum spares, on all examples."""
        return sum(result.saved for result in self.results)

    def part(self, counts: Callable[[str, str], bool]) -> Evaluation:
        """The same runs with those of their calls alone that count, told by node and model."""
        results = (
            replace(result, calls=tuple(use for use in result.calls if counts(use.node, use.model)))
            for result in self.results
        )
        return replace(self, results=tuple(results))

    def by_other(self, place: int) -> Evaluation:
        """The same runs scored by the metric of that place among the others."""
        results = (
            replace(one, score=one.others[place] if one.others else 0.0, others=(), judged=None)
            for one in self.results
        )
        return replace(self, results=tuple(results))

    def costs(self, model: CostModel) -> tuple[float, ...]:
        """Cost of each example in the model's unit, of one run."""
        return tuple(each(model.of(result.calls), result.runs) for result in self.results)

    def charges(self, dollars: Mapping[str, Price]) -> dict[str, float]:
        """Dollars by identity (0 for models without a price), in order of first need."""
        charged: dict[str, float] = {}
        for result in self.results:
            for use in result.needed:
                price = dollars.get(use.model)
                charged.setdefault(use.identity, 0.0 if price is None else price.of(use))
        return charged


def each(total: float, runs: int) -> float:
    """The share of one run."""
    return total if runs == 1 else total / runs


def shown(result: RunResult, graded: Graded, example: Example) -> ExampleResult:
    """A run with its score. A failed run scores 0 and stays known as failed; no verdict is a failure, too."""
    judged = graded.judged
    failed = result.status is RunStatus.FAILED or (judged is not None and judged.failure != "")
    failure = result.failure if judged is None or not judged.failure else judged.failure
    return ExampleResult(
        score=graded.score,
        status=RunStatus.FAILED if failed else result.status,
        failure=(failure or "unknown") if failed else None,
        answer="" if result.answer is None else result.answer.text,
        latency=result.latency,
        calls=result.calls,
        fallbacks=tuple(fallback.failure for fallback in result.fallbacks),
        saved=result.saved,
        failed_calls=failed_calls(result) + (() if judged is None else judged.failed_calls),
        weight=example.weight,
        verdicts=(graded.verdict,) if graded.verdict else (),
        cuts=result.cuts,
        judged=judged,
        others=() if failed else graded.others,
    )


def merged(runs: Sequence[ExampleResult], metric: MetricSpec) -> ExampleResult:
    """Several runs on one example: the chance that one of `k` is right, 0 if a run failed; means of others.

    It ended without an answer only if all runs did.
    """
    failed = next((run for run in runs if run.status is RunStatus.FAILED), None)
    answered = next((run for run in runs if run.status is RunStatus.OK), runs[0])
    stands = answered if failed is None else failed
    right = sum(run.score == 1.0 for run in runs)
    return replace(
        stands,
        score=pass_at(metric.draws, right, metric.k) if failed is None else 0.0,
        latency=sum(run.latency for run in runs) / len(runs),
        calls=tuple(use for run in runs for use in run.calls),
        fallbacks=tuple(name for run in runs for name in run.fallbacks),
        saved=round(sum(run.saved for run in runs) / len(runs)),
        failed_calls=tuple(call for run in runs for call in run.failed_calls),
        runs=len(runs),
        verdicts=tuple(name for run in runs for name in run.verdicts),
        cuts=tuple(cut for run in runs for cut in run.cuts),
        others=() if failed is not None else mean_others(runs),
    )


def mean_others(runs: Sequence[ExampleResult]) -> tuple[float, ...]:
    """The mean of each further score; a run without an answer scores 0."""
    count = max(len(run.others) for run in runs)
    rows = [run.others or (0.0,) * count for run in runs]
    return tuple(sum(row[place] for row in rows) / len(rows) for place in range(count))


def failed_calls(result: RunResult) -> tuple[tuple[str, str], ...]:
    """The calls that failed a run or made a node of it absent, each with its class."""
    fallen = tuple((fallback.identity, fallback.failure) for fallback in result.fallbacks)
    if result.failed_call is None:
        return fallen
    return (*fallen, (result.failed_call, result.failure or "unknown"))
