"""The prompts and replies that a role may have, as far as its settings are decided."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

from tgl.ir import Alternative, ChoiceRef, Expr, ListOf, Op, Scalar
from tgl.space.facts import Facts
from tgl.space.lengths import RowLengths
from tgl.space.plan import AltPlan
from tgl.space.sizes import UNKNOWN_LENGTH, TextSize
from tgl.space.static import Unknown
from tgl.space.tokens import Prompt

MOST_FORMS = 256
"""Most combinations of prompts and system texts that are measured; of more, a prompt may be empty."""


@dataclass(frozen=True, slots=True)
class RoleForms:
    """What a role is asked under its settings: at least so often, for at least so long a reply at most.

    `forms`: the prompts that it may have; None: too many, or not known yet.
    """

    asks: int
    completion: float
    forms: tuple[Prompt, ...] | None

    @property
    def reply(self) -> TextSize:
        """The longest reply, at least."""
        return TextSize(UNKNOWN_LENGTH if math.isinf(self.completion) else int(self.completion))


def role_forms(facts: Facts, alt: AltPlan, where: str, rows: Mapping[str, RowLengths]) -> RoleForms:
    """What an alternative that is a role is asked, under what is decided.

    Of a setting that is open, the option that makes it least counts, each setting by itself.
    """
    template = alt.template
    fields = dict(template.fields)
    heat = setting(facts, fields, "temperature")
    cold = heat is None or any(value is not None and value == 0 for value in heat)
    lengths = setting(facts, fields, "max_tokens")
    completion = 0.0
    if lengths is not None:
        completion = min((math.inf if size is None else number(size) for size in lengths), default=0.0)
    return RoleForms(
        1 if cold else 1 + least_number(facts, fields, "retry"),
        completion,
        forms_of(facts, template, fields, where, rows),
    )


def forms_of(
    facts: Facts,
    template: Alternative,
    fields: Mapping[str, Expr],
    where: str,
    rows: Mapping[str, RowLengths],
) -> tuple[Prompt, ...] | None:
    """The prompts that a role may have, each with its shortest params and fewest shots."""
    prompts, systems = setting(facts, fields, "prompt"), setting(facts, fields, "system")
    if prompts is None or systems is None or len(prompts) * len(systems) > MOST_FORMS:
        return None
    params: dict[str, int] = {}
    for name in template.params:
        values = setting(facts, fields, name)
        params[name] = min((len(str(value).encode()) for value in values or ()), default=0)
    shots = least_number(facts, fields, "shots")
    shown = None if template.shots is None else rows.get(template.shots.path)
    return tuple(
        Prompt(
            where,
            prompt if isinstance(prompt, str) else "",
            system if isinstance(system, str) else None,
            template.ports,
            params,
            shots,
            shown,
        )
        for prompt, system in product(prompts, systems)
    )


def setting(facts: Facts, fields: Mapping[str, Expr], name: str) -> tuple[Scalar, ...] | None:
    """The values that a setting may have, None where they can't be told; one that is not set is None."""
    return static_values(facts, fields[name]) if name in fields else (None,)


def least_number(facts: Facts, fields: Mapping[str, Expr], name: str) -> int:
    """The smallest that a whole-number setting may be, 0 where it may not be set."""
    values = setting(facts, fields, name)
    return min((int(number(value)) for value in values or ()), default=0)


def number(value: Scalar) -> float:
    """A value as a number, 0 for what is none."""
    return value if isinstance(value, int | float) else 0.0


def static_values(facts: Facts, expr: Expr) -> tuple[Scalar, ...] | None:
    """The literal values that a static expression may have; None where they can't be listed."""
    value = facts.peek(expr)
    if not isinstance(value, Unknown):
        return (value,) if value is None or isinstance(value, str | int | float) else None
    match expr:
        case ChoiceRef(address=address):
            taken = facts.meanings.get(address)
            table = facts.space.choices[address].atoms
            parts = [taken] if taken is not None else [meaning for atom in table for meaning in atom.meanings]
        case Op(op="at", args=(ListOf(items=items), _)):
            parts = list(items)
        case _:
            return None
    found: dict[Scalar, None] = {}
    for part in parts:
        values = static_values(facts, part)
        if values is None:
            return None
        found.update(dict.fromkeys(values))
    return tuple(found)
