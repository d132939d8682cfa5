"""Front doors: check a program, and lower one of its graphs."""

from __future__ import annotations

from collections.abc import Mapping

from tgl.diagnostics import Diagnostic, Severity
from tgl.ir import ProgramIR
from tgl.semantics.checking import check_file
from tgl.semantics.errors import graph as facts
from tgl.semantics.imports import read_files
from tgl.semantics.invariants import InternalError
from tgl.semantics.loader import Loader
from tgl.semantics.parts import lower_graph, task_spec
from tgl.semantics.passes import Context, expanded, run_passes
from tgl.semantics.problems import Problems
from tgl.semantics.scope import Binding, Files, FileScope
from tgl.semantics.tasks import Goal, read_optimize
from tgl.syntax import ast
from tgl.text import SourceFile, Span, frozen


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
