"""The `key` of a task: how answers are read and compared."""

from __future__ import annotations

from tgl.ir import KeySpec
from tgl.semantics.errors import models as model_facts
from tgl.semantics.errors import names as name_facts
from tgl.semantics.errors import types as facts
from tgl.semantics.settings import Settings
from tgl.syntax import ast

REPEAT = 0.2
"""Share of the items that are judged twice, unless the task says another."""
LONGEST_RUBRIC = 2000
"""UTF-8 bytes."""
LETTERS = ("A", "B", "C", "D")
SIMILARITY = 0.85
"""Least cosine of two answers that are one, unless the task says another."""
KINDS = ("exact", "text", "number", "math", "choice", "json", "set", "code", "judge", "embedding")
PLANNED = ("labels",)
WANTED = (
    "`exact`, `text, match: normalised`, `number, tolerance: 1%`, `math`, `choice, options: [A, B, C, D]`, "
    "`json, fields: [name, age]`, `set`, `code, tests: FIELD`, `judge, by: MODEL` or `embedding, by: MODEL`, "
    'each with `after: "…"` if a text stands before it'
)
TAKEN = {
    "exact": ("after",),
    "text": ("match", "after"),
    "number": ("tolerance", "after"),
    "math": ("after",),
    "choice": ("options", "after"),
    "json": ("fields", "after"),
    "set": ("after",),
    "code": ("tests", "entry", "prompt", "timeout", "after"),
    "judge": ("by", "repeat", "rubric", "after"),
    "embedding": ("by", "similarity", "after"),
}
"""What stands behind each kind."""
BEHIND = '; `after: "…"` is a text that stands before the answer'
TAKEN_WORDS = {
    "exact": "`exact`" + BEHIND,
    "text": "`text, match: normalised` or `match: exact`" + BEHIND,
    "number": "`number, tolerance: 1%` (of the target) or `tolerance: 0.5`, above 0" + BEHIND,
    "math": "`math` without a tolerance" + BEHIND,
    "choice": "`choice, options: [A, B, C]`, two or more, which differ in more than case" + BEHIND,
    "json": "`json, fields: [name, age]`, each once; without `fields`, all count" + BEHIND,
    "set": "`set` alone" + BEHIND,
    "code": "`code, tests: FIELD`, with `entry: FIELD` (the function's name) and `prompt: FIELD` (what a "
    "reply may go on with), `timeout: 5s` (of a run; 1s to 60s)" + BEHIND,
    "judge": "`judge, by: MODEL`, with `repeat: 20%` (of the items are judged twice, above 0%) and "
    '`rubric: "…"` (what counts as the same, of at most 2000 bytes)' + BEHIND,
    "embedding": "`embedding, by: MODEL`, with `similarity: 0.85` (the least cosine of two answers that are "
    "one, above 0 and at most 1)" + BEHIND,
}


def read_key(got: Settings) -> KeySpec:
    """How answers are compared; without `key`, exactly."""
    args = got.args("key")
    if not args:
        if "key" in got.found:
            got.wrong("key", WANTED)
        return KeySpec(kind="exact")
    kind = args[0].value
    if isinstance(kind, ast.Name) and kind.id in PLANNED:
        got.problems.add(
            name_facts.not_yet(got.place(kind), f"`key {kind.id}`", f"keys that work: {', '.join(KINDS)}")
        )
        return KeySpec(kind="exact")
    if not isinstance(kind, ast.Name) or kind.id not in KINDS or args[0].name is not None:
        got.wrong("key", WANTED, word=kind.id if isinstance(kind, ast.Name) else "", options=KINDS)
        return KeySpec(kind="exact")
    found: dict[str, object] = {"kind": kind.id}
    for arg in args[1:]:
        read = read_setting(kind.id, arg)
        if not read or found.keys() & read.keys():
            got.problems.add(facts.wrong_setting(got.place(arg), "key", TAKEN_WORDS[kind.id]))
            return KeySpec(kind="exact")
        found |= read
    if kind.id == "code" and "tests" not in found:
        got.problems.add(facts.wrong_setting(got.place(args[0]), "key", TAKEN_WORDS["code"]))
        return KeySpec(kind="exact")
    if kind.id == "judge" and not judged_by(got, args[0], found):
        return KeySpec(kind="exact")
    if kind.id == "embedding":
        found = {"embedder" if name == "judge" else name: value for name, value in found.items()}
        if not embedded_by(got, args[0], found):
            return KeySpec(kind="exact")
    if kind.id == "choice":
        found.setdefault("options", LETTERS)
    return KeySpec.model_validate(found)


def judged_by(got: Settings, first: ast.Arg, found: dict[str, object]) -> bool:
    """Whether a judge is a model of the program; reported if not."""
    name = found.get("judge")
    if name is None:
        got.problems.add(facts.wrong_setting(got.place(first), "key", TAKEN_WORDS["judge"]))
        return False
    found.setdefault("repeat", REPEAT)
    return model_of(got, str(name)) is not None


def embedded_by(got: Settings, first: ast.Arg, found: dict[str, object]) -> bool:
    """Whether a model of the program makes the vectors, and is declared to; reported if not."""
    name = found.get("embedder")
    if name is None:
        got.problems.add(facts.wrong_setting(got.place(first), "key", TAKEN_WORDS["embedding"]))
        return False
    found.setdefault("similarity", SIMILARITY)
    model = model_of(got, str(name))
    if model is not None and not declares_vectors(model):
        at = next(got.place(arg.value) for arg in got.args("key") if arg.name == "by")
        got.problems.add(model_facts.makes_no_vectors(at, str(name)))
        return False
    return model is not None


def model_of(got: Settings, name: str) -> ast.Model | None:
    """The model that `by` names; reported if there is none."""
    binding = got.scope.names.get(name)
    if binding is not None and isinstance(binding.decl, ast.Model):
        return binding.decl
    models = [other for other, one in got.scope.names.items() if isinstance(one.decl, ast.Model)]
    at = next(got.place(arg.value) for arg in got.args("key") if arg.name == "by")
    got.problems.add(name_facts.unknown_name(at, name, models, kind="model"))
    return None


def declares_vectors(model: ast.Model) -> bool:
    """Whether a model is declared with `embeds yes`."""
    for setting in model.settings:
        match setting:
            case ast.Setting(key="embeds", args=(ast.Arg(value=ast.Name(id="yes")),)):
                return True
            case _:
                continue
    return False


def read_setting(kind: str, arg: ast.Arg) -> dict[str, object]:
    """What an argument behind the kind sets; nothing if it can't stand there."""
    if arg.name not in TAKEN[kind] or arg.when is not None:
        return {}
    match arg:
        case ast.Arg(name="after", value=ast.String(value=text)) if text:
            return {"after": text}
        case ast.Arg(name="match", value=ast.Name(id="normalised" | "exact" as how)):
            return {"match": how}
        case ast.Arg(name="tolerance", value=ast.Number(value=value, unit="" | "%" as unit)) if value > 0:
            return {"tolerance": float(value), "relative": unit == "%"}
        case ast.Arg(name="options" | "fields" as name, value=ast.ListExpr(items=items)):
            words = listed(items)
            enough = len(words) >= (2 if name == "options" else 1)
            same = len({word.casefold() for word in words}) < len(words)
            return {name: words} if enough and not same and len(words) == len(items) else {}
        case ast.Arg(name="timeout", value=ast.Number(value=value, unit="s")) if 1 <= value <= 60:
            return {"timeout": float(value)}
        case ast.Arg(name="by", value=ast.Name(id=model)):
            return {"judge": model}
        case ast.Arg(name="similarity", value=ast.Number(value=value, unit="" | "%")) if 0 < value <= 1:
            return {"similarity": float(value)}
        case ast.Arg(name="repeat", value=ast.Number(value=value, unit="%")) if 0 < value <= 1:
            return {"repeat": float(value)}
        case ast.Arg(name="rubric", value=ast.String(value=text)) if text.strip() and short(text):
            return {"rubric": text}
        case ast.Arg(name="tests" | "entry" | "prompt" as name, value=ast.Name(id=field)):
            return {name: field}
        case _:
            return {}


def short(text: str) -> bool:
    """Whether a rubric has an end."""
    return len(text.encode("utf-8", "replace")) <= LONGEST_RUBRIC


def listed(items: tuple[ast.Expr, ...]) -> tuple[str, ...]:
    """The words or texts of a list."""
    return tuple(
        item.id if isinstance(item, ast.Name) else item.value
        for item in items
        if isinstance(item, ast.Name) or (isinstance(item, ast.String) and item.value.strip())
    )


def told(key: KeySpec) -> str:
    """The instruction that prompts print with `{{ format }}`, unless the task says another."""
    match key.kind:
        case "number":
            words = "Answer with the number only."
        case "judge" | "embedding":
            words = "Answer with the answer only."
        case "text":
            words = "Answer in a few words, with the answer only."
        case "exact":
            words = "Answer with the answer only."
        case "math":
            words = (
                r"Put the final answer in \boxed{}." if key.after is None else "Answer with the answer only."
            )
        case "choice":
            words = f"Answer with one of {', '.join(key.options[:-1])} or {key.options[-1]} only."
        case "set":
            words = "Answer with the members only, on one line, with commas between them."
        case "code":
            words = "Answer with the complete Python code in one ```python block."
        case "json":
            fields = "".join(f', "{name}"' for name in key.fields)[2:]
            words = "Answer with one JSON object only" + (f", with the fields {fields}." if fields else ".")
    return words if key.after is None else f'{words} Write it behind "{key.after}".'
