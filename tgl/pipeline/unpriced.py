"""Models without a price in the unit of a search, told by a check: no call would tell it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tgl.diagnostics import Diagnostic, Label
from tgl.semantics import Checked, lower
from tgl.syntax import ast
from tgl.text import Span


def unpriced(checked: Checked) -> Iterator[Diagnostic]:
    """E0858 for each search in whose unit a model that it may call has no price.

    It is no part of a program's own mistakes, which an editor shows while sizes are still to be written.
    Whether a role is there whose mean call can be measured is told by `tglc plan`.
    """
    main = checked.module
    searches = [decl for decl in main.decls if isinstance(decl, ast.Optimize)]
    if not searches or not checked.ok or not may_lack(checked):
        return
    from tgl.evaluate import NoPrice, cost_model, reachable_models  # most programs name a size of each model

    for decl in searches:
        ir = lower(checked, decl.graph).ir
        if ir is None or ir.task is None:
            continue
        found = cost_model(ir.task, reachable_models(ir), reference_tokens=1.0)
        if isinstance(found, NoPrice):
            at = Span(decl.span.start, decl.span.start + len("optimize"))
            yield replace(found.diagnostic(), primary=Label(main.source, at, "its costs can't be told"))


def may_lack(checked: Checked) -> bool:
    """Whether a model may have no price: it says nothing of its size, or the unit asks for more than one."""
    decls = [decl for module in checked.modules.values() for decl in module.decls]
    models = [decl for decl in decls if isinstance(decl, ast.Model)]
    tasks = [decl for decl in decls if isinstance(decl, ast.Task)]
    if any(not {"params", "units"} & {one.key for one in written(model.settings)} for model in models):
        return True
    units = [
        arg.value for task in tasks for one in written(task.settings) if one.key == "unit" for arg in one.args
    ]
    names = [unit.func if isinstance(unit, ast.Call) else unit for unit in units]
    return any(isinstance(name, ast.Name) and name.id in ("flops", "dollars") for name in names)


def written(settings: ast.Settings) -> list[ast.Setting]:
    """The settings of a declaration."""
    return [one for one in settings if isinstance(one, ast.Setting)]
