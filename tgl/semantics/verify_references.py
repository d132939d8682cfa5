"""The part of `verify` that looks at what expressions refer to, and at what is declared beside the graph."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from tgl.ir import (
    ChoicePoint,
    ChoiceRef,
    Const,
    Domain,
    Expr,
    Flip,
    FloatRange,
    GraphTemplate,
    Input,
    IntRange,
    Is,
    ModelName,
    ModelOf,
    NodeRef,
    Op,
    Options,
    ProgramIR,
)
from tgl.semantics.fold import every, is_static
from tgl.semantics.inside import STATIC, Use, nested, used
from tgl.semantics.invariants import Broken, Invariant
from tgl.semantics.signals import models_read

MANY: Final = 1 << 62
ARITY: Final[Mapping[str, tuple[int, int]]] = MappingProxyType(
    {
        **dict.fromkeys(("or", "and", "else", "max", "min"), (1, MANY)),
        **dict.fromkeys(("<", "<=", ">", ">=", "==", "!=", "in", "+", "-", "*", "/"), (2, 2)),
        **dict.fromkeys(("at", "when", "get", "tagged", "range", "linked"), (2, 2)),
        **dict.fromkeys(("not", "neg", "size", "holds", "there"), (1, 1)),
        "acyclic": (0, 0),
        "count": (0, MANY),
        "subset": (3, 3),
    }
)
"""Operators, and how many arguments each takes: at least, at most."""

ONLY_IN: Final[Mapping[str, Use]] = MappingProxyType(
    {
        "acyclic": Use.EDGE_EXISTS,
        **dict.fromkeys(("linked", "there", "count"), Use.REQUIREMENT),
    }
)


def references(ir: ProgramIR, graphs: Sequence[GraphTemplate]) -> Iterator[Broken]:
    """What expressions name is there, and they are decided when they have to be."""
    everywhere = {node.id for graph in graphs for node in graph.nodes}
    models = {model.name for model in ir.models}
    addresses = {point.address for point in ir.choices}
    for graph in graphs:
        nodes = {node.id for node in graph.nodes}
        ports = {port.name for port in graph.ports}
        for use, where, whole in used(graph):
            if use in STATIC and not is_static(whole):
                text = f"its {use.name.lower()} is decided with the program and reads the run"
                yield Broken(Invariant.STATIC, where, text)
            for part in every(whole):
                match part:
                    case ChoiceRef(address=name) if name not in addresses:
                        yield Broken(Invariant.CHOICE_KNOWN, where, f"there is no choice {name}")
                    case NodeRef(id=name) if name not in nodes:
                        yield Broken(Invariant.NODE_KNOWN, where, f"{graph.path} has no node {name}")
                    case Is(node=name) | ModelOf(node=name) if name not in everywhere:
                        yield Broken(Invariant.FACT_KNOWN, where, f"there is no node {name}")
                    case Input(instance=path, port=port) if path != graph.path or port not in ports:
                        yield Broken(Invariant.INPUT_KNOWN, where, f"{graph.path} has no input {path}:{port}")
                    case ModelName(name=name) if name not in models:
                        yield Broken(Invariant.MODEL_KNOWN, where, f"there is no model {name}")
                    case Op():
                        yield from operator(use, where, part, nodes)
                    case _:
                        pass


def operator(use: Use, where: str, part: Op, nodes: set[str]) -> Iterator[Broken]:
    """An operator that is known, with its arguments, where it means something."""
    low, high = ARITY.get(part.op, (MANY, 0))
    if not low <= len(part.args) <= high:
        yield Broken(Invariant.OPERATOR, where, f"no operator {part.op} of {len(part.args)} arguments")
    if part.op in ONLY_IN and use is not ONLY_IN[part.op]:
        yield Broken(Invariant.OPERATOR_PLACE, where, f"{part.op} in {use.name.lower()}")
    if part.op in ("linked", "there"):
        names = [arg.value for arg in part.args if isinstance(arg, Const)]
        if len(names) < len(part.args) or not nodes.issuperset(map(str, names)):
            yield Broken(Invariant.FACT_KNOWN, where, f"{part.op} asks of nodes that are not there")


def choices(ir: ProgramIR) -> Iterator[Broken]:
    """Each choice once, read, with a domain that can be drawn from; all in order of declaration."""
    read = {
        part.address
        for graph in nested(ir.graph)
        for _, _, whole in used(graph)
        for part in every(whole)
        if isinstance(part, ChoiceRef)
    }
    models = {model.name for model in ir.models}
    seen: set[str] = set()
    for point in ir.choices:
        if point.address in seen:
            yield Broken(Invariant.CHOICE_ONCE, point.address, "stands several times")
        seen.add(point.address)
        if point.address not in read:
            yield Broken(Invariant.CHOICE_READ, point.address, "nothing reads it")
        if not drawable(point.domain):
            yield Broken(Invariant.DOMAIN, point.address, "its domain can't be drawn from")
        for part in parts(point):
            if isinstance(part, ModelName) and part.name not in models:
                yield Broken(Invariant.MODEL_KNOWN, point.address, f"there is no model {part.name}")
    yield from order(ir.choices)


def order(points: Sequence[ChoicePoint]) -> Iterator[Broken]:
    """The choices of one file stand together, by their place in it."""
    files: list[str] = []
    last = 0
    for point in points:
        source, start = point.place.source, point.place.start
        again = source in files
        if (again and files[-1] != source) or (again and start < last):
            yield Broken(Invariant.CHOICE_ORDER, point.address, "it was declared before those before it")
        if not again:
            files.append(source)
        last = start


def parts(point: ChoicePoint) -> Iterator[Expr]:
    """The expressions in the options of a choice."""
    for option in point.domain.options if isinstance(point.domain, Options) else ():
        yield from every(option)


def drawable(domain: Domain) -> bool:
    """Whether a domain has something in it, with weights that mean something."""
    match domain:
        case Options(options=options, values=values, weights=weights):
            distinct = {repr(value) for value in values}
            sizes = {len(options), len(values), len(weights), len(distinct)}
            return len(sizes) == 1 and bool(options) and all(0 < w < math.inf for w in weights)
        case IntRange(low=low, high=high, log=log) | FloatRange(low=low, high=high, log=log):
            return low <= high and (low > 0 or not log) and math.isfinite(high - low)
        case Flip(p=p):
            return 0 < p < 1


def declarations(ir: ProgramIR) -> Iterator[Broken]:
    """Models, task and goal fit the graph."""
    names = [model.name for model in ir.models]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Broken(Invariant.MODEL_ONCE, name, "stands several times")
    if ir.task is not None and ir.task.unit.kind in ("model", "flops") and ir.task.unit.model not in names:
        yield Broken(Invariant.UNIT_MODEL, ir.task.name, f"costs are in units of {ir.task.unit.model}")
    if ir.task is not None and ir.task.key.model is not None and ir.task.key.model not in names:
        yield Broken(Invariant.JUDGE_MODEL, ir.task.name, f"answers are judged by {ir.task.key.model}")
    read = models_read(ir.graph, {point.address: point for point in ir.choices})
    for name in sorted((read & set(names)) - set(ir.logprobs)):
        yield Broken(Invariant.LOGPROBS_ASKED, name, "its log-probabilities are read, and not asked for")
    for name in sorted(set(ir.logprobs) - set(names)):
        yield Broken(Invariant.LOGPROBS_ASKED, name, "it is asked for log-probabilities, and is no model")
    if ir.optimize is None:
        return
    if ir.optimize.graph != ir.graph.name:
        yield Broken(Invariant.GOAL, ir.optimize.graph, f"it is searched, and {ir.graph.name} is here")
    if ir.task is None or ir.optimize.task != ir.task.name:
        yield Broken(Invariant.GOAL, ir.optimize.task, "it is searched on, and another task is here")
