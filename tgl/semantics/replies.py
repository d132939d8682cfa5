"""How replies are read: the type behind `->` of a role (language.md, types of replies)."""

from __future__ import annotations

from tgl.ir import Reader
from tgl.semantics.errors import choices as choice_facts
from tgl.semantics.errors import names as name_facts
from tgl.semantics.errors import types as facts
from tgl.semantics.problems import Problems
from tgl.semantics.scope import FileScope
from tgl.syntax import ast

PLAIN = ("text", "answer", "number", "choice", "list", "ranked")
"""The types of replies by name; records are written in braces, tags in capitals."""


def read_reader(scope: FileScope, written: ast.TypeExpr, problems: Problems) -> Reader:
    """How a reply becomes a value; what is wrong is reported, and read as text."""
    after = None if written.after is None else written.after.value
    found = read_type(scope, written, problems)
    return found if after is None else found.model_copy(update={"after": after})


def read_type(scope: FileScope, written: ast.TypeExpr, problems: Problems) -> Reader:
    """A type without its `after`."""
    first = written.variants[0]
    if len(written.variants) > 1 or (isinstance(first, ast.WordType) and is_tag(first)):
        return tagged(scope, written, problems)
    if isinstance(first, ast.RecordType):
        return record(scope, first, problems)
    *labels, word = first.words
    at = scope.at(first.span)
    if labels:
        problems.add(name_facts.not_yet(at, "labels such as `secret`"))
        return Reader(kind="text")
    match word:
        case "text" | "answer":
            return Reader(kind=word)
        case "number":
            low, high = number_bounds(scope, first.args, problems)
            return Reader(kind="number", low=low, high=high)
        case "choice":
            options = tuple(arg.value for arg in first.args if isinstance(arg, ast.String))
            if len(options) != len(first.args) or len(set(options)) < 2:
                message = 'a choice names at least two texts: `choice("yes", "no")`'
                problems.add(facts.type_mismatch(at, message, "not that"))
            return Reader(kind="choice", options=options)
        case "list":
            return Reader(kind="list", item=item_of(scope, first, problems))
        case "ranked":
            if first.args:
                message = "`ranked` is a list of texts, the best first; it takes no type"
                problems.add(facts.type_mismatch(at, message, "not `ranked` alone"))
            return Reader(kind="list", item=Reader(kind="text"), ranked=True)
        case _:
            problems.add(facts.unknown_type(at, word, PLAIN))
            return Reader(kind="answer")  # whose lack would be told where answers are compared, too


def item_of(scope: FileScope, written: ast.WordType, problems: Problems) -> Reader:
    """What `list(text)` holds; text if that is not said."""
    if not written.args:
        return Reader(kind="text")
    if len(written.args) == 1 and isinstance(written.args[0], ast.TypeExpr):
        return read_type(scope, written.args[0], problems)
    message = "a list holds values of one type: `list(text)`, `list({what: text})`"
    problems.add(facts.type_mismatch(scope.at(written.span), message, "not one type"))
    return Reader(kind="text")


def record(scope: FileScope, written: ast.RecordType, problems: Problems) -> Reader:
    """`{verdict: choice("ok", "wrong"), text: text}`."""
    fields: dict[str, Reader] = {}
    places: dict[str, ast.Port] = {}
    for port in written.fields:
        at = scope.at(port.name_span)
        if port.name in fields:
            problems.add(name_facts.duplicate_name(at, port.name, scope.at(places[port.name].name_span)))
            continue
        places[port.name] = port
        inner = Reader(kind="text") if port.type is None else read_type(scope, port.type, problems)
        fields[port.name] = inner.model_copy(update={"optional": True}) if port.optional else inner
    if not fields:
        message = "a record has at least one field: `{score: number, text: text}`"
        problems.add(facts.type_mismatch(scope.at(written.span), message, "no field"))
    return Reader(kind="record", fields=tuple(fields.items()))


def is_tag(written: ast.WordType) -> bool:
    """Whether a word is a tag: they are written in capitals."""
    return len(written.words) == 1 and written.words[0].isupper()


def tagged(scope: FileScope, written: ast.TypeExpr, problems: Problems) -> Reader:
    """`STEP(text) | ASK(text) | DONE`."""
    tags: dict[str, Reader | None] = {}
    for variant in written.variants:
        at = scope.at(variant.span)
        if isinstance(variant, ast.RecordType) or not is_tag(variant):
            message = "the variants of a type are tags, in capitals: `ASK(text) | DONE`"
            problems.add(facts.type_mismatch(at, message, "no tag"))
            continue
        tag = variant.words[0]
        if tag in tags:
            problems.add(name_facts.duplicate_name(at, tag, at))
            continue
        tags[tag] = None
        match variant.args:
            case ():
                pass
            case (ast.TypeExpr() as inner,):
                tags[tag] = read_type(scope, inner, problems)
            case _:
                message = "a tag holds one value or none: `ASK(text)`, `DONE`"
                problems.add(facts.type_mismatch(at, message, "not that"))
    return Reader(kind="tagged", tags=tuple(tags.items()))


def number_bounds(
    scope: FileScope, args: tuple[ast.TypeExpr | ast.Expr, ...], problems: Problems
) -> tuple[float | None, float | None]:
    """The bounds in `number(0..10)`."""
    if not args:
        return None, None
    if len(args) == 1 and isinstance(args[0], ast.Range):
        low, high = signed(args[0].low), signed(args[0].high)
        if low is not None and high is not None:
            if low >= high:
                problems.add(choice_facts.bad_range(scope.at(args[0].span), "holds nothing"))
            return low, high
    problems.add(
        facts.type_mismatch(
            scope.at(args[0].span), "a number has bounds, as in `number(0..10)`", "not bounds"
        )
    )
    return None, None


def signed(expr: ast.Expr) -> float | None:
    match expr:
        case ast.Number(value=value):
            return float(value)
        case ast.Unary(op="-", operand=ast.Number(value=value)):
            return -float(value)
        case _:
            return None
