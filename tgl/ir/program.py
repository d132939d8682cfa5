"""The IR of a program with its choice points: expanded to its largest form, nothing decided.

Replicas are expanded to the largest count, graph instances are nested in the alternative that makes
them, and every edge that may exist is listed. `space` decides it, `emit` writes the decision back into
the text, and neither reads the tree.
"""

from __future__ import annotations

import math
from typing import Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from tgl.ir.choices import ChoicePoint, TextPlace
from tgl.ir.data import AS_IT_IS, DataSpec
from tgl.ir.expr import Expr, Frozen

SCHEMA = 1


class PortSpec(Frozen):
    """A port. `type` is "text", "list", "answer", "number", …; optional or not (language.md G11).

    Of the type "tagged", `tags` are those that it takes.
    """

    name: str
    type: str
    optional: bool = False
    tags: tuple[str, ...] = Field(default=(), exclude_if=lambda tags: not tags)

    @property
    def is_list(self) -> bool:
        """Whether it takes any number of messages."""
        return self.type == "list"


class Reader(Frozen):
    """How a reply becomes a value.

    `answer` is read by the task's key; `number` finds a number in [low, high]; `choice` one of `options`.
    `record` finds a JSON object with `fields`, `list` a JSON list of `item`s; `tagged` a line that begins
    with one of `tags`, and reads what stands behind it (None: nothing does). `after` is the text behind which
    the value stands (the last occurrence counts). `optional`: of a field, which may be missing. `ranked`: of a
    list of texts, the best first and none twice.
    """

    kind: Literal["text", "answer", "number", "choice", "record", "list", "tagged"]
    after: str | None = None
    low: float | None = None
    high: float | None = None
    options: tuple[str, ...] = ()
    fields: tuple[tuple[str, Reader], ...] = ()
    item: Reader | None = None
    tags: tuple[tuple[str, Reader | None], ...] = ()
    optional: bool = False
    ranked: bool = False

    @model_serializer(mode="wrap")
    def without_parts(self, handler: SerializerFunctionWrapHandler) -> dict[str, object]:
        """Without parts that are not there: programs from before these existed keep their name."""
        found: dict[str, object] = handler(self)
        return {name: value for name, value in found.items() if name not in PARTS or value}


PARTS = frozenset({"fields", "item", "tags", "optional", "ranked"})


PYTHON_FN = "python:"
"""How the registered names of functions written in Python begin."""

MOST_RESULT = 16_384
"""Bytes that the result of such a function may have, as JSON: what reads it has a worst case."""


class FunctionSpec(Frozen):
    """A function that a user wrote in Python: `python` is `package.module:name`.

    `name` is how expressions and nodes call it: target and signature, so that two declarations of one
    function differ where their types do. `params` follow the ports, by name. `values` are the list ports
    whose members arrive as what they were read as, not as texts. `result` is how its result is read,
    "bool" for a yes or no.
    """

    name: str
    declared: str
    python: str
    ports: tuple[PortSpec, ...]
    values: tuple[str, ...] = ()
    params: tuple[str, ...] = ()
    result: Reader | Literal["bool"]

    @property
    def module(self) -> str:
        """The module that it is in."""
        return self.python.partition(":")[0]


class ShotsSource(Frozen):
    """Where few-shot examples come from: a JSONL file beside the program.

    Only rows whose field `match` equals the example's are shown, where it is set. Each row holds the
    role's ports that are given fields, and the task's `expect` field.
    """

    path: str
    match: str | None = None


class Alternative(Frozen):
    """One thing that a node may be.

    `key` is unique within the node: the name, with `#2`, `#3` … for a repeated name. For a role,
    `fields` holds `prompt system temperature top_p max_tokens stop shots retry` and its params (merged:
    the node's argument wins over the role's own setting); absent keys are not set. `args` wires ports.
    For a graph, `graph` is the nested instance (params already substituted in it). `on_failure` is the
    role's: what a call that failed for good does to the run (G19). `home` is the file that declares it, as
    two files may call different roles the same.
    """

    key: str
    what: str
    kind: Literal["role", "fn", "graph"]
    ports: tuple[PortSpec, ...]
    args: tuple[tuple[str, Expr], ...] = ()
    fields: tuple[tuple[str, Expr], ...] = ()
    params: tuple[str, ...] = ()
    reader: Reader | None = None
    shots: ShotsSource | None = None
    fn: str | None = None
    on_failure: Literal["fail", "absent"] = "fail"
    graph: GraphTemplate | None = None
    home: str = ""
    place: TextPlace


class NodeTemplate(Frozen):
    """One replica that may exist.

    `exists` is static (count and `if`). `pick` is static and evaluates to the key of an alternative (a
    string). `on` evaluates to a model; None: the enclosing instance's. `guard` is the `when`, run-time.
    `group` is the declared name, `index` its 1-based position(s), empty for an unreplicated node.
    In the body of a loop or map, `rounds` is the 1-based round of each of them, the outermost first, and
    `site` what the addresses of its choices begin with, the same in all rounds ("": the id).
    """

    id: str
    group: str
    index: tuple[int, ...]
    exists: Expr
    pick: Expr
    alternatives: tuple[Alternative, ...]
    on: Expr | None
    guard: Expr | None
    place: TextPlace
    rounds: tuple[int, ...] = ()
    site: str = ""

    @property
    def address(self) -> str:
        """What the addresses of its choices begin with."""
        return self.site or self.id


class EdgeTemplate(Frozen):
    """One edge that may exist.

    `source` is a `NodeRef` or an `Input`; `ports` tells for each alternative key of the target which port
    takes it (a key that is missing has none: the edge is inactive there). `exists` is static; `guard` is
    the `when`. `place` is the edge statement.
    """

    source: Expr
    target: str
    ports: tuple[tuple[str, str], ...]
    exists: Expr
    guard: Expr | None
    place: TextPlace


class Group(Frozen):
    """A declared node with its replicas.

    `count` is static (None: not replicated; several dimensions: their product is flattened row by row).
    `permutable`: nothing but edge predicates and whole-group references sees the index, so replicas may
    be relabelled (C17). In the body of a loop or map there is a group for each round: `body` names the
    loops and maps around it, `rounds` the round of each, and `local` is the declared name. `made`: it stands
    for no `node` of the text, but for what a loop or map carries from one round to the next.
    """

    name: str
    members: tuple[str, ...]
    count: Expr | None
    permutable: bool
    place: TextPlace
    body: tuple[str, ...] = ()
    rounds: tuple[int, ...] = ()
    made: bool = False

    @property
    def local(self) -> str:
        """The declared name."""
        return self.name.rpartition(".")[2]


class Requirement(Frozen):
    """A static condition on the candidate, for one value of each index; `text` is the whole statement."""

    condition: Expr
    text: str
    place: TextPlace


class GraphTemplate(Frozen):
    """A graph instance: `path` begins the ids in it (`solve`, `solve.reply[2].panel`).

    `site` begins the addresses of its choices, where that differs: all rounds of a loop have the same.
    `given`: the params whose values are not written at its node but where a name in that was declared;
    `values`: those of all params that got an argument.
    """

    name: str
    path: str
    ports: tuple[PortSpec, ...]
    groups: tuple[Group, ...]
    nodes: tuple[NodeTemplate, ...]
    edges: tuple[EdgeTemplate, ...]
    output: Expr
    place: TextPlace
    site: str = ""
    requirements: tuple[Requirement, ...] = ()
    given: tuple[tuple[str, Expr], ...] = ()
    values: tuple[tuple[str, Expr], ...] = ()

    @property
    def address(self) -> str:
        """What the addresses of its choices begin with."""
        return self.site or self.path


class ModelSpec(Frozen):
    """A declared model.

    Prices are $ per token; `params`, `layers`, `hidden` are counts; `rpm` and `tpm` the requests and tokens
    that its server takes a minute, shared by a whole search.
    """

    name: str
    provider: str
    id: str | None = None
    weights: str | None = None
    sha256: str | None = None
    revision: str | None = None
    base_url: str | None = None
    base_url_env: str | None = None
    api_key_env: str | None = None
    params: float | None = None
    layers: int | None = None
    hidden: int | None = None
    units: float | None = None
    prompt_price: float | None = None
    completion_price: float | None = None
    zone: str | None = None
    concurrency: int | None = None
    rpm: int | None = None
    tpm: int | None = None
    timeout: float | None = None
    without: tuple[str, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()

    @property
    def is_simulated(self) -> bool:
        """Whether it is a statistical model: figures that rest on it are labelled."""
        return self.provider == "simulated"

    @property
    def is_free(self) -> bool:
        """Whether nobody is paid for its calls: it runs, or is simulated, on this machine."""
        return self.provider == "local" or self.is_simulated


class KeySpec(Frozen):
    """How an answer is read and when two are the same.

    `tolerance` of numbers is absolute, or `relative` to the target; `options` are those of a `choice`,
    `fields` those of a `json` object that count (none: all). Of `code`, `tests` and `entry` name the fields
    of a row that hold the tests and the function's name, `prompt` the field that a program may continue;
    `timeout` is in seconds of processor time. Of `judge`, `judge` names the model, `repeat` is the share of
    items that it judges twice, `rubric` what it is told counts as the same.
    """

    kind: Literal["exact", "text", "number", "math", "choice", "json", "set", "code", "judge"]
    match: Literal["exact", "normalised"] = "exact"
    after: str | None = None
    tolerance: float | None = None
    relative: bool = False
    options: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    tests: str | None = Field(default=None, exclude_if=lambda field: field is None)
    entry: str | None = Field(default=None, exclude_if=lambda field: field is None)
    prompt: str | None = Field(default=None, exclude_if=lambda field: field is None)
    timeout: float | None = Field(default=None, exclude_if=lambda seconds: seconds is None)
    judge: str | None = Field(default=None, exclude_if=lambda name: name is None)
    repeat: float | None = Field(default=None, exclude_if=lambda share: share is None)
    rubric: str | None = Field(default=None, exclude_if=lambda text: text is None)


class MetricSpec(Frozen):
    """What an example scores, and which way is better; every score lies in [low, high].

    `accuracy`: 1 if the answer is right; `f1`: shared words; `pass`: the chance that one of `k` of `draws`
    runs is right; `fn`: what `function` says. `weight` names the field of a row that says how much it counts.
    """

    name: str
    kind: Literal["accuracy", "f1", "pass", "fn"]
    better: Literal["higher", "lower"] = "higher"
    low: float = 0.0
    high: float = 1.0
    weight: str | None = None
    function: FunctionSpec | None = None
    k: int = 1
    draws: int = 1

    @property
    def objective(self) -> str:
        """What an `optimize` block says about it."""
        return f"{'maximize' if self.better == 'higher' else 'minimize'} {self.name}"

    def figure(self, score: float) -> float:
        """A score in [0, 1], 1 the best, as this metric tells it."""
        found = (self.low if self.better == "higher" else self.high) + self.difference(score)
        return found if self.is_share else self.rounded(found)

    def difference(self, score: float) -> float:
        """A difference of two such scores, as this metric tells it."""
        span = self.high - self.low
        return (
            score
            if self.is_share
            else self.rounded(score * span if self.better == "higher" else -score * span)
        )

    def rounded(self, value: float) -> float:
        """A value without the rounding of the way there and back, relative to the range."""
        return round(value, 12 - math.ceil(math.log10(self.high - self.low))) + 0.0

    @property
    def is_share(self) -> bool:
        """Whether it is told as a share: from 0 to 1, more is better."""
        return (self.low, self.high, self.better) == (0.0, 1.0, "higher")

    @property
    def title(self) -> str:
        """What tables call it."""
        name = f"pass@{self.k}" if self.kind == "pass" else self.name
        return name if self.weight is None else f"{name}, by {self.weight}"


ACCURACY = MetricSpec(name="accuracy", kind="accuracy")
"""The metric of a task that names none."""


class UnitSpec(Frozen):
    """The cost unit (semantics.md 4): of a `model`, or `dollars`, `tokens`, `calls`.

    Kind `flops`: what a call of `model` with `prompt` and `output` tokens computes.
    """

    kind: Literal["model", "flops", "dollars", "tokens", "calls"]
    model: str | None = None
    prompt: float | None = None
    output: float | None = None


class TaskSpec(Frozen):
    """A task. Paths are as written, relative to the program's folder. Counts are upper bounds.

    `failures` is the share of failed examples beyond which a candidate is out; `on_error` tells whether a
    failed example counts as wrong or ends the command; `retries` are further attempts of a call (None: as
    the runtime sees fit).
    """

    name: str
    data: str
    train: int
    select: int
    test: int
    given: tuple[str, ...]
    expect: str
    key: KeySpec
    unit: UnitSpec
    format: str
    by: str | None = None
    metric: MetricSpec = Field(default=ACCURACY, exclude_if=lambda metric: metric == ACCURACY)
    source: DataSpec = Field(default=AS_IT_IS, exclude_if=lambda source: source == AS_IT_IS)
    failures: float = 0.02
    on_error: Literal["score", "abort"] = "score"
    retries: int | None = None
    place: TextPlace

    @property
    def scored_with(self) -> tuple[str, ...]:
        """The fields of a row that scoring reads beside the target, in order; none of them is a program's."""
        ports = () if self.metric.function is None else self.metric.function.ports
        named = (self.key.tests, self.key.entry, self.key.prompt, self.metric.weight)
        asked = (port.name for port in ports if port.name not in ("answer", "target"))
        return tuple(dict.fromkeys(name for name in (*named, *asked) if name is not None))


class Limit(Frozen):
    """A limit on the deployed program, per question.

    `what`: cost, calls, tokens, latency. `stat`: `worst` is the compile-time bound, `mean` and `p95` are
    measured. `unit` is as written (`units`, `$`, `s`, ""). `of`: the name of the groups of nodes that
    alone count (`within`), or of what `models` lists, which alone count then; None: every call counts.
    """

    what: Literal["cost", "calls", "tokens", "latency"]
    stat: Literal["worst", "mean", "p95"]
    value: float
    unit: str = ""
    of: str | None = None
    models: tuple[str, ...] | None = Field(default=None, exclude_if=lambda models: models is None)
    place: TextPlace

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
    place: TextPlace


class ProgramIR(Frozen):
    """A checked, lowered program. `choices` are in order of declaration, ties as C10."""

    schema_version: int = SCHEMA
    graph: GraphTemplate
    models: tuple[ModelSpec, ...]
    choices: tuple[ChoicePoint, ...]
    task: TaskSpec | None = None
    optimize: OptimizeSpec | None = None
    functions: tuple[FunctionSpec, ...] = ()

    @model_serializer(mode="wrap")
    def without_functions(self, handler: SerializerFunctionWrapHandler) -> dict[str, object]:
        """Without functions where there are none, as before these existed."""
        found: dict[str, object] = handler(self)
        return {name: value for name, value in found.items() if name != "functions" or value}

    @property
    def is_resolved(self) -> bool:
        """Whether nothing is left to decide."""
        return not self.choices

    @property
    def simulated_models(self) -> tuple[str, ...]:
        """The declared models that are statistical models: whatever is measured with them is labelled."""
        return tuple(model.name for model in self.models if model.is_simulated)
