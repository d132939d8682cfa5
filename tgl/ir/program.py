"""The IR of a program with its choice points: expanded to its largest form, nothing decided.

Replicas are expanded to the largest count, graph instances are nested in the alternative that makes
them, and every edge that may exist is listed. `space` decides it, `emit` writes the decision back into
the text, and neither reads the tree.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from tgl.ir.choices import ChoicePoint, TextPlace
from tgl.ir.expr import Expr, Frozen
from tgl.ir.goal import OptimizeSpec
from tgl.ir.interface import FunctionSpec, PortSpec, Reader
from tgl.ir.task import TaskSpec

SCHEMA = 1


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
    that its server takes a minute, shared by a whole search. One that `embeds` makes vectors, and no replies.
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
    embeds: bool = Field(default=False, exclude_if=lambda embeds: not embeds)
    settings: tuple[tuple[str, str], ...] = ()

    @property
    def is_simulated(self) -> bool:
        """Whether it is a statistical model: figures that rest on it are labelled."""
        return self.provider == "simulated"

    @property
    def is_free(self) -> bool:
        """Whether nobody is paid for its calls: it runs, or is simulated, on this machine."""
        return self.provider == "local" or self.is_simulated


LATER = frozenset({"functions", "logprobs"})
"""Fields of a program that are left out where they are empty."""


class ProgramIR(Frozen):
    """A checked, lowered program. `choices` are in order of declaration, ties as C10.

    `logprobs` are the models whose every call asks for log-probabilities, in order of declaration: those
    whose replies a signal may read in some program of the space, and those that a search asked before.
    """

    schema_version: int = SCHEMA
    graph: GraphTemplate
    models: tuple[ModelSpec, ...]
    choices: tuple[ChoicePoint, ...]
    task: TaskSpec | None = None
    optimize: OptimizeSpec | None = None
    functions: tuple[FunctionSpec, ...] = ()
    logprobs: tuple[str, ...] = ()

    @model_serializer(mode="wrap")
    def without_functions(self, handler: SerializerFunctionWrapHandler) -> dict[str, object]:
        """Without functions and log-probabilities where there are none, as before these existed."""
        found: dict[str, object] = handler(self)
        return {name: value for name, value in found.items() if name not in LATER or value}

    @property
    def is_resolved(self) -> bool:
        """Whether nothing is left to decide."""
        return not self.choices

    @property
    def simulated_models(self) -> tuple[str, ...]:
        """The declared models that are statistical models: whatever is measured with them is labelled."""
        return tuple(model.name for model in self.models if model.is_simulated)
