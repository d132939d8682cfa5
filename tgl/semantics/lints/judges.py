"""A judge that marks its own answers (W0802): models tend to prefer what they have written themselves.

Reference: Panickssery, Bowman, Feng (2024), LLM Evaluators Recognize and Favor Their Own Generations,
arXiv 2404.13076.
"""

from __future__ import annotations

from tgl.ir import ModelSpec, TaskSpec
from tgl.semantics.errors import lints as facts
from tgl.semantics.lowering.state import State
from tgl.semantics.models import read_model
from tgl.semantics.problems import Problems
from tgl.semantics.scope import FileScope
from tgl.semantics.tasks import Goal
from tgl.syntax import ast


def own_judge(state: State, goal: Goal, task: TaskSpec) -> None:
    """Report a judge that the program may also answer with, under this name or another."""
    found = None if goal.task is None or task.key.judge is None else goal.task
    if found is None or not isinstance(found.decl, ast.Task) or task.key.judge is None:
        return
    scope = state.files.scopes[found.home]
    judge = declared(scope, task.key.judge, state)
    for name, home in state.models.items():
        if name == task.key.judge or is_one(declared(home, name, state), judge):
            by = next(
                arg.value
                for item in found.decl.settings
                if isinstance(item, ast.Setting) and item.key == "key"
                for arg in item.args
                if arg.name == "by"
            )
            state.problems.add(facts.own_judge(scope.at(by.span), task.key.judge, name))
            return


def declared(scope: FileScope, name: str, state: State) -> ModelSpec | None:
    """The facts of a model that a file can see."""
    binding = scope.names.get(name)
    if binding is None or not isinstance(binding.decl, ast.Model):
        return None
    return read_model(state.files.scopes[binding.home], binding.decl, Problems())


def is_one(first: ModelSpec | None, second: ModelSpec | None) -> bool:
    """Whether two declarations are of one model: the same weights, or the same name at a server."""
    if first is None or second is None or first.provider != second.provider:
        return False
    return any(
        one is not None and one == other
        for one, other in ((first.weights, second.weights), (first.id, second.id))
    )
