"""The tasks that a program names, whether or not a graph is measured on them."""

from __future__ import annotations

from tgl.ir import TaskSpec
from tgl.semantics.problems import Problems
from tgl.semantics.program import Checked
from tgl.semantics.tasks import read_task
from tgl.syntax import ast


def declared_tasks(checked: Checked) -> tuple[TaskSpec, ...]:
    """The tasks that a program declares or imports, in the order of their names in the file.

    Args:
        checked: a program without errors; of one with errors, the tasks that could be read.
    """
    found: list[TaskSpec] = []
    for binding in checked.files.main.names.values():
        if not isinstance(binding.decl, ast.Task):
            continue
        task = read_task(checked.files.scopes[binding.home], binding.decl, Problems())
        if task is not None:
            found.append(task)
    return tuple(found)
