"""The limits of an `optimize` block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tgl.ir import Limit, MetricSpec, TextPlace
from tgl.semantics.errors import models as model_facts
from tgl.semantics.errors import types as facts
from tgl.semantics.metrics import Known, signed
from tgl.semantics.problems import Problems
from tgl.semantics.scope import FileScope, text_place
from tgl.semantics.settings import SECONDS
from tgl.syntax import ast
from tgl.text import Span

LIMITS = {"cost": ("units", "", "$"), "calls": ("",), "tokens": ("",), "latency": ("ms", "s", "m", "h")}
PARTED = ("cost", "calls", "tokens")
"""What can be limited for some of the nodes or models."""
UNIT_WORDS = {
    "cost": "`units` or `$`, as `limit cost <= 8 units`",
    "calls": "calls, as `limit calls <= 6`",
    "tokens": "tokens, as `limit tokens <= 4k`",
    "latency": "time, as `limit latency(p95) <= 30s`",
}


CHANCE = (
    "the share of questions that may take more than a bound: `limit chance(cost > 8 units) <= 0.05`, or of "
    "`calls`, `tokens`, `latency`, with `of:` a node, a model or a pool: `chance(cost > 8 units, of: worker)`"
)


def read_limit(
    scope: FileScope, setting: ast.Setting, problems: Problems, metrics: Known | None = None
) -> Limit | None:
    """`cost <= 8 units`, `cost(worst, of: worker) <= 12 units`, `chance(cost > 8) <= 0.05`, `recall >= 0.9`.

    Args:
        scope: of the block's file.
        setting: the limit.
        problems: where to report.
        metrics: those of the task; None: they were reported, and a limit on an unknown name says nothing.
    """
    at = scope.at(setting.span)
    wanted = "`cost`, `calls`, `tokens` or `latency` with a bound: `limit cost(mean) <= 6 units`"
    if len(setting.args) != 1 or setting.args[0].name is not None:
        problems.add(facts.wrong_setting(at, "limit", wanted))
        return None
    value = setting.args[0].value
    place = text_place(scope, setting.span)
    specs = () if metrics is None else metrics.specs
    match value:
        case ast.Binary(op="<=" | ">=" as op, left=ast.Name(id=word), right=bound) if word not in LIMITS:
            spec = next((one for one in specs if one.name == word), None)
            if spec is not None:
                return metric_limit(scope, spec, op, bound, problems, place)
            if metrics is not None or word not in named_metrics(scope):
                near = scope.at(value.left.span).near(word, [*LIMITS, *(one.name for one in specs)])
                told = f"{wanted}, or a metric of the task{f': {metric_words(specs)}' if specs else ''}"
                problems.add(facts.wrong_setting(scope.at(value.left.span), "limit", told, fixes=near))
            return None
        case ast.Binary(op="<=", left=ast.Call(func=ast.Name(id="chance")) as call, right=share):
            return chance_limit(scope, call, share, problems, place)
        case ast.Binary(op="<=", left=left, right=ast.Number() as bound):
            pass
        case _:
            problems.add(facts.wrong_setting(scope.at(value.span), "limit", wanted))
            return None
    stat, of = "worst", None
    if isinstance(left, ast.Call) and isinstance(left.func, ast.Name):
        if any(one.name == left.func.id for one in specs):
            words = f"the mean of a metric, without brackets: {metric_words(specs)}"
            problems.add(facts.wrong_setting(scope.at(left.span), "limit", words))
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
    if not isinstance(left, ast.Name) or left.id not in LIMITS:
        problems.add(facts.wrong_setting(scope.at(left.span), "limit", wanted))
        return None
    return bounded(scope, left.id, bound, problems, {"stat": stat, "of": of, "place": place})


def bounded(
    scope: FileScope, what: str, bound: ast.Number, problems: Problems, more: Mapping[str, object]
) -> Limit | None:
    """A limit with its bound, if that is in a unit of what is limited."""
    if bound.unit not in LIMITS[what]:
        problems.add(model_facts.limit_unit(scope.at(bound.span), what, UNIT_WORDS[what]))
        return None
    seconds = what == "latency"
    return Limit.model_validate(
        {
            "what": what,
            "value": bound.value * SECONDS[bound.unit] if seconds else float(bound.value),
            "unit": "s" if seconds else bound.unit,
            **more,
        }
    )


def chance_limit(
    scope: FileScope, call: ast.Call, share: ast.Expr, problems: Problems, place: TextPlace
) -> Limit | None:
    """`chance(cost > 8 units) <= 0.05`."""
    of = None
    match call.args:
        case (ast.Arg(name=None, when=None, value=inner),):
            pass
        case (ast.Arg(name=None, when=None, value=inner), ast.Arg(name="of", value=ast.Name(id=of))):
            pass
        case _:
            problems.add(facts.wrong_setting(scope.at(call.span), "limit", CHANCE))
            return None
    match inner:
        case ast.Binary(op=">", left=ast.Name(id=what), right=ast.Number() as bound) if what in (
            LIMITS if of is None else PARTED
        ):
            pass
        case _:
            problems.add(facts.wrong_setting(scope.at(inner.span), "limit", CHANCE))
            return None
    match share:
        case ast.Number(value=most, unit="") if 0 < most < 1:
            pass
        case _:
            never = isinstance(share, ast.Number) and share.value == 0
            hint = (
                f"write `limit {what} <= …` for a bound that no question may exceed"
                if never
                else "a share of 1 or more forbids nothing; 5 % are `0.05`"
            )
            words = "a share above 0 and below 1 behind `chance(…) <=`"
            problems.add(facts.wrong_setting(scope.at(share.span), "limit", words, hint))
            return None
    more = {"stat": "chance", "of": of, "share": float(most), "place": place}
    return bounded(scope, what, bound, problems, more)


def metric_limit(
    scope: FileScope, spec: MetricSpec, op: str, bound: ast.Expr, problems: Problems, place: TextPlace
) -> Limit | None:
    """`recall >= 0.9`: against the direction that is better, and within the range, where it forbids some."""
    at = scope.at(bound.span)
    least = spec.better == "higher"
    way = ">=" if least else "<="
    example = f"`limit {spec.name} {way} {(spec.low + spec.high) / 2:g}`"
    found = signed(bound)
    if op != way:
        better = "more" if least else "less"
        words = f"`{spec.name} {way}` a bound, since {better} of it is better: {example}"
        hint = "an example that fails has the worst value there is, which must not help to keep a limit"
        problems.add(facts.wrong_setting(scope.at(place_span(place)), "limit", words, hint))
        return None
    inside = found is not None and (spec.low < found <= spec.high if least else spec.low <= found < spec.high)
    if found is None or not inside:
        ends = f"{spec.low:g} to {spec.high:g}"
        words = f"a plain number that `{spec.name}` can reach and can miss; its range is {ends}: {example}"
        problems.add(facts.wrong_setting(at, "limit", words))
        return None
    return Limit(what="metric", stat="mean", value=found, metric=spec.name, least=least, place=place)


def place_span(place: TextPlace) -> Span:
    """The span of a place."""
    return Span(place.start, place.end)


def named_metrics(scope: FileScope) -> set[str]:
    """The names that tasks give to metrics: `metric leakage: …`, also where they can't be used."""
    return {
        arg.name
        for decl in scope.module.decls
        if isinstance(decl, ast.Task)
        for setting in decl.settings
        if isinstance(setting, ast.Setting) and setting.key == "metric"
        for arg in setting.args
        if arg.name is not None
    }


def metric_words(specs: Sequence[MetricSpec]) -> str:
    """How limits on metrics are written."""
    return ", ".join(
        f"`limit {one.name} {'>=' if one.better == 'higher' else '<='} {(one.low + one.high) / 2:g}`"
        for one in specs
    )
