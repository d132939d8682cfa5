"""What is known about the thing under the cursor, as Markdown."""

from __future__ import annotations

from dataclasses import dataclass

from tgl.ide.domains import Values, bound_of, choices_of, domain_of, percent, values_of
from tgl.ide.keys import KEYS
from tgl.ide.outline import file_values
from tgl.ide.project import Project
from tgl.ide.symbols import Symbol, occurrence_at, occurrences
from tgl.ide.tree import decl_at, doc_of, exprs_at, exprs_of, named_at
from tgl.ide.walk import statements
from tgl.syntax import ast, print_decl, print_stmt, print_type
from tgl.text import Span


@dataclass(frozen=True, slots=True)
class Hover:
    """Markdown about what stands at a span."""

    span: Span
    text: str


def hover(project: Project, offset: int) -> Hover | None:
    """What to tell about an offset of the main file; None if nothing is known."""
    home = project.main.name
    module = project.module(home)
    found = occurrence_at(occurrences(project), offset)
    if found is not None:
        return Hover(found.span, about(project, found.symbol))
    decl = decl_at(module, offset)
    if decl is None:
        return None
    for expr in exprs_at(decl, offset):
        if isinstance(expr, ast.Choice):
            body = tuple(statements(decl.body)) if isinstance(decl, ast.Graph) else ()
            values = {**file_values(project, home), **values_of((), body)}
            return Hover(expr.span, choice_text(expr, values))
    return key_hover(decl, offset)


def key_hover(decl: ast.Decl, offset: int) -> Hover | None:
    """What a setting is for."""
    owner = type(decl).__name__.lower()
    for setting in getattr(decl, "settings", ()):
        at: Span = setting.name_span
        if isinstance(setting, ast.Setting) and at.start <= offset <= at.end:
            doc = KEYS.get(owner, {}).get(setting.key)
            return Hover(at, f"`{setting.key}` of a {owner}: {doc}") if doc else None
    return None


def about(project: Project, symbol: Symbol) -> str:
    """A symbol's form, bound, choices and comment."""
    source = project.module(symbol.home).source
    node = named_at(project.module(symbol.home), symbol.span.start)
    if node is None:
        return f"```tgl\n{symbol.name}\n```\n{symbol.kind}"
    decl = decl_at(project.module(symbol.home), symbol.span.start)
    body = tuple(statements(decl.body)) if isinstance(decl, ast.Graph) else ()
    values = {**file_values(project, symbol.home), **values_of((), body)}
    parts = [f"```tgl\n{form(node)}\n```", *facts(node, values)]
    parts += [f"- {line}" for line in choice_lines(node, values)]
    if doc := doc_of(source, node.span.start):
        parts += ["", doc]
    if symbol.home != project.main.name:
        parts += ["", f"from `{project.shown(symbol.home)}`"]
    return "\n".join(parts)


def form(node: ast.Named) -> str:
    """A declaration without its block."""
    match node:
        case ast.Port():
            kind = print_type(node.type) if node.type is not None else "text"
            return f"{node.name}: {kind}" + ("?" if node.optional else "")
        case ast.Role() | ast.Fn() | ast.Graph() | ast.Model() | ast.Task() | ast.LabelDecl():
            return print_decl(node).split("{\n")[0].partition(" {")[0].rstrip()
        case ast.Loop() | ast.Each():
            return print_stmt(node).partition(" {")[0]
        case ast.Pool():
            return print_decl(node)
        case ast.Param() | ast.NodeStmt() | ast.Memory() | ast.Carry() | ast.Let():
            return print_stmt(node)
        case _:
            return ""


def facts(node: ast.Named, values: Values) -> list[str]:
    """What is not in the form: the bound of replicas and rounds, a model's settings."""
    match node:
        case ast.NodeStmt(dims=dims) if dims:
            return [f"at most {bound_of(dims, values)} replicas"]
        case ast.Loop(dims=dims):
            return [f"at most {bound_of(dims, values)} rounds"]
        case ast.Each(dims=dims):
            return [f"at most {bound_of(dims, values)} items"]
        case ast.Model(settings=settings) | ast.Task(settings=settings):
            shown = [
                print_decl(node).splitlines()[1 + k].strip()
                for k, item in enumerate(settings)
                if isinstance(item, ast.Setting) and len(print_decl(node).splitlines()) > 1 + k
            ]
            return [f"- `{line}`" for line in shown if line and line != "}"][:8]
        case ast.Port(type=None):
            return ["text, since it has no type"]
        case _:
            return []


def choice_lines(node: ast.Named, values: Values) -> list[str]:
    """The choices of a declaration with their priors."""
    if isinstance(node, ast.Port):
        return []
    if isinstance(node, (ast.Graph, ast.Role, ast.Fn)):
        count = len(choices_of(tuple(exprs_of(node))))
        return [f"{count} choice{'s' if count > 1 else ''} for a search"] if count else []
    if not isinstance(
        node, (ast.Let, ast.Pool, ast.Param, ast.NodeStmt, ast.Loop, ast.Each, ast.Memory, ast.Carry)
    ):
        return []
    return [choice_text(choice, values) for choice in choices_of(tuple(exprs_of(node)))]


def choice_text(choice: ast.Choice, values: Values) -> str:
    """A choice with how likely each of its options is before any search."""
    found = domain_of(choice, values)
    if not found.options:
        return f"`~`: {found.words}"
    listed = ", ".join(f"`{text}` {percent(p)}" for text, p in found.options)
    return f"`~`: {found.words if len(found.options) > 8 else listed} (before a search)"
