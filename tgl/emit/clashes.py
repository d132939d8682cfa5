"""Inner names of copied graphs that mean something else in the file of the copy (language.md G25)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from tgl.emit.errors import UnwrittenDecision
from tgl.emit.layout import Layout, Rewrite
from tgl.emit.tree import body_exprs, every
from tgl.syntax import ast, parse
from tgl.text import Edit, SourceFile, Span, apply_edits


def with_own_names(text: str, copied: Collection[str]) -> str:
    """A program in which no name inside of a copied graph hides one of the file.

    A param that is given what has its name in the file is not needed in a copy, which can say that itself;
    any other name gets a number.

    Args:
        text: the program, without syntax errors.
        copied: the graphs in it that come from other files.

    Raises:
        UnwrittenDecision: for an input of such a graph, by whose name its nodes are fed.
    """
    text = without_passed_on(text, copied)
    module = parse(SourceFile("program", text)).module
    graphs = [decl for decl in module.decls if isinstance(decl, ast.Graph)]
    outside = {*file_names(module)}
    edits: list[Edit] = []
    for graph in graphs:
        hiding = {item.name for item in declared(graph)} & outside if graph.name in copied else set[str]()
        for port in graph.ports:
            if port.name in hiding:
                raise UnwrittenDecision(graph.name, f"its input `{port.name}` is another thing in this file")
        renames: dict[str, str] = {}
        taken = outside | {item.name for item in declared(graph)}
        for name in sorted(hiding):
            renames[name] = free(name, taken)
            taken.add(renames[name])
        if renames:
            edits += [*inside(graph, renames), *at_uses(module, graph, renames)]
    return apply_edits(text, edits) if edits else text


def without_passed_on(text: str, copied: Collection[str]) -> str:
    """A program in which copies name what the file declares, in place of params that are given just that."""
    while True:
        parsed = parse(SourceFile("program", text))
        outside = {*file_names(parsed.module)}
        graphs = [decl for decl in parsed.module.decls if isinstance(decl, ast.Graph)]
        params = [
            (graph, item)
            for graph in graphs
            if graph.name in copied
            for item in graph.body
            if isinstance(item, ast.Param) and item.name in outside
        ]
        passed = [(graph, param, passing_on(graphs, graph, param.name)) for graph, param in params]
        found = next((one for one in passed if one[2]), None)
        if found is None:
            return text
        graph, param, calls = found
        layout = Layout.of(text, [comment.span for comment in parsed.comments])
        kept = [
            Rewrite(item.span, () if item is param else (text[item.span.start : item.span.end],))
            for item in graph.body
        ]
        text = apply_edits(text, [*layout.edits(kept), *(without(call, param.name) for call in calls)])


def passing_on(graphs: Sequence[ast.Graph], graph: ast.Graph, name: str) -> list[ast.Call]:
    """The calls of a graph if each gives its param what has the same name in the file; else none."""
    calls: list[ast.Call] = []
    for user in graphs:
        inner = {item.name for item in declared(user)}
        for part in parts_of(body_exprs(user.body)):
            match part:
                case ast.Name(id=graph.name):
                    calls.append(ast.Call(part, ()))  # by its name alone, unless the call follows
                case ast.Call(func=ast.Name(id=graph.name), args=args):
                    given = [arg for arg in args if arg.name == name]
                    if name in inner or [(arg.value, arg.when) for arg in given] != [(ast.Name(name), None)]:
                        return []
                    calls.append(part)
                case _:
                    pass
    written = [call for call in calls if call.args]
    return written if len(calls) == 2 * len(written) else []


def without(call: ast.Call, name: str) -> Edit:
    """A call with one argument less."""
    place = next(at for at, arg in enumerate(call.args) if arg.name == name)
    if len(call.args) == 1:
        return Edit(Span(call.func.span.end, call.span.end), "")
    if place + 1 < len(call.args):
        return Edit(Span(call.args[place].span.start, call.args[place + 1].span.start), "")
    return Edit(Span(call.args[place - 1].span.end, call.args[place].span.end), "")


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
