"""The passes that turn an expanded graph into the program that later rooms read, in order.

Expansion (`lower_instance`) unrolls loops and replicas, fills in templates and finds choices; `expanded` is
what it hands over. Each pass then requires some invariants and ensures others, and breaks none that held:
tests run the verifier between all of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

from tgl.ir import ChoiceRef, GraphTemplate, ModelSpec, ProgramIR, TaskSpec
from tgl.semantics.goals import settled
from tgl.semantics.inside import expressions, nested
from tgl.semantics.invariants import Invariant
from tgl.semantics.lowering.state import State
from tgl.semantics.models import read_model
from tgl.semantics.problems import Problems
from tgl.semantics.scope import Files, FileScope
from tgl.semantics.signals import LACKING, may_read, models_read
from tgl.semantics.tasks import Goal
from tgl.syntax import ast
from tgl.text import frozen


@frozen
class Context:
    """What a pass may look at beside the program: the files, and what lowering found in them."""

    files: Files
    state: State


@frozen
class Pass:
    """One step. `requires` hold before it, `ensures` from then on, in addition to what held before."""

    name: str
    requires: frozenset[Invariant]
    ensures: frozenset[Invariant]
    run: Callable[[ProgramIR, Context], ProgramIR]


def expanded(
    template: GraphTemplate, task: TaskSpec | None, goal: Goal | None, context: Context
) -> ProgramIR:
    """The program as expansion leaves it: every choice that was met, read or not, and nothing declared."""
    return ProgramIR(
        graph=template,
        models=(),
        choices=tuple(context.state.choices.values()),
        task=task,
        optimize=None if goal is None else settled(context.state, template, goal.spec),
    )


def keep_read_choices(ir: ProgramIR, _: Context) -> ProgramIR:
    """Without choices that were met on the way and that nothing in the graph reads."""
    read = {
        found.address
        for graph in nested(ir.graph)
        for found in expressions(graph)
        if isinstance(found, ChoiceRef)
    }
    return ir.model_copy(update={"choices": tuple(point for point in ir.choices if point.address in read)})


def order_choices(ir: ProgramIR, context: Context) -> ProgramIR:
    """Choices in order of declaration: by file, each after those that it uses, then by place (C10)."""
    rank = {name: k for k, name in enumerate(context.files.scopes)}
    choices = sorted(ir.choices, key=lambda point: (rank[point.place.source], point.place.start))
    return ir.model_copy(update={"choices": tuple(choices)})


def declare_models(ir: ProgramIR, context: Context) -> ProgramIR:
    """With the facts of every model that the graph may use, in order of declaration."""
    return ir.model_copy(update={"models": specs(context, context.state.models)})


def settle_unit(ir: ProgramIR, context: Context) -> ProgramIR:
    """With the model in whose units costs are counted, also if no node runs on it."""
    task = with_unit(context, ir.task)
    if task is None or task.unit.model is None:
        return ir.model_copy(update={"task": task})
    names = dict(context.state.models)
    if task.unit.model not in names:
        for scope in context.files.scopes.values():
            binding = scope.names.get(task.unit.model)
            if binding is not None and isinstance(binding.decl, ast.Model):
                names[task.unit.model] = context.files.scopes[binding.home]
    return ir.model_copy(update={"task": task, "models": specs(context, names)})


def declare_judge(ir: ProgramIR, context: Context) -> ProgramIR:
    """With the model that judges answers, or makes vectors of them, also if no node runs on it."""
    judge = None if ir.task is None else ir.task.key.model
    if judge is None or any(model.name == judge for model in ir.models):
        return ir
    names = dict(context.state.models)
    for model in ir.models:
        names.setdefault(model.name, scope_of(context, model.name))
    names[judge] = scope_of(context, judge)
    return ir.model_copy(update={"models": specs(context, names)})


def scope_of(context: Context, model: str) -> FileScope:
    """The file that declares a model which some file can see."""
    for scope in context.files.scopes.values():
        binding = scope.names.get(model)
        if binding is not None and isinstance(binding.decl, ast.Model):
            return context.files.scopes[binding.home]
    raise KeyError(model)


def declare_functions(ir: ProgramIR, context: Context) -> ProgramIR:
    """With the functions that users wrote and that the graph or the task's metric calls, by name."""
    functions = dict(context.state.functions)
    for metric in () if ir.task is None else ir.task.metrics:
        if metric.function is not None:
            functions.setdefault(metric.function.name, metric.function)
    return ir.model_copy(update={"functions": tuple(functions[name] for name in sorted(functions))})


def declare_logprobs(ir: ProgramIR, context: Context) -> ProgramIR:
    """With the models that are asked for log-probabilities, in order of declaration."""
    asked = frozenset(() if ir.optimize is None else ir.optimize.logprobs)
    if may_read(context.state):
        asked |= models_read(ir.graph, context.state.choices)
    names = tuple(model.name for model in ir.models if model.name in asked and LACKING not in model.without)
    return ir.model_copy(update={"logprobs": names})


PASSES: tuple[Pass, ...] = (
    Pass(
        "keep-read-choices",
        frozenset({Invariant.CHOICE_KNOWN}),
        frozenset({Invariant.CHOICE_READ}),
        keep_read_choices,
    ),
    Pass(
        "order-choices",
        frozenset({Invariant.CHOICE_READ}),
        frozenset({Invariant.CHOICE_ORDER}),
        order_choices,
    ),
    Pass("declare-models", frozenset(), frozenset({Invariant.MODEL_KNOWN}), declare_models),
    Pass(
        "settle-unit",
        frozenset({Invariant.MODEL_KNOWN}),
        frozenset({Invariant.UNIT_MODEL}),
        settle_unit,
    ),
    Pass(
        "declare-judge", frozenset({Invariant.UNIT_MODEL}), frozenset({Invariant.JUDGE_MODEL}), declare_judge
    ),
    Pass("declare-functions", frozenset(), frozenset({Invariant.FN_DECLARED}), declare_functions),
    Pass(
        "declare-logprobs",
        frozenset({Invariant.MODEL_KNOWN}),
        frozenset({Invariant.LOGPROBS_ASKED}),
        declare_logprobs,
    ),
)

EXPANDED: frozenset[Invariant] = frozenset(Invariant) - frozenset().union(*(one.ensures for one in PASSES))
"""What holds before the first pass."""


def run_passes(ir: ProgramIR, context: Context, passes: Iterable[Pass] = PASSES) -> ProgramIR:
    """The program after some passes."""
    for one in passes:
        ir = one.run(ir, context)
    return ir


def specs(context: Context, names: Mapping[str, FileScope]) -> tuple[ModelSpec, ...]:
    """The facts of models, in order of declaration."""
    order = {
        (name, decl.name): (k, decl.span.start)
        for k, (name, scope) in enumerate(context.files.scopes.items())
        for decl in scope.module.decls
        if isinstance(decl, ast.Model)
    }
    found = [model_spec(scope, name) for name, scope in names.items()]
    found.sort(key=lambda spec: order.get((names[spec.name].source.name, spec.name), (0, 0)))
    return tuple(found)


def with_unit(context: Context, task: TaskSpec | None) -> TaskSpec | None:
    """The task with the default of its unit (semantics.md 4): the cheapest model, the first of equal ones.

    All models of the program count, so that a resolved program, which uses fewer, keeps its unit.
    """
    if task is None or task.unit.kind != "model" or task.unit.model is not None:
        return task
    main = context.files.main
    own = {decl.name: main for decl in main.module.decls if isinstance(decl, ast.Model)}
    every = [model_spec(scope, name) for name, scope in (own | dict(context.state.models)).items()]
    found = [spec for spec in every if not spec.embeds]  # a unit is a call that answers
    if not found:
        return task
    fixed = all(spec.units is not None for spec in found)
    sizes = [spec.units if fixed else spec.params for spec in found]
    cheapest = min(range(len(found)), key=lambda k: (math.inf if sizes[k] is None else sizes[k], k))
    unit = task.unit.model_copy(update={"model": found[cheapest].name})
    return task.model_copy(update={"unit": unit})


def model_spec(scope: FileScope, name: str) -> ModelSpec:
    """The facts of a model that is known to be declared."""
    decl = next(d for d in scope.module.decls if isinstance(d, ast.Model) and d.name == name)
    return read_model(scope, decl, Problems())
