"""Tree nodes as text with as few parentheses as possible; `parse(print(node)) == node`.

Statements are printed one to a line, blocks over several. Columns are not aligned here: `format_source` does
that for a whole file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import assert_never

from tgl.syntax import ast
from tgl.syntax.literals import quoted, quoted_text

# How tightly an expression binds, loosest first; an operand that binds less tightly needs parentheses.
OR, AND, NOT, COMPARISON, SUM, PRODUCT, UNARY, RANGE, POSTFIX = range(1, 10)

BINDING = {"or": OR, "and": AND, "in": COMPARISON, "+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT}

INDENT = "  "


def print_expr(expr: ast.Expr) -> str:
    """An expression on one line, but for triple-quoted strings."""
    return operand(expr, 0)


def print_stmt(statement: ast.Stmt) -> str:
    """A statement of a graph, its block indented by two spaces, without a line end behind it."""
    match statement:
        case ast.Param():
            return print_param(statement)
        case ast.Let():
            return print_let(statement)
        case ast.NodeStmt(name, dims, what, clauses):
            return f"node {name}{print_dims(dims)} : {print_expr(what)}{print_clauses(clauses)}"
        case ast.Edge(ends, clauses):
            return "edge " + " -> ".join(operand(end, POSTFIX) for end in ends) + print_clauses(clauses)
        case ast.Loop(name, dims, body):
            return f"loop {name}{print_dims(dims)} {block(map(print_stmt, body))}"
        case ast.Each(name, dims, source, body):
            head = f"each {name}{print_dims(dims)} in {print_expr(source)}"
            return f"{head} {block(map(print_stmt, body))}"
        case ast.Memory(name, dims, per, settings):
            rest = f" {print_settings(settings)}" if settings else ""
            return f"memory {name}{print_dims(dims)} per {per}{rest}"
        case ast.Require(value):
            return f"require {print_expr(value)}"
        case ast.Output(value):
            return f"output {print_expr(value)}"
        case ast.Carry(name, first, then):
            return f"carry {name} = {print_expr(first)} then {print_expr(then)}"
        case ast.Until(value):
            return f"until {print_expr(value)}"
        case ast.Keep(args):
            return f"keep best {print_args(args)}"
        case _:
            assert_never(statement)


def print_decl(decl: ast.Decl) -> str:
    """A declaration, its block indented by two spaces, without a line end behind it."""
    match decl:
        case ast.Use(path, is_quoted, names):
            listed = ", ".join(f"{use.name} as {use.alias}" if use.alias else use.name for use in names)
            return f"use {quoted(path) if is_quoted else path} {{ {listed} }}"
        case ast.Let():
            return print_let(decl)
        case ast.Pool(name, value):
            return f"pool {name} = {print_expr(value)}"
        case ast.Model(name, settings):
            return f"model {name} {print_settings(settings)}"
        case ast.LabelDecl(name, settings):
            return f"label {name} {print_settings(settings)}"
        case ast.Task(name, settings):
            return f"task {name} {print_settings(settings)}"
        case ast.Role(name, ports, type_, releases, settings):
            return print_signature("role", name, ports, type_, releases) + print_settings(settings)
        case ast.Fn(name, ports, type_, releases, settings):
            return print_signature("fn", name, ports, type_, releases) + print_settings(settings)
        case ast.Graph(name, ports, type_, body):
            return print_signature("graph", name, ports, type_, None) + block(map(print_stmt, body))
        case ast.Optimize(graph, task, settings):
            return f"optimize {graph} on {task} {print_settings(settings)}"
        case ast.Measured(graph, task, settings):
            return f"measured {graph} on {task} {print_settings(settings)}"
        case _:
            assert_never(decl)


def print_module(module: ast.Module) -> str:
    """A whole file, an empty line between declarations; comments are not part of a tree."""
    return "\n".join(print_decl(decl) + "\n" for decl in module.decls)


# --- expressions


def operand(expr: ast.Expr, least: int) -> str:
    """The expression, in parentheses if it binds less tightly than `least`."""
    text, binding = bound(expr)
    return text if binding >= least else f"({text})"


def bound(expr: ast.Expr) -> tuple[str, int]:
    """Text of an expression, and how tightly it binds."""
    match expr:
        case ast.Name(id):
            return id, POSTFIX
        case ast.Number(_, _, text):
            return text, UNARY if text.startswith("-") else POSTFIX
        case ast.String(value, triple):
            return quoted_text(value) if triple else quoted(value), POSTFIX
        case ast.ListExpr(items):
            return f"[{', '.join(map(print_expr, items))}]", POSTFIX
        case ast.Call(func, args):
            return f"{operand(func, POSTFIX)}({print_args(args)})", POSTFIX
        case ast.Index(base, args):
            return f"{operand(base, POSTFIX)}[{print_args(args)}]", POSTFIX
        case ast.Member(base, name):
            return f"{operand(base, POSTFIX)}.{name}", POSTFIX
        case ast.Unary("not", inner):
            return f"not {operand(inner, NOT)}", NOT
        case ast.Unary(_, inner):
            # A sign before a range would belong to its first bound.
            return f"-{operand(inner, POSTFIX if isinstance(inner, ast.Range) else UNARY)}", UNARY
        case ast.Binary(op, left, right):
            binding = BINDING.get(op, COMPARISON)
            least = binding + 1 if binding == COMPARISON else binding
            return f"{operand(left, least)} {op} {operand(right, binding + 1)}", binding
        case ast.Is(inner, name):
            return f"{operand(inner, SUM)} is {name}", COMPARISON
        case ast.Range(low, high):
            return f"{range_bound(low)}..{range_bound(high)}", RANGE
        case ast.Weights(items):
            pairs = (f"{print_expr(value)}: {print_expr(weight)}" for value, weight in items)
            return f"{{{', '.join(pairs)}}}", RANGE
        case ast.Choice(domain):
            return f"~{operand(domain, RANGE)}", UNARY
        case ast.Fit(method):
            return f"fit {operand(method, POSTFIX)}", UNARY
        case _:
            assert_never(expr)


def range_bound(expr: ast.Expr) -> str:
    """A bound of a range: a signed postfix expression stands without parentheses."""
    match expr:
        case ast.Unary("-", inner):
            return f"-{operand(inner, POSTFIX)}"
        case ast.Number(_, _, text) if text.startswith("-"):
            return text
        case _:
            return operand(expr, POSTFIX)


def print_arg(arg: ast.Arg) -> str:
    name = f"{arg.name}: " if arg.name else ""
    when = f" when {print_expr(arg.when)}" if arg.when is not None else ""
    return f"{name}{print_expr(arg.value)}{when}"


def print_args(args: Sequence[ast.Arg]) -> str:
    return ", ".join(map(print_arg, args))


# --- parts of statements


def print_dims(dims: Sequence[ast.Dim]) -> str:
    listed = (f"{dim.index}: {print_expr(dim.count)}" if dim.index else print_expr(dim.count) for dim in dims)
    return f"[{', '.join(listed)}]" if dims else ""


def print_clauses(clauses: Iterable[ast.Clause]) -> str:
    return "".join(f" {print_clause(clause)}" for clause in clauses)


def print_clause(clause: ast.Clause) -> str:
    until = f" until {print_expr(clause.until)}" if clause.until is not None else ""
    return f"{clause.kind} {print_expr(clause.value)}{until}"


def print_let(let: ast.Let) -> str:
    params = f"({', '.join(let.params)})" if let.is_function else ""
    return f"let {let.name}{params} = {print_expr(let.value)}"


def print_param(param: ast.Param) -> str:
    type_ = f": {print_type(param.type)}" if param.type else ""
    value = f" = {print_expr(param.value)}" if param.value is not None else ""
    return f"param {param.name}{type_}{value}"


def print_setting(setting: ast.Setting | ast.Param) -> str:
    if isinstance(setting, ast.Param):
        return print_param(setting)
    return f"{setting.key} {print_args(setting.args)}".rstrip()


def print_settings(settings: ast.Settings) -> str:
    return block(map(print_setting, settings))


def block(lines: Iterable[str]) -> str:
    """Statements in braces, indented; the text inside of a triple-quoted string moves along."""
    inner = "".join("".join(f"{INDENT}{line}\n" for line in entry.split("\n")) for entry in lines)
    return f"{{\n{inner}}}" if inner else "{}"


# --- ports and types


def print_signature(
    word: str,
    name: str,
    ports: Sequence[ast.Port],
    type_: ast.TypeExpr | None,
    releases: str | None,
) -> str:
    arrow = f" -> {print_type(type_)}" if type_ else ""
    released = f" releases {releases}" if releases else ""
    return f"{word} {name}({', '.join(map(print_port, ports))}){arrow}{released} "


def print_port(port: ast.Port) -> str:
    type_ = f": {print_type(port.type)}" if port.type else ""
    return f"{port.name}{type_}{'?' if port.optional else ''}"


def print_type(type_: ast.TypeExpr) -> str:
    """A type, as it stands behind a colon or an arrow."""
    after = f" after {print_expr(type_.after)}" if type_.after else ""
    return " | ".join(map(print_variant, type_.variants)) + after


def print_variant(variant: ast.WordType | ast.RecordType) -> str:
    match variant:
        case ast.WordType(words, args):
            listed = ", ".join(
                print_type(arg) if isinstance(arg, ast.TypeExpr) else print_expr(arg) for arg in args
            )
            return " ".join(words) + (f"({listed})" if args else "")
        case ast.RecordType(fields):
            return f"{{{', '.join(map(print_port, fields))}}}"
        case _:
            assert_never(variant)
