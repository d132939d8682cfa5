"""Simpler programs to compare with, made from the program's own role without the user writing them.

The *base role* is the first role alternative, in order of declaration (nested graphs where they stand),
whose reply is read as the task's answer and whose required ports are all given fields of the task. Its
choices are decided as their own priors prefer. Each of these programs runs that role on one model:

* `greedy`: once, at temperature 0;
* `vote`: k times at the role's temperature (0.8 if that is 0 or not set), then `std.reduce:majority`;
* `best`: k times so, each reply graded by the standard grader on the same model, then `std.reduce:best`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tgl.ir import (
    Alternative,
    Candidate,
    ChoicePoint,
    ChoiceRef,
    Const,
    Expr,
    Fn,
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
    TaskSpec,
    TextPlace,
)
from tgl.semantics import MemoryLoader, check, lower
from tgl.space import atoms, prior_weights, resolve
from tgl.text import SourceFile

SAMPLING_TEMPERATURE = 0.8
PLACE = TextPlace(source="<baseline>", start=0, end=0)


@dataclass(frozen=True, slots=True)
class BaseRole:
    """The role that simple programs run: wired to given fields only, nothing left to choose."""

    alternative: Alternative
    path: str
    ports: tuple[PortSpec, ...]

    @property
    def temperature(self) -> float:
        """What it samples at."""
        match dict(self.alternative.fields).get("temperature"):
            case Const(value=int() | float() as value) if value > 0:
                return float(value)
            case _:
                return SAMPLING_TEMPERATURE


def base_role(ir: ProgramIR, task: TaskSpec) -> BaseRole | None:
    """The base role of a program for a task, None if no role answers from given fields alone."""
    for alternative in alternatives(ir.graph):
        required = [port for port in alternative.ports if not port.optional]
        if (
            alternative.kind == "role"
            and alternative.reader is not None
            and alternative.reader.kind == "answer"
            and all(port.name in task.given for port in required)
        ):
            choices = {choice.address: choice for choice in ir.choices}
            wires = tuple(
                (port.name, Input(instance=ir.graph.path, port=port.name))
                for port in alternative.ports
                if port.name in task.given
            )
            fields = tuple((name, preferred(expr, choices)) for name, expr in alternative.fields)
            return BaseRole(
                alternative.model_copy(update={"args": wires, "fields": fields}),
                ir.graph.path,
                tuple(PortSpec(name=name, type="text") for name in task.given),
            )
    return None


def alternatives(graph: GraphTemplate) -> Iterator[Alternative]:
    """All alternatives in order of declaration, those of a nested graph where it stands."""
    for node in graph.nodes:
        for alternative in node.alternatives:
            yield alternative
            if alternative.graph is not None:
                yield from alternatives(alternative.graph)


def preferred(expr: Expr, choices: dict[str, ChoicePoint]) -> Expr:
    """An expression with each choice decided as its own prior prefers (the first of equals)."""
    match expr:
        case ChoiceRef(address=address):
            domain = choices[address].domain
            weights = prior_weights(domain)
            atom = atoms(domain)[max(range(len(weights)), key=lambda index: (weights[index], -index))]
            return atom.meanings[max(range(len(atom.shares)), key=lambda at: (atom.shares[at], -at))]
        case ListOf(items=items):
            return ListOf(items=tuple(preferred(item, choices) for item in items))
        case Op(op=op, args=args):
            return Op(op=op, args=tuple(preferred(arg, choices) for arg in args))
        case Fn(fn=fn, args=args, named=named):
            return Fn(
                fn=fn,
                args=tuple(preferred(arg, choices) for arg in args),
                named=tuple((name, preferred(value, choices)) for name, value in named),
            )
        case _:
            return expr


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
    base: BaseRole, id_: str, group: str, index: tuple[int, ...], model: str, temperature: float
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
        guard=None,
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
    return resolve(ProgramIR(graph=graph, models=ir.models, choices=()), {}).candidate
