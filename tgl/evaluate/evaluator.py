"""Candidates on examples: paired scores, with everything that they cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from tgl.evaluate.by_judge import Judging
from tgl.evaluate.cost import Price
from tgl.evaluate.data import Example, Given
from tgl.evaluate.dropping import Allowance, ExampleFailed, first_failure
from tgl.evaluate.evaluation import DROPPED, Evaluation, merged, shown
from tgl.evaluate.ledger import Forecast, Need
from tgl.evaluate.scoring import Agreeing, Graded, Prepares, Scorer
from tgl.evaluate.splits import Purpose, Splits
from tgl.evaluate.worst import worst_dollars
from tgl.ir import ACCURACY, CallNode, Candidate, MetricSpec
from tgl.runtime import CallFailed, DropRule, Job, PossibleAsk, RunResult, RunStatus
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
        metric: of the task.
        scorer: what an answer scores; None: 1 if it is the target.
        others: what it scores by the task's other metrics, in their order.
        judging: what a judge may need for that, None without one.
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
        metric: MetricSpec = ACCURACY,
        scorer: Scorer | None = None,
        others: Sequence[Scorer] = (),
        judging: Judging | None = None,
    ) -> None:
        self._runner, self._splits = runner, splits
        self._dollars = dollars or {}
        self.lengths = Lengths(splits.longest) if lengths is None else lengths
        self._allowance, self._abort = allowance, abort
        self.metric = metric
        self._scorer = Agreeing() if scorer is None else scorer
        self._others = tuple(others)
        self.judging = judging

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
        draws = self.metric.draws
        width = len(examples) * draws
        # Of several runs an example fails with the first that does, so no share of runs is the allowance.
        rule = Allowance(0.0 if self._abort else allowance if draws == 1 else 1.0, width)
        jobs = [
            Job(candidate, one.given, drawn(salt, draw), group=str(place))
            for place, candidate in enumerate(candidates)
            for one in examples
            for draw in range(draws)
        ]
        drop = rule if rule.share < 1.0 else None
        if isinstance(
            self._scorer, Prepares
        ):  # what scoring can't do is found out before a program is paid for
            await self._scorer.prepare(examples)
        results = list(await self._runner.run_all(jobs, drop=drop))
        needed: list[Sequence[RunResult]] = []
        for place in range(len(candidates)):
            own = results[place * width : (place + 1) * width]
            needed.append(own[: rule.kept(own)])
            if self._abort and (failed := first_failure(needed[-1])) is not None:
                raise failed
        graded = await self.scored([*zip_runs(needed, examples, draws)])
        unjudged = [one.judged.failure for one in graded if one.judged is not None and one.judged.failure]
        if self._abort and unjudged:
            raise ExampleFailed(unjudged[0], "nothing tells whether its answer is right")
        scores = iter(graded)
        made: list[Evaluation] = []
        for candidate, own in zip(candidates, needed, strict=True):
            runs = [shown(result, next(scores), one) for result, one in zip_runs([own], examples, draws)]
            shows = (
                [merged(runs[at : at + draws], self.metric) for at in range(0, len(runs), draws)]
                if draws > 1
                else runs
            )
            made.append(Evaluation(candidate, (*shows, *[DROPPED] * (len(examples) - len(shows)))))
        return made

    async def scored(self, runs: Sequence[tuple[RunResult, Example]]) -> list[Graded]:
        """What runs score: those that ended with an answer what the metric says, others 0.

        Raises:
            NotScored: the metric has no value for an answer.
        """
        asked = {
            place: (result.answer, one)
            for place, (result, one) in enumerate(runs)
            if result.status is RunStatus.OK and result.answer is not None
        }
        graded = list(await self._scorer.scores([*asked.values()]))
        if self._others:
            more = [await other.scores([*asked.values()]) for other in self._others]
            graded = [beside(one, row) for one, *row in zip(graded, *more, strict=True)]
        scores = dict(zip(asked, graded, strict=True))
        return [scores.get(place, Graded(0.0)) for place in range(len(runs))]

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
        jobs = [
            Job(candidate, given, drawn(salt, draw))
            for given in questions
            for draw in range(self.metric.draws)
        ]
        for job in jobs:
            for ask in self._runner.foreseen(job):
                if ask.identity is None:
                    calls += 1
                    amount += dollars[ask.node]
                else:
                    known.setdefault(ask.identity, dollars[ask.node])
        if self.judging is not None:  # what is judged is not known before the answers are
            judged = self.judging.most(questions) * self.metric.draws
            calls, amount = calls + judged, amount + judged * self.judging.dollars
        return Forecast(known, Need(calls, amount))

    def asks_on_train(self, candidate: Candidate) -> frozenset[str]:
        """The foreseen calls of a candidate on train, as if nothing was spent."""
        return frozenset(
            ask.identity
            for one in self._splits.train
            for draw in range(self.metric.draws)
            for ask in self._runner.foreseen(Job(candidate, one.given, drawn("", draw)), fresh=True)
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


def beside(graded: Graded, others: Sequence[Graded]) -> Graded:
    """A score with those by the other metrics; how code did is told by whichever ran it."""
    verdict = next((one.verdict for one in (graded, *others) if one.verdict), "")
    return replace(graded, verdict=verdict, others=tuple(one.score for one in others))


def drawn(salt: str, draw: int) -> str:
    """The salt of one of several runs; the first is that of a single one."""
    return salt if draw == 0 else f"{salt}#{draw}"


def zip_runs(
    by_candidate: Sequence[Sequence[RunResult]], examples: Sequence[Example], draws: int
) -> Iterator[tuple[RunResult, Example]]:
    """Runs with their examples, as far as there are runs."""
    for runs in by_candidate:
        for place, result in enumerate(runs):
            yield result, examples[place // draws]
