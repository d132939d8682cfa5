"""One graph lowered: as it will run, or as a part of others."""

from __future__ import annotations

from tgl.ir import GraphTemplate, TaskSpec
from tgl.semantics.bind import is_partial
from tgl.semantics.errors import graph as facts
from tgl.semantics.goals import check_goal
from tgl.semantics.lints import lint
from tgl.semantics.lowering.expansion import MOST_EXPANDED, Counting
from tgl.semantics.lowering.instance import lower_instance
from tgl.semantics.lowering.state import MOST_NODES, Instance, State
from tgl.semantics.problems import Abandon, Problems
from tgl.semantics.scope import Binding, Files, FileScope, inner_names
from tgl.semantics.tasks import Goal, read_task
from tgl.syntax import ast
from tgl.text import frozen

MOST_AFTER = 1_000
"""Nodes that a graph is looked at for, once another one of its file was too large."""


def is_expanded(counting: Counting, scope: FileScope, graph: ast.Graph, problems: Problems) -> bool:
    """Whether the graphs that a graph uses come to too many nodes; told of the first that does."""
    found = counting.of(scope, graph)
    if found.within <= MOST_EXPANDED:
        return False
    if not is_too_large(problems):
        at = scope.at(graph.name_span)
        problems.add(facts.too_expanded(at, graph.name, found.nodes, MOST_EXPANDED, found.told()))
    return True


def is_too_large(problems: Problems) -> bool:
    """Whether a graph was refused for its size or its depth."""
    return any(problem.code in {"E0515", "E0518"} for problem in problems.found.values())


def task_spec(files: Files, binding: Binding, problems: Problems) -> TaskSpec | None:
    """The facts of a task, wherever it is declared."""
    if not isinstance(binding.decl, ast.Task):
        return None
    return read_task(files.scopes[binding.home], binding.decl, problems)


@frozen
class Part:
    """A lowered graph with the state that it was lowered in."""

    template: GraphTemplate
    state: State


def lower_graph(
    files: Files,
    binding: Binding,
    problems: Problems,
    *,
    goal: Goal | None,
    task: TaskSpec | None,
    as_part: bool,
    allowed: int = MOST_NODES,
    deep: set[str] | None = None,
) -> Part | None:
    """A graph as it will run, or as a part of others, which give it its model; None if it is wrong.

    With fewer nodes `allowed`, one that has more is not reported: it is to be lowered no further.
    """
    graph = binding.decl
    assert isinstance(graph, ast.Graph)
    scope = files.scopes[binding.home]
    if is_partial(graph) or scope.is_broken(graph):
        return None
    needs = [item for item in graph.body if isinstance(item, ast.Param) and item.value is None]
    if needs:
        if not as_part:
            at = scope.at(needs[0].name_span)
            from tgl.semantics.errors.types import missing_argument

            problems.add(missing_argument(scope.at(graph.name_span), graph.name, needs[0].name, at))
        return None
    if is_expanded(Counting(files), scope, graph, problems):
        allowed = min(allowed, MOST_AFTER)
    state = State(files, problems, allowed=allowed, deep=set() if deep is None else deep)
    instance = Instance(graph.name, graph, scope, inner_names(graph), {}, as_part)
    try:
        template = lower_instance(state, instance, (f"{scope.source.name}:{graph.name}",))
        part = Part(template, state)
        if not as_part:
            check_goal(state, instance, template, goal, task)
        lint(state, instance, template, goal, task, as_part=as_part)
    except Abandon:
        return None
    except RecursionError:
        problems.add(facts.too_deep(scope.at(graph.name_span), f"graph `{graph.name}`"))
        return None
    return part
