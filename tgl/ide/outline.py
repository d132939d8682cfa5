"""The symbols of a file for a table of contents, and the hints that stand between its words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tgl.ide.domains import Values, domain_of, values_of
from tgl.ide.project import Project
from tgl.ide.symbols import kind_name, symbol_of
from tgl.ide.tree import exprs_of
from tgl.ide.walk import statements, walk
from tgl.syntax import ast
from tgl.text import Span


@dataclass(frozen=True, slots=True)
class Entry:
    """A declaration in an outline, with those inside it."""

    name: str
    kind: str
    span: Span
    name_span: Span
    inside: tuple[Entry, ...] = ()


def outline(module: ast.Module) -> tuple[Entry, ...]:
    """The declarations of a file as far as it can be read, in the order of the text."""
    return tuple(entry for decl in module.decls for entry in entries(decl))


def entries(decl: ast.Decl) -> Iterator[Entry]:
    match decl:
        case ast.Use():
            return
        case ast.Optimize() | ast.Measured():
            kind = type(decl).__name__.lower()
            start = Span(decl.span.start, decl.span.start + len(kind))
            yield Entry(f"{kind} {decl.graph} on {decl.task}", kind, decl.span, start)
        case ast.Graph():
            yield entry(decl, (*decl.ports, *decl.body))
        case ast.Role() | ast.Fn():
            yield entry(decl, (*decl.ports, *(s for s in decl.settings if isinstance(s, ast.Param))))
        case _:
            yield entry(decl, ())


def entry(node: ast.Named, inside: Iterable[ast.Node]) -> Entry:
    symbol = symbol_of(node, "")
    held: list[Entry] = []
    for item in inside:
        if isinstance(item, (ast.Loop, ast.Each)):
            held.append(entry(item, item.body))
        elif isinstance(item, ast.Named):
            held.append(entry(item, ()))
    return Entry(symbol.name, kind_name(node), node.span, node.name_span, tuple(held))


@dataclass(frozen=True, slots=True)
class Hint:
    """Words shown behind an offset that are not in the text."""

    offset: int
    text: str


def hints(project: Project, area: Span) -> tuple[Hint, ...]:
    """Behind each `~` in an area, how many options it has, or how likely they are."""
    module = project.module(project.main.name)
    top = file_values(project, project.main.name)
    found: list[Hint] = []
    for decl in module.decls:
        if decl.span.end < area.start or decl.span.start > area.end:
            continue
        inner = tuple(statements(decl.body)) if isinstance(decl, ast.Graph) else ()
        values = {**top, **values_of((), inner)}
        for expr in exprs_of(decl):
            found += (
                Hint(choice.span.end, domain_of(choice, values).words)
                for choice in walk(expr)
                if isinstance(choice, ast.Choice) and area.start <= choice.span.end <= area.end
            )
    return tuple(sorted(found, key=lambda hint: hint.offset))


def file_values(project: Project, home: str) -> Values:
    """What the names at the top of a file stand for, imported ones too."""
    decls = tuple(target.decl for target in project.names(home).values())
    return values_of(decls)
