"""What is wrong in one file of a program, declaration by declaration."""

from __future__ import annotations

from tgl.semantics.bind import check_names
from tgl.semantics.errors import graph as facts
from tgl.semantics.lowering.evaluate import global_value
from tgl.semantics.lowering.expansion import Counting
from tgl.semantics.lowering.state import MOST_NODES, State
from tgl.semantics.models import read_model
from tgl.semantics.parts import MOST_AFTER, is_expanded, is_too_large, lower_graph, task_spec
from tgl.semantics.problems import Abandon, Problems
from tgl.semantics.prompts import check_role_prompts
from tgl.semantics.roles import read_fn, read_graph_ports, read_role
from tgl.semantics.scope import Files, FileScope
from tgl.semantics.tasks import read_optimize, read_task, referred
from tgl.semantics.walk import names_in
from tgl.syntax import ast


def check_file(scope: FileScope, files: Files, problems: Problems) -> None:
    """Report what is wrong in one file; graphs of imported files are looked at where they are used."""
    is_main = scope is files.main
    check_names(scope, problems, is_main=is_main)
    for decl in scope.module.decls:
        match decl:
            case ast.Model():
                read_model(scope, decl, problems)
            case ast.Role() if is_main or not_planned(scope, decl):
                check_role_prompts(problems, read_role(scope, decl, problems))
            case ast.Fn() if is_main:
                read_fn(scope, decl, problems)
            case ast.Task():
                check_task(scope, decl, problems, is_main=is_main)
            case ast.Graph():
                read_graph_ports(scope, decl, problems if is_main else Problems())
            case _:
                pass
    if not is_main:
        return
    state = State(files, problems)
    told: list[frozenset[str]] = []
    for decl in scope.module.decls:
        if not isinstance(decl, (ast.Let, ast.Pool)):
            continue
        binding = scope.names.get(decl.name)
        if binding is None or binding.decl is not decl or any(decl.name in chain for chain in told):
            continue
        behind = led_through(scope, decl) if told else frozenset[str]()
        if not any(behind & chain for chain in told) and not check_global(state, scope, decl):
            told.append(led_through(scope, decl))
    check_graphs(scope, files, problems)


def check_global(state: State, scope: FileScope, decl: ast.Let | ast.Pool) -> bool:
    """Report what is wrong with a value of the file that no graph may have used; whether it could be told."""
    listed = isinstance(decl, ast.Let) and isinstance(decl.value, (ast.ListExpr, ast.Choice))
    if isinstance(decl, ast.Let) and (decl.is_function or listed):
        return True  # a list of roles with arguments has no value of its own
    try:
        global_value(state, scope.source.name, decl)
    except Abandon:
        return True
    except RecursionError:
        state.problems.add(facts.too_deep(scope.at(decl.name_span), f"`{decl.name}`"))
        return False
    return True


def led_through(scope: FileScope, decl: ast.Let | ast.Pool) -> frozenset[str]:
    """The values of the file that a value is defined by, itself among them."""
    values = {one.name: one for one in scope.module.decls if isinstance(one, (ast.Let, ast.Pool))}
    found: set[str] = set()
    left = [decl.name]
    while left:
        name = left.pop()
        if name in values and name not in found:
            found.add(name)
            left += [used.id for used in names_in(values[name].value)]
    return frozenset(found)


def not_planned(scope: FileScope, role: ast.Role) -> bool:
    """Whether an imported role is free of what this version has not; if not, its uses are reported."""
    trial = Problems()
    read_role(scope, role, trial)
    return not any(problem.code == "E0190" for problem in trial.found.values())


def check_task(scope: FileScope, written: ast.Task, problems: Problems, *, is_main: bool) -> None:
    """Report what is wrong with a task. One of an imported file may leave data and split to those like it."""
    binding = scope.names.get(written.name)
    task = written if binding is None or binding.at.span != written.name_span else binding.decl
    if not isinstance(task, ast.Task):
        return  # what it is like was reported
    trial = Problems()
    read_task(scope, task, trial)
    planned = any(problem.code == "E0190" for problem in trial.found.values())
    if (is_main and not scope.is_std) or (is_whole(task) and not planned):
        read_task(scope, task, problems)


def is_whole(task: ast.Task) -> bool:
    """Whether a task has a path and splits of its own."""
    said = {one.key: one.args for one in task.settings if isinstance(one, ast.Setting)}
    return "split" in said and any(arg.name is None for arg in said.get("data", ()))


def check_graphs(scope: FileScope, files: Files, problems: Problems) -> None:
    """Lower every graph of the program's own file: those of its goals as they will run, others as parts."""
    goals = [
        read_optimize(scope, files, decl, problems)
        for decl in scope.module.decls
        if isinstance(decl, ast.Optimize)
    ]
    check_once(scope, problems)
    run = {
        goal.graph.decl.name
        for goal in goals
        if goal.graph is not None and isinstance(goal.graph.decl, ast.Graph)
    }
    for decl in scope.module.decls:
        if isinstance(decl, ast.Measured):
            at = scope.at(decl.span)
            binding = referred(scope, decl.graph, at, problems, ast.Graph, "a graph")
            referred(scope, decl.task, at, problems, ast.Task, "a task")
            if binding is not None and isinstance(binding.decl, ast.Graph):
                run.add(binding.decl.name)
    graphs = scope.graphs()
    counting = Counting(files)
    for graph in graphs:  # before any is made in full
        if is_expanded(counting, scope, graph, problems):
            break
    if not run and len(graphs) == 1 and not is_library(scope):
        run = {graphs[0].name}
    deep: set[str] = set()
    for goal in goals:
        if goal.graph is not None and isinstance(goal.graph.decl, ast.Graph):
            task = None if goal.task is None else task_spec(files, goal.task, problems)
            lower_graph(files, goal.graph, problems, goal=goal, task=task, as_part=False, deep=deep)
    done = {
        goal.graph.decl.name
        for goal in goals
        if goal.graph is not None and isinstance(goal.graph.decl, ast.Graph)
    }
    for graph in graphs:
        binding = scope.names.get(graph.name)
        if graph.name not in done and binding is not None and binding.decl is graph:
            # Graphs that nest a graph of this size, or are nested in it, are as large: not made in full.
            allowed = MOST_AFTER if is_too_large(problems) else MOST_NODES
            as_part = graph.name not in run
            lower_graph(
                files, binding, problems, goal=None, task=None, as_part=as_part, allowed=allowed, deep=deep
            )


def is_library(scope: FileScope) -> bool:
    """Whether a file has neither models nor a task: its graphs are for others to use, who give the models."""
    kinds = (ast.Model, ast.Pool, ast.Task)
    return not any(isinstance(binding.decl, kinds) for binding in scope.names.values())


def check_once(scope: FileScope, problems: Problems) -> None:
    """Each graph has one `optimize`: a search is named by its graph (language.md R10)."""
    first: dict[str, ast.Optimize] = {}
    for decl in scope.module.decls:
        if isinstance(decl, ast.Optimize) and first.setdefault(decl.graph, decl) is not decl:
            from tgl.semantics.errors.types import repeated

            problems.add(
                repeated(scope.at(decl.span), f"`optimize {decl.graph}`", scope.at(first[decl.graph].span))
            )
