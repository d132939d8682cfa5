"""The limits of an `optimize` block."""

from __future__ import annotations

from tgl.ir import Limit
from tgl.semantics.errors import models as model_facts
from tgl.semantics.errors import names as name_facts
from tgl.semantics.errors import types as facts
from tgl.semantics.problems import Problems
from tgl.semantics.scope import FileScope, text_place
from tgl.semantics.settings import SECONDS
from tgl.syntax import ast

LIMITS = {"cost": ("units", "", "$"), "calls": ("",), "tokens": ("",), "latency": ("ms", "s", "m", "h")}
PARTED = ("cost", "calls", "tokens")
"""What can be limited for some of the nodes or models."""
UNIT_WORDS = {
    "cost": "`units` or `$`, as `limit cost <= 8 units`",
    "calls": "calls, as `limit calls <= 6`",
    "tokens": "tokens, as `limit tokens <= 4k`",
    "latency": "time, as `limit latency(p95) <= 30s`",
}


def read_limit(scope: FileScope, setting: ast.Setting, problems: Problems) -> Limit | None:
    """`cost <= 8 units`, `cost(mean) <= 6 units`, `cost(worst, of: worker) <= 12 units`."""
    at = scope.at(setting.span)
    wanted = "`cost`, `calls`, `tokens` or `latency` with a bound: `limit cost(mean) <= 6 units`"
    if len(setting.args) != 1 or setting.args[0].name is not None:
        problems.add(facts.wrong_setting(at, "limit", wanted))
        return None
    match setting.args[0].value:
        case ast.Binary(op="<=", left=left, right=ast.Number() as bound):
            pass
        case value:
            problems.add(facts.wrong_setting(scope.at(value.span), "limit", wanted))
            return None
    stat, of = "worst", None
    if isinstance(left, ast.Call) and isinstance(left.func, ast.Name):
        if left.func.id == "chance":
            problems.add(name_facts.not_yet(scope.at(left.span), "limits on a chance"))
            return None
        match left.args:
            case (ast.Arg(name=None, value=ast.Name(id="worst" | "mean" | "p95" as found)),):
                stat = found
            case (
                ast.Arg(name=None, value=ast.Name(id="worst" | "mean" | "p95" as stat)),
                ast.Arg(name="of", value=ast.Name(id=of)),
            ) if left.func.id in PARTED:
                pass
            case (ast.Arg(), ast.Arg(name="of"), *_):
                words = (
                    f"`of:` in `{'`, `'.join(PARTED)}` alone, and there a node, a model or a pool: "
                    "`cost(worst, of: worker)`, `cost(mean, of: large)`"
                )
                problems.add(facts.wrong_setting(scope.at(left.span), "limit", words))
                return None
            case _:
                words = "`worst`, `mean` or `p95` in the brackets"
                problems.add(facts.wrong_setting(scope.at(left.span), "limit", words))
                return None
        left = left.func
    if isinstance(left, ast.Name) and left.id in metric_names(scope):
        problems.add(name_facts.not_yet(scope.at(left.span), "limits on a metric"))
        return None
    if not isinstance(left, ast.Name) or left.id not in LIMITS:
        problems.add(facts.wrong_setting(scope.at(left.span), "limit", wanted))
        return None
    if bound.unit not in LIMITS[left.id]:
        problems.add(model_facts.limit_unit(scope.at(bound.span), left.id, UNIT_WORDS[left.id]))
        return None
    seconds = left.id == "latency"
    return Limit.model_validate(
        {
            "what": left.id,
            "stat": stat,
            "value": bound.value * SECONDS[bound.unit] if seconds else float(bound.value),
            "unit": "s" if seconds else bound.unit,
            "of": of,
            "place": text_place(scope, setting.span),
        }
    )


def metric_names(scope: FileScope) -> set[str]:
    """The names of metrics that tasks declare: `metric leakage: …`."""
    return {
        arg.name
        for decl in scope.module.decls
        if isinstance(decl, ast.Task)
        for setting in decl.settings
        if isinstance(setting, ast.Setting) and setting.key == "metric"
        for arg in setting.args
        if arg.name is not None
    }
