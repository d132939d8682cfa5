"""Goals of a search: what is to be as good as it can be, and within which limits."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tgl.ir.choices import TextPlace
from tgl.ir.expr import Frozen

ROUNDING = 1e-9

PriceName = Literal["cost", "calls", "tokens", "latency"]
"""What a question takes, in the mean: less is better."""


class Limit(Frozen):
    """A limit on the deployed program, per question.

    `what`: cost, calls, tokens, latency, or the `metric` of that name. `stat`: `worst` is the compile-time
    bound, the others are measured; `chance` bounds the `share` of questions that take more than `value`. A
    metric's mean is bounded from above, or from below where `least`, in its own range.
    `unit` is as written (`units`, `$`, `s`, ""). `of`: the name of the groups of nodes that
    alone count (`within`), or of what `models` lists, which alone count then; None: every call counts.
    """

    what: Literal["cost", "calls", "tokens", "latency", "metric"]
    stat: Literal["worst", "mean", "p95", "chance"]
    value: float
    share: float | None = Field(default=None, exclude_if=lambda share: share is None)
    metric: str | None = Field(default=None, exclude_if=lambda name: name is None)
    least: bool = Field(default=False, exclude_if=lambda least: not least)
    unit: str = ""
    of: str | None = None
    models: tuple[str, ...] | None = Field(default=None, exclude_if=lambda models: models is None)
    place: TextPlace

    @property
    def bound(self) -> float:
        """What the measured figure is compared with: `share` of a chance, else `value`."""
        return self.value if self.share is None else self.share

    def met_by(self, figure: float) -> bool:
        """Whether a figure keeps it; rounding of a mean breaks none."""
        slack = (
            ROUNDING * max(1.0, abs(self.bound)) if self.what == "metric" or self.stat == "chance" else 0.0
        )
        return figure >= self.bound - slack if self.least else figure <= self.bound + slack

    def counts(self, node: str, model: str) -> bool:
        """Whether a call counts: of which node (its id) on which model."""
        if self.models is not None:
            return model in self.models
        return self.of is None or within(node, self.of)


def within(node: str, group: str) -> bool:
    """Whether a node belongs to a group of that name, or is in a graph that does, however deep.

    Args:
        node: its id, which begins with the graph's name.
        group: a name.

    >>> [within("solve.reply.panel.worker[2]", name) for name in ("worker", "reply", "work", "solve")]
    [True, True, False, False]
    """
    return group in (part.partition("[")[0] for part in node.split(".")[1:])


class OptimizeSpec(Frozen):
    """An `optimize` block. `spend_calls` and `spend_dollars` cap the search's spend (semantics.md 2).

    `deploy` is how many calls of one question the deployed program makes at a time, for its latency.
    `logprobs` are models that are asked for log-probabilities, whatever the program reads of them.
    `pareto` names what is to be low beside the objective (one program for each trade-off); empty: one
    program is looked for.
    """

    graph: str
    task: str
    objective: str = "accuracy"
    limits: tuple[Limit, ...] = ()
    spend_calls: int | None = None
    spend_dollars: float | None = None
    method: str = "reinforce"
    method_args: tuple[tuple[str, int | float | str], ...] = ()
    seed: int = 0
    recorded: str | None = None
    deploy: int | None = None
    logprobs: tuple[str, ...] = Field(default=(), exclude_if=lambda names: not names)
    pareto: tuple[PriceName, ...] = Field(default=(), exclude_if=lambda prices: not prices)
    place: TextPlace
