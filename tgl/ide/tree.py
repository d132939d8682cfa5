"""Ways through a whole tree: the statement at a place, the expressions of anything, doc comments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tgl.ide.walk import clause_values, statements, walk
from tgl.syntax import ast
from tgl.text import SourceFile


def exprs_of(item: ast.Decl | ast.Stmt | ast.Setting) -> Iterator[ast.Expr]:
    """The outermost expressions of a declaration or statement, those of its inner statements too."""
    match item:
        case ast.Let(value=value) | ast.Pool(value=value):
            yield value
        case ast.Require(value=value) | ast.Output(value=value) | ast.Until(value=value):
            yield value
        case ast.Param(value=value):
            if value is not None:
                yield value
        case ast.Setting(args=args) | ast.Keep(args=args):
            yield from arg_values(args)
        case ast.NodeStmt():
            yield from (dim.count for dim in item.dims)
            yield item.what
            yield from clause_values(item.clauses)
        case ast.Edge():
            yield from item.ends
            yield from clause_values(item.clauses)
        case ast.Carry():
            yield item.first
            yield item.then
        case ast.Loop() | ast.Each():
            yield from (dim.count for dim in item.dims)
            if isinstance(item, ast.Each):
                yield item.source
            for inner in item.body:
                yield from exprs_of(inner)
        case ast.Memory():
            yield from (dim.count for dim in item.dims)
        case ast.Graph():
            for inner in item.body:
                yield from exprs_of(inner)
        case ast.Use():
            return
        case (
            ast.Model()
            | ast.LabelDecl()
            | ast.Role()
            | ast.Fn()
            | ast.Task()
            | ast.Optimize()
            | ast.Measured()
        ):
            for setting in item.settings:
                yield from exprs_of(setting)


def arg_values(args: Iterable[ast.Arg]) -> Iterator[ast.Expr]:
    for arg in args:
        yield arg.value
        if arg.when is not None:
            yield arg.when


def decl_at(module: ast.Module, offset: int) -> ast.Decl | None:
    """The declaration that stands at an offset."""
    return next((decl for decl in module.decls if decl.span.start <= offset <= decl.span.end), None)


def exprs_at(decl: ast.Decl, offset: int) -> tuple[ast.Expr, ...]:
    """The expressions around an offset, the innermost first."""
    around = [
        found
        for expr in exprs_of(decl)
        for found in walk(expr)
        if found.span.start <= offset <= found.span.end
    ]
    return tuple(sorted(around, key=lambda expr: expr.span.end - expr.span.start))


def named_at(module: ast.Module, start: int) -> ast.Named | None:
    """The node of the tree whose name stands at an offset."""
    for decl in module.decls:
        for item in named_inside(decl):
            if item.name_span.start == start:
                return item
    return None


def named_inside(decl: ast.Decl) -> Iterator[ast.Named]:
    """A declaration, its ports, params, and the statements that declare, inner ones too."""
    if isinstance(decl, ast.Named):
        yield decl
    match decl:
        case ast.Role() | ast.Fn():
            yield from decl.ports
            yield from (item for item in decl.settings if isinstance(item, ast.Param))
        case ast.Graph():
            yield from decl.ports
            yield from (item for item in statements(decl.body) if isinstance(item, ast.Named))
        case _:
            pass


def doc_of(source: SourceFile, start: int) -> str:
    """The `##` comment right above a declaration, without its signs; "" if there is none."""
    lines = source.text[: source.text.rfind("\n", 0, start) + 1].splitlines()
    found: list[str] = []
    while lines and lines[-1].lstrip().startswith("##"):
        found.append(lines.pop().strip().removeprefix("##").strip())
    return "\n".join(reversed(found))
