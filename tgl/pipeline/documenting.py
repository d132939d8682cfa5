"""`doc`: what a module offers, from its text and its `##` comments."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass

from tgl.diagnostics import did_you_mean
from tgl.drawing import distribution_of
from tgl.pipeline.loading import FileLoader, lower_program
from tgl.pipeline.saying import placeless
from tgl.pipeline.sources import STDIN, read_source
from tgl.pipeline.stop import Exit, Stop
from tgl.resources import stdlib_modules, stdlib_text
from tgl.semantics import check
from tgl.space import EmptySpace, Known, space_bounds
from tgl.syntax import Comment, Parsed, ast, parse, print_expr, print_type
from tgl.text import SourceFile


@dataclass(frozen=True, slots=True)
class ParamDoc:
    """A parameter of a template: its type ("" if none is written), default and, for a choice, its prior."""

    name: str
    type: str
    default: str | None
    prior: str | None


@dataclass(frozen=True, slots=True)
class CallsDoc:
    """Bounds on the calls that a template makes, re-asks included, whatever the search chooses."""

    least: int
    most: int


@dataclass(frozen=True, slots=True)
class DeclDoc:
    """A declaration: its first line, its comment as Markdown, and of a graph its parameters and calls."""

    kind: str
    name: str
    signature: str
    doc: str
    params: tuple[ParamDoc, ...] = ()
    calls: CallsDoc | None = None


@dataclass(frozen=True, slots=True)
class ModuleDoc:
    """A module: what a program writes after `use`, its own comment, what it declares in order."""

    name: str
    doc: str
    decls: tuple[DeclDoc, ...]


Documented = ast.Role | ast.Fn | ast.Graph | ast.Model | ast.Pool | ast.Let | ast.Task | ast.LabelDecl


def documented(name: str) -> ModuleDoc:
    """The documentation of a module of the standard library (`std.scaling`) or of a file.

    Raises:
        Stop: there is no such module or file, or it can't be parsed.
    """
    text = stdlib_text(name)
    if text is not None:
        source = SourceFile(f"{name.replace('.', '/')}.tgl", text)
    elif name.startswith("std.") and not os.path.exists(name):
        near = did_you_mean(name, stdlib_modules())
        known = ", ".join(stdlib_modules())
        raise Stop(
            Exit.USAGE, placeless("E0202", f"there is no module `{name}`", help=near or f"there are {known}")
        )
    else:
        source = read_source(name)
    parsed = parse(source)
    if parsed.problems:
        raise Stop(Exit.FAILED, *(problem.diagnostic() for problem in parsed.problems))
    return module_doc(name, parsed)


def module_doc(name: str, parsed: Parsed) -> ModuleDoc:
    """The documentation of a parsed module."""
    source = parsed.module.source
    blocks = comment_blocks(source, parsed.comments)
    decls: list[DeclDoc] = []
    taken: set[int] = set()
    for decl in parsed.module.decls:
        if isinstance(decl, ast.Use | ast.Optimize | ast.Measured):
            continue
        line = source.text.count("\n", 0, decl.span.start)
        doc = blocks.get(line - 1)
        taken.add(line - 1)
        params: tuple[ParamDoc, ...] = ()
        calls: CallsDoc | None = None
        if isinstance(decl, ast.Graph):
            params = tuple(param_doc(item) for item in decl.body if isinstance(item, ast.Param))
            calls = calls_doc(name, source, decl)
        decls.append(DeclDoc(kind_of(decl), decl.name, signature(decl), doc or "", params, calls))
    first = next(iter(sorted(blocks)), None)
    own = blocks[first] if first is not None and first not in taken and first < first_line(parsed) else ""
    return ModuleDoc(name, own, tuple(decls))


def first_line(parsed: Parsed) -> int:
    """The line of the first declaration, from 0."""
    text = parsed.module.source.text
    return min(
        (text.count("\n", 0, decl.span.start) for decl in parsed.module.decls), default=text.count("\n")
    )


def comment_blocks(source: SourceFile, comments: tuple[Comment, ...]) -> dict[int, str]:
    """The `##` comments on lines of their own: last line (from 0) of each block, and its Markdown."""
    blocks: dict[int, list[str]] = {}
    for comment in comments:
        start = source.text.rfind("\n", 0, comment.span.start) + 1
        if not comment.doc or source.text[start : comment.span.start].strip():
            continue
        line = source.text.count("\n", 0, start)
        above = blocks.pop(line - 1, [])
        blocks[line] = [*above, comment.text[2:].removeprefix(" ")]
    return {line: "\n".join(lines).strip() for line, lines in blocks.items()}


def kind_of(decl: Documented) -> str:
    """The word that begins a declaration."""
    return "label" if isinstance(decl, ast.LabelDecl) else type(decl).__name__.lower()


def signature(decl: Documented) -> str:
    """What a user has to know to use a declaration, as it is written."""
    match decl:
        case ast.Role() | ast.Fn():
            return f"{kind_of(decl)} {decl.name}({ports(decl.ports)}) -> {print_type(decl.type)}"
        case ast.Graph():
            reply = "" if decl.type is None else f" -> {print_type(decl.type)}"
            return f"graph {decl.name}({ports(decl.ports)}){reply}"
        case ast.Let() if decl.is_function:
            return f"let {decl.name}({', '.join(decl.params)}) = {print_expr(decl.value)}"
        case ast.Let() | ast.Pool():
            return f"{kind_of(decl)} {decl.name} = {print_expr(decl.value)}"
        case ast.Model() | ast.Task() | ast.LabelDecl():
            return f"{kind_of(decl)} {decl.name}"


def ports(listed: tuple[ast.Port, ...]) -> str:
    """Ports with their types."""
    return ", ".join(
        port.name
        + ("" if port.type is None else f": {print_type(port.type)}")
        + ("?" if port.optional else "")
        for port in listed
    )


def param_doc(param: ast.Param) -> ParamDoc:
    """A parameter of a graph."""
    return ParamDoc(
        param.name,
        "" if param.type is None else print_type(param.type),
        None if param.value is None else print_expr(param.value),
        None if param.value is None else distribution_of(param.value),
    )


def calls_doc(module: str, source: SourceFile, graph: ast.Graph) -> CallsDoc | None:
    """The calls of a template used by itself, its choices left to the search.

    Parameters without a default are given a model; None if one of them is something else.
    """
    if source.name == STDIN:
        return None
    needed = [item.name for item in graph.body if isinstance(item, ast.Param) and item.value is None]
    given = f"({', '.join(f'{name}: any_model' for name in needed)})" if needed else ""
    used = module if module.startswith("std.") else f'"{os.path.abspath(source.name)}"'
    text = (
        f"use {used} {{ {graph.name} }}\n"
        'model any_model { provider openai; id "any"; params 1B }\n'
        f"graph whole_({ports(graph.ports)}) {{\n"
        f"  node reply_ : {graph.name}{given} on any_model\n  output reply_\n}}\n"
    )
    checked = check(SourceFile("<doc>", text), FileLoader())
    if not checked.ok:
        return None
    try:
        ir = lower_program(checked)
        found = space_bounds(ir, Known({model.name: model for model in ir.models}), listed=1, draws=1)
    except (Stop, EmptySpace):
        return None
    calls = found.total.calls
    return CallsDoc(int(calls.least), int(calls.most)) if math.isfinite(calls.most) else None
