"""The `metric` of a task: what an example scores, and which way is better."""

from __future__ import annotations

from dataclasses import replace

from tgl.ir import ACCURACY, FunctionSpec, KeySpec, MetricSpec
from tgl.semantics.answer_keys import read_key
from tgl.semantics.errors import names as name_facts
from tgl.semantics.errors import types as facts
from tgl.semantics.problems import Problems
from tgl.semantics.roles import read_fn
from tgl.semantics.scope import Files, FileScope, kind_of
from tgl.semantics.settings import Settings, read_settings
from tgl.syntax import ast
from tgl.text import frozen

KINDS = ("accuracy", "f1", "pass")
PLANNED = ("ndcg", "pii_share", "bleu", "rouge")
TAKEN = {
    "accuracy": ("weight",),
    "f1": ("weight",),
    "pass": ("k", "of", "weight"),
    "fn": ("range", "better", "weight"),
}
WANTED = (
    "`accuracy`, `f1`, `pass, k: 1, of: 5` or a function, `closeness, range: [0, 10], better: lower`, "
    "each with `weight: FIELD` if rows count differently"
)
BEHIND = "; `weight: points` is the field of a row that says how much it counts"
TAKEN_WORDS = {
    "accuracy": "`accuracy` alone" + BEHIND,
    "f1": "`f1` alone" + BEHIND,
    "pass": f"`pass, k: 2, of: 5`: k of so many runs, 1 <= k <= of <= 100{BEHIND}",
    "fn": "a function with `range: [0, 10]`, the smallest and the largest value, and `better: lower` "
    "(or `higher`)" + BEHIND,
}
MOST_DRAWS = 100
NAMED_BY_BLOCKS = frozenset(
    (
        *("baseline", "best_baseline", "cost", "hashes", "latency", "method", "search", "simulated"),
        *("ci", "difference", "failed", "k", "n", "of", "weight", "calls", "tokens", "chance"),
    )
)
"""Words of a `measured` block and of limits, which a metric of one's own would stand beside."""


def read_metrics(
    got: Settings, settings: ast.Settings, key: KeySpec, expect: str | None
) -> tuple[MetricSpec, ...]:
    """The metrics of a task, the main one first: the first without a name of its own, else the first.

    They count rows alike: a weight stands behind the first that is written.
    """
    written = [one for one in settings if isinstance(one, ast.Setting) and one.key == "metric"]
    if len(written) < 2:
        return (read_metric(got, key, expect),)
    found: list[tuple[MetricSpec, ast.Setting]] = []
    for setting in written:
        own, before = replace(got, found={**got.found, "metric": setting}), len(got.problems.found)
        spec = read_metric(own, key, expect, beside=bool(found))
        if len(got.problems.found) > before:
            return (ACCURACY,)
        wanted = beside_others(spec, [one for one, _ in found])
        if wanted is not None:
            own.wrong("metric", wanted)
            return (ACCURACY,)
        twin = next((other for one, other in found if one.name == spec.name), None)
        if twin is not None:
            first = got.place(twin)
            got.problems.add(facts.repeated(got.place(setting), f"`metric {spec.name}`", first))
            return (ACCURACY,)
        found.append((spec, setting))
    weight = found[0][0].weight
    specs = [one.model_copy(update={"weight": weight}) for one, _ in found]
    unnamed = [place for place, (_, one) in enumerate(found) if one.args[0].name is None]
    main = specs.pop(unnamed[0] if unnamed else 0)
    if any(one.kind == "pass" for one in specs):
        got.wrong("metric", "`pass` without a name and first: it says how often each question is run")
        return (ACCURACY,)
    return (main, *specs)


def beside_others(spec: MetricSpec, before: list[MetricSpec]) -> str | None:
    """What a further metric of a task has to be, if this one is not it."""
    if before and spec.weight is not None:
        return "`weight` behind the first metric of a task: all of them count rows alike"
    if before and spec.kind == "pass":
        return "`pass` as the first metric of a task: it says how often each question is run"
    return None


@frozen
class Known:
    """The metrics that a goal or a limit may name, the main one first, and why no other may be the goal."""

    specs: tuple[MetricSpec, ...]
    bound: str = ""


def known_metrics(scope: FileScope, files: Files, got: Settings, task: str) -> Known | None:
    """What a goal on a task may name; None if its metrics were reported.

    `accuracy`, which every key tells, is among them wherever those that are declared have names of their own.
    """
    binding = scope.names.get(task)
    decl = None if binding is None else binding.decl
    if binding is None or not isinstance(decl, ast.Task):
        return Known((ACCURACY,))
    trial = Problems()
    home = files.scopes[binding.home]
    settings = read_settings(
        home, decl.settings, trial, owner="", at=got.at, known=("metric", "key"), repeatable=("metric",)
    )
    before = len(trial.found)
    key = read_key(settings)
    specs = read_metrics(settings, decl.settings, key, None)
    if len(trial.found) > before:
        return None
    written = [one for one in decl.settings if isinstance(one, ast.Setting) and one.key == "metric"]
    if all(one.args and one.args[0].name is not None for one in written) and all(
        one.name != ACCURACY.name for one in specs
    ):
        specs = (*specs, ACCURACY.model_copy(update={"weight": specs[0].weight}))
    bound = "whose `of` says how often each question is run" if specs[0].kind == "pass" else ""
    return Known(specs, "which a model tells" if key.model is not None else bound)


def read_metric(got: Settings, key: KeySpec, expect: str | None, *, beside: bool = False) -> MetricSpec:
    """What examples score; without `metric`, whether the answer is right. `beside`: it is not the first."""
    args = got.args("metric")
    if not args:
        if "metric" in got.found:
            got.wrong("metric", WANTED)
        return ACCURACY
    first = args[0]
    match first.value:
        case ast.Name(id=word) if first.when is None:
            pass
        case ast.Call(func=ast.Name(id=word)) if word in PLANNED:
            return not_yet(got, first.value, word)
        case _:
            got.wrong("metric", WANTED)
            return ACCURACY
    if word in PLANNED and word not in got.scope.names:
        return not_yet(got, first.value, word)
    built_in = word in KINDS and (first.name is None or word not in got.scope.names)
    function = None if built_in else read_function(got, first, expect)
    kind = word if function is None else "fn"
    if kind not in TAKEN or (function is None and not built_in):
        return ACCURACY
    found: dict[str, object] = {"name": first.name or word, "kind": kind, "function": function}
    seen: set[str | None] = set()
    for arg in args[1:]:
        read = read_argument(kind, arg)
        if not read or arg.name in seen:
            got.problems.add(facts.wrong_setting(got.place(arg), "metric", TAKEN_WORDS[kind]))
            return ACCURACY
        if arg.name == "weight" and read["weight"] == expect:
            got.problems.add(
                facts.wrong_setting(got.place(arg), "metric", "as `weight` a field that is not the target")
            )
        seen.add(arg.name)
        found |= read
    missing = {"pass": {"k", "of"}, "fn": {"range"}}.get(kind, set()) - seen
    spec = MetricSpec.model_validate(found)
    if missing or spec.k > spec.draws:
        got.problems.add(facts.wrong_setting(got.place(first), "metric", TAKEN_WORDS[kind]))
        return ACCURACY
    return fitting(got, first, spec, key, beside=beside)


def read_objective(got: Settings, task: str, known: Known) -> str:
    """The metric that is maximized or minimized: one of the task's, in the direction that it declares.

    Args:
        got: the settings of an `optimize` block.
        task: the name of its task.
        known: its metrics (`known_metrics`).
    """
    specs = known.specs
    main, by_name = specs[0], {one.name: one for one in specs}
    ways = [key for key in ("maximize", "minimize") if key in got.found]
    if len(ways) == 2:
        got.problems.add(
            facts.wrong_setting(got.place(got.found["minimize"]), "minimize", "nothing beside `maximize`")
        )
    several = len(specs) > 1
    wanted = (
        f"one of the metrics of `{task}`: " + ", ".join(f"`{one.objective}`" for one in specs)
        if several
        else f"`{main.name}`, the metric of `{task}`"
    )
    for way in ways[:1]:
        written = got.single(way, wanted)
        if written is None:
            continue
        word = written.id if isinstance(written, ast.Name) else ""
        aim = by_name.get(word)
        if aim is None or f"{way} {word}" != aim.objective:
            got.wrong(
                way,
                wanted,
                f"write `{(aim or main).objective}`",
                word=word,
                options=[one.name for one in specs if several and one.objective.startswith(way)],
            )
            continue
        return aimed_at(got, way, aim, known)
    if not ways:
        for arg in got.args("pareto"):
            if isinstance(arg.value, ast.Name) and arg.value.id in by_name:
                return aimed_at(got, "pareto", by_name[arg.value.id], known)
    return main.name


def aimed_at(got: Settings, way: str, aim: MetricSpec, known: Known) -> str:
    """The name of the goal, after reporting one that its task can't be measured by."""
    main = known.specs[0]
    if known.bound and aim is not main:
        got.wrong(way, f"`{main.name}`, {known.bound}")
        return main.name
    return aim.name


def fitting(got: Settings, first: ast.Arg, spec: MetricSpec, key: KeySpec, *, beside: bool) -> MetricSpec:
    """The metric, unless it does not fit the key or its name is taken."""
    if spec.kind == "f1" and key.kind == "code":
        wanted = "`accuracy` or `pass` where the key runs tests: programs share words and still differ"
        got.problems.add(facts.wrong_setting(got.place(first), "metric", wanted))
        return ACCURACY
    if spec.kind != "accuracy" and key.model is not None and not beside:
        wanted = "`accuracy` where a model tells what is right: other metrics do not ask it, or ask too often"
        got.problems.add(facts.wrong_setting(got.place(first), "metric", wanted))
        return ACCURACY
    if spec.name != spec.kind and spec.name in NAMED_BY_BLOCKS | set(KINDS):
        wanted = f"another name: `{spec.name}` means something else in a `measured` block"
        got.problems.add(facts.wrong_setting(got.place(first), "metric", wanted))
        return ACCURACY
    return spec


def not_yet(got: Settings, value: ast.Expr, word: str) -> MetricSpec:
    """A metric of a later version, reported."""
    hint = f"metrics that work: {', '.join(KINDS)}, and a function of your own"
    got.problems.add(name_facts.not_yet(got.place(value), f"`metric {word}`", hint))
    return ACCURACY


def read_function(got: Settings, first: ast.Arg, expect: str | None) -> FunctionSpec | None:
    """The function that a metric names, or None after reporting why it is none."""
    assert isinstance(first.value, ast.Name)
    word, at = first.value.id, got.place(first.value)
    binding = got.scope.names.get(word)
    if binding is None:
        options = [*KINDS, *(n for n, b in got.scope.names.items() if isinstance(b.decl, ast.Fn))]
        got.wrong("metric", WANTED, word=word, options=options)
        return None
    if binding.decl is None:
        return None
    if not isinstance(binding.decl, ast.Fn):
        got.problems.add(name_facts.wrong_kind(at, word, kind_of(binding.decl), "a function", binding.at))
        return None
    read = None if binding.home.startswith("std/") else read_fn(got.scope, binding.decl, Problems())
    if read is None or read.own is None:
        got.problems.add(facts.wrong_setting(at, "metric", "a function of your own, in Python"))
        return None
    own = read.own
    ports = [port.name for port in own.ports]
    number = own.result == "bool" or own.result.kind == "number"
    if "answer" not in ports or not number or own.params:
        wanted = (
            "a function with a port `answer` (and `target`, or fields of a row), `-> number` or `-> bool`"
        )
        got.problems.add(facts.wrong_setting(at, "metric", wanted))
        return None
    lists = [port.name for port in own.ports if port.is_list]
    if lists:
        got.problems.add(
            facts.wrong_setting(at, "metric", f"a function whose ports are no lists, as `{lists[0]}` is")
        )
        return None
    return own


def read_argument(kind: str, arg: ast.Arg) -> dict[str, object]:
    """What an argument behind the metric sets; nothing if it can't stand there."""
    if arg.name not in TAKEN[kind] or arg.when is not None:
        return {}
    match arg:
        case ast.Arg(name="weight", value=ast.Name(id=field)):
            return {"weight": field}
        case ast.Arg(name="k" | "of" as name, value=ast.Number(value=int() as value, unit="")):
            return {"k" if name == "k" else "draws": value} if 1 <= value <= MOST_DRAWS else {}
        case ast.Arg(name="better", value=ast.Name(id="higher" | "lower" as way)):
            return {"better": way}
        case ast.Arg(name="range", value=ast.ListExpr(items=(first, second))):
            low, high = signed(first), signed(second)
            ends = low is not None and high is not None and low < high
            return {"low": low, "high": high} if ends else {}
        case _:
            return {}


def signed(value: ast.Expr) -> float | None:
    """A number with or without a sign."""
    match value:
        case ast.Number(value=number, unit=""):
            return float(number)
        case ast.Unary(op="-", operand=ast.Number(value=number, unit="")):
            return -float(number)
        case _:
            return None
