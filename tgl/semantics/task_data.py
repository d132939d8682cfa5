"""What a task says of its data: the files, their format, the fields that are made, the rows that count.

data   "math/test", format: math, id: id
fields question: problem, prompt: "{{ problem }} ({{ type }})"
where  level >= 4 and type in ["Algebra", "Geometry"]
expect solution, after: "####"
"""

from __future__ import annotations

from typing import get_args

from tgl.diagnostics import did_you_mean
from tgl.ir import SLOT, Const, DataFormat, DataSpec, Expr, FieldSpec, Input, ListOf, Op
from tgl.semantics.errors import types as facts
from tgl.semantics.settings import Settings
from tgl.syntax import ast

FORMATS: tuple[DataFormat, ...] = get_args(DataFormat)
ONE_OF = "one of " + ", ".join(f"`{name}`" for name in FORMATS)
DATA = 'a path, then perhaps `format:` and `id:`, as in `data "math/test", format: math, id: id`'
FIELDS = 'names for fields: `fields question: problem, prompt: "{{ problem }} ({{ type }})"`'
WHERE = 'a condition on the fields of a row: `where level >= 4 and type == "Algebra"`'
EXPECT = 'the field that holds the target: `expect answer`, or `expect answer, after: "####"`'
SOLVED = {"gsm8k": {"solution": "answer"}}
"""Fields that a format makes out of others that hold the target."""


def read_data(got: Settings) -> tuple[str, DataSpec]:
    """The path and how its rows are read."""
    format_, id_ = read_arguments(got)
    path = got.args("data")[0].value if got.args("data") else None
    spec = DataSpec(
        format=format_, id=id_, fields=read_fields(got), where=read_where(got), after=read_expect(got)[1]
    )
    return path.value if isinstance(path, ast.String) else "", spec


def read_arguments(got: Settings) -> tuple[DataFormat | None, str | None]:
    """`format:` and `id:` of `data`."""
    args = got.args("data")
    if "data" not in got.found:
        return None, None
    if not args or args[0].name is not None or not isinstance(args[0].value, ast.String) or args[0].when:
        got.wrong("data", 'a text, `"…"`' if len(args) < 2 else DATA)
        return None, None
    found: dict[str, str] = {}
    for arg in args[1:]:
        match arg:
            case ast.Arg(name="format", value=ast.Name(id=word), when=None) if arg.name not in found:
                if word not in FORMATS:
                    at, near = got.place(arg.value), did_you_mean(word, FORMATS)
                    fixes = at.near(word, FORMATS)
                    got.problems.add(facts.wrong_setting(at, "format", ONE_OF, None, near, fixes))
                found["format"] = word
            case ast.Arg(name="id", value=ast.Name(id=word), when=None) if arg.name not in found:
                found["id"] = word
            case _:
                got.problems.add(facts.wrong_setting(got.place(arg), "data", DATA))
    return next((name for name in FORMATS if name == found.get("format")), None), found.get("id")


def read_expect(got: Settings) -> tuple[str | None, str | None]:
    """The field of the target, and the text behind which it stands there."""
    match got.args("expect"):
        case (ast.Arg(name=None, value=ast.Name(id=field), when=None),):
            return field, None
        case (
            ast.Arg(name=None, value=ast.Name(id=field), when=None),
            ast.Arg(name="after", value=ast.String(value=after), when=None),
        ) if after.strip():
            return field, after
        case _:
            return None, None


def check_expect(got: Settings) -> str | None:
    """The field of the target; reported if the setting is not as it should be."""
    field, _ = read_expect(got)
    if field is None and "expect" in got.found:
        match got.args("expect"):
            case (ast.Arg(value=ast.String(value=column)), *_):
                hint = f'give such a column a name: `fields answer: "{column}"`, then `expect answer`'
            case _:
                hint = None
        got.wrong("expect", EXPECT, hint)
    return field


def read_fields(got: Settings) -> tuple[FieldSpec, ...]:
    """The fields that are made from those of the files."""
    found: dict[str, FieldSpec] = {}
    for arg in got.args("fields"):
        match arg:
            case ast.Arg(name=str(name), value=ast.Name(id=source), when=None) if name not in found:
                found[name] = FieldSpec(name=name, source=source)
            case ast.Arg(name=str(name), value=ast.String(value=text), when=None) if (
                name not in found and text and text.count("{{") == len(SLOT.findall(text))
            ):
                found[name] = FieldSpec(name=name, source=text, is_template="{{" in text)
            case _:
                got.problems.add(facts.wrong_setting(got.place(arg), "fields", FIELDS))
                return ()
    if "fields" in got.found and not found:
        got.wrong("fields", FIELDS)
    return tuple(found.values())


def read_where(got: Settings) -> Expr | None:
    """The condition on rows."""
    written = got.single("where", WHERE)
    if written is None:
        return None
    found = condition(got, written)
    if isinstance(found, Const):
        got.wrong("where", WHERE)
        return None
    return found


def condition(got: Settings, written: ast.Expr) -> Expr | None:
    """An expression over a row's fields, or None after reporting what can't stand there."""
    match written:
        case ast.Binary(op="and" | "or" | "in" | "==" | "!=" | "<" | "<=" | ">" | ">=" as op):
            left, right = condition(got, written.left), condition(got, written.right)
            if left is None or right is None:
                return None
            if (op == "in") == isinstance(right, ListOf) and not isinstance(left, ListOf):
                return Op(op=op, args=(left, right))
        case ast.Unary(op="not"):
            inner = condition(got, written.operand)
            return None if inner is None else Op(op="not", args=(inner,))
        case ast.Unary(op="-", operand=ast.Number(value=value, unit="")):
            return Const(value=-value)
        case ast.ListExpr(items=items):
            members = [condition(got, item) for item in items]
            if all(isinstance(member, Const) for member in members):
                return ListOf(items=tuple(member for member in members if member is not None))
        case ast.Name(id="true" | "false" as word):
            return Const(value=word == "true")
        case ast.Name(id=field):
            return Input(instance="row", port=field)
        case ast.String(value=text):
            return Const(value=text)
        case ast.Number(value=value, unit=""):
            return Const(value=value)
        case _:
            pass
    got.problems.add(facts.wrong_setting(got.place(written), "where", WHERE))
    return None


def shows_target(spec: DataSpec, given: str, expect: str) -> bool:
    """Whether a given field is made from what the target is made from."""
    return bool(origins(spec, given) & origins(spec, expect))


def origins(spec: DataSpec, name: str) -> frozenset[str]:
    """The fields of the files that a field is made from."""
    made = next((field for field in spec.fields if field.name == name), None)
    sources = (name,) if made is None else made.sources
    solved = SOLVED.get(spec.format or "", {})
    return frozenset(solved.get(source, source) for source in sources)
