"""Front doors: check a program, and lower one of its graphs."""

from __future__ import annotations

from collections.abc import Mapping

from tgl.diagnostics import Diagnostic, Severity
from tgl.ir import GraphTemplate, ProgramIR, TaskSpec
from tgl.semantics.bind import check_names, is_partial
from tgl.semantics.errors import graph as facts
from tgl.semantics.goals import check_goal
from tgl.semantics.imports import read_files
from tgl.semantics.invariants import InternalError
from tgl.semantics.lints import lint
from tgl.semantics.loader import Loader
from tgl.semantics.lowering.evaluate import global_value
from tgl.semantics.lowering.expansion import MOST_EXPANDED, Counting
from tgl.semantics.lowering.instance import lower_instance
from tgl.semantics.lowering.state import MOST_NODES, Instance, State
from tgl.semantics.models import read_model
from tgl.semantics.passes import Context, expanded, run_passes
from tgl.semantics.problems import Abandon, Problems
from tgl.semantics.prompts import check_role_prompts
from tgl.semantics.roles import read_fn, read_graph_ports, read_role
from tgl.semantics.scope import Binding, Files, FileScope, inner_names
from tgl.semantics.tasks import Goal, read_optimize, read_task, referred
from tgl.semantics.walk import names_in
from tgl.syntax import ast
from tgl.text import SourceFile, Span, frozen

MOST_AFTER = 1_000
"""Nodes that a graph is looked at for, once another one of its file was too large."""


@frozen
class Checked:
    """A program with all its files and all that is wrong with it.

    `modules` holds every file by the name of its source, each after those that it uses. `problems` are
    in order of place, the program's own file first.
    """

    module: ast.Module
    modules: Mapping[str, ast.Module]
    problems: tuple[Diagnostic, ...]
    files: Files

    @property
    def measured(self) -> tuple[ast.Measured, ...]:
        """The `measured` blocks of the program, as they stand there: nothing reads them but reports."""
        return tuple(decl for decl in self.module.decls if isinstance(decl, ast.Measured))

    @property
    def ok(self) -> bool:
        """Whether no error was found."""
        return all(problem.severity is not Severity.ERROR for problem in self.problems)


@frozen
class Lowered:
    """The IR, or None and why not. Beside an IR stand only warnings that `check` did not give."""

    ir: ProgramIR | None
    problems: tuple[Diagnostic, ...]

    @property
    def ok(self) -> bool:
        """Whether there is an IR."""
        return self.ir is not None


def order_of(files: Files) -> list[str]:
    """Names of the files, the program's own first."""
    return [files.root, *(name for name in files.scopes if name != files.root)]


def check(source: SourceFile, loader: Loader) -> Checked:
    """Everything that can be known to be wrong with a program before it runs. Never raises.

    Args:
        source: the program.
        loader: finds the files that it uses.
    """
    problems = Problems()
    files = read_files(source, loader, problems)
    for scope in files.scopes.values():
        check_file(scope, files, problems)
    modules = {name: scope.module for name, scope in files.scopes.items()}
    return Checked(files.main.module, modules, problems.sorted(order_of(files)), files)


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


def lower(checked: Checked, graph: str | None = None, task: str | None = None) -> Lowered:
    """The IR of one graph of a checked program.

    Args:
        checked: from `check`.
        graph: its name; the default is the one that `optimize` or `measured` names, or the only one.
        task: the name of the task; the default is that of the `optimize` block of the graph.

    Returns:
        No IR if the program has errors, or if it is not clear which graph is meant.

    Raises:
        InternalError: there is neither an IR nor a problem, which is a bug in tglc.
    """
    if not checked.ok:
        return Lowered(None, checked.problems)
    files, problems = checked.files, Problems()
    scope = files.main
    goals = [
        read_optimize(scope, files, decl, problems)
        for decl in scope.module.decls
        if isinstance(decl, ast.Optimize)
    ]
    chosen = pick_graph(scope, goals, graph, problems)
    if chosen is None:
        return Lowered(None, problems.sorted(order_of(files)))
    goal = next(
        (
            g
            for g in goals
            if g.graph is not None and g.graph.decl is chosen.decl and task in (None, g.spec.task)
        ),
        None,
    )
    bound = scope.names.get(task) if task is not None else task_of(scope, goal, chosen)
    spec = None if bound is None else task_spec(files, bound, problems)
    if task is not None and spec is None:
        from tgl.semantics.errors.names import unknown_name

        tasks = [name for name, b in scope.names.items() if isinstance(b.decl, ast.Task)]
        problems.add(unknown_name(scope.at(scope.module.span), task, tasks, "task"))
        return Lowered(None, problems.sorted(order_of(files)))
    if spec is not None and goal is not None:
        spec = spec.aimed(goal.spec.objective)
    part = lower_graph(files, chosen, problems, goal=goal, task=spec, as_part=False)
    if part is None and problems.ok:
        raise InternalError(f"graph `{chosen.name}` checked clean and has no IR, and nothing says why")
    if part is None or not problems.ok:
        return Lowered(None, problems.sorted(order_of(files)))
    found = tuple(problem for problem in problems.sorted(order_of(files)) if problem not in checked.problems)
    context = Context(files, part.state)
    return Lowered(run_passes(expanded(part.template, spec, goal, context), context), found)


def pick_graph(scope: FileScope, goals: list[Goal], name: str | None, problems: Problems) -> Binding | None:
    """The graph that is meant (language.md G27)."""
    graphs = [b for b in scope.names.values() if isinstance(b.decl, ast.Graph)]
    if name is not None:
        found = [b for b in graphs if b.name == name]
    else:
        named = {g.spec.graph for g in goals} or {
            d.graph for d in scope.module.decls if isinstance(d, ast.Measured)
        }
        own = [b for b in graphs if b.home == scope.source.name]
        found = [b for b in graphs if b.name in named] if named else own
    if len(found) == 1:
        return found[0]
    if name is not None and graphs:
        problems.add(facts.no_such_graph(graphs[0].at, name, [b.name for b in graphs]))
        return None
    several = found or graphs
    at = several[0].at if several else scope.at(Span(0, 0))
    problems.add(facts.which_graph(at, [b.name for b in several]))
    return None


def task_of(scope: FileScope, goal: Goal | None, graph: Binding) -> Binding | None:
    """The task of a graph: that of its `optimize`, or of its `measured`."""
    if goal is not None:
        return goal.task
    for decl in scope.module.decls:
        if isinstance(decl, ast.Measured) and decl.graph == graph.name:
            return scope.names.get(decl.task)
    return None
