"""A limit that no program can meet, told before the data is read: W0702.

Only what surely counts is added up: nodes without a condition that the output cannot do without. `tglc plan`
and `tglc optimize` compare the limit with the true bound (E0861); this one is a part of that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tgl.ir import (
    Alternative,
    ChoiceRef,
    Const,
    Expr,
    GraphTemplate,
    IntRange,
    Limit,
    ListOf,
    ModelSpec,
    NodeRef,
    NodeTemplate,
    Op,
    Options,
    TaskSpec,
)
from tgl.semantics.errors import lints as facts
from tgl.semantics.errors.at import At
from tgl.semantics.fold import every
from tgl.semantics.goals import models_of, used_models
from tgl.semantics.lints.places import YES
from tgl.semantics.lints.votes import incoming
from tgl.semantics.lowering.roles import possible
from tgl.semantics.lowering.state import State
from tgl.semantics.tasks import Goal
from tgl.text import frozen

TOLERANCE = 1e-9
ZERO = ([Const(value=0)], [Const(value=0.0)])


@frozen
class Measure:
    """What a limit counts: `measured` in a run, else of the longest replies with all re-asks."""

    kind: str
    measured: bool
    models: Mapping[str, ModelSpec]


def limits(state: State, graph: GraphTemplate, goal: Goal, task: TaskSpec | None) -> None:
    """Report limits that are below what every program needs."""
    wanted = [(limit, span, counted(limit, task)) for limit, span in goal.limits]
    known = [(limit, span, kind) for limit, span, kind in wanted if kind is not None]
    if not known:
        return
    priced_by_model = any(kind in ("units", "$") for _, _, kind in known)
    models: Mapping[str, ModelSpec] = used_models(state, graph) if priced_by_model else {}
    for limit, span, kind in known:
        needs = Needs(state, Measure(kind, limit.stat != "worst", models))
        least = needs.of(graph, [])
        if least > limit.value * (1 + TOLERANCE):
            told = amount(kind, least)
            if limit.stat == "worst":
                told += ", re-asks of unread answers included"
            at = At(state.files.main.source, span)
            state.problems.add(facts.limit_too_low(at, told, needs.names))


def counted(limit: Limit, task: TaskSpec | None) -> str | None:
    """What a limit counts, as `amount` shows it; None if that is only known from measurements."""
    if limit.of is not None or limit.what in ("latency", "metric"):
        return None
    if limit.what != "cost":
        return limit.what
    if limit.unit == "$":
        return "$"
    match None if task is None else task.unit.kind:
        case "dollars":
            return "$"
        case "calls" | "tokens" as kind:
            return kind
        case "model":
            return "units"
        case "flops" | None:
            return None


def amount(kind: str, value: float) -> str:
    """An amount in words."""
    if kind == "$":
        return f"${value:.4g}"
    return f"{value:.6g} {kind.removesuffix('s') if value == 1 else kind}"


class Needs:
    """The least that a graph comes to, whatever is decided."""

    def __init__(self, state: State, measure: Measure) -> None:
        self.state, self.measure = state, measure
        self.names: list[str] = []

    def of(self, graph: GraphTemplate, inherited: Sequence[str], *, outermost: bool = True) -> float:
        """The least of an instance whose nodes without a model run on one of `inherited`."""
        total = 0.0
        for node in self.sure(graph):
            models = inherited if node.on is None else models_of(self.state, node, graph)
            least = min(self.alternative(node, one, models) for one in node.alternatives)
            if least > 0 and outermost:
                name = node.group.rpartition(".")[2]
                self.names += [name] if name not in self.names else []
            total += least
        return total

    def alternative(self, node: NodeTemplate, alternative: Alternative, models: Sequence[str]) -> float:
        """The least of a node as one of its alternatives."""
        if alternative.graph is not None:
            return self.of(alternative.graph, models, outermost=False)
        if alternative.kind != "role":
            return 0.0
        if self.measure.measured and any(
            isinstance(part, NodeRef) for _, value in alternative.args for part in every(value)
        ):
            return 0.0  # what it waits for may be absent, and then it does not run
        fields = dict(alternative.fields)
        greedy = "temperature" in fields and possible(self.state, fields["temperature"]) in ZERO
        asks = 1 if greedy or self.measure.measured else 1 + self.smallest(fields.get("retry"))
        reply = 0 if self.measure.measured else self.smallest(fields.get("max_tokens"))
        specs = [self.measure.models.get(name) for name in models]
        match self.measure.kind:
            case "calls":
                return asks
            case "tokens":
                return asks * (1 + reply)
            case "units":
                return asks * min([0.0 if one is None else one.units or 0.0 for one in specs], default=0.0)
            case _:
                return asks * min([0.0 if one is None else priced(one, reply) for one in specs], default=0.0)

    def smallest(self, value: Expr | None) -> int:
        """The smallest value of a whole-number option, 0 if it need not be set."""
        found = None if value is None else possible(self.state, value)
        numbers = [one.value for one in found or () if isinstance(one, Const) and isinstance(one.value, int)]
        return min(numbers) if found and len(numbers) == len(found) else 0

    def sure(self, graph: GraphTemplate) -> list[NodeTemplate]:
        """The nodes that every program has and that no run can do without."""
        nodes = {node.id: node for node in graph.nodes}
        edges = incoming(graph)
        found: dict[str, NodeTemplate] = {}
        todo = surely_read(graph.output)
        while todo:
            name = todo.pop()
            node = nodes.get(name)
            if name in found or node is None or node.guard is not None or not self.exists(node.exists):
                continue
            found[name] = node
            if len(node.alternatives) == 1:
                todo += [ref for _, value in node.alternatives[0].args for ref in surely_read(value)]
            for edge in edges.get(name, []):
                if edge.exists == YES and edge.guard is None:
                    todo += surely_read(edge.source)
        return [node for node in graph.nodes if node.id in found]

    def exists(self, condition: Expr) -> bool:
        """Whether a node is in every program: always, or as one of the first of some replicas."""
        match condition:
            case Const(value=True):
                return True
            case Op(op="<=", args=(Const(value=int(place)), ChoiceRef(address=address))):
                match self.state.choices[address].domain:
                    case IntRange(low=low):
                        return place <= low
                    case Options(options=options):
                        return all(
                            isinstance(one, Const) and isinstance(one.value, int) and place <= one.value
                            for one in options
                        )
                    case _:
                        return False
            case _:
                return False


def surely_read(value: Expr) -> list[str]:
    """The nodes that an expression waits for whatever happens."""
    match value:
        case NodeRef(id=name):
            return [name]
        case ListOf(items=items):
            return [name for item in items for name in surely_read(item)]
        case Op(op="get", args=(inner, *_)):
            return surely_read(inner)
        case _:
            return []


def priced(model: ModelSpec, reply: int) -> float:
    """Dollars of a call with a prompt of one token."""
    return (model.prompt_price or 0.0) + reply * (model.completion_price or 0.0)
