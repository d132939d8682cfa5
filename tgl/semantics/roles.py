"""`role` and `fn` declarations: ports, options, and how a reply is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from tgl.ir import PYTHON_FN, FunctionSpec, PortSpec, Reader, ShotsSource
from tgl.semantics.errors import names as name_facts
from tgl.semantics.errors import types as facts
from tgl.semantics.problems import Problems
from tgl.semantics.replies import is_tag, read_reader, read_type
from tgl.semantics.scope import FileScope
from tgl.semantics.settings import Settings, read_settings
from tgl.syntax import ast, print_type
from tgl.text import frozen

OPTIONS = ("prompt", "system", "temperature", "top_p", "max_tokens", "stop", "shots", "retry")
"""What a node may set for a role besides ports and params."""

RESERVED = (*OPTIONS, "continue", "from", "match", "on_failure", "continue_by")
TYPES = ("text", "answer", "number", "choice", "list", "record", "any")


@frozen
class RoleFacts:
    """A role, read. `settings` holds the expression of each option that is set (`stop` has several)."""

    name: str
    scope: FileScope
    decl: ast.Role
    ports: tuple[PortSpec, ...]
    settings: Mapping[str, tuple[ast.Expr, ...]]
    params: Mapping[str, ast.Param]
    reader: Reader
    shots: ShotsSource | None
    on_failure: Literal["fail", "absent"] = "fail"


@frozen
class FnFacts:
    """A function, read. `answers` are the ports that need read answers; `own` tells of a user's function."""

    name: str
    scope: FileScope
    decl: ast.Fn
    ports: tuple[PortSpec, ...]
    params: Mapping[str, ast.Param]
    registered: str
    type: str
    answers: frozenset[str]
    own: FunctionSpec | None = None


def type_word(scope: FileScope, written: ast.TypeExpr | None, problems: Problems) -> str | None:
    """The plain type that is written: `text` if none is; None if this version cannot have it (reported)."""
    if written is None:
        return "text"
    at = scope.at(written.span)
    variant, *others = written.variants
    if others or (isinstance(variant, ast.WordType) and is_tag(variant)):
        return "tagged"
    if isinstance(variant, ast.RecordType):
        return "record"
    *labels, word = variant.words
    if labels:
        problems.add(name_facts.not_yet(at, "labels such as `secret`"))
        return None
    if word == "ranked":
        message = "`ranked` is what a role or function answers with; what receives it takes a `list`"
        problems.add(facts.type_mismatch(at, message, "write `list`"))
        return None
    if word not in TYPES:
        problems.add(facts.unknown_type(at, word, TYPES[:-1]))
        return None
    return word


def read_ports(scope: FileScope, ports: tuple[ast.Port, ...], problems: Problems) -> tuple[PortSpec, ...]:
    """Ports with plain types; one whose type is not understood is reported and taken as text."""
    first: dict[str, ast.Port] = {}
    for port in ports:
        at = scope.at(port.name_span)
        if port.name in first:
            problems.add(name_facts.duplicate_name(at, port.name, scope.at(first[port.name].name_span)))
        first.setdefault(port.name, port)
    return tuple(
        PortSpec(
            name=name,
            type=type_word(scope, port.type, problems) or "text",
            optional=port.optional,
            tags=port_tags(scope, port, problems),
        )
        for name, port in first.items()
    )


def port_tags(scope: FileScope, port: ast.Port, problems: Problems) -> tuple[str, ...]:
    """The tags that a port takes, as in `move: ASK(text) | FINAL(answer)`; none of a port of another type."""
    if port.type is None or type_word(scope, port.type, Problems()) != "tagged":
        return ()
    return tuple(tag for tag, _ in read_type(scope, port.type, problems).tags)


def read_graph_ports(scope: FileScope, graph: ast.Graph, problems: Problems) -> tuple[PortSpec, ...]:
    """The inputs of a graph, which takes no tags: it hands on what it is given, and rows hold none."""
    ports = read_ports(scope, graph.ports, problems)
    for port, written in zip(ports, graph.ports, strict=False):
        if port.tags and written.type is not None:
            message = "a graph hands on what it is given, whatever its tags are"
            hint = "leave the type out, and write it at the role or function that takes the tags"
            problems.add(facts.type_mismatch(scope.at(written.type.span), message, "a type with tags", hint))
    return ports


def read_role(scope: FileScope, role: ast.Role, problems: Problems) -> RoleFacts:
    """The facts of a role; what is wrong is reported and left out."""
    at = scope.at(role.name_span)
    got = read_settings(
        scope,
        role.settings,
        problems,
        owner="a role",
        at=at,
        known=(*OPTIONS, "from", "match", "on_failure"),
        planned={"continue_by": "`continue_by`"},
    )
    if role.releases is not None:
        problems.add(name_facts.not_yet(at, "`releases`"))
    ports = read_ports(scope, role.ports, problems)
    params = read_params(scope, role.settings, ports, problems)
    for port in role.ports:
        if port.name in RESERVED:
            problems.add(facts.reserved_port(scope.at(port.name_span), port.name, "role"))
    settings = {key: positional(got, key) for key in OPTIONS if key in got.found}
    if got.require("prompt", 'prompt "{{ question }}"') and not settings.get("prompt"):
        settings.pop("prompt", None)
    shots = shots_source(got)
    if "shots" in settings and shots is None:
        problems.add(facts.missing_shots(scope.at(got.found["shots"].span), role.name))
    on_failure = got.word("on_failure", ("absent", "fail"))
    return RoleFacts(
        role.name,
        scope,
        role,
        ports,
        settings,
        params,
        read_reader(scope, role.type, problems),
        shots,
        "absent" if on_failure == "absent" else "fail",
    )


def positional(got: Settings, key: str) -> tuple[ast.Expr, ...]:
    """The values of an option: one, and for `stop` at least one."""
    named = ("from", "match") if key == "shots" else ()
    values = tuple(arg.value for arg in got.args(key) if arg.name is None)
    if any(arg.when is not None or (arg.name is not None and arg.name not in named) for arg in got.args(key)):
        got.wrong(key, WANTED[key])
        return ()
    if not values or (len(values) > 1 and key != "stop"):
        got.wrong(key, WANTED[key])
        return ()
    return values


WANTED: Mapping[str, str] = {
    "prompt": 'a text, `"…"`, or a choice of texts',
    "system": 'a text, `"…"`, or a choice of texts',
    "temperature": "a number from 0 to 2",
    "top_p": "a number above 0, at most 1",
    "max_tokens": "a whole number of tokens, at least 1",
    "stop": 'one or more texts: `"\\n"`',
    "shots": 'a whole number, at least 0, and `from: "file.jsonl"`',
    "retry": "a whole number, at least 0",
}


def shots_source(got: Settings) -> ShotsSource | None:
    """Where examples come from: `shots 3, from: "shots.jsonl", match: kind`, or settings of their own."""
    path = got.text("from")
    match = got.word("match")
    for arg in got.args("shots"):
        if arg.name == "from":
            if isinstance(arg.value, ast.String) and arg.value.value:
                path = arg.value.value
            else:
                got.problems.add(facts.wrong_setting(got.place(arg.value), "from", 'a file, `"shots.jsonl"`'))
        elif arg.name == "match":
            if isinstance(arg.value, ast.Name):
                match = arg.value.id
            else:
                got.problems.add(facts.wrong_setting(got.place(arg.value), "match", "a field that is given"))
    return None if path is None else ShotsSource(path=path, match=match)


def read_params(
    scope: FileScope, settings: ast.Settings, ports: tuple[PortSpec, ...], problems: Problems
) -> dict[str, ast.Param]:
    """The params of a role or function; they share one namespace with its ports and options."""
    found: dict[str, ast.Param] = {}
    taken = {port.name for port in ports}
    for item in settings:
        if not isinstance(item, ast.Param):
            continue
        at = scope.at(item.name_span)
        if item.name in RESERVED:
            problems.add(facts.reserved_port(at, item.name, "role"))
        elif item.name in found or item.name in taken:
            first = found.get(item.name)
            problems.add(
                name_facts.duplicate_name(at, item.name, at if first is None else scope.at(first.name_span))
            )
        else:
            found[item.name] = item
    return found


def read_fn(scope: FileScope, fn: ast.Fn, problems: Problems) -> FnFacts | None:
    """The facts of a function, or None if it can't be understood (reported)."""
    at = scope.at(fn.name_span)
    got = read_settings(scope, fn.settings, problems, owner="a function", at=at, known=("python",))
    if fn.releases is not None:
        problems.add(name_facts.not_yet(at, "`releases`"))
        return None
    ports = read_ports(scope, fn.ports, problems)
    got.require("python", 'python "package.module:function"')
    registered = got.text("python")
    if registered is None:
        return None
    word = type_word(scope, fn.type, problems) if scope.is_std else result_word(fn.type)
    answers = frozenset(port.name for port in fn.ports if port.type is not None and wants_answers(port.type))
    params = read_params(scope, fn.settings, ports, problems)
    own = None
    if not scope.is_std:
        if TARGET.fullmatch(registered) is None:
            got.wrong("python", 'a module and a name in it, `"package.module:function"`')
            return None
        own = own_function(scope, fn, registered, ports, tuple(params), problems)
        registered = own.name
    return FnFacts(fn.name, scope, fn, ports, params, registered, word or "text", answers, own)


TARGET = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")
"""What `python` of a function names."""


def own_function(
    scope: FileScope,
    fn: ast.Fn,
    python: str,
    ports: tuple[PortSpec, ...],
    params: tuple[str, ...],
    problems: Problems,
) -> FunctionSpec:
    """A function that a user wrote. Nothing is imported here, nor anywhere before the user trusts it."""
    result = "bool" if result_word(fn.type) == "bool" else read_reader(scope, fn.type, problems)
    if isinstance(result, Reader) and result.after is not None:
        at = scope.at(fn.type.span)
        message = "a function answers with a value, and `after` says where in a text one stands"
        problems.add(facts.type_mismatch(at, message, "no `after`"))
    values = tuple(port.name for port in fn.ports if port.type is not None and has_values(port.type))
    typed = [
        port.name
        + ("" if port.type is None else f": {print_type(port.type)}")
        + ("?" if port.optional else "")
        for port in fn.ports
    ]
    signature = f"({', '.join((*typed, *params))}) -> {print_type(fn.type)}"
    return FunctionSpec(
        name=f"{PYTHON_FN}{python}{signature}",
        declared=fn.name,
        python=python,
        ports=ports,
        values=values,
        params=params,
        result=result,
    )


def result_word(written: ast.TypeExpr) -> str:
    """The plain name of what a user's function answers with."""
    match written.variants[0]:
        case ast.WordType(words=(*_, word)):
            return word
        case _:
            return "record"


def has_values(written: ast.TypeExpr) -> bool:
    """Whether a port is a list of something but texts: its members arrive as what they were read as."""
    match list(written.variants):
        case [ast.WordType(words=("list",), args=(ast.TypeExpr(variants=(inner,)),))]:
            return isinstance(inner, ast.RecordType) or inner.words != ("text",)
        case _:
            return False


def wants_answers(written: ast.TypeExpr) -> bool:
    """Whether a port is a `list(answer)`."""
    match list(written.variants):
        case [ast.WordType(words=("list",), args=(ast.TypeExpr(variants=(inner,)),))]:
            return isinstance(inner, ast.WordType) and inner.words == ("answer",)
        case _:
            return False
