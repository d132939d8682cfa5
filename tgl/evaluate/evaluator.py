"""Candidates on examples: paired scores, with everything that they cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tgl.evaluate.cost import CostModel, Price
from tgl.evaluate.data import Example, Given
from tgl.evaluate.dropping import Allowance, first_failure
from tgl.evaluate.ledger import Forecast, Need
from tgl.evaluate.splits import Purpose, Splits
from tgl.evaluate.worst import worst_dollars
from tgl.ir import CallNode, Candidate
from tgl.keys import agrees
from tgl.runtime import CallFailed, CallUse, DropRule, Job, PossibleAsk, RunResult, RunStatus
from tgl.space import Lengths, asks


class Runner(Protocol):
    """What runs jobs: the runtime's executor, or a fake."""

    async def run_all(self, jobs: Sequence[Job], *, drop: DropRule | None = None) -> Sequence[RunResult]:
        """The results, in the order of the jobs; of those that `drop` made needless there is none to see.

        Raises:
            BatchStopped: there are none.
        """
        ...

    def foreseen(self, job: Job, *, fresh: bool = False) -> Sequence[PossibleAsk]:
        """What a job may ask beyond what all jobs so far have asked (or, `fresh`, beyond nothing)."""
        ...

    @property
    def failed(self) -> Mapping[str, CallFailed]:
        """The calls that have failed so far, by identity."""
        ...


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """One candidate on one example. `score` is 1 if the answer is the target, else (also if it failed) 0.

    `fallbacks` are the classes of failed calls that made a node absent, `saved` the calls that a quorum
    spares; `failed_calls` are the calls that failed the run or made a node absent, each with its class.
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
        """Score of each example, 0 or 1."""
        return tuple(result.score for result in self.results)

    @property
    def score(self) -> float:
        """Mean score."""
        return sum(self.scores) / self.n

    @property
    def latencies(self) -> tuple[float, ...]:
        """Latency of each example in seconds, on virtual time."""
        return tuple(result.latency for result in self.results)

    @property
    def calls(self) -> tuple[int, ...]:
        """Calls of each example."""
        return tuple(len(result.calls) for result in self.results)

    @property
    def tokens(self) -> tuple[int, ...]:
        """Tokens of each example."""
        return tuple(
            sum(use.prompt_tokens + use.completion_tokens for use in result.calls) for result in self.results
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
    def saved(self) -> int:
        """How many calls a quorum spares, on all examples."""
        return sum(result.saved for result in self.results)

    def costs(self, model: CostModel) -> tuple[float, ...]:
        """Cost of each example in the model's unit."""
        return tuple(model.of(result.calls) for result in self.results)

    def charges(self, dollars: Mapping[str, Price]) -> dict[str, float]:
        """Dollars by identity (0 for models without a price), in order of first need."""
        charged: dict[str, float] = {}
        for result in self.results:
            for use in result.calls:
                price = dollars.get(use.model)
                charged.setdefault(use.identity, 0.0 if price is None else price.of(use))
        return charged


class Evaluator:
    """Runs candidates on a task's splits.

    Train and select are read freely; test only after `open_test`, with a purpose that the split counts.

    Args:
        runner: runs jobs.
        splits: the task's examples.
        dollars: prices by model, for worst cases in dollars.
        lengths: of the program's texts, for the same; None: of the given fields alone.
        allowance: share of failed examples on train or select beyond which a candidate is dropped; 1: never.
        abort: whether the first failed example ends everything.
    """

    def __init__(
        self,
        runner: Runner,
        splits: Splits,
        *,
        dollars: Mapping[str, Price] | None = None,
        lengths: Lengths | None = None,
        allowance: float = 1.0,
        abort: bool = False,
    ) -> None:
        self._runner, self._splits = runner, splits
        self._dollars = dollars or {}
        self.lengths = Lengths(splits.longest) if lengths is None else lengths
        self._allowance, self._abort = allowance, abort

    async def on_train(self, candidates: Sequence[Candidate]) -> list[Evaluation]:
        """Candidates on all train examples, in order."""
        return await self.run(candidates, self._splits.train, "", self._allowance)

    async def on_select(self, candidates: Sequence[Candidate]) -> list[Evaluation]:
        """Candidates on all select examples, in order."""
        return await self.run(candidates, self._splits.select, "", self._allowance)

    def open_test(self, purpose: Purpose) -> tuple[Example, ...]:
        """The test examples, for `run`; the opening is counted."""
        return self._splits.test.open(purpose)

    async def run(
        self, candidates: Sequence[Candidate], examples: Sequence[Example], salt: str, allowance: float = 1.0
    ) -> list[Evaluation]:
        """Every candidate on every example, one batch.

        Args:
            candidates: what is run.
            examples: the same for all.
            salt: of the draws.
            allowance: share of failed examples beyond which the rest of a candidate's are dropped.

        Raises:
            ExampleFailed: one failed, and the task says to stop then.
            BatchStopped: from the runtime.
        """
        width = len(examples)
        rule = Allowance(0.0 if self._abort else allowance, width)
        jobs = [
            Job(candidate, one.given, salt, group=str(place))
            for place, candidate in enumerate(candidates)
            for one in examples
        ]
        drop = rule if rule.share < 1.0 else None
        results = list(await self._runner.run_all(jobs, drop=drop))
        made: list[Evaluation] = []
        for place, candidate in enumerate(candidates):
            own = results[place * width : (place + 1) * width]
            needed = own[: rule.kept(own)]
            if self._abort and (failed := first_failure(needed)) is not None:
                raise failed
            shown = [scored(result, one) for result, one in zip(needed, examples, strict=False)]
            made.append(Evaluation(candidate, (*shown, *[DROPPED] * (width - len(needed)))))
        return made

    def forecast_train(self, candidate: Candidate) -> Forecast:
        """The most that a candidate can need on train beyond what was spent."""
        return self.forecast(candidate, [one.given for one in self._splits.train], "")

    def forecast_select(self, candidate: Candidate) -> Forecast:
        """The same on select."""
        return self.forecast(candidate, [one.given for one in self._splits.select], "")

    def forecast_test(self, candidate: Candidate, salt: str) -> Forecast:
        """The same on test, from its given fields alone: it stays sealed."""
        return self.forecast(candidate, self._splits.test.questions, salt)

    def forecast(self, candidate: Candidate, questions: Sequence[Mapping[str, Given]], salt: str) -> Forecast:
        """The most that a candidate can need on questions beyond what was spent."""
        dollars = self.dearest(candidate)
        known: dict[str, float] = {}
        calls, amount = 0, 0.0
        for given in questions:
            for ask in self._runner.foreseen(Job(candidate, given, salt)):
                if ask.identity is None:
                    calls += 1
                    amount += dollars[ask.node]
                else:
                    known.setdefault(ask.identity, dollars[ask.node])
        return Forecast(known, Need(calls, amount))

    def asks_on_train(self, candidate: Candidate) -> frozenset[str]:
        """The foreseen calls of a candidate on train, as if nothing was spent."""
        return frozenset(
            ask.identity
            for one in self._splits.train
            for ask in self._runner.foreseen(Job(candidate, one.given), fresh=True)
            if ask.identity is not None
        )

    def dearest(self, candidate: Candidate) -> list[float]:
        """The dearest that one ask of each node can be, by the node's place."""
        if all(price.prompt_token == price.completion_token == 0.0 for price in self._dollars.values()):
            return [0.0] * len(candidate.nodes)
        by_node = worst_dollars(candidate, self._dollars, self.lengths)
        return [
            by_node[node.id] / asks(node) if isinstance(node, CallNode) else 0.0 for node in candidate.nodes
        ]

    @property
    def failed(self) -> Mapping[str, CallFailed]:
        """The calls that have failed so far, by identity."""
        return self._runner.failed

    @property
    def train(self) -> tuple[Example, ...]:
        """The train examples, in the order of evaluations."""
        return self._splits.train

    @property
    def select(self) -> tuple[Example, ...]:
        """The select examples, in the order of evaluations."""
        return self._splits.select

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Number of train, select and test examples."""
        return len(self._splits.train), len(self._splits.select), self._splits.test.size


def scored(result: RunResult, example: Example) -> ExampleResult:
    """A run's result against the target. A failed run scores 0 and stays known as failed."""
    right = (
        result.status is RunStatus.OK
        and result.answer is not None
        and agrees(result.answer, example.expected)
    )
    return ExampleResult(
        score=1.0 if right else 0.0,
        status=result.status,
        failure=(result.failure or "unknown") if result.status is RunStatus.FAILED else None,
        answer="" if result.answer is None else result.answer.text,
        latency=result.latency,
        calls=result.calls,
        fallbacks=tuple(fallback.failure for fallback in result.fallbacks),
        saved=result.saved,
        failed_calls=failed_calls(result),
    )


def failed_calls(result: RunResult) -> tuple[tuple[str, str], ...]:
    """The calls that failed a run or made a node of it absent, each with its class."""
    fallen = tuple((fallback.identity, fallback.failure) for fallback in result.fallbacks)
    if result.failed_call is None:
        return fallen
    return (*fallen, (result.failed_call, result.failure or "unknown"))
