"""The `unit` of a task: what costs are told in (semantics.md 4)."""

from __future__ import annotations

from collections.abc import Sequence

from tgl.ir import UnitSpec
from tgl.semantics.errors import names as name_facts
from tgl.semantics.scope import kind_of
from tgl.semantics.settings import Settings
from tgl.syntax import ast

WANTED = "a model, `flops(MODEL, prompt: 200, output: 100)`, `dollars`, `tokens` or `calls`"


def read_unit(got: Settings) -> UnitSpec:
    """The cost unit: a model, FLOPs, dollars, tokens or calls; the default is the cheapest model."""
    value = got.single("unit", WANTED)
    match value:
        case None:
            return UnitSpec(kind="model")
        case ast.Call(func=ast.Name(id="flops"), args=args):
            return read_flops(got, value, args)
        case ast.Name(id="dollars" | "tokens" | "calls" as kind):
            return UnitSpec(kind=kind)
        case ast.Name():
            if (name := model_named(got, value)) is not None:
                return UnitSpec(kind="model", model=name)
        case _:
            got.wrong("unit", WANTED)
    return UnitSpec(kind="model")


def read_flops(got: Settings, value: ast.Call, args: Sequence[ast.Arg]) -> UnitSpec:
    """`flops(smol, prompt: 202, output: 275)`: what a call of that model with so many tokens computes."""
    match args:
        case (
            ast.Arg(name=None, value=ast.Name() as model),
            ast.Arg(name="prompt", value=ast.Number(unit="", value=prompt)),
            ast.Arg(name="output", value=ast.Number(unit="", value=output)),
        ) if prompt >= 0 and output >= 0 and prompt + output > 0:
            if (name := model_named(got, model)) is not None:
                return UnitSpec(kind="flops", model=name, prompt=float(prompt), output=float(output))
        case _:
            got.wrong("unit", WANTED)
    return UnitSpec(kind="model")


def model_named(got: Settings, value: ast.Name) -> str | None:
    """The declared name of a model, or None after reporting that it is none."""
    binding = got.scope.names.get(value.id)
    if binding is None:
        models = [name for name, found in got.scope.names.items() if isinstance(found.decl, ast.Model)]
        options = [*models, "dollars", "tokens", "calls"]
        got.problems.add(name_facts.unknown_name(got.place(value), value.id, options, "model"))
    elif isinstance(binding.decl, ast.Model):
        return binding.decl.name
    elif binding.decl is not None:
        kind = kind_of(binding.decl)
        got.problems.add(name_facts.wrong_kind(got.place(value), value.id, kind, "a model", binding.at))
    return None
