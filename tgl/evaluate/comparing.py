"""Baselines on select: tried as far as `spend` allows, each with what the test needs kept back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tgl.evaluate.base_roles import BaseRole
from tgl.evaluate.baselines import Affordable, Baseline, first_guess, routes_of
from tgl.evaluate.bench import DOES_NOT_FIT, Bench
from tgl.evaluate.data import Example
from tgl.evaluate.evaluation import Evaluation
from tgl.evaluate.report import BaselineKind
from tgl.evaluate.selection import mean_cost
from tgl.evaluate.simple_programs import Route, best, greedy, router, vote
from tgl.ir import Alternative, Candidate, Scalar

SHOWN_K = 3
"""Samples of the vote on the best model that is shown even where it is dearer than the winner."""


@dataclass(frozen=True, slots=True)
class Rivals:
    """What baselines are made from.

    `variants` of the base role (none: there are no one-model baselines) run on each of `models`; `known`
    evaluations on select by digest are not asked for again; `mode` and `random` are candidates of the
    program's own.
    """

    variants: tuple[BaseRole, ...]
    models: tuple[str, ...]
    grader: Alternative | None
    mode: Candidate
    random: Candidate | None
    known: Mapping[str, Evaluation]
    examples: Sequence[Example]


@dataclass(frozen=True, slots=True)
class Single:
    """A greedy program on select."""

    name: str
    base: BaseRole
    model: str
    candidate: Candidate
    evaluation: Evaluation


@dataclass(frozen=True, slots=True)
class Comparing:
    """The baselines of one winner; `ceiling` is its mean cost, or what `price` tells of it.

    `seen` takes every evaluation on select, and is looked at first: several winners of one search share it.
    `out` are those of which too many examples failed, with the reason, by the name that was tried.
    """

    bench: Bench
    rivals: Rivals
    ceiling: float
    out: dict[str, str] = field(default_factory=dict[str, str])
    price: Callable[[Evaluation], float] | None = None
    seen: dict[str, Evaluation] | None = None

    def each(self, evaluation: Evaluation) -> float:
        """What the ceiling is about: the mean of a question."""
        return mean_cost(evaluation, self.bench.cost) if self.price is None else self.price(evaluation)

    async def all(self) -> list[Baseline]:
        """All baselines on select; those that do not fit `spend` say so."""
        rivals = self.rivals
        made: list[Baseline] = []
        if not rivals.variants:
            self.bench.notes.append(
                "no role answers from given fields alone, so there are no one-model baselines"
            )
        singles = [one for model in rivals.models for one in await self.singles(model)]
        leaders: list[Single] = []
        for model in rivals.models if rivals.variants else ():
            own = [one for one in singles if one.model == model]
            if own:
                leaders.append(self.leading(own))
                one = leaders[-1]
                made.append(Baseline("greedy", one.name, (model,), 1, one.candidate, (), one.evaluation))
            else:
                name = f"{model}, greedy"
                made.append(Baseline("greedy", name, (model,), 1, why=self.why(name)))
        made += await self.votes(leaders)
        if leaders and rivals.grader is not None:
            made.append(await self.largest("best_of", self.leading(leaders)))
        if len(leaders) > 1 and len(leaders) == len(rivals.models):
            made += await self.router(singles)
        made.append(await self.own("mode", "the program at its prior mode", rivals.mode))
        if rivals.random is not None:
            made.append(await self.own("random", "a random feasible program", rivals.random))
        else:
            why = "none that was drawn from the prior is feasible"
            made.append(Baseline("random", "a random feasible program", why=why))
        return made

    async def on_select(self, candidate: Candidate, name: str) -> Evaluation | None:
        """A candidate on select; None (why is noted) if it does not fit or too many examples fail."""
        if (known := self.rivals.known.get(candidate.digest)) is not None:
            return self.unless_dropped(known, name)
        if self.seen is not None and (known := self.seen.get(candidate.digest)) is not None:
            return self.unless_dropped(known, name)
        bench = self.bench
        forecast = bench.evaluator.forecast_select(candidate)
        if not bench.ledger.reserve(forecast):
            bench.miss(name, bench.ledger.need(forecast))
            return None
        [evaluation] = await bench.evaluator.on_select([candidate])
        bench.settle([evaluation])
        if self.seen is not None:
            self.seen[candidate.digest] = evaluation
        return self.unless_dropped(evaluation, name)

    def unless_dropped(self, evaluation: Evaluation, name: str) -> Evaluation | None:
        """An evaluation on all examples; None, and why is noted, if it was ended before."""
        if not evaluation.dropped:
            return evaluation
        self.out[name] = f"on select {'; '.join(self.bench.meter.broken_by_failures(evaluation))}"
        return None

    def why(self, name: str) -> str:
        """Why there is no evaluation of what was tried."""
        return self.out.get(name, DOES_NOT_FIT if name in self.bench.missing else "")

    def leading(self, singles: Sequence[Single]) -> Single:
        """The best on select; ties: the cheaper, then the earlier."""
        return min(
            singles, key=lambda one: (-one.evaluation.score, mean_cost(one.evaluation, self.bench.cost))
        )

    async def singles(self, model: str) -> list[Single]:
        """The greedy answers of a model, in all variants that fit."""
        found: list[Single] = []
        for base in self.rivals.variants:
            candidate = greedy(self.bench.ir, base, model)
            evaluation = await self.on_select(candidate, f"{model}, greedy")
            if evaluation is not None:
                found.append(Single(base.named(f"{model}, greedy"), base, model, candidate, evaluation))
        return found

    async def votes(self, leaders: Sequence[Single]) -> list[Baseline]:
        """The vote of each model, and on the best model one that is shown whatever it costs."""
        made: list[Baseline] = []
        for one in leaders:
            found = await self.largest("vote", one)
            if found.candidate is None and one is self.leading(leaders):
                found = await self.shown(one)
            made.append(found)
        return made

    async def shown(self, single: Single) -> Baseline:
        """The majority of `SHOWN_K` on a model."""
        words = f"majority of {SHOWN_K} x {single.model}"
        candidate = vote(self.bench.ir, single.base, single.model, SHOWN_K)
        evaluation = await self.on_select(candidate, words)
        if evaluation is None:
            return Baseline("vote", single.base.named(words), (single.model,), SHOWN_K, why=self.why(words))
        dear = self.each(evaluation) > self.ceiling
        name = single.base.named(words, "dearer than the winner" if dear else "")
        return Baseline("vote", name, (single.model,), SHOWN_K, candidate, (), evaluation, dear)

    async def largest(self, kind: BaselineKind, single: Single) -> Baseline:
        """The vote or best-of of the largest k that costs at most `ceiling` on select."""
        bench, model, base = self.bench, single.model, single.base
        by_vote = kind == "vote"
        words = f"majority of {{k}} x {model}" if by_vote else f"best of {{k}} x {model} by a grader"
        each = self.each(single.evaluation)
        search = Affordable(self.ceiling, first_guess(self.ceiling, each, 1 if by_vote else 2))
        found: dict[int, tuple[Candidate, Evaluation]] = {}
        why = "two samples cost more than the winner: the greedy answer stands for it"
        while (k := search.next) is not None:
            if by_vote:
                candidate = vote(bench.ir, base, model, k)
            else:
                assert self.rivals.grader is not None
                candidate = best(bench.ir, base, model, k, self.rivals.grader)
            name = words.format(k="several")
            evaluation = await self.on_select(candidate, name)
            if evaluation is None:
                why = self.why(name)
                break
            found[k] = candidate, evaluation
            search.measured[k] = self.each(evaluation)
        k = search.largest
        if k is None:
            return Baseline(kind, base.named(words.format(k="several")), (model,), why=why)
        return Baseline(kind, base.named(words.format(k=k)), (model,), k, found[k][0], (), found[k][1])

    async def router(self, singles: Sequence[Single]) -> list[Baseline]:
        """The best greedy model and variant for each group, if the task has groups."""
        bench, examples = self.bench, self.rivals.examples
        routes = routes_of([(one.name, one.evaluation) for one in singles], examples, bench.cost)
        by = bench.ir.task.by if bench.ir.task is not None else None
        if not routes or by is None:
            return []
        values = {one.group: one.given[by] for one in examples if one.group is not None and by in one.given}
        default = self.leading(singles).name
        wanted = dict.fromkeys([*(name for _, name in routes), default])
        parts: list[Route] = []
        for name in wanted:
            single = next(one for one in singles if one.name == name)
            of_group = [values[group] for group, to in routes if to == name]
            own: list[Scalar] = [value for value in of_group if not isinstance(value, list)]
            parts.append(Route(single.base, single.model, tuple(own)))
        candidate = router(bench.ir, by, parts, list(wanted).index(default))
        name = f"the best greedy model for each {by}"
        evaluation = await self.on_select(candidate, name)
        if evaluation is None:
            return [Baseline("router", name, why=self.why(name))]
        used = tuple(dict.fromkeys(part.model for part in parts))
        return [Baseline("router", name, used, 1, candidate, routes, evaluation)]

    async def own(self, kind: BaselineKind, name: str, candidate: Candidate) -> Baseline:
        """A program of the space itself."""
        evaluation = await self.on_select(candidate, name)
        why = "" if evaluation is not None else self.why(name)
        return Baseline(kind, name, (), 1, candidate, (), evaluation, why=why)
