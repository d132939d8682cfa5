"""Warnings that help a search: what is allowed, and hardly ever meant.

A false warning is worse than a missing one: each of these speaks only where the program's own text settles
the matter, whatever the search decides. What needs the data is told by `tglc plan` and `tglc optimize`.
"""

from __future__ import annotations

from tgl.ir import GraphTemplate, TaskSpec
from tgl.semantics.errors.at import At
from tgl.semantics.lints.absent import no_output
from tgl.semantics.lints.judges import own_judge
from tgl.semantics.lints.limits import limits
from tgl.semantics.lints.options import numbered, unreachable, weights
from tgl.semantics.lints.places import spots
from tgl.semantics.lints.unsaid import unsaid
from tgl.semantics.lints.votes import even_votes, greedy, without_key
from tgl.semantics.lowering.state import Instance, State
from tgl.semantics.scope import Binding
from tgl.semantics.tasks import Goal
from tgl.syntax import ast

__all__ = ["lint"]

REDUCING = frozenset({"std/reduce.tgl", "std/signals.tgl"})
"""Files that declare what compares answers: without them there is no vote to look for."""


def lint(
    state: State,
    instance: Instance,
    graph: GraphTemplate,
    goal: Goal | None,
    task: TaskSpec | None,
    *,
    as_part: bool,
) -> None:
    """Warn of what a lowered graph hardly means.

    Args:
        state: of the lowering.
        instance: the graph, as written.
        graph: its template.
        goal: its `optimize` block.
        task: its task.
        as_part: whether it is not run by itself, so that others may answer in its place.
    """
    main = instance.scope.source.name
    found = list(spots(graph, main))
    weights(state)
    numbered(state)
    same = greedy(state, found)
    unreachable(state, found, main)
    if REDUCING & state.files.scopes.keys():
        if not any(isinstance(decl, ast.Measured) for decl in instance.scope.module.decls):
            even_votes(state, found, same, task)  # what a search settled on was compared with other numbers
            unsaid(state, graph, found, main, as_part=as_part)
        if goal is not None and task is not None and (at := keyless(state, goal)) is not None:
            without_key(state, found, at, task)
    if not as_part:
        output = next(item for item in instance.graph.body if isinstance(item, ast.Output))
        no_output(state, graph, found, instance.scope.at(output.value.span), main)
    if goal is not None:
        limits(state, graph, goal, task)
    if goal is not None and task is not None:
        own_judge(state, goal, task)


def keyless(state: State, goal: Goal) -> At | None:
    """The name of the task of a goal, if it has no `key`."""
    binding: Binding | None = goal.task
    if binding is None or not isinstance(binding.decl, ast.Task):
        return None
    task = binding.decl
    if any(isinstance(item, ast.Setting) and item.key == "key" for item in task.settings):
        return None
    return state.files.scopes[binding.home].at(task.name_span)
