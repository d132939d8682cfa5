"""`task`, `optimize` and `measured` blocks."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tgl.diagnostics import Diagnostic, Fix
from tgl.ir import ACCURACY, KeySpec, Limit, OptimizeSpec, TaskSpec
from tgl.semantics.answer_keys import read_key, told
from tgl.semantics.errors import choices as choice_facts
from tgl.semantics.errors import names as name_facts
from tgl.semantics.errors import types as facts
from tgl.semantics.errors.at import At
from tgl.semantics.limits import read_limit
from tgl.semantics.metrics import known_metrics, read_metrics, read_objective
from tgl.semantics.on_error import read_on_error
from tgl.semantics.pareto import read_pareto
from tgl.semantics.problems import Problems
from tgl.semantics.scope import Binding, Files, FileScope, kind_of, text_place
from tgl.semantics.settings import Settings, read_settings
from tgl.semantics.task_data import check_expect, read_data, shows_target
from tgl.semantics.units import read_unit
from tgl.syntax import ast
from tgl.text import Edit, Span, frozen

MOST_DIGITS = 12
"""Nobody means a number of calls with more."""


def read_task(scope: FileScope, task: ast.Task, problems: Problems) -> TaskSpec | None:
    """The facts of a task, or None if it says too little to be used (reported)."""
    at = scope.at(task.name_span)
    known = (
        *("data", "fields", "where", "split", "given", "expect", "key", "unit", "format", "by"),
        *("on_error", "metric", "like"),
    )
    before = len(problems.found)
    got = read_settings(
        scope, task.settings, problems, owner="a task", at=at, known=known, repeatable=("metric",)
    )
    got.require("data", 'data "questions.jsonl"')
    got.require("given", "given question")
    got.require("expect", "expect answer")
    got.require("split", "split train: 60, select: 60, test: 200")
    key = read_key(got)
    counts = read_split(got)
    given = got.names("given")
    data, source = read_data(got)
    expect = check_expect(got)
    shown = () if expect is None else tuple(name for name in given if shows_target(source, name, expect))
    if expect is not None and shown:
        values = [arg.value for arg in got.args("given")]
        told = [value for value in values if isinstance(value, ast.Name) and value.id in shown]
        place = got.place((told or [got.args("expect")[0].value])[0])
        problems.add(facts.target_in_prompt(place, expect, task.name, f"remove `{shown[0]}` from `given`"))
    by = got.word("by")
    if by is not None and by not in given:
        got.wrong("by", "a field that is `given`: " + ", ".join(given))
    metric, *others = read_metrics(got, task.settings, key, expect)
    on_error = read_on_error(got)
    spec = TaskSpec(
        name=task.name,
        data=data,
        train=counts.get("train", 0),
        select=counts.get("select", 0),
        test=counts.get("test", 0),
        given=given,
        expect=expect or "",
        key=key,
        unit=read_unit(got),
        format=read_format(got, key),
        by=by,
        metric=metric,
        others=tuple(others),
        source=source,
        failures=on_error.allowance,
        on_error=on_error.then,
        retries=on_error.retries,
        place=text_place(scope, task.span),
    )
    return spec if len(problems.found) == before else None


def read_format(got: Settings, key: KeySpec) -> str:
    written = got.text("format")
    if written is not None:
        return written
    return told(key)


def read_split(got: Settings) -> Mapping[str, int]:
    """Largest numbers of examples."""
    found: dict[str, int] = {}
    for arg in got.args("split"):
        value = arg.value
        if (
            arg.name not in ("train", "select", "test")
            or not isinstance(value, ast.Number)
            or not isinstance(value.value, int)
        ):
            got.wrong("split", "`train: 60, select: 60, test: 200`")
            return {}
        found[arg.name] = value.value
    if "split" in got.found and set(found) != {"train", "select", "test"}:
        got.wrong("split", "all of `train:`, `select:` and `test:`")
    return found


@frozen
class Goal:
    """An `optimize` block with what it refers to."""

    spec: OptimizeSpec
    graph: Binding | None
    task: Binding | None
    block: ast.Optimize
    limits: tuple[tuple[Limit, Span], ...]


def read_optimize(scope: FileScope, files: Files, block: ast.Optimize, problems: Problems) -> Goal:
    """The facts of an `optimize` block."""
    at = scope.at(block.span)
    known = (
        *("maximize", "minimize", "pareto", "limit", "spend", "using", "seed", "recorded", "deploy"),
        "logprobs",
    )
    got = read_settings(
        scope,
        block.settings,
        problems,
        owner="`optimize`",
        at=at,
        known=known,
        repeatable=("limit", "spend"),
        planned={"draws": "`draws`"},
    )
    if not any(isinstance(s, ast.Setting) and s.key in ("pareto", "minimize") for s in block.settings):
        got.require("maximize", "maximize accuracy")
    metrics = known_metrics(scope, files, got, block.task)
    objective = ACCURACY.name if metrics is None else read_objective(got, block.task, metrics)
    prices = read_pareto(got, objective, block.task)
    limits: list[tuple[Limit, Span]] = []
    calls: int | None = None
    dollars: float | None = None
    for setting in block.settings:
        if not isinstance(setting, ast.Setting):
            continue
        if setting.key == "limit":
            limit = read_limit(scope, setting, problems, metrics)
            limits += [] if limit is None else [(limit, setting.span)]
        elif setting.key == "spend":
            found = read_spend(scope, setting, problems)
            calls = int(found["calls"]) if "calls" in found else calls
            dollars = found.get("cost", dollars)
    method, method_args = read_method(got)
    seed = got.whole("seed", "a whole number", low=0)
    spec = OptimizeSpec(
        graph=block.graph,
        task=block.task,
        objective=objective,
        limits=tuple(limit for limit, _ in limits),
        spend_calls=calls,
        spend_dollars=dollars,
        method=method,
        method_args=method_args,
        seed=seed or 0,
        recorded=got.text("recorded"),
        deploy=read_deploy(got),
        logprobs=read_logprobs(scope, got),
        pareto=prices,
        place=text_place(scope, block.span),
    )
    graph = referred(scope, block.graph, at, problems, ast.Graph, "a graph")
    task = referred(scope, block.task, at, problems, ast.Task, "a task")
    return Goal(spec, graph, task, block, tuple(limits))


def referred(
    scope: FileScope,
    name: str,
    at: At,
    problems: Problems,
    kind: type[ast.Graph] | type[ast.Task],
    words: str,
) -> Binding | None:
    """What a block names, or None after reporting why not."""
    binding = scope.names.get(name)
    if binding is None:
        of_kind = [n for n, b in scope.names.items() if isinstance(b.decl, kind)]
        problems.add(name_facts.unknown_name(name_place(at, name), name, of_kind, words.removeprefix("a ")))
        return None
    if binding.decl is None:
        return None
    if not isinstance(binding.decl, kind):
        problems.add(
            name_facts.wrong_kind(name_place(at, name), name, kind_of(binding.decl), words, binding.at)
        )
        return None
    return binding


def name_place(at: At, name: str) -> At:
    """Where a block names something: the tree keeps no place for it."""
    text = at.source.text[at.span.start : at.span.end].partition("{")[0]
    found = re.search(rf"\b{re.escape(name)}\b", text)
    if found is None:
        return at
    return At(at.source, Span(at.span.start + found.start(), at.span.start + found.end()))


def read_spend(scope: FileScope, setting: ast.Setting, problems: Problems) -> Mapping[str, float]:
    """`calls <= 4000` or `cost <= $5`."""
    wanted = "`calls <= 4000` or `cost <= $5`"
    found: dict[str, float] = {}
    for arg in setting.args:
        match arg.value:
            case ast.Binary(
                op="<=", left=ast.Name(id="calls"), right=ast.Number(unit="", value=int() as most)
            ) if most > 0:
                found["calls"] = most
            case ast.Binary(op="<=", left=ast.Name(id="cost"), right=ast.Number(unit="$", value=dollars)):
                found["cost"] = float(dollars)
            case ast.Binary(
                op="<=", left=ast.Name(id="calls"), right=ast.Number(unit="", value=float()) as most
            ):
                problems.add(calls_not_whole(scope.at(most.span)))
            case value:
                problems.add(facts.wrong_setting(scope.at(value.span), "spend", wanted))
    if not setting.args:
        problems.add(facts.wrong_setting(scope.at(setting.span), "spend", wanted))
    return found


def calls_not_whole(at: At) -> Diagnostic:
    """A number of calls with a fraction or an exponent."""
    plain = choice_facts.without_exponent(at)
    if plain is None:
        return facts.wrong_setting(at, "spend", "a whole number of calls: `calls <= 4000`")
    wanted = "a number of calls without an exponent: `calls <= 4000`"
    if len(plain) > MOST_DIGITS:
        return facts.wrong_setting(at, "spend", wanted, near="too large")
    fix = Fix(f"write `{plain}`", (Edit(at.span, plain),), safe=True)
    return facts.wrong_setting(at, "spend", wanted, f"write `{plain}`", "an exponent", [fix])


def read_deploy(got: Settings) -> int | None:
    """`deploy concurrency: 4`: how many calls of one question are made at a time."""
    match got.args("deploy"):
        case (ast.Arg(name="concurrency", value=ast.Number(unit="", value=int() as slots)),) if slots > 0:
            return slots
        case _:
            if "deploy" in got.found:
                got.wrong("deploy", "`concurrency: 4`, the calls of one question that are made at a time")
            return None


def read_logprobs(scope: FileScope, got: Settings) -> tuple[str, ...]:
    """`logprobs smol, large`: models that are asked for log-probabilities in every call."""
    names = got.names("logprobs")
    models = [name for name, binding in scope.names.items() if isinstance(binding.decl, ast.Model)]
    for name in names:
        binding = scope.names.get(name)
        if binding is None or not (binding.decl is None or isinstance(binding.decl, ast.Model)):
            got.wrong("logprobs", "models of this file", word=name, options=models)
            return ()
    return tuple(
        binding.decl.name for name in names if isinstance((binding := scope.names[name]).decl, ast.Model)
    )


METHODS = {
    "random": ("trials", "samples", "finalists"),
    "reinforce": ("rounds", "samples", "rate", "trials", "finalists"),
}
WHOLE = frozenset({"trials", "rounds", "samples", "finalists"})
PLANNED = {"agent_reinforce": "reinforce", "agenttts": "random", "tpe": "reinforce", "nsga2": "random"}


def read_method(got: Settings) -> tuple[str, tuple[tuple[str, int | float | str], ...]]:
    """The search method and its arguments; without `using`, reinforce."""
    value = got.single("using", "`random` or `reinforce(rounds: 10, samples: 5)`")
    if value is None:
        return "reinforce", ()
    func, args = (value.func, value.args) if isinstance(value, ast.Call) else (value, ())
    if not isinstance(func, ast.Name):
        got.wrong("using", "`random` or `reinforce(rounds: 10, samples: 5)`")
        return "reinforce", ()
    if func.id not in METHODS:
        if func.id in PLANNED:
            got.problems.add(
                name_facts.not_yet(
                    got.place(value), f"the search `{func.id}`", f"write `using {PLANNED[func.id]}`"
                )
            )
        else:
            got.problems.add(name_facts.unknown_name(got.place(func), func.id, METHODS, "search method"))
        return "reinforce", ()
    found: dict[str, int | float | str] = {}
    for arg in args:
        if arg.name is None:
            got.problems.add(facts.too_many_arguments(got.place(arg), func.id, 0))
        elif arg.name not in METHODS[func.id]:
            got.problems.add(
                facts.unknown_argument(got.place(arg), arg.name, func.id, METHODS[func.id], "argument")
            )
        elif not isinstance(arg.value, ast.Number) or arg.value.unit != "" or arg.value.value <= 0:
            got.problems.add(facts.wrong_setting(got.place(arg.value), arg.name, "a number above 0"))
        elif arg.name in WHOLE and not isinstance(arg.value.value, int):
            got.problems.add(facts.wrong_setting(got.place(arg.value), arg.name, "a whole number above 0"))
        else:
            found[arg.name] = arg.value.value
    return func.id, tuple(sorted(found.items()))
