"""Who the spend was for: each distinct call once, for the program that needed it first.

A call belongs to the evaluation that first needed it, in the order in which evaluations are settled (job
order), never to whoever ran while a counter moved. So all lines of a table add up to the spend exactly, also
where programs share calls and run at the same time.

By node: the node's declared address, replicas together (`solve.worker[]`). By choice: the value that a
choice has for the call's node, which is its own if the choice is the node's, else that of its program; where
replicas of a program differ it is told so. Programs that are none of the space's (baselines, the unit's
reference) have lines of their own. Scores by choice are associations on train, not effects: a search draws
good options more often together.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tgl.emit import decided
from tgl.evaluate.cost import CostModel, Price
from tgl.evaluate.evaluation import Evaluation
from tgl.evaluate.report import ChoiceLine, LedgerReport, NodeLine, Spending
from tgl.ir import ACCURACY, ProgramIR
from tgl.runtime import CallUse
from tgl.space import Resolution

OUTSIDE = "(simpler programs)"
JUDGE = "(judge)"
VECTORS = "(vectors)"
SEVERAL = "(differs by replica)"
INACTIVE = "(not chosen)"
INDEX = re.compile(r"\[[^\]]*\]")


def template(address: str) -> str:
    """An address with replicas taken together: `solve.worker[]`."""
    return INDEX.sub("[]", address)


@dataclass(slots=True)
class Account:
    """What calls amount to."""

    calls: int = 0
    prompt: int = 0
    completion: int = 0
    units: float = 0.0
    dollars: float = 0.0

    def add(self, use: CallUse, units: float, dollars: float) -> None:
        """Book a call."""
        self.calls += 1
        self.prompt += use.prompt_tokens
        self.completion += use.completion_tokens
        self.units += units
        self.dollars += dollars

    def told(self) -> Spending:
        """The same as the report tells it."""
        return Spending(
            calls=self.calls,
            prompt_tokens=self.prompt,
            completion_tokens=self.completion,
            units=self.units,
            dollars=self.dollars,
        )


@dataclass(frozen=True, slots=True)
class Decided:
    """A program of the space: the declared address of each node, and its choices by template and address."""

    declared: Mapping[str, str]
    choices: Mapping[str, Mapping[str, str]]

    def value(self, choice: str, node: str) -> str:
        """The value that a choice has for a node."""
        values = self.choices.get(choice, {})
        own = [value for address, value in values.items() if covers(address, node)]
        found = dict.fromkeys(own or values.values())
        return next(iter(found), INACTIVE) if len(found) < 2 else SEVERAL


def covers(address: str, node: str) -> bool:
    """Whether a choice is a node's own, or that of a graph instance around it."""
    owner = address.rpartition(".")[0].rpartition("->")[2]
    return INDEX.search(owner) is not None and (node == owner or node.startswith(f"{owner}."))


@dataclass(slots=True)
class Attribution:
    """The spend of a search, as it is settled.

    Args:
        ir: the program.
        cost: the task's unit.
        dollars: prices by model.
    """

    ir: ProgramIR
    cost: CostModel
    dollars: Mapping[str, Price]
    programs: dict[str, Decided] = field(default_factory=dict[str, Decided])
    scores: dict[str, float] = field(default_factory=dict[str, float])
    needed: set[str] = field(default_factory=set[str])
    total: Account = field(default_factory=Account)
    nodes: dict[str, Account] = field(default_factory=dict[str, Account])
    choices: dict[tuple[str, str], Account] = field(default_factory=dict[tuple[str, str], Account])

    def register(self, resolution: Resolution) -> None:
        """Make a program of the space known; calls of others are those of simpler programs."""
        digest = resolution.candidate.digest
        if digest in self.programs:
            return
        declared = {
            new: old
            for instance in resolution.instances.values()
            for old, new in instance.live.items()
            if new is not None
        }
        choices: dict[str, dict[str, str]] = {}
        for address, value in decided(self.ir, resolution.assignment):
            choices.setdefault(template(address), {})[address] = value
        self.programs[digest] = Decided(declared, choices)

    def score(self, evaluation: Evaluation) -> None:
        """Note a candidate's figure on train."""
        metric = ACCURACY if self.ir.task is None else self.ir.task.metric
        self.scores.setdefault(evaluation.candidate.digest, metric.figure(evaluation.score))

    def add(self, evaluations: Sequence[Evaluation]) -> None:
        """Book the calls that nobody needed before, in order."""
        for evaluation in evaluations:
            program = self.programs.get(evaluation.candidate.digest)
            for result in evaluation.results:
                for use in result.needed:
                    if use.identity not in self.needed:
                        self.needed.add(use.identity)
                        judged = result.judged is not None and use in result.judged.calls
                        beside = VECTORS if judged and result.judged and result.judged.sure else JUDGE
                        self.book(use, None if judged else program, beside if judged else OUTSIDE)

    def book(self, use: CallUse, program: Decided | None, outside: str = OUTSIDE) -> None:
        """Book one call; `outside` is whose it is, if it is not the program's."""
        price = self.dollars.get(use.model)
        amounts = self.cost.of([use]), 0.0 if price is None else price.of(use)
        self.total.add(use, *amounts)
        node = use.node if program is None else program.declared.get(use.node, use.node)
        name = template(node) if program is not None else outside
        self.nodes.setdefault(name, Account()).add(use, *amounts)
        for choice in self.templates:
            value = outside if program is None else program.value(choice, node)
            self.choices.setdefault((choice, value), Account()).add(use, *amounts)

    @property
    def templates(self) -> tuple[str, ...]:
        """The choices of the program, replicas together, in order of declaration."""
        return tuple(dict.fromkeys(template(point.address) for point in self.ir.choices))

    def report(self) -> LedgerReport:
        """All of it."""
        return LedgerReport(
            total=self.total.told(),
            nodes=tuple(NodeLine(node=name, spent=one.told()) for name, one in sorted(self.nodes.items())),
            choices=tuple(self.line(*key) for choice in self.templates for key in self.options(choice)),
        )

    def options(self, choice: str) -> list[tuple[str, str]]:
        """The values that a choice had, in alphabetical order, those in brackets last."""
        seen = {value for name, value in self.choices if name == choice}
        seen |= {value for one in self.programs.values() for value in one.choices.get(choice, {}).values()}
        return [(choice, value) for value in sorted(seen, key=lambda value: (value[:1] == "(", value))]

    def line(self, choice: str, value: str) -> ChoiceLine:
        """One value of a choice."""
        scores = [
            self.scores[digest]
            for digest, program in self.programs.items()
            if digest in self.scores and value in program.choices.get(choice, {}).values()
        ]
        return ChoiceLine(
            choice=choice,
            value=value,
            candidates=len(scores),
            mean_score=sum(scores) / len(scores) if scores else None,
            spent=self.choices.get((choice, value), Account()).told(),
        )
