"""The base role of a program, and the variants in which the program may use it (see `simple_programs`)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tgl.ir import (
    Alternative,
    ChoicePoint,
    ChoiceRef,
    Const,
    Expr,
    Fn,
    GraphTemplate,
    Input,
    ListOf,
    Op,
    PortSpec,
    ProgramIR,
    TaskSpec,
    TextPlace,
)
from tgl.space import atoms, prior_weights

SAMPLING_TEMPERATURE = 0.8
LARGEST_VARIANTS = 6
LONGEST_LABEL = 16
"""Characters of a value that is named in full; where one is longer (prompts), their numbers are told."""
PLACE = TextPlace(source="<baseline>", start=0, end=0)


@dataclass(frozen=True, slots=True)
class BaseRole:
    """The role that simple programs run: wired to given fields only, nothing left to choose.

    `temperature` is what it samples at; `label` tells it from the other variants (`shots 5`), "" if there is
    but one.
    """

    alternative: Alternative
    path: str
    ports: tuple[PortSpec, ...]
    temperature: float = SAMPLING_TEMPERATURE
    label: str = ""

    def named(self, words: str, more: str = "") -> str:
        """A name of a program that runs it: `gemma, greedy (shots 5)`."""
        told = "; ".join(part for part in (self.label, more) if part)
        return f"{words} ({told})" if told else words


def base_role(ir: ProgramIR, task: TaskSpec) -> BaseRole | None:
    """The base role of a program, its choices decided as their own priors prefer; None if there is none."""
    return next(iter(base_variants(ir, task)), None)


def base_variants(ir: ProgramIR, task: TaskSpec) -> tuple[BaseRole, ...]:
    """The variants of the base role, the one that the priors prefer first; empty if there is no base role."""
    fitting = [one for one in alternatives(ir.graph) if answers_alone(one, task)]
    if not fitting:
        return ()
    choices = {choice.address: choice for choice in ir.choices}
    base = (fitting[0].what, fitting[0].home)
    same = [one for one in fitting if (one.what, one.home) == base]
    temperature = sampling_temperature(same, choices)
    found: dict[str, tuple[float, Alternative]] = {}
    for alternative in same:
        for fields, weight in decided_fields(alternative, choices):
            wires = tuple(
                (port.name, Input(instance=ir.graph.path, port=port.name))
                for port in alternative.ports
                if port.name in task.given
            )
            made = alternative.model_copy(
                update={"args": wires, "fields": fields, "key": same[0].key, "place": PLACE}
            )
            name = json.dumps(made.model_dump(mode="json", exclude={"fields"}), sort_keys=True) + repr(
                [(name, value) for name, value in sorted(fields) if name != "temperature"]
            )
            found.setdefault(name, (weight, made))
    ordered = sorted(found.values(), key=lambda item: -item[0])[:LARGEST_VARIANTS]
    ports = tuple(PortSpec(name=name, type="text") for name in task.given)
    variants = [BaseRole(made, ir.graph.path, ports, temperature) for _, made in ordered]
    return tuple(replace(one, label=label) for one, label in zip(variants, labels(variants), strict=True))


def answers_alone(alternative: Alternative, task: TaskSpec) -> bool:
    """Whether an alternative answers the task from given fields alone."""
    required = [port for port in alternative.ports if not port.optional]
    return (
        alternative.kind == "role"
        and alternative.reader is not None
        and alternative.reader.kind == "answer"
        and all(port.name in task.given for port in required)
    )


def sampling_temperature(same: Sequence[Alternative], choices: Mapping[str, ChoicePoint]) -> float:
    """The first temperature above 0 that a role is used with."""
    for alternative in same:
        written = dict(alternative.fields).get("temperature")
        match None if written is None else preferred(written, choices):
            case Const(value=int() | float() as value) if value > 0:
                return float(value)
            case _:
                pass
    return SAMPLING_TEMPERATURE


def decided_fields(
    alternative: Alternative, choices: Mapping[str, ChoicePoint]
) -> Iterator[tuple[tuple[tuple[str, Expr], ...], float]]:
    """The settings of an alternative under its own choices but the temperature, with prior weights."""
    addresses = dict.fromkeys(
        address for name, expr in alternative.fields if name != "temperature" for address in choices_in(expr)
    )
    ways: list[tuple[dict[str, Expr], float]] = [({}, 1.0)]
    for address in addresses:
        options = weighed(choices[address])
        ways = [({**way, address: expr}, share * weight) for way, share in ways for expr, weight in options]
        ways = sorted(ways, key=lambda item: -item[1])[:LARGEST_VARIANTS]
    for way, share in ways:
        yield tuple((name, preferred(expr, choices, way)) for name, expr in alternative.fields), share


def weighed(choice: ChoicePoint) -> list[tuple[Expr, float]]:
    """What a choice may mean, with its prior, the most probable first; of a cell its largest value."""
    weights = prior_weights(choice.domain)
    meanings = [
        atom.meanings[max(range(len(atom.shares)), key=lambda at: (atom.shares[at], -at))]
        for atom in atoms(choice.domain)
    ]
    found = [(meaning, weight / sum(weights)) for meaning, weight in zip(meanings, weights, strict=True)]
    return sorted(found, key=lambda item: -item[1])[:LARGEST_VARIANTS]


def choices_in(expr: Expr) -> Iterator[str]:
    """The choices that an expression refers to."""
    match expr:
        case ChoiceRef(address=address):
            yield address
        case ListOf(items=parts) | Op(args=parts):
            for part in parts:
                yield from choices_in(part)
        case Fn(args=args, named=named):
            for part in (*args, *(value for _, value in named)):
                yield from choices_in(part)
        case _:
            return


def labels(variants: Sequence[BaseRole]) -> list[str]:
    """What tells variants apart: the settings in which they differ."""
    settings = [dict(one.alternative.fields) for one in variants]
    names = dict.fromkeys(name for one in settings for name in one if name != "temperature")
    told: list[list[str]] = [[] for _ in variants]
    for name in names:
        values = [one.get(name) for one in settings]
        distinct = [value for place, value in enumerate(values) if value not in values[:place]]
        if len(distinct) < 2:
            continue
        texts = [f"{value.value}" if isinstance(value, Const) else "" for value in values]
        numbered = any(not text or "\n" in text or len(text) > LONGEST_LABEL for text in texts)
        for words, value, text in zip(told, values, texts, strict=True):
            words.append(f"{name} no. {distinct.index(value) + 1}" if numbered else f"{name} {text}")
    return [", ".join(words) for words in told]


def alternatives(graph: GraphTemplate) -> Iterator[Alternative]:
    """All alternatives in order of declaration, those of a nested graph where it stands."""
    for node in graph.nodes:
        for alternative in node.alternatives:
            yield alternative
            if alternative.graph is not None:
                yield from alternatives(alternative.graph)


def preferred(
    expr: Expr, choices: Mapping[str, ChoicePoint], decided: Mapping[str, Expr] | None = None
) -> Expr:
    """An expression with its choices `decided`, others as their own priors prefer (the first of equals)."""
    match expr:
        case ChoiceRef(address=address):
            meaning = (decided or {}).get(address)
            if meaning is None:
                meaning = weighed(choices[address])[0][0]
            return preferred(meaning, choices, decided)
        case ListOf(items=items):
            return ListOf(items=tuple(preferred(item, choices, decided) for item in items))
        case Op(op=op, args=args):
            return Op(op=op, args=tuple(preferred(arg, choices, decided) for arg in args))
        case Fn(fn=fn, args=args, named=named):
            return Fn(
                fn=fn,
                args=tuple(preferred(arg, choices, decided) for arg in args),
                named=tuple((name, preferred(value, choices, decided)) for name, value in named),
            )
        case _:
            return expr
