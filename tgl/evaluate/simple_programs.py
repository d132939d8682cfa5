"""Simpler programs to compare with, made from the program's own role without the user writing them.

The *base role* is the first role alternative, in order of declaration (nested graphs where they stand),
whose reply is read as the task's answer and whose required ports are all given fields of the task. It has
*variants*: every way in which the program may use that role, its own choices and other arguments (number of
shots, prompt), at most `LARGEST_VARIANTS` of them, the most probable first. Each of these programs runs a
variant:

* `greedy`: once on one model, at temperature 0;
* `vote`: k times at the sampling temperature, then `std.reduce:majority`;
* `best`: k times so, each reply graded by the standard grader on the same model, then `std.reduce:best`;
* `router`: for each value of a given field the greedy answer of one model.

The sampling temperature is the role's own; where that is 0 or not set, the first above 0 that the program
uses the role with; else 0.8.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tgl.evaluate.base_roles import PLACE, BaseRole, preferred
from tgl.ir import (
    Alternative,
    Candidate,
    ChoiceRef,
    Const,
    Expr,
    GraphTemplate,
    Group,
    Input,
    ListOf,
    ModelName,
    ModelSpec,
    NodeRef,
    NodeTemplate,
    Op,
    PortSpec,
    ProgramIR,
    Scalar,
)
from tgl.semantics import MemoryLoader, check, lower
from tgl.space import resolve
from tgl.text import SourceFile


def reachable_models(ir: ProgramIR) -> tuple[ModelSpec, ...]:
    """The models that some node of the program may run on, in order of declaration."""
    domains = {choice.address: choice.domain for choice in ir.choices}
    names: set[str] = set()

    def collect(expr: Expr | None) -> None:
        match expr:
            case ModelName(name=name):
                names.add(name)
            case ChoiceRef(address=address):
                domain = domains[address]
                if domain.kind == "options":
                    for option in domain.options:
                        collect(option)
            case ListOf(items=parts) | Op(args=parts):
                for part in parts:
                    collect(part)
            case _:
                pass

    def visit(graph: GraphTemplate) -> None:
        for node in graph.nodes:
            collect(node.on)
            for alternative in node.alternatives:
                if alternative.graph is not None:
                    visit(alternative.graph)

    visit(ir.graph)
    return tuple(model for model in ir.models if model.name in names)


def greedy(ir: ProgramIR, base: BaseRole, model: str) -> Candidate:
    """The base role once, at temperature 0."""
    node = role_node(base, f"{base.path}.answer", "answer", (), model, 0.0)
    return program(ir, base, (node,), NodeRef(id=node.id))


def vote(ir: ProgramIR, base: BaseRole, model: str, k: int) -> Candidate:
    """The majority of k samples."""
    samples = sampled(base, model, k)
    node = fn_node(base, "vote", "std.reduce:majority", (("drafts", refs(samples)),))
    return program(ir, base, (*samples, node), NodeRef(id=node.id))


def best(ir: ProgramIR, base: BaseRole, model: str, k: int, grader: Alternative) -> Candidate:
    """The best of k samples, by a grader on the same model (see `standard_grader`)."""
    samples = sampled(base, model, k)
    question = next(name for name, _ in base.alternative.args)
    asked = "question" if "question" in dict(base.alternative.args) else question
    grades = tuple(
        NodeTemplate(
            id=f"{base.path}.grade[{index}]",
            group="grade",
            index=(index,),
            exists=Const(value=True),
            pick=Const(value=grader.key),
            alternatives=(
                grader.model_copy(
                    update={
                        "args": (
                            ("question", Input(instance=base.path, port=asked)),
                            ("answer", NodeRef(id=sample.id)),
                        )
                    }
                ),
            ),
            on=ModelName(name=model),
            guard=None,
            place=PLACE,
        )
        for index, sample in enumerate(samples, 1)
    )
    node = fn_node(base, "best", "std.reduce:best", (("drafts", refs(samples)), ("by", refs(grades))))
    return program(ir, base, (*samples, *grades, node), NodeRef(id=node.id))


@dataclass(frozen=True, slots=True)
class Route:
    """A model that runs a variant, for the examples whose field has one of `values`."""

    base: BaseRole
    model: str
    values: tuple[Scalar, ...]


def router(ir: ProgramIR, by: str, routes: Sequence[Route], fallback: int) -> Candidate:
    """One greedy answer for each example, by its field `by`; other values go to `routes[fallback]`."""
    base = routes[0].base
    field = Input(instance=base.path, port=by)

    def among(values: Sequence[Scalar]) -> Expr:
        return Op(op="or", args=tuple(Op(op="==", args=(field, Const(value=value))) for value in values))

    nodes: list[NodeTemplate] = []
    for place, route in enumerate(routes):
        elsewhere = [value for other in routes if other is not route for value in other.values]
        guard = among(route.values)
        if place == fallback:
            guard = Op(op="not", args=(among(elsewhere),)) if elsewhere else None
        id_ = f"{base.path}.answer[{place + 1}]"
        nodes.append(role_node(route.base, id_, "answer", (place + 1,), route.model, 0.0, guard))
    first = fn_node(base, "first", "std.reduce:first", (("xs", refs(nodes)),))
    return program(ir, base, (*nodes, first), NodeRef(id=first.id))


def standard_grader() -> Alternative | None:
    """`std.roles.grader` as an alternative, None if the standard library has none."""
    text = (
        "use std.roles { grader }\n"
        'model judge { provider local; weights "any" }\n'
        "graph g(question, answer) {\n  node x : grader on judge\n  output x\n}\n"
    )
    lowered = lower(check(SourceFile("<grader>", text), MemoryLoader({})))
    if lowered.ir is None:
        return None
    alternative = lowered.ir.graph.nodes[0].alternatives[0]
    choices = {choice.address: choice for choice in lowered.ir.choices}
    fields = tuple((name, preferred(expr, choices)) for name, expr in alternative.fields)
    return alternative.model_copy(update={"fields": fields})


def sampled(base: BaseRole, model: str, k: int) -> tuple[NodeTemplate, ...]:
    """K samples of the base role."""
    return tuple(
        role_node(base, f"{base.path}.sample[{index}]", "sample", (index,), model, base.temperature)
        for index in range(1, k + 1)
    )


def refs(nodes: Sequence[NodeTemplate]) -> ListOf:
    """A list of the nodes."""
    return ListOf(items=tuple(NodeRef(id=node.id) for node in nodes))


def role_node(
    base: BaseRole,
    id_: str,
    group: str,
    index: tuple[int, ...],
    model: str,
    temperature: float,
    guard: Expr | None = None,
) -> NodeTemplate:
    """A node that runs the base role."""
    fields = {**dict(base.alternative.fields), "temperature": Const(value=temperature)}
    return NodeTemplate(
        id=id_,
        group=group,
        index=index,
        exists=Const(value=True),
        pick=Const(value=base.alternative.key),
        alternatives=(base.alternative.model_copy(update={"fields": tuple(fields.items())}),),
        on=ModelName(name=model),
        guard=guard,
        place=PLACE,
    )


def fn_node(base: BaseRole, name: str, fn: str, wires: tuple[tuple[str, Expr], ...]) -> NodeTemplate:
    """A node that runs a function over lists."""
    alternative = Alternative(
        key=name,
        what=name,
        kind="fn",
        ports=tuple(PortSpec(name=port, type="list") for port, _ in wires),
        args=wires,
        fn=fn,
        place=PLACE,
    )
    return NodeTemplate(
        id=f"{base.path}.{name}",
        group=name,
        index=(),
        exists=Const(value=True),
        pick=Const(value=name),
        alternatives=(alternative,),
        on=None,
        guard=None,
        place=PLACE,
    )


def program(ir: ProgramIR, base: BaseRole, nodes: tuple[NodeTemplate, ...], output: Expr) -> Candidate:
    """The candidate of a graph in which nothing is left to choose."""
    groups = dict.fromkeys(node.group for node in nodes)
    graph = GraphTemplate(
        name=base.path,
        path=base.path,
        ports=base.ports,
        groups=tuple(
            Group(
                name=group,
                members=tuple(node.id for node in nodes if node.group == group),
                count=None,
                permutable=False,
                place=PLACE,
            )
            for group in groups
        ),
        nodes=nodes,
        edges=(),
        output=output,
        place=PLACE,
    )
    # The task, since its key may call for vectors of what is voted on.
    return resolve(ProgramIR(graph=graph, models=ir.models, choices=(), task=ir.task), {}).candidate
