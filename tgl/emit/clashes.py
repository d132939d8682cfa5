"""Inner names of copied graphs that mean something else in the file of the copy (language.md G25)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TypeAlias

from tgl.emit.errors import UnwrittenDecision
from tgl.emit.tree import body_exprs, every
from tgl.syntax import ast, parse
from tgl.text import Edit, SourceFile, Span, apply_edits


def with_own_names(text: str, copied: Collection[str]) -> str:
    """A program in which no name inside of a copied graph hides one of the file.

    Args:
        text: the program, without syntax errors.
        copied: the graphs in it that come from other files.

    Raises:
        UnwrittenDecision: for an input of such a graph, by whose name its nodes are fed.
    """
    module = parse(SourceFile("program", text)).module
    graphs = [decl for decl in module.decls if isinstance(decl, ast.Graph)]
    outside = {*file_names(module)}
    taken = outside.union(*({item.name for item in declared(graph)} for graph in graphs))
    edits: list[Edit] = []
    for graph in graphs:
        hiding = {item.name for item in declared(graph)} & outside if graph.name in copied else set[str]()
        for port in graph.ports:
            if port.name in hiding:
                raise UnwrittenDecision(graph.name, f"its input `{port.name}` is another thing in this file")
        renames: dict[str, str] = {}
        for name in sorted(hiding):
            renames[name] = free(name, taken)
            taken.add(renames[name])
        if renames:
            edits += [*inside(graph, renames), *at_uses(module, graph, renames)]
    return apply_edits(text, edits) if edits else text


def file_names(module: ast.Module) -> Iterator[str]:
    """The names that a file declares or imports."""
    for decl in module.decls:
        match decl:
            case ast.Use(names=names):
                yield from (item.alias or item.name for item in names)
            case ast.Optimize() | ast.Measured():
                pass
            case _:
                yield decl.name


Inner: TypeAlias = ast.Port | ast.Param | ast.Let | ast.NodeStmt | ast.Loop | ast.Each | ast.Carry


def declared(graph: ast.Graph) -> Iterator[Inner]:
    """What gives names inside of a graph, in its loops and maps too."""
    yield from graph.ports
    waiting = [*graph.body]
    while waiting:
        item = waiting.pop(0)
        if isinstance(item, (ast.Param, ast.Let, ast.NodeStmt, ast.Loop, ast.Each, ast.Carry)):
            yield item
        if isinstance(item, (ast.Loop, ast.Each)):
            waiting += item.body


def free(name: str, taken: Collection[str]) -> str:
    """The name with the first number behind it that makes it new."""
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"


def inside(graph: ast.Graph, renames: Mapping[str, str]) -> Iterator[Edit]:
    """The edits where a graph declares names and speaks of them."""
    items = [*declared(graph)]
    bodies = {item.name for item in items if isinstance(item, (ast.Loop, ast.Each))}
    for item in items:
        if item.name in renames:
            yield Edit(item.name_span, renames[item.name])
    for part in parts_of(body_exprs(graph.body)):
        match part:
            case ast.Name(id=name) if name in renames:
                yield Edit(part.span, renames[name])
            case ast.Member(base=ast.Name(id=body), name=name) if body in bodies and name in renames:
                yield Edit(Span(part.span.end - len(name), part.span.end), renames[name])
            case _:
                pass


def at_uses(module: ast.Module, graph: ast.Graph, renames: Mapping[str, str]) -> Iterator[Edit]:
    """The edits where the graph is given arguments for params that are renamed."""
    params = {item.name for item in graph.body if isinstance(item, ast.Param)}
    bodies = [decl.body for decl in module.decls if isinstance(decl, ast.Graph)]
    for part in parts_of(expr for body in bodies for expr in body_exprs(body)):
        if isinstance(part, ast.Call) and part.func == ast.Name(graph.name):
            for arg in part.args:
                if arg.name is not None and arg.name in params and arg.name in renames:
                    start = arg.span.start
                    yield Edit(Span(start, start + len(arg.name)), renames[arg.name])


def parts_of(exprs: Iterable[ast.Expr]) -> Iterator[ast.Expr]:
    for expr in exprs:
        yield from every(expr)
