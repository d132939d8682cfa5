"""What a search found, as one value: the table, the `measured` block and `--json` are made from it.

Nothing in it tells when, where or on which machine it was made. Costs are of one question, in `unit`;
`unit_tokens` is the mean call of the unit's model (None for other units);
latencies in seconds; intervals are 95 % unless `confidence` says otherwise.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tgl.ir import ACCURACY, Assignment, Frozen, MetricSpec, UnitSpec

REPORT_SCHEMA = 1


class Estimate(Frozen):
    """A figure with its interval."""

    value: float
    low: float
    high: float


class GroupFigures(Frozen):
    """Accuracy on the examples of one group (the task's `by` field)."""

    name: str
    n: int
    correct: int
    accuracy: Estimate


class JudgeFigures(Frozen):
    """How a judge agrees with itself on a program's answers.

    Of `asked` verdicts `contradicts` hung on the order; of `repeated` ones `differs` came out otherwise in
    another wording. `error` is how often a verdict is not the meant one, told from these (`Repeats.rate`),
    `error_high` the upper end of its interval; both are in the interval of the figure.
    """

    asked: int
    contradicts: int
    repeated: int
    differs: int
    error: float
    error_high: float
    calls: int


class ProgramFigures(Frozen):
    """A program on the n examples of one split.

    `accuracy` is the figure of the task's metric, as the metric tells it (`SearchReport.metric`), with a
    Wilson interval where it is a share of right answers, else one of the bootstrap (`bounded_mean`);
    `correct` examples have the best score there is. `cost` has the bootstrap interval of its mean. `failed`
    examples count as wrong; `failures` tells their classes. `unanswered` ended without an answer. `fallbacks`
    are failed calls that made a node absent, by class; `calls_saved` is how many calls of a question, in the
    mean, a quorum spares its deployment. `verdicts`: how the code of its answers did, where the key runs it.
    `cuts`: maps whose lists were longer than their bound, with the number of such examples and the number of
    items that were left out. `judged`: how the judge of its answers agrees with itself. `others`: its figures
    by the task's other metrics (`SearchReport.others`).
    """

    n: int
    correct: int
    accuracy: Estimate
    cost: Estimate
    cost_max: float
    calls_mean: float
    tokens_mean: float
    latency_p50: float
    latency_p95: float
    failed: int
    failures: dict[str, int]
    unanswered: int
    fallbacks: dict[str, int] = Field(default_factory=dict[str, int])
    calls_saved: float = 0.0
    verdicts: dict[str, int] = Field(default_factory=dict[str, int])
    cuts: dict[str, tuple[int, int]] = Field(default_factory=dict[str, tuple[int, int]])
    judged: JudgeFigures | None = Field(default=None, exclude_if=lambda judged: judged is None)
    others: tuple[Estimate, ...] = Field(default=(), exclude_if=lambda others: not others)
    groups: tuple[GroupFigures, ...] = ()


class Difference(Frozen):
    """Figure of the winner minus that of another program on the same examples.

    `method` is `newcombe` (Newcombe's method 10 for paired proportions, with the exact McNemar `p_value`)
    or `bootstrap`. `distinguishable`: the interval excludes zero.
    """

    estimate: Estimate
    p_value: float | None
    method: Literal["newcombe", "bootstrap"]
    distinguishable: bool


BaselineKind = Literal["greedy", "vote", "best_of", "router", "mode", "random"]


class BaselineReport(Frozen):
    """A simpler program.

    `select_accuracy` and `select_cost` are what it was chosen by. `test` is None where it was not measured
    there; `why` then says why. `k` is the number of samples, `models` those that it runs on. `best` marks
    the one with the highest accuracy on select: the one that the verdict is about. `dear` ones cost more than
    the winner and are no rivals. `routes` are the router's: the greedy program of each group.
    """

    kind: BaselineKind
    name: str
    models: tuple[str, ...] = ()
    k: int = 1
    select_accuracy: float | None = None
    select_cost: float | None = None
    test: ProgramFigures | None = None
    difference: Difference | None = None
    best: bool = False
    dear: bool = False
    routes: tuple[tuple[str, str], ...] = ()
    why: str = ""


class Selection(Frozen):
    """How the winner was chosen on select.

    `finalists` candidates were measured there, the best of which scored `best`. The winner, the cheapest
    within one standard error of it, scored `raw` there; `corrected` is what choosing the best of these
    finalists is expected to score on new examples (bootstrap, out of bag).
    """

    n: int
    finalists: int
    best: float
    raw: float
    raw_interval: Estimate
    corrected: float
    winner_is_best: bool


class LimitReport(Frozen):
    """A measured limit of the winner: as written, and its figure on select and on test.

    `interval` is the 95 % interval of that on test, for shares and metrics. `sign` stands before both
    figures: `$` where they are dollars.
    """

    limit: str
    bound: float
    select: float
    test: float
    met: bool
    interval: Estimate | None = Field(default=None, exclude_if=lambda interval: interval is None)
    sign: str = Field(default="", exclude_if=lambda sign: not sign)


class SpendReport(Frozen):
    """Distinct calls that the search needed, by stage; `cap` None is no cap. `dollars` at declared prices."""

    calls: int
    dollars: float
    calls_cap: int | None
    dollars_cap: float | None
    stages: tuple[tuple[str, int], ...]


class FailureLine(Frozen):
    """A class of failure: examples that failed so, failed calls that fell back, and distinct failed calls."""

    failure: str
    runs: int
    fallbacks: int
    calls: int


class FailureReport(Frozen):
    """How `runs` of programs on examples ended, where they were needed.

    `failed` ones count as wrong, `unanswered` ones ended without an answer, `fell_back` ones went on
    without a failed call (`on_failure absent`). `dropped` ones are not among the runs: their candidates
    were out for certain.
    """

    runs: int
    failed: int
    unanswered: int
    fell_back: int
    dropped: int
    classes: tuple[FailureLine, ...]


class Spending(Frozen):
    """Distinct calls: how many, their tokens, and what they come to in the task's unit and in dollars."""

    calls: int
    prompt_tokens: int
    completion_tokens: int
    units: float
    dollars: float


class NodeLine(Frozen):
    """What was spent for a declared node, replicas together."""

    node: str
    spent: Spending


class ChoiceLine(Frozen):
    """What was spent where a choice had a value.

    `candidates` held it (in any replica), and `mean_score` is theirs on train: an association, no effect.
    """

    choice: str
    value: str
    candidates: int
    mean_score: float | None
    spent: Spending


class LedgerReport(Frozen):
    """The spend by node, and by the values of each choice; each of these adds up to `total`."""

    total: Spending
    nodes: tuple[NodeLine, ...]
    choices: tuple[ChoiceLine, ...]


class SearchReport(Frozen):
    """Everything that a search has to tell (see the module).

    `unit_tokens` is the mean number of tokens of a call of the unit's model, which the unit rests on: a
    resolved program alone can't tell it, since the choices that it was measured with are gone.
    `responses` is the hash of the identities that the winner's figures rest on, `salt` that of their draws.
    `sizes` are the numbers of train, select and test examples; `ending` tells why exploring ended.
    `deploy` is how many calls of one question run at a time in the latencies (None: as many as there are).
    `simulated` names the models that are statistical models: with any of them, no figure is of real models.
    """

    schema_version: int = REPORT_SCHEMA
    graph: str
    task: str
    objective: str
    method: str
    method_args: tuple[tuple[str, int | float | str], ...]
    seed: int
    unit: UnitSpec
    unit_name: str
    unit_note: str
    unit_tokens: float | None
    confidence: float = 0.95
    verdict: str
    distinguishable: bool
    best_baseline: str | None
    winner: ProgramFigures
    winner_assignment: Assignment
    winner_key: str
    selection: Selection
    baselines: tuple[BaselineReport, ...]
    limits: tuple[LimitReport, ...]
    spend: SpendReport
    ledger: LedgerReport
    failures: FailureReport
    rounds: int
    candidates: int
    replicates: int
    ending: Literal["rounds", "trials", "spend", "stale"]
    sizes: tuple[int, int, int]
    data: str
    responses: str
    salt: str
    simulated: tuple[str, ...] = ()
    deploy: int | None = None
    metric: MetricSpec = ACCURACY
    others: tuple[MetricSpec, ...] = Field(default=(), exclude_if=lambda others: not others)
    notes: tuple[str, ...]
