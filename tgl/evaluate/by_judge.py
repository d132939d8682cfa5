"""Free-form answers are scored by a model: whether an answer says what the reference says, in both orders.

An answer counts if both orders call it the same; where they contradict each other it does not. A share of the
items, told by the hash of their given fields (never by what came out), is judged a second time in another
wording: how often the two verdicts differ is the judge's reliability, which the interval carries
(`tgl.statistics.repeated`). An answer that is the reference, in normal form, is right without a call.

The judge's calls are calls: stored, replayed, on the bill and on the spend of whoever needed them first. They
are no part of the cost or the latency of the program that is judged.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tgl.evaluate.cost import dollar_prices
from tgl.evaluate.data import Example, Given
from tgl.evaluate.judge_program import FIELDS, LONGEST, Order, asked, judge_program, says_same
from tgl.evaluate.scoring import Graded, JudgedCalls
from tgl.evaluate.worst import worst_dollars, worst_price
from tgl.ir import Candidate, KeySpec, ModelSpec, ProgramIR
from tgl.keys import MOST_JUDGED, Answer
from tgl.runtime import Job, RunResult, RunStatus
from tgl.space import VECTOR_ASK, Lengths

ASKS = 4
"""Calls of one verdict at most: two orders, each once more if its reply can't be read."""
NAMED = 100
"""UTF-8 bytes of a field's name, and of what stands around its members, at most."""
UNREAD = "judge unread"


class Runs(Protocol):
    """What runs jobs: the runtime's executor."""

    async def run_all(self, jobs: Sequence[Job]) -> Sequence[RunResult]:
        """The results, in the order of the jobs."""
        ...


@dataclass(frozen=True, slots=True)
class Item:
    """One answer to one example; what is judged, and shared by all who gave that answer."""

    question: str
    answer: str
    reference: str
    repeated: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the judge said of an item in one wording.

    `same` is None if an order could not be read, or failed; then `failure` is its class, and `failed` the
    identity of the call that failed.
    """

    orders: tuple[bool | None, bool | None]
    results: tuple[RunResult, ...]

    @property
    def contradicts(self) -> bool:
        """Whether the two orders say two things."""
        return None not in self.orders and self.orders[0] is not self.orders[1]

    @property
    def right(self) -> bool:
        """Whether both orders call it the same."""
        return self.orders == (True, True)

    @property
    def failure(self) -> str:
        """Why there is no verdict, "" if there is one."""
        if None not in self.orders:
            return ""
        classes = [f"judge {one.failure or 'unknown'}" for one in self.results if lost(one)]
        return classes[0] if classes else UNREAD


@dataclass(frozen=True, slots=True)
class ByJudge:
    """1 if the judge calls an answer and the reference the same in both orders.

    Args:
        key: with the share that is repeated, and the rubric.
        program: asks the judge (`judge_program`).
        runs: runs it.
    """

    key: KeySpec
    program: Candidate
    runs: Runs

    async def scores(self, asked: Sequence[tuple[Answer, Example]]) -> Sequence[Graded]:
        """1 or 0 each, with the calls behind it; equal answers to one example are judged once."""
        items = [self.item(answer, example) for answer, example in asked]
        fresh = list(dict.fromkeys(item for item in items if item is not None))
        wanted = [(item, wording) for item in fresh for wording in range(2 if item.repeated else 1)]
        verdicts = dict(zip(wanted, await self.verdicts(wanted), strict=True))
        graded = {item: grade(verdicts[item, 0], verdicts.get((item, 1))) for item in fresh}
        return [Graded(1.0, "the reference") if item is None else graded[item] for item in items]

    def item(self, answer: Answer, example: Example) -> Item | None:
        """What has to be judged; None if the answer is the reference."""
        if answer.key == example.expected.key:
            return None
        repeated = is_repeated(self.key, example.given)
        return Item(shown_question(example.given), answer.text, example.expected.text, repeated)

    async def verdicts(self, wanted: Sequence[tuple[Item, int]]) -> list[Verdict]:
        """The judge's word on each item in each wording; what can't be read is asked for once more."""
        places = [(item, wording, order) for item, wording in wanted for order in Order]
        first = await self.runs.run_all([self.job(*place, plainer=False) for place in places])
        said = [says_same(one.text, place[2]) for one, place in zip(first, places, strict=True)]
        unread = [at for at, one in enumerate(said) if one is None and not lost(first[at])]
        more = await self.runs.run_all([self.job(*places[at], plainer=True) for at in unread])
        again = dict(zip(unread, more, strict=True))
        said = [
            says_same(again[at].text, places[at][2]) if at in again else one for at, one in enumerate(said)
        ]
        made: list[Verdict] = []
        for at in range(0, len(places), 2):
            both = (first[at], first[at + 1], *(again[one] for one in (at, at + 1) if one in again))
            made.append(Verdict((said[at], said[at + 1]), both))
        return made

    def job(self, item: Item, wording: int, order: Order, *, plainer: bool) -> Job:
        """One ask."""
        fields = asked(
            item.question,
            item.answer,
            item.reference,
            order,
            rubric=self.key.rubric,
            wording=wording,
            plainer=plainer,
        )
        return Job(self.program, dict(fields))


@dataclass(frozen=True, slots=True)
class Judging:
    """What the judge of a task may need.

    Args:
        key: of the task.
        dollars: the dearest that one of its calls can be.
        priced: whether that is known; if not, `dollars` is 0.
    """

    key: KeySpec
    dollars: float = 0.0
    priced: bool = True

    @property
    def usual(self) -> float:
        """Calls of an answer, in the mean, if every reply can be read."""
        if self.key.embedder is not None:
            return 1.0  # of the answer; the vector of the target is everyone's
        return 2.0 * (1.0 + (self.key.repeat or 0.0))

    def most(self, questions: Iterable[Mapping[str, Given]]) -> int:
        """Calls on one answer to each of the questions, at most."""
        if self.key.embedder is not None:
            return 2 * sum(1 for _ in questions)
        return sum(ASKS * (2 if is_repeated(self.key, given) else 1) for given in questions)


def judge_of(key: KeySpec, models: Sequence[ModelSpec], runs: Runs) -> ByJudge:
    """The scorer of a task whose key is `judge`."""
    [model] = [one for one in models if one.name == key.judge]
    return ByJudge(key, judge_program(model), runs)


def judging_of(ir: ProgramIR, lengths: Lengths) -> Judging | None:
    """What the judge of a program's task may need, None without one.

    Args:
        ir: the program.
        lengths: of the given fields.
    """
    if ir.task is None or ir.task.key.model is None:
        return None
    key = ir.task.key
    [model] = [one for one in ir.models if one.name == key.model]
    price = dollar_prices(ir.models).get(model.name)
    if price is None:
        return Judging(key, priced=False)
    if key.embedder is not None:
        return Judging(key, worst_price(price, VECTOR_ASK))
    more = 0 if key.rubric is None else len(key.rubric.encode())
    given = [lengths.given.get(name, 0) * lengths.members.get(name, 1) + NAMED for name in ir.task.given]
    sizes = {"question": sum(given), "one": MOST_JUDGED, "other": MOST_JUDGED}
    sizes |= dict.fromkeys(FIELDS, LONGEST + more)
    [dearest] = worst_dollars(judge_program(model), {model.name: price}, Lengths(sizes)).values()
    return Judging(key, dearest)


def lost(result: RunResult) -> bool:
    """Whether the call failed for good."""
    return result.status is RunStatus.FAILED


def grade(verdict: Verdict, repeat: Verdict | None) -> Graded:
    """A verdict as a score; what the repeat says plays no part in it."""
    results = (*verdict.results, *(() if repeat is None else repeat.results))
    calls = JudgedCalls(
        calls=tuple(use for one in results for use in one.calls),
        contradicts=verdict.contradicts,
        repeated=repeat is not None and not verdict.failure,
        differs=repeat is not None and (bool(repeat.failure) or repeat.right is not verdict.right),
        failure=verdict.failure,
        failed_calls=tuple((one.failed_call, one.failure or "unknown") for one in results if one.failed_call),
    )
    words = "contradicts itself" if verdict.contradicts else "same" if verdict.right else "different"
    return Graded(1.0 if verdict.right else 0.0, verdict.failure or words, calls)


def is_repeated(key: KeySpec, given: Mapping[str, Given]) -> bool:
    """Whether the verdicts on an item are asked for twice: by its hash, so whatever is answered."""
    text = json.dumps(dict(given), sort_keys=True, ensure_ascii=False)
    share = int(hashlib.sha256(f"repeat\0{text}".encode()).hexdigest()[:12], 16) / 16**12
    return share < (key.repeat or 0.0)


def shown_question(given: Mapping[str, Given]) -> str:
    """The given fields as a judge sees them: one alone as it is, several by name."""
    texts = {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in given.items()
    }
    return next(iter(texts.values())) if len(texts) == 1 else "\n".join(f"{n}: {t}" for n, t in texts.items())
